//! Everything that the ledger remembers about one person, in the order in which it happened.
//!
//! Reads only, and says nothing about what it means.

use super::{Reader, Result, units::timestamp};
use crate::outcome::Outcome;
use jiff::Timestamp;
use rusqlite::OptionalExtension;
use std::collections::{HashMap, HashSet};

/// One line of the audit trail.
#[derive(Debug, Clone)]
pub(crate) struct StoryEvent {
    pub at: Timestamp,
    pub run: Option<String>,
    pub kind: String,
    /// Of an intent: whether it asks for a mail.
    pub mails: bool,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    pub client_request_id: Option<String>,
    pub detail: Option<String>,
    /// The address that it is about.
    pub email: String,
}

/// A row that a run told about a person.
#[derive(Debug, Clone)]
pub(crate) struct StoryRow {
    pub run: String,
    pub row: u64,
    pub outcome: Outcome,
    pub display_name: Option<String>,
}

/// A guest of this ledger by name.
#[derive(Debug, Clone)]
pub(crate) struct KnownName {
    pub key: String,
    pub email: String,
    pub name: String,
}

/// A row about a user whom this ledger knows under another address.
#[derive(Debug, Clone)]
pub(crate) struct AnotherAddress {
    pub row: u64,
    pub name: Option<String>,
    pub old: String,
    pub new: String,
}

/// Which run it was, and who had signed in.
#[derive(Debug, Clone)]
pub(crate) struct StoryRun {
    pub id: String,
    pub verb: String,
    pub sheet: Option<String>,
    pub identity: Option<String>,
    pub host: String,
}

impl Reader {
    /// Resets, and mails of our own, belong to the story of every address of a user.
    pub(crate) fn story(&self, person: i64, user_id: Option<&str>) -> Result<Vec<StoryEvent>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT at, run, kind, mails, status, request_id, client_request_id, detail,
                (SELECT email FROM person WHERE person.id = event.person)
             FROM event WHERE person = ?1
                OR (person IN (SELECT id FROM person WHERE user_id = ?2)
                    AND (kind LIKE 'mail-%' OR kind = 'mailed-instead'
                        OR run IN (SELECT id FROM run WHERE verb = 'reset-redemption')))
             ORDER BY id",
        )?;
        let events = statement.query_map((person, user_id), |row| {
            Ok(StoryEvent {
                at: timestamp(row.get(0)?),
                run: row.get(1)?,
                kind: row.get(2)?,
                mails: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
                status: row.get(4)?,
                request_id: row.get(5)?,
                client_request_id: row.get(6)?,
                detail: row.get(7)?,
                email: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
            })
        })?;
        Ok(events.collect::<rusqlite::Result<_>>()?)
    }

    /// The newest rows about a person, the newest first; of somebody whom no run invited, those with the address.
    pub(crate) fn rows_about(
        &self,
        person: Option<i64>,
        key: &str,
        most: usize,
    ) -> Result<Vec<StoryRow>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT row.run, row.row, row.outcome, row.display_name FROM row JOIN run ON run.id = row.run
             WHERE row.person = ?1 OR (row.person IS NULL AND row.user_id IS NOT NULL AND lower(row.email) = ?3)
             ORDER BY run.started_at DESC, row.row LIMIT ?2",
        )?;
        let rows = statement.query_map((person, most, key), |row| {
            Ok(StoryRow {
                run: row.get(0)?,
                row: row.get(1)?,
                outcome: Outcome::from_word(&row.get::<_, String>(2)?).unwrap_or(Outcome::Unknown),
                display_name: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// What the newest rows call these people: one reading of the rows, however many people there are.
    pub(crate) fn names_of(&self, people: &HashSet<i64>) -> Result<HashMap<i64, String>> {
        let mut statement = self.connection().prepare(
            "SELECT row.person, run.started_at, row.display_name FROM row JOIN run ON run.id = row.run
             WHERE row.person IS NOT NULL AND row.display_name IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        let mut names: HashMap<i64, (i64, String)> = HashMap::new();
        while let Some(row) = rows.next()? {
            let (person, at): (i64, i64) = (row.get(0)?, row.get(1)?);
            let newer = |(known, _): &(i64, String)| at >= *known;
            if people.contains(&person) && names.get(&person).is_none_or(newer) {
                names.insert(person, (at, row.get(2)?));
            }
        }
        let name = |(person, (_, name))| (person, name);
        Ok(names.into_iter().map(name).collect())
    }

    /// The guests whom runs of this ledger invited, by the newest name that a row gives them.
    pub(crate) fn guest_names(&self) -> Result<Vec<KnownName>> {
        let mut statement = self.connection().prepare(
            "SELECT person.key, person.email, row.display_name, max(run.started_at)
             FROM person JOIN row ON row.person = person.id JOIN run ON run.id = row.run
             WHERE person.state IN ('invited', 'claimed') AND row.display_name IS NOT NULL
             GROUP BY person.id",
        )?;
        let names = statement.query_map([], |row| {
            Ok(KnownName {
                key: row.get(0)?,
                email: row.get(1)?,
                name: row.get(2)?,
            })
        })?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// Rows of a run whose user was invited under another address, which is nowhere among the rows of that run.
    pub(crate) fn under_another_address(
        &self,
        run: &str,
        most: usize,
    ) -> Result<Vec<AnotherAddress>> {
        let mut statement = self.connection().prepare(
            "SELECT row.row, row.display_name, person.email, row.email FROM row JOIN person ON person.user_id = row.user_id
             WHERE row.run = ?1 AND person.key <> lower(row.email) AND person.state IN ('invited', 'claimed')
                AND NOT EXISTS (SELECT 1 FROM person AS new WHERE new.key = lower(row.email) AND new.user_id = row.user_id)
                AND NOT EXISTS (SELECT 1 FROM row AS other WHERE other.run = ?1 AND lower(other.email) = person.key)
             ORDER BY row.row LIMIT ?2",
        )?;
        let found = statement.query_map(rusqlite::params![run, most], |row| {
            Ok(AnotherAddress {
                row: row.get(0)?,
                name: row.get(1)?,
                old: row.get(2)?,
                new: row.get(3)?,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn story_run(&self, id: &str) -> Result<Option<StoryRun>> {
        Ok(self
            .connection()
            .prepare_cached("SELECT id, verb, sheet, identity, host FROM run WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(StoryRun {
                    id: row.get(0)?,
                    verb: row.get(1)?,
                    sheet: row.get(2)?,
                    identity: row.get(3)?,
                    host: row.get(4)?,
                })
            })
            .optional()?)
    }
}
