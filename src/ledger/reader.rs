//! The connection that reads, and questions about people. It sees what was committed.
//!
//! Questions about attempts, rows, runs and corrections stand beside what is written about them.

use super::{
    Person, PersonState, Result, Tenant, lock, tenant,
    units::{millis, timestamp, word},
};
use crate::{
    fingerprint::{FingerprintSet, Fingerprints},
    outcome::{Mail, Verified},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::SecretString;
use std::collections::{HashMap, HashSet};

#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
}

/// The users whose links are in the ledger, as they were when this was read; 16 bytes for each.
#[derive(Default)]
pub(crate) struct LinkedUsers {
    fingerprints: Fingerprints,
    known: FingerprintSet,
}

impl LinkedUsers {
    pub(crate) fn contains(&self, user_id: &str) -> bool {
        self.known
            .contains(&self.fingerprints.of(user_id.as_bytes()))
    }
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Everything that is read until [`end`](Self::end) is as it is now, and is read faster. The write-ahead log cannot be
    /// folded back meanwhile, so this must not last.
    pub(crate) fn begin(&self) {
        // A ledger that cannot be read fails the questions that follow.
        let _ = self.connection.execute_batch("BEGIN");
    }

    pub(crate) fn end(&self) {
        let _ = self.connection.execute_batch("COMMIT");
    }

    pub(crate) fn tenant(&self) -> Result<Option<Tenant>> {
        tenant::read(&self.connection)
    }

    pub(crate) fn person(&self, key: &str) -> Result<Option<Person>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT id, state, user_id, redeem_url, redemption, mail, invited_at, error_code, error, request_id,
                    verified, verified_at, (SELECT coalesce(max(event.id), 0) FROM event WHERE person = person.id),
                    follows_up, deleted_at, deleted_by
                 FROM person WHERE key = ?1",
            )?
            .query_row([key], person)
            .optional()?)
    }

    pub(crate) fn person_by_id(&self, id: i64) -> Result<Option<Person>> {
        let key: Option<String> = self
            .connection
            .prepare_cached("SELECT key FROM person WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        key.map_or(Ok(None), |key| self.person(&key))
    }

    /// Whether the link of a user is here. Quick where users are indexed; for many of them elsewhere there is
    /// [`Self::linked_users`].
    pub(crate) fn knows_link(&self, user_id: &str) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM person WHERE user_id = ?1 AND redeem_url IS NOT NULL)")?
            .query_row([user_id], |row| row.get(0))?)
    }

    /// The users whose links are here.
    pub(crate) fn linked_users(&self) -> Result<LinkedUsers> {
        let mut statement = self.connection.prepare(
            "SELECT user_id FROM person WHERE redeem_url IS NOT NULL AND user_id IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        let mut users = LinkedUsers::default();
        while let Some(row) = rows.next()? {
            let user_id: String = row.get(0)?;
            users
                .known
                .insert(users.fingerprints.of(user_id.as_bytes()));
        }
        Ok(users)
    }

    /// The people whose asks have not been settled.
    pub(crate) fn unsettled(&self) -> Result<HashSet<String>> {
        let mut statement = self
            .connection
            .prepare("SELECT key FROM person WHERE state = ?1")?;
        let keys = statement.query_map([PersonState::Asked.word()], |row| row.get(0))?;
        Ok(keys.collect::<std::result::Result<_, _>>()?)
    }

    /// The normalised addresses of people who were asked for without a certain answer, or whose mail is due.
    pub(crate) fn unfinished(&self) -> Result<HashSet<String>> {
        let mut statement = self
            .connection
            .prepare("SELECT key FROM person WHERE state = ?1 OR mail = 'due'")?;
        let keys = statement.query_map([PersonState::Asked.word()], |row| row.get(0))?;
        Ok(keys.collect::<std::result::Result<_, _>>()?)
    }

    pub(crate) fn people(&self) -> Result<u64> {
        Ok(self
            .connection
            .query_row("SELECT count(*) FROM person", [], |row| row.get(0))?)
    }

    /// How many people's links are here.
    pub(crate) fn links(&self) -> Result<u64> {
        Ok(self.connection.query_row(
            "SELECT count(*) FROM person WHERE redeem_url IS NOT NULL",
            [],
            |row| row.get(0),
        )?)
    }

    /// How many invitations were seen in the directory afterwards.
    pub(crate) fn verified(&self) -> Result<u64> {
        Ok(self.connection.query_row(
            "SELECT count(*) FROM person WHERE verified = 'found'",
            [],
            |row| row.get(0),
        )?)
    }

    /// Invitations since then that nobody has seen in the directory yet, by the ids of their users: the newest ones.
    pub(crate) fn unseen(&self, since: Timestamp, most: usize) -> Result<HashMap<String, i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT user_id, id FROM person WHERE state = 'invited' AND user_id IS NOT NULL AND invited_at > ?1
                AND verified IS NOT 'found' ORDER BY invited_at DESC LIMIT ?2",
        )?;
        let people = statement.query_map(params![millis(since), most], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// Until when the tenant asked not to be asked.
    pub(crate) fn wait_until(&self) -> Result<Option<Timestamp>> {
        let until: Option<Option<i64>> = self
            .connection
            .query_row("SELECT wait_until FROM tenant", [], |row| row.get(0))
            .optional()?;
        Ok(until.flatten().map(timestamp))
    }

    /// The generation of the newest run.
    pub(crate) fn generation(&self) -> Result<i64> {
        Ok(self
            .connection
            .prepare_cached("SELECT generation FROM guard")?
            .query_row([], |row| row.get(0))?)
    }

    /// Who has the ledger, or had it last.
    pub(crate) fn holder(&self) -> Option<String> {
        lock::holder_of(&self.connection)
    }
}

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        state: PersonState::from_word(&row.get::<_, String>(1)?).unwrap_or(PersonState::Open),
        user_id: row.get(2)?,
        redeem_url: row.get::<_, Option<String>>(3)?.map(SecretString::from),
        redemption: row.get(4)?,
        mail: word(row.get(5)?, Mail::from_word),
        invited_at: row.get::<_, Option<i64>>(6)?.map(timestamp),
        error_code: row.get(7)?,
        error: row.get(8)?,
        request_id: row.get(9)?,
        verified: word(row.get(10)?, Verified::from_word),
        verified_at: row.get::<_, Option<i64>>(11)?.map(timestamp),
        newest_event: row.get(12)?,
        follows_up: row.get::<_, Option<bool>>(13)?.unwrap_or(false),
        deleted: row
            .get::<_, Option<i64>>(14)?
            .map(timestamp)
            .zip(row.get(15)?),
    })
}
