//! Ctrl-C: the requests under way are finished, and the next run does the rest.
#![cfg(unix)]

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long every request takes, also one that is under way.
const LATENCY: Duration = Duration::from_millis(300);

fn signal(process: &Child, name: &str) {
    let id = process.id().to_string();
    let sent = Command::new("kill").args([name, &id]).status().unwrap();
    assert!(sent.success());
}

fn until(practice: &Practice, mails: u64) {
    let end = Instant::now() + Duration::from_secs(60);
    while practice.view("")["mails"].as_u64().unwrap() < mails {
        assert!(Instant::now() < end, "never {mails} mails");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_ends_within_one_request_and_the_next_run_completes() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 1_000);
    let latency = LATENCY.as_millis();
    let practice = Practice::start(
        &workdir,
        &format!("[latency]\nmin_ms = {latency}\nmax_ms = {latency}"),
    );
    for name in ["-INT", "-TERM", "-HUP"] {
        let before = practice.view("")["mails"].as_u64().unwrap();
        let process = practice
            .invite(&workdir, SHEET, &["--rate", "20"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until(&practice, before + 40);
        let pressed = Instant::now();
        signal(&process, name);
        let ended = process.wait_with_output().unwrap();
        let took = pressed.elapsed();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(130), "{said}");
        // One request, one last look at the new guests, and a busy machine writing results.
        assert!(took < LATENCY * 2 + Duration::from_secs(2), "{took:?}");
        assert!(said.contains("the same command continues"), "{said}");
        let outcomes = workdir.table(RESULTS).outcomes();
        let invited = outcomes["invited"];
        assert_eq!(invited + outcomes["not-attempted"], 1_000, "{outcomes:?}");
        let mails = practice.view("")["mails"].as_u64().unwrap();
        assert_eq!(invited as u64, mails, "every answer was waited for");
    }
    practice.post("/weather", "");
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--workers", "8"])
        .expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 1_000);
    assert_eq!(proof.unsure, 0);
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_nothing_is_lost() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 12);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, SHEET, &["--max-invites", "6", "--rate", "max"])
        .expect_code(8);
    practice.post("/weather", "[latency]\nmin_ms = 3000\nmax_ms = 3000");
    let mut process = practice
        .invite(&workdir, SHEET, &["--rate", "max", "--workers", "2"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Two asks are on their way then: each is in the tenant before its answer can be.
    until(&practice, 8);
    signal(&process, "-INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(process.try_wait().unwrap().is_none(), "it waits for them");
    let pressed = Instant::now();
    signal(&process, "-INT");
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(pressed.elapsed() < Duration::from_secs(1));

    practice.post("/weather", "");
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--settle", "2s"])
        .expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 12);
    assert_eq!(proof.unsure, 0);
}

#[test]
fn a_terminal_that_is_gone_stops_nothing() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 20);
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 20\nmax_ms = 20");
    let mut process = practice
        .invite(&workdir, SHEET, &["--rate", "max", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((process.stdout.take(), process.stderr.take()));
    assert_eq!(process.wait().unwrap().code(), Some(0));
    proofs::finished(&practice, &workdir.table(RESULTS), 20);
}

#[test]
fn ctrl_c_is_heard_while_graph_asks_to_wait() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(
        &workdir,
        "[[script]]\nkind = \"invitations\"\ncount = 100\nfault = \"throttled\"\nretry_after = \"60\"",
    );
    let mut process = practice
        .invite(&workdir, SHEET, &["--rate", "max"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while practice.view("/requests")["kinds"]["invitations"]["throttled"].as_u64() < Some(1) {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    let pressed = Instant::now();
    signal(&process, "-INT");
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(
        pressed.elapsed() < Duration::from_secs(10),
        "{:?}",
        pressed.elapsed()
    );
    assert_eq!(workdir.table(RESULTS).outcomes()["not-attempted"], 3);
}

/// Waits of every kind that are longer than anybody should wait after Ctrl-C.
const WEATHERS: [(&str, &str); 10] = [
    ("clear", ""),
    (
        "lost answers and a slow directory",
        "[replication]\nfilters_ms = 4000\nby_id_ms = 4000\n[faults.invitations]\nlost_after = 0.3\nlost_before = 0.1\nlost_ms = 300",
    ),
    (
        "an unwell server",
        "[faults.all]\nunavailable = 0.4\nbody = \"mixed\"\nretry_after = \"40\"",
    ),
    (
        "throttled invitations",
        "[[script]]\nkind = \"invitations\"\nskip = 8\ncount = 1000\nfault = \"throttled\"\nthrottled_as = \"mixed\"\nretry_after = \"89\"",
    ),
    (
        "throttled lists",
        "[[script]]\nkind = \"users\"\nskip = 1\ncount = 1000\nfault = \"throttled\"\nretry_after = \"89\"",
    ),
    (
        "throttled reads of one guest, after lost answers",
        "[faults.invitations]\nlost_after = 0.5\nlost_ms = 100\n[[script]]\nkind = \"user\"\ncount = 1000\nfault = \"throttled\"\nretry_after = \"89\"",
    ),
    (
        "throttled verification",
        "[[script]]\nkind = \"getByIds\"\ncount = 1000\nfault = \"throttled\"\nretry_after = \"89\"",
    ),
    (
        "throttled policies",
        "[[script]]\nkind = \"policies\"\ncount = 1000\nfault = \"throttled\"\nretry_after = \"89\"",
    ),
    (
        "a throttled sign-in",
        "token_lifetime = 4\n[[script]]\nkind = \"token\"\nskip = 1\ncount = 1000\nfault = \"throttled\"\nretry_after = \"40\"",
    ),
    (
        "a challenge, and a throttled sign-in",
        "[sign_in]\nchallenge_after = 8\n[[script]]\nkind = \"token\"\nskip = 1\ncount = 1000\nfault = \"throttled\"\nretry_after = \"40\"",
    ),
];

/// Presses Ctrl-C after a while, and says how long the run then took to end.
fn pressed_after(weather: &str, lives: Duration) -> Duration {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 40);
    let weather =
        format!("{weather}\n").replacen('[', "[latency]\nmin_ms = 20\nmax_ms = 200\n[", 1);
    let practice = Practice::start(&workdir, &weather);
    let quick = [
        "--rate",
        "20",
        "--workers",
        "8",
        "--settle",
        "4s",
        "--precheck",
        "each",
    ];
    let mut command = if weather.contains("token") {
        practice.invite_as_app(&workdir, SHEET, &quick)
    } else {
        practice.invite(&workdir, SHEET, &quick)
    };
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(lives);
    if process.try_wait().unwrap().is_some() {
        return Duration::ZERO;
    }
    let pressed = Instant::now();
    signal(&process, "-INT");
    let ended = process.wait_with_output().unwrap();
    let took = pressed.elapsed();
    let said = String::from_utf8(ended.stderr).unwrap();
    // Whoever was mailed is told so, or as one about whom nothing is known yet.
    let mails = proofs::mails(&practice);
    if workdir.exists(RESULTS) {
        for row in workdir.table(RESULTS).0 {
            let mailed = mails.contains_key(&row["email"]);
            let told = ["invited", "unknown"].contains(&row["outcome"].as_str());
            assert!(told || !mailed, "{row:?}\n{said}");
        }
    } else {
        assert!(mails.is_empty(), "no results\n{said}");
    }
    proofs::nobody_twice(&practice);
    took
}

#[test]
fn ctrl_c_at_any_instant_ends_a_run_soon_in_any_weather() {
    let long = std::env::var("GUESTLIST_LONG").is_ok_and(|long| long == "1");
    let presses = if long { 50 } else { 2 };
    let cases: Vec<_> = WEATHERS
        .iter()
        .flat_map(|weather| (0..presses).map(move |_| weather))
        .collect();
    let cases = std::sync::Mutex::new(cases.into_iter());
    let longest = std::sync::Mutex::new(std::collections::BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some((name, weather)) = cases.lock().unwrap().next() else {
                        break;
                    };
                    let lives = Duration::from_millis(fastrand::u64(100..7_000));
                    let took = pressed_after(weather, lives);
                    // Five seconds and a request; the rest is for a busy machine.
                    assert!(
                        took < Duration::from_secs(12),
                        "{name}, {lives:?}: {took:?}"
                    );
                    let mut longest = longest.lock().unwrap();
                    let known = longest.entry(*name).or_insert(took);
                    *known = took.max(*known);
                }
            });
        }
    });
    println!(
        "the longest wait after Ctrl-C: {:#?}",
        longest.lock().unwrap()
    );
}
