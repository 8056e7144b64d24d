//! Results and ledgers: not ours, not writable, not there, or in use.

use super::page::Page;
use crate::support::{Ended, Guests, Practice, Workdir};
use std::{
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

#[test]
fn results_never_land_on_somebody_elses_file_or_nowhere() {
    let workdir = Workdir::new();
    std::fs::create_dir(workdir.path("folder")).unwrap();
    let payroll = "name,salary\nAda,1\n";
    workdir
        .write("guests.csv", Guests::new().people(2))
        .write("payroll.csv", payroll)
        .write("guests.practice.to-fix.csv", payroll);
    let mut page = Page::new(&workdir);
    let results = |results| ["invite", "guests.csv", "--sandbox", "-o", results];
    page.mistake("somebody's own file to fix", 2, &results("fine.csv"));
    std::fs::remove_file(workdir.path("guests.practice.to-fix.csv")).unwrap();
    page.mistake(
        "results over somebody's own file",
        2,
        &results("payroll.csv"),
    );
    page.mistake("results over the sheet itself", 2, &results("guests.csv"));
    page.mistake("results into a folder's place", 2, &results("folder"));
    page.mistake(
        "results into a folder that is not there",
        2,
        &results("no/such/results.csv"),
    );
    page.mistake(
        "results below a file",
        2,
        &results("payroll.csv/results.csv"),
    );
    page.compare("results");
    assert_eq!(workdir.read("payroll.csv"), payroll);
    assert_eq!(workdir.read("guests.csv"), Guests::new().people(2).text());
}

#[test]
fn a_ledger_that_is_not_ours_is_left_as_it_is() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write("guests.csv", Guests::new().people(2))
        .write("letter.db", "Dear Sir or Madam,\n")
        .write("empty.db", "");
    std::fs::create_dir(workdir.path("folder.db")).unwrap();
    let other = rusqlite::Connection::open(workdir.path("photos.db")).unwrap();
    other
        .execute_batch("CREATE TABLE photo (name TEXT)")
        .unwrap();
    drop(other);
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "http://TENANT");
    let with = |ledger, more: &[&'static str]| {
        let named = ["--ledger", ledger, "--tenant", &practice.tenant];
        let at = [
            "--graph-url",
            &practice.url,
            "--authority-url",
            &practice.url,
        ];
        [
            &["invite", "guests.csv", "--yes"],
            &named[..],
            &at[..],
            more,
        ]
        .concat()
    };
    for (title, ledger) in [
        ("a ledger that is a letter", "letter.db"),
        ("a ledger that is another program's database", "photos.db"),
        ("a ledger that is a folder", "folder.db"),
        ("a ledger in a folder that is not there", "no/such.db"),
    ] {
        let before = std::fs::read(workdir.path(ledger)).ok();
        page.mistake(title, 2, &with(ledger, &["--new-ledger"]));
        assert_eq!(std::fs::read(workdir.path(ledger)).ok(), before, "{title}");
    }
    page.mistake("a ledger that is missing", 2, &with("missing.db", &[]));
    page.mistake(
        "runs of a ledger that is missing",
        2,
        &["runs", "--ledger", "missing.db"],
    );
    page.compare("ledgers");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn a_ledger_of_another_tenant_is_refused() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    // The same file, as if it had been made for somebody else.
    let ledger = rusqlite::Connection::open(workdir.path("guestlist.db")).unwrap();
    ledger
        .execute_batch(
            "UPDATE tenant SET id = '11111111-2222-3333-4444-555555555555', name = 'Contoso'; DELETE FROM run",
        )
        .unwrap();
    drop(ledger);
    practice.post("/reset", "");
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "http://TENANT");
    page.mistake_of(
        "a ledger of another tenant",
        2,
        &mut practice.invite(&workdir, "guests.csv", &[]),
    );
    page.compare("other-ledger");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn a_second_run_on_the_same_ledger_says_who_holds_it() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 400\nmax_ms = 400\n");
    workdir.write("guests.csv", Guests::new().people(12));
    let mut first = practice.invite(&workdir, "guests.csv", &[]);
    let mut first = first
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while practice.view("")["invitations"] == 0 {
        assert!(Instant::now() < end, "the first run does not begin");
        thread::sleep(Duration::from_millis(50));
    }
    let second = Ended::of(&mut practice.invite(&workdir, "guests.csv", &["-o", "second.csv"]));
    let pid = first.id().to_string();
    let held = second.expect_code(5).says("guestlist.db").says(&pid);
    assert!(held.stderr.contains("hint"), "{}", held.stderr);
    assert!(!workdir.exists("second.csv"));

    assert!(first.wait().unwrap().success());
    assert_eq!(practice.view("/mails")["total"], 12);
}

/// What happened is in the ledger; the results can be written again from it.
#[test]
fn results_that_become_unwritable_during_the_run_lose_nothing() {
    let workdir = Workdir::new();
    std::fs::create_dir(workdir.path("out")).unwrap();
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 200\nmax_ms = 200\n");
    workdir.write("guests.csv", Guests::new().people(6));
    let mut run = practice.invite(
        &workdir,
        "guests.csv",
        &["-o", "out/results.csv", "--to-fix", "to-fix.csv"],
    );
    let run = run
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while practice.view("")["invitations"] == 0 {
        assert!(Instant::now() < end, "the run does not begin");
        thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_dir(workdir.path("out")).unwrap();
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("guestlist results"), "{said}");
    assert_eq!(practice.view("/mails")["total"], 6);

    workdir
        .run(&["results", "-o", "again.csv", "--ledger", "guestlist.db"])
        .expect_code(0);
    let again = workdir.table("again.csv");
    assert_eq!(again.outcomes()["invited"], 6);
    assert!(again.0.iter().all(|row| !row["redeem_url"].is_empty()));
}
