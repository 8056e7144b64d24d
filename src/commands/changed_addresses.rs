//! Guests of the ledger who stand on a sheet under another address than before: a hint, with rows that are ready for
//! `reset-redemption`.
//!
//! Must not decide that two people are one: a person does.

use super::check::CheckOptions;
use crate::{
    failure::Result,
    guest::{EmailAddress, RowVerdict, Rules, Understanding},
    ledger::{KnownName, Ledger, NewLedger, Reader},
    sheet::{Field, Refused, Sheet},
    ui::{
        self,
        text::{plural_of, printable_line},
    },
};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// How many are shown.
const SHOWN: usize = 50;

/// Somebody who may have a new address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) struct Changed {
    pub row: u64,
    pub name: String,
    pub old: String,
    pub new: String,
}

/// Rows with the name of exactly one guest of the ledger, whose own address is nowhere on the sheet.
fn by_name(sheet: &Sheet, rules: &Rules, reader: &Reader) -> Result<Vec<Changed>> {
    let mut names: HashMap<String, Option<KnownName>> = HashMap::new();
    let mut known: HashSet<String> = HashSet::new();
    for guest in reader.guest_names()? {
        known.insert(guest.key.clone());
        let Some(name) = plain(&guest.name) else {
            continue;
        };
        names
            .entry(name)
            // Two guests of one name: nobody can tell which of them is meant.
            .and_modify(|one| *one = None)
            .or_insert(Some(guest));
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut candidates: Vec<(String, String, Changed)> = Vec::new();
    let mut on_sheet: HashSet<String> = HashSet::new();
    let mut understanding = Understanding::new(sheet, rules);
    for row in sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
            continue;
        };
        if known.contains(guest.email.key()) {
            on_sheet.insert(guest.email.key().to_owned());
            continue;
        }
        let name = guest.display_name.as_deref().and_then(plain);
        let same = name
            .and_then(|name| names.get(&name))
            .and_then(Option::as_ref);
        let Some(same) = same else {
            continue;
        };
        if candidates.len() < SHOWN {
            let changed = Changed {
                row: guest.row,
                name: same.name.clone(),
                old: same.email.clone(),
                new: guest.email.as_str().to_owned(),
            };
            candidates.push((same.key.clone(), guest.email.key().to_owned(), changed));
        }
    }
    let mut left = Vec::new();
    for (key, new_key, changed) in candidates {
        // Whoever was reset stands in the ledger under both addresses.
        let is_known = reader.reset_person(&new_key)?;
        if !on_sheet.contains(&key) && is_known.is_none_or(|known| known.user_id.is_none()) {
            left.push(changed);
        }
    }
    Ok(left)
}

/// Rows with the name of a guest of the ledger and an address that the ledger does not know, by the address of the guest in
/// small letters. Whoever has a namesake there counts too: such a guest is not taken for gone.
pub(super) fn rows_with_the_name(sheet: &Sheet, reader: &Reader) -> Result<HashMap<String, u64>> {
    let guests = reader.guest_names()?;
    let known: HashSet<&str> = guests.iter().map(|guest| guest.key.as_str()).collect();
    let column = |wanted| {
        let mapping = sheet.header().mapping.iter();
        mapping
            .clone()
            .find(|(field, _)| *field == wanted)
            .map(|(_, column)| *column)
    };
    let email = column(Field::Email);
    let whole = column(Field::DisplayName);
    let parts = (column(Field::FirstName), column(Field::LastName));
    let mut rows: HashMap<String, u64> = HashMap::new();
    for row in sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let cell = |column: Option<usize>| column.map_or("", |column| row.cell(column).trim());
        // An address that cannot be read may be a new one with a slip.
        let address = EmailAddress::parse(cell(email));
        if address.is_ok_and(|address| known.contains(address.key())) {
            continue;
        }
        let both = format!("{} {}", cell(parts.0), cell(parts.1));
        for name in [cell(whole), &both].into_iter().filter_map(plain) {
            rows.entry(name).or_insert(row.number);
        }
    }
    let row_of = |name: &str| plain(name).and_then(|name| rows.get(&name).copied());
    let found = guests
        .iter()
        .filter_map(|guest| Some((guest.key.clone(), row_of(&guest.name)?)));
    Ok(found.collect())
}

/// Rows of a run whose user this ledger knows under another address.
fn by_user(reader: &Reader, run: &str) -> Result<Vec<Changed>> {
    let found = reader.under_another_address(run, SHOWN)?;
    let changed = found.into_iter().map(|found| Changed {
        row: found.row,
        name: found.name.unwrap_or_default(),
        old: found.old,
        new: found.new,
    });
    Ok(changed.collect())
}

/// What a ledger at hand knows about the people of a sheet that is checked. None without a ledger, or where it cannot be
/// read.
fn by_ledger(checked: &CheckOptions, ledger: &Path) -> Option<Vec<Changed>> {
    let is_file = |path: &Path| path.metadata().is_ok_and(|found| found.is_file());
    if !is_file(ledger) || !is_file(&checked.sheet) {
        return None;
    }
    let reader = Ledger::open(ledger, NewLedger::Refused)
        .ok()?
        .reader()
        .ok()?;
    let sheet = Sheet::open(&checked.sheet, &checked.reading).ok()?;
    by_name(&sheet, &checked.rules, &reader).ok()
}

/// Tells it, after everything else about the sheet.
pub(super) fn tell_by_ledger(checked: &CheckOptions, ledger: &Path) {
    let changed = by_ledger(checked, ledger).unwrap_or_default();
    if let Some(text) = told(&changed, &checked.sheet) {
        ui::tell(text);
    }
}

/// The same for the JSON object.
pub(super) fn json_by_ledger(checked: &CheckOptions, ledger: &Path) -> Option<serde_json::Value> {
    let changed = by_ledger(checked, ledger)?;
    Some(serde_json::json!(changed))
}

/// The same after a dry run, which knows the users, too.
pub(super) fn after_dry_run(
    sheet: &Sheet,
    rules: &Rules,
    reader: &Reader,
    run: &str,
) -> Result<Vec<Changed>> {
    let mut changed = by_user(reader, run)?;
    changed.extend(by_name(sheet, rules, reader)?);
    changed.sort();
    changed.dedup_by_key(|changed| changed.row);
    Ok(changed)
}

/// A name for comparing; none where it is one word, which many people share.
fn plain(name: &str) -> Option<String> {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    (words.len() > 1).then(|| words.join(" "))
}

/// What a person reads, with the lines to paste; nothing where there is nobody.
pub(super) fn told(changed: &[Changed], sheet: &Path) -> Option<String> {
    if changed.is_empty() {
        return None;
    }
    let count = changed.len() as u64;
    let mut lines = vec![format!(
        "{} of {} may be a guest of this ledger under a new address:",
        plural_of(count, "row", "rows"),
        sheet.display()
    )];
    for Changed {
        row,
        name,
        old,
        new,
    } in changed
    {
        let who = printable_line(&format!("{name}, known as {old}, here {new}"));
        lines.push(format!("  row {row}: {}", who.trim_start_matches(", ")));
    }
    lines.push("A guest with a new address keeps groups and rights with `guestlist reset-redemption SHEET`, and is not invited a second time. If they are the same people, take them off this sheet until then; these lines are a sheet for it:".to_owned());
    lines.push(String::new());
    lines.push("email,new_email".to_owned());
    for Changed { old, new, .. } in changed {
        lines.push(format!("{old},{new}"));
    }
    Some(lines.join("\n"))
}
