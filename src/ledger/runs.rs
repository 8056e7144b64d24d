//! Runs: written when they begin and end, listed for people.

use super::{
    Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::events::{self, Traffic};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::path::PathBuf;

/// Follows on the verb of a run that failed before it began.
pub(crate) const NOT_BEGUN: &str = " (not begun)";

/// What is known when a run begins.
#[derive(Debug, Clone)]
pub(crate) struct RunStart {
    pub id: String,
    pub verb: &'static str,
    pub sheet: Option<String>,
    /// Where the sheet really lies; none for what cannot be read again, such as standard input.
    pub sheet_path: Option<String>,
    /// How a person said that the sheet is to be read.
    pub reading: Option<String>,
    pub started_at: Timestamp,
    pub host: String,
    pub pid: u32,
    pub identity: Option<String>,
    /// What was typed, and in which folder.
    pub command: Option<String>,
    pub folder: Option<String>,
    /// Who signed in, and how.
    pub signed_in: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct RunRecord {
    pub id: String,
    pub verb: String,
    pub sheet: Option<String>,
    /// How a person said that the sheet is to be read.
    pub reading: Option<String>,
    pub started_at: Timestamp,
    /// None: still under way, or it died.
    pub ended_at: Option<Timestamp>,
    pub exit_code: Option<u8>,
    /// The run's own JSON report.
    pub report: Option<String>,
    pub host: String,
    pub pid: u32,
    pub command: Option<String>,
    pub folder: Option<String>,
    pub signed_in: Option<String>,
    /// Throttles, waits and retries; none of a run that died at once, or of an earlier version.
    pub traffic: Option<Traffic>,
}

/// The columns of a [`RunRecord`].
const COLUMNS: &str = "id, verb, sheet, started_at, ended_at, exit_code, report, reading, host, pid, command, folder, signed_in, traffic";

impl Writer {
    pub(crate) fn start_run(&self, run: &RunStart) -> Result<()> {
        self.connection().execute(
            "INSERT INTO run (id, verb, sheet, started_at, host, pid, identity, sheet_path, reading, command, folder, signed_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                run.id,
                run.verb,
                run.sheet,
                millis(run.started_at),
                run.host,
                run.pid,
                run.identity,
                run.sheet_path,
                run.reading,
                run.command,
                run.folder,
                run.signed_in,
            ],
        )?;
        Ok(())
    }

    /// The throttles, waits and retries of this process until now, so that a run that is killed leaves them too.
    pub(crate) fn keep_traffic(&self, run: &str) -> Result<()> {
        let traffic = serde_json::to_string(&events::traffic()).ok();
        let run = (run, traffic);
        self.connection()
            .execute("UPDATE run SET traffic = ?2 WHERE id = ?1", run)?;
        Ok(())
    }

    /// With the throttles, waits and retries of this process.
    pub(crate) fn end_run(
        &self,
        run: &str,
        at: Timestamp,
        exit_code: u8,
        report: &str,
    ) -> Result<()> {
        let traffic = serde_json::to_string(&events::traffic()).ok();
        self.connection().execute(
            "UPDATE run SET ended_at = ?2, exit_code = ?3, report = ?4, traffic = ?5 WHERE id = ?1",
            params![run, millis(at), exit_code, report, traffic],
        )?;
        Ok(())
    }

    /// A run that failed before it began, for whoever looks what happened: it told nothing about rows, and so no query for
    /// runs of its verb finds it.
    pub(crate) fn not_begun(
        &self,
        run: &RunStart,
        at: Timestamp,
        exit_code: u8,
        report: &str,
    ) -> Result<()> {
        self.begin()?;
        let kept = self
            .start_run(run)
            .and_then(|()| self.end_run(&run.id, at, exit_code, report))
            .and_then(|()| {
                let verb = format!("{}{NOT_BEGUN}", run.verb);
                let renamed = "UPDATE run SET verb = ?2 WHERE id = ?1";
                self.connection().execute(renamed, (&run.id, verb))?;
                self.commit()
            });
        if kept.is_err() {
            self.rollback();
        }
        kept
    }

    /// Forgets the rows (not the people) of all but the newest `keep` runs that have any.
    pub(crate) fn forget_old_rows(&self, keep: u32) -> Result<()> {
        self.connection().execute(
            "DELETE FROM row WHERE run NOT IN
                (SELECT id FROM run WHERE verb = 'invite' ORDER BY started_at DESC LIMIT ?1)",
            [keep],
        )?;
        Ok(())
    }
}

/// A results file as a run named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResultsOfRun {
    pub results: PathBuf,
    /// The sheet as it was named.
    pub sheet: Option<PathBuf>,
    /// Where the sheet lies.
    pub sheet_path: Option<PathBuf>,
}

impl Reader {
    /// Where the sheets of all runs lie.
    pub(crate) fn sheet_paths(&self) -> Result<Vec<PathBuf>> {
        let mut statement = self
            .connection()
            .prepare("SELECT DISTINCT sheet_path FROM run WHERE sheet_path IS NOT NULL")?;
        let paths = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(paths
            .map(|path| path.map(PathBuf::from))
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Where runs wrote their results, from their reports: those of one sheet, or of all.
    pub(crate) fn results_of_runs(&self, sheet_path: Option<&str>) -> Result<Vec<ResultsOfRun>> {
        let mut statement = self.connection().prepare(
            "SELECT DISTINCT results, sheet, sheet_path FROM (
                SELECT CASE WHEN json_valid(report) THEN json_extract(report, '$.results') END AS results,
                    sheet, sheet_path FROM run WHERE ?1 IS NULL OR sheet_path = ?1)
             WHERE typeof(results) = 'text'",
        )?;
        let files = statement.query_map([sheet_path], |row| {
            Ok(ResultsOfRun {
                results: PathBuf::from(row.get::<_, String>(0)?),
                sheet: row.get::<_, Option<String>>(1)?.map(PathBuf::from),
                sheet_path: row.get::<_, Option<String>>(2)?.map(PathBuf::from),
            })
        })?;
        Ok(files.collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn runs(&self, newest: u32) -> Result<Vec<RunRecord>> {
        let mut statement = self.connection().prepare(&format!(
            "SELECT {COLUMNS} FROM run ORDER BY started_at DESC, id DESC LIMIT ?1"
        ))?;
        Ok(statement
            .query_map([newest], run)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// When the newest run began that did begin.
    pub(crate) fn last_begun(&self) -> Result<Option<Timestamp>> {
        let newest: Option<i64> = self.connection().query_row(
            "SELECT max(started_at) FROM run WHERE verb NOT LIKE '%' || ?1",
            [NOT_BEGUN],
            |row| row.get(0),
        )?;
        Ok(newest.map(timestamp))
    }

    /// The newest run that told about the rows of a sheet.
    pub(crate) fn last_invitation_run(&self) -> Result<Option<RunRecord>> {
        Ok(self
            .connection()
            .query_row(
                &format!(
                    "SELECT {COLUMNS} FROM run
                 WHERE verb = 'invite' ORDER BY started_at DESC, id DESC LIMIT 1"
                ),
                [],
                run,
            )
            .optional()?)
    }

    /// The newest run that invited the people of the sheet that lies there.
    pub(crate) fn last_invitation_run_of(&self, sheet_path: &str) -> Result<Option<RunRecord>> {
        Ok(self
            .connection()
            .query_row(
                &format!("SELECT {COLUMNS} FROM run
                 WHERE verb = 'invite' AND sheet_path = ?1 ORDER BY started_at DESC, id DESC LIMIT 1"),
                [sheet_path],
                run,
            )
            .optional()?)
    }

    pub(crate) fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        Ok(self
            .connection()
            .query_row(
                &format!("SELECT {COLUMNS} FROM run WHERE id = ?1"),
                [id],
                run,
            )
            .optional()?)
    }
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get(0)?,
        verb: row.get(1)?,
        sheet: row.get(2)?,
        started_at: timestamp(row.get(3)?),
        ended_at: row.get::<_, Option<i64>>(4)?.map(timestamp),
        exit_code: row.get(5)?,
        report: row.get(6)?,
        reading: row.get(7)?,
        host: row.get(8)?,
        pid: row.get(9)?,
        command: row.get(10)?,
        folder: row.get(11)?,
        signed_in: row.get(12)?,
        traffic: row
            .get::<_, Option<String>>(13)?
            .and_then(|traffic| serde_json::from_str(&traffic).ok()),
    })
}
