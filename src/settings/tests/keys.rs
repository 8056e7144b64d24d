//! Which keys there are: heard in every way, flags of the same name, and an example that tells the
//! truth.

use super::{KeyInForce, World, world};
use crate::{
    cli::Cli,
    settings::{
        Env, Rate, headings,
        needs_trust::{lines_of_the_table, needs_trust},
        resolve,
    },
};
use clap::{CommandFactory, Parser};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

fn set_of(asked: &[KeyInForce]) -> BTreeSet<(&str, &str)> {
    asked
        .iter()
        .map(|asked| (asked.section, asked.key))
        .collect()
}

/// Each key with a value that is not its default.
const KEYS: &[(&str, &str, &str)] = &[
    ("tenant", "id", "contoso.com"),
    ("tenant", "cloud", "usgov"),
    ("tenant", "graph_url", "https://graph.example.org"),
    ("tenant", "authority_url", "https://login.example.org"),
    ("tenant", "ca_file", "/ca.pem"),
    ("auth", "method", "device-code"),
    ("auth", "client_id", "app"),
    ("auth", "certificate", "/app.pem"),
    ("auth", "federated_token_file", "/token"),
    ("invite", "dry_run", "true"),
    ("invite", "results", "/r.csv"),
    ("invite", "to_fix", "/f.csv"),
    ("invite", "sandbox", "true"),
    ("invite", "only", "@fabrikam.com,17"),
    ("invite", "yes", "true"),
    ("invite", "ledger", "/l.db"),
    ("invite", "new_ledger", "true"),
    ("invite", "max_invites", "5"),
    ("invite", "daily_cap", "6"),
    ("invite", "cap_wait", "7m"),
    ("invite", "max_duration", "8h"),
    ("invite", "max_invalid", "9%"),
    ("invite", "max_failures", "10"),
    ("invite", "tolerate", "invalid,refused"),
    ("invite", "links", "none"),
    ("invite", "rate", "0.5"),
    ("invite", "workers", "3"),
    ("invite", "precheck", "each"),
    ("invite", "accept_second_mail", "true"),
    ("invite", "existing", "relink"),
    ("invite", "retry_refused", "true"),
    ("invite", "again", "true"),
    ("invite", "own_domains", "skip"),
    ("invite", "default_sponsor", "group:Desk"),
    ("invite", "settle", "11s"),
    ("invite", "ask_again_after", "12m"),
    ("invite", "send", "false"),
    ("invite", "redirect_url", "https://example.org"),
    ("invite", "allow", "member,groups"),
    ("invite", "weather", "/w.toml"),
    ("pace", "invites_per_5s", "15"),
    ("pace", "writes_per_150s", "300"),
    ("pace", "resource_units_per_10s", "350"),
    ("message", "when_dropped", "send-anyway"),
    ("sheet", "encoding", "windows-1252"),
    ("sheet", "delimiter", ";"),
    ("sheet", "sheet", "Guests"),
    ("sheet", "header_row", "3"),
    ("sheet", "hidden", "skip"),
];

/// The flag of each key that has one.
fn flags() -> BTreeMap<(&'static str, String), String> {
    let command = Cli::command();
    let invite = command.find_subcommand("invite").unwrap();
    let mut flags = BTreeMap::new();
    for arg in invite.get_arguments() {
        let (Some(long), Some(heading)) = (arg.get_long(), arg.get_help_heading()) else {
            continue;
        };
        let key = long.replace('-', "_");
        let key = match (heading, key.as_str()) {
            (_, "tenant") => ("tenant", "id".to_owned()),
            (_, "map" | "ignore") => continue,
            (_, "allow") | (headings::EVERYDAY | headings::NIGHTLY | headings::EXPERT, _) => {
                ("invite", key)
            }
            (headings::SHEET, _) => ("sheet", key),
            (headings::CONNECTION, _) => ("tenant", key),
            _ => continue,
        };
        flags.insert(key, format!("--{long}"));
    }
    flags
}

#[test]
fn every_flag_is_a_key_and_every_key_of_an_invitation_is_a_flag() {
    let (_, asked) = world().noting().unwrap();
    let flags: BTreeSet<_> = flags().into_keys().collect();
    let keys = |sections: &[&str]| -> BTreeSet<(&str, String)> {
        let has_flag =
            |asked: &&KeyInForce| sections.contains(&asked.section) && asked.key != "cloud";
        asked
            .iter()
            .filter(has_flag)
            .map(|asked| (asked.section, asked.key.to_owned()))
            .collect()
    };
    assert_eq!(flags, keys(&["tenant", "invite", "sheet"]));
}

#[test]
fn every_key_is_heard_from_flag_environment_and_file() {
    let (_, default) = world().noting().unwrap();
    let known: BTreeSet<_> = KEYS
        .iter()
        .map(|(section, key, _)| (*section, *key))
        .collect();
    let mut asked = set_of(&default);
    asked.retain(|(section, key)| *section != "columns" && *key != "client_secret");
    assert_eq!(known, asked, "the table of this test must be complete");

    let flags = flags();
    for (section, key, text) in KEYS {
        let value = |world: World, how: &str| {
            let (_, asked) = world
                .noting()
                .unwrap_or_else(|failure| panic!("{key} {how}: {failure}"));
            let found = asked
                .into_iter()
                .find(|a| a.section == *section && a.key == *key);
            found.unwrap().value
        };
        let default = value(world(), "default");
        let variable = format!("GUESTLIST_{section}_{key}").to_uppercase();
        let heard = value(world().env(&variable, text), "environment");
        assert_ne!(heard, default, "{key}");
        let file = format!("[{section}]\n{key} = \"{text}\"\n");
        assert_eq!(value(world().file(&file), "file"), heard, "{key}");
        if let Some(flag) = flags.get(&(*section, (*key).to_owned())) {
            let typed = if *text == "true" {
                flag.clone()
            } else {
                format!("{flag} {text}")
            };
            let typed = if *key == "weather" {
                format!("{typed} --sandbox")
            } else {
                typed
            };
            assert_eq!(value(world().typed(&typed), "flag"), heard, "{key}");
        }
    }
}

#[test]
fn it_is_decided_for_every_key_whether_it_needs_trust() {
    let (_, asked) = world().noting().unwrap();
    let mut known: BTreeSet<(&str, &str)> = set_of(&asked)
        .into_iter()
        .map(|(section, key)| match section {
            "invite" => (section, key),
            section => (section, "*"),
        })
        .collect();
    for line in lines_of_the_table() {
        assert!(known.remove(&line), "{line:?} stands twice, or is no key");
    }
    assert!(known.is_empty(), "nobody has decided about {known:?}");
}

#[test]
fn what_needs_no_trust_is_documented() {
    const README: &str = include_str!("../../../README.md");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let readme = words(README);
    let example = words(&EXAMPLE.replace("\n#", "\n"));
    let harmless: Vec<&str> = lines_of_the_table()
        .into_iter()
        .filter(|(section, key)| *section == "invite" && !needs_trust((section, key)))
        .map(|(_, key)| key)
        .collect();
    let quoted: Vec<String> = harmless.iter().map(|key| format!("`{key}`")).collect();
    assert!(readme.contains(&format!("do less ({})", quoted.join(", "))));
    let (last, first) = harmless.split_last().unwrap();
    let named = format!("{} and {last} of [invite] are used", first.join(", "));
    assert!(example.contains(&named), "no {named:?}");
}

#[test]
fn what_is_shown_could_stand_in_a_settings_file() {
    for (section, key, text) in KEYS {
        let value = |file: &str| {
            let (_, asked) = world().file(file).noting().unwrap();
            let mut asked = asked.into_iter();
            asked
                .find(|a| a.section == *section && a.key == *key)
                .unwrap()
                .value
        };
        let shown = value(&format!("[{section}]\n{key} = \"{text}\"\n"));
        let again = value(&format!("[{section}]\n{key} = {shown}\n"));
        assert_eq!(again, shown, "{key}");
    }
}

const EXAMPLE: &str = include_str!("../../../config.example.toml");

/// The keys of the example in their order, also those behind a `#`.
fn example_keys() -> Vec<(String, String)> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in EXAMPLE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if let Some((key, _)) = line.split_once(" = ") {
            let key = key.trim_start_matches('#');
            if !key.contains(' ') {
                keys.push((section.clone(), key.to_owned()));
            }
        }
    }
    keys
}

#[test]
fn the_example_holds_every_key_once() {
    let (_, asked) = world().noting().unwrap();
    let mut expected: Vec<_> = asked
        .iter()
        .map(|a| (a.section.to_owned(), a.key.to_owned()))
        .collect();
    let mut found = example_keys();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn the_example_is_the_defaults() {
    // From an empty folder name, as paths in the file are relative to it.
    let example = tempfile::tempdir().unwrap();
    let path = example.path().join("config.example.toml");
    std::fs::write(&path, EXAMPLE).unwrap();
    let typed = world().typed(&format!("--config {}", path.display()));
    let (_, heard) = typed.noting().unwrap();
    let (_, default) = world().noting().unwrap();
    for (heard, default) in heard.iter().zip(&default) {
        let folder = format!("{}{}", example.path().display(), std::path::MAIN_SEPARATOR);
        assert_eq!(
            heard.value.replace(&folder, ""),
            default.value,
            "{}",
            default.key
        );
    }
}

#[test]
fn every_line_of_the_example_may_be_switched_on() {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    let all: Vec<String> = EXAMPLE.lines().map(line).collect();
    let (_, heard) = world().file(&all.join("\n")).noting().unwrap();
    let silent: Vec<_> = heard.iter().filter(|asked| !asked.is_set()).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn the_sample_is_a_nightly_run() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/settings.toml");
    let command = ["guestlist", "invite", "guests.csv", "--config"].map(str::to_owned);
    let command = [&command[..], &[sample.display().to_string()]].concat();
    let cli = Cli::try_parse_from(command).unwrap();
    let env: &Env<'_> = &|name| (name == "GUESTLIST_TENANT_ID").then(|| "contoso.com".to_owned());
    let settings = resolve(&cli.flags(), env, Path::new("")).unwrap();
    assert!(settings.tenant_is_named() && settings.ledger_is_named() && settings.is_loopback());
    assert_eq!(settings.invite.rate.value, Rate::Auto);
}
