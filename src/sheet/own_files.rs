//! The files that this program writes about a sheet, read as sheets again: how they are known, and which columns are ours.
//!
//! Must not read or write them.

use super::{
    Field,
    aliases::{Meaning, meaning},
};

/// The first columns of a results file, which can be read as a sheet again; the sheet's own come after them.
pub const RESULT_COLUMNS: [&str; 18] = [
    "row",
    "outcome",
    "email",
    "display_name",
    "hint",
    "redeem_url",
    "redemption",
    "mail",
    "error_code",
    "error",
    "invited_at",
    "this_run",
    "verified",
    "follow_up",
    "user_id",
    "tenant_id",
    "run",
    "request_id",
];
/// The same in files of earlier versions.
const EARLIER_RESULT_COLUMNS: [&str; 16] = [
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
pub(crate) const TO_FIX_COLUMNS: [&str; 4] = ["_row", "_code", "_problem", "_fix"];
/// A sheet's own column whose name collides with one of those is written with this before it.
pub const SHEET_PREFIX: &str = "sheet_";

/// Whether this is the header of a results or to-fix file. Such a file is read without regard to what was said about
/// the sheet that it came from: where its header is, and what its tab is called.
pub(super) fn is_ours(names: &[String]) -> bool {
    let to_fix = names.len().checked_sub(TO_FIX_COLUMNS.len());
    our_columns(names).is_some() || to_fix.is_some_and(|own| same(&names[own..], &TO_FIX_COLUMNS))
}

/// Our own columns of a results file, of whichever version.
fn our_columns(names: &[String]) -> Option<&'static [&'static str]> {
    let versions: [&'static [&'static str]; 2] = [&RESULT_COLUMNS, &EARLIER_RESULT_COLUMNS];
    versions.into_iter().find(|ours| {
        let first = names.get(..ours.len());
        first.is_some_and(|first| same(first, ours))
    })
}

fn same(names: &[String], ours: &[&str]) -> bool {
    let mut pairs = names.iter().zip(ours);
    names.len() == ours.len() && pairs.all(|(name, ours)| name.trim() == *ours)
}

/// For a results file, which columns are ours and not the sheet's own; empty for any other sheet.
/// Where the results are all there is (no column of the sheet's own holds an address), ours are used.
pub(super) fn own_results(names: &[String]) -> Vec<bool> {
    let Some(columns) = our_columns(names) else {
        return Vec::new();
    };
    let ours = columns.len();
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
                && !(keep_email && columns[column] == "email")
                && !(keep_name && columns[column] == "display_name")
        })
        .collect()
}
