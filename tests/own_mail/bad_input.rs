//! Templates, mailboxes and mail servers that cannot do it: one clear message, before anything is sent.

use super::{by_graph, by_smtp, invite, sent, settings, sheet};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::fmt::Write;

#[test]
fn an_undefined_variable_in_row_700_of_a_thousand_is_named_before_anything_is_sent() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    let mut text = "email,display_name,words\n".to_owned();
    for row in 2..=1001 {
        let words = if row == 700 { "" } else { "words" };
        let _ = writeln!(text, "guest-{row}@partner.example,Guest {row},{words}");
    }
    workdir.write("guests.csv", text);
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("row 700 (Guest 700)"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("`words`"), "{}", ended.stderr);
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(sent(&practice).is_empty());
}

/// How `invite` ends with these settings, after which nobody is invited.
fn refused(message: &str, more: &str, weather: &str) -> Ended {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, weather);
    settings(&workdir, message, more);
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(practice.view("")["invitations"], 0, "{}", ended.stderr);
    ended
}

#[test]
fn what_cannot_be_mailed_is_refused_before_anybody_is_invited() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    settings(&workdir, "delivery = \"graph\"", "");
    workdir
        .write("guests.csv", sheet(3))
        .write("words/default.txt", "Subject: x\n{{ email\n");
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("default.txt, line"),
        "{}",
        ended.stderr
    );

    let smtp = |more: &str| format!("[smtp]\nhost = \"127.0.0.1\"\nsecurity = \"none\"\n{more}");
    let ended = refused("delivery = \"smtp\"", &smtp("port = 1\n"), "");
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cannot be reached"),
        "{}",
        ended.stderr
    );
    let ended = refused(
        "delivery = \"smtp\"",
        "[smtp]\nhost = \"mail.contoso.com\"\nsecurity = \"none\"\n",
        "",
    );
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    let ended = refused("delivery = \"smtp\"", "", "");
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("[smtp] host"), "{}", ended.stderr);

    let sink = SmtpSink::start(|_| Reply::NoGreeting);
    let ended = refused(
        "delivery = \"smtp\"",
        &smtp(&format!("port = {}\n", sink.port)),
        "",
    );
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    // A server without TLS is not spoken to in the open unless that is said.
    let sink = SmtpSink::start(|_| Reply::Take);
    let starttls = format!("[smtp]\nhost = \"127.0.0.1\"\nport = {}\n", sink.port);
    let ended = refused("delivery = \"smtp\"", &starttls, "");
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("STARTTLS") && sink.mails().is_empty(),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_mailbox_that_does_not_exist_is_refused_before_anybody_is_invited() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    let right = workdir.read("mail.toml");
    workdir.write("mail.toml", right.replace("mia.keller@", "nobody@"));
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("no such mailbox"), "{}", ended.stderr);
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn a_mailbox_that_may_not_send_stops_with_the_links_kept() {
    let workdir = Workdir::new();
    let weather = "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.ReadWrite.All\", \"Organization.Read.All\"]\n";
    let practice = Practice::start(&workdir, weather);
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert!(ended.stderr.contains("Mail.Send"), "{}", ended.stderr);
    let table = workdir.table("guests.results.csv");
    assert!(
        table
            .0
            .iter()
            .all(|row| row["mail"] == "due" && !row["redeem_url"].is_empty())
    );
    assert!(sent(&practice).is_empty());
}

#[test]
fn a_sender_that_the_mail_server_does_not_take_stops_after_one_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Sender(550));
    by_smtp(&workdir, &sink);
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &[]));
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert!(ended.stderr.contains("[message] from"), "{}", ended.stderr);
    let table = workdir.table("guests.results.csv");
    assert!(table.0.iter().all(|row| row["mail"] == "due"));
}

#[test]
fn a_language_without_a_template_is_named_with_its_row_before_anybody_is_invited() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    let words = workdir.read("words/default.txt");
    for file in ["default.txt", "default.html"] {
        std::fs::remove_file(workdir.path("words").join(file)).unwrap();
    }
    workdir.write("words/de.txt", words).write(
        "guests.csv",
        "email,display_name,words,language\nann@partner.example,Ann,a,de\nbo@partner.example,Bo,b,it\n",
    );
    let ended = Ended::of(&mut invite(&practice, &workdir, &[])).expect_code(3);
    for part in ["row 3 (Bo)", "it"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(sent(&practice).is_empty());
}
