//! Which module may use which. Data flows one way: from the sheet to the results; what many share lies at the bottom.

use super::{imports, package};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// What many modules share. These may use each other, and nothing else.
const BOTTOM: [&str; 18] = [
    "children",
    "clock",
    "events",
    "exit",
    "failure",
    "files",
    "fingerprint",
    "log",
    "nearest",
    "one_word",
    "outcome",
    "own_files",
    "problem",
    "redeem_link",
    "secrets",
    "threshold",
    "version",
    "visible",
];

/// Every other module, and what it may use beside the bottom. `ARCHITECTURE.md` shows the same as a drawing.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("sheet", &[]),
    ("guest", &["sheet"]),
    ("ledger", &[]),
    ("pace", &[]),
    ("graph", &["pace"]),
    ("message", &["sheet", "guest", "ledger", "pace", "graph"]),
    ("directory", &["guest", "graph"]),
    (
        "engine",
        &[
            "sheet",
            "guest",
            "ledger",
            "directory",
            "pace",
            "graph",
            "follow_up",
        ],
    ),
    ("follow_up", &["guest", "ledger", "pace", "graph"]),
    ("results", &["sheet"]),
    ("ui", &["sheet", "results"]),
    ("report", &["ui"]),
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
            "follow_up",
            "sheet",
            "guest",
            "ledger",
            "directory",
            "engine",
            "pace",
            "graph",
            "message",
            "results",
            "report",
            "ui",
            "sandbox",
        ],
    ),
    ("lib", &[]),
];

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
    let circles: Vec<String> = imports::circles(&uses)
        .iter()
        .map(|circle| {
            let lines = circle.iter().map(|file| {
                let back: Vec<&String> = uses[file].intersection(circle).collect();
                format!("{file} uses {back:?}")
            });
            lines.collect::<Vec<_>>().join("\n")
        })
        .collect();
    assert!(
        circles.is_empty(),
        "circles of files:\n\n{}\n",
        circles.join("\n\n")
    );
}

/// Elsewhere tests may use what the code may not. The settings' tests parse flags without the program's command line.
#[test]
fn the_settings_do_not_know_the_command_line_even_in_tests() {
    fn look(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look(&path, found);
            } else if fs::read_to_string(&path).unwrap().contains("cli::") {
                found.push(path.display().to_string());
            }
        }
    }
    let mut found = Vec::new();
    look(&package().join("src/settings"), &mut found);
    assert!(found.is_empty(), "{found:?}");
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
