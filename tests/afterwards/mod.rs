//! After the invitation: who has come, one person's story, and who is mailed again.

mod first_mails;
mod nights;
mod own_words;
mod quiet;
mod remind;
mod sponsors;
mod status;
mod story;

use crate::support::{Ended, Practice, Workdir, sandbox_view, time_passes};
use jiff::SignedDuration;

pub(super) fn ledger(workdir: &Workdir) -> rusqlite::Connection {
    rusqlite::Connection::open(workdir.path("guestlist.db")).unwrap()
}

/// Everything that the tenant and the ledger remember happened so much longer ago: the night passes, and nobody has to
/// wait for it.
pub(super) fn days_pass(workdir: &Workdir, days: i64) {
    if let Some(url) = workdir.practice() {
        sandbox_view(&url, "POST", &format!("/age?days={days}"), "");
    }
    time_passes(
        &workdir.path("guestlist.db"),
        SignedDuration::from_hours(24 * days),
    );
}

/// Invites everybody on `guests.csv`, at once.
pub(super) fn invite(workdir: &Workdir, practice: &Practice) {
    practice
        .run(workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
}

/// Does something to a guest of the practice tenant: `accept`, `disable`, `delete`, `purge`.
pub(super) fn change(practice: &Practice, what: &str, address: &str) {
    let body = serde_json::json!({"address": address}).to_string();
    assert!(practice.post(&format!("/{what}"), &body)["id"].is_string());
}

pub(super) fn status(workdir: &Workdir, practice: &Practice, more: &[&str]) -> Ended {
    Ended::of(&mut practice.verb(workdir, &[&["status"], more].concat()))
}

/// `remind --yes` with a cap that nobody reaches.
pub(super) fn remind(workdir: &Workdir, practice: &Practice, more: &[&str]) -> Ended {
    let usual = ["remind", "--yes", "--max-mails", "10000", "--json"];
    Ended::of(&mut practice.verb(workdir, &[&usual, more].concat()))
}

/// How many mails an address got.
pub(super) fn mails(practice: &Practice, address: &str) -> u64 {
    let view = practice.view(&format!("/mails?address={address}"));
    view["total"].as_u64().unwrap()
}
