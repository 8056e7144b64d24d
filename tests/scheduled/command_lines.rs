//! What the samples name exists in this build: commands, flags, settings, variables, files.

use super::samples::{CommandLine, command_lines, folder, names, text};
use crate::support::{Ended, Workdir};
use clap::Parser;
use guestlist::Cli;
use std::{collections::BTreeSet, path::Path};

fn value_of<'a>(words: &'a [String], flag: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| word == flag)?;
    words.get(at + 1).map(String::as_str)
}

#[test]
fn every_command_line_is_one_of_this_program() {
    let lines = command_lines();
    let files: BTreeSet<&str> = lines.iter().map(|line| line.file.as_str()).collect();
    assert_eq!(
        files.into_iter().collect::<Vec<_>>(),
        [
            "azure-pipelines.yml",
            "cronjob.yaml",
            "github-actions.yml",
            "guestlist.service",
            "indexed-job.yaml",
            "windows-task.cmd",
        ]
    );
    for CommandLine { file, words, .. } in &lines {
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{file}: {words:?}: {error}");
        }
    }
}

#[test]
fn each_night_names_its_settings_and_a_ledger_that_is_there() {
    let nights = command_lines()
        .into_iter()
        .filter(|line| line.words[1] == "invite");
    let mut real = 0;
    for CommandLine {
        file,
        hosted,
        words,
    } in nights
    {
        let has = |flag: &str| words.iter().any(|word| word == flag);
        let settings = value_of(&words, "--config").unwrap_or_else(|| panic!("{file}: {words:?}"));
        assert_eq!(settings.rsplit(['/', '\\']).next(), Some("guestlist.toml"));
        let ledger = value_of(&words, "--ledger").unwrap_or_else(|| panic!("{file}: {words:?}"));
        assert_eq!(
            has("--dry-run"),
            hosted,
            "{file}: a machine without a disk that stays must not invite"
        );
        if hosted {
            continue;
        }
        real += 1;
        assert!(
            !has("--new-ledger"),
            "{file}: a lost ledger would go unnoticed"
        );
        let made = command_lines()
            .into_iter()
            .any(|line| line.words[1..].join(" ") == format!("ledger new --ledger {ledger}"));
        let told = text(&file).contains(&format!("guestlist ledger new --ledger {ledger}"));
        assert!(made || told, "{file}: who makes {ledger}?");
        for cloud in ["cache", "artifact"] {
            assert!(!ledger.contains(cloud), "{file}: {ledger}");
        }
    }
    assert_eq!(real, 6, "one for each platform");
}

/// The lines that are switched off are tried too.
#[test]
fn the_settings_are_known_and_hold_what_a_night_needs() {
    let workdir = Workdir::new();
    workdir.write("client-secret", "not a secret\n");
    let written = text("guestlist.toml");
    let switched_on: String = written
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(switched_on.contains("\nclient_secret = { file ="));
    for settings in [&written, &switched_on] {
        workdir.write("guestlist.toml", settings);
        let shown = workdir
            .run(&["config", "--config", "guestlist.toml"])
            .expect_code(0)
            .stdout;
        for needed in [
            "yes = true ",
            "daily_cap = 200 ",
            "max_duration = \"3h\" ",
            "hidden = \"skip\" ",
        ] {
            assert!(shown.contains(needed), "{needed}: {shown}");
        }
        // A night of 23 hours, and one that begins earlier than the last, still invites.
        assert!(
            shown.contains("cap_wait = \"1h 30m\" ") || shown.contains("cap_wait = \"90m\" "),
            "{shown}"
        );
    }
}

/// `GUESTLIST_SECTION_KEY` for each key that there is.
fn known_variables() -> BTreeSet<String> {
    let shown = Workdir::new().run(&["config"]).expect_code(0).stdout;
    let mut section = String::new();
    let mut known = BTreeSet::new();
    for line in shown.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_uppercase();
        } else if !section.is_empty() && !line.is_empty() {
            let line = line.trim_start_matches('#');
            let key = line.split([' ', '=']).next().unwrap().to_uppercase();
            known.insert(format!("GUESTLIST_{section}_{key}"));
        }
    }
    known
}

#[test]
fn every_variable_is_one_that_the_program_reads() {
    let mut known = known_variables();
    assert!(known.contains("GUESTLIST_INVITE_DAILY_CAP"));
    known.extend(["GUESTLIST_CONFIG", "GUESTLIST_ACCESS_TOKEN"].map(str::to_owned));
    let mut seen = 0;
    for name in names() {
        for word in text(&name).split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            if word.starts_with("GUESTLIST_") {
                seen += 1;
                assert!(known.contains(word), "{name}: {word}");
            }
        }
    }
    assert!(seen >= 4);
}

#[test]
fn every_file_that_is_named_is_there_and_described() {
    let names = names();
    let page = text("README.md");
    for name in &names {
        let described = page.contains(&format!("`{name}`")) || name == "README.md";
        assert!(described, "README.md does not say what {name} is for");
    }
    for file in &names {
        let text = text(file);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_./\\:".contains(c));
        for word in words {
            let word = word.trim_end_matches(['.', ':']);
            let ending = Path::new(word)
                .extension()
                .and_then(|ending| ending.to_str());
            let sample = ["service", "timer", "yaml", "yml", "cmd"];
            let elsewhere = word.contains(['/', '\\']) && !word.starts_with("samples/");
            if ending.is_some_and(|ending| sample.contains(&ending)) && !elsewhere {
                let name = Path::new(word).file_name().unwrap();
                assert!(folder().join(name).exists(), "{file} names {word}");
            }
            if word.starts_with("samples/") {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(word);
                assert!(path.exists(), "{file} names {word}");
            }
        }
    }
}

/// The links of the page lead somewhere.
#[test]
fn a_link_of_the_page_leads_to_a_file() {
    for link in text("README.md").split("](").skip(1) {
        let target = link.split([')', '#']).next().unwrap();
        if !target.is_empty() && !target.starts_with("http") {
            assert!(folder().join(target).exists(), "{target}");
        }
    }
}

/// The longest command that `schtasks /TR` takes.
const LONGEST_TASK: usize = 261;

#[test]
fn the_task_of_windows_is_not_too_long() {
    let lines = command_lines();
    let task = lines
        .iter()
        .find(|line| line.file == "windows-task.cmd" && line.words[1] == "invite");
    let task = task.unwrap().words.join(" ");
    assert!(task.len() <= LONGEST_TASK, "{} characters", task.len());
}

/// Whoever copies a sample and forgets half of it reads what is missing, and nothing is sent.
#[test]
fn a_night_without_its_tenant_or_its_ledger_is_refused() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\nkim@partner.example\n");
    let settings = folder().join("guestlist.toml");
    let settings = settings.to_str().unwrap();
    let night = ["invite", "guests.csv", "--config", settings];
    workdir.run(&night).expect_code(2).says("--tenant");
    let mut command = workdir.command(&night);
    command.env("GUESTLIST_TENANT_ID", "contoso.com");
    Ended::of(&mut command).expect_code(2).says("--ledger");
    let mut command = workdir.command(&[&night[..], &["--ledger", "contoso.db"]].concat());
    command.env("GUESTLIST_TENANT_ID", "contoso.com");
    Ended::of(&mut command).expect_code(2).says("ledger new");
}
