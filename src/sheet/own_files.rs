//! The files that this program writes about a sheet, read as sheets again: how they are known, and which columns are ours.
//!
//! Must not read or write them.

use super::Field;
use super::aliases::{Meaning, meaning};

/// The first columns of a results file, which can be read as a sheet again; the sheet's own come after them.
pub const RESULT_COLUMNS: [&str; 16] = [
    "row",
    "outcome",
    "email",
    "display_name",
    "user_id",
    "redeem_url",
    "redemption",
    "mail",
    "error_code",
    "error",
    "hint",
    "invited_at",
    "this_run",
    "verified",
    "follow_up",
    "request_id",
];
/// The last columns of a to-fix file, which can be corrected and read as a sheet again.
pub const TO_FIX_COLUMNS: [&str; 4] = ["_row", "_code", "_problem", "_fix"];
/// A sheet's own column whose name collides with one of those is written with this before it.
pub const SHEET_PREFIX: &str = "sheet_";

/// Whether this is the header of a results or to-fix file. Such a file is read without regard to what was said about
/// the sheet that it came from: where its header is, and what its tab is called.
pub(super) fn is_ours(names: &[String]) -> bool {
    let to_fix = names.len().checked_sub(TO_FIX_COLUMNS.len());
    is_results(names) || to_fix.is_some_and(|own| same(&names[own..], &TO_FIX_COLUMNS))
}

fn is_results(names: &[String]) -> bool {
    let first = names.get(..RESULT_COLUMNS.len());
    first.is_some_and(|first| same(first, &RESULT_COLUMNS))
}

fn same(names: &[String], ours: &[&str]) -> bool {
    let mut pairs = names.iter().zip(ours);
    names.len() == ours.len() && pairs.all(|(name, ours)| name.trim() == *ours)
}

/// For a results file, which columns are ours and not the sheet's own; empty for any other sheet.
/// Where the results are all there is (no column of the sheet's own holds an address), ours are used.
pub(super) fn own_results(names: &[String]) -> Vec<bool> {
    let ours = RESULT_COLUMNS.len();
    if !is_results(names) {
        return Vec::new();
    }
    let own = |field| {
        names[ours..].iter().any(|name| {
            let name = name.trim();
            meaning(name.strip_prefix(SHEET_PREFIX).unwrap_or(name)) == Some(Meaning::Field(field))
        })
    };
    let keep_email = !own(Field::Email);
    let keep_name = keep_email && !own(Field::DisplayName);
    (0..names.len())
        .map(|column| {
            column < ours
                && !(keep_email && RESULT_COLUMNS[column] == "email")
                && !(keep_name && RESULT_COLUMNS[column] == "display_name")
        })
        .collect()
}
