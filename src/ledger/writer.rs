//! The one connection that writes. The recorder (engine) owns it and commits in groups.
//!
//! Each method is one fact; none decides anything.

use super::{AttemptKind, PersonState, PriorLookup, Result, RunStart, millis};
use crate::{
    files::{self, FileId},
    outcome::{Mail, RowResult, Verified},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

#[derive(Debug)]
pub(crate) struct Writer {
    connection: Connection,
    /// Where the ledger is to be found, and which file that was when it was opened.
    place: (PathBuf, Option<FileId>),
    /// The generation of the run that writes.
    generation: Option<i64>,
}

/// Why there is no intent, and so nothing may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoIntent {
    /// Another run has taken the ledger over.
    TakenOver,
    /// The ledger's file was deleted, moved or replaced.
    Gone,
    /// Another run has learnt something about the person since it was decided to ask.
    Changed,
}

/// An ask about to leave.
#[derive(Debug, Clone)]
pub(crate) struct Intent {
    pub row: u64,
    pub key: String,
    pub email: String,
    pub kind: AttemptKind,
    pub mails: bool,
    pub at: Timestamp,
    /// By the look-up before it.
    pub saw: PriorLookup,
    pub client_request_id: String,
    /// The newest event about the person when it was decided to ask.
    pub decided_on: i64,
    /// Not about to leave: an ask that a run unknown to this ledger may have made.
    pub assumed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IntentId {
    pub person: i64,
    pub event: i64,
}

/// What Graph said about a guest, to be kept.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub user_id: String,
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Mail,
    pub invited_at: Timestamp,
}

/// An answer (or none) to an intent, or what reading concluded later.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
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
    pub refusal: Option<RefusedAttempt>,
}

/// Graph's no for one person.
#[derive(Debug, Clone)]
pub(crate) struct RefusedAttempt {
    pub code: String,
    /// Graph's own words.
    pub error: String,
    /// A hash of what was asked for.
    pub content: String,
}

/// What a results file says about a person.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    /// Invited; believed when somebody has seen the guest in this tenant.
    Invited(Found),
    /// There already, with a link that a run fetched.
    Linked(Found),
    /// Asked for, without an answer that tells.
    Asked { at: Timestamp, mails: bool },
}

impl Claim {
    fn user_id(&self) -> Option<&str> {
        match self {
            Self::Invited(found) | Self::Linked(found) => Some(&found.user_id),
            Self::Asked { .. } => None,
        }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imported {
    New,
    /// The ledger knows the person already.
    Known,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        place: (PathBuf, Option<FileId>),
        generation: Option<i64>,
    ) -> Self {
        connection.set_prepared_statement_cache_capacity(32);
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
        super::lock::holder_of(&self.connection)
    }

    pub(crate) fn begin(&self) -> Result<()> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Durable when it returns.
    pub(crate) fn commit(&self) -> Result<()> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    pub(crate) fn rollback(&self) {
        // SQLite has rolled back by itself after some errors (disk full); then there is nothing to do.
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }

    pub(crate) fn start_run(&self, run: &RunStart) -> Result<()> {
        self.connection.execute(
            "INSERT INTO run (id, verb, sheet, started_at, host, pid, identity, sheet_path, reading)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                run.id,
                run.verb,
                run.sheet,
                millis(run.started_at),
                run.host,
                run.pid,
                run.identity,
                run.sheet_path,
                run.reading,
            ],
        )?;
        Ok(())
    }

    pub(crate) fn end_run(
        &self,
        run: &str,
        at: Timestamp,
        exit_code: u8,
        report: &str,
    ) -> Result<()> {
        self.connection.execute(
            "UPDATE run SET ended_at = ?2, exit_code = ?3, report = ?4 WHERE id = ?1",
            params![run, millis(at), exit_code, report],
        )?;
        Ok(())
    }

    /// Forgets the rows (not the people) of all but the newest `keep` runs.
    pub(crate) fn forget_old_rows(&self, keep: u32) -> Result<()> {
        self.connection.execute(
            "DELETE FROM row WHERE run NOT IN (SELECT id FROM run ORDER BY started_at DESC LIMIT ?1)",
            [keep],
        )?;
        Ok(())
    }

    /// Within a transaction, after [`Writer::stands`] was asked in it.
    pub(crate) fn intent(
        &self,
        run: &str,
        intent: &Intent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        let known: Option<i64> = self
            .connection
            .prepare_cached("SELECT id FROM person WHERE key = ?1")?
            .query_row([&intent.key], |row| row.get(0))
            .optional()?;
        if let Some(person) = known
            && self.others_after(person, intent.decided_on, run)?
        {
            return Ok(Err(NoIntent::Changed));
        }
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
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(intent.at),
                run,
                person,
                intent.row,
                if intent.assumed { "assumed" } else { "intent" },
                intent.mails,
                intent.client_request_id,
                intent.kind.word(),
                intent.saw.word(),
            ])?;
        Ok(Ok(IntentId {
            person,
            event: self.connection.last_insert_rowid(),
        }))
    }

    /// Whether another run has written about the person after this event.
    fn others_after(&self, person: i64, event: i64, run: &str) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE person = ?1 AND id > ?2 AND run IS NOT ?3)")?
            .query_row((person, event, run), |row| row.get(0))?)
    }

    /// `stands`: whether the run still has the ledger. Without it only what Graph answered is taken; what the run
    /// concluded is the newer run's to conclude, and where the person stands too.
    pub(crate) fn answered(&self, run: &str, answered: &Answered, stands: bool) -> Result<()> {
        let person = answered.intent.person;
        let concluded = matches!(answered.kind, "settled" | "follow-up");
        if !stands && concluded {
            return Ok(());
        }
        let late = !stands && self.others_after(person, answered.intent.event, run)?;
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
        } else if !late {
            let refusal = answered.refusal.as_ref();
            let (code, error) = (
                refusal.map(|refusal| &refusal.code),
                refusal.map(|refusal| &refusal.error),
            );
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
            if let Some(refusal) = refusal {
                self.connection
                    .prepare_cached(
                        "INSERT OR IGNORE INTO refused_content (person, content) VALUES (?1, ?2)",
                    )?
                    .execute((person, &refusal.content))?;
            }
        }
        Ok(())
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
                    state = CASE WHEN state = 'claimed' AND ?2 = 'found' THEN 'invited' ELSE state END
                 WHERE id = ?1",
            )?
            .execute(params![person, verified.word(), millis(at), redemption])?;
        Ok(())
    }

    /// Takes what a results file says about a person. What is known here already is never replaced.
    pub(crate) fn import(
        &self,
        key: &str,
        email: &str,
        claim: &Claim,
        at: Timestamp,
    ) -> Result<Imported> {
        let known: Option<(i64, String, Option<String>, bool)> = self
            .connection
            .prepare_cached(
                "SELECT id, state, user_id, redeem_url IS NOT NULL FROM person WHERE key = ?1",
            )?
            .query_row([key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let person = match &known {
            Some((person, state, user_id, linked)) => {
                let nobody = user_id.is_none()
                    && matches!(
                        PersonState::from_word(state),
                        PersonState::Open | PersonState::Refused
                    );
                let unlinked = !linked
                    && claim
                        .user_id()
                        .is_some_and(|user| user_id.as_deref() == Some(user));
                if !nobody && !unlinked {
                    return Ok(Imported::Known);
                }
                if unlinked {
                    // Only the link is news.
                    self.link(*person, claim)?;
                    return Ok(Imported::Known);
                }
                *person
            }
            None => self
                .connection
                .prepare_cached(
                    "INSERT INTO person (key, email, state) VALUES (?1, ?2, 'open') RETURNING id",
                )?
                .query_row((key, email), |row| row.get(0))?,
        };
        let mut event = self.connection.prepare_cached(
            "INSERT INTO event (at, person, kind, mails, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let (state, found) = match claim {
            Claim::Invited(found) => (PersonState::Claimed, found),
            Claim::Linked(found) => (PersonState::Open, found),
            Claim::Asked {
                at: asked_at,
                mails,
            } => {
                let detail = AttemptKind::Invite.word();
                event.execute(params![millis(*asked_at), person, "assumed", mails, detail])?;
                self.connection
                    .prepare_cached("UPDATE person SET state = 'asked' WHERE id = ?1")?
                    .execute([person])?;
                return Ok(Imported::New);
            }
        };
        event.execute(params![
            millis(at),
            person,
            "imported",
            None::<bool>,
            None::<String>
        ])?;
        self.connection
            .prepare_cached(
                "UPDATE person SET state = ?2, user_id = ?3, redemption = ?4, mail = ?5, invited_at = ?6 WHERE id = ?1",
            )?
            .execute(params![
                person,
                state.word(),
                found.user_id,
                found.redemption,
                found.mail.word(),
                millis(found.invited_at),
            ])?;
        self.link(person, claim)?;
        Ok(Imported::New)
    }

    fn link(&self, person: i64, claim: &Claim) -> Result<()> {
        if let Claim::Invited(found) | Claim::Linked(found) = claim {
            self.connection
                .prepare_cached(
                    "UPDATE person SET redeem_url = coalesce(redeem_url, ?2) WHERE id = ?1",
                )?
                .execute((
                    person,
                    found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                ))?;
        }
        Ok(())
    }

    /// Binds a ledger that knows no tenant yet to the one that an imported file names.
    pub(crate) fn bind(&self, tenant_id: &str, at: Timestamp) -> Result<()> {
        self.connection.execute(
            "INSERT INTO tenant (id, bound_at) VALUES (?1, ?2)",
            (tenant_id, millis(at)),
        )?;
        Ok(())
    }

    pub(crate) fn row(&self, run: &str, person: Option<i64>, result: &RowResult) -> Result<()> {
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
                result.this_run.map(crate::outcome::ThisRun::word),
                result.verified.map(Verified::word),
                result.follow_up,
                result.request_id,
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
