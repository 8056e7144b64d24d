//! Runs that end before their sheet: limits, piled-up failures, results that cannot be written.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Ended, Practice, Workdir};
use std::{fs, process::Stdio, time::Duration};

fn posts(practice: &Practice) -> u64 {
    practice.view("/invitations")["total"].as_u64().unwrap()
}

#[test]
fn a_number_of_invitations_and_a_time_are_limits() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 60);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 50\nmax_ms = 50");
    let ended = practice
        .run(
            &workdir,
            SHEET,
            &[
                "--rate",
                "max",
                "--workers",
                "8",
                "--max-invites",
                "23",
                "--json",
            ],
        )
        .expect_code(8);
    assert_eq!(posts(&practice), 23);
    assert_eq!(ended.json()["stopped_by"], "max-invites");
    let ended = practice
        .run(
            &workdir,
            SHEET,
            &["--rate", "5", "--max-duration", "2s", "--json"],
        )
        .expect_code(10);
    assert_eq!(ended.json()["stopped_by"], "max-duration");
    assert!(ended.json()["elapsed_seconds"].as_f64().unwrap() < 5.0);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(outcomes["invited"] + outcomes["not-attempted"], 60);
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--workers", "8"])
        .expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table(RESULTS), 60).unsure,
        0
    );
}

/// The time runs from the first moment: also a sign-in or a first look that the server holds up ends with it, with
/// results that keep what earlier runs know.
#[test]
fn the_time_ends_a_run_that_never_reached_its_first_row() {
    let held_up = [
        (
            "organization",
            "fault = \"throttled\"\nretry_after = \"89\"",
        ),
        ("organization", "fault = \"lost_before\"\nlost_ms = 60000"),
        ("token", "fault = \"lost_before\"\nlost_ms = 60000"),
        ("batch", "fault = \"throttled\"\nretry_after = \"89\""),
    ];
    for (kind, fault) in held_up {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 3);
        let practice = Practice::start(&workdir, "");
        practice
            .run(&workdir, SHEET, &["--rate", "max"])
            .expect_code(0);
        let known = workdir.read(SHEET);
        let sheet = known
            .replace("display_name", "display_name,sponsors")
            .replace('\n', ",\n");
        let sheet = sheet.replacen("sponsors,", "sponsors", 1);
        workdir.write(
            SHEET,
            sheet + "new@partner.example,New,someone@contoso.example\n",
        );
        practice.post("/reset", "");
        practice.post(
            "/weather",
            &format!("[[script]]\nkind = \"{kind}\"\ncount = 1000\n{fault}"),
        );
        let began = std::time::Instant::now();
        let time = ["--max-duration", "3s", "--json"];
        let ended = Ended::of(&mut practice.invite_as_app(&workdir, SHEET, &time)).expect_code(10);
        assert!(began.elapsed() < Duration::from_secs(20), "{kind} {fault}");
        assert_eq!(ended.json()["stopped_by"], "max-duration", "{kind} {fault}");
        assert_eq!(ended.json()["rows"], 4);
        let table = workdir.table(RESULTS);
        let outcomes = table.outcomes();
        assert_eq!(
            (outcomes["invited"], outcomes["not-attempted"]),
            (3, 1),
            "{kind} {fault}: {outcomes:?}"
        );
        let links = table.0.iter().filter(|row| !row["redeem_url"].is_empty());
        assert_eq!(links.count(), 3, "{kind} {fault}");
        assert_eq!(posts(&practice), 0);
        // The ledger is closed, and knows how the run ended.
        workdir
            .run(&["runs", "--ledger", "guestlist.db"])
            .expect_code(0);
    }
}

/// Also an invitation that is under way when the run ends for a lesser reason can be told to wait for longer than a run
/// takes: that is graver, and whoever runs the command has to know when to come back.
#[test]
fn a_wait_that_is_too_long_is_told_also_when_the_run_ends_anyway() {
    let throttled =
        "[[script]]\nkind = \"invitations\"\nfault = \"throttled\"\nretry_after = \"4000\"";
    let slow = format!("[latency]\ninvitations_ms = 7000\n{throttled}");
    for (weather, limit) in [
        (throttled, ["--max-invites", "1"]),
        (&slow, ["--max-duration", "5s"]),
    ] {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 3);
        let practice = Practice::start(&workdir, weather);
        let flags = [&["--rate", "max", "--workers", "1", "--json"], &limit[..]].concat();
        let ended = practice.run(&workdir, SHEET, &flags).expect_code(5);
        assert_eq!(ended.json()["stopped_by"], "try-again", "{limit:?}");
        ended
            .says("Graph asks to slow down")
            .says("the server asks to wait");
        let asked = practice.view("/requests")["kinds"]["invitations"].clone();
        assert_eq!(asked["throttled"], 1, "{limit:?}");
    }
}

#[test]
fn failures_that_pile_up_stop_the_run() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 60);
    let practice = Practice::start(&workdir, "[faults.invitations]\nunavailable = 0.7");
    let quick = [
        "--rate",
        "max",
        "--settle",
        "1s",
        "--max-failures",
        "5",
        "--json",
    ];
    let ended = practice.run(&workdir, SHEET, &quick).expect_code(5);
    assert_eq!(ended.json()["stopped_by"], "failures");
    ended.says("look at error and hint");
    practice.post("/weather", "");
    // New people are asked meanwhile: through them the clocks can be compared.
    proofs::sheet(&workdir, 65);
    practice
        .run(
            &workdir,
            SHEET,
            &["--rate", "max", "--settle", "1s", "--ask-again-after", "2s"],
        )
        .expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table(RESULTS), 65).unsure,
        0
    );
}

#[test]
fn results_whose_folder_vanishes_are_written_again_from_the_ledger() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 20);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 100\nmax_ms = 100");
    fs::create_dir(workdir.path("out")).unwrap();
    let process = practice
        .invite(&workdir, SHEET, &["--rate", "10", "-o", "out/results.csv"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while practice.view("")["mails"].as_u64().unwrap() < 3 {
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::remove_dir_all(workdir.path("out")).unwrap();
    let output = process.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_ne!(output.status.code(), Some(0), "{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("nothing is lost"), "{said}");
    workdir
        .run(&["results", "--ledger", "guestlist.db", "-o", RESULTS])
        .expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table(RESULTS), 20).unsure,
        0
    );
}

#[test]
fn links_are_left_out_of_results_and_kept_in_the_ledger() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--links", "none"])
        .expect_code(0);
    let written = workdir.read(RESULTS);
    assert!(
        !written.contains("redeem/") && !written.contains("ticket"),
        "{written}"
    );
    Ended::of(&mut workdir.command(&["results", "--ledger", "guestlist.db", "-o", "full.csv"]))
        .expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table("full.csv"), 3).unsure,
        0
    );
}
