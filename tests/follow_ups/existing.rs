//! `--update-existing`: people who were there before get what the sheet says, once; whatever may not be changed is left.

use super::books::{made, nothing_twice, person, requests};
use crate::support::{Practice, Workdir};
use serde_json::json;

const UPDATE: [&str; 5] = [
    "--allow",
    "manager,groups",
    "--update-existing",
    "--default-sponsor",
    "priya.shah@northwind.example",
];

#[test]
fn fifty_people_who_were_there_are_brought_up_to_date_once() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let (mut people, mut sheet) = (Vec::new(), String::from("email,company,manager,groups\n"));
    for number in 1..=50 {
        let standing = match number {
            1..=30 => "accepted",
            31..=44 => "pending",
            45..=47 => "disabled",
            _ => "member",
        };
        let address = format!("p{number:02}@partner.example");
        sheet += &format!("{address},Partner AG,anna.berg@northwind.example,Field Team\n");
        people.push(
            json!({"address": address, "name": format!("Person {number}"), "standing": standing}),
        );
    }
    practice.post("/people", &json!(people).to_string());
    workdir.write("guests.csv", sheet);
    practice
        .run(&workdir, "guests.csv", &UPDATE[..2])
        .expect_code(0);
    assert_eq!(practice.view("/follow-ups")["requests"], json!([]));

    let report = practice
        .run(&workdir, "guests.csv", &[&UPDATE[..], &["--json"]].concat())
        .expect_code(0)
        .json();
    let done = |kind: &str| report["this_run"]["follow_ups"][kind]["done"].clone();
    // Nobody's account of the tenant's own is changed, and nobody's who is blocked.
    assert_eq!(done("profile"), 44, "{report}");
    assert_eq!(done("manager"), 44);
    assert_eq!(done("group"), 44);
    assert_eq!(done("sponsor"), 44);
    assert_eq!(practice.view("/mails")["total"], 0);
    let table = workdir.table("guests.results.csv");
    for row in &table.0 {
        let follow_up = match row["outcome"].as_str() {
            "exists-accepted" | "exists-pending" => "done",
            _ => "",
        };
        assert_eq!(row["follow_up"], follow_up, "{row:?}");
    }
    assert!(
        table.0[0]["hint"].contains("Teams may take up to a day"),
        "{:?}",
        table.0[0]
    );
    assert!(
        table.0[0]["hint"].contains("set now: company, sponsor, manager and Field Team"),
        "{:?}",
        table.0[0]
    );
    assert_eq!(
        person(&practice, "p31@partner.example")["company_name"],
        "Partner AG"
    );
    assert!(person(&practice, "p50@partner.example")["company_name"].is_null());
    nothing_twice(&practice);

    let asked = practice.view("/follow-ups")["requests"].to_string();
    let report = practice
        .run(&workdir, "guests.csv", &[&UPDATE[..], &["--json"]].concat())
        .expect_code(0)
        .json();
    assert_eq!(practice.view("/follow-ups")["requests"].to_string(), asked);
    assert_eq!(report["this_run"]["follow_ups"]["profile"]["done"], 0);
    let row = &workdir.table("guests.results.csv").0[0];
    assert_eq!(row["follow_up"], "done", "{row:?}");
}

#[test]
fn what_is_so_already_is_not_sent_and_sponsors_are_for_those_who_have_none() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,company,sponsors\nada@partner.example,Partner AG,anna.berg@northwind.example\n",
    );
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    // Another ledger knows nothing of that run.
    for file in ["guestlist.db", "guests.results.csv"] {
        std::fs::remove_file(workdir.path(file)).unwrap();
    }
    let elsewhere = ["--update-existing", "--json"];
    workdir.write(
        "guests.csv",
        "email,company,sponsors\nada@partner.example,Partner AG,priya.shah@northwind.example\n",
    );
    let report = practice
        .run(&workdir, "guests.csv", &elsewhere)
        .expect_code(0)
        .json();
    let counts = &report["this_run"]["follow_ups"];
    assert_eq!(counts["profile"]["already"], 1, "{counts}");
    assert_eq!(counts["sponsor"]["left"], 1, "{counts}");
    assert_eq!(made(&practice, "profile"), 1);
    assert_eq!(requests(&practice, "sponsor").len(), 0);
    let row = &workdir.table("guests.results.csv").0[0];
    assert!(row["hint"].contains("has sponsors already"), "{row:?}");
}
