//! Guests whom nobody vouches for any more, and in how many requests that is found out.

use super::{change, invite, status};
use crate::support::{Practice, Workdir};
use std::fmt::Write;

#[test]
fn guests_without_a_sponsor_or_with_one_who_has_left_are_listed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,sponsors\n\
         a@one.example,anna.berg@northwind.example\n\
         b@one.example,anna.berg@northwind.example;priya.shah@northwind.example\n\
         c@one.example,james.oneill@northwind.example\n\
         d@one.example,group:Project Atlas\n",
    );
    // An app that invites names nobody as the sponsor by itself.
    workdir.write("alone.csv", "email\ne@one.example\n");
    invite(&workdir, &practice);
    let mut app = practice.invite_as_app(&workdir, "alone.csv", &["--rate", "max"]);
    crate::support::Ended::of(&mut app).expect_code(0);
    change(&practice, "disable", "anna.berg@northwind.example");
    change(&practice, "purge", "james.oneill@northwind.example");

    let told = status(&workdir, &practice, &["--sponsors", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["guests_read"], 5);
    assert_eq!(told["without_sponsor"], 2, "{told}");
    assert_eq!(told["sponsor_disabled"], 2);
    // Graph lists a deleted account no longer as a sponsor.
    let notes: Vec<_> = told["guests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|guest| {
            (
                guest["email"].as_str().unwrap(),
                guest["note"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        notes,
        [
            ("a@one.example", "the sponsor is disabled"),
            ("b@one.example", "1 of 2 sponsors disabled"),
            ("c@one.example", "no sponsor"),
            ("e@one.example", "no sponsor"),
        ]
    );
    let screen = status(&workdir, &practice, &["--sponsors", "-o", "who.csv"]).expect_code(0);
    assert!(
        screen.stdout.contains("without a sponsor"),
        "{}",
        screen.stdout
    );
    assert_eq!(workdir.table("who.csv").0.len(), 4);
}

/// 500 sponsors, one for each guest.
#[test]
fn the_states_of_500_sponsors_take_one_request() {
    const SPONSORS: usize = 500;
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let mut sheet = "email,sponsors\n".to_owned();
    let mut members = Vec::new();
    for number in 1..=SPONSORS {
        let sponsor = format!("sponsor-{number}@northwind.example");
        let _ = writeln!(sheet, "guest-{number}@one.example,{sponsor}");
        members.push(serde_json::json!({"address": sponsor, "standing": "member"}));
    }
    practice.post("/people", &serde_json::json!(members).to_string());
    workdir.write("guests.csv", sheet);
    invite(&workdir, &practice);
    change(&practice, "disable", "sponsor-7@northwind.example");
    practice.post("/reset", "");
    let told = status(&workdir, &practice, &["--sponsors", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(
        (&told["sponsors_read"], &told["sponsor_disabled"]),
        (&SPONSORS.into(), &1.into())
    );
    let kinds = &practice.view("/requests")["kinds"];
    assert_eq!(kinds["getByIds"]["requests"], 1);
    assert_eq!(kinds["batch"]["requests"], 25);
    println!(
        "500 sponsors of 500 guests: {} requests",
        told["requests"]["total"]
    );
}
