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
