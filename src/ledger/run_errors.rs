//! What went wrong in a run, by code, and how its rows ended so far.

use super::{Reader, Result};
use rusqlite::params;

/// So many rows are named for each code.
const NAMED: u32 = 20;

/// The rows of a run with the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunError {
    pub code: String,
    pub count: u64,
    /// The first of them; people who stand on no sheet have none.
    pub rows: Vec<u64>,
}

impl Reader {
    /// The most frequent first. A run that tells nothing about rows of a sheet is told by its events.
    pub(crate) fn run_errors(&self, run: &str) -> Result<Vec<RunError>> {
        const ROWS: &str =
            "SELECT error_code AS code, row FROM row WHERE run = ?1 AND error_code IS NOT NULL";
        const EVENTS: &str =
            "SELECT detail AS code, row FROM event WHERE run = ?1 AND detail LIKE 'GL___'";
        let errors = self.grouped(ROWS, run)?;
        if errors.is_empty() && self.run_outcomes(run)?.is_empty() {
            return self.grouped(EVENTS, run);
        }
        Ok(errors)
    }

    fn grouped(&self, lines: &str, run: &str) -> Result<Vec<RunError>> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT code, count(*), group_concat(row) FILTER (WHERE number <= ?2) FROM
                (SELECT code, row, row_number() OVER (PARTITION BY code ORDER BY row) AS number FROM ({lines}))
             GROUP BY code ORDER BY count(*) DESC, code"
        ))?;
        let errors = statement.query_map(params![run, NAMED], |line| {
            let rows: Option<String> = line.get(2)?;
            let rows = rows.unwrap_or_default();
            Ok(RunError {
                code: line.get(0)?,
                count: line.get(1)?,
                rows: rows.split(',').filter_map(|row| row.parse().ok()).collect(),
            })
        })?;
        Ok(errors.collect::<rusqlite::Result<_>>()?)
    }

    /// How many rows ended how, as far as they have ended.
    pub(crate) fn run_outcomes(&self, run: &str) -> Result<Vec<(String, u64)>> {
        let mut statement = self
            .connection()
            .prepare("SELECT outcome, count(*) FROM row WHERE run = ?1 GROUP BY outcome")?;
        let outcomes = statement.query_map([run], |line| Ok((line.get(0)?, line.get(1)?)))?;
        Ok(outcomes.collect::<rusqlite::Result<_>>()?)
    }

    /// A run by its id or by the beginning of it, if no other run begins so.
    pub(crate) fn run_named(&self, name: &str) -> Result<Option<super::RunRecord>> {
        if let Some(run) = self.run(name)? {
            return Ok(Some(run));
        }
        let mut statement = self
            .connection()
            .prepare("SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2")?;
        let ids: Vec<String> = statement
            .query_map([name], |line| line.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        match ids.as_slice() {
            [id] => self.run(id),
            _ => Ok(None),
        }
    }
}
