//! A tenant that throttles: with other status codes, without end, with a Retry-After that is not usable.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};

fn posts(practice: &Practice) -> u64 {
    practice.view("/invitations")["total"].as_u64().unwrap()
}

/// What was under way when a run was killed is settled soon.
#[cfg(unix)]
const QUICK: [&str; 6] = ["--rate", "max", "--settle", "2s", "--ask-again-after", "2s"];

/// The most POSTs for one address.
fn most_for_one(practice: &Practice) -> usize {
    let view = practice.view("/invitations");
    let addresses = view["addresses"].as_object().unwrap();
    addresses
        .values()
        .map(|posts| posts.as_array().unwrap().len())
        .max()
        .unwrap_or(0)
}

/// Each case with a tenant of its own, at the same time: most of it is waiting.
fn together<T: Sync>(cases: &[T], case: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for one in cases {
            scope.spawn(|| case(one));
        }
    });
}

#[test]
fn a_throttle_by_another_name_is_one() {
    let cases = [
        ("throttled-temporarily", "8"),
        ("throttled-temporarily", "max"),
        ("activity-limit", "max"),
        ("too-many-requests", "max"),
    ];
    together(&cases, |(name, rate)| {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 60);
        let weather = format!(
            "[[script]]\nkind = \"invitations\"\nskip = 10\ncount = 100000\nfault = \"throttled\"\nthrottled_as = \"{name}\"\nretry_after = \"30\""
        );
        let practice = Practice::start(&workdir, &weather);
        let pace = [
            "--rate",
            rate,
            "--workers",
            "8",
            "--max-duration",
            "8s",
            "--json",
        ];
        let ended = practice.run(&workdir, SHEET, &pace).expect_code(10);
        let asked = posts(&practice);
        assert!(asked <= 10 + 8, "{name} at {rate}: {asked} POSTs");
        assert_eq!(most_for_one(&practice), 1, "{name} at {rate}");
        let throttled = ended.json()["requests"]["throttled"].as_u64().unwrap();
        assert_eq!(throttled, asked - 10, "{name} at {rate}");
        let outcomes = workdir.table(RESULTS).outcomes();
        assert_eq!((outcomes["invited"], outcomes["not-attempted"]), (10, 50));
    });
}

#[test]
fn waits_that_are_none_are_not_believed() {
    const PAST: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
    // What is throttled, how people are looked up, and which requests that shows in.
    let cases = [
        ("users", "snapshot", "users", "0"),
        ("users", "each", "batch", "0"),
        ("users", "each", "batch", PAST),
        ("batch", "each", "batch", "0"),
        ("getByIds", "auto", "getByIds", PAST),
        ("invitations", "auto", "invitations", "0"),
        ("invitations", "auto", "invitations", "1"),
    ];
    together(&cases, |(kind, precheck, seen, retry_after)| {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 30);
        let weather = format!(
            "[[script]]\nkind = \"{kind}\"\ncount = 100000\nfault = \"throttled\"\nthrottled_as = \"mixed\"\nretry_after = \"{retry_after}\""
        );
        let practice = Practice::start(&workdir, &weather);
        let pace = [
            "--rate",
            "max",
            "--workers",
            "8",
            "--max-duration",
            "6s",
            "--precheck",
            precheck,
        ];
        practice.run(&workdir, SHEET, &pace).expect_code(10);
        let kinds = practice.view("/requests")["kinds"].clone();
        let asked = kinds[seen]["requests"].as_u64().unwrap();
        // After 0, 1 and 3 seconds, and a look at the end; two batches are under way together.
        assert!(asked <= 8, "{kind}, {retry_after}: {asked} in 6 s");
    });
}

#[cfg(unix)]
#[test]
fn a_retry_after_outlives_the_process() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\nfault = \"throttled\"\nretry_after = \"12\"",
    );
    let mut process = practice
        .invite(&workdir, SHEET, &["--rate", "max"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while practice.view("/requests")["kinds"]["invitations"]["throttled"].as_u64() < Some(1) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    process.kill().unwrap();
    process.wait().unwrap();
    practice
        .run(&workdir, SHEET, &QUICK)
        .expect_code(0)
        .says("Graph asked an earlier run to wait until");
    let early = practice.view("/requests")["early"].clone();
    assert_eq!(
        early,
        serde_json::json!([]),
        "nothing was sent before its time"
    );
    proofs::finished(&practice, &workdir.table(RESULTS), 3);

    // A wait that is longer than a run takes is not begun.
    proofs::sheet(&workdir, 4);
    practice.post(
        "/weather",
        "[[script]]\nkind = \"invitations\"\nfault = \"throttled\"\nretry_after = \"4000\"",
    );
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(5)
        .says("Graph asks to slow down");
    let before = practice.view("/requests")["kinds"].clone();
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(5)
        .says("Graph asked an earlier run to wait until");
    assert_eq!(
        practice.view("/requests")["kinds"],
        before,
        "nothing was asked"
    );
}
