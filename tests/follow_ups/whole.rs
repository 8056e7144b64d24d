//! A sheet with everything that an invitation cannot carry: late replicas, lost answers, kills, and permissions that come
//! later.

use super::books::{made, nothing_twice, person, requests};
use crate::support::{Ended, Practice, Workdir};
use std::{
    process::Stdio,
    time::{Duration, Instant},
};

const GROUPS: &str = "Project Atlas;Partner Managers;Field Team";
const QUICK: [&str; 8] = [
    "--allow",
    "manager,groups",
    "--rate",
    "max",
    "--workers",
    "8",
    "--settle",
    "5s",
];

fn sheet(rows: usize) -> String {
    let mut text = String::from(
        "email,display_name,company,department,job_title,usage_location,manager,sponsors,groups\n",
    );
    for row in 1..=rows {
        text += &format!(
            "p{row:03}@partner.example,Person {row},Partner {row},Sales,Buyer,DE,anna.berg@northwind.example,priya.shah@northwind.example,{GROUPS}\n"
        );
    }
    text
}

/// Everybody has everything.
fn all_is_set(practice: &Practice, workdir: &Workdir, rows: usize) {
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.0.len(), rows);
    let anna = person(practice, "anna.berg@northwind.example")["id"].clone();
    for row in &table.0 {
        assert_eq!(row["follow_up"], "done", "{row:?}");
        let guest = person(practice, &row["email"]);
        assert_eq!(guest["company_name"], row["company"], "{guest:#}");
        assert_eq!(guest["job_title"], "Buyer", "{guest:#}");
        assert_eq!(guest["manager"], anna, "{guest:#}");
        assert_eq!(guest["groups"].as_array().unwrap().len(), 3, "{guest:#}");
    }
    let counts = ["profile", "manager", "group", "sponsor"].map(|kind| made(practice, kind));
    assert_eq!(counts, [rows, rows, 3 * rows, 0], "each once");
    nothing_twice(practice);
    let mails = practice.view("/mails");
    let mut mails = mails["addresses"].as_object().unwrap().values();
    // After a kill it may not be known whether a mail left; then none is sent.
    assert!(mails.all(|mails| mails.as_array().unwrap().len() == 1));
}

#[test]
fn two_hundred_guests_get_everything_once_whatever_happens() {
    const ROWS: usize = 200;
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(ROWS));
    let practice = Practice::start(
        &workdir,
        "[replication]\nby_id_ms = 200\nwrites_ms = 900\n[faults.userUpdate]\nlost_ms = 50\nlost_after = 0.03\nunavailable_after = 0.03\n\
         [faults.manager]\nlost_ms = 50\nlost_after = 0.03\nthrottled = 0.005\nretry_after = \"1\"\n\
         [faults.members]\nlost_ms = 50\nlost_after = 0.02\nunavailable = 0.02\n",
    );
    // Killed while invitations and follow-ups are under way, then run to the end.
    for lives in [1_500, 2_500, 4_000] {
        let mut command = practice.invite(&workdir, "guests.csv", &QUICK);
        let run = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut run = run.unwrap();
        let end = Instant::now() + Duration::from_millis(lives);
        while Instant::now() < end && run.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let _ = run.kill();
        run.wait().unwrap();
    }
    for _ in 0..3 {
        if practice.run(&workdir, "guests.csv", &QUICK).code == 0 {
            break;
        }
    }
    all_is_set(&practice, &workdir, ROWS);
    let before = practice.view("/follow-ups")["requests"].to_string();
    practice.run(&workdir, "guests.csv", &QUICK).expect_code(0);
    assert_eq!(practice.view("/follow-ups")["requests"].to_string(), before);
}

#[test]
fn a_guest_costs_one_request_for_each_change() {
    const ROWS: usize = 100;
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(ROWS));
    let practice = Practice::start(&workdir, "");
    let ended = practice.run(&workdir, "guests.csv", &[&QUICK[..], &["--json"]].concat());
    let report = ended.expect_code(0).json();
    all_is_set(&practice, &workdir, ROWS);
    // One invitation, one profile, one manager, three groups; the look-ups are few.
    let total = report["requests"]["total"].as_u64().unwrap();
    assert!(total <= 6 * ROWS as u64 + 30, "{total} requests");
    let counts = &report["this_run"]["follow_ups"];
    assert_eq!(counts["group"]["done"], 300, "{counts}");
    assert_eq!(counts["profile"]["done"], 100, "{counts}");
    let row = &workdir.table("guests.results.csv").0[0];
    assert!(
        row["hint"].contains("added to Field Team; Teams may take up to a day"),
        "{row:?}"
    );
    let story = ["status", "p001@partner.example"];
    let story = Ended::of(&mut practice.verb(&workdir, &story)).expect_code(0);
    for told in ["companyName", "the manager", "the membership of the group"] {
        assert!(story.stdout.contains(told), "{}", story.stdout);
    }
}

#[test]
fn with_the_least_permissions_everybody_is_invited_and_the_rest_waits_for_the_permission() {
    const ROWS: usize = 40;
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(ROWS));
    let practice = Practice::start(
        &workdir,
        "[permissions]\napp = [\"User.Invite.All\", \"User.Read.All\"]",
    );
    let run = || Ended::of(&mut practice.invite_as_app(&workdir, "guests.csv", &QUICK));
    let ended = run().expect_code(4);
    for permission in [
        "User.ReadUpdate.All",
        "User.ReadWrite.All",
        "GroupMember.Read",
    ] {
        assert!(ended.stderr.contains(permission), "{}", ended.stderr);
    }
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.outcomes()["invited"], ROWS);
    assert!(
        table.0.iter().all(|row| row["follow_up"] == "failed"),
        "{table:?}"
    );
    let asked = ["profile", "manager", "group"].map(|kind| requests(&practice, kind).len());
    assert!(asked[0] <= 1 && asked[1] <= 1 && asked[2] <= 1, "{asked:?}");

    practice.post("/weather", "");
    run().expect_code(0);
    all_is_set(&practice, &workdir, ROWS);
}

/// A cap ends the invitations, and nothing else.
#[test]
fn whoever_was_invited_before_the_cap_gets_everything_in_the_same_run() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(8));
    let practice = Practice::start(&workdir, "[replication]\nwrites_ms = 900\n");
    for (cap, done) in [("3", 3), ("2", 5)] {
        let more = [&QUICK[..], &["--max-invites", cap]].concat();
        practice.run(&workdir, "guests.csv", &more).expect_code(8);
        let table = workdir.table("guests.results.csv");
        let finished = table.0.iter().filter(|row| row["follow_up"] == "done");
        assert_eq!(finished.count(), done, "{:?}", table.0);
        assert_eq!(table.outcomes()["not-attempted"], 8 - done);
        assert_eq!(made(&practice, "group"), 3 * done);
    }
    practice.run(&workdir, "guests.csv", &QUICK).expect_code(0);
    all_is_set(&practice, &workdir, 8);
}
