//! One pass over all rows of a sheet: every problem is passed on, and the rows are counted.
//!
//! Must not keep the problems of a million rows: whoever gets them writes them, or counts them.

use crate::{
    guest::{Addresses, Inspected, Rules, Understanding},
    problem::Problem,
    sheet::{Field, ReadAhead, Row, Sheet},
};
use std::io;

/// How many rows there are of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SheetCounts {
    pub rows: u64,
    pub addresses: Addresses,
    pub guests: u64,
    pub duplicates: u64,
    /// Rows that cannot be invited.
    pub invalid: u64,
    /// Whether the sheet could not be read to its end.
    pub stopped: bool,
    /// Whether a person has to decide something before anybody can be invited.
    pub refused: bool,
}

/// Reads all rows once. `tell` gets every problem, with its row where it has one.
pub(super) fn count(
    sheet: &Sheet,
    rules: &Rules,
    tell: &mut dyn FnMut(Problem, Option<&Row>) -> io::Result<()>,
) -> io::Result<SheetCounts> {
    let mut counts = SheetCounts {
        refused: !sheet.refusals().is_empty(),
        ..SheetCounts::default()
    };
    let mut understanding = Understanding::new(sheet, rules);
    for problem in sheet
        .refusals()
        .iter()
        .chain(sheet.hints())
        .cloned()
        .chain(understanding.sheet_hints())
    {
        tell(problem, None)?;
    }
    let mut rows = match sheet.rows() {
        Ok(rows) => ReadAhead::of(rows),
        Err(refused) => {
            refused
                .problems
                .into_iter()
                .try_for_each(|problem| tell(problem, None))?;
            counts.stopped = true;
            return Ok(counts);
        }
    };
    loop {
        let batch = match rows.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            Err(problem) => {
                tell(*problem, None)?;
                counts.stopped = true;
                break;
            }
        };
        for (row, (inspected, problems)) in batch.iter().zip(understanding.inspect(batch)) {
            counts.rows += 1;
            match inspected {
                Inspected::Guest => counts.guests += 1,
                Inspected::Duplicate { .. } => counts.duplicates += 1,
                Inspected::Invalid => counts.invalid += 1,
            }
            for problem in problems {
                tell(problem, Some(row))?;
            }
        }
    }
    counts.addresses = understanding.addresses();
    let refusals = if counts.stopped {
        Vec::new()
    } else {
        understanding.refusals()
    };
    counts.refused |= !refusals.is_empty();
    for problem in refusals.into_iter().chain(understanding.sheet_problems()) {
        tell(problem, None)?;
    }
    Ok(counts)
}

/// What the sheet names and only the tenant knows, so that it cannot be checked here.
pub(super) fn needs_tenant(sheet: &Sheet, rules: &Rules) -> Vec<&'static str> {
    let named = [
        (Field::Sponsors, "sponsors"),
        (Field::Manager, "managers"),
        (Field::Groups, "groups"),
    ];
    let used =
        |field: &Field| sheet.header().column_of(*field).is_some() && rules.allow.takes(*field);
    named
        .into_iter()
        .filter(|(field, _)| used(field))
        .map(|(_, word)| word)
        .collect()
}
