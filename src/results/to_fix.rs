//! The to-fix file: the rows that must be corrected by hand, as the sheet has them, with what is wrong.
//!
//! A person corrects the file and runs it as a sheet: our columns begin with `_` and are ignored on reading. The file is
//! written only if there are such rows.

use super::{
    file::{TableFile, Written, retire},
    layout::{Layout, SheetRow},
    target::write_failure,
};
use crate::{
    failure::{Failure, Result},
    outcome::{Attention, Outcome, RowResult},
    own_files::{FileKind, TO_FIX_COLUMNS},
    visible::visible_line,
};
use std::{borrow::Cow, io, path::Path};

/// Whether a person has to act before another run can succeed: to change the sheet, the tenant or the decision.
pub(crate) fn needs_a_hand(outcome: Outcome) -> bool {
    outcome.attention() == Attention::Hand
}

/// Whether the row belongs into the file. Somebody who asked to be forgotten is as it should be, and stands in no further
/// file.
pub(crate) fn is_to_be_corrected(result: &RowResult) -> bool {
    needs_a_hand(result.outcome) && !result.was_forgotten()
}

/// The file while it is written. It is created with the first row that must be corrected.
pub(super) struct ToFix<'a> {
    target: &'a Path,
    layout: &'a Layout,
    file: Option<TableFile>,
    rows: u64,
}

impl<'a> ToFix<'a> {
    pub(super) fn new(target: &'a Path, layout: &'a Layout) -> Self {
        Self {
            target,
            layout,
            file: None,
            rows: 0,
        }
    }

    /// Writes the row if it must be corrected.
    pub(super) fn add(&mut self, result: &RowResult, row: Option<&SheetRow>) -> Result<()> {
        if !is_to_be_corrected(result) {
            return Ok(());
        }
        self.record(result, row)
            .map_err(|error| self.failed(&error))
    }

    fn record(&mut self, result: &RowResult, row: Option<&SheetRow>) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(begin(self.target, self.layout)?),
        };
        let ours = told(result);
        let ours: Vec<&str> = ours.iter().map(AsRef::as_ref).collect();
        file.record(self.layout.cells_to_fix(row, &ours))?;
        self.rows += 1;
        Ok(())
    }

    /// Puts the file in its place. An older one of ours is kept as the previous one, also when there is nothing to fix
    /// any more: a file that says otherwise must not stay.
    pub(super) fn finish(mut self) -> Result<Option<Written>> {
        let Some(file) = self.file.take() else {
            retire(self.target, FileKind::ToFix).map_err(|error| self.failed(&error))?;
            return Ok(None);
        };
        let (path, notes) = file.finish().map_err(|error| self.failed(&error))?;
        Ok(Some(Written {
            path,
            rows: self.rows,
            notes,
        }))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        write_failure(self.target, FileKind::ToFix, error)
    }
}

/// The cells of our own columns for a row.
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
