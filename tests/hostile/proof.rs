//! Everything that a run wrote, searched for what must be nowhere.

use crate::support::{Ended, Workdir};
use std::{fs, path::Path};

/// What a hostile text brings: a window title with its bell, writing turned round, a C1 control, a blank without width.
pub(super) const HOSTILE: &str = "\u{1b}]0;pwned\u{7}\u{1b}[5mX\u{202e}\u{9b}2J\u{200b}\u{2066}";

/// Parts of it that can stand in no file by accident.
const TRACES: [&str; 4] = [
    "\u{1b}]0;",
    "\u{1b}[5m",
    "\u{202e}\u{9b}2J",
    "\u{200b}\u{2066}",
];

/// Every file below the folder, the ledger with its journal too, and both streams.
pub(super) fn everything(workdir: &Workdir, ended: &Ended) -> Vec<(String, Vec<u8>)> {
    let mut all = vec![
        ("stdout".to_owned(), ended.stdout.clone().into_bytes()),
        ("stderr".to_owned(), ended.stderr.clone().into_bytes()),
    ];
    collect(&workdir.path(""), &mut all);
    all
}

fn collect(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, all);
        } else if path.is_file() {
            all.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

/// No secret is in anything; `given` are the files that the test itself wrote.
#[track_caller]
pub(super) fn no_secret(all: &[(String, Vec<u8>)], secrets: &[&str], given: &[&str]) {
    for (name, bytes) in all {
        if given.iter().any(|given| name.ends_with(given)) {
            continue;
        }
        for secret in secrets {
            assert!(
                !holds(bytes, secret),
                "{secret} is in {name}:\n{}",
                String::from_utf8_lossy(bytes)
            );
        }
    }
}

/// Nothing hidden is in anything.
#[track_caller]
pub(super) fn nothing_raw(all: &[(String, Vec<u8>)], given: &[&str]) {
    for (name, bytes) in all {
        if given.iter().any(|given| name.ends_with(given)) {
            continue;
        }
        nothing_raw_in(name, bytes);
    }
}

#[track_caller]
pub(super) fn nothing_raw_in(name: &str, bytes: &[u8]) {
    for trace in TRACES {
        assert!(
            !holds(bytes, trace),
            "{trace:?} is in {name}:\n{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    // Single characters mean nothing inside of a database.
    if let Ok(text) = std::str::from_utf8(bytes) {
        for hidden in ['\u{7}', '\u{202e}', '\u{9b}', '\u{200b}', '\u{2066}'] {
            assert!(!text.contains(hidden), "{hidden:?} is in {name}:\n{text:?}");
        }
    }
}
