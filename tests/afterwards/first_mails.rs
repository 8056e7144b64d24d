//! The first mail in our own words, where it could not leave at once or the template is not what the sheet expects.

use super::{
    change,
    own_words::{Reply, Sink, mailing},
};
use crate::support::{Ended, Practice, Workdir};

fn invite(practice: &Practice, workdir: &Workdir, sink: &Sink, more: &[&str]) -> Ended {
    let mut command = practice.invite(workdir, "guests.csv", &[&["--rate", "max"], more].concat());
    if workdir.path("words.txt").exists() {
        command.env("GUESTLIST_MESSAGE_TEMPLATE", "words.txt");
    }
    Ended::of(mailing(&mut command, sink))
}

/// What the results say of the mail to each guest, with the hint.
fn told(workdir: &Workdir) -> Vec<(String, String)> {
    let table = workdir.table("guests.results.csv");
    let rows = table.0.into_iter();
    rows.map(|row| (row["mail"].clone(), row["hint"].clone()))
        .collect()
}

#[test]
fn a_mail_that_was_due_goes_only_to_whoever_is_still_pending() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir.write(
        "guests.csv",
        "email\nkim@partner.example\nlea@partner.example\nmax@partner.example\numa@partner.example\n",
    );
    sink.replies(Reply::Later);
    invite(&practice, &workdir, &sink, &[]).expect_code(4);
    assert!(told(&workdir).iter().all(|(mail, _)| mail == "due"));
    change(&practice, "accept", "kim@partner.example");
    change(&practice, "disable", "lea@partner.example");
    change(&practice, "delete", "max@partner.example");

    sink.replies(Reply::Taken);
    let ended = invite(&practice, &workdir, &sink, &[]);
    for gone in ["kim@", "lea@", "max@"] {
        assert!(sink.mails_to(gone).is_empty(), "{gone} {}", ended.stderr);
    }
    assert_eq!(sink.mails_to("uma@").len(), 1, "{}", ended.stderr);
    let told = told(&workdir);
    let words = ["has redeemed", "was disabled", "no longer in the directory"];
    for ((mail, hint), words) in told.iter().zip(words) {
        assert!(mail == "none" && hint.contains(words), "{mail} {hint}");
    }
    assert_eq!(told[3].0, "handed-over");
}

#[test]
fn the_time_of_a_run_can_end_while_mails_go_out() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir.write(
        "guests.csv",
        "email\nkim@partner.example\nlea@partner.example\nmax@partner.example\n",
    );
    let more = ["--rate", "max", "--max-duration", "3s"];
    let mut command = practice.invite(&workdir, "guests.csv", &more);
    mailing(&mut command, &sink).env("GUESTLIST_MESSAGE_PER_MINUTE", "15");
    Ended::of(&mut command).expect_code(10);
    invite(&practice, &workdir, &sink, &[]).expect_code(0);
    for guest in ["kim@", "lea@", "max@"] {
        assert_eq!(sink.mails_to(guest).len(), 1);
    }
}

#[test]
fn words_that_no_mail_carries_and_words_that_are_others_now_are_told_before_the_first_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir
        .write("words.txt", "Subject: Welcome\nHello: {{ redeem_url }}\n")
        .write(
            "guests.csv",
            "email,message,cc\nkim@partner.example,We look forward to it,boss@partner.example\n",
        );
    sink.replies(Reply::Later);
    let ended = invite(&practice, &workdir, &sink, &[]).expect_code(4);
    let said = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        said.contains("the column message is in no mail of 1 row"),
        "{said}"
    );
    workdir.write(
        "words.txt",
        "Subject: Welcome\nHowdy: {{ redeem_url }}, {{ message }}\n",
    );
    sink.replies(Reply::Taken);
    let ended = invite(&practice, &workdir, &sink, &[]).expect_code(0);
    let said = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        said.contains("the words of the mail are others") && !said.contains("in no mail"),
        "{said}"
    );
    // The copy is announced after the guest.
    let mails = sink.mails_to("boss@");
    assert!(
        mails.len() == 1 && mails[0].contains("Cc: boss@partner.example"),
        "{mails:?}"
    );
}

#[test]
fn a_template_without_the_link_is_refused_before_anybody_is_invited() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir
        .write("words.txt", "Subject: Welcome\nHello\n")
        .write("guests.csv", "email\nkim@partner.example\n");
    invite(&practice, &workdir, &sink, &[])
        .expect_code(2)
        .says("words.txt");
    assert_eq!(practice.view("/invitations")["total"], 0);
}

#[test]
fn only_a_reply_that_says_done_counts_as_handed_over() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir.write("guests.csv", "email\nkim@partner.example\n");
    sink.replies(Reply::GoOn);
    invite(&practice, &workdir, &sink, &[]);
    assert_eq!(told(&workdir)[0].0, "unknown");
    sink.replies(Reply::Taken);
    invite(&practice, &workdir, &sink, &[]);
    assert_eq!(sink.mails_to("kim@").len(), 1);
}
