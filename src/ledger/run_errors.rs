//! What went wrong in a run, by code, and how its rows ended so far.

use super::{Reader, Result};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// So many rows are named for each code.
const NAMED: usize = 20;
/// Between the codes and the texts of a row with several errors.
const BETWEEN: &str = "; ";

/// The rows of a run with the same code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunError {
    pub code: String,
    /// What is wrong, where it is the same in all of these rows.
    pub text: Option<String>,
    pub count: u64,
    /// The first of them; people who stand on no sheet have none.
    pub rows: Vec<u64>,
}

impl Reader {
    /// The most frequent first. A row with several codes counts for each. A run that tells nothing about rows of a sheet is
    /// told by its events.
    pub(crate) fn run_errors(&self, run: &str) -> Result<Vec<RunError>> {
        const ROWS: &str = "SELECT error_code, error, row FROM row WHERE run = ?1 AND error_code IS NOT NULL ORDER BY row";
        const EVENTS: &str = "SELECT detail, NULL, row FROM event WHERE run = ?1 AND detail LIKE 'GL___' ORDER BY row";
        let errors = self.by_code(ROWS, run)?;
        if errors.is_empty() && self.run_outcomes(run)?.is_empty() {
            return self.by_code(EVENTS, run);
        }
        Ok(errors)
    }

    fn by_code(&self, lines: &str, run: &str) -> Result<Vec<RunError>> {
        let mut statement = self.connection().prepare(lines)?;
        let mut lines = statement.query([run])?;
        let mut errors: BTreeMap<String, RunError> = BTreeMap::new();
        // Two problems of one row may have one code.
        let mut counted: HashMap<String, u64> = HashMap::new();
        while let Some(line) = lines.next()? {
            let (codes, texts): (String, Option<String>) = (line.get(0)?, line.get(1)?);
            let row: Option<u64> = line.get(2)?;
            let codes: Vec<&str> = codes.split(BETWEEN).collect();
            let texts: Vec<&str> = match &texts {
                Some(text) if codes.len() == 1 => vec![text.as_str()],
                Some(texts) => texts.split(BETWEEN).collect(),
                None => Vec::new(),
            };
            for (at, code) in codes.iter().enumerate() {
                // Where a text holds the separator, it is not known which text belongs to which code.
                let text = texts.get(at).filter(|_| texts.len() == codes.len());
                let error = errors
                    .entry((*code).to_owned())
                    .or_insert_with(|| RunError {
                        code: (*code).to_owned(),
                        text: text.map(|text| (*text).to_owned()),
                        count: 0,
                        rows: Vec::new(),
                    });
                if error.text.as_deref() != text.copied() {
                    error.text = None;
                }
                if row.is_some_and(|row| counted.insert((*code).to_owned(), row) == Some(row)) {
                    continue;
                }
                error.count += 1;
                if error.rows.len() < NAMED {
                    error.rows.extend(row);
                }
            }
        }
        let mut errors: Vec<RunError> = errors.into_values().collect();
        errors.sort_by_key(|error| Reverse(error.count));
        Ok(errors)
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
