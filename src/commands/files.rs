//! Results and to-fix files of a run: the ledger's rows beside the sheet's own columns.

use super::{corrections, fix, own_mail};
use crate::{
    engine::{Unwritten, forgotten_row, left_behind, with_link},
    exit::Exit,
    failure::{Failure, Result},
    guest::{EmailAddress, RowVerdict, Rules, Understanding, Understood},
    ledger::{Forgotten, Ledger, Reader},
    outcome::{Outcome, RowResult},
    own_files::SHEET_PREFIX,
    results::{self, About, Column, KeptLinks, Layout, Links, Repaired, RunWords, SheetRow},
    sheet::{Field, Flaw, Place, Refused, Row, Sheet, Use},
};
use std::{
    cell::LazyCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

const LARGEST_NUMBER: u32 = 1_000;

pub(super) struct Files {
    pub results: PathBuf,
    pub to_fix: Option<PathBuf>,
    pub notes: Vec<String>,
    /// Why the sheet's own columns are left out.
    pub without_sheet: Option<Failure>,
}

/// Writes what a run did. If the sheet cannot be read any more or has changed since, only its own columns are left out:
/// the ledger knows the outcomes.
pub(super) fn write(
    ledger: &Ledger,
    run: Run<'_>,
    sheet: Option<&Sheet>,
    results: &Path,
    to_fix: Option<&Path>,
    links: Links,
) -> Result<Files> {
    match write_with(ledger, run, sheet, results, to_fix, links) {
        Err(failure) if sheet.is_some() && failure.exit == Exit::SheetRefused => Ok(Files {
            without_sheet: Some(failure),
            ..write_with(ledger, run, None, results, to_fix, links)?
        }),
        written => written,
    }
}

/// The run that is written down.
#[derive(Clone, Copy)]
pub(super) struct Run<'r> {
    pub id: &'r str,
    /// Whether rows may be missing because the run was killed or its ledger failed. These rows are then written from what
    /// the ledger knows about their people.
    pub incomplete: bool,
    /// Whether the sheet may have changed since: each of its rows is then found by its address, and rows that the run does
    /// not know are written from what the ledger knows about their people.
    pub by_address: bool,
    /// Outcomes that the ledger could not take.
    pub unwritten: &'r [Unwritten],
    pub rules: &'r Rules,
}

fn write_with(
    ledger: &Ledger,
    run: Run<'_>,
    sheet: Option<&Sheet>,
    results: &Path,
    to_fix: Option<&Path>,
    links: Links,
) -> Result<Files> {
    let layout = sheet.map_or_else(bare, layout);
    let reader = ledger.reader()?;
    let rows = || -> Result<Box<dyn Iterator<Item = Result<RowResult>> + '_>> {
        let told = reader.results(run.id);
        let told = told.map(|row| row.map(own_mail::up_to_date).map_err(Failure::from));
        let told = with_the_unwritten(told, run.unwritten, &reader);
        Ok(match sheet {
            Some(sheet) if run.by_address => {
                Box::new(rows_of_today(told, sheet, run.rules, &reader)?)
            }
            Some(sheet) if run.incomplete => {
                Box::new(with_the_missing(told, sheet, run.rules, &reader)?)
            }
            _ => Box::new(told),
        })
    };
    let tenant_id = reader.tenant()?.map(|tenant| tenant.id).unwrap_or_default();
    // Most runs replace no file with links, and need none of it.
    let linked = LazyCell::new(|| reader.linked_users().unwrap_or_default());
    let is_known = |user: &str| linked.contains(user);
    let about = About {
        links,
        kept: match links {
            Links::Results => KeptLinks::of(results, &tenant_id, is_known),
            Links::None => KeptLinks::default(),
        },
        tenant_id,
        run: run.id.to_owned(),
        words: run_words(&reader, run.id)?,
    };
    let place = to_fix.map(|path| unedited(&reader, path)).transpose()?;
    let (written, fixing) = results::write_with_to_fix(
        results,
        place.as_deref(),
        &layout,
        rows_of(sheet, run.rules, to_fix.is_some(), reader.forgotten()?)?,
        &mut rows()?,
        &about,
    )?;
    let mut notes = written.notes;
    let to_fix = match (fixing, to_fix, place) {
        (Some(fixing), Some(path), Some(place)) => {
            if place != path {
                notes.push(format!(
                    "{} was edited since it was written, so it stays: the rows to fix are in {}",
                    path.display(),
                    place.display()
                ));
            }
            notes.extend(fixing.notes);
            Some(fixing.path)
        }
        _ => None,
    };
    Ok(Files {
        results: written.path,
        to_fix,
        notes,
        without_sheet: None,
    })
}

/// What the page in words of a workbook says about the run.
pub(super) fn run_words(reader: &Reader, run: &str) -> Result<RunWords> {
    let run = reader.run(run)?;
    Ok(RunWords {
        tenant: reader.tenant()?.and_then(|tenant| tenant.name),
        started_at: run.as_ref().map(|run| run.started_at),
        sheet: run.and_then(|run| run.sheet),
    })
}

/// The to-fix file, or a numbered one beside it where a person has edited what an earlier run wrote: that work stays.
fn unedited(reader: &Reader, path: &Path) -> Result<PathBuf> {
    let numbers = 2..LARGEST_NUMBER;
    let places = std::iter::once(path.to_owned())
        .chain(numbers.map(|number| results::numbered(path, number)));
    for place in places {
        if !corrections::is_edited(reader, &place)? {
            return Ok(place);
        }
    }
    Ok(path.to_owned())
}

/// The rows that the ledger has, and in their places those that it could not take; both in the sheet's order.
fn with_the_unwritten<'a>(
    told: impl Iterator<Item = Result<RowResult>> + 'a,
    unwritten: &'a [Unwritten],
    reader: &'a Reader,
) -> impl Iterator<Item = Result<RowResult>> + 'a {
    let mut told = told.peekable();
    let mut unwritten = unwritten.iter().peekable();
    std::iter::from_fn(move || {
        let next = unwritten.peek().map(|unwritten| unwritten.result.row);
        match (told.peek(), next) {
            (_, None) | (Some(Err(_)), _) => return told.next(),
            (Some(Ok(row)), Some(next)) if row.row < next => return told.next(),
            _ => {}
        }
        let Unwritten { result, person } = unwritten.next()?;
        while told
            .next_if(|told| matches!(told, Ok(told) if told.row == result.row))
            .is_some()
        {}
        let person = person.and_then(|person| reader.person_by_id(person).ok().flatten());
        Some(Ok(if result.redeem_url.is_some() {
            result.clone()
        } else {
            with_link(result.clone(), person.as_ref())
        }))
    })
}

/// The rows that a run told of, and the others of its sheet between them.
fn with_the_missing<'a>(
    told: impl Iterator<Item = Result<RowResult>> + 'a,
    sheet: &Sheet,
    rules: &Rules,
    reader: &'a Reader,
) -> Result<impl Iterator<Item = Result<RowResult>> + 'a> {
    let mut understanding = Understanding::new(sheet, rules);
    let forgotten = reader.forgotten()?;
    let mut told = told.peekable();
    let mut rows = sheet.rows()?.peekable();
    Ok(std::iter::from_fn(move || {
        let next = match (told.peek(), rows.peek()) {
            (_, Some(Err(_))) | (None, Some(_)) => None,
            (Some(Ok(told)), Some(Ok(row))) if told.row > row.number => None,
            (Some(Ok(told)), _) => Some(told.row),
            (Some(Err(_)) | None, _) => return told.next(),
        };
        if let Some(number) = next {
            let same =
                |row: &std::result::Result<Row, _>| matches!(row, Ok(row) if row.number == number);
            if let Some(Ok(row)) = rows.next_if(same) {
                // Duplicates further down refer to it.
                understanding.understand(&row);
            }
            return told.next();
        }
        let row = match rows.next()? {
            Ok(row) => understanding.understand(&row),
            Err(problem) => return Some(Err(Refused::from(problem).into())),
        };
        Some(from_the_ledger(&row, reader, &forgotten))
    }))
}

/// What the ledger knows of a row that a run does not tell of.
fn from_the_ledger(row: &Understood, reader: &Reader, forgotten: &Forgotten) -> Result<RowResult> {
    let email = match &row.verdict {
        RowVerdict::Guest(guest) => Some(guest.email.clone()),
        RowVerdict::Invalid => EmailAddress::parse(&row.email_text).ok(),
        RowVerdict::Duplicate { .. } => None,
    };
    let person = email.map_or(Ok(None), |email| reader.person(email.key()))?;
    if let (None, RowVerdict::Guest(guest)) = (&person, &row.verdict)
        && forgotten.contains(guest.email.key())
    {
        return Ok(forgotten_row(guest));
    }
    Ok(left_behind(row, person.as_ref()))
}

const ADDED_SINCE: &str =
    "was added to the sheet after its newest run: `guestlist invite` invites this person";

/// The rows of the sheet as it is now, each with what a run told about its address.
fn rows_of_today<'a>(
    told: impl Iterator<Item = Result<RowResult>>,
    sheet: &Sheet,
    rules: &Rules,
    reader: &'a Reader,
) -> Result<impl Iterator<Item = Result<RowResult>> + 'a> {
    let forgotten = reader.forgotten()?;
    let mut by_address = HashMap::new();
    for row in told {
        let row = row?;
        let is_person = !matches!(row.outcome, Outcome::Invalid | Outcome::Duplicate);
        if let (true, Ok(email)) = (is_person, EmailAddress::parse(&row.email)) {
            by_address.insert(email.key().to_owned(), row);
        }
    }
    let mut understanding = Understanding::new(sheet, rules);
    Ok(sheet.rows()?.map(move |row| {
        let row = row.map_err(Refused::from)?;
        let number = row.number;
        let row = understanding.understand(&row);
        let known = match &row.verdict {
            RowVerdict::Guest(guest) => by_address.remove(guest.email.key()),
            RowVerdict::Invalid | RowVerdict::Duplicate { .. } => None,
        };
        if let Some(known) = known {
            return Ok(RowResult {
                row: number,
                ..known
            });
        }
        let mut result = from_the_ledger(&row, reader, &forgotten)?;
        if result.outcome == Outcome::NotAttempted {
            result.hint = Some(ADDED_SINCE.to_owned());
        }
        Ok(result)
    }))
}

/// The columns and the manner of a sheet.
pub(super) fn layout(sheet: &Sheet) -> Layout {
    let header = sheet.header();
    let dialect = sheet.dialect();
    // In a results file, a name that had to make room for one of ours gets its place back.
    let prefix = if header.uses.contains(&Use::OwnResult) {
        SHEET_PREFIX
    } else {
        ""
    };
    Layout {
        columns: header
            .names
            .iter()
            .zip(&header.uses)
            .map(|(name, used)| Column {
                name: name.strip_prefix(prefix).unwrap_or(name).to_owned(),
                keep: !matches!(used, Use::OwnResult | Use::Underscore),
            })
            .collect(),
        delimiter: dialect.delimiter,
        bom: dialect.bom || sheet.encoding() != "UTF-8",
        line_end: dialect.line_end.as_str(),
        sep_line: dialect.sep_line,
    }
}

fn bare() -> Layout {
    Layout {
        columns: Vec::new(),
        delimiter: b',',
        bom: false,
        line_end: "\n",
        sep_line: false,
    }
}

/// Rows of the sheet as they stand; with their repairs, where rows to fix are written as well.
fn rows_of(
    sheet: Option<&Sheet>,
    rules: &Rules,
    with_repairs: bool,
    forgotten: Forgotten,
) -> Result<Box<dyn Iterator<Item = Result<SheetRow>>>> {
    let Some(sheet) = sheet else {
        return Ok(Box::new(std::iter::empty()));
    };
    let email = sheet.header().column_of(Field::Email);
    let mut understanding = Understanding::new(sheet, rules);
    Ok(Box::new(sheet.rows()?.map(move |row| {
        let row = row.map_err(Refused::from)?;
        let mut cells: Vec<String> = (0..row.found())
            .map(|column| row.cell(column).to_owned())
            .collect();
        if let Some((column, message)) = understanding.joined_message(&row) {
            cells.truncate(column);
            cells.push(message);
        }
        let repaired = if with_repairs {
            let inspected = understanding.inspect(std::slice::from_ref(&row));
            let problems = inspected.into_iter().flat_map(|(_, problems)| problems);
            repaired(&row, &cells, fix::repairs(problems).cells)
        } else {
            None
        };
        // Of a row that a quotation mark ran through no cell can be believed.
        let believed = if row.flaw == Some(Flaw::SwallowedRows) {
            0
        } else {
            row.width().min(cells.len())
        };
        let loose = cells.split_off(believed);
        let address = email.and_then(|column| EmailAddress::parse(row.cell(column)).ok());
        Ok(SheetRow {
            number: row.number,
            is_forgotten: address
                .as_ref()
                .is_some_and(|address| forgotten.contains(address.key())),
            email: address.map_or_else(String::new, |address| address.as_str().to_owned()),
            cells,
            loose,
            repaired,
        })
    })))
}

/// The row as a to-fix file has it, where that is not as it stands.
fn repaired(row: &Row, cells: &[String], repairs: Vec<(usize, String)>) -> Option<Repaired> {
    /// A cell without a heading: for as long as it is there, the row has too many cells.
    const DOUBTFUL: &str = "look at the cells of this row, then delete this one";
    let above = row.place == Place::AboveHeader;
    let doubtful = matches!(row.flaw, Some(Flaw::TextBesideQuote | Flaw::BackslashQuote));
    if repairs.is_empty() && !above && !doubtful {
        return None;
    }
    let mut cells = cells.to_vec();
    for (column, repaired) in repairs {
        if let Some(cell) = cells.get_mut(column) {
            *cell = repaired;
        }
    }
    // The cells of a row above the header stand under no heading.
    let believed = if above || row.flaw == Some(Flaw::SwallowedRows) {
        0
    } else {
        row.width().min(cells.len())
    };
    let mut loose = cells.split_off(believed);
    if doubtful {
        loose.push(DOUBTFUL.to_owned());
    }
    Some(Repaired { cells, loose })
}
