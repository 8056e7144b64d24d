//! What pages say of the program and what it is: exit codes, outcomes, settings, flags, codes and permissions.

use super::markdown::{Page, pages};
use crate::{
    house::{files_below, package},
    support::Workdir,
};
use clap::CommandFactory;
use guestlist::{Cli, Exit, Outcome};
use std::{collections::BTreeSet, fs};

fn readme() -> Page {
    Page::read(&package(), "README.md")
}

/// All pages about which a reader may ask whether they are true.
fn all() -> Vec<Page> {
    let package = package();
    pages(&package)
        .iter()
        .map(|name| Page::read(&package, name))
        .collect()
}

/// The texts in backticks outside of blocks, each with its place.
fn quoted(page: &Page) -> Vec<(String, String)> {
    page.prose()
        .flat_map(|(at, line)| {
            let texts = line.split('`').skip(1).step_by(2);
            texts
                .map(move |text| (page.place(at), text.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_table_of_exit_codes_is_the_codes() {
    // A code that is added is missing here, and the compiler says so.
    let known = |exit: Exit| match exit {
        Exit::Done
        | Exit::Unexpected
        | Exit::Usage
        | Exit::SheetRefused
        | Exit::SomeRowsNotDone
        | Exit::TryAgain
        | Exit::Permission
        | Exit::TenantRefused
        | Exit::CapReached
        | Exit::TimeUsed
        | Exit::Interrupted => (exit.code().to_string(), exit.meaning().to_owned()),
    };
    let codes = [
        Exit::Done,
        Exit::Unexpected,
        Exit::Usage,
        Exit::SheetRefused,
        Exit::SomeRowsNotDone,
        Exit::TryAgain,
        Exit::Permission,
        Exit::TenantRefused,
        Exit::CapReached,
        Exit::TimeUsed,
        Exit::Interrupted,
    ]
    .map(known);
    let table: Vec<(String, String)> = readme()
        .table(&["exit code", "meaning", "what to do"])
        .iter()
        .map(|cells| (cells[0].clone(), cells[1].clone()))
        .collect();
    assert_eq!(table, codes);
}

#[test]
fn the_table_of_outcomes_is_the_outcomes() {
    let table: Vec<(String, String)> = Page::read(&package(), "docs/sheets.md")
        .table(&["outcome", "meaning", "next run"])
        .iter()
        .map(|cells| (cells[0].replace('`', ""), cells[1].clone()))
        .collect();
    let outcomes: Vec<(String, String)> = Outcome::ALL
        .iter()
        .map(|outcome| (outcome.word().to_owned(), outcome.meaning().to_owned()))
        .collect();
    assert_eq!(table, outcomes);
}

/// `[section] key` in backticks, and a section alone.
#[test]
fn every_setting_that_a_page_names_exists() {
    let example = fs::read_to_string(package().join("config.example.toml")).unwrap();
    let mut known = BTreeSet::new();
    let mut section = String::new();
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("[{}]", name.trim_end_matches(']'));
            known.insert(section.clone());
        } else if let Some((key, _)) = line.split_once(" = ") {
            known.insert(format!("{section} {}", key.trim_start_matches('#')));
        }
    }
    let mut seen = 0;
    let mut wrong = Vec::new();
    for page in all() {
        for (place, text) in quoted(&page) {
            let Some(rest) = text.strip_prefix('[') else {
                continue;
            };
            let Some((name, key)) = rest.split_once(']') else {
                continue;
            };
            // The names that Microsoft's template gives its columns stand in brackets, too.
            if name.chars().any(|c| !c.is_ascii_lowercase()) {
                continue;
            }
            seen += 1;
            let key = key.split('=').next().unwrap_or_default().trim();
            let name = format!("[{name}] {key}");
            if !known.contains(name.trim()) {
                wrong.push(format!("{place}: {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "no settings: {wrong:#?}");
    assert!(seen > 15, "only {seen} settings were found");
}

#[test]
fn every_flag_that_a_page_names_exists() {
    fn flags(command: &clap::Command, known: &mut BTreeSet<String>) {
        for argument in command.get_arguments() {
            known.extend(argument.get_long().map(|name| format!("--{name}")));
        }
        for inner in command.get_subcommands() {
            flags(inner, known);
        }
    }
    // Flags of cargo and of the benches.
    let mut known: BTreeSet<String> = [
        "--help",
        "--version",
        "--locked",
        "--path",
        "--bench",
        "--memory",
    ]
    .map(str::to_owned)
    .into();
    flags(&Cli::command(), &mut known);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for page in all() {
        for (place, text) in quoted(&page) {
            for word in text
                .split([' ', '=', '/'])
                .filter(|word| word.starts_with("--"))
            {
                seen += 1;
                let name = word.trim_matches(|c: char| ",.;:)…".contains(c));
                if name.len() > 2 && !known.contains(name) {
                    wrong.push(format!("{place}: {word}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "no flags: {wrong:#?}");
    assert!(seen > 40, "only {seen} flags were found");
}

/// `GL` and three digits, in backticks or not.
#[test]
fn every_code_that_a_page_names_is_explained() {
    let mut codes = BTreeSet::new();
    for page in all() {
        for line in &page.lines {
            for (start, _) in line.match_indices("GL") {
                let code: String = line[start..].chars().take(5).collect();
                if code[2..].chars().count() == 3 && code[2..].chars().all(|c| c.is_ascii_digit()) {
                    codes.insert(code);
                }
            }
        }
    }
    assert!(codes.len() > 5, "only {codes:?} were found");
    let workdir = Workdir::new();
    for code in codes {
        let told = workdir.run(&["explain", &code]).expect_code(0);
        assert!(told.stdout.contains(&code), "{code}: {}", told.stdout);
    }
}

/// A permission that a page names is one that the program names to an administrator.
#[test]
fn every_permission_that_a_page_names_is_one_of_the_program() {
    let sources: String = files_below(&package().join("src"), ".rs")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let mut seen = BTreeSet::new();
    for page in all() {
        for (place, text) in quoted(&page) {
            let parts: Vec<&str> = text.split('.').collect();
            let is_permission = parts.len() > 1
                && parts.iter().all(|part| {
                    part.chars().next().is_some_and(char::is_uppercase)
                        && part.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
                });
            if is_permission {
                assert!(sources.contains(&text), "{place}: {text}");
                seen.insert(text);
            }
        }
    }
    assert!(seen.len() > 8, "only {seen:?} were found");
}

#[cfg(unix)]
#[test]
fn every_block_of_a_page_has_a_verdict() {
    let without: Vec<String> = all()
        .iter()
        .flat_map(super::screens::without_verdict)
        .collect();
    assert!(without.is_empty(), "{without:#?}");
}

/// The first column of the table of messages in `docs/troubleshooting.md`, with `…` for what differs.
#[test]
fn every_message_that_the_troubleshooting_page_names_is_one_of_the_program() {
    let page = Page::read(&package(), "docs/troubleshooting.md");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sources: String = files_below(&package().join("src"), ".rs")
        .iter()
        .map(|file| words(&fs::read_to_string(file).unwrap().replace("\\\n", " ")))
        .collect();
    for row in page.table(&["what is shown", "what it means", "what to do"]) {
        for part in row[0].trim_matches('`').split('…') {
            let part = part.trim();
            assert!(sources.contains(part), "nothing says {part:?}");
        }
    }
}
