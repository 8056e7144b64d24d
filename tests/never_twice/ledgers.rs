//! The ledger as a file: lost, rebuilt, copied, busy, too new, somebody else's.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Ended, Practice, Workdir};
use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

const LEDGER: &str = "guestlist.db";

fn total(practice: &Practice, what: &str) -> u64 {
    practice.view(what)["total"].as_u64().unwrap()
}

/// A folder in which 20 people have been invited.
fn invited() -> (Workdir, Practice) {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 20);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(0);
    assert_eq!(total(&practice, "/mails"), 20);
    (workdir, practice)
}

fn delete_ledger(workdir: &Workdir) {
    // A clean end leaves one file, which is the whole truth.
    for beside in ["guestlist.db-wal", "guestlist.db-shm"] {
        assert!(!workdir.exists(beside), "{beside} is left over");
    }
    fs::remove_file(workdir.path(LEDGER)).unwrap();
}

#[test]
fn without_its_ledger_the_second_night_refuses_and_a_new_one_mails_nobody() {
    let (workdir, practice) = invited();
    delete_ledger(&workdir);
    let requests = total(&practice, "/invitations");
    let mut night = practice.invite_bare(&workdir, SHEET, &["--ledger", LEDGER]);
    Ended::of(&mut night)
        .expect_code(2)
        .says("does not exist")
        .says("ledger import");
    assert!(!workdir.exists(LEDGER));

    // With the results moved away, somebody has decided to begin anew.
    fs::rename(workdir.path(RESULTS), workdir.path("aside.csv")).unwrap();
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(0);
    assert_eq!(total(&practice, "/invitations"), requests);
    assert_eq!(workdir.table(RESULTS).outcomes()["exists-pending"], 20);
    proofs::nobody_twice(&practice);
}

#[test]
fn results_files_rebuild_a_lost_ledger() {
    let (workdir, practice) = invited();
    let links = |table: &crate::support::Table| -> Vec<String> {
        table
            .0
            .iter()
            .map(|row| row["redeem_url"].clone())
            .collect()
    };
    let before = links(&workdir.table(RESULTS));
    delete_ledger(&workdir);
    for known in ["20 people taken", "0 people taken"] {
        workdir
            .run(&["ledger", "import", RESULTS, "--ledger", LEDGER])
            .expect_code(0)
            .says(known);
    }
    let requests = total(&practice, "/invitations");
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(0);
    assert_eq!(total(&practice, "/invitations"), requests);
    let table = workdir.table(RESULTS);
    assert_eq!(links(&table), before);
    assert_eq!(proofs::finished(&practice, &table, 20).unsure, 0);

    // Something else than results is refused, and nothing of it is taken.
    workdir
        .run(&["ledger", "import", SHEET, "--ledger", LEDGER])
        .expect_code(3);
}

#[test]
fn a_backup_is_a_whole_ledger() {
    let (workdir, practice) = invited();
    let backup = ["ledger", "backup", "copy.db", "--ledger", LEDGER];
    workdir.run(&backup).expect_code(0);
    workdir
        .run(&backup)
        .expect_code(2)
        .says("copy.db exists already");
    delete_ledger(&workdir);
    let mut night = practice.invite_bare(&workdir, SHEET, &["--ledger", "copy.db"]);
    Ended::of(&mut night).expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table(RESULTS), 20).unsure,
        0
    );
}

#[test]
fn a_second_run_at_the_same_time_is_refused_and_told_who_has_the_ledger() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 40);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 200\nmax_ms = 200");
    let mut first = practice
        .invite(&workdir, SHEET, &["--rate", "10"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while practice.view("")["mails"] == 0 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = practice
        .run(&workdir, SHEET, &["-o", "second.csv"])
        .expect_code(5);
    let holder = format!("process {} on", first.id());
    assert!(
        second.stderr.contains(&holder),
        "{holder}: {}",
        second.stderr
    );
    // A copy may be made meanwhile.
    workdir
        .run(&["ledger", "backup", "copy.db", "--ledger", LEDGER])
        .expect_code(0);
    assert_eq!(first.wait().unwrap().code(), Some(0));
    proofs::finished(&practice, &workdir.table(RESULTS), 40);
}

#[test]
fn a_newer_format_and_another_tenants_ledger_are_refused() {
    let (workdir, practice) = invited();
    let ledger = rusqlite::Connection::open(workdir.path(LEDGER)).unwrap();
    let other = "99999999-2222-3333-4444-555555555555";
    ledger
        .execute("UPDATE tenant SET id = ?1", [other])
        .unwrap();
    practice
        .run(&workdir, SHEET, &[])
        .expect_code(2)
        .says(other)
        .says(&practice.tenant);
    ledger.pragma_update(None, "user_version", 99).unwrap();
    practice
        .run(&workdir, SHEET, &[])
        .expect_code(2)
        .says("newer guestlist");
    assert_eq!(total(&practice, "/invitations"), 20);
}

/// What `harm` does to the ledger happens while a run of 30 rows is under way: the run ends, and its results have
/// everybody whom it mailed.
#[cfg(unix)]
fn harmed_in_mid_run(harm: &dyn Fn(&Workdir)) -> (Workdir, Practice) {
    let workdir = Workdir::new();
    workdir.write("first.csv", "email\nfirst@partner.example\n");
    proofs::sheet(&workdir, 30);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, "first.csv", &["--rate", "max"])
        .expect_code(0);
    fs::copy(workdir.path(LEDGER), workdir.path("copy.db")).unwrap();
    practice.post("/weather", "[latency]\nmin_ms = 200\nmax_ms = 200");
    let night = practice
        .invite(
            &workdir,
            SHEET,
            &["--rate", "20", "--workers", "2", "--json"],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while total(&practice, "/mails") < 5 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(20));
    }
    harm(&workdir);
    let output = night.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("deleted, moved or replaced"), "{told}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["stopped_by"], "ledger-gone");

    let table = workdir.table(RESULTS);
    assert_eq!(table.0.len(), 30);
    let linked: Vec<_> = table
        .0
        .iter()
        .filter(|row| !row["redeem_url"].is_empty())
        .collect();
    assert_eq!(linked.len() + 1, proofs::mails(&practice).len());
    assert!(linked.len() < 30, "the run went on");
    for row in linked {
        proofs::link_leads_to(&practice, row);
    }
    (workdir, practice)
}

#[cfg(unix)]
#[test]
fn a_ledger_deleted_in_mid_run_stops_the_run_and_its_results_rebuild_it() {
    let (workdir, practice) = harmed_in_mid_run(&|workdir| {
        for file in ["guestlist.db", "guestlist.db-wal", "guestlist.db-shm"] {
            fs::remove_file(workdir.path(file)).unwrap();
        }
    });
    let mut night = practice.invite_bare(&workdir, SHEET, &["--ledger", LEDGER]);
    Ended::of(&mut night).expect_code(2).says("ledger import");
    workdir
        .run(&["ledger", "import", RESULTS, "--ledger", LEDGER])
        .expect_code(0);
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--settle", "2s"])
        .expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 30);
}

#[cfg(unix)]
#[test]
fn a_run_whose_ledger_was_replaced_by_an_older_copy_ends() {
    let (workdir, practice) = harmed_in_mid_run(&|workdir| {
        fs::rename(workdir.path("copy.db"), workdir.path(LEDGER)).unwrap();
        for file in ["guestlist.db-wal", "guestlist.db-shm"] {
            let _ = fs::remove_file(workdir.path(file));
        }
    });
    practice.post("/weather", "");
    // Beside results of a run that the copy does not know, it is older than the world.
    practice
        .run(
            &workdir,
            SHEET,
            &["--rate", "max", "--settle", "2s", "--ask-again-after", "3s"],
        )
        .expect_code(0)
        .says("may not know every earlier invitation");
    proofs::nobody_twice(&practice);
}
