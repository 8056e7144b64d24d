//! What a run leaves for the next one about rows that a person corrects: which rows its to-fix file holds, and which
//! rows of an earlier to-fix file are done now.
//!
//! Must not decide what became of a row: the results of the run say so.

use crate::{
    failure::Result,
    fingerprint,
    ledger::{LedgerError, Reader, ToCorrect, Writer, WrittenToFix},
    outcome::{Outcome, RowResult},
    own_files::to_fix_columns,
    results::{is_to_be_corrected, told},
    sheet::{Refused, Row, Sheet, formula},
};
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

pub(super) struct Run<'r> {
    pub id: &'r str,
    pub sheet: &'r Sheet,
    /// The to-fix file that it wrote.
    pub to_fix: Option<&'r Path>,
}

/// Remembers both in one transaction. `results` are those of the run, in the sheet's order.
pub(super) fn remember(
    writer: &Writer,
    reader: &Reader,
    run: &Run<'_>,
    results: impl Iterator<Item = Result<RowResult>>,
) -> Result<()> {
    let copies = Copies::of(run.sheet);
    if run.to_fix.is_none() && copies.is_none() {
        return Ok(());
    }
    writer.begin()?;
    let written = within(writer, reader, run, copies, results);
    match written {
        Ok(()) => Ok(writer.commit()?),
        Err(failure) => {
            writer.rollback();
            Err(failure)
        }
    }
}

fn within(
    writer: &Writer,
    reader: &Reader,
    run: &Run<'_>,
    mut copies: Option<Copies>,
    results: impl Iterator<Item = Result<RowResult>>,
) -> Result<()> {
    let to_fix = match run.to_fix {
        Some(path) => Some(wrote(writer, run.id, path)?),
        None => None,
    };
    let sheet = place_of(run.sheet);
    let mut rows = run.sheet.rows()?.peekable();
    for result in results {
        let result = result?;
        let row = loop {
            match rows.next().transpose().map_err(Refused::from)? {
                Some(row) if row.number < result.row => {}
                row => break row.filter(|row| row.number == result.row),
            }
        };
        let Some(row) = row else { break };
        let copy_of = match &mut copies {
            Some(copies) => copies.add(reader, &row, &result)?,
            None => None,
        };
        if let Some(file) = to_fix.as_ref().filter(|_| is_to_be_corrected(&result)) {
            let [_, code, problem, _] = told(&result);
            writer.to_correct(
                run.id,
                &ToCorrect {
                    sheet: &sheet,
                    row: row.number,
                    record: &run.sheet.record_hash(&row),
                    told: &hash_of_told(&code, &problem),
                    file,
                    copy_of,
                },
            )?;
        }
    }
    if let Some(copies) = copies {
        copies.done(writer)?;
    }
    Ok(())
}

/// Remembers the content of the file, and its path for a later look.
fn wrote(writer: &Writer, run: &str, path: &Path) -> Result<String> {
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let place = place.display().to_string();
    writer.wrote_to_fix(WrittenToFix {
        path: &place,
        run,
        content: &content(path).map_err(anyhow::Error::from)?,
    })?;
    Ok(place)
}

fn content(path: &Path) -> std::io::Result<String> {
    fingerprint::lasting_of_bytes(File::open(path)?)
}

/// Whether a person has changed the to-fix file since a run wrote it. What no run is known to have written counts as
/// unchanged; it is kept as the previous one.
pub(super) fn is_edited(reader: &Reader, path: &Path) -> Result<bool> {
    let Ok(place) = path.canonicalize() else {
        return Ok(false);
    };
    let written = reader.to_fix_content(&place.display().to_string())?;
    Ok(match (written, content(path)) {
        (Some(written), Ok(now)) => written != now,
        // A file that cannot be read is reported when it is written.
        (None, _) | (_, Err(_)) => false,
    })
}

/// The path of a sheet, or its name if it cannot be read again.
fn place_of(sheet: &Sheet) -> String {
    let place = sheet.place();
    place
        .unwrap_or_else(|| PathBuf::from(sheet.name()))
        .display()
        .to_string()
}

fn hash_of_told(code: &str, problem: &str) -> String {
    fingerprint::lasting([code.trim(), problem.trim()])
}

/// The rows of a to-fix file that was run as a sheet, by the rows that they are corrected copies of.
struct Copies {
    place: String,
    /// Where `_row`, `_code` and `_problem` stand.
    columns: [usize; 3],
    of: BTreeMap<i64, Copied>,
}

/// A row of which there are corrected copies; several, where a person made two rows out of one.
struct Copied {
    emails: Vec<String>,
    done: bool,
    invited: bool,
}

impl Copies {
    /// None for any other sheet.
    fn of(sheet: &Sheet) -> Option<Self> {
        Some(Self {
            place: place_of(sheet),
            columns: to_fix_columns(&sheet.header().names)?,
            of: BTreeMap::new(),
        })
    }

    /// Which row this one is a copy of, where the ledger knows that.
    fn add(&mut self, reader: &Reader, row: &Row, result: &RowResult) -> Result<Option<i64>> {
        let [number, code, problem] = self.columns.map(|column| formula::undo(row.cell(column)));
        let Ok(number) = number.trim().parse::<u64>() else {
            return Ok(None);
        };
        let told = hash_of_told(&code, &problem);
        let Some(id) = reader.row_to_correct(&self.place, number, &told)? else {
            return Ok(None);
        };
        let copied = self.of.entry(id).or_insert_with(|| Copied {
            emails: Vec::new(),
            done: true,
            invited: true,
        });
        // A dry run decides nothing.
        copied.done &= result.outcome.is_done() && result.outcome != Outcome::WouldInvite;
        copied.invited &= matches!(result.outcome, Outcome::Invited | Outcome::Duplicate);
        if !copied.emails.contains(&result.email) {
            copied.emails.push(result.email.clone());
        }
        Ok(Some(id))
    }

    fn done(self, writer: &Writer) -> std::result::Result<(), LedgerError> {
        for (id, copied) in self.of {
            if copied.done {
                writer.corrected(id, &copied.emails, copied.invited)?;
            }
        }
        Ok(())
    }
}
