//! Answers that are incomplete, late or false, and what a later run does about them.

use super::{
    in_process::night,
    proofs::{self, RESULTS, SHEET},
};
use crate::support::client::Answered;
use crate::support::{Answer, Ended, Practice, Relay, Workdir, passed_on};
use guestlist::Exit;
use jiff::{Timestamp, ToSpan};
use serde_json::json;
use std::{collections::HashSet, process::Stdio, sync::Mutex, time::Duration};

const QUICK: [&str; 6] = ["--rate", "max", "--settle", "2s", "--ask-again-after", "3s"];

fn mails(practice: &Practice) -> u64 {
    practice.view("/mails")["total"].as_u64().unwrap()
}

fn posts(practice: &Practice) -> u64 {
    practice.view("/invitations")["total"].as_u64().unwrap()
}

#[test]
fn a_201_with_status_error_or_without_user_or_link_is_looked_into() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 6);
    // After three whole ones, which tell what time it is in the directory.
    let script = ["status_error", "no_user", "no_link"]
        .map(|fault| format!("[[script]]\nkind = \"invitations\"\nskip = 3\nfault = \"{fault}\"\n"))
        .concat();
    let practice = Practice::start(&workdir, &script);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, 6).unsure, 0);
    for row in &table.0[3..] {
        assert_eq!(row["this_run"], "invited", "{row:?}");
        assert!(row["hint"].contains("a look-up found the guest"), "{row:?}");
    }
}

#[test]
fn guests_who_never_appear_stop_the_run_after_five() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 30);
    let practice = Practice::start(&workdir, "[faults.invitations]\nsilent_failure = 1.0");
    practice
        .run(&workdir, SHEET, &QUICK)
        .expect_code(5)
        .says("cannot be found");
    assert_eq!(posts(&practice), 5);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!((outcomes["invited"], outcomes["not-attempted"]), (5, 25));
    for row in workdir.table(RESULTS).with_outcome("invited") {
        assert_eq!(row["verified"], "not-yet", "{row:?}");
    }
    // The weather is over, and the five are still nowhere: nothing new leaves before they are seen.
    practice.post("/weather", "");
    practice
        .run(&workdir, SHEET, &QUICK)
        .expect_code(5)
        .says("cannot be found");
    assert_eq!(posts(&practice), 5);
}

#[test]
fn a_guest_missing_for_a_day_is_told_and_asked_again_only_when_told_so() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(&workdir, "user_token_lifetime = 200000");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    workdir.write(
        SHEET,
        "email\np0001@partner.example\np0002@partner.example\nphantom@partner.example\n",
    );
    practice.post(
        "/weather",
        "[[script]]\nkind = \"invitations\"\nfault = \"silent_failure\"",
    );
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let verified = |row: usize| workdir.table(RESULTS).0[row]["verified"].clone();
    assert_eq!(
        (verified(0), verified(2)),
        ("found".into(), "not-yet".into())
    );
    practice.post("/purge", r#"{"address": "p0002@partner.example"}"#);

    let tomorrow = Timestamp::now() + 25.hours();
    let asked = posts(&practice);
    assert_eq!(
        night(&workdir, &practice, tomorrow, &QUICK),
        Exit::SomeRowsNotDone
    );
    let table = workdir.table(RESULTS);
    assert_eq!(verified(2), "missing");
    assert!(table.0[2]["hint"].contains("--again"), "{:?}", table.0[2]);
    assert_eq!(table.0[1]["outcome"], "gone");
    assert!(table.0[1]["hint"].contains("--again"), "{:?}", table.0[1]);
    assert_eq!(posts(&practice), asked, "never by itself");

    let again = [&QUICK[..], &["--again"]].concat();
    assert_eq!(night(&workdir, &practice, tomorrow, &again), Exit::Done);
    assert_eq!(posts(&practice), asked + 2);
    let table = workdir.table(RESULTS);
    assert_eq!(table.outcomes()["invited"], 3);
    for row in &table.0 {
        proofs::link_leads_to(&practice, row);
        assert_eq!(row["verified"], "found", "{row:?}");
    }
}

#[test]
fn again_does_not_mean_those_who_cannot_be_seen_yet() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 4);
    let practice = Practice::start(
        &workdir,
        "[replication]\nfilters_ms = 60000\nby_id_ms = 60000",
    );
    let again = ["--rate", "max", "--settle", "1s", "--again"];
    for _ in 0..2 {
        practice.run(&workdir, SHEET, &again).expect_code(0);
        assert_eq!(mails(&practice), 4);
    }
    assert_eq!(workdir.table(RESULTS).outcomes()["invited"], 4);
}

#[test]
fn the_refused_are_asked_again_only_when_told_so() {
    let workdir = Workdir::new();
    workdir.write(
        SHEET,
        "email\na@sealed.example\nb@sealed.example\nc@partner.example\n",
    );
    let practice = Practice::start(&workdir, "");
    let one = ["--rate", "max", "--workers", "1"];
    practice.run(&workdir, SHEET, &one).expect_code(4);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!((outcomes["refused"], outcomes["invited"]), (2, 1));
    assert_eq!(posts(&practice), 2, "a domain is refused once for all");

    practice.run(&workdir, SHEET, &one).expect_code(4);
    let tolerant = [&one[..], &["--tolerate", "refused"]].concat();
    practice.run(&workdir, SHEET, &tolerant).expect_code(0);
    practice
        .run(&workdir, SHEET, &[&one[..], &["--retry-refused"]].concat())
        .expect_code(4);
    assert_eq!(mails(&practice), 1);
}

#[test]
fn relink_fetches_a_link_silently_and_once() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 2);
    let practice = Practice::start(&workdir, "");
    practice.post(
        "/people",
        r#"[{"address": "p0001@partner.example", "standing": "pending"}]"#,
    );
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    assert_eq!(workdir.table(RESULTS).0[0]["redeem_url"], "");
    let relink = [&QUICK[..], &["--existing", "relink"]].concat();
    for this_run in ["relinked", "checked"] {
        practice.run(&workdir, SHEET, &relink).expect_code(0);
        let row = workdir.table(RESULTS).0[0].clone();
        assert_eq!(
            (&*row["outcome"], &*row["this_run"]),
            ("exists-pending", this_run)
        );
        proofs::link_leads_to(&practice, &row);
    }
    assert_eq!((posts(&practice), mails(&practice)), (2, 1));
}

#[test]
fn a_slow_ask_is_not_taken_for_the_silent_one_that_followed_it() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(&workdir, "");
    let pace = [
        "--rate",
        "1",
        "--settle",
        "1s",
        "--ask-again-after",
        "1s",
        "--json",
    ];
    let process = practice
        .invite(&workdir, SHEET, &pace)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while practice.view("")["mails"].as_u64().unwrap() < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    // The third ask is seven seconds on its way. Then its answer tells nothing, and the guest cannot be found.
    practice.post("/weather", "[latency]\nmin_ms = 14000\nmax_ms = 14000");
    std::thread::sleep(Duration::from_secs(3));
    practice.post(
        "/weather",
        "[replication]\nfilters_ms = 60000\n[[script]]\nkind = \"invitations\"\nfault = \"unavailable_after\"",
    );
    assert_eq!(process.wait_with_output().unwrap().status.code(), Some(0));
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 3);
    assert_eq!(proof.unsure, 0);
}

#[test]
fn a_slow_invitation_and_lost_links_after_it_mail_once() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 1);
    // The guest is made six seconds after the ask; that answer and those that follow it are lost.
    let practice = Practice::start(
        &workdir,
        "[latency]\ninvitations_ms = 6000\n[[script]]\nkind = \"invitations\"\ncount = 3\nfault = \"lost_after\"",
    );
    practice.run(&workdir, SHEET, &QUICK).expect_code(4);
    assert_eq!((posts(&practice), mails(&practice)), (3, 1));
    let row = workdir.table(RESULTS).0.remove(0);
    assert_eq!(row["outcome"], "unknown", "{row:?}");

    practice.post("/weather", "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let table = workdir.table(RESULTS);
    assert_eq!(table.0[0]["mail"], "requested", "{:?}", table.0[0]);
    assert_eq!(proofs::finished(&practice, &table, 1).unsure, 0);
}

#[test]
fn what_was_left_open_comes_first_also_under_a_cap() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 12);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\nskip = 10\ncount = 2\nfault = \"lost_after\"\nlost_ms = 60000",
    );
    // Ten are invited, and the run is killed while the answers for the last two are awaited.
    let mut killed = practice
        .invite(&workdir, SHEET, &["--rate", "max", "--workers", "2"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while posts(&practice) < 12 {
        std::thread::sleep(Duration::from_millis(50));
    }
    // Everything else is on disk by then.
    std::thread::sleep(Duration::from_millis(500));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let text = workdir.read(SHEET);
    let (header, rows) = text.split_once('\n').unwrap();
    let fresh: String = (1..=5)
        .map(|n| format!("new{n}@partner.example,New {n}\n"))
        .collect();
    workdir.write(SHEET, format!("{header}\n{fresh}{rows}"));
    practice.post("/weather", "");

    let capped = [&QUICK[..], &["--max-invites", "3"]].concat();
    practice.run(&workdir, SHEET, &capped).expect_code(8);
    let table = workdir.table(RESULTS);
    assert_eq!(table.with_outcome("unknown").count(), 0);
    assert_eq!(
        table.outcomes()["not-attempted"],
        4,
        "{:?}",
        table.outcomes()
    );
    proofs::nobody_twice(&practice);
}

#[test]
fn results_after_a_kill_have_every_row() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 12);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\nskip = 8\ncount = 4\nfault = \"lost_after\"\nlost_ms = 60000",
    );
    let mut killed = practice
        .invite(&workdir, SHEET, &["--rate", "max", "--workers", "1"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while posts(&practice) < 9 {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let again = ["results", "--ledger", "guestlist.db", "-o", RESULTS];
    workdir.run(&again).expect_code(0).says("was killed");
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(
        (
            outcomes["invited"],
            outcomes["unknown"],
            outcomes["not-attempted"]
        ),
        (8, 1, 3)
    );

    // Whoever sorts the sheet meanwhile gets nobody else's cells beside a link.
    let text = workdir.read(SHEET);
    let (header, rows) = text.split_once('\n').unwrap();
    let sorted: Vec<&str> = rows.lines().rev().collect();
    workdir.write(SHEET, format!("{header}\n{}\n", sorted.join("\n")));
    workdir.run(&again).expect_code(0).says("another person");
    for row in workdir.table(RESULTS).with_outcome("invited") {
        assert!(!row["redeem_url"].is_empty(), "{row:?}");
        let own = &row["sheet_email"];
        assert!(own.is_empty() || *own == row["email"], "{row:?}");
    }
}

#[test]
fn more_unknown_rows_than_there_is_room_for_do_not_stop_a_run() {
    const UNTOLD: usize = 230;
    let workdir = Workdir::new();
    let mut sheet = "email,display_name\n".to_owned();
    for row in 0..UNTOLD {
        sheet += &format!("p{row:04}@partner.example,Person {row}\n");
        // More answers in a row that do not tell would be an outage. A refusal tells, and no clock can be read from it.
        sheet += &format!("r{row:04}@partner.example,Refused {row}\n");
    }
    workdir.write(SHEET, sheet);
    let practice = Practice::start(
        &workdir,
        "[replication]\nfilters_ms = 20000\nby_id_ms = 300",
    );
    let (asked_for, url) = (Mutex::new(HashSet::new()), practice.url.clone());
    let relay = Relay::start(move |asked| {
        let address = asked
            .path
            .ends_with("/invitations")
            .then(|| serde_json::from_str::<serde_json::Value>(&asked.body).unwrap())
            .map(|body| body["invitedUserEmailAddress"].to_string());
        if address
            .as_ref()
            .is_some_and(|address| address.starts_with("\"r"))
        {
            let body = json!({"error": {"code": "BadRequest", "message": "No."}});
            return Answer::json(400, &body);
        }
        let Answered { status, body, .. } = passed_on(&url, asked);
        if address.is_some_and(|address| asked_for.lock().unwrap().insert(address)) {
            let body = json!({"error": {"code": "ServiceUnavailable", "message": ""}});
            return Answer::json(503, &body);
        }
        Answer(status, "application/json", body)
    });
    let limited = [
        "--workers",
        "1",
        "--max-failures",
        "100%",
        "--tolerate",
        "refused",
        "--max-duration",
        "120s",
    ];
    let mut command = workdir.command(
        &[
            &[
                "invite",
                SHEET,
                "--yes",
                "--new-ledger",
                "--ledger",
                "guestlist.db",
                "--tenant",
                &practice.tenant,
                "--graph-url",
                &relay.url,
                "--authority-url",
                &practice.url,
            ][..],
            &QUICK,
            &limited,
        ]
        .concat(),
    );
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    Ended::of(&mut command).expect_code(0);
    proofs::nobody_twice(&practice);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(
        (outcomes["invited"], outcomes["refused"]),
        (UNTOLD, UNTOLD),
        "{outcomes:?}"
    );
}

#[test]
fn the_rest_goes_out_when_the_guests_of_an_earlier_canary_are_seen() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 9);
    let practice = Practice::start(
        &workdir,
        "[replication]\nfilters_ms = 12000\nby_id_ms = 12000",
    );
    let short = ["--rate", "max", "--settle", "1s"];
    practice.run(&workdir, SHEET, &short).expect_code(5);
    assert_eq!(posts(&practice), 5);
    let patient = ["--rate", "max", "--settle", "60s"];
    practice.run(&workdir, SHEET, &patient).expect_code(0);
    assert_eq!((posts(&practice), mails(&practice)), (9, 9));
    proofs::nobody_twice(&practice);
}
