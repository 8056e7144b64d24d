//! The to-fix file: the rows that must be corrected by hand, as the sheet has them, with what is wrong.
//!
//! It can be corrected and run as a sheet: our columns begin with `_` and are ignored on reading.
//! There is no such file when there is nothing to fix.

use super::{
    file::{TableFile, retire},
    layout::{Layout, SheetRow},
    merge::Merge,
    target::{FileKind, write_failure},
    write::Written,
};
use crate::{
    failure::Result,
    outcome::{Outcome, RowResult},
    sheet::TO_FIX_COLUMNS,
    visible::visible_line,
};
use std::{borrow::Cow, io, path::Path};

/// Rows that another run alone will not bring further: a person has to change the sheet, or something
/// in the tenant, or the decision.
pub(crate) fn needs_a_hand(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Invalid | Outcome::Refused | Outcome::ExistsDeleted | Outcome::Gone
    )
}

/// Writes the rows that need a hand, if there are any. An older file of ours is kept as the previous
/// one, also when there is nothing to fix any more.
pub(crate) fn write_to_fix(
    target: &Path,
    layout: &Layout,
    sheet: impl Iterator<Item = Result<SheetRow>>,
    results: &mut dyn Iterator<Item = Result<RowResult>>,
) -> Result<Option<Written>> {
    let failed = |error| write_failure(target, FileKind::ToFix, &error);
    let mut merge = Merge::new(sheet);
    let mut file: Option<TableFile> = None;
    let mut rows = 0;
    for result in results {
        let result = result?;
        let row = merge.row_for(&result);
        if !needs_a_hand(result.outcome) {
            continue;
        }
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(begin(target, layout).map_err(failed)?),
        };
        let ours = told(&result);
        let ours: Vec<&str> = ours.iter().map(AsRef::as_ref).collect();
        file.record(layout.row_cells(row.as_ref(), &ours))
            .map_err(failed)?;
        rows += 1;
    }
    let Some(file) = file else {
        // Nothing to fix: a file that says otherwise must not stay.
        retire(target, FileKind::ToFix).map_err(failed)?;
        return Ok(None);
    };
    let note = merge.finish();
    let (path, mut notes) = file.finish().map_err(failed)?;
    notes.extend(note);
    Ok(Some(Written { path, rows, notes }))
}

/// What our own columns say of a row.
pub(crate) fn told(result: &RowResult) -> [Cow<'_, str>; TO_FIX_COLUMNS.len()] {
    let problem = result.error.as_deref();
    [
        Cow::Owned(result.row.to_string()),
        Cow::Borrowed(result.error_code.as_deref().unwrap_or_default()),
        visible_line(problem.unwrap_or_else(|| problem_of(result.outcome))),
        visible_line(result.hint.as_deref().unwrap_or_default()),
    ]
}

fn begin(target: &Path, layout: &Layout) -> io::Result<TableFile> {
    let mut file = TableFile::create(target, FileKind::ToFix, layout)?;
    file.record(layout.kept_names().chain(TO_FIX_COLUMNS))?;
    Ok(file)
}

fn problem_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::ExistsDeleted => "was deleted from the directory not long ago",
        Outcome::Gone => "was invited once and is no longer in the directory",
        Outcome::Refused => "the tenant refuses this person",
        _ => "the row is not valid",
    }
}

#[cfg(test)]
mod tests;
