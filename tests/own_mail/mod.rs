//! Mail in our own words: each with the link, the name and the words of its own row, and at most once.

mod bad_input; // templates and mail servers that cannot do it
mod claims; // who must not be mailed
mod external; // a tenant in which Microsoft mails nobody
mod faults; // lost answers, refusals, kills
mod moments; // what happens while a mail waits
mod preview; // what the mails would say
mod resumed; // asked otherwise than before
mod words; // every mail beside its row

use crate::support::{Ended, Practice, SmtpSink, Workdir};
use std::{collections::HashMap, process::Command};

const FROM: &str = "mia.keller@northwind.example";

const TEMPLATE: &str = "Subject: {{ display_name }}, come to {{ tenant_name }}\nDear {{ display_name }},\n{{ words }}\nLink: {{ redeem_url }}\n";
const HTML: &str =
    "<p>Dear {{ display_name }}</p><p>{{ words }}</p><a href=\"{{ redeem_url }}\">Link</a>\n";

/// Settings for `sendMail`, as fast as the machine can.
pub(super) fn by_graph(workdir: &Workdir) {
    settings(workdir, "delivery = \"graph\"", "");
}

pub(super) fn by_smtp(workdir: &Workdir, sink: &SmtpSink) {
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
        sink.port
    );
    settings(workdir, "delivery = \"smtp\"", &smtp);
}

fn settings(workdir: &Workdir, message: &str, more: &str) {
    std::fs::create_dir_all(workdir.path("words")).unwrap();
    workdir.write("words/default.txt", TEMPLATE).write("words/default.html", HTML).write(
        "mail.toml",
        format!("[message]\n{message}\nfrom = \"Northwind <{FROM}>\"\ntemplate = \"words\"\nper_minute = 0\n{more}"),
    );
}

const WRITINGS: [&str; 5] = ["Zoë Größe", "李 🎉", "שלום עולם", "O'Neill & <Sons>", "Ana"];

/// So many people, each with words of their own.
fn sheet(people: usize) -> String {
    let mut sheet = "email,display_name,words\n".to_owned();
    for number in 1..=people {
        let name = WRITINGS[number % WRITINGS.len()];
        sheet += &format!(
            "guest-{number:03}@partner.example,{name} {number},own words {number} {name}\n"
        );
    }
    sheet
}

const USUAL: [&str; 6] = ["--config", "mail.toml", "--rate", "max", "--settle", "2s"];

fn invite(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Command {
    practice.invite(workdir, "guests.csv", &[&USUAL[..], more].concat())
}

fn mail(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Ended {
    let mut arguments = vec![
        "mail",
        "guests.csv",
        "--config",
        "mail.toml",
        "--yes",
        "--ledger",
        "guestlist.db",
        "--tenant",
        &practice.tenant,
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ];
    if !more.contains(&"--max-mails") {
        arguments.extend(["--max-mails", "1000"]);
    }
    arguments.extend(more);
    let mut command = workdir.command(&arguments);
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    Ended::of(&mut command)
}

/// The rows of the results by address.
fn rows(workdir: &Workdir) -> HashMap<String, HashMap<String, String>> {
    let table = workdir.table("guests.results.csv");
    table
        .0
        .into_iter()
        .map(|row| (row["email"].clone(), row))
        .collect()
}

/// What each person was sent by `sendMail`.
fn sent(practice: &Practice) -> Vec<serde_json::Value> {
    practice.view("/own-mails")["mails"]
        .as_array()
        .unwrap()
        .clone()
}
