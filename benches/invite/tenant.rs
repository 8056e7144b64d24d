//! A practice tenant in clear weather, in a process of its own; and sheets for it.

use crate::process::{self, Used};
use serde_json::Value;
use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

pub(crate) struct Tenant {
    process: Child,
    ready: Value,
}

impl Tenant {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_guestlist"))
            .args(["sandbox", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    pub(crate) fn token(&self) -> &str {
        self.ready["user_token"].as_str().unwrap()
    }

    /// Invites `guests.csv` of the folder: what that used, and its report.
    pub(crate) fn invite(&self, folder: &Path, ledger: &str, more: &[&str]) -> (Used, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command
            .args([
                "invite",
                "guests.csv",
                "--yes",
                "--json",
                "-q",
                "--new-ledger",
            ])
            // A new ledger is not made beside results of the same sheet.
            .args(["--results", &format!("{ledger}.csv")])
            .args(["--ledger", ledger, "--tenant"])
            .arg(self.ready["tenant"].as_str().unwrap())
            .args(["--graph-url", self.url(), "--authority-url", self.url()])
            .args(more)
            .env("GUESTLIST_ACCESS_TOKEN", self.token())
            .current_dir(folder);
        let (used, report) = process::measure(&mut command);
        (used, serde_json::from_str(&report).unwrap())
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As many guests as rows.
pub(crate) fn write_sheet(path: &Path, rows: usize) {
    let mut sheet = BufWriter::new(File::create(path).unwrap());
    writeln!(sheet, "email,display_name").unwrap();
    for number in 0..rows {
        writeln!(sheet, "{},Guest {number}", address(number)).unwrap();
    }
    sheet.flush().unwrap();
}

pub(crate) fn address(number: usize) -> String {
    format!("guest-{number:06}@partner.example")
}
