//! A copy of a ledger and an import are there whole or not at all, whenever the program is killed or a file is refused;
//! and what can be wrong with a ledger has an exit code and an advice.

use crate::support::{Ended, Workdir};
use rusqlite::Connection;
use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

const LEDGER: &str = "guestlist.db";
const TENANT: &str = "5e7a1c60-3b0d-4f52-9c1e-2f6d8a9b4c11";
const PEOPLE: usize = 3_000;
const KILLS: u32 = 12;

/// A results file that tells of so many invited people.
fn results(workdir: &Workdir, name: &str, domain: &str, people: usize) {
    let mut text = String::from(
        "row,outcome,email,display_name,hint,redeem_url,redemption,mail,error_code,error,invited_at,this_run,verified,follow_up,user_id,tenant_id,run,request_id\n",
    );
    for row in 2..people + 2 {
        let id = uuid::Uuid::from_u128(row as u128);
        text += &format!(
            "{row},invited,p{row}@{domain},Person {row},,https://login.microsoftonline.com/redeem?user={id},PendingAcceptance,requested,,,2026-01-02T03:04:05Z,invited,found,,{id},{TENANT},20260102-030405-abcd,\n"
        );
    }
    workdir.write(name, text);
}

/// How many people a ledger knows, once SQLite has found nothing wrong with it.
fn people(workdir: &Workdir, ledger: &str) -> usize {
    let connection = Connection::open(workdir.path(ledger)).unwrap();
    let text = |sql| connection.query_row(sql, [], |row| row.get::<_, String>(0));
    assert_eq!(text("PRAGMA integrity_check").unwrap(), "ok");
    connection
        .query_row("SELECT count(*) FROM person", [], |row| row.get(0))
        .unwrap()
}

fn import(workdir: &Workdir, files: &[&str]) -> Ended {
    workdir.run(&[&["ledger", "import"], files, &["--ledger", LEDGER]].concat())
}

/// Kills the command after parts of the time that it takes; `look` is called after each kill.
fn killed(workdir: &Workdir, arguments: &[&str], takes: Duration, mut look: impl FnMut()) {
    for kill in 0..KILLS {
        let mut process = workdir
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(takes * kill / (KILLS - 1));
        process.kill().unwrap();
        process.wait().unwrap();
        look();
    }
}

fn timed(run: impl FnOnce() -> Ended) -> Duration {
    let began = Instant::now();
    run().expect_code(0);
    began.elapsed()
}

/// Nothing that was begun stays, once a later run has looked.
fn no_leftovers(workdir: &Workdir) {
    let left: Vec<String> = fs::read_dir(workdir.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".guestlist-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_backup_that_is_killed_is_a_whole_copy_or_none() {
    let workdir = Workdir::new();
    results(&workdir, "r.csv", "partner.example", PEOPLE);
    import(&workdir, &["r.csv"]).expect_code(0);
    let backup = ["ledger", "backup", "copy.db", "--ledger", LEDGER];
    let copy = workdir.path("copy.db");
    let takes = timed(|| workdir.run(&backup));
    fs::remove_file(&copy).unwrap();
    killed(&workdir, &backup, takes, || {
        if copy.exists() {
            assert_eq!(people(&workdir, "copy.db"), PEOPLE);
            fs::remove_file(&copy).unwrap();
        }
    });
    workdir.run(&backup).expect_code(0);
    assert_eq!(people(&workdir, "copy.db"), PEOPLE);
    no_leftovers(&workdir);
    // Another copy takes another name.
    workdir.run(&backup).expect_code(2).says("exists already");
}

#[test]
fn an_import_that_is_killed_takes_everybody_or_nobody() {
    let workdir = Workdir::new();
    results(&workdir, "a.csv", "partner.example", PEOPLE / 2);
    results(&workdir, "b.csv", "supplier.example", PEOPLE / 2);
    results(&workdir, "one.csv", "customer.example", 1);
    let both = ["ledger", "import", "a.csv", "b.csv", "--ledger", LEDGER];
    let ledger = workdir.path(LEDGER);
    let takes = timed(|| workdir.run(&both));
    fs::remove_file(&ledger).unwrap();
    killed(&workdir, &both, takes, || {
        if ledger.exists() {
            assert_eq!(people(&workdir, LEDGER), PEOPLE);
            fs::remove_file(&ledger).unwrap();
        }
    });
    // Into a ledger that knows somebody.
    import(&workdir, &["one.csv"]).expect_code(0);
    let mut all = false;
    killed(&workdir, &both, takes, || {
        let known = people(&workdir, LEDGER);
        assert!([1, PEOPLE + 1].contains(&known), "{known}");
        assert!(!all || known > 1);
        all = known > 1;
    });
    workdir.run(&both).expect_code(0);
    assert_eq!(people(&workdir, LEDGER), PEOPLE + 1);
    no_leftovers(&workdir);
}

#[test]
fn of_files_of_which_one_is_refused_nothing_is_taken() {
    let workdir = Workdir::new();
    results(&workdir, "good.csv", "partner.example", 5);
    results(&workdir, "one.csv", "customer.example", 1);
    workdir.write("bad.csv", "email\na@partner.example\n");
    import(&workdir, &["good.csv", "bad.csv"])
        .expect_code(3)
        .says("nothing was taken");
    assert!(!workdir.exists(LEDGER), "no ledger that knows nobody");
    import(&workdir, &["one.csv"]).expect_code(0);
    import(&workdir, &["good.csv", "bad.csv"]).expect_code(3);
    assert_eq!(people(&workdir, LEDGER), 1);
    import(&workdir, &["good.csv"]).expect_code(0);
    assert_eq!(people(&workdir, LEDGER), 6);
    no_leftovers(&workdir);
}

#[test]
fn what_a_lost_ledger_left_beside_its_name_does_not_get_into_the_next_one() {
    let workdir = Workdir::new();
    results(&workdir, "old.csv", "customer.example", 400);
    results(&workdir, "new.csv", "partner.example", 7);
    import(&workdir, &["old.csv"]).expect_code(0);
    let (wal, kept) = (workdir.path("guestlist.db-wal"), workdir.path("kept"));
    let old = Connection::open(workdir.path(LEDGER)).unwrap();
    old.execute_batch("PRAGMA journal_mode = wal; UPDATE person SET mail = 'none'")
        .unwrap();
    fs::copy(&wal, &kept).unwrap();
    drop(old);
    fs::remove_file(workdir.path(LEDGER)).unwrap();
    fs::rename(&kept, &wal).unwrap();
    import(&workdir, &["new.csv"]).expect_code(0);
    assert_eq!(people(&workdir, LEDGER), 7);
}

#[test]
fn a_locked_ledger_is_temporary_and_a_damaged_one_is_told() {
    let workdir = Workdir::new();
    results(&workdir, "r.csv", "partner.example", 400);
    results(&workdir, "one.csv", "customer.example", 1);
    import(&workdir, &["r.csv"]).expect_code(0);
    let other = Connection::open(workdir.path(LEDGER)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    import(&workdir, &["one.csv"])
        .expect_code(5)
        .says("another program has the ledger locked")
        .says("run the same command again");
    drop(other);
    import(&workdir, &["one.csv"]).expect_code(0);

    let ledger = workdir.path(LEDGER);
    let mut bytes = fs::read(&ledger).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&ledger, bytes).unwrap();
    import(&workdir, &["one.csv"])
        .expect_code(2)
        .says("the ledger is damaged")
        .says("guestlist ledger import");
}
