//! What was read about the state of guests, and when: a reading that was cut is continued, and what is known is told where
//! the tenant cannot be reached.
//!
//! Must not say anything about invitations: a state that was read changes nothing about what is asked.

use super::{
    PersonState, Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::outcome::{GuestState, Mail, Verified};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use std::collections::HashMap;

/// A reading that was cut longer ago than this begins anew.
const CONTINUED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// A person of the ledger, as far as it matters for who has come.
#[derive(Debug, Clone)]
pub(crate) struct KnownGuest {
    /// None for somebody whom no run of this ledger invited: a run only found them on its sheet and in the directory.
    pub person: Option<i64>,
    /// As the person was asked for.
    pub email: String,
    pub standing: PersonState,
    pub user_id: Option<String>,
    pub mail: Option<Mail>,
    pub invited_at: Option<Timestamp>,
    pub verified: Option<Verified>,
    /// What the newest invitation said.
    pub redirect_url: Option<String>,
    pub language: Option<String>,
    /// A hash of the words of the newest mail that was asked for.
    pub words: Option<String>,
    /// When this ledger deleted the guest, and by which run.
    pub deleted: Option<(Timestamp, String)>,
    /// What was read last.
    pub read: Option<KeptState>,
}

/// The state of a guest when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptState {
    pub state: GuestState,
    /// Since when, where the directory said so.
    pub since: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
    pub read_at: Timestamp,
}

const COLUMNS: &str = "person.id, person.email, person.state, person.user_id, person.mail, person.invited_at,
    person.verified, guest_state.state, guest_state.since, guest_state.created_at, guest_state.read_at,
    person.redirect_url, person.language, person.words, person.deleted_at, person.deleted_by";
const TABLES: &str = "person LEFT JOIN guest_state ON guest_state.user_id = person.user_id";

fn known_guest(row: &Row<'_>) -> rusqlite::Result<KnownGuest> {
    let time = |column| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(timestamp))
    };
    let word = |column| row.get::<_, Option<String>>(column);
    Ok(KnownGuest {
        person: row.get(0)?,
        email: row.get(1)?,
        standing: word(2)?
            .and_then(|state| PersonState::from_word(&state))
            .unwrap_or(PersonState::Open),
        user_id: row.get(3)?,
        mail: word(4)?.and_then(|mail| Mail::from_word(&mail)),
        invited_at: time(5)?,
        verified: word(6)?.and_then(|verified| Verified::from_word(&verified)),
        redirect_url: row.get(11)?,
        language: row.get(12)?,
        words: row.get(13)?,
        deleted: time(14)?.zip(row.get(15)?),
        read: kept_state(row, 7)?,
    })
}

/// From the four columns that begin there.
fn kept_state(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<KeptState>> {
    let time = |column| -> rusqlite::Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(timestamp))
    };
    let state: Option<String> = row.get(first)?;
    let state = state.and_then(|state| GuestState::from_word(&state));
    Ok(match (state, time(first + 3)?) {
        (Some(state), Some(read_at)) => Some(KeptState {
            state,
            since: time(first + 1)?,
            created_at: time(first + 2)?,
            read_at,
        }),
        _ => None,
    })
}

impl Reader {
    /// A person by the normalised address.
    pub(crate) fn known_guest(&self, key: &str) -> Result<Option<KnownGuest>> {
        Ok(self
            .connection()
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE person.key = ?1"
            ))?
            .query_row([key], known_guest)
            .optional()?)
    }

    /// Somebody whom no run invited and a run found in the directory, by the normalised address.
    pub(crate) fn found_in_directory(&self, key: &str) -> Result<Option<KnownGuest>> {
        let found: Option<(String, String)> = self
            .connection()
            .prepare_cached(
                "SELECT row.email, row.user_id FROM run JOIN row ON row.run = run.id
                 WHERE run.verb = 'invite' AND row.person IS NULL AND row.user_id IS NOT NULL AND lower(row.email) = ?1
                 ORDER BY run.started_at DESC LIMIT 1",
            )?
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found
            .map(|(email, user_id)| self.found_guest(&email, user_id))
            .transpose()
    }

    /// The people of the ledger in the order in which they came, a page at a time.
    pub(crate) fn known_guests(&self, after: i64, page: usize) -> Result<Vec<KnownGuest>> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {TABLES} WHERE person.id > ?1 ORDER BY person.id LIMIT ?2"
        ))?;
        let people = statement.query_map(params![after, page], known_guest)?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// Those whom runs of a sheet found in the directory and no run of this ledger invited: the ids of their
    /// users, by their addresses in small letters.
    pub(crate) fn found_on_sheet(&self, sheet_path: &str) -> Result<HashMap<String, String>> {
        let mut statement = self.connection().prepare(
            "SELECT row.email, row.user_id FROM run JOIN row ON row.run = run.id
             WHERE run.verb = 'invite' AND run.sheet_path = ?1 AND row.person IS NULL AND row.user_id IS NOT NULL
             ORDER BY run.started_at",
        )?;
        let found = statement.query_map([sheet_path], |row| {
            let email: String = row.get(0)?;
            Ok((email.to_ascii_lowercase(), row.get(1)?))
        })?;
        // A run that left somebody out says nothing about that person: of the others the newest counts.
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// What was read last about a user.
    pub(crate) fn kept_state(&self, user_id: &str) -> Result<Option<KeptState>> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT state, since, created_at, read_at FROM guest_state WHERE user_id = ?1",
            )?
            .query_row([user_id], |row| kept_state(row, 0))
            .optional()?
            .flatten())
    }

    /// Somebody whom no run invited, by the id of the user.
    pub(crate) fn found_guest(&self, email: &str, user_id: String) -> Result<KnownGuest> {
        let read = self.kept_state(&user_id)?;
        Ok(KnownGuest {
            deleted: None,
            person: None,
            email: email.to_owned(),
            standing: PersonState::Open,
            user_id: Some(user_id),
            mail: None,
            invited_at: None,
            verified: None,
            redirect_url: None,
            language: None,
            words: None,
            read,
        })
    }

    /// The rows of a run that are about somebody, in the sheet's order, a page at a time.
    pub(crate) fn known_guests_of_run(
        &self,
        run: &str,
        after_row: u64,
        page: usize,
    ) -> Result<Vec<(u64, KnownGuest)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT person.id, row.email, person.state, coalesce(person.user_id, row.user_id), person.mail,
                person.invited_at, person.verified, guest_state.state, guest_state.since, guest_state.created_at,
                guest_state.read_at, person.redirect_url, person.language, person.words, person.deleted_at,
                person.deleted_by, row.row
             FROM row LEFT JOIN person ON person.id = row.person
                LEFT JOIN guest_state ON guest_state.user_id = coalesce(person.user_id, row.user_id)
             WHERE row.run = ?1 AND row.row > ?2 AND row.outcome NOT IN ('duplicate', 'invalid')
             ORDER BY row.row LIMIT ?3",
        )?;
        let people = statement.query_map(params![run, after_row, page], |row| {
            Ok((row.get(16)?, known_guest(row)?))
        })?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// The addresses of everybody, handed on one at a time.
    pub(crate) fn each_address(&self, mut each: impl FnMut(&str)) -> Result<()> {
        let mut statement = self.connection().prepare("SELECT key FROM person")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(row.get_ref(0)?.as_str().unwrap_or_default());
        }
        Ok(())
    }
}

impl Writer {
    /// Keeps what was read, all of it or nothing.
    pub(crate) fn keep_states(&self, states: &[(String, KeptState)]) -> Result<()> {
        self.begin()?;
        let kept = self.keep_each(states).and_then(|()| self.commit());
        if kept.is_err() {
            self.rollback();
        }
        kept
    }

    fn keep_each(&self, states: &[(String, KeptState)]) -> Result<()> {
        let mut statement = self.connection().prepare_cached(
            "INSERT OR REPLACE INTO guest_state (user_id, state, since, created_at, read_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (user_id, kept) in states {
            statement.execute(params![
                user_id,
                kept.state.word(),
                kept.since.map(millis),
                kept.created_at.map(millis),
                millis(kept.read_at),
            ])?;
        }
        Ok(())
    }

    /// Begins to read the states of many, or goes on with a reading of the same people that was cut: when it began.
    pub(crate) fn begin_reading(&self, scope: &str, now: Timestamp) -> Result<Timestamp> {
        let began: Option<i64> = self
            .connection()
            .prepare_cached("SELECT began_at FROM state_reading WHERE scope = ?1")?
            .query_row([scope], |row| row.get(0))
            .optional()?;
        let began = began
            .map(timestamp)
            .filter(|began| *began <= now && now.duration_since(*began) < CONTINUED_WITHIN);
        if let Some(began) = began {
            return Ok(began);
        }
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO state_reading (scope, began_at) VALUES (?1, ?2)",
            )?
            .execute((scope, millis(now)))?;
        Ok(timestamp(millis(now)))
    }

    /// Everybody was read.
    pub(crate) fn end_reading(&self, scope: &str) -> Result<()> {
        self.connection()
            .prepare_cached("DELETE FROM state_reading WHERE scope = ?1")?
            .execute([scope])?;
        Ok(())
    }
}
