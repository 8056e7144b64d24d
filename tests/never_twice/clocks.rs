//! Clocks that disagree, and list lag beyond `--settle`: whoever was mailed is not mailed again, and every link is kept.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};

/// Eight answers are lost after everything was done; five clean ones come before, five after.
const ROWS: usize = 18;
const PACE: [&str; 10] = [
    "--rate",
    "max",
    "--workers",
    "4",
    "--settle",
    "3s",
    "--ask-again-after",
    "5s",
    "--max-failures",
    "100%",
];

fn lost_under(clocks: &str) -> (usize, proofs::Proof) {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, ROWS);
    let practice = Practice::start(
        &workdir,
        &format!(
            "{clocks}\n[replication]\nfilters_ms = 25000\n\
             [[script]]\nkind = \"invitations\"\nskip = 5\ncount = 8\nfault = \"lost_after\"\nlost_ms = 50\n"
        ),
    );
    let ended = practice.run(&workdir, SHEET, &PACE);
    let twice = proofs::mailed_twice(&practice);
    let table = workdir.table(RESULTS);
    eprintln!(
        "{clocks:?}: exit {}, {twice} mailed twice, {:?}, {} without a link",
        ended.code,
        table.outcomes(),
        table
            .0
            .iter()
            .filter(|row| row["redeem_url"].is_empty())
            .count(),
    );
    ended.expect_code(0);
    (twice, proofs::finished(&practice, &table, ROWS))
}

#[test]
fn the_date_header_decides_nothing() {
    std::thread::scope(|scope| {
        for clocks in [
            "date = -5",
            "date = -70",
            "date = 150",
            "date = 600",
            "without_date = true",
        ] {
            scope.spawn(move || {
                let (twice, proof) = lost_under(&format!("[clocks]\n{clocks}"));
                assert_eq!((twice, proof.unsure), (0, 0), "{clocks}");
            });
        }
    });
}

#[test]
fn a_creation_time_by_another_clock_is_understood_through_guests_whose_answer_came() {
    std::thread::scope(|scope| {
        for created in ["-70", "5", "600"] {
            scope.spawn(move || {
                let (twice, proof) = lost_under(&format!("[clocks]\ncreated = {created}"));
                assert_eq!((twice, proof.unsure), (0, 0), "{created}");
            });
        }
    });
}

/// Then nobody can tell what an ask did: no further mail, the link is kept, and the row says so.
#[test]
fn creation_times_that_disagree_among_themselves_decide_nothing() {
    let (twice, proof) = lost_under("[clocks]\ncreated_spread = 40");
    assert_eq!((twice, proof.unsure), (0, 8));
}

/// Without a single clean answer there is nothing to calibrate by.
#[test]
fn without_a_clean_answer_the_mail_is_unknown_and_the_link_is_kept() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(
        &workdir,
        "[replication]\nfilters_ms = 25000\n[[script]]\nkind = \"invitations\"\ncount = 3\nfault = \"lost_after\"\nlost_ms = 50\n",
    );
    practice.run(&workdir, SHEET, &PACE).expect_code(0);
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, 3).unsure, 3);
    for row in &table.0 {
        assert!(row["hint"].contains("cannot be told"), "{row:?}");
    }
    assert_eq!(proofs::mailed_twice(&practice), 0);
}

/// Nothing had happened for somebody of an earlier run. Under a cap this row comes first, and still waits for somebody new,
/// through whom the clocks can be compared.
#[test]
fn what_was_left_open_is_compared_through_people_who_come_after_it() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 2);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\ncount = 2\nfault = \"lost_before\"\nlost_ms = 60000\n",
    );
    let mut killed = practice
        .invite(&workdir, SHEET, &["--rate", "max", "--workers", "2"])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The canary asks one by one: the second person is not reached.
    while practice.view("/invitations")["total"] == 0 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    killed.kill().unwrap();
    killed.wait().unwrap();
    proofs::sheet(&workdir, 9);
    practice.post("/weather", "");
    let capped = [&PACE[..], &["--max-invites", "30"]].concat();
    practice.run(&workdir, SHEET, &capped).expect_code(0);
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, 9).unsure, 0);
}

/// Our own guests, found by the next run: ours, with a link, however far the clocks are apart.
#[test]
fn guests_of_a_killed_run_are_ours_by_the_look_up_that_had_found_nobody() {
    std::thread::scope(|scope| {
        for clocks in ["date = 600", "created = -600", "created = 600"] {
            scope.spawn(move || {
                let workdir = Workdir::new();
                proofs::sheet(&workdir, 4);
                let practice = Practice::start(
                    &workdir,
                    &format!(
                        "[clocks]\n{clocks}\n[[script]]\nkind = \"invitations\"\ncount = 4\nfault = \"lost_after\"\nlost_ms = 60000\n"
                    ),
                );
                let mut killed = practice
                    .invite(&workdir, SHEET, &["--rate", "max", "--workers", "4"])
                    .stdin(std::process::Stdio::null())
                    .stderr(std::process::Stdio::null())
                    .spawn()
                    .unwrap();
                while practice.view("/invitations")["total"] == 0 {
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
                std::thread::sleep(std::time::Duration::from_millis(300));
                killed.kill().unwrap();
                killed.wait().unwrap();
                practice.post("/weather", &format!("[clocks]\n{clocks}"));
                let ended = practice.run(&workdir, SHEET, &PACE);
                let table = workdir.table(RESULTS);
                eprintln!("{clocks}: exit {}, {:?}", ended.code, table.outcomes());
                ended.expect_code(0);
                assert_eq!(proofs::finished(&practice, &table, 4).unsure, 0, "{clocks}");
            });
        }
    });
}
