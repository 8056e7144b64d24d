//! A 429 says "not performed"; servers have been seen to say it after the work was done.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};

const PACE: [&str; 8] = [
    "--rate",
    "max",
    "--workers",
    "1",
    "--settle",
    "6s",
    "--ask-again-after",
    "3s",
];

fn throttled_after(rows: usize, skip: usize, lag_ms: u64) -> (usize, proofs::Proof) {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, rows);
    // Three rows, each at its first ask: what follows is answered truly.
    let script: String = [skip, skip + 2, skip + 4]
        .iter()
        .map(|skip| {
            format!(
                "[[script]]\nkind = \"invitations\"\nskip = {skip}\nfault = \"throttled_after\"\nretry_after = \"1\"\n"
            )
        })
        .collect();
    let practice = Practice::start(
        &workdir,
        &format!("[replication]\nfilters_ms = {lag_ms}\n{script}"),
    );
    let ended = practice.run(&workdir, SHEET, &PACE);
    let twice = proofs::mailed_twice(&practice);
    eprintln!("skip {skip}, lag {lag_ms} ms: {twice} of 3 mailed twice");
    ended.expect_code(0);
    if twice > 0 {
        return (twice, proofs::Proof::default());
    }
    (
        twice,
        proofs::finished(&practice, &workdir.table(RESULTS), rows),
    )
}

#[test]
fn whoever_is_visible_after_retry_after_is_mailed_once() {
    let (twice, proof) = throttled_after(3, 0, 300);
    assert_eq!((twice, proof.unsure), (0, 0));
}

/// While no answer has shown yet what this tenant's clock says, `--settle` is waited for before a second POST.
#[test]
fn at_the_start_of_a_run_a_lag_beyond_retry_after_is_waited_for() {
    let (twice, proof) = throttled_after(3, 0, 4_000);
    assert_eq!((twice, proof.unsure), (0, 0));
}

/// Later in a run a 429 is believed after one look; the first one that is found out is the last one believed.
#[test]
fn a_429_that_was_performed_is_believed_at_most_once() {
    let (twice, _) = throttled_after(12, 6, 60_000);
    assert!(twice <= 1, "{twice} mailed twice");
}

/// The silent ask has made the guest, so that no look-up can tell whether the throttled mail went out.
#[test]
fn a_throttled_mail_for_a_guest_who_is_there_is_not_asked_for_again() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 8);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\nskip = 7\nfault = \"lost_before\"\n\
         [[script]]\nkind = \"invitations\"\nskip = 9\nfault = \"throttled_after\"\nretry_after = \"1\"\n",
    );
    practice.run(&workdir, SHEET, &PACE).expect_code(0);
    assert_eq!(proofs::mailed_twice(&practice), 0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 8);
    assert_eq!(proof.unsure, 1);
}

/// The run is killed between the 429 and the look: the next one looks, and keeps the link.
#[test]
fn a_kill_after_a_429_that_was_performed_loses_no_link() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 1);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\nfault = \"throttled_after\"\nretry_after = \"30\"\n",
    );
    let mut killed = practice
        .invite(&workdir, SHEET, &PACE)
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while practice.view("/invitations")["total"] == 0 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    killed.kill().unwrap();
    killed.wait().unwrap();
    practice.run(&workdir, SHEET, &PACE).expect_code(0);
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, 1).unsure, 0);
}
