//! The check-up: four practice tenants with their verdicts and exit codes, and what a person reads.

mod own_mail; // who mails the guests
mod screens; // what a person reads
mod tenants; // four tenants, and what the checks say of each

use crate::support::{Ended, Practice, Workdir};
use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// `doctor` as a signed-in user, in a tenant that stands beside it.
fn command(workdir: &Workdir, practice: &Practice, tenant: &str, more: &[&str]) -> Command {
    let mut arguments = vec![
        "doctor",
        "--tenant",
        tenant,
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ];
    arguments.extend(more);
    let mut command = workdir.command(&arguments);
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    command
}

/// The checks by name, and the exit code, which stdout and the process agree on.
fn checkup(command: &mut Command) -> (BTreeMap<String, Value>, i32) {
    let ended = Ended::of(command.arg("--json"));
    let report = ended.json();
    assert_eq!(report["exit_code"], ended.code, "{}", ended.stderr);
    let checks = report["checks"].as_array().unwrap().iter();
    let named = checks.map(|check| (check["name"].as_str().unwrap().to_owned(), check.clone()));
    (named.collect(), ended.code)
}

/// The names of the checks that ended like this.
fn named<'a>(checks: &'a BTreeMap<String, Value>, verdict: &str) -> Vec<&'a str> {
    let of = checks
        .iter()
        .filter(|(_, check)| check["verdict"] == verdict);
    of.map(|(name, _)| name.as_str()).collect()
}
