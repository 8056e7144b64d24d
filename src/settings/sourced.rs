//! A value together with where it came from, so that every message can say which line to change.

use std::{fmt, path::PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// With its dashes.
    Flag(String),
    /// A variable of our own, by name.
    Environment(String),
    File {
        path: PathBuf,
        line: usize,
    },
    /// A variable of the `AZURE_*` family, which is shared with other tools.
    Azure(&'static str),
    Default,
}

impl Source {
    /// Whether somebody meant this tool when giving the value: not a default, and not a variable
    /// that happens to be there for other tools.
    pub fn is_named(&self) -> bool {
        !matches!(self, Source::Azure(_) | Source::Default)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag(flag) => write!(f, "from {flag}"),
            Source::Environment(name) => write!(f, "from {name}"),
            Source::File { path, line } => write!(f, "from {}:{line}", path.display()),
            Source::Azure(name) => write!(f, "from {name}"),
            Source::Default => f.write_str("default"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub source: Source,
}

impl<T> Sourced<T> {
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    pub fn is_named(&self) -> bool {
        self.source.is_named()
    }
}

/// As in `contoso.com (from --tenant)`.
impl<T: fmt::Display> fmt::Display for Sourced<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.value, self.source)
    }
}
