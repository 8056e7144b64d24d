//! The one connection that writes. The recorder (engine) owns it and commits in groups.
//!
//! Each method is one fact; none decides anything.

use super::{PersonState, Result, lock, units::millis};
use crate::{
    files::{self, FileId},
    outcome::Verified,
};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use std::path::PathBuf;

/// More than there are statements of a run.
const STATEMENTS: usize = 32;

#[derive(Debug)]
pub(crate) struct Writer {
    connection: Connection,
    /// Where the ledger is to be found, and which file that was when it was opened.
    place: (PathBuf, Option<FileId>),
    /// The generation of the run that writes.
    generation: Option<i64>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        place: (PathBuf, Option<FileId>),
        generation: Option<i64>,
    ) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self {
            connection,
            place,
            generation,
        }
    }

    /// Whether the ledger's path still leads to the file that is open here. Otherwise the next run will not know what is
    /// written now.
    pub(crate) fn is_in_place(&self) -> bool {
        files::identity(&self.place.0) == self.place.1
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether no other run has taken the ledger over. Inside a transaction that holds until its end.
    pub(crate) fn stands(&self) -> Result<bool> {
        let newest: i64 = self
            .connection
            .prepare_cached("SELECT generation FROM guard")?
            .query_row([], |row| row.get(0))?;
        Ok(self.generation.is_none_or(|own| own == newest))
    }

    /// Who has the ledger.
    pub(crate) fn holder(&self) -> Option<String> {
        lock::holder_of(&self.connection)
    }

    pub(crate) fn begin(&self) -> Result<()> {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")?
            .execute([])?;
        Ok(())
    }

    /// Durable when it returns.
    pub(crate) fn commit(&self) -> Result<()> {
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    /// Makes sure that people are found quickly by the ids of their users, from now on. An invitation alone does not need
    /// that, and is faster without it.
    pub(super) fn index_users(&self) -> Result<()> {
        self.connection
            .prepare_cached("CREATE INDEX IF NOT EXISTS person_user ON person (user_id)")?
            .execute([])?;
        Ok(())
    }

    pub(crate) fn rollback(&self) {
        // SQLite has rolled back by itself after some errors (disk full); then there is nothing to do.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub(crate) fn verified(
        &self,
        person: i64,
        verified: Verified,
        redemption: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE person SET verified = ?2, verified_at = ?3, redemption = coalesce(?4, redemption),
                    state = CASE WHEN state = ?5 AND ?2 = ?6 THEN ?7 ELSE state END,
                    deleted_at = CASE WHEN ?2 = ?6 THEN NULL ELSE deleted_at END
                 WHERE id = ?1",
            )?
            .execute(params![
                person,
                verified.word(),
                millis(at),
                redemption,
                PersonState::Claimed.word(),
                Verified::Found.word(),
                PersonState::Invited.word(),
            ])?;
        Ok(())
    }

    /// The tenant asked not to be asked before this.
    pub(crate) fn wait_until(&self, until: Timestamp) -> Result<()> {
        self.connection
            .execute("UPDATE tenant SET wait_until = ?1", [millis(until)])?;
        Ok(())
    }

    /// Folds the write-ahead log into the one file.
    pub(crate) fn checkpoint(&self) -> Result<()> {
        Ok(self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}
