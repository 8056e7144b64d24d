//! `check` of a clean sheet of a million rows, as a ratio to a bare loop over `csv::ByteRecord` in the same process.
//!
//! `cargo bench --bench check`, or `cargo bench --bench check -- ROWS`. The budget is 4 times the bare loop, also
//! for ten columns of which two hold addresses, and 80 MB of memory. With errors: one row in a thousand is wrong, and all are found.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where it cannot go on"
)]

use guestlist::commands::check::{CheckOptions, Format, check};
use guestlist::exit::Exit;
use guestlist::guest::Rules;
use guestlist::sheet::SheetOptions;
use guestlist::ui::problems::Look;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;

fn main() {
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
    println!("peak memory of check: {}", peak_memory());
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let bare = bare_loop(&clean, rows);
            let (time, _, _) = checked(&clean, Format::Text);
            let ratio = time.as_secs_f64() / bare.as_secs_f64();
            println!("bare {bare:>10.1?}   check {time:>10.1?}   ratio {ratio:.2}");
            ratio
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2} (budget 4)", ratios[ROUNDS / 2]);
    let two = folder.path().join("two.csv");
    generate_two(&two, rows).unwrap();
    let mut ratios: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let bare = bare_loop(&two, rows);
            let (time, exit, _) = checked(&two, Format::Text);
            assert_eq!(exit, Exit::Done);
            time.as_secs_f64() / bare.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "ten columns, two of addresses: median ratio {:.2} (budget 4)",
        ratios[ROUNDS / 2]
    );
    println!("peak memory at the end: {}", peak_memory());
    for format in [Format::Text, Format::Json] {
        let (time, exit, out) = checked(&wrong, format);
        assert_eq!(exit, Exit::SheetRefused);
        println!(
            "one error in a thousand, {format:?}: {time:.1?}, {} bytes of output",
            out.len()
        );
    }
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
        fix: None,
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

#[cfg(target_os = "linux")]
fn peak_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.map_or_else(|| "unknown".to_owned(), |peak| peak.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn peak_memory() -> String {
    "not measured on this system".to_owned()
}
