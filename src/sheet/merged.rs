//! Reports merged cells of a workbook: only the first cell holds the value, so the rows below have none.
//!
//! Must not fill in values.

use super::{
    Header, Use, catalogue::MERGED_CELLS, column_letter, survey::Survey, workbook::Merged,
};
use crate::problem::Problem;

/// How many merged ranges are named.
const SHOWN: usize = 6;

/// Merged cells below the header, in columns that are used or hold addresses.
pub(super) fn told(header: &Header, merged: &[Merged], survey: &Survey) -> Option<Problem> {
    let matters = |column: usize| {
        matches!(header.uses.get(column), Some(Use::Field(..)))
            || survey
                .columns
                .get(column)
                .is_some_and(|counts| counts.holding > 0)
    };
    let mut below: Vec<&Merged> = merged
        .iter()
        .filter(|area| u64::from(area.rows.1) + 1 > header.row)
        .filter(|area| {
            let columns = area.columns.0..=area.columns.1.min(header.uses.len() as u32);
            columns.into_iter().any(|column| matters(column as usize))
        })
        .collect();
    // Programs write them in any order.
    below.sort_by_key(|area| (area.rows, area.columns));
    let first = below.first()?;
    let shown: Vec<String> = below.iter().take(SHOWN).map(|area| name(area)).collect();
    let more = match below.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let row = u64::from(first.rows.0) + 1;
    let message = format!(
        "merged cells hold their text in the first cell only, and the others are empty: {}{more}",
        shown.join(", ")
    );
    Some(
        Problem::warning(MERGED_CELLS, message)
            .at(row, row)
            .column(header.name(first.columns.0 as usize))
            .fix("unmerge them in the spreadsheet program and fill in each row, unless the others may stay empty"),
    )
}

/// `B3:B5`.
fn name(area: &Merged) -> String {
    let place =
        |row: u32, column: u32| format!("{}{}", column_letter(column as usize), u64::from(row) + 1);
    format!(
        "{}:{}",
        place(area.rows.0, area.columns.0),
        place(area.rows.1, area.columns.1)
    )
}
