//! What is remembered about sheets beside their people: how they were read, which rows a person was asked to correct,
//! and what became of the corrected copies.
//!
//! Must not decide what a correction means for a row; the engine does.

use super::{Reader, Result, Writer};
use crate::outcome::Outcome;
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// How an earlier run read a sheet, where a person had said something about that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    pub run: String,
    pub choices: String,
    /// The file was written by that run, from a sheet that it read so.
    pub is_to_fix: bool,
}

/// A row that a person is to correct.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToCorrect<'a> {
    pub sheet: &'a str,
    pub row: u64,
    /// A hash of the record as it stands.
    pub record: &'a str,
    /// A hash of what the to-fix file says about the row.
    pub told: &'a str,
    /// The to-fix file.
    pub file: &'a str,
    /// The row of which this one is a corrected copy.
    pub copy_of: Option<i64>,
}

/// A row as it stood, of which a corrected copy is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Corrected {
    pub record: String,
    /// Whom the corrected copy named; several where one row became several.
    pub emails: Vec<String>,
    /// Whether all of them were invited; else they were there already.
    pub invited: bool,
}

/// A to-fix file as a run left it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WrittenToFix<'a> {
    pub path: &'a str,
    pub run: &'a str,
    /// A hash of all its bytes.
    pub content: &'a str,
}

const BETWEEN: &str = "; ";

impl Reader {
    /// What a person had said about reading this sheet, or the sheet from which this to-fix file was written.
    pub(crate) fn reading_of(&self, path: &str) -> Result<Option<Reading>> {
        const OWN: &str = "SELECT id, reading FROM run WHERE sheet_path = ?1 ORDER BY started_at DESC, rowid DESC LIMIT 1";
        const OF_TO_FIX: &str =
            "SELECT run.id, run.reading FROM to_fix_file JOIN run ON run.id = to_fix_file.run
             WHERE to_fix_file.path = ?1";
        for (sql, is_to_fix) in [(OWN, false), (OF_TO_FIX, true)] {
            let newest: Option<(String, Option<String>)> = self
                .connection()
                .prepare_cached(sql)?
                .query_row([path], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if let Some((run, choices)) = newest {
                return Ok(choices.map(|choices| Reading {
                    run,
                    choices,
                    is_to_fix,
                }));
            }
        }
        Ok(None)
    }

    /// A hash of the to-fix file that a run left at this path.
    pub(crate) fn to_fix_content(&self, path: &str) -> Result<Option<String>> {
        Ok(self
            .connection()
            .prepare_cached("SELECT content FROM to_fix_file WHERE path = ?1")?
            .query_row([path], |row| row.get(0))
            .optional()?)
    }

    /// The rows of a sheet whose corrected copies are done, by their numbers.
    pub(crate) fn corrected_in(&self, sheet: &str) -> Result<HashMap<u64, Vec<Corrected>>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT row, record, email, outcome FROM correction WHERE sheet = ?1 AND email IS NOT NULL ORDER BY id",
        )?;
        let rows = statement.query_map([sheet], |row| {
            let emails: String = row.get(2)?;
            let outcome: Option<String> = row.get(3)?;
            let corrected = Corrected {
                record: row.get(1)?,
                emails: emails.split(BETWEEN).map(str::to_owned).collect(),
                invited: outcome.as_deref() == Some(Outcome::Invited.word()),
            };
            Ok((row.get(0)?, corrected))
        })?;
        let mut by_row: HashMap<u64, Vec<Corrected>> = HashMap::new();
        for row in rows {
            let (number, corrected) = row?;
            by_row.entry(number).or_default().push(corrected);
        }
        Ok(by_row)
    }

    /// Which row of which sheet a row of a to-fix file stands for: by the file, or, where it was given another name, by
    /// what it says, if that is said of one sheet only.
    pub(crate) fn row_to_correct(&self, file: &str, row: u64, told: &str) -> Result<Option<i64>> {
        let here: Option<i64> = self
            .connection()
            .prepare_cached(
                "SELECT id FROM correction WHERE file = ?1 AND row = ?2 ORDER BY told = ?3 DESC, id DESC LIMIT 1",
            )?
            .query_row(params![file, row, told], |row| row.get(0))
            .optional()?;
        if here.is_some() {
            return Ok(here);
        }
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT max(id) FROM correction WHERE told = ?1 AND row = ?2 HAVING count(DISTINCT sheet) = 1",
            )?
            .query_row(params![told, row], |row| row.get(0))
            .optional()?)
    }
}

impl Writer {
    /// Remembers a to-fix file; what earlier files at the same path said is said no more.
    pub(crate) fn wrote_to_fix(&self, written: WrittenToFix<'_>) -> Result<()> {
        self.connection().execute(
            "INSERT INTO to_fix_file (path, run, content) VALUES (?1, ?2, ?3)
             ON CONFLICT (path) DO UPDATE SET run = excluded.run, content = excluded.content",
            (written.path, written.run, written.content),
        )?;
        self.connection().execute(
            "UPDATE correction SET file = NULL WHERE file = ?1",
            [written.path],
        )?;
        Ok(())
    }

    pub(crate) fn to_correct(&self, run: &str, row: &ToCorrect<'_>) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO correction (run, sheet, row, record, told, file, copy_of)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (sheet, row, record) DO UPDATE SET run = excluded.run, told = excluded.told,
                    file = excluded.file, copy_of = coalesce(excluded.copy_of, copy_of), email = NULL, outcome = NULL",
            )?
            .execute(params![
                run,
                row.sheet,
                row.row,
                row.record,
                row.told,
                row.file,
                row.copy_of
            ])?;
        Ok(())
    }

    /// The corrected copy of a row is done, and so is the row; and the rows of which it was a copy itself.
    pub(crate) fn corrected(&self, id: i64, emails: &[String], invited: bool) -> Result<()> {
        let outcome = invited.then(|| Outcome::Invited.word());
        self.connection()
            .prepare_cached(
                "WITH RECURSIVE done (id) AS (
                    VALUES (?1) UNION SELECT copy_of FROM correction JOIN done USING (id) WHERE copy_of IS NOT NULL
                 )
                 UPDATE correction SET email = ?2, outcome = ?3 WHERE id IN (SELECT id FROM done)",
            )?
            .execute(params![id, emails.join(BETWEEN), outcome])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Ledger, NewLedger};

    fn row<'a>(sheet: &'a str, record: &'a str, file: &'a str) -> ToCorrect<'a> {
        ToCorrect {
            sheet,
            row: 5,
            record,
            told: "told",
            file,
            copy_of: None,
        }
    }

    #[test]
    fn a_row_is_known_by_its_file_or_by_what_is_said_of_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("x.db"), NewLedger::Allowed).unwrap();
        let (writer, reader) = (ledger.writer(None).unwrap(), ledger.reader().unwrap());
        writer
            .to_correct("r", &row("a.csv", "1", "a.to-fix.csv"))
            .unwrap();
        let of = |file, told| reader.row_to_correct(file, 5, told).unwrap();
        let a = of("a.to-fix.csv", "other words");
        assert!(a.is_some());
        assert_eq!(of("renamed.csv", "told"), a);
        assert_eq!(of("renamed.csv", "other words"), None);
        writer
            .to_correct("r", &row("b.csv", "1", "b.to-fix.csv"))
            .unwrap();
        assert_eq!(of("renamed.csv", "told"), None, "two sheets say so");
        assert_ne!(of("b.to-fix.csv", "told"), a);
    }

    #[test]
    fn a_copy_of_a_copy_makes_the_first_row_done() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("x.db"), NewLedger::Allowed).unwrap();
        let (writer, reader) = (ledger.writer(None).unwrap(), ledger.reader().unwrap());
        writer
            .to_correct("r", &row("a.csv", "1", "a.to-fix.csv"))
            .unwrap();
        let first = reader.row_to_correct("a.to-fix.csv", 5, "told").unwrap();
        let copy = ToCorrect {
            copy_of: first,
            ..row("a.to-fix.csv", "2", "a.to-fix-2.csv")
        };
        writer.to_correct("s", &copy).unwrap();
        assert!(reader.corrected_in("a.csv").unwrap().is_empty());
        let second = reader.row_to_correct("a.to-fix-2.csv", 5, "told").unwrap();
        let emails = ["bo@x.org".to_owned(), "cy@x.org".to_owned()];
        writer.corrected(second.unwrap(), &emails, true).unwrap();
        let done = reader.corrected_in("a.csv").unwrap();
        assert_eq!(done[&5][0].emails, emails);
        assert!(done[&5][0].invited && done[&5][0].record == "1");
        // Wrong again in the same words: to be corrected once more.
        writer
            .to_correct("t", &row("a.csv", "1", "a.to-fix.csv"))
            .unwrap();
        assert!(reader.corrected_in("a.csv").unwrap().is_empty());
    }
}
