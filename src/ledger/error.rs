//! What can go wrong with the ledger, what to do about it, and the exit code.

use super::units::BUSY;
use crate::{exit::Exit, failure::Failure, files::Refusal};
use thiserror::Error;

/// What can go wrong with the ledger file. `advice` says what to do.
#[derive(Debug, Error)]
pub enum LedgerError {
    #[error("the ledger {path} does not exist")]
    Missing { path: String },
    #[error("the ledger {path} is an empty file: whatever it knew is gone")]
    Empty { path: String },
    #[error("the ledger {path} exists already")]
    Present { path: String },
    #[error("{path} is not a guestlist ledger")]
    Foreign { path: String },
    #[error(
        "the ledger {path} was written by a newer guestlist (format {found}, this program reads up to {known})"
    )]
    Newer {
        path: String,
        found: i64,
        known: i64,
    },
    #[error("the ledger {path} belongs to the tenant {bound}, and this run is meant for {asked}")]
    OtherTenant {
        path: String,
        bound: String,
        asked: String,
    },
    #[error("another run uses the ledger {path}: {holder}")]
    Busy { path: String, holder: String },
    #[error(
        "the ledger {path} lies on a network file system ({kind}), where SQLite cannot keep its promises"
    )]
    Network { path: String, kind: String },
    #[error("{path}, where the ledger is kept, {why}")]
    Unusable { path: String, why: Refusal },
    #[error("cannot write the ledger {path}: {reason}")]
    Unwritable { path: String, reason: String },
    #[error(
        "the disk is full or a quota is used up: the ledger cannot be written, and nothing is sent that it could not remember"
    )]
    Full,
    #[error("another program has the ledger locked, and did not let go of it in {} seconds", BUSY.as_secs())]
    Locked,
    #[error("another program reads the ledger, so that its write-ahead log could not be emptied")]
    InUse,
    #[error("the ledger is damaged ({0})")]
    Damaged(rusqlite::Error),
    #[error("permission denied: this user may not write the ledger, or not into its folder")]
    ReadOnly(rusqlite::Error),
    #[error("the ledger cannot be read or written: {0}")]
    Disk(rusqlite::Error),
    #[error("the ledger failed: {0}")]
    Sqlite(rusqlite::Error),
}

impl LedgerError {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Full | Self::Busy { .. } | Self::Locked | Self::InUse | Self::Disk(_) => {
                Exit::TryAgain
            }
            Self::Sqlite(_) => Exit::Unexpected,
            _ => Exit::Usage,
        }
    }

    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "run this in the folder of the ledger, or name the file with --ledger; the first `guestlist invite` makes one"
            }
            Self::Empty { .. } => {
                "put a backup in its place, or rebuild it from results files with `guestlist ledger import`; --new-ledger starts one that knows nobody"
            }
            Self::Present { .. } => {
                "name another file: what is there is never overwritten, because a ledger knows who has been mailed"
            }
            Self::Foreign { .. } => "name another file with --ledger; this one was left as it is",
            Self::Newer { .. } => "use the newer guestlist; this one left the file as it is",
            Self::OtherTenant { .. } => {
                "one ledger belongs to one tenant: name that tenant's ledger with --ledger, or check --tenant"
            }
            Self::Busy { .. } => {
                "wait until it ends; two runs at once could mail the same person twice"
            }
            Self::Network { .. } => {
                "put the ledger on a local disk with --ledger, and copy it with `guestlist ledger backup`"
            }
            Self::Unusable { why, .. } => why.advice(),
            Self::Unwritable { .. } => {
                "see that its folder is there and that this user may write into it, or name another place with --ledger"
            }
            Self::Full => "make space on the disk and run the same command again",
            Self::Locked => {
                "run the same command again; if it says the same, find the program that has the file open: a backup, a virus scanner, a database viewer"
            }
            Self::InUse => {
                "close that program (a viewer, another command of guestlist) and run the same command again"
            }
            Self::Damaged(_) => {
                "keep this file and what lies beside it under its name; put the newest backup in its place, or move it away and rebuild it from results files with `guestlist ledger import`"
            }
            Self::ReadOnly(_) => {
                "run as the user to whom the ledger belongs; if that is this user, make the file and its folder writable with `chmod u+w`, and see whether the disk is mounted read-only"
            }
            Self::Disk(_) => {
                "run the same command again; if it says the same, have an administrator check the disk and the limits of this user"
            }
            Self::Sqlite(_) => {
                "this is a fault of guestlist itself: please report it with these words; the ledger holds what was written before"
            }
        }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let extended = error.sqlite_extended_error_code();
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full,
            // A quota, or a limit on the size of files.
            _ if extended == Some(rusqlite::ffi::SQLITE_IOERR_WRITE) => Self::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed) => {
                Self::Locked
            }
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged(error),
            Some(Code::ReadOnly | Code::PermissionDenied) => Self::ReadOnly(error),
            Some(
                Code::SystemIoFailure
                | Code::CannotOpen
                | Code::NoLargeFileSupport
                | Code::OutOfMemory,
            ) => Self::Disk(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(error.exit(), error.to_string()).hint(error.advice())
    }
}

pub(crate) type Result<T> = std::result::Result<T, LedgerError>;
