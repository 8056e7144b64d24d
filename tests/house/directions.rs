//! Which module may use which. Data flows one way: from the sheet to the results; what many share lies at the bottom.

use super::{imports, package};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// What many modules share. These may use each other, and nothing else.
const BOTTOM: [&str; 13] = [
    "children",
    "clock",
    "exit",
    "failure",
    "files",
    "fingerprint",
    "one_word",
    "outcome",
    "problem",
    "redeem_link",
    "secrets",
    "threshold",
    "visible",
];

/// Every other module, and what it may use beside the bottom. `ARCHITECTURE.md` shows the same as a drawing.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("sheet", &[]),
    ("guest", &["sheet"]),
    ("ledger", &[]),
    ("pace", &[]),
    ("graph", &["pace"]),
    ("message", &["sheet", "guest", "ledger", "pace", "graph"]),
    ("directory", &["guest", "graph"]),
    (
        "engine",
        &["sheet", "guest", "ledger", "directory", "pace", "graph"],
    ),
    ("results", &["sheet"]),
    ("ui", &["sheet", "results"]),
    (
        "settings",
        &[
            "sheet", "guest", "engine", "results", "pace", "graph", "message",
        ],
    ),
    ("cli", &["settings", "ui"]),
    // A second reading of the API: it shares nothing with the client that it tests.
    ("sandbox", &[]),
    (
        "commands",
        &[
            "cli",
            "settings",
            "sheet",
            "guest",
            "ledger",
            "directory",
            "engine",
            "pace",
            "graph",
            "message",
            "results",
            "ui",
            "sandbox",
        ],
    ),
    ("lib", &[]),
];

/// Circles of files that are still there, each with what would have to move. Nothing is added to this list.
const CIRCLES_THAT_STAY: &[(&[&str], &str)] = &[
    (
        &["guest/address_accounting.rs", "guest/understand.rs"],
        "the accounting is part of one pass, and reads what the pass made of a row",
    ),
    (
        &["guest/diagnose.rs", "guest/email.rs"],
        "what is wrong with an address is found by parsing it again",
    ),
    (
        &["guest/model.rs", "guest/sponsors.rs"],
        "the rules hold a sponsor, and a sponsor is read by the rules",
    ),
];

/// The circle of the sheet's files: opening a sheet reads its rows, and its rows know the sheet. It may only shrink.
const CIRCLE_OF_THE_SHEET: usize = 15;

fn module_of(file: &str) -> &str {
    file.split('/').next().unwrap().trim_end_matches(".rs")
}

/// What the uses break of the rules, one sentence each.
fn broken(uses: &imports::Uses) -> Vec<String> {
    let rules: BTreeMap<&str, &[&str]> = MAY_USE
        .into_iter()
        .chain(BOTTOM.map(|module| (module, [].as_slice())))
        .collect();
    let mut broken = Vec::new();
    for (file, used) in uses {
        let module = module_of(file);
        let Some(allowed) = rules.get(module) else {
            broken.push(format!("{file}: no rule says what `{module}` may use"));
            continue;
        };
        for other in used {
            let target = module_of(other);
            if target != module && !BOTTOM.contains(&target) && !allowed.contains(&target) {
                broken.push(format!(
                    "{file} uses {other}: `{module}` may not use `{target}`"
                ));
            }
        }
    }
    broken
}

#[test]
fn modules_use_what_they_may_use_and_nothing_else() {
    let uses = imports::uses(&package().join("src"));
    assert!(uses.len() > 200, "only {} files were found", uses.len());
    let broken = broken(&uses);
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let uses = imports::uses(&package().join("src"));
    let stays: Vec<BTreeSet<String>> = CIRCLES_THAT_STAY
        .iter()
        .map(|(files, _)| files.iter().map(|&file| file.to_owned()).collect())
        .collect();
    let circles = imports::circles(&uses);
    let new: Vec<String> = circles
        .iter()
        .filter(|circle| !stays.contains(circle))
        .filter(|circle| {
            let of_the_sheet = circle.iter().all(|file| module_of(file) == "sheet");
            !of_the_sheet || circle.len() > CIRCLE_OF_THE_SHEET
        })
        .map(|circle| {
            let lines = circle.iter().map(|file| {
                let back: Vec<&String> = uses[file].intersection(circle).collect();
                format!("{file} uses {back:?}")
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert!(
        new.is_empty(),
        "circles of files:\n\n{}\n",
        new.join("\n\n")
    );
    for (circle, (_, reason)) in stays.iter().zip(CIRCLES_THAT_STAY) {
        assert!(
            circles.contains(circle),
            "no circle any more: {circle:?} ({reason})"
        );
    }
}

/// The test itself: an import that is turned round is found, through a re-export as well.
#[test]
fn an_import_that_is_turned_round_is_found() {
    let source = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = source.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("lib.rs", "mod engine;\nmod settings;\nmod outcome;\n");
    write("outcome.rs", "pub struct Outcome;\n");
    write("engine/mod.rs", "mod run;\npub use run::Run;\n");
    write(
        "engine/run.rs",
        "use crate::outcome::Outcome;\npub struct Run(Outcome);\n",
    );
    write(
        "settings/mod.rs",
        "mod model;\nmod read;\npub use read::Reading;\n",
    );
    write(
        "settings/model.rs",
        "use crate::engine::Run;\npub struct Model(Run);\n",
    );
    write(
        "settings/read.rs",
        "use super::model::Model;\npub struct Reading(Model);\n",
    );
    let uses = imports::uses(source.path());
    assert_eq!(broken(&uses), Vec::<String>::new());
    assert_eq!(imports::circles(&uses), Vec::<BTreeSet<String>>::new());
    assert!(
        uses["settings/model.rs"].contains("engine/run.rs"),
        "{uses:?}"
    );

    write(
        "engine/run.rs",
        "pub struct Run;\nfn of() { let _ = vec![crate::settings::Reading::new()]; }\n",
    );
    let uses = imports::uses(source.path());
    assert_eq!(
        broken(&uses),
        ["engine/run.rs uses settings/read.rs: `engine` may not use `settings`"]
    );
    let circle = ["engine/run.rs", "settings/model.rs", "settings/read.rs"];
    assert_eq!(
        imports::circles(&uses),
        [circle
            .map(str::to_owned)
            .into_iter()
            .collect::<BTreeSet<_>>()]
    );

    write(
        "engine/run.rs",
        "pub struct Run;\n#[cfg(test)]\nmod tests { use crate::settings::Reading; }\n",
    );
    assert_eq!(
        broken(&imports::uses(source.path())),
        Vec::<String>::new(),
        "tests may"
    );
}
