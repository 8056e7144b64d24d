//! What was done for guests after their invitations: each follow-up by itself, with its newest state.
//!
//! Holds personal data. Must not decide what is owed; `follow_up` compares this with the sheet.

use super::{
    Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::outcome::{FollowUpKind, FollowUpState};
use jiff::Timestamp;
use rusqlite::params;

/// What one follow-up is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FollowUpKey {
    pub kind: FollowUpKind,
    /// The property, or the id of the sponsor or group. A guest has one manager: there it is always the same word.
    pub target: String,
    /// A hash of the value, or the id of the manager; else empty.
    pub content: String,
}

/// What became of a follow-up in a run.
#[derive(Debug, Clone)]
pub(crate) struct FollowUpRecord {
    pub user_id: String,
    /// None: the guest was there before, and the ledger knows nobody with the address.
    pub person: Option<i64>,
    pub row: u64,
    pub at: Timestamp,
    pub key: FollowUpKey,
    pub state: FollowUpState,
    pub status: Option<u16>,
    pub code: Option<String>,
    pub request_id: Option<String>,
}

/// What the ledger knows about a follow-up.
#[derive(Debug, Clone)]
pub(crate) struct KnownFollowUp {
    pub key: FollowUpKey,
    pub state: FollowUpState,
    pub at: Timestamp,
    pub status: Option<u16>,
    pub code: Option<String>,
    pub request_id: Option<String>,
}

impl Writer {
    pub(crate) fn follow_up(&self, run: &str, record: &FollowUpRecord) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO follow_up (user_id, kind, target, content, state, person, run, row, at, status,
                    code, request_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                record.user_id,
                record.key.kind.word(),
                record.key.target,
                record.key.content,
                record.state.word(),
                record.person,
                run,
                record.row,
                millis(record.at),
                record.status,
                record.code,
                record.request_id,
            ])?;
        Ok(())
    }
}

impl Reader {
    /// The rows of a rehearsal whose guests would get what an invitation cannot carry, in their order: those who would be
    /// invited, those for whom an earlier run did not finish it, and, where that was asked for, all who are there.
    pub(crate) fn rows_with_follow_ups(
        &self,
        run: &str,
        update_existing: bool,
    ) -> Result<Vec<u64>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT row FROM row WHERE run = ?1 AND (outcome = 'would-invite'
                OR (outcome = 'invited' AND follow_up IN ('partial', 'failed'))
                OR (?2 AND follow_up IS NOT 'done' AND outcome IN
                    ('invited', 'exists-pending', 'exists-accepted', 'exists-member', 'exists-disabled')))
             ORDER BY row",
        )?;
        let rows = statement.query_map(params![run, update_existing], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What is known about the follow-ups of a guest, oldest first.
    pub(crate) fn follow_ups_of(&self, user_id: &str) -> Result<Vec<KnownFollowUp>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT kind, target, content, state, at, status, code, request_id FROM follow_up WHERE user_id = ?1
             ORDER BY at, kind, target",
        )?;
        let mut rows = statement.query([user_id])?;
        let mut known = Vec::new();
        while let Some(row) = rows.next()? {
            let kind = FollowUpKind::from_word(row.get_ref(0)?.as_str().unwrap_or_default());
            let state = FollowUpState::from_word(row.get_ref(3)?.as_str().unwrap_or_default());
            let (Some(kind), Some(state)) = (kind, state) else {
                continue;
            };
            known.push(KnownFollowUp {
                key: FollowUpKey {
                    kind,
                    target: row.get(1)?,
                    content: row.get(2)?,
                },
                state,
                at: timestamp(row.get(4)?),
                status: row.get(5)?,
                code: row.get(6)?,
                request_id: row.get(7)?,
            });
        }
        Ok(known)
    }
}
