//! The service, with folders in the place of those of the machine and what systemd itself sets; and the task of Windows.

use super::{
    super::samples::{command_lines, of_key, text, unit},
    Job, new_ledger, placed, put_in, sheet,
};
use crate::{
    sign_in::openssl::certificate,
    support::{Practice, Workdir},
};
use std::{fs, path::Path};

#[test]
fn the_service_takes_two_nights() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let Some(pem) = certificate(&workdir, "certificate", 1) else {
        return;
    };
    practice.post("/certificate", &pem);
    let unit = unit("guestlist.service");
    let folders = ["var/lib/guestlist", "var/cache/guestlist", "etc/guestlist"];
    let folders = folders.map(|name| (format!("/{name}"), workdir.path(name)));
    for (_, here) in &folders {
        fs::create_dir_all(here).unwrap();
    }
    let places: Vec<(&str, &Path)> = folders
        .iter()
        .map(|(there, here)| (there.as_str(), here.as_path()))
        .collect();
    workdir
        .write("etc/guestlist/guestlist.toml", text("guestlist.toml"))
        .write("var/lib/guestlist/guests.csv", sheet(0));
    // The credentials, by their names; %d is their folder.
    let credentials = workdir.path("credentials");
    fs::create_dir(&credentials).unwrap();
    for credential in of_key(&unit, "LoadCredential") {
        let (name, from) = credential.split_once(':').unwrap();
        let from = from.rsplit('/').next().unwrap();
        fs::copy(workdir.path(from), credentials.join(name)).unwrap();
    }
    let variables: Vec<(String, String)> = of_key(&unit, "Environment")
        .iter()
        .map(|variable| {
            let (name, value) = variable.split_once('=').unwrap();
            let value = match name {
                "GUESTLIST_TENANT_ID" => practice.tenant.clone(),
                "AZURE_CLIENT_ID" => practice.client_id.clone(),
                _ => value.replace("%d", credentials.to_str().unwrap()),
            };
            (name.to_owned(), value)
        })
        .collect();
    let line = of_key(&unit, "ExecStart")[0];
    let words: Vec<String> = line
        .split_whitespace()
        .map(|word| placed(word, &places))
        .collect();
    assert_eq!(words[0], "/usr/bin/guestlist");
    let command = || {
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let mut command = workdir.command(&words);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        put_in(&mut command, &practice);
        command
    };
    let state = workdir.path("var/lib/guestlist");
    let job = Job {
        practice: &practice,
        command: &command,
        shown: |code| code,
        ledger: state.join("contoso.db"),
        results: state.join("guests.results.csv"),
        metrics: Some(workdir.path("var/cache/guestlist/guestlist.prom")),
        summary: Some(state.join("summary.md")),
    };
    new_ledger(&workdir, &job.ledger);
    job.nights();
    // Only what everybody may read lies where everybody may read.
    let public: Vec<_> = fs::read_dir(workdir.path("var/cache/guestlist"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(public, ["guestlist.prom"]);
}

/// A workbook, and everything that signs in stands in the settings.
#[test]
fn the_task_of_windows_takes_two_nights() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let folder = workdir.path("guestlist");
    fs::create_dir(&folder).unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (row, line) in sheet(0).text().lines().enumerate() {
        for (column, cell) in line.split(',').enumerate() {
            page.write(row as u32, column as u16, cell).unwrap();
        }
    }
    book.save(folder.join("guests.xlsx")).unwrap();
    let settings = text("guestlist.toml")
        .replace("#[auth]", "[auth]")
        .replace("#client_secret", "client_secret")
        .replace(
            "#client_id = \"00000000-0000-0000-0000-000000000000\"",
            &format!("client_id = \"{}\"", practice.client_id),
        );
    workdir
        .write("guestlist/guestlist.toml", settings)
        .write("guestlist/client-secret", &practice.client_secret);
    let task = command_lines()
        .into_iter()
        .find(|line| line.file == "windows-task.cmd" && line.words[1] == "invite")
        .unwrap();
    assert_eq!(task.words[0], "C:\\guestlist\\guestlist.exe");
    let words: Vec<String> = task.words[1..]
        .iter()
        .map(|word| match word.as_str() {
            "contoso.com" => practice.tenant.clone(),
            word => placed(word, &[("C:\\guestlist", &folder)]),
        })
        .collect();
    let command = || {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = workdir.command(&words);
        put_in(&mut command, &practice);
        command
    };
    let job = Job {
        practice: &practice,
        command: &command,
        shown: |code| code,
        ledger: folder.join("contoso.db"),
        results: folder.join("guests.results.xlsx"),
        metrics: None,
        summary: None,
    };
    new_ledger(&workdir, &job.ledger);
    job.nights();
    let log = workdir.read("guestlist/night.log");
    let starts = log.lines().filter(|line| line.contains("\"run-start\""));
    assert_eq!(starts.count(), 4, "each start is in the log");
}
