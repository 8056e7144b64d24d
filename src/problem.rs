//! What is wrong with a sheet, in a form that a screen, a file and a script can show.
//!
//! Must not decide what is wrong, and must not print.

use serde::{Serialize, Serializer};
use std::fmt;

/// A stable code such as `GL101`. Scripts and help desks rely on it; it is never used for another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl Code {
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// One row of a catalogue of codes: what `explain` tells.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    pub code: &'static str,
    pub title: &'static str,
    pub meaning: &'static str,
    pub fix: &'static str,
    /// Who can fix it.
    pub who: &'static str,
}

/// Writes a catalogue: one constant for each code, and the table of them all.
macro_rules! codes {
    ($($name:ident = $code:literal { title: $title:literal, meaning: $meaning:literal, fix: $fix:literal, who: $who:literal })+) => {
        $(pub(crate) const $name: $crate::problem::Code = $crate::problem::Code($code);)+

        /// Every code of this catalogue, in order.
        pub(crate) const ENTRIES: &[$crate::problem::Entry] = &[
            $($crate::problem::Entry { code: $code, title: $title, meaning: $meaning, fix: $fix, who: $who },)+
        ];
    };
}
pub(crate) use codes;

/// How much a problem weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row (or the sheet) cannot be used as it is.
    Error,
    /// It was repaired or left out, certainly and visibly.
    Warning,
    /// Worth a look; nothing was changed.
    Hint,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// One thing that is wrong, with its place and its cure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub code: Code,
    pub severity: Severity,
    /// The number that a spreadsheet program shows; none for a problem of the whole sheet.
    pub row: Option<u64>,
    /// The physical line on which the record begins.
    pub line: Option<u64>,
    /// The column's name as the sheet has it.
    pub column: Option<String>,
    /// The offending text, bounded.
    pub text: Option<String>,
    pub message: String,
    pub fix: String,
    /// The value to put there, where it is certain.
    pub suggestion: Option<String>,
    /// The column by its place, for those who have the row at hand.
    #[serde(skip)]
    pub cell: Option<usize>,
}

/// An offending text longer than this is cut: a problem is a message, not a copy of the sheet.
const MAX_TEXT: usize = 200;

impl Problem {
    pub fn new(severity: Severity, code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            row: None,
            line: None,
            column: None,
            text: None,
            message: message.into(),
            fix: String::new(),
            suggestion: None,
            cell: None,
        }
    }

    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    pub fn hint(code: Code, message: impl Into<String>) -> Self {
        Self::new(Severity::Hint, code, message)
    }

    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    #[must_use]
    pub fn at(mut self, row: u64, line: u64) -> Self {
        self.row = Some(row);
        self.line = Some(line);
        self
    }

    #[must_use]
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.column = Some(name.into());
        self
    }

    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.text = Some(shorten(text, MAX_TEXT));
        self
    }

    #[must_use]
    pub fn suggest(mut self, value: impl Into<String>) -> Self {
        self.suggestion = Some(value.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The text itself, or its beginning with an ellipsis when it has more characters than `max`.
pub fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(shorten("größe", 10), "größe");
        assert_eq!(shorten("größe", 3), "grö…");
    }

    #[test]
    fn a_problem_is_serialised_with_the_documented_keys() {
        let problem = Problem::error(Code("GL101"), "no @")
            .at(3, 4)
            .fix("add one");
        let json = serde_json::to_value(&problem).unwrap();
        let keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let documented = "code severity row line column text message fix suggestion";
        assert_eq!(keys.join(" "), documented);
        assert_eq!(json["severity"], "error");
        assert_eq!(json["column"], serde_json::Value::Null);
    }
}
