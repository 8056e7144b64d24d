//! Who has left a sheet, who is deleted, and who is forgotten.

mod answers;
mod cleanup;
mod forget;
mod gone;
mod leavers;
mod month;
mod weather;

use crate::support::{Ended, Guests, Practice, Workdir};
use serde_json::Value;

pub(super) use crate::afterwards::{change, days_pass, invite, ledger};

/// A verb with everything at full speed and short waits.
pub(super) fn verb(workdir: &Workdir, practice: &Practice, arguments: &[&str]) -> Ended {
    Ended::of(&mut command(workdir, practice, arguments))
}

pub(super) fn command(
    workdir: &Workdir,
    practice: &Practice,
    arguments: &[&str],
) -> std::process::Command {
    let mut command = practice.verb(workdir, arguments);
    command
        .env("GUESTLIST_INVITE_RATE", "max")
        .env("GUESTLIST_INVITE_SETTLE", "1s")
        .env("GUESTLIST_INVITE_ASK_AGAIN_AFTER", "1s");
    command
}

/// `cleanup --yes` with a cap that nobody reaches.
pub(super) fn cleanup(workdir: &Workdir, practice: &Practice, more: &[&str]) -> Ended {
    let usual = ["cleanup", "--yes", "--max-deletes", "10000", "--json"];
    verb(workdir, practice, &[&usual, more].concat())
}

/// What the practice tenant's book says about deletions.
pub(super) fn deletions(practice: &Practice) -> Value {
    practice.view("/deletions")
}

/// The addresses of those who were deleted.
pub(super) fn deleted(practice: &Practice) -> Vec<String> {
    let book = deletions(practice);
    let mut addresses: Vec<String> = book["deletions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|deletion| deletion["address"].as_str().unwrap().to_owned())
        .collect();
    addresses.sort();
    addresses
}

/// A sheet of these numbers.
pub(super) fn sheet(numbers: impl IntoIterator<Item = usize>) -> Guests {
    numbers.into_iter().fold(Guests::new(), |guests, number| {
        guests.row(&Guests::address(number), &format!("Guest {number}"))
    })
}
