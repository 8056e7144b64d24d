//! Every mail beside its row.

use super::{FROM, by_graph, by_smtp, invite, mail, rows, sent, sheet};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::time::Duration;

#[test]
fn a_hundred_mails_by_send_mail_each_hold_their_own_row() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(100));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let (rows, mails) = (rows(&workdir), sent(&practice));
    assert_eq!(mails.len(), 100);
    for mail in &mails {
        let row = &rows[mail["to"].as_str().unwrap()];
        let content = mail["content"].as_str().unwrap();
        let escape = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('\'', "&#x27;")
        };
        assert!(content.contains(&escape(&row["words"])), "{content}");
        assert!(content.contains(&escape(&row["display_name"])), "{content}");
        let link = escape(&row["redeem_url"]).replace('/', "&#x2f;");
        assert!(content.contains(&link), "{content}");
        assert_eq!(row["mail"], "handed-over");
        assert_eq!(mail["from"], FROM);
        assert!(
            mail["subject"]
                .as_str()
                .unwrap()
                .starts_with(&row["display_name"])
        );
    }
    // Microsoft was asked for no mail, and a second run sends nothing.
    assert_eq!(practice.view("/mails")["total"], 0);
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(
        (ended.code, sent(&practice).len()),
        (0, 100),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_hundred_mails_by_smtp_hold_their_own_row_in_both_parts() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(100));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let (rows, mails) = (rows(&workdir), sink.mails());
    assert_eq!(mails.len(), 100);
    for mail in &mails {
        let row = &rows[&mail.to];
        let text = mail.part("text/plain").unwrap();
        assert!(
            text.contains(&row["words"]) && text.contains(&row["redeem_url"]),
            "{text}"
        );
        let html = mail.part("text/html").unwrap();
        assert!(html.contains(&format!(
            "own words {}",
            row["words"].split(' ').nth(2).unwrap()
        )));
        assert!(mail.raw.is_ascii() && mail.header("Message-ID").is_some());
        assert_eq!(row["mail"], "handed-over");
    }
}

#[test]
fn silently_now_and_mailed_later() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(12));
    let ended = Ended::of(&mut invite(&practice, &workdir, &["--send", "false"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(rows(&workdir).values().all(|row| row["mail"] == "none"));
    practice.post("/accept", r#"{"address": "guest-003@partner.example"}"#);
    let ended = mail(&practice, &workdir, &["--max-mails", "5"]);
    assert_eq!(ended.code, 8, "{}", ended.stderr);
    assert_eq!(sent(&practice).len(), 5);
    let ended = mail(&practice, &workdir, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("1 have redeemed already"),
        "{}",
        ended.stdout
    );
    assert_eq!(sent(&practice).len(), 11);
    let rows = rows(&workdir);
    let handed_over = rows.values().filter(|row| row["mail"] == "handed-over");
    assert_eq!(handed_over.count(), 11);
    let ended = mail(&practice, &workdir, &[]);
    assert_eq!((ended.code, sent(&practice).len()), (0, 11));
}

#[test]
fn mails_leave_one_after_the_other_whichever_run_sends_them() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    by_smtp(&workdir, &sink);
    let quick = workdir.read("mail.toml");
    workdir.write(
        "mail.toml",
        quick.replace("per_minute = 0", "per_minute = 240"),
    );
    workdir.write("guests.csv", sheet(8));
    let ended = Ended::of(&mut invite(&practice, &workdir, &["--send", "false"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    mail(&practice, &workdir, &["--max-mails", "4"]);
    mail(&practice, &workdir, &[]);
    let times: Vec<_> = sink.mails().iter().map(|mail| mail.at).collect();
    assert_eq!(times.len(), 8);
    // A machine that is slow makes a gap longer, and the next one shorter by as much.
    let whole = times[7].duration_since(times[0]);
    assert!(whole >= Duration::from_millis(7 * 250 - 250), "{whole:?}");
}

fn sum(object: &serde_json::Value) -> u64 {
    let numbers = object.as_object().unwrap().values();
    numbers.map(|number| number.as_u64().unwrap()).sum()
}

#[test]
fn the_verb_mail_tells_of_every_row_in_json_and_in_the_results() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|number| match number {
        3 => Reply::Recipient(550),
        4 => Reply::LostAfter,
        _ => Reply::Take,
    });
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(6));
    Ended::of(&mut invite(&practice, &workdir, &["--send", "false"])).expect_code(0);
    practice.post("/accept", r#"{"address": "guest-006@partner.example"}"#);
    // Since then rows were added, at the end and in between, and one is repeated.
    let invited = sheet(6);
    let (head, rest) = invited.split_once('\n').unwrap();
    workdir.write(
        "guests.csv",
        format!(
            "{head}\nnew-1@partner.example,New 1,words\n{rest}nobody,No Address,words\nGuest-001@partner.example,Twice,words\nnew-2@partner.example,New 2,words\n"
        ),
    );
    let ended = mail(&practice, &workdir, &["--json", "--max-mails", "4"]);
    let told = ended.expect_code(8).json();
    assert_eq!(told["rows"], 10, "{told}");
    assert_eq!(sum(&told["left_out"]) + sum(&told["mails"]), 10, "{told}");
    assert_eq!(sum(&told["mails"]), told["people"].as_u64().unwrap());
    for (word, rows) in [
        ("never-invited", 2),
        ("redeemed", 1),
        ("invalid", 1),
        ("duplicate", 1),
    ] {
        assert_eq!(told["left_out"][word], rows, "{told}");
    }
    for (word, mails) in [
        ("handed-over", 2),
        ("refused", 1),
        ("unknown", 1),
        ("not-attempted", 1),
    ] {
        assert_eq!(told["mails"][word], mails, "{told}");
    }
    let table = workdir.table("guests.results.csv").0;
    let outcomes: Vec<(&str, &str)> = table
        .iter()
        .map(|row| (row["outcome"].as_str(), row["email"].as_str()))
        .collect();
    assert_eq!(outcomes.len(), 10, "{outcomes:?}");
    for row in [0, 9] {
        assert_eq!(outcomes[row].0, "not-attempted");
        assert!(table[row]["hint"].contains("was added"), "{:?}", table[row]);
    }
    assert_eq!((outcomes[7].0, outcomes[8].0), ("invalid", "duplicate"));
    for row in 1..=6 {
        assert_eq!(outcomes[row].0, "invited");
        assert_eq!(table[row]["row"], (row + 2).to_string());
        assert_eq!(outcomes[row].1, format!("guest-{row:03}@partner.example"));
        assert!(!table[row]["redeem_url"].is_empty());
    }
    assert_eq!(table[2]["mail"], "refused");
    assert!(table[2]["error"].contains("550"), "{:?}", table[2]);
    assert_eq!(table[3]["mail"], "unknown");
    assert!(table[3]["hint"].contains("--include-unknown"));

    let story = Ended::of(&mut practice.verb(&workdir, &["status", "guest-001@partner.example"]));
    assert!(story.stdout.contains("SMTP 250"), "{}", story.stdout);
    assert!(!story.stdout.contains("HTTP 250"), "{}", story.stdout);
    let ended = mail(&practice, &workdir, &["--json", "-o", "-"]).expect_code(2);
    assert_eq!(ended.json()["exit_code"], 2);
}

#[test]
fn mails_that_stay_due_when_microsoft_is_to_mail_say_what_sends_them() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|number| match number {
        0 => Reply::Take,
        _ => Reply::Recipient(450),
    });
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(3));
    Ended::of(&mut invite(&practice, &workdir, &[]))
        .expect_code(4)
        .says("the same command sends them");
    let ended = practice.run(&workdir, "guests.csv", &["--rate", "max"]);
    let ended = ended.expect_code(4).says("sends none of them");
    assert!(
        !ended.stderr.contains("the same command sends them"),
        "{}",
        ended.stderr
    );
    assert_eq!(practice.view("/mails")["total"], 0);
}

#[test]
fn a_mailbox_sends_so_many_a_day_and_the_next_day_the_rest() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    by_smtp(&workdir, &sink);
    let endless = workdir.read("mail.toml");
    let capped = endless.replace("per_minute = 0", "per_minute = 0\nper_day = 3");
    workdir
        .write("mail.toml", capped)
        .write("guests.csv", sheet(5));
    for verb in ["invite", "invite", "mail"] {
        let ended = match verb {
            "invite" => Ended::of(&mut invite(&practice, &workdir, &[])),
            _ => mail(&practice, &workdir, &[]),
        };
        ended.expect_code(8).says("[message] per_day");
        assert_eq!(sink.mails().len(), 3, "{verb}");
    }
    let due = rows(&workdir);
    let due = due.values().filter(|row| row["mail"] == "due");
    assert_eq!(due.count(), 2);
    crate::afterwards::days_pass(&workdir, 1);
    mail(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(sink.mails().len(), 5);
}

#[test]
fn a_person_on_the_terminal_sees_whom_the_verb_mail_would_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(2));
    Ended::of(&mut invite(&practice, &workdir, &["--send", "false"])).expect_code(0);
    let verb = ["mail", "guests.csv", "--config", "mail.toml"];
    let command = practice.verb(&workdir, &verb);
    for (word, code, mails) in [("no", 2, 0), ("yes", 0, 2)] {
        let Some(mut terminal) = crate::support::Terminal::open(&workdir, &command) else {
            return;
        };
        terminal.wait_for("Mail 2 people of Northwind Practice");
        terminal.type_line(word);
        let (ended, screen) = terminal.end();
        assert_eq!(ended, code, "{screen}");
        assert!(screen.contains("guest-002@partner.example"), "{screen}");
        assert_eq!(sent(&practice).len(), mails, "{screen}");
    }
}

#[test]
fn a_mailbox_reminds_in_the_words_of_each_row_once() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(4));
    Ended::of(&mut invite(&practice, &workdir, &[])).expect_code(0);
    crate::afterwards::days_pass(&workdir, 20);
    practice.post("/accept", r#"{"address": "guest-003@partner.example"}"#);
    let verb = [
        "remind",
        "guests.csv",
        "--config",
        "mail.toml",
        "--yes",
        "--max-mails",
        "100",
        "--json",
    ];
    for reminded in [3, 0] {
        let ended = Ended::of(&mut practice.verb(&workdir, &verb)).expect_code(0);
        assert_eq!(ended.json()["reminded"], reminded);
    }
    let rows = rows(&workdir);
    for mail in &sent(&practice)[4..] {
        let row = &rows[mail["to"].as_str().unwrap()];
        let content = mail["content"].as_str().unwrap();
        let content = content.replace("&#x2f;", "/").replace("&amp;", "&");
        assert!(content.contains(&row["redeem_url"]), "{content}");
        assert_ne!(row["email"], "guest-003@partner.example");
    }
    assert_eq!(sent(&practice).len(), 7);
}
