//! Sheets made up for a test.

use std::fmt::Write;

/// A sheet of `email,display_name`, row by row.
#[derive(Debug, Clone)]
pub(crate) struct Guests(String);

impl Guests {
    pub(crate) fn new() -> Self {
        Self("email,display_name\n".to_owned())
    }

    /// `guest-0001@partner.example` and so on.
    pub(crate) fn people(self, count: usize) -> Self {
        self.people_from(1, count)
    }

    pub(crate) fn people_from(mut self, first: usize, last: usize) -> Self {
        for number in first..=last {
            let _ = writeln!(self.0, "{},Guest {number}", Self::address(number));
        }
        self
    }

    pub(crate) fn row(mut self, email: &str, name: &str) -> Self {
        let _ = writeln!(self.0, "{email},{name}");
        self
    }

    pub(crate) fn address(number: usize) -> String {
        format!("guest-{number:04}@partner.example")
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl AsRef<[u8]> for Guests {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
