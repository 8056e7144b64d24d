//! A ledger in the making: it gets its name when it is complete, so that whoever is killed before leaves nothing that
//! looks like one.
//!
//! Must not replace a ledger: what stands at the name, unless it is an empty file, stays.

use super::{Ledger, LedgerError, NewLedger, Result, connection, units::millis};
use crate::files;
use jiff::Timestamp;
use rusqlite::Connection;
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

#[derive(Debug)]
pub(crate) struct Draft {
    ledger: Ledger,
    /// Goes away when it is dropped; what a killed process left, the next draft in the same folder removes.
    file: NamedTempFile,
    to: PathBuf,
}

impl Draft {
    /// A ledger that knows nobody.
    pub(crate) fn new(to: &Path) -> Result<Self> {
        Self::with(to, |_| Ok(()))
    }

    pub(super) fn copy_of(source: &Connection, to: &Path) -> Result<Self> {
        Self::with(to, |path| connection::copy_pages(source, path))
    }

    fn with(to: &Path, copy: impl FnOnce(&Path) -> Result<()>) -> Result<Self> {
        is_free(to)?;
        Ledger::is_local(to)?;
        let folder = files::folder_of(to);
        files::remove_leftovers(&folder);
        let file = files::temporary_database_in(&folder).map_err(|error| unmade(to, &error))?;
        copy(file.path())?;
        let ledger = Ledger::open(file.path(), NewLedger::Allowed)?;
        let to = to.to_owned();
        Ok(Self { ledger, file, to })
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Gives the ledger its name, when it is durable. Every connection to it must be closed.
    pub(crate) fn publish(self) -> Result<()> {
        let Self { ledger, file, to } = self;
        // Out of the write-ahead log, which keeps the temporary name; whoever opens it next turns that on again.
        ledger
            .connection()?
            .pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
        is_free(&to)?;
        place(file, &to).map_err(|error| unmade(&to, &error))
    }
}

impl Ledger {
    /// Writes a complete copy to a file that does not exist yet, with a mark that it is one: whoever uses it later
    /// must reckon with runs that it does not know.
    pub(crate) fn backup(&self, to: &Path, now: Timestamp) -> Result<()> {
        let draft = Draft::copy_of(&self.read_only_connection()?, to)?;
        draft.ledger().connection()?.execute(
            "UPDATE guard SET copied_at = ?1, silent_until = NULL, holder = NULL, alive_at = NULL",
            [millis(now)],
        )?;
        draft.publish()?;
        // Whoever is to be forgotten later is in that copy too.
        let place = to.canonicalize().unwrap_or_else(|_| to.to_owned());
        self.connection()?.execute(
            "INSERT OR REPLACE INTO backup_file (path, at) VALUES (?1, ?2)",
            (place.display().to_string(), millis(now)),
        )?;
        Ok(())
    }
}

fn place(file: NamedTempFile, to: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    if Ledger::is_empty_file(to) {
        fs::remove_file(to)?;
    }
    // Of a ledger that is gone: SQLite would write it into this one.
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut beside = to.as_os_str().to_owned();
        beside.push(suffix);
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    file.persist_noclobber(to)?;
    files::sync_folder(&files::folder_of(to));
    Ok(())
}

/// Nothing stands there, also no link that leads nowhere; an empty file is no ledger.
fn is_free(to: &Path) -> Result<()> {
    if connection::admit(to)?.is_some() && !Ledger::is_empty_file(to) {
        return Err(LedgerError::Present {
            path: to.display().to_string(),
        });
    }
    Ok(())
}

fn unmade(to: &Path, error: &io::Error) -> LedgerError {
    if matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    ) {
        return LedgerError::Full;
    }
    LedgerError::Unwritable {
        path: to.display().to_string(),
        reason: error.to_string(),
    }
}
