//! Forgetting people: everything about them leaves every table, and no page of the file keeps it.
//!
//! Tables are found in the database itself, so that none that is added later is left out: a column `person` or `user_id`
//! says whose a line is, and a text that holds the address anywhere else loses it.
//! Must not forget anybody while a run has the ledger; whoever calls holds it.

use super::{
    LedgerError, Reader, Result, Writer,
    forgotten::mark,
    units::{millis, timestamp},
};
use crate::outcome::{FORGOTTEN_CODE, Outcome};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params, types::ValueRef};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Attempts and mails of the last day are counted in caps: they stay as numbers, with nobody's name.
const COUNTED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// What stands in the place of an address in a text about somebody else.
const INSTEAD: &str = "(forgotten)";

/// What the ledger knows a person by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ToForget {
    /// The address in small letters.
    pub key: String,
    people: BTreeSet<i64>,
    /// Of this person alone: users whom another address leads to are left out.
    users: BTreeSet<String>,
}

impl ToForget {
    /// Texts that lead to the person, in small letters.
    fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.users.iter().map(String::as_str))
    }
}

/// Everything that the ledger holds about people, by table.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Exported(pub BTreeMap<String, Vec<Map<String, Value>>>);

/// A table and its columns.
struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// Whether a line belongs to the person; `?1` is a JSON list of the people, `?2` of the users, `?3` the address.
    fn is_about(&self) -> String {
        const PEOPLE: &str = "IN (SELECT value FROM json_each(?1))";
        const USERS: &str = "lower(user_id) IN (SELECT value FROM json_each(?2))";
        let mut ways = vec!["?1 IS NULL AND ?2 IS NULL AND ?3 IS NULL".to_owned()];
        if self.name == "person" {
            ways.push(format!("id {PEOPLE}"));
        }
        if self.has("person") {
            ways.push(format!("person {PEOPLE}"));
        }
        if self.has("user_id") {
            ways.push(USERS.to_owned());
        }
        if self.has("email") {
            ways.push("lower(email) = ?3".to_owned());
        }
        ways.join(" OR ")
    }
}

fn tables(connection: &Connection) -> Result<Vec<Table>> {
    let mut names = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?;
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names {
        let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let columns = columns
            .query_map([&name], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        tables.push(Table { name, columns });
    }
    Ok(tables)
}

/// Whether a text, in any case, holds one of these.
fn holds(text: &str, person: &ToForget) -> bool {
    let text = text.to_lowercase();
    person.texts().any(|part| text.contains(part))
}

/// The text without them.
fn without(text: &str, person: &ToForget) -> String {
    let mut text = text.to_owned();
    for part in person.texts() {
        // The parts are ASCII: small letters are as long as large ones.
        while let Some(at) = text.to_ascii_lowercase().find(part) {
            text.replace_range(at..at + part.len(), INSTEAD);
        }
    }
    text
}

fn line(row: &Row<'_>, columns: &[String]) -> rusqlite::Result<Map<String, Value>> {
    let mut line = Map::new();
    for (at, column) in columns.iter().enumerate() {
        let value = match row.get_ref(at)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
            ValueRef::Blob(bytes) => bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into(),
        };
        line.insert(column.clone(), value);
    }
    Ok(line)
}

fn json<T: serde::Serialize>(list: &BTreeSet<T>) -> String {
    serde_json::json!(list).to_string()
}

impl Reader {
    /// Further addresses, in small letters, that lead to the same users as these: a person who was reset to another
    /// address stands under both.
    pub(crate) fn further_addresses(&self, keys: &[String]) -> Result<Vec<String>> {
        // Rows tell of a user only where no person does: a later one may have another user.
        let mut statement = self.connection().prepare(
            "WITH RECURSIVE same (key) AS (
                SELECT value FROM json_each(?1)
                UNION
                SELECT person.key FROM same JOIN person ON lower(person.user_id) IN (
                    SELECT lower(user_id) FROM person AS one WHERE one.key = same.key AND user_id IS NOT NULL
                    UNION SELECT lower(user_id) FROM row WHERE lower(email) = same.key AND user_id IS NOT NULL
                        AND NOT EXISTS (SELECT 1 FROM person AS one WHERE one.key = same.key AND user_id IS NOT NULL))
             )
             SELECT key FROM same ORDER BY key",
        )?;
        let all = statement.query_map([serde_json::json!(keys).to_string()], |row| row.get(0))?;
        let all: Vec<String> = all.collect::<rusqlite::Result<_>>()?;
        Ok(all.into_iter().filter(|key| !keys.contains(key)).collect())
    }

    /// What the ledger knows about an address in small letters; none where it knows nothing. `all`: every address that is
    /// to be forgotten.
    pub(crate) fn to_forget(&self, key: &str, all: &[String]) -> Result<Option<ToForget>> {
        let connection = self.connection();
        let person: Option<i64> = connection
            .prepare_cached("SELECT id FROM person WHERE key = ?1")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        let mut users = connection.prepare_cached(
            "SELECT lower(user_id) FROM person WHERE key = ?1 AND user_id IS NOT NULL
             UNION SELECT lower(user_id) FROM row WHERE lower(email) = ?1 AND user_id IS NOT NULL",
        )?;
        let users: BTreeSet<String> = users
            .query_map([key], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let on_rows: bool = connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM row WHERE lower(email) = ?1)
                    OR EXISTS (SELECT 1 FROM correction WHERE instr(lower(email), ?1) > 0)",
            )?
            .query_row([key], |row| row.get(0))?;
        if person.is_none() && !on_rows {
            // It may stand in a text about somebody, such as the address to which a guest was reset.
            let named = ToForget {
                key: key.to_owned(),
                ..ToForget::default()
            };
            let mentions = self.everything_about(std::slice::from_ref(&named))?;
            return Ok((!mentions.0.is_empty()).then_some(named));
        }
        let everybody = serde_json::json!(all).to_string();
        let mut own = BTreeSet::new();
        for user in users {
            let shared: bool = connection
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM person WHERE lower(user_id) = ?1
                        AND key NOT IN (SELECT value FROM json_each(?2)))",
                )?
                .query_row((&user, &everybody), |row| row.get(0))?;
            if !shared {
                own.insert(user);
            }
        }
        Ok(Some(ToForget {
            key: key.to_owned(),
            people: person.into_iter().collect(),
            users: own,
        }))
    }

    /// The addresses, in small letters, of everybody of whom nothing was heard since then: no event, and no run that has
    /// them on its sheet.
    pub(crate) fn silent_since(&self, before: Timestamp) -> Result<Vec<String>> {
        let mut statement = self.connection().prepare(
            "WITH heard (key, at) AS (
                SELECT person.key, event.at FROM person LEFT JOIN event ON event.person = person.id
                UNION ALL SELECT person.key, person.invited_at FROM person
                UNION ALL SELECT lower(row.email), run.started_at FROM row JOIN run ON run.id = row.run
                    WHERE row.outcome NOT IN ('invalid')
             )
             SELECT key FROM heard WHERE key LIKE '%@%' GROUP BY key HAVING max(at) < ?1 ORDER BY key",
        )?;
        let keys = statement.query_map([millis(before)], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Everything about these people, whole lines of all tables, redeem links too.
    pub(crate) fn everything_about(&self, people: &[ToForget]) -> Result<Exported> {
        let mut exported = Exported::default();
        for table in tables(self.connection())? {
            if table.name == "forgotten" {
                continue;
            }
            let sql = format!("SELECT {} FROM {}", quoted(&table.columns), table.name);
            let about = format!("{sql} WHERE {}", table.is_about());
            let mut about = self.connection().prepare(&about)?;
            let mut all = self.connection().prepare(&sql)?;
            let mut lines: Vec<Map<String, Value>> = Vec::new();
            for person in people {
                let mut rows = about.query(params![
                    json(&person.people),
                    json(&person.users),
                    person.key
                ])?;
                while let Some(row) = rows.next()? {
                    lines.push(line(row, &table.columns)?);
                }
            }
            // Lines about others that mention them.
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let mentions = people
                    .iter()
                    .any(|person| mentions(row, &table.columns, person));
                if mentions {
                    let line = line(row, &table.columns)?;
                    if !lines.contains(&line) {
                        lines.push(line);
                    }
                }
            }
            if !lines.is_empty() {
                exported.0.insert(table.name, lines);
            }
        }
        Ok(exported)
    }

    /// Copies of this ledger that were made, and when.
    pub(crate) fn backups(&self) -> Result<Vec<(String, Timestamp)>> {
        let mut statement = self
            .connection()
            .prepare("SELECT path, at FROM backup_file ORDER BY at")?;
        let backups = statement.query_map([], |row| Ok((row.get(0)?, timestamp(row.get(1)?))))?;
        Ok(backups.collect::<rusqlite::Result<_>>()?)
    }

    /// The files that runs tell of: their reports name them.
    pub(crate) fn files_of_runs(&self) -> Result<BTreeSet<String>> {
        let mut statement = self.connection().prepare(
            "SELECT path FROM to_fix_file UNION SELECT sheet_path FROM run WHERE sheet_path IS NOT NULL
             UNION SELECT named.value FROM run, json_tree(run.report) AS named
                WHERE json_valid(run.report) AND named.key IN ('results', 'to_fix', 'report', 'summary', 'sheet', 'output')
                    AND named.type = 'text'",
        )?;
        let files = statement.query_map([], |row| row.get(0))?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }
}

fn mentions(row: &Row<'_>, columns: &[String], person: &ToForget) -> bool {
    (0..columns.len()).any(|at| {
        row.get_ref(at)
            .ok()
            .and_then(|value| value.as_str().ok())
            .is_some_and(|text| holds(text, person))
    })
}

fn quoted(columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    columns.join(", ")
}

impl Writer {
    /// Everything about these people leaves the tables, all of it or nothing. A mark stays for each.
    pub(crate) fn forget(&self, people: &[ToForget], now: Timestamp) -> Result<()> {
        // What is deleted is overwritten.
        self.connection()
            .pragma_update(None, "secure_delete", true)?;
        self.begin()?;
        let done = self
            .forget_in_transaction(people, now)
            .and_then(|()| self.commit());
        if done.is_err() {
            self.rollback();
        }
        done
    }

    fn forget_in_transaction(&self, people: &[ToForget], now: Timestamp) -> Result<()> {
        let connection = self.connection();
        let salt: Option<String> =
            connection.query_row("SELECT salt FROM guard", [], |row| row.get(0))?;
        let salt = if let Some(salt) = salt {
            salt
        } else {
            let salt = format!("{}{}", uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
            connection.execute("UPDATE guard SET salt = ?1", [&salt])?;
            salt
        };
        let counted = millis(now) - i64::try_from(COUNTED_FOR.as_millis()).unwrap_or(0);
        let tables = tables(connection)?;
        for person in people {
            connection.execute(
                "INSERT OR IGNORE INTO forgotten (mark, at) VALUES (?1, ?2)",
                (mark(&salt, &person.key), millis(now)),
            )?;
            let ids = json(&person.people);
            connection.execute(
                "UPDATE event SET person = NULL, row = NULL, intent = NULL, client_request_id = NULL, request_id = NULL,
                    detail = NULL
                 WHERE kind = 'intent' AND at > ?2 AND person IN (SELECT value FROM json_each(?1))",
                (&ids, counted),
            )?;
            connection.execute(
                "UPDATE own_mail SET event = 0, person = 0, row = NULL, user_id = 'forgotten ' || id, kind = 'forgotten',
                    message_id = 'forgotten ' || id, language = NULL, request_id = NULL, detail = NULL
                 WHERE at > ?2 AND person IN (SELECT value FROM json_each(?1))",
                (&ids, counted),
            )?;
            // `person` goes last: the other tables are found by it.
            let (whose, rest): (Vec<&Table>, Vec<&Table>) =
                tables.iter().partition(|table| table.name == "person");
            for table in rest.into_iter().chain(whose) {
                let sql = if table.name == "row" {
                    emptied(table)
                } else {
                    format!("DELETE FROM {} WHERE {}", table.name, table.is_about())
                };
                connection.execute(&sql, params![ids, json(&person.users), person.key])?;
            }
        }
        for table in &tables {
            erase_mentions(connection, table, people)?;
        }
        Ok(())
    }

    /// No page of the file, and none of its log, keeps what was deleted.
    pub(crate) fn compact(&self) -> Result<()> {
        let connection = self.connection();
        connection.execute_batch("VACUUM")?;
        let busy: bool =
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(LedgerError::InUse);
        }
        Ok(())
    }
}

/// Each run keeps one line for each row of its sheet: what it told is taken out of the line.
fn emptied(table: &Table) -> String {
    let columns = table
        .columns
        .iter()
        .filter_map(|column| match column.as_str() {
            "run" | "row" => None,
            "email" => Some("email = ''".to_owned()),
            "outcome" => Some(format!("outcome = '{}'", Outcome::Refused.word())),
            "error_code" => Some(format!("error_code = '{FORGOTTEN_CODE}'")),
            "error" => Some("error = 'forgotten on request'".to_owned()),
            other => Some(format!("\"{other}\" = NULL")),
        });
    let columns: Vec<String> = columns.collect();
    format!(
        "UPDATE row SET {} WHERE {}",
        columns.join(", "),
        table.is_about()
    )
}

/// Texts about others that hold one of the addresses.
fn erase_mentions(connection: &Connection, table: &Table, people: &[ToForget]) -> Result<()> {
    for column in &table.columns {
        let sql = format!(
            "SELECT DISTINCT \"{column}\" FROM {} WHERE typeof(\"{column}\") = 'text'",
            table.name
        );
        let mut texts = connection.prepare(&sql)?;
        let mut rows = texts.query([])?;
        let mut found: Vec<String> = Vec::new();
        while let Some(row) = rows.next()? {
            let text = row.get_ref(0)?.as_str().unwrap_or_default();
            if people.iter().any(|person| holds(text, person)) {
                found.push(text.to_owned());
            }
        }
        drop(rows);
        let change = format!(
            "UPDATE {} SET \"{column}\" = ?2 WHERE \"{column}\" = ?1",
            table.name
        );
        for text in found {
            let clean = people
                .iter()
                .fold(text.clone(), |text, person| without(&text, person));
            connection.execute(&change, (&text, &clean))?;
        }
    }
    Ok(())
}
