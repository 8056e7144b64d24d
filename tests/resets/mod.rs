//! Guests whose sign-in address has changed redeem again: they keep what they have, and are mailed at most once.

mod lost; // answers that do not come, and the program killed between the calls
mod monthly; // the next list of the same people
mod own; // mails of our own after a reset
mod refusals; // what Graph refuses, and who can help
mod sheets; // what can be wrong with a sheet of resets
mod story; // the ordinary case, twice, and what other verbs make of it

use crate::support::{Ended, Practice, Workdir};
use serde_json::Value;
use std::process::Command;

const BEN: &str = "ben.carter@fabrikam.example";
const CHLOE: &str = "chloe.martin@fabrikam.example";
const NEW_BEN: &str = "ben@newfirm.example";
const NEW_CHLOE: &str = "chloe@newfirm.example";

const TWO: &str = "email,new_email,note\n\
    ben.carter@fabrikam.example,ben@newfirm.example,first\n\
    chloe.martin@fabrikam.example,chloe@newfirm.example,second\n";

/// `reset-redemption resets.csv`, unattended and as fast as the machine can, ready to run.
fn command(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Command {
    let usual = ["reset-redemption", "resets.csv", "--new-ledger"];
    let mut command = practice.verb(workdir, &[&usual, more].concat());
    hurry(&mut command);
    command
}

fn hurry(command: &mut Command) {
    for (key, value) in [
        ("RATE", "max"),
        ("SETTLE", "1s"),
        ("ASK_AGAIN_AFTER", "1s"),
        ("MAX_FAILURES", "100%"),
    ] {
        command.env(format!("GUESTLIST_INVITE_{key}"), value);
    }
}

fn reset(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Ended {
    let yes = ["--yes", "--max-resets", "1000"];
    Ended::of(&mut command(practice, workdir, &[&yes, more].concat()))
}

/// The same as an app.
fn reset_as_app(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Ended {
    let yes = ["--yes", "--max-resets", "1000"];
    let mut command = command(practice, workdir, &[&yes, more].concat());
    command
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_TENANT_ID", &practice.tenant)
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    Ended::of(&mut command)
}

/// A person of the practice tenant, with all fields.
fn person(practice: &Practice, address: &str) -> Value {
    practice.view(&format!("/people?address={address}"))["people"][0].clone()
}

fn mails(practice: &Practice, address: &str) -> u64 {
    let view = practice.view(&format!("/mails?address={address}"));
    view["total"].as_u64().unwrap()
}

fn resets(practice: &Practice) -> u64 {
    practice.view("/resets")["total"].as_u64().unwrap()
}

fn weather(practice: &Practice, toml: &str) {
    let json: toml::Value = toml::from_str(toml).unwrap();
    practice.post("/weather", &serde_json::to_string(&json).unwrap());
}
