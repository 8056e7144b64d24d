//! A practice tenant in a process of its own, reached like the real one: URLs, an app's secret, a user's token.

use super::{Ended, Workdir, client};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

pub(crate) struct Practice {
    process: Child,
    pub url: String,
    pub tenant: String,
    pub client_id: String,
    pub client_secret: String,
    pub user_token: String,
}

impl Practice {
    /// With the weather in TOML; empty is clear.
    pub(crate) fn start(workdir: &Workdir, weather: &str) -> Self {
        Self::start_with(workdir, weather, &[])
    }

    pub(crate) fn start_with(workdir: &Workdir, weather: &str, more: &[&str]) -> Self {
        workdir.write("weather.toml", weather);
        let usual = ["sandbox", "--port", "0", "--weather", "weather.toml"];
        let mut command = workdir.command(&[&usual, more].concat());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| ready[key].as_str().unwrap().to_owned();
        workdir.practice_is_at(&text("url"));
        Self {
            process,
            url: text("url"),
            tenant: text("tenant"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            user_token: text("user_token"),
        }
    }

    /// `invite SHEET` as a signed-in user, unattended, with a ledger `guestlist.db` in the folder.
    pub(crate) fn invite(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Command {
        let mut command = self.command(workdir, sheet, more);
        command.env("GUESTLIST_ACCESS_TOKEN", &self.user_token);
        command
    }

    /// The same as an app: Microsoft drops custom words then.
    pub(crate) fn invite_as_app(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Command {
        let mut command = self.command(workdir, sheet, more);
        command
            .env("AZURE_TENANT_ID", &self.tenant)
            .env("AZURE_CLIENT_ID", &self.client_id)
            .env("AZURE_CLIENT_SECRET", &self.client_secret);
        command
    }

    /// Another verb as a signed-in user, with the ledger `guestlist.db` in the folder.
    pub(crate) fn verb(&self, workdir: &Workdir, verb: &[&str]) -> Command {
        let place = [
            "--ledger",
            "guestlist.db",
            "--tenant",
            &self.tenant,
            "--graph-url",
            &self.url,
            "--authority-url",
            &self.url,
        ];
        let mut command = workdir.command(&[verb, &place].concat());
        command.env("GUESTLIST_ACCESS_TOKEN", &self.user_token);
        command
    }

    pub(crate) fn run(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Ended {
        Ended::of(&mut self.invite(workdir, sheet, more))
    }

    /// As a signed-in user, unattended, and nothing said about the ledger.
    pub(crate) fn invite_bare(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Command {
        let mut command = self.bare(workdir, sheet, more);
        command.env("GUESTLIST_ACCESS_TOKEN", &self.user_token);
        command
    }

    fn command(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Command {
        let ledger = ["--new-ledger", "--ledger", "guestlist.db"];
        self.bare(workdir, sheet, &[&ledger, more].concat())
    }

    fn bare(&self, workdir: &Workdir, sheet: &str, more: &[&str]) -> Command {
        let mut arguments = vec![
            "invite",
            sheet,
            "--yes",
            "--tenant",
            &self.tenant,
            "--graph-url",
            &self.url,
            "--authority-url",
            &self.url,
        ];
        arguments.extend(more);
        workdir.command(&arguments)
    }

    /// `GET /_sandbox…`
    pub(crate) fn view(&self, path: &str) -> Value {
        self.send("GET", path, "")
    }

    /// `POST /_sandbox…`
    pub(crate) fn post(&self, path: &str, body: &str) -> Value {
        self.send("POST", path, body)
    }

    fn send(&self, method: &str, path: &str, body: &str) -> Value {
        sandbox_view(&self.url, method, path, body)
    }
}

/// `/_sandbox…` of a practice tenant.
pub(crate) fn sandbox_view(url: &str, method: &str, path: &str, body: &str) -> Value {
    let json = [("content-type", "application/json")];
    let answer = client::ask(method, &format!("{url}/_sandbox{path}"), &json, body);
    assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

impl Drop for Practice {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
