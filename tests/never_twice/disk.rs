//! The disk of the ledger is full: no invitation leaves without a durable intent, and nothing is lost.
#![cfg(unix)]

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Ended, Practice, Workdir};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A file system of its own, a megabyte large, for as long as this lives.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where mounting is not allowed.
    fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir(&at).unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], &at);
        mounted.then_some(Self(at))
    }

    fn grow(&self) {
        assert!(mount(&["-o", "remount,size=64m"], &self.0));
    }
}

fn mount(how: &[&str], at: &Path) -> bool {
    Command::new("mount")
        .args(how)
        .arg(at)
        .output()
        .is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// As many rows as the ledger knows an intent for.
fn intents(ledger: &Path) -> usize {
    let ledger = rusqlite::Connection::open(ledger).unwrap();
    ledger
        .query_row(
            "SELECT count(*) FROM event WHERE kind = 'intent'",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

#[test]
fn a_full_disk_stops_the_run_and_space_lets_it_go_on() {
    let workdir = Workdir::new();
    let Some(disk) = SmallDisk::mount(workdir.path("small")) else {
        eprintln!("skipped: a small file system cannot be mounted here (it takes root)");
        return;
    };
    proofs::sheet(&workdir, 1_500);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 1\nmax_ms = 10");
    let arguments = [
        "--ledger",
        "small/guestlist.db",
        "--new-ledger",
        "--rate",
        "max",
        "--workers",
        "8",
        "--settle",
        "2s",
        "--ask-again-after",
        "3s",
        "--json",
    ];
    let run = || Ended::of(&mut practice.invite_bare(&workdir, SHEET, &arguments));

    let stopped = run()
        .expect_code(5)
        .says("disk is full")
        .says("make space")
        .says("guestlist results --run");
    assert_eq!(stopped.json()["stopped_by"], "ledger");
    // The results lie on another disk: everything that was answered is in them, whatever the ledger could take.
    let table = workdir.table(RESULTS);
    assert_eq!(table.0.len(), 1_500);
    let told = |row: &&std::collections::HashMap<String, String>| !row["redeem_url"].is_empty();
    let told: Vec<_> = table.0.iter().filter(told).collect();
    assert_eq!(told.len(), proofs::mails(&practice).len());
    for row in told {
        proofs::link_leads_to(&practice, row);
    }
    let asked = practice.view("/invitations")["total"].as_u64().unwrap() as usize;
    assert!((1..1_500).contains(&asked), "{asked}");
    proofs::nobody_twice(&practice);
    // Still full: it says so again, and asks for nobody it cannot remember.
    let again = run();
    assert_eq!(again.code, 5);
    assert_ne!(again.json()["stopped_by"], "refused");
    proofs::nobody_twice(&practice);

    disk.grow();
    run().expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 1_500);
    assert_eq!(proof.unsure, 0);
    let asked = practice.view("/invitations")["total"].as_u64().unwrap() as usize;
    let intents = intents(&workdir.path("small/guestlist.db"));
    assert!(intents >= asked, "{asked} requests on {intents} intents");
}

#[test]
fn a_used_up_quota_is_like_a_full_disk() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 300);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 1\nmax_ms = 10");
    let pace = ["--rate", "max", "--workers", "8", "--settle", "2s"];
    // A limit on the size of files says no like a quota does, and everybody may set one.
    let limits = ["sh", "-c", "trap '' XFSZ; ulimit -f 800; exec \"$@\"", "sh"];
    let program = practice.invite(&workdir, SHEET, &pace);
    Ended::of(&mut workdir.inside(&limits, &program))
        .expect_code(5)
        .says("a quota is used up");
    proofs::nobody_twice(&practice);
    let again = [&pace[..], &["--ask-again-after", "3s"]].concat();
    practice.run(&workdir, SHEET, &again).expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 300);
    assert_eq!(proof.unsure, 0);
}
