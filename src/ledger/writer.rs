//! The one connection that writes. The recorder (engine) owns it and commits in groups.
//!
//! Each method is one fact; none decides anything.

use super::{AskKind, PersonState, Result, RunStart, Saw, millis};
use crate::engine::outcome::{Mail, RowResult, Verified};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

#[derive(Debug)]
pub struct Writer {
    connection: Connection,
}

/// An ask about to leave.
#[derive(Debug, Clone)]
pub struct Intent {
    pub row: u64,
    pub key: String,
    pub email: String,
    pub kind: AskKind,
    pub mails: bool,
    pub at: Timestamp,
    /// By the look-up before it.
    pub saw: Saw,
    pub client_request_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntentId {
    pub person: i64,
    pub event: i64,
}

/// What Graph said about a guest, to be kept.
#[derive(Debug, Clone)]
pub struct Found {
    pub user_id: String,
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Mail,
    pub invited_at: Timestamp,
}

/// An answer (or none) to an intent, or what reading concluded later.
#[derive(Debug, Clone)]
pub struct Answered {
    pub intent: IntentId,
    pub row: u64,
    pub at: Timestamp,
    /// The event's kind: `invited`, `probed`, `relinked`, `not-performed`, `throttled`, `unknown`,
    /// `settled`, `follow-up`.
    pub kind: &'static str,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code or a reason; never an address, a link or a raw text.
    pub detail: Option<String>,
    /// Where the person stands now.
    pub state: PersonState,
    /// What reading concluded about the mail, where there is no new answer to say it.
    pub mail: Option<Mail>,
    pub found: Option<Found>,
    /// Code and text of a refusal.
    pub refusal: Option<(String, String)>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(32);
        Self { connection }
    }

    pub fn begin(&self) -> Result<()> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Durable when it returns.
    pub fn commit(&self) -> Result<()> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    pub fn rollback(&self) {
        // SQLite has rolled back by itself after some errors (disk full); then there is nothing to do.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub fn start_run(&self, run: &RunStart) -> Result<()> {
        self.connection.execute(
            "INSERT INTO run (id, verb, sheet, started_at, host, pid, identity) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![run.id, run.verb, run.sheet, millis(run.started_at), run.host, run.pid, run.identity],
        )?;
        Ok(())
    }

    pub fn end_run(&self, run: &str, at: Timestamp, exit_code: u8, report: &str) -> Result<()> {
        self.connection.execute(
            "UPDATE run SET ended_at = ?2, exit_code = ?3, report = ?4 WHERE id = ?1",
            params![run, millis(at), exit_code, report],
        )?;
        Ok(())
    }

    /// Forgets the rows (not the people) of all but the newest `keep` runs.
    pub fn forget_old_rows(&self, keep: u32) -> Result<()> {
        self.connection.execute(
            "DELETE FROM row WHERE run NOT IN (SELECT id FROM run ORDER BY started_at DESC LIMIT ?1)",
            [keep],
        )?;
        Ok(())
    }

    pub fn intent(&self, run: &str, intent: &Intent) -> Result<IntentId> {
        let person = self
            .connection
            .prepare_cached(
                "INSERT INTO person (key, email, state) VALUES (?1, ?2, 'asked')
                 ON CONFLICT (key) DO UPDATE SET state = 'asked', email = excluded.email RETURNING id",
            )?
            .query_row((&intent.key, &intent.email), |row| row.get(0))?;
        self.connection
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, mails, client_request_id, detail, saw)
                 VALUES (?1, ?2, ?3, ?4, 'intent', ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                millis(intent.at),
                run,
                person,
                intent.row,
                intent.mails,
                intent.client_request_id,
                intent.kind.word(),
                intent.saw.word(),
            ])?;
        Ok(IntentId {
            person,
            event: self.connection.last_insert_rowid(),
        })
    }

    pub fn answered(&self, run: &str, answered: &Answered) -> Result<()> {
        let person = answered.intent.person;
        self.connection
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(answered.at),
                run,
                person,
                answered.row,
                answered.kind,
                answered.intent.event,
                answered.status,
                answered.request_id,
                answered.detail,
            ])?;
        if let Some(found) = &answered.found {
            self.connection
                .prepare_cached(
                    "UPDATE person SET state = ?2, redeem_url = coalesce(?4, CASE WHEN user_id = ?3 THEN redeem_url END),
                        verified = CASE WHEN user_id = ?3 THEN verified END, user_id = ?3, redemption = ?5, mail = ?6,
                        invited_at = ?7, request_id = ?8, error_code = NULL, error = NULL
                     WHERE id = ?1",
                )?
                .execute(params![
                    person,
                    answered.state.word(),
                    found.user_id,
                    found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                    found.redemption,
                    found.mail.word(),
                    millis(found.invited_at),
                    answered.request_id,
                ])?;
        } else {
            let (code, error) = answered.refusal.clone().unzip();
            self.connection
                .prepare_cached(
                    "UPDATE person SET state = ?2, error_code = coalesce(?3, error_code), error = coalesce(?4, error),
                        request_id = coalesce(?5, request_id), mail = coalesce(?6, mail) WHERE id = ?1",
                )?
                .execute(params![
                    person,
                    answered.state.word(),
                    code,
                    error,
                    answered.request_id,
                    answered.mail.map(Mail::word)
                ])?;
        }
        Ok(())
    }

    pub fn verified(
        &self,
        person: i64,
        verified: Verified,
        redemption: Option<&str>,
        at: Timestamp,
    ) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE person SET verified = ?2, verified_at = ?3, redemption = coalesce(?4, redemption) WHERE id = ?1",
            )?
            .execute(params![person, verified.word(), millis(at), redemption])?;
        Ok(())
    }

    /// A person known from a results file of an earlier ledger. One that is known here already is left as it is.
    pub fn import(&self, key: &str, email: &str, found: &Found, at: Timestamp) -> Result<bool> {
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO person (key, email, state, user_id, redeem_url, redemption, mail, invited_at)
                 VALUES (?1, ?2, 'invited', ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO NOTHING",
            )?
            .execute(params![
                key,
                email,
                found.user_id,
                found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                found.redemption,
                found.mail.word(),
                millis(found.invited_at),
            ])?;
        if changed > 0 {
            let person: Option<i64> = self
                .connection
                .prepare_cached("SELECT id FROM person WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            self.connection
                .prepare_cached("INSERT INTO event (at, person, kind, detail) VALUES (?1, ?2, 'imported', NULL)")?
                .execute(params![millis(at), person])?;
        }
        Ok(changed > 0)
    }

    pub fn row(&self, run: &str, person: Option<i64>, result: &RowResult) -> Result<()> {
        self.connection
            .prepare_cached(
                "INSERT OR REPLACE INTO row (run, row, person, outcome, email, display_name, user_id, redemption, mail,
                    error_code, error, hint, this_run, verified, follow_up, request_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                run,
                result.row,
                person,
                result.outcome.word(),
                result.email,
                result.display_name,
                result.user_id,
                result.redemption,
                result.mail.map(Mail::word),
                result.error_code,
                result.error,
                result.hint,
                result.this_run.map(crate::engine::outcome::ThisRun::word),
                result.verified.map(Verified::word),
                result.follow_up,
                result.request_id,
            ])?;
        Ok(())
    }

    /// The tenant asked not to be asked before this.
    pub fn wait_until(&self, until: Timestamp) -> Result<()> {
        self.connection
            .execute("UPDATE tenant SET wait_until = ?1", [millis(until)])?;
        Ok(())
    }

    /// Folds the write-ahead log into the one file.
    pub fn checkpoint(&self) -> Result<()> {
        Ok(self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}
