//! Two nights in a row with the command lines of the samples as they are written, against practice tenants. Only hosts,
//! names and paths are put in, and what the platform itself would set; the cap is smaller than the sheet.

mod ci; // workflows and pipelines
mod ends; // nights that end badly
mod kubernetes; // one tenant, and three side by side
mod machines; // systemd, and the Task Scheduler

use super::samples::folder;
use crate::support::{Ended, Guests, Practice, Table, Workdir, sandbox_view, time_passes};
use jiff::SignedDuration;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const GUESTS: usize = 5;
const CAP: usize = 3;
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a platform starts every night, and where the files are by its manifest.
struct Job<'a> {
    practice: &'a Practice,
    command: &'a dyn Fn() -> Command,
    /// The exit code of the command, by that of guestlist.
    shown: fn(i32) -> i32,
    ledger: PathBuf,
    results: PathBuf,
    metrics: Option<PathBuf>,
    summary: Option<PathBuf>,
}

/// A sheet with people of this tenant alone.
fn sheet(tenant: usize) -> Guests {
    let first = tenant * 100 + 1;
    Guests::new().people_from(first, first + GUESTS - 1)
}

/// The practice tenant in the place of Microsoft's hosts, and a cap that a small sheet reaches.
fn put_in(command: &mut Command, practice: &Practice) {
    command
        .env("GUESTLIST_INVITE_DAILY_CAP", CAP.to_string())
        .env("GUESTLIST_TENANT_GRAPH_URL", &practice.url)
        .env("GUESTLIST_TENANT_AUTHORITY_URL", &practice.url);
}

/// A path of the sample, below the folders that stand in the place of those of the platform.
fn placed(word: &str, places: &[(&str, &Path)]) -> String {
    let found = places.iter().find_map(|(there, here)| {
        let rest = word.strip_prefix(there)?;
        let rest = rest.strip_prefix(['/', '\\'])?;
        Some(here.join(rest).to_str().unwrap().to_owned())
    });
    found.unwrap_or_else(|| word.to_owned())
}

fn new_ledger(workdir: &Workdir, ledger: &Path) {
    let ledger = ledger.to_str().unwrap();
    workdir
        .run(&["ledger", "new", "--ledger", ledger])
        .expect_code(0);
}

fn metric(path: &Path, name: &str) -> Option<f64> {
    let text = fs::read_to_string(path).unwrap();
    let series = format!("{name}{{");
    let sample = text.lines().find(|line| line.starts_with(&series))?;
    sample.rsplit(' ').next()?.parse().ok()
}

impl Job<'_> {
    /// One start: how it ends, how many were invited by then, and how many of them by this start.
    #[track_caller]
    fn night(&self, code: i32, invited: usize, by_this_start: usize) {
        let ended = Ended::of(&mut (self.command)());
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(ended.code, (self.shown)(code), "{said}");
        let mails = self.practice.view("/mails");
        assert_eq!(mails["total"], invited, "{said}");
        let each = mails["addresses"].as_object().unwrap().values();
        for mails in each {
            assert_eq!(mails.as_array().unwrap().len(), 1, "{mails}");
        }
        if self
            .results
            .extension()
            .is_some_and(|ending| ending == "csv")
        {
            let table = Table::read(&self.results).outcomes();
            let of = |outcome: &str| table.get(outcome).copied().unwrap_or(0);
            assert_eq!(of("invited"), invited, "{table:?}");
            assert_eq!(of("not-attempted"), GUESTS - invited, "{table:?}");
        } else {
            assert!(self.results.exists());
        }
        if let Some(metrics) = &self.metrics {
            let value = |name: &str| metric(metrics, &format!("guestlist_last_{name}"));
            assert_eq!(value("run_exit_code"), Some(f64::from(code)));
            assert_eq!(value("run_invitations"), Some(by_this_start as f64));
            let success = value("success_timestamp_seconds");
            assert_eq!(success.is_some(), code == 0);
        }
        if let Some(summary) = &self.summary {
            let text = fs::read_to_string(summary).unwrap();
            assert!(text.contains(&format!("Exit code {code}:")), "{text}");
        }
    }

    /// Night one ends by the cap, and a second start mails nobody. Night two goes on, and the third has nothing to do.
    #[track_caller]
    fn nights(&self) {
        self.night(8, CAP, CAP);
        self.night(8, CAP, 0);
        self.a_day_passes();
        self.night(0, GUESTS, GUESTS - CAP);
        self.a_day_passes();
        self.night(0, GUESTS, 0);
    }

    fn a_day_passes(&self) {
        sandbox_view(&self.practice.url, "POST", "/age?days=1", "");
        time_passes(&self.ledger, DAY);
    }
}

/// A timer is not exact, and one night of the year has 23 hours. The night waits for its room in the cap.
#[test]
fn a_night_that_begins_a_little_early_still_invites() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(0));
    let settings = folder().join("guestlist.toml");
    let night = || {
        let config = ["--config", settings.to_str().unwrap()];
        let mut command = practice.invite_as_app(&workdir, "guests.csv", &config);
        put_in(&mut command, &practice);
        Ended::of(&mut command)
    };
    night().expect_code(8);
    let early = DAY - SignedDuration::from_secs(2);
    time_passes(&workdir.path("guestlist.db"), early);
    night().expect_code(0);
    assert_eq!(practice.view("/mails")["total"], GUESTS);
}
