//! The ledger as a file: found or made, locked, bound to its tenant, and copied for a dry run.
//!
//! Holds no connection: readers and the writer open their own.

use super::{
    LedgerError, Reader, Reading, Result, RunLock, Tenant, Writer,
    connection::{admit, connect, copy_pages, create_private, only_reading, recognise},
    schema, tenant,
};
use crate::files::{self, Access, FileId, Scratch};
use jiff::Timestamp;
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Whether a missing ledger may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewLedger {
    Allowed,
    Refused,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    /// Whether this opening made the file.
    created: bool,
    access: Access,
    /// Which file was opened.
    identity: Option<FileId>,
    /// The private folder of a rehearsal; it goes with it.
    _rehearsal: Option<Scratch>,
}

impl Ledger {
    /// Opens the ledger at `path`, brought up to today's version.
    pub(crate) fn open(path: &Path, new: NewLedger) -> Result<Self> {
        let access = admit(path)?;
        let missing = access.is_none();
        let empty = Self::is_empty_file(path);
        if new == NewLedger::Refused && (missing || empty) {
            let path = path.display().to_string();
            return Err(if empty {
                LedgerError::Empty { path }
            } else {
                LedgerError::Missing { path }
            });
        }
        Self::is_local(path)?;
        if !missing || !create_private(path)? {
            recognise(path)?;
        }
        let mut connection = connect(path)?;
        schema::migrate(&mut connection, &path.display().to_string())?;
        Ok(Self {
            path: path.to_owned(),
            created: missing || empty,
            access: access.unwrap_or_default(),
            identity: files::identity(path),
            _rehearsal: None,
        })
    }

    /// Whether there is no ledger that could know anybody: nothing at all, or an empty file.
    pub(crate) fn is_missing(path: &Path) -> bool {
        matches!(files::at(path), Ok(None)) || Self::is_empty_file(path)
    }

    /// Whether there is a file without a single byte: no ledger, though there may have been one.
    pub(crate) fn is_empty_file(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
    }

    /// Whether a ledger at `path` lies, or would lie, on a disk of this machine.
    pub(crate) fn is_local(path: &Path) -> Result<()> {
        match files::network_file_system(&files::folder_of(path)) {
            Some(kind) => Err(LedgerError::Network {
                path: path.display().to_string(),
                kind,
            }),
            None => Ok(()),
        }
    }

    /// A private copy of the ledger at `path` (or an empty one): a dry run remembers there and changes nothing.
    pub(crate) fn rehearsal(path: &Path) -> Result<Self> {
        let scratch = Scratch::new().map_err(|error| no_scratch(&error))?;
        let copy = scratch.rehearsal();
        let access = admit(path)?;
        if access.is_some() {
            recognise(path)?;
            create_private(&copy)?;
            copy_pages(&only_reading(path)?, &copy)?;
        }
        let ledger = Self::open(&copy, NewLedger::Allowed)?;
        Ok(Self {
            created: false,
            access: access.unwrap_or_default(),
            _rehearsal: Some(scratch),
            ..ledger
        })
    }

    /// A private copy of what a writer has open, where the ledger's path leads to that file no longer.
    pub(crate) fn rescued(writer: &Writer) -> Result<Self> {
        let scratch = Scratch::new().map_err(|error| no_scratch(&error))?;
        let copy = scratch.rehearsal();
        create_private(&copy)?;
        copy_pages(writer.connection(), &copy)?;
        let ledger = Self::open(&copy, NewLedger::Refused)?;
        Ok(Self {
            _rehearsal: Some(scratch),
            ..ledger
        })
    }

    /// How the ledger at `path`, if there is one, remembers that a sheet was read. Changes nothing: what is wrong with
    /// the ledger, or older about it, is told when it is opened.
    pub(crate) fn reading_of(path: &Path, sheet: &str) -> Option<Reading> {
        admit(path).ok()??;
        recognise(path).ok()?;
        let connection = only_reading(path).ok()?;
        if schema::version(&connection).ok()? != schema::VERSION {
            return None;
        }
        Reader::new(connection).reading_of(sheet).ok()?
    }

    /// Whether a ledger is at `path`. Changes nothing.
    pub(crate) fn is_there(path: &Path) -> bool {
        admit(path).is_ok_and(|access| access.is_some()) && recognise(path).is_ok()
    }

    /// Its path, as a person may read it.
    pub(crate) fn shown(&self) -> std::path::Display<'_> {
        self.path.display()
    }

    pub(crate) fn created(&self) -> bool {
        self.created
    }

    /// Who beside this user may use the ledger's file.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn reader(&self) -> Result<Reader> {
        Ok(Reader::new(self.read_only_connection()?))
    }

    /// Writes for the run that holds this generation; a rehearsal and an import have none, and write no intents.
    pub(crate) fn writer(&self, generation: Option<i64>) -> Result<Writer> {
        let place = (self.path.clone(), self.identity);
        Ok(Writer::new(connect(&self.path)?, place, generation))
    }

    /// Makes sure that people are found quickly by the ids of their users, for verbs that begin with those.
    pub(crate) fn index_users(&self) -> Result<()> {
        self.writer(None)?.index_users()
    }

    /// Takes the right to run on this ledger, or says who has it. `holder` is shown to others who want it; `lost` is
    /// called when another run has taken it over.
    pub(crate) fn lock(
        &self,
        holder: &str,
        now: Timestamp,
        lost: impl Fn(String) + Send + 'static,
    ) -> Result<RunLock> {
        RunLock::take(&self.path, holder, now, lost)
    }

    /// Says who runs on this ledger now, as an error. Changes nothing.
    pub(crate) fn is_free(&self, now: Timestamp) -> Result<()> {
        RunLock::look(&self.path, now)
    }

    pub(crate) fn tenant(&self) -> Result<Option<Tenant>> {
        self.reader()?.tenant()
    }

    /// Binds a new ledger to its tenant; refuses a ledger that is bound to another.
    pub(crate) fn bind(&self, tenant: &Tenant, now: Timestamp) -> Result<()> {
        tenant::bind(&mut self.connection()?, &self.path, tenant, now)
    }

    pub(super) fn connection(&self) -> Result<Connection> {
        connect(&self.path)
    }

    pub(super) fn read_only_connection(&self) -> Result<Connection> {
        only_reading(&self.path)
    }
}

fn no_scratch(error: &std::io::Error) -> LedgerError {
    LedgerError::Unwritable {
        path: "in the temporary folder".to_owned(),
        reason: error.to_string(),
    }
}
