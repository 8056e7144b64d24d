//! The tenant blocks everybody while many workers wait: for the rate, at the gate, for a token. None of them sends.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};
use serde_json::Value;
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const WORKERS: &[&str] = &["--workers", "16"];

/// Everything that arrived after the answer with the block had travelled back.
fn after_the_block(practice: &Practice, back: Duration) -> (u64, Vec<String>) {
    let log = practice.view("/log");
    let entries = log["entries"].as_array().unwrap();
    let is_block = |entry: &&Value| entry["kind"] == "invitations" && entry["status"] == 403;
    let blocked = entries.iter().find(is_block).unwrap();
    let told = blocked["ms"].as_u64().unwrap() + back.as_millis() as u64;
    let late = entries
        .iter()
        // What arrives in the same moment was on its way.
        .filter(|entry| entry["arrived_ms"].as_u64().unwrap() > told + 100)
        .map(|entry| format!("{} {}", entry["kind"], entry["arrived_ms"]))
        .collect();
    (told, late)
}

fn until(practice: &Practice, what: &str, reached: impl Fn(&Value) -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !reached(&practice.view("/requests")["kinds"]) {
        assert!(Instant::now() < end, "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn count(kinds: &Value, kind: &str, what: &str) -> u64 {
    kinds[kind][what].as_u64().unwrap_or_default()
}

/// A tenant in which guests of an earlier run were seen, so that the next run does not begin with five alone.
fn known(workdir: &Workdir, weather: &str) -> Practice {
    proofs::sheet(workdir, 200);
    let practice = Practice::start(workdir, "");
    practice
        .run(workdir, SHEET, &["--max-invites", "6", "--rate", "max"])
        .expect_code(8);
    practice.post("/reset", "");
    practice.post("/weather", weather);
    practice
}

fn started(mut command: Command) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The run ends with the block, its ticket, and nothing sent after it but one look at the new guests.
fn ends_with_the_block(workdir: &Workdir, practice: &Practice, run: Child, back: Duration) {
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(7), "{said}");
    assert!(said.contains("for a support ticket"), "{said}");
    let (told, late) = after_the_block(practice, back);
    let own: Vec<&String> = late
        .iter()
        .filter(|sent| sent.contains("getByIds"))
        .collect();
    assert!(own.len() <= 1, "blocked at {told}, then {late:?}");
    assert_eq!(late.len(), own.len(), "blocked at {told}, then {late:?}");
    proofs::nobody_twice(practice);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(outcomes.values().sum::<usize>(), 200, "{outcomes:?}");
}

#[test]
fn none_of_sixteen_that_wait_for_the_rate_sends_after_the_block() {
    let workdir = Workdir::new();
    let practice = known(
        &workdir,
        "block_after = 8\n[latency]\nmin_ms = 20\nmax_ms = 20",
    );
    let pace = [WORKERS, &["--rate", "4"]].concat();
    let run = started(practice.invite(&workdir, SHEET, &pace));
    ends_with_the_block(&workdir, &practice, run, Duration::ZERO);
}

#[test]
fn none_of_sixteen_that_wait_at_the_gate_sends_after_the_block() {
    let workdir = Workdir::new();
    let practice = known(&workdir, "[latency]\nmin_ms = 20\nmax_ms = 20");
    let pace = [WORKERS, &["--rate", "20"]].concat();
    let run = started(practice.invite(&workdir, SHEET, &pace));
    until(&practice, "ten asked", |kinds| {
        count(kinds, "invitations", "requests") >= 10
    });
    // A few are under way for long, the next is throttled, the rest wait; then comes the block.
    practice.post("/weather", "[latency]\ninvitations_ms = 3000");
    std::thread::sleep(Duration::from_millis(300));
    practice.post(
        "/weather",
        "block_after = 0\n[[script]]\nkind = \"invitations\"\nfault = \"throttled\"\nretry_after = \"9\"",
    );
    until(&practice, "a throttle", |kinds| {
        count(kinds, "invitations", "throttled") >= 1
    });
    ends_with_the_block(&workdir, &practice, run, Duration::ZERO);
}

#[test]
fn none_of_sixteen_that_wait_for_a_token_sends_after_the_block() {
    let workdir = Workdir::new();
    let practice = known(&workdir, "token_lifetime = 8");
    let pace = [WORKERS, &["--rate", "1.5"]].concat();
    let run = started(practice.invite_as_app(&workdir, SHEET, &pace));
    until(&practice, "one asked", |kinds| {
        count(kinds, "invitations", "requests") >= 1
    });
    // The next invitations are judged while the token is good, and their answers come when it is not.
    practice.post(
        "/weather",
        "block_after = 0\n[latency]\nmin_ms = 8000\nmax_ms = 8000\n[faults.token]\nunavailable = 1.0\nretry_after = \"1\"",
    );
    ends_with_the_block(&workdir, &practice, run, Duration::from_secs(4));
    let tokens = count(&practice.view("/requests")["kinds"], "token", "unavailable");
    assert!(tokens >= 1, "they waited for a token: {tokens} times asked");
}

#[cfg(unix)]
#[test]
fn a_block_that_comes_after_ctrl_c_or_the_end_of_the_time_is_told() {
    for interrupted in [true, false] {
        let workdir = Workdir::new();
        let weather = "block_after = 0\n[latency]\ninvitations_ms = 4000";
        let practice = known(&workdir, weather);
        let time: &[&str] = if interrupted {
            &[]
        } else {
            &["--max-duration", "2s"]
        };
        let run = started(practice.invite(
            &workdir,
            SHEET,
            &[WORKERS, &["--rate", "20"], time].concat(),
        ));
        until(&practice, "a look-up", |kinds| {
            count(kinds, "users", "requests") >= 1
        });
        std::thread::sleep(Duration::from_secs(2));
        if interrupted {
            let id = run.id().to_string();
            assert!(
                Command::new("kill")
                    .args(["-INT", &id])
                    .status()
                    .unwrap()
                    .success()
            );
        }
        ends_with_the_block(&workdir, &practice, run, Duration::ZERO);
    }
}
