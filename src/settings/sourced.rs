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
    /// Whether the value was given for this tool: not a default, and not a variable that may be set for other tools.
    pub fn is_named(&self) -> bool {
        !matches!(self, Source::Azure(_) | Source::Default)
    }

    /// The place that a person has to change: `--tenant`, `AZURE_TENANT_ID`, `guestlist.toml:4`.
    pub fn place(&self) -> String {
        match self {
            Source::Flag(name) | Source::Environment(name) => name.clone(),
            Source::File { path, line } => format!("{}:{line}", path.display()),
            Source::Azure(name) => (*name).to_owned(),
            Source::Default => "the default".to_owned(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            named => write!(f, "from {}", named.place()),
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
