//! 3 Remembering: what was asked and what was answered, for every person, across runs and edited sheets.
//!
//! One SQLite file belongs to one tenant. Only the recorder (engine) writes while a run is under way;
//! the intent is durable before a request leaves, the answer before its row is done.

mod file;
mod lock;
mod network;
mod person;
mod reader;
mod run;
mod schema;
mod writer;

pub use file::{Ledger, NewLedger, SilentFirst, Tenant, UnknownRuns};
pub use lock::RunLock;
pub use network::file_system as network_file_system;
pub use person::{Ask, AskEnd, AskKind, Person, PersonState, Saw};
pub use reader::{Reader, Unverified};
pub use run::{RunRecord, RunStart};
pub use writer::{
    Answered, Claim, Found, Imported, Intent, IntentId, NoIntent, RefusedAsk, Writer,
};

use crate::files::Refusal;
use jiff::Timestamp;
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
    #[error("the disk is full or a quota is used up: the ledger cannot take another intent")]
    Full,
    #[error("the ledger failed: {0}")]
    Sqlite(rusqlite::Error),
}

impl LedgerError {
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "name the right one with --ledger, or start a new one with `guestlist ledger new` or --new-ledger; if there was one before, find it first: it knows who has been mailed"
            }
            Self::Empty { .. } => {
                "put a backup in its place, or rebuild it from results files with `guestlist ledger import`; --new-ledger starts one that knows nobody"
            }
            Self::Present { .. } => {
                "leave --new-ledger away to use it, or name another file with --ledger"
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
                "make the folder, and make it writable, or name another place with --ledger"
            }
            Self::Full => {
                "make space on the disk and run the same command again: nobody was asked without a durable intent"
            }
            Self::Sqlite(_) => "check the disk; `guestlist ledger backup` copies what is readable",
        }
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        let extended = error.sqlite_extended_error_code();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            // A quota, or a limit on the size of files.
            _ if extended == Some(rusqlite::ffi::SQLITE_IOERR_WRITE) => Self::Full,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<LedgerError> for crate::failure::Failure {
    fn from(error: LedgerError) -> Self {
        use crate::exit::Exit;
        let exit = match error {
            LedgerError::Full | LedgerError::Busy { .. } => Exit::TryAgain,
            LedgerError::Sqlite(_) => Exit::Unexpected,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string()).hint(error.advice())
    }
}

pub type Result<T> = std::result::Result<T, LedgerError>;

fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}
