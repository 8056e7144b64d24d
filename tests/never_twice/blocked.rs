//! The tenant refuses every invitation: the run stops before its next request and says who can help.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};

/// Requests that may be under way at once.
const WORKERS: usize = 8;

fn posts(practice: &Practice) -> usize {
    practice.view("/invitations")["total"].as_u64().unwrap() as usize
}

#[test]
fn a_block_for_suspicious_activity_stops_everybody_and_the_next_run_goes_on() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 500);
    let weather = "block_after = 11\n[latency]\nmin_ms = 10\nmax_ms = 60";
    let practice = Practice::start(&workdir, weather);
    let workers = WORKERS.to_string();
    let pace = ["--rate", "100", "--workers", &workers];

    let stopped = practice.run(&workdir, SHEET, &pace).expect_code(7);
    let asked = posts(&practice);
    assert!(
        (12..=11 + WORKERS).contains(&asked),
        "11 and those under way: {asked}"
    );
    let table = workdir.table(RESULTS);
    assert_eq!(table.outcomes()["invited"], 11);
    assert_eq!(table.outcomes()["not-attempted"], 489);

    // The support ticket: which tenant, when, which request, how many.
    let said = stopped
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let (_, ticket) = said
        .split_once("for a support ticket")
        .unwrap_or_else(|| panic!("no support ticket: {said}"));
    let year = jiff::Timestamp::now().strftime("%Y-").to_string();
    for part in [
        &*practice.tenant,
        " request-id ",
        &year,
        "Z",
        &format!("{asked} invitations"),
    ] {
        assert!(ticket.contains(part), "no {part:?}: {ticket}");
    }
    stopped
        .says("Microsoft support")
        .says("the same command continues");

    // Still blocked: one ask shows it.
    practice
        .run(&workdir, SHEET, &["--workers", "1"])
        .expect_code(7);
    assert_eq!(posts(&practice), asked + 1);

    practice.post("/lift", "");
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--workers", "8"])
        .expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 500);
    assert_eq!(proof.unsure, 0);
}

#[test]
fn a_permission_withdrawn_on_the_way_stops_the_run() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 60);
    let practice = Practice::start(
        &workdir,
        "withdraw_after = 20\n[latency]\nmin_ms = 10\nmax_ms = 30",
    );
    practice
        .run(&workdir, SHEET, &["--rate", "100", "--workers", "4"])
        .expect_code(6)
        .says("User.Invite.All");
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!((outcomes["invited"], outcomes["not-attempted"]), (20, 40));
    assert!(posts(&practice) <= 24);

    practice.post("/weather", "");
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 60);
}

#[test]
fn invitations_switched_off_and_a_full_directory_stop_the_run_before_a_second_request() {
    // The policy can be read; that the directory is full shows when the first is asked for, alone.
    for (weather, asked) in [
        ("allow_invites_from = \"none\"", 0),
        ("object_quota = 1", 1),
    ] {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 30);
        let practice = Practice::start(&workdir, weather);
        practice
            .run(&workdir, SHEET, &["--rate", "max"])
            .expect_code(7);
        assert_eq!(posts(&practice), asked, "{weather}");
    }
}
