//! Lost answers, refusals and kills: at most one mail for each guest, and what is due is sent by the next run.

use super::{by_graph, by_smtp, invite, mail, rows, sent, sheet};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::{
    collections::HashMap,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

fn of_each(addresses: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for address in addresses {
        *counts.entry(address).or_default() += 1;
    }
    counts
}

fn by_state(workdir: &Workdir) -> HashMap<String, Vec<String>> {
    let mut states: HashMap<String, Vec<String>> = HashMap::new();
    for (email, row) in rows(workdir) {
        states.entry(row["mail"].clone()).or_default().push(email);
    }
    states
}

#[test]
fn a_mail_server_that_refuses_and_breaks_off_mails_nobody_twice() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|number| match number {
        // The first one is the probe.
        1..=100 => match number % 10 {
            1 => Reply::Recipient(451),
            2 => Reply::AfterData(452),
            3 => Reply::Recipient(550),
            4 => Reply::AfterData(554),
            5 => Reply::LostAfter,
            6 => Reply::LostBefore,
            _ => Reply::Take,
        },
        _ => Reply::Take,
    });
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(100));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let states = by_state(&workdir);
    let count = |state: &str| states.get(state).map_or(0, Vec::len);
    assert_eq!(
        (
            count("due"),
            count("refused"),
            count("unknown"),
            count("handed-over")
        ),
        (30, 20, 10, 40)
    );
    let refused = &rows(&workdir)[&states["refused"][0]];
    assert!(refused["error"].contains("55"), "{refused:?}");
    // What is due is sent by the next run; what was refused or may have left is not.
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let states = by_state(&workdir);
    let count = |state: &str| states.get(state).map_or(0, Vec::len);
    assert_eq!(
        (count("due"), count("refused"), count("unknown")),
        (0, 20, 10)
    );
    let ended = mail(&practice, &workdir, &["--retry-refused"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("10 may have been mailed"),
        "{}",
        ended.stdout
    );
    let counts = of_each(sink.mails().into_iter().map(|mail| mail.to));
    assert!(
        counts.len() == 100 && counts.values().all(|mails| *mails == 1),
        "{counts:?}"
    );
    // Whoever decides that they are mailed again sees who they are.
    let ended = mail(&practice, &workdir, &["--include-unknown"]);
    assert!(
        ended.stdout.contains("may have been mailed before"),
        "{}",
        ended.stdout
    );
    assert_eq!(sink.mails().len(), 110);
}

#[test]
fn a_mailbox_whose_answers_are_lost_mails_nobody_twice() {
    let workdir = Workdir::new();
    let weather = "[faults.sendMail]\nlost_after = 0.1\nlost_before = 0.1\nunavailable = 0.1\nunavailable_after = 0.1\nthrottled = 0.02\nretry_after = \"0.1\"\nlost_ms = 20\n";
    let practice = Practice::start(&workdir, weather);
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(100));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert!(matches!(ended.code, 0 | 4), "{}", ended.stderr);
    practice.post("/weather", "");
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let states = by_state(&workdir);
    let counts = of_each(
        sent(&practice)
            .iter()
            .map(|mail| mail["to"].as_str().unwrap().to_owned()),
    );
    assert!(counts.values().all(|mails| *mails == 1), "{counts:?}");
    let unknown = states.get("unknown").cloned().unwrap_or_default();
    assert!(!unknown.is_empty() && states["handed-over"].len() + unknown.len() == 100);
    for email in &states["handed-over"] {
        assert!(counts.contains_key(email), "{email} was told to be mailed");
    }
}

fn long() -> bool {
    std::env::var_os("GUESTLIST_LONG").is_some()
}

/// Kills a command after a while, unless it has ended.
fn killed(command: &mut Command, after: Duration) -> Option<i32> {
    let mut process = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + after;
    while Instant::now() < end {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let _ = process.kill();
    let _ = process.wait();
    None
}

/// Runs that are killed at any time, until one of them ends by itself.
fn killed_often(run: impl Fn() -> Command) -> usize {
    let most = if long() { 100 } else { 12 };
    let mut dice = fastrand::Rng::with_seed(7);
    for kills in 0..most {
        let after = Duration::from_millis(dice.u64(150..900));
        if matches!(killed(&mut run(), after), Some(0 | 4)) {
            return kills;
        }
    }
    most
}

#[test]
fn a_mail_server_is_given_each_mail_once_however_often_the_run_is_killed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|number| match number % 17 {
        5 => Reply::LostAfter,
        9 => Reply::Recipient(450),
        _ => Reply::Take,
    });
    by_smtp(&workdir, &sink);
    // Slow enough to be killed in the middle.
    let quick = workdir.read("mail.toml");
    let pace = if long() {
        "per_minute = 600"
    } else {
        "per_minute = 3000"
    };
    workdir.write("mail.toml", quick.replace("per_minute = 0", pace));
    workdir.write("guests.csv", sheet(100));
    let kills = killed_often(|| invite(&practice, &workdir, &[]));
    let quiet = workdir.read("mail.toml");
    workdir.write("mail.toml", quiet.replace(pace, "per_minute = 0"));
    let mut last = Ended::of(&mut invite(&practice, &workdir, &[]));
    for _ in 0..6 {
        if last.code == 0 {
            break;
        }
        last = Ended::of(&mut invite(&practice, &workdir, &[]));
    }
    assert_eq!(last.code, 0, "{}", last.stderr);
    check(
        &workdir,
        &of_each(sink.mails().into_iter().map(|mail| mail.to)),
        kills,
    );
}

#[test]
fn a_mailbox_sends_each_mail_once_however_often_the_run_is_killed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 1\nmax_ms = 20\n");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(100));
    let kills = killed_often(|| invite(&practice, &workdir, &[]));
    let last = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(last.code, 0, "{}", last.stderr);
    let mails = sent(&practice);
    check(
        &workdir,
        &of_each(
            mails
                .iter()
                .map(|mail| mail["to"].as_str().unwrap().to_owned()),
        ),
        kills,
    );
}

/// At most one for each guest; whoever has none is told as unknown.
fn check(workdir: &Workdir, counts: &HashMap<String, usize>, kills: usize) {
    assert!(counts.values().all(|mails| *mails == 1), "{counts:?}");
    let states = by_state(workdir);
    let unknown = states.get("unknown").map_or(0, Vec::len);
    eprintln!("{kills} kills: {} mails, {unknown} unknown", counts.len());
    assert_eq!(states["handed-over"].len() + unknown, 100, "{states:?}");
    for email in &states["handed-over"] {
        assert!(counts.contains_key(email), "{email} was told to be mailed");
    }
}

#[test]
fn a_long_wait_that_the_mailbox_asks_for_holds_for_the_next_run() {
    let workdir = Workdir::new();
    let weather = "[faults.sendMail]\nthrottled = 1.0\nretry_after = \"3600\"\n";
    let practice = Practice::start(&workdir, weather);
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    practice.post("/weather", "");
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(sent(&practice).is_empty());
}
