//! The workflows of the project: pinned, with few rights, and with the long tests that CONTRIBUTING.md names.

use super::{files_below, package};
use std::{collections::BTreeSet, fs, path::PathBuf};
use yaml_rust2::{Yaml, YamlLoader};

fn workflows() -> Vec<(PathBuf, Yaml)> {
    let files = files_below(&package().join(".github/workflows"), ".yml");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let document = YamlLoader::load_from_str(&text).unwrap().remove(0);
        (path, document)
    };
    files.into_iter().map(read).collect()
}

/// The steps of all jobs.
fn steps(workflow: &Yaml) -> Vec<&Yaml> {
    let jobs = workflow["jobs"].as_hash().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_vec().unwrap())
        .collect()
}

#[test]
fn actions_are_pinned_and_each_job_has_the_rights_that_it_needs() {
    for (path, workflow) in workflows() {
        let name = path.display();
        let rights = &workflow["permissions"];
        let none = matches!(rights, Yaml::Hash(rights) if rights.is_empty());
        assert!(none, "{name}: {rights:?}");
        for (job, of) in workflow["jobs"].as_hash().unwrap() {
            assert!(of["timeout-minutes"].as_i64().is_some(), "{name}: {job:?}");
            assert!(of["permissions"].as_hash().is_some(), "{name}: {job:?}");
        }
        for step in steps(&workflow) {
            let Some(uses) = step["uses"].as_str() else {
                continue;
            };
            let (action, commit) = uses.split_once('@').unwrap();
            let pinned = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            assert!(pinned, "{name}: {uses} may change");
            if action == "actions/checkout" {
                let kept = step["with"]["persist-credentials"].as_bool();
                assert_eq!(kept, Some(false), "{name}");
            }
        }
    }
}

/// One action has one version in all workflows.
#[test]
fn an_action_has_one_version() {
    let workflows = workflows();
    let used: BTreeSet<&str> = workflows
        .iter()
        .flat_map(|(_, workflow)| steps(workflow))
        .filter_map(|step| step["uses"].as_str())
        .collect();
    let actions: BTreeSet<&str> = used
        .iter()
        .map(|uses| uses.split('@').next().unwrap())
        .collect();
    assert_eq!(used.len(), actions.len(), "{used:?}");
}

#[test]
fn the_nightly_runs_the_long_tests_that_the_page_names() {
    let page = fs::read_to_string(package().join("CONTRIBUTING.md")).unwrap();
    let named: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("GUESTLIST_LONG=1 cargo test --test guestlist "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    let fuzzed: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("cargo +nightly fuzz run "))
        .filter_map(|rest| rest.split(' ').next())
        .collect();
    let (_, nightly) = workflows()
        .into_iter()
        .find(|(path, _)| path.ends_with("nightly.yml"))
        .unwrap();
    let matrix = |job: &str, key: &str| -> BTreeSet<String> {
        let words = nightly["jobs"][job]["strategy"]["matrix"][key]
            .as_vec()
            .unwrap();
        words
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect()
    };
    assert!(matrix("long", "tests").iter().eq(named.iter()), "{named:?}");
    assert!(
        matrix("fuzz", "target").iter().eq(fuzzed.iter()),
        "{fuzzed:?}"
    );
    let targets = files_below(&package().join("fuzz/fuzz_targets"), ".rs");
    assert_eq!(targets.len(), fuzzed.len());
}
