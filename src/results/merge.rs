//! Puts each outcome beside its row of the sheet, without holding either list in memory.
//!
//! Must not lose an outcome: if the sheet changed or cannot be read any more, only the sheet's own columns are missing.

use super::layout::SheetRow;
use crate::{failure::Result, outcome::RowResult};
use std::iter::Peekable;

pub(super) struct Merge<S: Iterator> {
    sheet: Peekable<S>,
    /// The first row at which the sheet did not match the outcomes, in words.
    pub note: Option<String>,
}

impl<S: Iterator<Item = Result<SheetRow>>> Merge<S> {
    pub(super) fn new(sheet: S) -> Self {
        Self {
            sheet: sheet.peekable(),
            note: None,
        }
    }

    /// The sheet's row for an outcome; outcomes come in the sheet's order.
    pub(super) fn row_for(&mut self, result: &RowResult) -> Option<SheetRow> {
        loop {
            match self.sheet.peek() {
                Some(Ok(row)) if row.number == result.row => {
                    // The ledger does not know the address of somebody who asked to be forgotten.
                    let same = row.email.is_empty()
                        || (result.email.is_empty()
                            && (row.is_forgotten || !result.was_forgotten()))
                        || row.email.eq_ignore_ascii_case(&result.email);
                    let row = self.sheet.next().and_then(Result::ok);
                    if same {
                        return row;
                    }
                    self.lost(result.row, "it is another person's row now");
                    return None;
                }
                Some(Ok(row)) if row.number < result.row => {
                    let number = row.number;
                    self.lost(number, "it has no outcome");
                    self.sheet.next();
                }
                Some(Ok(_)) | None => {
                    self.lost(result.row, "it is not in the sheet any more");
                    return None;
                }
                Some(Err(failure)) => {
                    let why = failure.what.clone();
                    self.lost(result.row, &why);
                    return None;
                }
            }
        }
    }

    fn lost(&mut self, row: u64, why: &str) {
        self.note.get_or_insert_with(|| {
            format!(
                "the sheet does not match the outcomes at row {row} ({why}): its own columns may be empty or \
                 wrong from there on; the outcomes are right"
            )
        });
    }

    /// Reads the sheet to its end, because a change of the file shows only there.
    pub(super) fn finish(mut self) -> Option<String> {
        while self.note.is_none() {
            match self.sheet.next() {
                None => break,
                Some(Ok(row)) => self.lost(row.number, "it has no outcome"),
                Some(Err(failure)) => {
                    self.note = Some(format!(
                        "{}: the sheet's own columns in this file may be wrong; the outcomes are right",
                        failure.what
                    ));
                }
            }
        }
        self.note
    }
}
