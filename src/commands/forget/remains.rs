//! Files that still hold the address of somebody whom the ledger has forgotten: those of its runs, and whatever lies
//! beside it and beside its sheets.
//!
//! Reads only, within bounds. Must not change or delete a file: a person decides about each.

use crate::{
    failure::Result,
    files,
    ledger::Reader,
    results::same_place,
    sheet::Sheet,
    ui::{self, text},
};
use std::{
    collections::BTreeSet,
    fs,
    io::Read,
    path::{Path, PathBuf},
};

/// A longer file is searched so far.
const LONGEST: u64 = 256 * 1024 * 1024;
/// So many files of a folder are looked at.
const MOST_IN_A_FOLDER: usize = 2_000;

/// Where an address may still stand.
pub(super) struct Places {
    files: BTreeSet<PathBuf>,
}

impl Places {
    /// Taken before anything is forgotten, as the ledger knows the places.
    pub(super) fn of(reader: &Reader, ledger: &Path, export: Option<&Path>) -> Result<Self> {
        let mut named: BTreeSet<PathBuf> = reader
            .files_of_runs()?
            .into_iter()
            .map(PathBuf::from)
            .collect();
        named.extend(
            reader
                .backups()?
                .into_iter()
                .map(|(path, _)| PathBuf::from(path)),
        );
        let mut folders: BTreeSet<PathBuf> = named
            .iter()
            .filter_map(|path| path.parent().map(Path::to_owned))
            .filter(|folder| folder.is_absolute())
            .collect();
        folders.insert(files::folder_of(ledger));
        for folder in folders {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            named.extend(
                entries
                    .filter_map(std::result::Result::ok)
                    .take(MOST_IN_A_FOLDER)
                    .map(|entry| entry.path()),
            );
        }
        let is_looked_at = |path: &PathBuf| {
            path.is_file()
                && !is_of(ledger, path)
                && export.is_none_or(|export| !same_place(export, path))
        };
        let mut files = BTreeSet::new();
        for path in named.into_iter().filter(is_looked_at) {
            files.insert(path.canonicalize().unwrap_or(path));
        }
        Ok(Self { files })
    }

    /// Lists the files that hold one of the addresses.
    pub(super) fn tell(&self, addresses: &[&str]) {
        let held: Vec<String> = self
            .files
            .iter()
            .filter(|path| holds(path, addresses))
            .map(|path| path.display().to_string())
            .collect();
        if held.is_empty() {
            return;
        }
        ui::tell(format!(
            "{} still {} an address; delete the lines or the files yourself:",
            text::plural_of(held.len() as u64, "file", "files"),
            if held.len() == 1 { "holds" } else { "hold" }
        ));
        for path in held {
            ui::tell(format!("  {}", text::printable_line(&path)));
        }
    }
}

/// The ledger itself, and what SQLite keeps beside it.
fn is_of(ledger: &Path, path: &Path) -> bool {
    ["", "-wal", "-shm", "-journal", ".lock"]
        .iter()
        .any(|suffix| {
            let mut own = ledger.as_os_str().to_owned();
            own.push(suffix);
            same_place(Path::new(&own), path)
        })
}

/// In any case, in UTF-8 or UTF-16; in a workbook in any cell.
fn holds(path: &Path, addresses: &[&str]) -> bool {
    let is_workbook = path.extension().is_some_and(|extension| {
        ["xlsx", "ods"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    });
    if is_workbook {
        return match Sheet::open_own(path).and_then(|sheet| sheet.mentions()) {
            Ok(mentions) => addresses.iter().any(|address| mentions.contain(address)),
            // What cannot be read may hold anything.
            Err(_) => true,
        };
    }
    let Ok(file) = files::open_given(path) else {
        return false;
    };
    let mut bytes = Vec::new();
    if file.take(LONGEST).read_to_end(&mut bytes).is_err() {
        return false;
    }
    bytes.make_ascii_lowercase();
    addresses.iter().any(|address| {
        let wide: Vec<u8> = address.bytes().flat_map(|byte| [byte, 0]).collect();
        memchr::memmem::find(&bytes, address.as_bytes()).is_some()
            || memchr::memmem::find(&bytes, &wide).is_some()
    })
}
