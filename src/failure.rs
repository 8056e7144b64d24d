//! Why a command could not do its job: what happened, what to do about it, and the exit code.
//!
//! Must not print; the edge (`ui`) does. Rows that fail are outcomes, not failures.

use crate::exit::Exit;
use std::fmt;

pub type Result<T> = std::result::Result<T, Failure>;

/// What ends a command. `what` is one lower-case sentence fragment that says what happened and where;
/// each hint says what to do, and who can.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub what: String,
    pub hints: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            hints: Vec::new(),
        }
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<Failure>() {
            Ok(failure) => failure,
            Err(error) => Self::new(Exit::Unexpected, format!("{error:#}")),
        }
    }
}
