//! Why a command could not do its job: what happened, what to do about it, and the exit code.
//!
//! Must not print; the edge (`ui`) does. Rows that fail are outcomes, not failures.

use crate::exit::Exit;
use std::{
    fmt,
    io::{self, ErrorKind},
};

pub(crate) type Result<T> = std::result::Result<T, Failure>;

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

    /// A file, a stream or something else of the system could not be used; `what` says which, and `error` why. Whether
    /// a person has to change something, or the same command may work later, is told by the kind of error.
    pub fn of_io(what: impl fmt::Display, error: &io::Error) -> Self {
        let (exit, hint) = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => (
                Exit::TryAgain,
                "make space on the disk, then run the same command again",
            ),
            ErrorKind::PermissionDenied
            | ErrorKind::NotFound
            | ErrorKind::AlreadyExists
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::IsADirectory
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
            | ErrorKind::Unsupported => (
                Exit::Usage,
                "see that it is there and that this user may use it, or name another place",
            ),
            ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => (
                Exit::Usage,
                "name another port, or end the program that uses this one",
            ),
            _ => (
                Exit::TryAgain,
                "run the same command again; if it says the same, an administrator of this machine should look at its disks and limits",
            ),
        };
        Self::new(exit, format!("{what}: {error}")).hint(hint)
    }

    /// More hints, in this order.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
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
        let error = match error.downcast::<Failure>() {
            Ok(failure) => return failure,
            Err(error) => error,
        };
        let of_system = |cause: &(dyn std::error::Error + 'static)| {
            let error = cause.downcast_ref::<io::Error>()?;
            Some(Self::of_io("", error))
        };
        match error.chain().find_map(of_system) {
            Some(failure) => Self {
                what: format!("{error:#}"),
                ..failure
            },
            None => Self::new(Exit::Unexpected, format!("{error:#}")).hint(
                "this is a fault of guestlist itself: please report it with these words; the same command may be run again, as everybody who was asked is in the ledger",
            ),
        }
    }
}

/// A sentence in the form of a hint: without a capital letter and without a full stop.
pub(crate) fn fragment(sentence: &str) -> String {
    let sentence = sentence.strip_suffix('.').unwrap_or(sentence);
    let mut chars = sentence.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
            format!("{}{}", first.to_lowercase(), chars.as_str())
        }
        _ => sentence.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn what_the_system_says_no_to_has_a_class_and_an_advice() {
        for (kind, exit) in [
            (ErrorKind::PermissionDenied, Exit::Usage),
            (ErrorKind::AddrInUse, Exit::Usage),
            (ErrorKind::StorageFull, Exit::TryAgain),
            (ErrorKind::WouldBlock, Exit::TryAgain),
            (ErrorKind::Other, Exit::TryAgain),
        ] {
            let error: io::Result<()> = Err(kind.into());
            let failure = Failure::from(error.context("cannot listen").unwrap_err());
            assert_eq!(failure.exit, exit, "{kind}");
            assert!(failure.what.starts_with("cannot listen: "), "{failure}");
            assert_eq!(failure.hints.len(), 1);
        }
        let failure = Failure::from(anyhow::anyhow!("the recorder broke"));
        assert_eq!(failure.exit, Exit::Unexpected);
        assert!(failure.hints[0].contains("report it"));
        let refused = anyhow::Error::new(Failure::usage("no"));
        assert_eq!(Failure::from(refused).exit, Exit::Usage);
    }

    #[test]
    fn sentences_become_fragments() {
        assert_eq!(fragment("Check the network."), "check the network");
        assert_eq!(
            fragment("AADSTS is a code. Look."),
            "AADSTS is a code. Look"
        );
        assert_eq!(fragment(""), "");
    }
}
