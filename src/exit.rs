//! How a command ends: the exit codes, and which one speaks when several hold.
//!
//! Must not decide *whether* something went wrong; it only ranks what others decided.

/// The exit codes of every command. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// All rows are done.
    Done = 0,
    /// Something that should not happen happened.
    Unexpected = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// The sheet is refused, before anything was sent or, if it changed, while the run went on.
    SheetRefused = 3,
    /// Some rows are not done.
    SomeRowsNotDone = 4,
    /// Temporary: the same command later will continue.
    TryAgain = 5,
    /// Sign-in or permission.
    Permission = 6,
    /// The tenant refuses as a whole; retrying does harm.
    TenantRefused = 7,
    /// A cap on invitations was reached.
    CapReached = 8,
    /// The time budget was used.
    TimeUsed = 10,
    /// Interrupted by a person or the system.
    Interrupted = 130,
}

/// From the gravest, which is told whatever else holds, to the one that gives way to all others.
const PRECEDENCE: [Exit; 11] = [
    Exit::TenantRefused,
    Exit::Unexpected,
    Exit::Usage,
    Exit::SheetRefused,
    Exit::Permission,
    Exit::Interrupted,
    Exit::TryAgain,
    Exit::CapReached,
    Exit::TimeUsed,
    Exit::SomeRowsNotDone,
    Exit::Done,
];

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Why a run never began, in one stable word for `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Usage | Self::SheetRefused => "refused",
            Self::TryAgain => "try-again",
            Self::Permission => "permission",
            Self::TenantRefused => "tenant-refused",
            Self::Interrupted => "interrupted",
            Self::CapReached => "cap",
            Self::TimeUsed => "max-duration",
            Self::Unexpected | Self::SomeRowsNotDone | Self::Done => "failed",
        }
    }

    /// What it means, in a few words for a person.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "all rows are done",
            Self::Unexpected => "something unexpected happened",
            Self::Usage => "the command line or the settings are wrong",
            Self::SheetRefused => "the sheet is refused",
            Self::SomeRowsNotDone => "some rows are not done",
            Self::TryAgain => "a temporary trouble; the same command continues later",
            Self::Permission => "sign-in or permission",
            Self::TenantRefused => {
                "the tenant refuses as a whole; do not run it again before that is solved"
            }
            Self::CapReached => "a cap was reached; the next run continues",
            Self::TimeUsed => "the time was used; the next run continues",
            Self::Interrupted => "interrupted; the same command continues",
        }
    }

    /// The graver of the two.
    #[must_use]
    pub fn combine(self, other: Exit) -> Exit {
        if other.rank() < self.rank() {
            other
        } else {
            self
        }
    }

    /// The place in the order of gravity; 0 is the gravest.
    pub fn rank(self) -> usize {
        PRECEDENCE
            .iter()
            .position(|exit| *exit == self)
            .unwrap_or(PRECEDENCE.len())
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graver_one_speaks() {
        assert_eq!(
            Exit::SomeRowsNotDone.combine(Exit::CapReached),
            Exit::CapReached
        );
        assert_eq!(
            Exit::TenantRefused.combine(Exit::Interrupted),
            Exit::TenantRefused
        );
        assert_eq!(
            Exit::Done.combine(Exit::SomeRowsNotDone),
            Exit::SomeRowsNotDone
        );
        assert_eq!(Exit::TryAgain.combine(Exit::Permission), Exit::Permission);
        assert_eq!(
            PRECEDENCE.map(Exit::code),
            [7, 1, 2, 3, 6, 130, 5, 8, 10, 4, 0]
        );
        assert_eq!(Exit::Done.combine(Exit::Done), Exit::Done);
    }
}
