//! However a night ends, its files say so: none of an earlier night goes on telling of a success.

use super::{DAY, metric, sheet};
use crate::support::{Ended, Practice, Workdir, time_passes};
use jiff::SignedDuration;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const FILES: [&str; 4] = ["--summary", "s.md", "--metrics-file", "m.prom"];

struct Nights {
    workdir: Workdir,
    practice: Practice,
}

impl Nights {
    /// After a night that went well.
    fn new() -> Self {
        let workdir = Workdir::new();
        let practice = Practice::start(&workdir, "");
        workdir.write("guests.csv", "email\nkim@partner.example\n");
        let nights = Self { workdir, practice };
        Ended::of(&mut nights.night(&[])).expect_code(0);
        assert_eq!(nights.metric("run_exit_code"), Some(0.0));
        nights
    }

    fn night(&self, more: &[&str]) -> Command {
        let flags = [&FILES[..], &["--log-format", "json"], more].concat();
        self.practice
            .invite_as_app(&self.workdir, "guests.csv", &flags)
    }

    fn metric(&self, name: &str) -> Option<f64> {
        metric(
            &self.workdir.path("m.prom"),
            &format!("guestlist_last_{name}"),
        )
    }

    /// What the files say after a night that ended so.
    #[track_caller]
    fn told(&self, code: i32, said: &str) {
        assert_eq!(
            self.metric("run_exit_code"),
            Some(f64::from(code)),
            "{said}"
        );
        let (run, success) = (
            self.metric("run_timestamp_seconds").unwrap(),
            self.metric("success_timestamp_seconds").unwrap(),
        );
        assert!(success > 0.0 && run >= success, "{run} {success}");
        let summary = self.workdir.read("s.md");
        assert!(summary.contains(&format!("Exit code {code}:")), "{summary}");
        assert!(!summary.contains("Exit code 0"), "{summary}");
        assert!(!summary.contains("partner.example"), "{summary}");
    }

    #[track_caller]
    fn ends(&self, mut command: Command, code: i32) {
        let ended = Ended::of(&mut command).expect_code(code);
        self.told(code, &ended.stderr);
        assert_eq!(self.metric("run_invitations"), None, "nothing was begun");
    }
}

#[test]
fn a_night_that_never_began_says_so() {
    let nights = Nights::new();
    // Sign-in.
    let mut command = nights.night(&[]);
    command.env("AZURE_CLIENT_SECRET", "practice-only.expired");
    nights.ends(command, 6);
    // Settings.
    nights
        .workdir
        .write("wrong.toml", "[invite]\ndaily_capp = 5\n");
    nights.ends(nights.night(&["--config", "wrong.toml"]), 2);
    let mut command = nights.night(&[]);
    command.env("GUESTLIST_INVITE_DAILY_CAP", "many");
    nights.ends(command, 2);
    // The sheet.
    nights.workdir.write("guests.csv", "name\nKim\n");
    nights.ends(nights.night(&[]), 3);
    nights.workdir.write("guests.csv", sheet(1));
    // The ledger is lost.
    fs::rename(
        nights.workdir.path("guestlist.db"),
        nights.workdir.path("elsewhere.db"),
    )
    .unwrap();
    let tenant = nights.practice.tenant.as_str();
    let mut command = nights.workdir.command(
        &[
            &["invite", "guests.csv", "--yes", "--ledger", "guestlist.db"][..],
            &["--tenant", tenant],
            &FILES,
        ]
        .concat(),
    );
    command.env("GUESTLIST_ACCESS_TOKEN", &nights.practice.user_token);
    nights.ends(command, 2);
    // Nobody was invited, and a place that holds something else stays as it is.
    assert_eq!(nights.practice.view("/mails")["total"], 1);
    nights.workdir.write("notes.md", "# Notes\n");
    let flags = ["--summary", "notes.md", "--config", "wrong.toml"];
    nights
        .practice
        .run(&nights.workdir, "guests.csv", &flags)
        .expect_code(2);
    assert_eq!(nights.workdir.read("notes.md"), "# Notes\n");
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As systemd and the kubelet end a run: SIGTERM, and two minutes.
#[track_caller]
fn terminated(mut process: Child) -> i32 {
    let id = process.id().to_string();
    let asked = Instant::now();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    let code = process.wait().unwrap().code();
    assert!(
        asked.elapsed() < Duration::from_secs(30),
        "{:?}",
        asked.elapsed()
    );
    code.unwrap()
}

/// A command under way, with its log in a file.
fn started(mut command: Command, log: &Path) -> Child {
    command
        .stdout(Stdio::null())
        .stderr(fs::File::create(log).unwrap())
        .spawn()
        .unwrap()
}

#[test]
fn a_night_that_is_ended_while_it_waits_says_so_and_writes_its_results() {
    let nights = Nights::new();
    let log = nights.workdir.path("night.log");
    let log_says = |text: &'static str| {
        let log = log.clone();
        move || fs::read_to_string(&log).unwrap().contains(text)
    };
    nights.workdir.write("guests.csv", sheet(1));
    // In a wait for room in the cap.
    let day = DAY - SignedDuration::from_mins(10);
    time_passes(&nights.workdir.path("guestlist.db"), day);
    let process = started(nights.night(&["--daily-cap", "1"]), &log);
    wait_until("it waits for the cap", log_says("\"why\":\"daily-cap\""));
    assert_eq!(terminated(process), 130);
    nights.told(130, "cap");
    let left = |outcome: &str| {
        let outcomes = nights.workdir.table("guests.results.csv").outcomes();
        outcomes.get(outcome).copied().unwrap_or(0)
    };
    assert_eq!(left("not-attempted"), 5);
    // In a wait that Graph asked for: of the invitations, and before the first of them.
    for kind in ["invitations", "policies", "batch"] {
        let weather = format!(
            "[[script]]\nkind = \"{kind}\"\ncount = 1000\nfault = \"throttled\"\nretry_after = \"60\""
        );
        nights.practice.post("/weather", &weather);
        let asked = || {
            let seen = nights.practice.view("/requests")["kinds"][kind]["throttled"].as_u64();
            seen.unwrap_or(0)
        };
        let before = asked();
        let process = started(nights.night(&[]), &log);
        wait_until(kind, || asked() > before);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(terminated(process), 130, "{kind}");
        nights.told(130, kind);
        // The next run would wait for what is left of that minute.
        let minute = SignedDuration::from_mins(1);
        time_passes(&nights.workdir.path("guestlist.db"), minute);
    }
    nights.practice.post("/weather", "");
    Ended::of(&mut nights.night(&[])).expect_code(0);
    assert_eq!(nights.practice.view("/mails")["total"], 6);
}

/// A second run on a ledger that is in use is refused, and says so in files of its own.
#[test]
fn a_night_whose_ledger_is_in_use_is_refused_and_disturbs_nobody() {
    let nights = Nights::new();
    nights.workdir.write("guests.csv", sheet(1));
    let slow = "[latency]\nmin_ms = 400\nmax_ms = 400";
    nights.practice.post("/weather", slow);
    let log = nights.workdir.path("first.log");
    let mut first = started(nights.night(&["--rate", "1"]), &log);
    wait_until("the first one invites", || {
        nights.practice.view("/mails")["total"].as_u64() > Some(1)
    });
    let flags = ["--summary", "second.md", "--metrics-file", "second.prom"];
    nights
        .practice
        .run(&nights.workdir, "guests.csv", &flags)
        .expect_code(5);
    let second = nights.workdir.path("second.prom");
    assert_eq!(metric(&second, "guestlist_last_run_exit_code"), Some(5.0));
    assert_eq!(
        metric(&second, "guestlist_last_success_timestamp_seconds"),
        None
    );
    assert_eq!(first.wait().unwrap().code(), Some(0));
    assert_eq!(nights.metric("run_exit_code"), Some(0.0));
    assert_eq!(nights.practice.view("/mails")["total"], 6);
}
