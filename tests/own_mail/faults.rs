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

/// One sheet in one tenant, killed again and again while its mails go out, then finished.
struct Round {
    workdir: Workdir,
    practice: Practice,
    kills: usize,
    unknown: usize,
}

/// Slow enough to be killed in the middle.
const SLOW: &str = "per_minute = 600";
const PEOPLE: usize = 100;

impl Round {
    fn new(workdir: Workdir, weather: &str, most: usize, dice: &mut fastrand::Rng) -> Self {
        let practice = Practice::start(&workdir, weather);
        let quick = workdir.read("mail.toml");
        workdir.write("mail.toml", quick.replace("per_minute = 0", SLOW));
        workdir.write("guests.csv", sheet(PEOPLE));
        let mut round = Self {
            workdir,
            practice,
            kills: 0,
            unknown: 0,
        };
        while round.kills < most {
            let after = Duration::from_millis(dice.u64(150..1_500));
            let mut run = invite(&round.practice, &round.workdir, &[]);
            match killed(&mut run, after) {
                Some(0) => break,
                Some(_) => {}
                None => round.kills += 1,
            }
        }
        round.workdir.write("mail.toml", quick);
        let mut last = Ended::of(&mut invite(&round.practice, &round.workdir, &[]));
        for _ in 0..6 {
            if last.code == 0 {
                break;
            }
            last = Ended::of(&mut invite(&round.practice, &round.workdir, &[]));
        }
        last.expect_code(0);
        round
    }

    /// At most one mail for each guest, with the words and the link of the guest's own row; whoever has none is told as
    /// unknown, by name.
    fn check(&mut self, mails: &[(String, String)]) {
        let rows = rows(&self.workdir);
        assert_eq!(rows.len(), PEOPLE, "rows in = rows out");
        let counts = of_each(mails.iter().map(|(to, _)| to.clone()));
        assert!(counts.values().all(|mails| *mails == 1), "{counts:?}");
        for (to, text) in mails {
            let row = &rows[to];
            for of_row in ["words", "redeem_url"] {
                // The HTML part has the link with entities in it.
                let plain = text.replace("&amp;", "&");
                assert!(plain.contains(&row[of_row]), "{to}: no {of_row} in {text}");
            }
        }
        for row in rows.values() {
            match row["mail"].as_str() {
                "handed-over" => assert!(counts.contains_key(&row["email"]), "{row:?}"),
                "unknown" => {
                    assert!(row["hint"].contains("tell") || row["hint"].contains("told"));
                    self.unknown += 1;
                }
                other => panic!("mail is {other}: {row:?}"),
            }
        }
    }
}

/// Rounds until a run was killed often enough.
fn killed_often(what: &str, mut round: impl FnMut(usize, &mut fastrand::Rng) -> Round) {
    let (wanted, a_round) = if long() { (100, 35) } else { (10, 10) };
    let seed = fastrand::u64(..1_000_000);
    let mut dice = fastrand::Rng::with_seed(seed);
    let (mut kills, mut rounds, mut unknown) = (0, 0, 0);
    while kills < wanted {
        let round = round(a_round.min(wanted - kills), &mut dice);
        (kills, rounds) = (kills + round.kills, rounds + 1);
        unknown += round.unknown;
    }
    eprintln!(
        "{what}, seed {seed}: {kills} kills in {rounds} rounds of {PEOPLE} people, nobody mailed twice, {unknown} unknown"
    );
}

#[test]
fn a_mail_server_is_given_each_mail_once_however_often_the_run_is_killed() {
    killed_often("SMTP", |most, dice| {
        let workdir = Workdir::new();
        let sink = SmtpSink::start(|number| match number % 17 {
            5 => Reply::LostAfter,
            9 => Reply::Recipient(450),
            _ => Reply::Take,
        });
        by_smtp(&workdir, &sink);
        let mut round = Round::new(workdir, "", most, dice);
        let mails = sink.mails();
        let mails: Vec<_> = mails
            .iter()
            .map(|mail| (mail.to.clone(), mail.part("text/plain").unwrap()))
            .collect();
        round.check(&mails);
        round
    });
}

#[test]
fn a_mailbox_sends_each_mail_once_however_often_the_run_is_killed() {
    killed_often("sendMail", |most, dice| {
        let workdir = Workdir::new();
        by_graph(&workdir);
        // One part by sendMail: plain words are compared more easily.
        std::fs::remove_file(workdir.path("words/default.html")).unwrap();
        let weather = "[latency]\nmin_ms = 1\nmax_ms = 20\n[faults.sendMail]\nlost_after = 0.03\nthrottled = 0.02\nretry_after = \"0.2\"\nlost_ms = 20\n";
        let mut round = Round::new(workdir, weather, most, dice);
        let mails = sent(&round.practice);
        let text = |mail: &serde_json::Value, key: &str| mail[key].as_str().unwrap().to_owned();
        let mails: Vec<_> = mails
            .iter()
            .map(|mail| (text(mail, "to"), text(mail, "content")))
            .collect();
        round.check(&mails);
        round
    });
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
