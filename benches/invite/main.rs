//! How fast `invite` is, as a ratio to a bare client that sends the same requests, and what it costs.
//!
//! `cargo bench --bench invite` measures 20,000 guests; `-- --rows 5000 --rounds 1` is a quick look, and
//! `-- --memory` compares a long sheet with a short one instead. Each measured program is a process of its own,
//! and so is each practice tenant. It fails when a budget is missed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench talks, and one that cannot go on has failed"
)]

mod bare; // the same requests, and nothing else
mod process; // a child and what it used
mod tenant; // a practice tenant and a sheet

use process::Used;
use std::{path::Path, process::ExitCode};
use tenant::Tenant;

/// Of the bare client's speed.
const SPEED: f64 = 0.6;
const REQUESTS_PER_GUEST: f64 = 1.1;
/// A row may cost so many times the bare client's CPU, and so many milliseconds.
const CPU: f64 = 2.0;
const CPU_MS: f64 = 0.1;
/// A long sheet may use this much of a short one's memory, and so many bytes a row.
const MEMORY: f64 = 1.5;
const BYTES_PER_ROW: f64 = 60.0;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, url, token, rows] = arguments.as_slice()
        && word == bare::WORD
    {
        bare::run(url, token, rows.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let after = |flag: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == flag);
        at.map_or(default, |at| arguments[at + 1].parse().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let kept = if arguments.iter().any(|argument| argument == "--memory") {
        memory(folder.path(), after("--rows", 200_000))
    } else {
        speed(folder.path(), after("--rows", 20_000), after("--rounds", 3))
    };
    if kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Takes turns, so that a busy machine disturbs both.
fn speed(folder: &Path, rows: usize, rounds: usize) -> bool {
    tenant::write_sheet(&folder.join("guests.csv"), rows);
    let (mut bare_runs, mut our_runs, mut requests) = (Vec::new(), Vec::new(), 0.0);
    for round in 1..=rounds {
        let used = bare::measure(&Tenant::start(), rows);
        told(&format!("round {round}: bare client"), rows, &used);
        bare_runs.push(used);
        let (used, report) =
            Tenant::start().invite(folder, &format!("{round}.db"), &["--rate", "max"]);
        assert_eq!(report["outcomes"]["invited"], rows, "{report}");
        requests = report["requests"]["total"].as_f64().unwrap() / rows as f64;
        told(&format!("round {round}: guestlist"), rows, &used);
        our_runs.push(used);
    }
    let (bare, ours) = (fastest(bare_runs), fastest(our_runs));
    let ratio = bare.seconds / ours.seconds;
    let cpu = |used: &Used| used.cpu_seconds / rows as f64 * 1_000.0;
    let cpu_budget = CPU * cpu(&bare) + CPU_MS;
    println!("\nthe fastest of {rounds}:");
    let speed = kept(
        "speed, of the bare client's",
        ratio,
        ratio >= SPEED,
        &format!("at least {SPEED}"),
    );
    let asked = kept(
        "requests per new guest",
        requests,
        requests <= REQUESTS_PER_GUEST || rows < 1_000,
        &format!("at most {REQUESTS_PER_GUEST}"),
    );
    let cpu_kept = kept(
        "CPU per row, ms",
        cpu(&ours),
        cpu(&ours) <= cpu_budget,
        &format!("at most {cpu_budget:.3}, {CPU} times the bare client's and {CPU_MS} ms"),
    );
    speed && asked && cpu_kept
}

/// A dry run of a long sheet beside one of a short one.
fn memory(folder: &Path, rows: usize) -> bool {
    let tenant = Tenant::start();
    let peak = |rows: usize| {
        tenant::write_sheet(&folder.join("guests.csv"), rows);
        let (used, report) = tenant.invite(folder, "memory.db", &["--dry-run", "--rate", "max"]);
        assert_eq!(report["outcomes"]["would-invite"], rows, "{report}");
        told(&format!("dry run of {rows} rows"), rows, &used);
        used.peak_bytes as f64
    };
    let (short, long) = (peak(10_000), peak(rows));
    let budget = short * MEMORY + rows as f64 * BYTES_PER_ROW;
    kept(
        "peak memory, MB",
        long / 1e6,
        long <= budget,
        &format!("at most {:.1}", budget / 1e6),
    )
}

/// What else the machine does makes a run slower, never faster.
fn fastest(runs: Vec<Used>) -> Used {
    let fastest = runs
        .into_iter()
        .min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    fastest.unwrap()
}

fn told(what: &str, rows: usize, used: &Used) {
    println!(
        "{what}: {:.2} s, {:.0} rows/s, {:.3} ms CPU a row, {:.1} MB at most",
        used.seconds,
        rows as f64 / used.seconds,
        used.cpu_seconds / rows as f64 * 1_000.0,
        used.peak_bytes as f64 / 1e6
    );
}

fn kept(what: &str, measured: f64, kept: bool, budget: &str) -> bool {
    let verdict = if kept { "kept" } else { "not kept" };
    println!("{what}: {measured:.3} ({budget}): {verdict}");
    kept
}
