//! A nightly job with a daily cap: every night at the same local time, until the sheet is finished.

use super::{
    in_process::night,
    proofs::{self, RESULTS},
};
use crate::support::{Practice, Workdir};
use guestlist::Exit;
use jiff::{Timestamp, ToSpan, civil::date};

/// Two o'clock in Berlin; in the night to summer time there is none, and cron starts at three.
fn nights() -> Vec<Timestamp> {
    let first = date(2026, 3, 27).at(2, 0, 0, 0);
    (0..5)
        .map(|night| {
            first
                .checked_add(night.days())
                .unwrap()
                .in_tz("Europe/Berlin")
                .unwrap()
                .timestamp()
        })
        .collect()
}

#[test]
fn a_daily_cap_of_100_takes_450_people_in_five_nights() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 450);
    let practice = Practice::start(&workdir, "");
    let nights = nights();
    let apart: Vec<i64> = nights
        .windows(2)
        .map(|pair| pair[1].duration_since(pair[0]).as_hours())
        .collect();
    assert_eq!(apart, [24, 24, 23, 24], "one of the nights is short");

    let mut exits = Vec::new();
    let mut invited = Vec::new();
    for start in nights {
        let pace = ["--daily-cap", "100", "--rate", "max", "--workers", "8"];
        exits.push(night(&workdir, &practice, start, &pace).code());
        invited.push(practice.view("")["mails"].as_u64().unwrap());
    }
    assert_eq!(invited, [100, 200, 300, 400, 450]);
    assert_eq!(exits, [8, 8, 8, 8, 0]);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 450);
    assert_eq!(proof.unsure, 0);
}

#[test]
fn the_cap_counts_all_runs_of_a_day_and_room_that_is_far_off_is_not_waited_for() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 30);
    let practice = Practice::start(&workdir, "");
    let start = nights()[0];
    let cap = ["--daily-cap", "20", "--rate", "max"];
    assert_eq!(night(&workdir, &practice, start, &cap), Exit::CapReached);
    // Later that day there is no room, and none opens within the hour and a half that is waited.
    let later = start + 20.hours();
    assert_eq!(night(&workdir, &practice, later, &cap), Exit::CapReached);
    assert_eq!(practice.view("")["mails"], 20);
    // An hour before the day is over it is waited for.
    let almost = start + 23.hours();
    assert_eq!(night(&workdir, &practice, almost, &cap), Exit::Done);
    proofs::finished(&practice, &workdir.table(RESULTS), 30);
}
