//! A practice tenant of any size in this process, and the program that looks people up in it.

use crate::support::{Ended, Workdir};
use guestlist::{Sandbox, SandboxOptions, Weather};
use serde_json::Value;
use std::{
    process::Stdio,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

pub(super) struct Tenant {
    sandbox: Option<Sandbox>,
    runtime: Runtime,
}

/// What a run cost.
pub(super) struct Cost {
    pub requests: u64,
    pub took: Duration,
    /// The most memory that the program held, in bytes, where the system tells.
    pub memory: Option<u64>,
}

impl Tenant {
    /// With this many synthetic guests, `guest-000001@crowd.example` and so on, in addition to the people who are always
    /// there.
    pub(super) fn of(synthetic_guests: u32, weather: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = SandboxOptions {
            synthetic_guests,
            weather: Weather::from_toml(weather).unwrap(),
            log_capacity: 0,
            ..SandboxOptions::default()
        };
        let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
        Self {
            sandbox: Some(sandbox),
            runtime,
        }
    }

    fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// `invite guests.csv` as a signed-in user, or a rehearsal of it, with a ledger of its own.
    pub(super) fn run(&self, workdir: &Workdir, more: &[&str]) -> Ended {
        Ended::of(&mut self.command(workdir, more))
    }

    /// The same, and what it cost.
    pub(super) fn measure(&self, workdir: &Workdir, more: &[&str]) -> (Value, Cost) {
        let began = Instant::now();
        let mut command = self.command(workdir, &[more, &["--json"]].concat());
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut memory = None;
        while process.try_wait().unwrap().is_none() {
            memory = peak(process.id()).or(memory);
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = process.wait_with_output().unwrap();
        let took = began.elapsed();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let requests = told["requests"]["total"].as_u64().unwrap();
        let cost = Cost {
            requests,
            took,
            memory,
        };
        (told, cost)
    }

    fn command(&self, workdir: &Workdir, more: &[&str]) -> std::process::Command {
        let sandbox = self.sandbox();
        let mut arguments = vec![
            "invite",
            "guests.csv",
            "--yes",
            "--new-ledger",
            "--ledger",
            "guestlist.db",
            "--rate",
            "max",
            "--tenant",
            &sandbox.tenant_id,
            "--graph-url",
            &sandbox.url,
            "--authority-url",
            &sandbox.url,
        ];
        arguments.extend(more);
        let mut command = workdir.command(&arguments);
        command.env("GUESTLIST_ACCESS_TOKEN", &sandbox.user_token);
        command
    }

    /// Requests of a kind so far, those inside a `$batch` left out.
    pub(super) fn requests(&self, kind: &str) -> u64 {
        self.view("/requests")["kinds"][kind]["requests"]
            .as_u64()
            .unwrap_or(0)
    }

    pub(super) fn view(&self, path: &str) -> Value {
        crate::support::sandbox_view(&self.sandbox().url, "GET", path, "")
    }

    pub(super) fn post(&self, path: &str, body: &str) -> Value {
        crate::support::sandbox_view(&self.sandbox().url, "POST", path, body)
    }
}

impl Drop for Tenant {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            self.runtime.block_on(sandbox.stop());
        }
    }
}

/// The high-water mark of a process.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
