//! Deletions of guests: the intent before a request leaves, and what became of it.
//!
//! A request that was not answered stays open until somebody has looked whether the guest is still there.

use super::{
    IntentId, NoIntent, Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::outcome::GuestState;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

const INTENT: &str = "delete-intent";
const DELETED: &str = "deleted";

/// A deletion that is about to leave.
#[derive(Debug, Clone)]
pub(crate) struct DeletionIntent {
    pub person: i64,
    pub user_id: String,
    pub row: Option<u64>,
    pub at: Timestamp,
    pub client_request_id: String,
    /// The newest event about the user when it was decided to delete.
    pub decided_on: i64,
}

/// What became of a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeletionEnd {
    Deleted,
    /// Nothing was sent, Graph asked to wait, or the guest is still there.
    NotPerformed,
    /// Graph says no for this guest.
    Refused,
    /// No answer that tells.
    Unknown,
}

impl DeletionEnd {
    fn event(self) -> &'static str {
        match self {
            Self::Deleted => DELETED,
            Self::NotPerformed => "delete-not-performed",
            Self::Refused => "delete-refused",
            Self::Unknown => "delete-unknown",
        }
    }
}

/// An answer to a deletion, or what was found out about one without an answer.
#[derive(Debug, Clone)]
pub(crate) struct DeletionAnswered {
    pub intent: IntentId,
    pub user_id: String,
    pub row: Option<u64>,
    pub at: Timestamp,
    pub end: DeletionEnd,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code or a reason; never an address.
    pub detail: Option<String>,
}

/// A deletion of which nobody knows what it did.
#[derive(Debug, Clone)]
pub(crate) struct OpenDeletion {
    pub intent: IntentId,
    pub user_id: String,
    pub at: Timestamp,
}

fn open_deletion(row: &Row<'_>) -> rusqlite::Result<OpenDeletion> {
    Ok(OpenDeletion {
        intent: IntentId {
            person: row.get(0)?,
            event: row.get(1)?,
        },
        user_id: row.get(2)?,
        at: timestamp(row.get(3)?),
    })
}

impl Reader {
    /// The deletions of which nobody knows what they did, oldest first.
    pub(crate) fn open_deletions(&self) -> Result<Vec<OpenDeletion>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT person.id, asked.id, person.user_id, asked.at FROM event AS asked JOIN person ON person.id = asked.person
             WHERE asked.kind = ?1 AND person.user_id IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM event AS answer WHERE answer.person = asked.person AND answer.intent = asked.id
                    AND answer.kind IN (?2, ?3, ?4))
             ORDER BY asked.id",
        )?;
        let ends = [
            DeletionEnd::Deleted,
            DeletionEnd::NotPerformed,
            DeletionEnd::Refused,
        ]
        .map(DeletionEnd::event);
        let open = statement.query_map((INTENT, ends[0], ends[1], ends[2]), open_deletion)?;
        Ok(open.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether another run has written about a user after this event.
    pub(crate) fn others_since(&self, user_id: &str, event: i64, run: &str) -> Result<bool> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM event WHERE person IN (SELECT id FROM person WHERE user_id = ?1)
                    AND id > ?2 AND run IS NOT ?3)",
            )?
            .query_row((user_id, event, run), |row| row.get(0))?)
    }

    /// When anything was last asked of the tenant for a user, under whatever addresses the ledger knows them: an
    /// invitation, a reminder, a mail of our own, a reset.
    pub(crate) fn last_asked(&self, user_id: &str) -> Result<Option<Timestamp>> {
        let at: Option<i64> = self
            .connection()
            .prepare_cached(
                "SELECT max(at) FROM event WHERE person IN (SELECT id FROM person WHERE user_id = ?1)
                    AND kind IN ('intent', 'assumed', 'mail-intent', 'imported')",
            )?
            .query_row([user_id], |row| row.get(0))?;
        Ok(at.map(timestamp))
    }
}

impl Writer {
    /// Durable when it returns; then, and only then, the deletion may leave.
    pub(crate) fn deletion_intent(
        &self,
        run: &str,
        intent: &DeletionIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.is_in_place() {
            return Ok(Err(NoIntent::Gone));
        }
        self.begin()?;
        match self.deletion_intent_in_transaction(run, intent) {
            Ok(Ok(recorded)) => self.commit().map(|()| Ok(recorded)),
            other => {
                self.rollback();
                other
            }
        }
        .inspect_err(|_| self.rollback())
    }

    fn deletion_intent_in_transaction(
        &self,
        run: &str,
        intent: &DeletionIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.stands()? {
            return Ok(Err(NoIntent::TakenOver));
        }
        let newest: i64 = self
            .connection()
            .prepare_cached(
                "SELECT coalesce(max(id), 0) FROM event WHERE person IN (SELECT id FROM person WHERE user_id = ?1)",
            )?
            .query_row([&intent.user_id], |row| row.get(0))?;
        if newest != intent.decided_on {
            return Ok(Err(NoIntent::Changed));
        }
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, client_request_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                millis(intent.at),
                run,
                intent.person,
                intent.row,
                INTENT,
                intent.client_request_id,
            ])?;
        Ok(Ok(IntentId {
            person: intent.person,
            event: self.connection().last_insert_rowid(),
        }))
    }

    /// Durable when it returns. A guest who was deleted has no link any more; what the directory holds is known too.
    pub(crate) fn deletion_answered(&self, run: &str, answered: &DeletionAnswered) -> Result<()> {
        self.begin()?;
        let kept = self
            .deletion_answered_in_transaction(run, answered)
            .and_then(|()| self.commit());
        if kept.is_err() {
            self.rollback();
        }
        kept
    }

    fn deletion_answered_in_transaction(
        &self,
        run: &str,
        answered: &DeletionAnswered,
    ) -> Result<()> {
        let at = millis(answered.at);
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                at,
                run,
                answered.intent.person,
                answered.row,
                answered.end.event(),
                answered.intent.event,
                answered.status,
                answered.request_id,
                answered.detail,
            ])?;
        if answered.end != DeletionEnd::Deleted {
            return Ok(());
        }
        // The run that asked, which may be an earlier one than the one that found out.
        let asked_by: Option<String> = self
            .connection()
            .prepare_cached("SELECT run FROM event WHERE id = ?1")?
            .query_row([answered.intent.event], |row| row.get(0))
            .optional()?
            .flatten();
        self.connection()
            .prepare_cached(
                "UPDATE person SET deleted_at = ?2, deleted_by = ?3, redeem_url = NULL WHERE user_id = ?1",
            )?
            .execute(params![
                answered.user_id,
                at,
                asked_by.as_deref().unwrap_or(run)
            ])?;
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO guest_state (user_id, state, since, created_at, read_at)
                 VALUES (?1, ?2, NULL, NULL, ?3)",
            )?
            .execute(params![answered.user_id, GuestState::Gone.word(), at])?;
        Ok(())
    }
}
