//! `-o -`: the results on standard output.

use crate::support::{Ended, Guests, Table, Workdir};
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

fn workdir() -> Workdir {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(3));
    workdir
}

fn table(workdir: &Workdir, ended: &Ended) -> Table {
    workdir.write("read.csv", &ended.stdout);
    workdir.table("read.csv")
}

#[test]
fn results_go_to_standard_output_as_csv_and_nowhere_else() {
    let workdir = workdir();
    let run = ["invite", "guests.csv", "--sandbox", "-o", "-"];
    let ended = workdir.run(&run).expect_code(0).says("standard output");
    let invited = table(&workdir, &ended);
    assert_eq!(invited.outcomes()["invited"], 3);
    assert!(invited.0.iter().all(|row| !row["redeem_url"].is_empty()));
    assert!(!workdir.exists("guests.practice.csv") && !workdir.exists("-"));

    // The same from the ledger.
    let again = workdir
        .run(&["results", "--sandbox", "-o", "-"])
        .expect_code(0);
    assert_eq!(again.stdout, ended.stdout);
}

#[test]
fn only_one_thing_goes_to_standard_output() {
    let workdir = workdir();
    let both = ["invite", "guests.csv", "--sandbox", "-o", "-", "--json"];
    workdir
        .run(&both)
        .expect_code(2)
        .says("both write to standard output");
    let fix = ["invite", "guests.csv", "--sandbox", "--to-fix", "-"];
    workdir
        .run(&fix)
        .expect_code(2)
        .says("only results can go to standard output");
    assert!(!workdir.exists("guestlist.practice.db"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2_000));
    let run = ["invite", "guests.csv", "--sandbox", "-o", "-", "--dry-run"];
    let mut command = workdir.command(&run);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("row,outcome"), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_reader_that_takes_nothing_does_not_hold_an_interrupted_run() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2_000));
    let run = ["invite", "guests.csv", "--sandbox", "-o", "-", "--dry-run"];
    let mut command = workdir.command(&run);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut results = BufReader::with_capacity(64, child.stdout.take().unwrap());
    let mut first = String::new();
    results.read_line(&mut first).unwrap();
    let pid = child.id().to_string();
    let told = std::process::Command::new("kill").arg(&pid).status();
    assert!(told.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
