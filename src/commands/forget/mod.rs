//! `guestlist ledger forget`: everything about people leaves the ledger, after it was written to a file if that is wanted.
//!
//! Needs no tenant and sends nothing. Nobody is forgotten before the export is on the disk.

mod remains; // files that still hold an address

use super::ask;
use crate::{
    clock::Clock,
    failure::{Failure, Result},
    files,
    guest::EmailAddress,
    ledger::{Ledger, NewLedger, Reader, ToForget},
    results::same_place,
    settings::Age,
    ui::{self, text},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::{io::Write, path::Path};

/// How many addresses a message lists.
const LISTED: usize = 10;

pub(super) struct Wanted<'a> {
    pub addresses: &'a [String],
    pub older_than: Option<Age>,
    pub export: Option<&'a Path>,
    pub yes: bool,
}

pub(super) fn forget(
    path: &Path,
    wanted: &Wanted<'_>,
    practice: bool,
    clock: &Clock,
) -> Result<()> {
    if wanted.addresses.is_empty() && wanted.older_than.is_none() {
        return Err(Failure::usage("nobody is named who is to be forgotten")
            .hint("name addresses, or an age: `guestlist ledger forget --older-than 180d`"));
    }
    if wanted.export == Some(Path::new("-")) {
        return Err(Failure::usage(
            "--export writes a file, not standard output: what it holds is personal data",
        )
        .hint("give --export the name of a new file; nothing was forgotten"));
    }
    let keys = keys(wanted.addresses)?;
    let ledger = Ledger::open(path, NewLedger::Refused)?;
    let now = clock.now();
    // Without an address, so that the ledger does not learn it again.
    let held = ledger.lock(&super::holder("ledger forget", None, now), now, |_| {})?;
    let reader = ledger.reader()?;
    let (people, forgotten, further) = if let Some(age) = wanted.older_than {
        (everybody_silent(&reader, age, now)?, Vec::new(), 0)
    } else {
        let further = reader.further_addresses(&keys)?;
        tell_further(&further);
        let count = further.len();
        let (people, forgotten) = known(&reader, &[keys, further].concat())?;
        (people, forgotten, count)
    };
    // Two addresses may be one person.
    let count = people.len().saturating_sub(further) as u64;
    if people.is_empty() && forgotten.is_empty() {
        ui::tell("nobody in the ledger is as old as that: nothing was changed");
        return Ok(());
    }
    if let Some(export) = wanted.export {
        may_be_written(export, path)?;
    }
    if !people.is_empty() {
        agree(&people, count, wanted, practice)?;
    }
    if let (Some(export), false) = (wanted.export, people.is_empty()) {
        write_export(&reader, &people, export, now)?;
        ui::tell(format!(
            "everything about them is written to {}",
            export.display()
        ));
    }
    let remains = remains::Places::of(&reader, path, wanted.export)?;
    drop(reader);
    let writer = ledger.writer(Some(held.generation()))?;
    writer.forget(&people, now)?;
    writer.compact()?;
    if !people.is_empty() {
        ui::tell(format!(
            "{} forgotten: the ledger knows nothing about them any more. A mark stays, so that no run asks them by mistake",
            text::plural_of(count, "person is", "people are")
        ));
    }
    if !forgotten.is_empty() {
        ui::tell(format!(
            "{} forgotten before; the ledger was cleaned once more",
            text::plural_of(forgotten.len() as u64, "person was", "people were")
        ));
    }
    let all: Vec<&str> = people
        .iter()
        .map(|person| person.key.as_str())
        .chain(forgotten.iter().map(String::as_str))
        .collect();
    remains.tell(&all);
    Ok(())
}

fn keys(addresses: &[String]) -> Result<Vec<String>> {
    let mut keys = Vec::with_capacity(addresses.len());
    for typed in addresses {
        let address = EmailAddress::parse(typed).map_err(|why| {
            Failure::usage(format!("`{typed}` is no address: {why}"))
                .hint("write the address as it stood on the sheet; nothing was changed")
        })?;
        let key = address.key().to_owned();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}

/// What the ledger knows about each of them, and who was forgotten before.
fn known(reader: &Reader, keys: &[String]) -> Result<(Vec<ToForget>, Vec<String>)> {
    let marks = reader.forgotten()?;
    let (mut people, mut before, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for key in keys {
        match reader.to_forget(key, keys)? {
            Some(person) => people.push(person),
            None if marks.contains(key) => before.push(key.clone()),
            None => unknown.push(key.as_str()),
        }
    }
    if unknown.is_empty() {
        return Ok((people, before));
    }
    Err(Failure::usage(format!(
        "the ledger knows nobody with the {} {}: nothing was changed",
        if unknown.len() == 1 {
            "address"
        } else {
            "addresses"
        },
        shown(&unknown)
    ))
    .hint("look at how the sheet spells the address, or name another ledger with --ledger; `guestlist status ADDRESS` shows what is known of one"))
}

fn everybody_silent(reader: &Reader, age: Age, now: Timestamp) -> Result<Vec<ToForget>> {
    let before = SignedDuration::try_from(age.0)
        .ok()
        .and_then(|age| now.checked_sub(age).ok())
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let silent = reader.silent_since(before)?;
    let mut people = Vec::new();
    for key in &silent {
        // Whoever was heard of under another address is not silent.
        let further = reader.further_addresses(std::slice::from_ref(key))?;
        if further.iter().all(|other| silent.contains(other)) {
            people.extend(reader.to_forget(key, &silent)?);
        }
    }
    Ok(people)
}

/// A person who was reset to another address, or was found under it, is forgotten under each.
fn tell_further(further: &[String]) {
    if further.is_empty() {
        return;
    }
    let names: Vec<&str> = further.iter().map(String::as_str).collect();
    ui::tell(format!(
        "the ledger knows the same {} under {} too: {}",
        if further.len() == 1 { "user" } else { "users" },
        if further.len() == 1 {
            "another address"
        } else {
            "other addresses"
        },
        shown(&names)
    ));
}

fn shown(addresses: &[&str]) -> String {
    let first: Vec<String> = addresses
        .iter()
        .take(LISTED)
        .map(|address| text::printable_line(address))
        .collect();
    match addresses.len().saturating_sub(LISTED) {
        0 => text::list(&first),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn agree(people: &[ToForget], count: u64, wanted: &Wanted<'_>, practice: bool) -> Result<()> {
    if wanted.yes || practice {
        return Ok(());
    }
    let count = text::plural_of(count, "person", "people");
    if !ask::can_ask() {
        return Err(Failure::usage(format!(
            "there is no terminal to ask on, and --yes is not given: {count} would be forgotten, and nobody was"
        ))
        .hint("add --yes to forget them without being asked; --export FILE writes everything about them first"));
    }
    let names: Vec<&str> = people.iter().map(|person| person.key.as_str()).collect();
    let link = if wanted.export.is_some() {
        ""
    } else {
        " Their links and their story cannot be had back; --export FILE would keep them."
    };
    let question = format!("Forget {count} ({})?{link} (yes/no)", shown(&names));
    if ask::agrees(&question)? {
        return Ok(());
    }
    Err(Failure::usage(
        "nobody was forgotten, as the answer was not yes",
    ))
}

/// The file holds links: it is new, and this user's alone.
fn may_be_written(export: &Path, ledger: &Path) -> Result<()> {
    if same_place(export, ledger) {
        return Err(Failure::usage(format!(
            "--export names the ledger, {}, which would be lost",
            export.display()
        )));
    }
    match files::at(export) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(Failure::usage(format!(
            "{} is there already: an export is never written over another file",
            export.display()
        ))
        .hint("name a new file with --export; nothing was changed")),
        Err(error) => Err(Failure::of_io(
            format!(
                "cannot look at {}, where the export would go",
                export.display()
            ),
            &error,
        )
        .hint("name another file with --export; nothing was changed")),
    }
}

fn write_export(reader: &Reader, people: &[ToForget], export: &Path, now: Timestamp) -> Result<()> {
    let tenant = reader.tenant()?;
    let addresses: Vec<&str> = people.iter().map(|person| person.key.as_str()).collect();
    let whole = json!({
        "exported_at": now.to_string(),
        "tenant": tenant.map(|tenant| json!({"id": tenant.id, "name": tenant.name})),
        "addresses": addresses,
        "tables": reader.everything_about(people)?,
    });
    let failed = |error: std::io::Error| {
        Failure::of_io(format!("cannot write {}", export.display()), &error)
            .hint("nobody was forgotten")
    };
    let mut file = files::create_own(export).map_err(failed)?;
    serde_json::to_writer_pretty(&mut file, &whole)
        .map_err(|error| failed(error.into()))
        .and_then(|()| file.write_all(b"\n").map_err(failed))?;
    file.sync_all().map_err(failed)?;
    files::sync_folder(&files::folder_of(export));
    Ok(())
}
