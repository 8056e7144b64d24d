//! What a person should know before a run, although it stands against nothing.
//!
//! Must not print.

use super::survey::{self, Survey};
use crate::{
    ledger::SilentFirst,
    settings::Settings,
    sheet::{Field, Sheet},
    ui::text,
};
use jiff::Timestamp;

/// Columns that are understood, kept and returned, and that an invitation cannot carry: said aloud, so that nobody
/// relies on them.
pub(super) fn columns_not_set(sheet: &Sheet) -> Option<String> {
    const AFTERWARDS: [Field; 6] = [
        Field::Company,
        Field::Department,
        Field::JobTitle,
        Field::UsageLocation,
        Field::Manager,
        Field::Groups,
    ];
    let header = sheet.header();
    let names: Vec<String> = AFTERWARDS
        .iter()
        .filter_map(|field| header.column_of(*field))
        .map(|column| header.name(column))
        .collect();
    let (these, are) = if names.len() == 1 {
        ("the column", "is")
    } else {
        ("the columns", "are")
    };
    (!names.is_empty()).then(|| {
        format!(
            "{these} {} {are} returned in the results, and not set in the directory: an invitation carries only the name",
            text::list(&names)
        )
    })
}

/// Landing pages that the sheet names and the settings do not: a column of profile links would send guests astray.
pub(super) fn landing_hosts(survey: &Survey, settings: &Settings) -> Option<String> {
    const MOST: usize = 5;
    let own = survey::host(&settings.invite.redirect_url.value);
    let others = survey
        .landing_hosts
        .iter()
        .filter(|(host, _)| Some(*host) != own.as_ref());
    let told: Vec<String> = others
        .map(|(host, guests)| format!("{host} ({})", text::number(*guests)))
        .collect();
    let more = told.len().saturating_sub(MOST);
    let mut listed = text::list(&told[..told.len().min(MOST)]);
    if more > 0 {
        listed = format!("{listed} and {more} more hosts");
    }
    (!told.is_empty()).then(|| {
        format!(
            "by the sheet's own word, guests land on {listed}; without it on {}",
            own.unwrap_or_default()
        )
    })
}

/// The ledger may not know every earlier run; then it costs time, and no second mail, to be careful.
pub(super) fn silent_first(silent: SilentFirst, now: Timestamp) -> Option<String> {
    (now < silent.until).then(|| {
        format!(
            "this ledger may be older than its tenant: until {} whoever is not found is asked silently first, and mailed only when nothing had happened",
            silent.until.strftime("%F %T UTC")
        )
    })
}
