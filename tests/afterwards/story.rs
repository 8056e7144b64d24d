//! One person's whole story: what was asked and answered, with the ids for support, the state now, and the next step.

use super::{
    change, days_pass,
    own_words::{Sink, mailing},
    remind, status,
};
use crate::support::{Ended, Practice, Workdir};

#[test]
fn in_practice_the_next_command_goes_on_in_practice() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,display_name\nkim@partner.example,Kim Roe\n",
    );
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0);
    let told = workdir
        .run(&["status", "kim@partner.example", "--sandbox"])
        .expect_code(0);
    let words: String = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("`guestlist remind --sandbox` mails the guest again"),
        "{}",
        told.stdout
    );
    workdir
        .run(&["status", "nobody@partner.example", "--sandbox"])
        .expect_code(2)
        .says("`guestlist runs --sandbox`");
}

#[test]
fn the_story_of_somebody_who_was_lost_settled_and_reminded() {
    let workdir = Workdir::new();
    let lost = "[[script]]\nkind = \"invitations\"\nfault = \"lost_after\"\n";
    let practice = Practice::start(&workdir, lost);
    workdir.write(
        "guests.csv",
        "email,display_name\nkim@partner.example,Kim Roe\n",
    );
    practice
        .run(&workdir, "guests.csv", &["--settle", "2s"])
        .expect_code(0);
    let told = status(&workdir, &practice, &["kim@partner.example"]).expect_code(0);
    assert!(told.stdout.contains("wait; from"), "{}", told.stdout);
    days_pass(&workdir, 15);
    let told = status(&workdir, &practice, &["kim@partner.example"]).expect_code(0);
    assert!(
        told.stdout
            .contains("`guestlist remind` mails the guest again"),
        "{}",
        told.stdout
    );
    remind(&workdir, &practice, &[]).expect_code(0);

    let told = status(&workdir, &practice, &["KIM@partner.example"]).expect_code(0);
    let screen = &told.stdout;
    assert!(
        screen.lines().all(|line| line.chars().count() <= 80),
        "{screen}"
    );
    let words: String = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = words.as_str();
    for part in [
        "kim@partner.example",
        "row 2 of guests.csv; mia.keller@northwind.example was signed in on",
        "Graph was asked to invite, with Microsoft's mail",
        "client-request-id",
        "no answer that tells what was done",
        "Graph was asked again without a mail, for the link",
        "HTTP 201",
        "request-id",
        "Graph was asked to mail a reminder (`remind` run",
        "Graph took the reminder, HTTP 201",
        "now has not redeemed, for 15 days (read just now)",
        "mail Microsoft was asked to mail the invitation, then 1 reminder was asked for",
        "link kept and not shown here (--show-link shows it)",
        "next wait; from",
        "to forward Hello Kim Roe, you were invited as a guest of Northwind Practice",
    ] {
        let at = rest.find(part);
        assert!(at.is_some(), "no {part:?} in the rest of\n{screen}");
        rest = &rest[at.unwrap() + part.len()..];
    }
    assert!(!screen.contains("https://login"), "{screen}");
    let shown = status(&workdir, &practice, &["kim@partner.example", "--show-link"]).expect_code(0);
    assert!(
        shown
            .stdout
            .contains("https://login.microsoftonline.com/redeem?rd=")
    );
    let json = status(&workdir, &practice, &["kim@partner.example", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(json["guest"]["state"], "pending");
    assert!(json["redeem_url"].is_null() && json["events"].as_array().unwrap().len() >= 6);

    change(&practice, "accept", "kim@partner.example");
    let told = status(&workdir, &practice, &["kim@partner.example"]).expect_code(0);
    assert!(
        told.stdout.contains("redeemed on") && told.stdout.contains("nothing to do"),
        "{}",
        told.stdout
    );
}

#[test]
fn where_the_tenant_cannot_be_reached_the_ledger_tells_what_it_knows() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email\nkim@partner.example\n");
    super::invite(&workdir, &practice);
    status(&workdir, &practice, &[]).expect_code(0);
    practice.post(
        "/weather",
        r#"{"faults": {"organization": {"forged_before": 1.0, "forged_statuses": [403]}}}"#,
    );
    let told = status(&workdir, &practice, &["kim@partner.example"]).expect_code(0);
    let words: String = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("has not redeemed, for 0 days, as read on"),
        "{words}"
    );
    assert!(words.contains("it could not be read now"), "{words}");
}

#[test]
fn somebody_who_was_there_already_has_a_story_and_one_of_two_addresses_knows_the_mails_to_the_other()
 {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let there = r#"[{"address": "ann@partner.example", "standing": "accepted"}]"#;
    practice.post("/people", there);
    workdir.write(
        "guests.csv",
        "email\nann@partner.example\nkim@partner.example\n",
    );
    let sink = Sink::start();
    let mut invite = practice.invite(&workdir, "guests.csv", &["--rate", "max"]);
    Ended::of(mailing(&mut invite, &sink)).expect_code(0);
    let story = status(&workdir, &practice, &["ann@partner.example"]).expect_code(0);
    for part in ["row 2", "exists-accepted", "redeemed"] {
        assert!(
            story.stdout.contains(part),
            "no {part:?} in\n{}",
            story.stdout
        );
    }
    status(&workdir, &practice, &["nobody@partner.example"]).expect_code(2);

    // The same user under a second address.
    let ledger = super::ledger(&workdir);
    ledger
        .execute_batch(
            "INSERT INTO person (key, email, state, user_id, mail)
             SELECT 'k.roe@partner.example', 'k.roe@partner.example', 'open', user_id, mail FROM person WHERE key = 'kim@partner.example'",
        )
        .unwrap();
    let story = status(&workdir, &practice, &["k.roe@partner.example"]).expect_code(0);
    assert!(
        story.stdout.contains("SMTP 250"),
        "the mail to the other address is missing in\n{}",
        story.stdout
    );
}
