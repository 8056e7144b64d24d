//! The moment of a mail: whatever is waited for comes before the last look and before the intent.

use super::{by_graph, by_smtp, invite, rows, sent, sheet};
use crate::afterwards::{change, days_pass};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What the ledger knows of the mails of its own, oldest first.
fn states(workdir: &Workdir) -> Vec<String> {
    let path = workdir.path("guestlist.db");
    if !path.exists() {
        return Vec::new();
    }
    let ledger = rusqlite::Connection::open(path).unwrap();
    let Ok(mut statement) = ledger.prepare("SELECT state FROM own_mail ORDER BY id") else {
        return Vec::new();
    };
    let states = statement.query_map([], |row| row.get(0)).unwrap();
    states.map_while(Result::ok).collect()
}

fn started(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "{what} did not come within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The first `sendMail` is asked to wait so many seconds.
fn throttled_once(seconds: u32) -> String {
    format!(
        "[[script]]\nkind = \"sendMail\"\ncount = 1\nfault = \"throttled\"\nretry_after = \"{seconds}\"\n"
    )
}

fn remind(practice: &Practice, workdir: &Workdir) -> Command {
    let verb = [
        "remind",
        "guests.csv",
        "--config",
        "mail.toml",
        "--yes",
        "--max-mails",
        "100",
    ];
    practice.verb(workdir, &verb)
}

fn to(mails: &[serde_json::Value]) -> Vec<&str> {
    mails
        .iter()
        .map(|mail| mail["to"].as_str().unwrap())
        .collect()
}

#[test]
fn a_run_that_is_killed_while_the_mailbox_asks_to_wait_leaves_its_mails_due() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, &throttled_once(8));
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    let mut run = started(&mut invite(&practice, &workdir, &[]));
    until("the answer to the first mail", || {
        states(&workdir) == ["due"]
    });
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(states(&workdir), ["due"]);
    assert!(sent(&practice).is_empty());
    Ended::of(&mut invite(&practice, &workdir, &[])).expect_code(0);
    assert_eq!(sent(&practice).len(), 3);
    assert!(
        rows(&workdir)
            .values()
            .all(|row| row["mail"] == "handed-over")
    );
}

#[test]
fn whoever_redeems_while_the_mailbox_asks_to_wait_is_not_mailed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, &throttled_once(4));
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(2));
    let mut run = started(&mut invite(&practice, &workdir, &[]));
    until("the answer to the first mail", || {
        states(&workdir) == ["due"]
    });
    change(&practice, "accept", "guest-001@partner.example");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert_eq!(to(&sent(&practice)), ["guest-002@partner.example"]);
    let first = &rows(&workdir)["guest-001@partner.example"];
    assert_eq!(first["mail"], "none");
    assert!(first["hint"].contains("has redeemed"), "{first:?}");

    // The same for reminders.
    days_pass(&workdir, 20);
    practice.post("/weather", &throttled_once(4));
    let before = states(&workdir).len();
    let mut run = started(&mut remind(&practice, &workdir));
    until("the answer to the reminder", || {
        states(&workdir)[before..] == ["due"]
    });
    change(&practice, "accept", "guest-002@partner.example");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert_eq!(sent(&practice).len(), 1);
}

#[test]
fn whoever_redeems_before_the_pace_lets_the_mail_go_is_not_mailed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    by_smtp(&workdir, &sink);
    let slow = workdir
        .read("mail.toml")
        .replace("per_minute = 0", "per_minute = 15");
    workdir
        .write("mail.toml", slow)
        .write("guests.csv", sheet(2));
    let mut run = started(&mut invite(&practice, &workdir, &[]));
    until("the first mail", || sink.mails().len() == 1);
    change(&practice, "accept", "guest-002@partner.example");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert_eq!(sink.mails().len(), 1);
    assert_eq!(rows(&workdir)["guest-002@partner.example"]["mail"], "none");
}

#[test]
fn reminders_of_ones_own_wait_first_and_look_then() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(2));
    Ended::of(&mut invite(&practice, &workdir, &[])).expect_code(0);
    days_pass(&workdir, 20);
    let slow = workdir
        .read("mail.toml")
        .replace("per_minute = 0", "per_minute = 15");
    workdir.write("mail.toml", slow);
    let mut run = started(&mut remind(&practice, &workdir));
    until("the first reminder", || sink.mails().len() == 3);
    change(&practice, "accept", "guest-002@partner.example");
    assert_eq!(run.wait().unwrap().code(), Some(0));
    assert_eq!(sink.mails().len(), 3);
}

#[test]
fn too_many_reminders_that_are_not_taken_end_the_verb() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    // The first connection of a run is the probe.
    let sink = SmtpSink::start(|number| match number {
        0..=6 => Reply::Take,
        _ if number % 2 == 0 => Reply::Recipient(550),
        _ => Reply::Recipient(450),
    });
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(5));
    Ended::of(&mut invite(&practice, &workdir, &[])).expect_code(0);
    days_pass(&workdir, 20);
    let mut command = remind(&practice, &workdir);
    command
        .arg("--json")
        .env("GUESTLIST_INVITE_MAX_FAILURES", "2");
    let ended = Ended::of(&mut command).expect_code(5);
    let told = ended.json();
    assert_eq!(told["stopped_by"], "failures", "{told}");
    assert_eq!(told["others"]["not-sent"], 3, "{told}");
    assert_eq!(told["others"]["not-attempted"], 2, "{told}");
    // What was refused is left alone for as long as a mail would be; what was not taken goes on.
    let mut command = remind(&practice, &workdir);
    command.arg("--json");
    let told = Ended::of(&mut command).json();
    assert!(
        told["left_out"]["refused-lately"].as_u64() >= Some(1),
        "{told}"
    );
}

/// A cap ends the invitations: a nightly run that always reaches it must mail whom it has invited.
#[test]
fn whoever_was_invited_before_the_cap_is_mailed_in_the_same_run() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(5));
    for invited in [2, 4] {
        Ended::of(&mut invite(&practice, &workdir, &["--max-invites", "2"])).expect_code(8);
        let mails = rows(&workdir).into_values().map(|row| row["mail"].clone());
        let mailed = mails.filter(|mail| mail == "handed-over").count();
        assert_eq!((mailed, sent(&practice).len()), (invited, invited));
    }
}
