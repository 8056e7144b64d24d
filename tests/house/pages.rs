//! The pages for developers name files; each of them is there.

use super::package;
use std::{fs, path::Path};

const PAGES: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
const ROOTS: [&str; 5] = ["src/", "tests/", "benches/", "docs/", ".ci/"];

/// The texts in backticks of a line, without those that hold a blank.
fn in_backticks(line: &str) -> impl Iterator<Item = &str> {
    line.split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| !text.contains(' '))
}

/// What a page names and is not there. A bare `name.rs` lies beside the last path of its line.
fn missing(page: &str, is_there: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut missing = Vec::new();
    for line in page.lines() {
        let mut folder = None;
        for text in in_backticks(line) {
            let path = Path::new(text);
            let full = if ROOTS.iter().any(|root| text.starts_with(root)) {
                folder = Some(if text.ends_with('/') {
                    path.to_owned()
                } else {
                    path.parent().unwrap().to_owned()
                });
                path.to_owned()
            } else if let Some(folder) = &folder
                && path.extension().is_some_and(|ending| ending == "rs")
            {
                folder.join(path)
            } else {
                continue;
            };
            if !is_there(&full) {
                missing.push(full.display().to_string());
            }
        }
    }
    missing
}

#[test]
fn every_file_that_a_page_names_is_there() {
    for page in PAGES {
        let text = fs::read_to_string(package().join(page)).unwrap();
        assert!(text.contains("`src/"), "{page} names no file");
        let gone = missing(&text, |path| package().join(path).exists());
        assert!(gone.is_empty(), "{page} names what is not there: {gone:?}");
    }
}

#[test]
fn a_file_that_is_gone_is_found() {
    let page = "| x | `src/a.rs`, `gone.rs` |\n`tests/b/`, `c.rs`\n`c.rs` alone";
    let there = ["src/a.rs", "tests/b/"];
    assert_eq!(
        missing(page, |path| there
            .iter()
            .any(|known| Path::new(known) == path)),
        ["src/gone.rs", "tests/b/c.rs"]
    );
}
