//! How the files of the Pollock benchmark are read: rightly, or wrongly and told, or wrongly in silence.
//!
//! `cargo bench --bench pollock -- FOLDER`, where FOLDER is the `polluted_files` folder of the public repository
//! HPI-Information-Systems/Pollock (it holds `csv` and `clean`; it is not part of this project). Its files are sales
//! records without addresses, so the product numbers become addresses first, in the polluted and in the clean file
//! alike. A file is read rightly when every cell equals the clean file's. The aim is that none is wrong in silence.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints, and stops where it cannot go on"
)]

use guestlist::{Sheet, SheetOptions};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reading {
    /// Every cell is the clean file's.
    Right,
    /// Some cells differ, and `check` tells an error or a warning.
    Told,
    /// Some cells differ, and nothing is told.
    Silent,
    /// All cells are right, and `check` tells an error or a warning all the same.
    RightAndTold,
}

fn main() {
    let Some(folder) = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"))
        .map(PathBuf::from)
    else {
        println!("pollock: skipped, no folder was named");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    let mut files: Vec<String> = std::fs::read_dir(folder.join("csv"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut kinds: BTreeMap<String, BTreeMap<Reading, Vec<String>>> = BTreeMap::new();
    for name in &files {
        let reading = read(&folder, name, scratch.path());
        let readings = kinds.entry(kind(name)).or_default();
        readings.entry(reading).or_default().push(name.clone());
    }
    println!(
        "{} files; right, right and told, wrong and told, silent",
        files.len()
    );
    let mut silent = 0;
    for (kind, readings) in &kinds {
        let count = |reading| readings.get(&reading).map_or(0, Vec::len);
        let wrong = readings.get(&Reading::Silent).cloned().unwrap_or_default();
        silent += wrong.len();
        println!(
            "{kind:<32} {:>5} {:>5} {:>5} {:>5}  {}",
            count(Reading::Right),
            count(Reading::RightAndTold),
            count(Reading::Told),
            wrong.len(),
            wrong.iter().take(3).cloned().collect::<Vec<_>>().join(" ")
        );
    }
    println!("wrong in silence: {silent} (aim 0)");
}

/// The pollution that a file's name tells, without its place.
fn kind(name: &str) -> String {
    let stem = name.trim_end_matches(".csv");
    if stem.starts_with("row_") {
        stem.chars().take_while(|c| !c.is_ascii_digit()).collect()
    } else {
        stem.to_owned()
    }
}

fn read(folder: &Path, name: &str, scratch: &Path) -> Reading {
    let polluted = scratch.join("sheet.csv");
    std::fs::write(
        &polluted,
        with_addresses(&std::fs::read(folder.join("csv").join(name)).unwrap()),
    )
    .unwrap();
    let clean = with_addresses(&std::fs::read(folder.join("clean").join(name)).unwrap());
    let told = is_told(&polluted);
    match (cells(&polluted) == Some(clean_cells(&clean)), told) {
        (true, false) => Reading::Right,
        (true, true) => Reading::RightAndTold,
        (false, true) => Reading::Told,
        (false, false) => Reading::Silent,
    }
}

/// `MG-8769` becomes an address, and the name of its column `email`.
fn with_addresses(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if rest.starts_with(b"PRODUCTID") {
            out.extend_from_slice(b"email");
            rest = &rest[b"PRODUCTID".len()..];
        } else if is_product_number(rest) {
            out.extend_from_slice(&rest[..7]);
            out.extend_from_slice(b"@goods.example");
            rest = &rest[7..];
        } else {
            out.push(*first);
            rest = &rest[1..];
        }
    }
    out
}

fn is_product_number(text: &[u8]) -> bool {
    text.len() >= 7
        && text[..2].iter().all(u8::is_ascii_uppercase)
        && text[2] == b'-'
        && text[3..7].iter().all(u8::is_ascii_digit)
}

/// The header and the cells of every row that is not blank, or nothing when the sheet is refused.
fn cells(path: &Path) -> Option<Vec<Vec<String>>> {
    let sheet = Sheet::open(path, &SheetOptions::default()).ok()?;
    let mut table = vec![sheet.header().names.clone()];
    for row in sheet.rows().ok()? {
        let row = row.ok()?;
        table.push(trimmed((0..row.found()).map(|column| row.cell(column))));
    }
    table[0] = trimmed(table[0].iter().map(String::as_str));
    Some(table)
}

fn clean_cells(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .records()
        .map(|record| trimmed(record.unwrap().iter()))
        .filter(|cells| !cells.is_empty())
        .collect()
}

/// Surrounding blanks are never part of a value here, and empty cells at the end of a row are no cells.
fn trimmed<'a>(cells: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut cells: Vec<String> = cells.map(|cell| cell.trim().to_owned()).collect();
    while cells.last().is_some_and(String::is_empty) {
        cells.pop();
    }
    cells
}

/// Whether `guestlist check` says that something is wrong or was repaired.
fn is_told(path: &Path) -> bool {
    let output = Command::new(env!("CARGO_BIN_EXE_guestlist"))
        .args(["check", "--format", "json"])
        .arg(path)
        .output()
        .unwrap();
    let Ok(told) = serde_json::from_slice::<serde_json::Value>(&output.stdout) else {
        return true;
    };
    let problems = told["problems"].as_array().map_or(&[][..], Vec::as_slice);
    problems
        .iter()
        .any(|problem| problem["severity"] == "error" || problem["severity"] == "warning")
}
