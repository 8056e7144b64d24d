//! The monthly list: who has changed, who is new, who has left, as one story; and an export that was cut short.

use super::{change, cleanup, deleted, deletions, invite, sheet, verb};
use crate::support::{Guests, Practice, Workdir};
use serde_json::Value;

const ALL: usize = 500;
/// The last ones have left.
const LEFT: usize = 20;
/// The first ones have another address by now.
const CHANGED: usize = 5;
const NEW: usize = 15;

fn new_address(number: usize) -> String {
    format!("moved-{number:04}@newfirm.example")
}

/// 480 of 500, five of them with other addresses, and 15 new ones.
fn next_month() -> String {
    let mut guests = Guests::new();
    for number in 1..=ALL - LEFT {
        let address = if number <= CHANGED {
            new_address(number)
        } else {
            Guests::address(number)
        };
        guests = guests.row(&address, &format!("Guest {number}"));
    }
    for number in 1..=NEW {
        guests = guests.row(&format!("new-{number:04}@partner.example"), "New");
    }
    guests.text().to_owned()
}

fn started() -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=ALL));
    invite(&workdir, &practice);
    for number in 1..=CHANGED {
        change(&practice, "accept", &Guests::address(number));
    }
    (workdir, practice)
}

#[test]
fn a_month_is_reset_invited_compared_and_cleaned() {
    let (workdir, practice) = started();
    assert_eq!(practice.view("/mails")["total"], ALL);
    workdir.write("guests.csv", next_month());
    // Those with another address redeem again, and keep their accounts.
    let mut resets = "email,new_email\n".to_owned();
    for number in 1..=CHANGED {
        resets.push_str(&format!(
            "{},{}\n",
            Guests::address(number),
            new_address(number)
        ));
    }
    workdir.write("resets.csv", resets);
    let told = verb(
        &workdir,
        &practice,
        &[
            "reset-redemption",
            "resets.csv",
            "--yes",
            "--max-resets",
            "5",
            "--json",
        ],
    )
    .expect_code(0)
    .json();
    assert_eq!(told["outcomes"]["reset"], CHANGED, "{told}");
    // The new ones are invited, and nobody else is mailed.
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    let outcomes = workdir.table("guests.results.csv").outcomes();
    assert_eq!(
        (outcomes["invited"], outcomes.get("exists-pending")),
        (ALL - LEFT - CHANGED + NEW, Some(&CHANGED)),
        "{outcomes:?}"
    );
    assert_eq!(practice.view("/mails")["total"], ALL + CHANGED + NEW);
    // Who has left: 20 of 515, and none of those who changed their addresses.
    let told = verb(&workdir, &practice, &["leavers", "guests.csv", "--json"])
        .expect_code(0)
        .json();
    let left: Vec<&Value> = told["leavers"].as_array().unwrap().iter().collect();
    assert_eq!(left.len(), LEFT, "{told}");
    let first = Guests::address(ALL - LEFT + 1);
    assert_eq!(left[0]["email"].as_str(), Some(first.as_str()));
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
        .expect_code(0)
        .json();
    assert_eq!(told["deleted"], LEFT, "{told}");
    let expected: Vec<String> = (ALL - LEFT + 1..=ALL).map(Guests::address).collect();
    assert_eq!(deleted(&practice), expected);
    assert!(deletions(&practice)["twice"].as_array().unwrap().is_empty());
    // The next comparison finds nobody, and the sheet is done.
    let told = verb(&workdir, &practice, &["leavers", "guests.csv", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["leavers"].as_array().unwrap().len(), 0);
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    assert_eq!(practice.view("/mails")["total"], ALL + CHANGED + NEW);
}

#[test]
fn an_export_that_was_cut_short_deletes_nobody() {
    let (workdir, practice) = started();
    let whole = next_month();
    // In the middle of a line.
    workdir.write("guests.csv", &whole[..whole.len() / 2]);
    verb(&workdir, &practice, &["leavers", "guests.csv"])
        .expect_code(3)
        .says("the sheet may be cut short");
    assert!(!workdir.exists("guests.leavers.csv"));
    // A list that was made before says who stands on the sheet again, and one that is cut short is refused.
    workdir.write("guests.csv", sheet(1..=ALL - LEFT));
    verb(&workdir, &practice, &["leavers", "guests.csv"]).expect_code(0);
    let list = workdir.read("guests.leavers.csv");
    workdir.write("short.csv", &list[..list.len() / 2]);
    cleanup(&workdir, &practice, &["short.csv"]).expect_code(3);
    workdir.write("guests.csv", sheet(1..=ALL));
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["back-on-the-sheet"], LEFT, "{told}");
    assert_eq!(deletions(&practice)["total"], 0);
}
