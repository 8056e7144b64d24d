//! Who stood on the runs of a sheet, and who stands on the newest run of every other sheet.
//!
//! Reads only. A run tells about each row of its sheet; of runs whose rows are no longer kept, the attempts tell.

use super::{PersonState, Reader, Result, units::millis};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{HashMap, HashSet};

/// Somebody of an earlier run.
#[derive(Debug, Clone)]
pub(crate) struct Stood {
    /// In small letters.
    pub key: String,
    pub email: String,
    pub user_id: Option<String>,
    pub state: PersonState,
}

/// The runs of a sheet that invited, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct SheetRuns {
    pub ids: Vec<String>,
}

/// Outcomes of rows that name nobody who could be in the tenant.
const NOBODY: &str = "('duplicate', 'invalid')";
/// The runs are given as a JSON list.
const OF_RUNS: &str = "run IN (SELECT value FROM json_each(?1))";

impl Reader {
    /// The runs that invited the people of the sheet that lies there, since a time.
    pub(crate) fn runs_of_sheet(&self, path: &str, since: Option<Timestamp>) -> Result<SheetRuns> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id FROM run WHERE verb = 'invite' AND sheet_path IS ?1 AND started_at >= ?2
             ORDER BY started_at, rowid",
        )?;
        let since = since.map_or(i64::MIN, millis);
        let runs = statement.query_map(params![path, since], |row| row.get(0))?;
        Ok(SheetRuns {
            ids: runs.collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Where the sheet of a run lies.
    pub(crate) fn sheet_path_of_run(&self, run: &str) -> Result<Option<String>> {
        Ok(self
            .connection()
            .prepare_cached("SELECT sheet_path FROM run WHERE id = ?1")?
            .query_row([run], |row| row.get(0))
            .optional()?
            .flatten())
    }

    /// Everybody who stood on one of these runs, each once.
    pub(crate) fn stood_on(&self, runs: &[String]) -> Result<Vec<Stood>> {
        let runs = serde_json::json!(runs).to_string();
        let mut people: HashMap<String, Stood> = HashMap::new();
        let mut known = self.connection().prepare(&format!(
            "SELECT key, email, user_id, state FROM person WHERE id IN (
                SELECT person FROM row WHERE {OF_RUNS} AND person IS NOT NULL AND outcome NOT IN {NOBODY}
                UNION SELECT person FROM event WHERE {OF_RUNS} AND person IS NOT NULL)"
        ))?;
        let mut rows = known.query([&runs])?;
        while let Some(row) = rows.next()? {
            let key: String = row.get(0)?;
            let stood = Stood {
                email: row.get(1)?,
                user_id: row.get(2)?,
                state: PersonState::from_word(&row.get::<_, String>(3)?)
                    .unwrap_or(PersonState::Open),
                key: key.clone(),
            };
            people.insert(key, stood);
        }
        let mut others = self.connection().prepare(&format!(
            "SELECT email, user_id FROM row WHERE {OF_RUNS} AND person IS NULL AND user_id IS NOT NULL
                AND outcome NOT IN {NOBODY}"
        ))?;
        let mut rows = others.query([&runs])?;
        while let Some(row) = rows.next()? {
            let email: String = row.get(0)?;
            let key = email.to_ascii_lowercase();
            people.entry(key.clone()).or_insert(Stood {
                key,
                email,
                user_id: row.get(1)?,
                state: PersonState::Open,
            });
        }
        let mut people: Vec<Stood> = people.into_values().collect();
        people.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(people)
    }

    /// The addresses, in small letters, of everybody on the newest run of every sheet but these.
    pub(crate) fn elsewhere(&self, but: &[&str]) -> Result<HashSet<String>> {
        let mut sheets = self
            .connection()
            .prepare("SELECT DISTINCT sheet_path FROM run WHERE verb = 'invite'")?;
        let sheets: Vec<Option<String>> = sheets
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let others = sheets
            .into_iter()
            .filter(|sheet| sheet.as_deref().is_none_or(|sheet| !but.contains(&sheet)));
        let mut runs = Vec::new();
        for sheet in others {
            runs.extend(newest_runs(self.connection(), sheet.as_deref())?);
        }
        self.on_runs(&runs)
    }

    /// The addresses, in small letters, of everybody on the newest run of this sheet, if it began after that.
    pub(crate) fn on_newest_run_after(
        &self,
        sheet: &str,
        after: Timestamp,
    ) -> Result<HashSet<String>> {
        let newest = newest_runs(self.connection(), Some(sheet))?;
        let later = self.runs_of_sheet(sheet, Some(after))?.ids;
        let newest: Vec<String> = newest
            .into_iter()
            .filter(|run| later.contains(run))
            .collect();
        self.on_runs(&newest)
    }

    fn on_runs(&self, runs: &[String]) -> Result<HashSet<String>> {
        let runs = serde_json::json!(runs).to_string();
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT lower(email) FROM row WHERE {OF_RUNS} AND outcome IS NOT 'duplicate'
             UNION SELECT key FROM person WHERE id IN (SELECT person FROM event WHERE {OF_RUNS})"
        ))?;
        let keys = statement.query_map([runs], |row| row.get(0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// All addresses that lead to each user, as people of the ledger and on rows; users and addresses in small letters.
    pub(crate) fn addresses_of_users(&self) -> Result<HashMap<String, Vec<String>>> {
        let mut statement = self.connection().prepare(
            "SELECT lower(user_id), key FROM person WHERE user_id IS NOT NULL
             UNION SELECT lower(user_id), lower(email) FROM row WHERE user_id IS NOT NULL AND email <> ''",
        )?;
        let mut rows = statement.query([])?;
        let mut addresses: HashMap<String, Vec<String>> = HashMap::new();
        while let Some(row) = rows.next()? {
            addresses.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        Ok(addresses)
    }
}

/// From the newest run of a sheet back to the newest one that has ended: a run that was killed tells about a part of its
/// rows only.
fn newest_runs(connection: &Connection, sheet: Option<&str>) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, ended_at IS NOT NULL FROM run WHERE verb = 'invite' AND sheet_path IS ?1
         ORDER BY started_at DESC, rowid DESC",
    )?;
    let mut rows = statement.query([sheet])?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(row.get(0)?);
        if row.get(1)? {
            break;
        }
    }
    Ok(runs)
}
