//! `check` of a clean sheet of a million rows, as a ratio to a bare loop over `csv::ByteRecord` in the same process.
//!
//! `cargo bench --bench check`, or `cargo bench --bench check -- ROWS`. The budget is 4 times the bare loop, also
//! for ten columns of which two hold addresses, and 80 MB of memory over all runs. It fails when a budget is missed.
//! With errors: one row in a thousand is wrong, and all are found.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

use guestlist::{CheckOptions, Exit, Format, Look, Rules, SheetOptions, check};
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

const ROUNDS: usize = 5;
/// Of the bare loop's time.
const RATIO: f64 = 4.0;
const MEMORY_MB: f64 = 80.0;

fn main() -> ExitCode {
    let rows = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let (clean, wrong) = (
        folder.path().join("clean.csv"),
        folder.path().join("wrong.csv"),
    );
    generate(&clean, rows, u64::MAX).unwrap();
    generate(&wrong, rows, 1000).unwrap();
    let megabytes = std::fs::metadata(&clean).unwrap().len() as f64 / 1e6;
    println!("{rows} rows, {megabytes:.0} MB");
    // Before anything else has touched memory.
    let (_, exit, _) = checked(&clean, Format::Text);
    assert_eq!(exit, Exit::Done);
    if let Some(peak) = peak_memory() {
        println!("peak memory of one check: {peak:.1} MB");
    }
    let ratio = median_ratio(&clean, rows);
    let clean = kept("clean sheet, median ratio", ratio, RATIO);
    let two = folder.path().join("two.csv");
    generate_two(&two, rows).unwrap();
    let ratio = median_ratio(&two, rows);
    let two = kept("ten columns, two of addresses, median ratio", ratio, RATIO);
    for format in [Format::Text, Format::Json] {
        let (time, exit, out) = checked(&wrong, format);
        assert_eq!(exit, Exit::SheetRefused);
        println!(
            "one error in a thousand, {format:?}: {time:.1?}, {} bytes of output",
            out.len()
        );
    }
    // It is not known on every system.
    let memory =
        peak_memory().is_none_or(|peak| kept("peak memory of all runs, MB", peak, MEMORY_MB));
    if clean && two && memory {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Takes turns, so that a busy machine disturbs both.
fn median_ratio(sheet: &Path, rows: u64) -> f64 {
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let bare = bare_loop(sheet, rows);
            let (time, exit, _) = checked(sheet, Format::Text);
            assert_eq!(exit, Exit::Done);
            let ratio = time.as_secs_f64() / bare.as_secs_f64();
            println!("bare {bare:>10.1?}   check {time:>10.1?}   ratio {ratio:.2}");
            ratio
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

fn kept(what: &str, measured: f64, budget: f64) -> bool {
    let kept = measured <= budget;
    let verdict = if kept { "kept" } else { "not kept" };
    println!("{what}: {measured:.2} (at most {budget}): {verdict}");
    kept
}

fn bare_loop(path: &Path, rows: u64) -> Duration {
    let started = Instant::now();
    let mut reader = csv::Reader::from_path(path).unwrap();
    let mut record = csv::ByteRecord::new();
    let mut count = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        count += 1;
    }
    assert_eq!(count, rows);
    started.elapsed()
}

fn checked(path: &Path, format: Format) -> (Duration, Exit, Vec<u8>) {
    let options = CheckOptions {
        sheet: path.to_owned(),
        reading: SheetOptions::default(),
        rules: Rules::default(),
        format,
        show_mapping: false,
        look: Look {
            colour: false,
            width: 80,
        },
        changed_addresses: None,
        fix: None,
        preview: None,
        may_ask: false,
    };
    let mut out = Vec::new();
    let started = Instant::now();
    let exit = check(&options, &mut std::io::empty(), &mut out).unwrap();
    (started.elapsed(), exit, out)
}

/// A sheet like those of real migrations; each `wrong`th row has an address without an @.
fn generate(path: &Path, rows: u64, wrong: u64) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "email,display_name,company,department,language,send,message"
    )?;
    for row in 0..rows {
        let (company, at) = (row % 5003, if row % wrong == wrong - 1 { "" } else { "@" });
        writeln!(
            out,
            "first{row}.last{}{at}company{company}.example.com,First Last {row},Company {company},Department {},en-US,true,\"Welcome, First {row}, to the project\"",
            row % 977,
            row % 12
        )?;
    }
    out.flush()
}

/// Ten columns; the private address is not used.
fn generate_two(path: &Path, rows: u64) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    writeln!(
        out,
        "id,first_name,last_name,email,private email,company,department,city,language,send"
    )?;
    for row in 0..rows {
        let company = row % 5003;
        writeln!(
            out,
            "{row},First,Last {row},first{row}.last@company{company}.example.com,first{row}@home.example.org,Company {company},Department {},Town,en-US,true",
            row % 12
        )?;
    }
    out.flush()
}

/// In megabytes, of this process so far; none where the system does not tell.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = peak.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
