//! Every key can be set in every way, has a flag of the same name, and stands in the example with its default.

use super::{KeyInForce, REMIND, Typed, World, flags_of, world};
use crate::{
    pace::Rate,
    settings::{Env, Source, headings, needs_trust::HARMLESS_OF_INVITE, resolve},
};
use clap::CommandFactory;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The flag of each key that has one.
fn flags() -> BTreeMap<(&'static str, String), String> {
    let mut flags = BTreeMap::new();
    for arg in Typed::command().get_arguments() {
        let (Some(long), Some(heading)) = (arg.get_long(), arg.get_help_heading()) else {
            continue;
        };
        let key = long.replace('-', "_");
        let key = match (heading, key.as_str()) {
            (_, "tenant") => ("tenant", "id".to_owned()),
            (_, "map" | "ignore") => continue,
            (_, "message_file") => ("message", "template".to_owned()),
            (_, "allow")
            | (headings::EVERYDAY | headings::NIGHTLY | headings::EXPERT | headings::TELLING, _) => {
                ("invite", key)
            }
            (REMIND, _) => ("remind", key),
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
    let flags = flags().into_keys();
    // The words of the mails have one flag.
    let flags: BTreeSet<_> = flags.filter(|(section, _)| *section != "message").collect();
    let keys = |sections: &[&str]| -> BTreeSet<(&str, String)> {
        let has_flag =
            |asked: &&KeyInForce| sections.contains(&asked.section) && asked.key != "cloud";
        asked
            .iter()
            .filter(has_flag)
            .map(|asked| (asked.section, asked.key.to_owned()))
            .collect()
    };
    assert_eq!(flags, keys(&["tenant", "invite", "remind", "sheet"]));
}

/// Every key that is not a secret, with the value of the example as it would be typed. A switch is turned round.
fn examples() -> Vec<(String, String, String)> {
    let text = switched_on();
    let document: toml::Table = text.parse().unwrap();
    let typed = |value: &toml::Value| match value {
        toml::Value::Boolean(switch) => (!switch).to_string(),
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => {
            let items: Vec<&str> = items.iter().map(|item| item.as_str().unwrap()).collect();
            items.join(",")
        }
        other => other.to_string(),
    };
    let keys = document.iter().flat_map(|(section, table)| {
        let table = table.as_table().unwrap().iter();
        let table = table.filter(|(_, value)| !value.is_table());
        table.map(|(key, value)| (section.clone(), key.clone(), typed(value)))
    });
    keys.collect()
}

#[test]
fn every_key_can_be_set_by_flag_environment_and_file() {
    let flags = flags();
    for (section, key, text) in examples() {
        let set = |world: World| {
            let (_, keys) = world
                .noting()
                .unwrap_or_else(|failure| panic!("[{section}] {key}: {failure}"));
            let mut keys = keys.into_iter();
            let found = keys.find(|set| set.section == section && set.key == key);
            found.unwrap()
        };
        let variable = format!("GUESTLIST_{section}_{key}").to_uppercase();
        let by_variable = set(world().env(&variable, &text));
        assert_eq!(by_variable.source, Source::Environment(variable));
        let by_file = set(world().file(&format!("[{section}]\n{key} = \"{text}\"\n")));
        assert!(
            matches!(by_file.source, Source::File { line: 2, .. }),
            "{key}"
        );
        let same = |((of, name), _): &(&(&str, String), &String)| *of == section && *name == key;
        if let Some((_, flag)) = flags.iter().find(same) {
            let typed = match text.as_str() {
                // A switch can only be switched on; `send` takes a value.
                "true" => flag.clone(),
                _ => format!("{flag}={text}"),
            };
            let world = world().arg(&typed);
            let world = if key == "weather" {
                world.arg("--sandbox")
            } else {
                world
            };
            let by_flag = set(world);
            assert_eq!(by_flag.source, Source::Flag(flag.clone()));
            assert_eq!(by_flag.value, by_variable.value, "{key}");
        }
        // The folder of the file stands before its paths.
        let ends = by_variable.value.trim_start_matches('"');
        assert!(by_file.value.ends_with(ends), "{key}: {}", by_file.value);
    }
}

#[test]
fn what_needs_no_trust_is_documented() {
    const PAGE: &str = include_str!("../../../docs/security-and-privacy.md");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(PAGE);
    let example = words(&EXAMPLE.replace("\n#", "\n"));
    let (_, keys) = world().noting().unwrap();
    for key in HARMLESS_OF_INVITE {
        let known = |set: &KeyInForce| (set.section, set.key) == ("invite", *key);
        assert!(keys.iter().any(known), "{key} is no key");
    }
    let quoted: Vec<String> = HARMLESS_OF_INVITE
        .iter()
        .map(|key| format!("`{key}`"))
        .collect();
    assert!(page.contains(&format!("do less ({})", quoted.join(", "))));
    let (last, first) = HARMLESS_OF_INVITE.split_last().unwrap();
    let named = format!("{} and {last} of [invite] are used", first.join(", "));
    assert!(example.contains(&named), "no {named:?}");
}

#[test]
fn what_is_shown_could_stand_in_a_settings_file() {
    for (section, key, text) in examples() {
        let value = |file: &str| {
            let (_, keys) = world().file(file).noting().unwrap();
            let mut keys = keys.into_iter();
            keys.find(|set| set.section == section && set.key == key)
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

/// The example with the keys that have no default.
fn switched_on() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest.to_owned(),
        _ => line.to_owned(),
    };
    let lines: Vec<String> = EXAMPLE.lines().map(line).collect();
    lines.join("\n")
}

#[test]
fn every_line_of_the_example_may_be_switched_on() {
    let (_, keys) = world().file(&switched_on()).noting().unwrap();
    let not_set: Vec<_> = keys.iter().filter(|key| !key.is_set()).collect();
    assert!(not_set.is_empty(), "{not_set:?}");
}

#[test]
fn the_sample_is_a_nightly_run() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/settings.toml");
    let flags = flags_of(
        "invite",
        &["--config".to_owned(), sample.display().to_string()],
    );
    let env: &Env<'_> = &|name| (name == "GUESTLIST_TENANT_ID").then(|| "contoso.com".to_owned());
    let settings = resolve(&flags, env, Path::new("")).unwrap();
    assert!(settings.tenant_is_named() && settings.ledger_is_named() && settings.is_loopback());
    assert_eq!(settings.invite.rate.value, Rate::Auto);
}
