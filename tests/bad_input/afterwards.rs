//! Mistakes with `status` and `remind`.

use super::page::Page;
use crate::support::{Guests, Practice, Workdir};

#[test]
fn status_and_remind() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    workdir.write("mine.csv", "name;salary\nBob;1\n");
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "URL");
    page.hide(&practice.tenant, "TENANT");
    let mut mistake = |title: &str, code: i32, verb: &[&str]| {
        page.mistake_of(
            title,
            code,
            &mut practice.verb(&workdir, &[verb, &["-q"]].concat()),
        );
    };
    mistake(
        "an address that is nearly right",
        2,
        &["status", "guest-001@partner.example"],
    );
    mistake(
        "an address that nobody has",
        2,
        &["status", "somebody@elsewhere.example"],
    );
    mistake(
        "neither a file nor an address",
        2,
        &["status", "guest-0001@"],
    );
    mistake("a sheet that is not there", 3, &["status", "missing.csv"]);
    mistake("the link of everybody", 2, &["status", "--show-link"]);
    mistake(
        "two things on standard output",
        2,
        &["status", "--json", "-o", "-"],
    );
    mistake(
        "the list over the ledger",
        2,
        &["status", "-o", "guestlist.db"],
    );
    mistake(
        "the list over the sheet",
        2,
        &["status", "guests.csv", "-o", "guests.csv"],
    );
    mistake(
        "the list over somebody's file",
        2,
        &["status", "-o", "mine.csv"],
    );
    mistake(
        "the list in a form that is not written",
        2,
        &["status", "-o", "who.ods"],
    );
    mistake(
        "a story in a file",
        2,
        &["status", "guest-0001@partner.example", "-o", "who.csv"],
    );
    mistake(
        "a run that the ledger does not know",
        2,
        &["status", "--run", "20260101-000000-abcd"],
    );
    mistake("an age that is none", 2, &["status", "--older-than", "old"]);
    mistake("reminders without a limit", 2, &["remind", "--yes"]);
    mistake(
        "reminders for a sheet that is not there",
        3,
        &["remind", "missing.csv", "--yes", "--max-mails", "5"],
    );
    for (title, delivery) in [
        ("our own words without a sheet", "smtp"),
        ("reminders where nobody is mailed", "none"),
    ] {
        let mut command = practice.verb(&workdir, &["remind", "--yes", "--max-mails", "5", "-q"]);
        command
            .env("GUESTLIST_MESSAGE_DELIVERY", delivery)
            .env("GUESTLIST_MESSAGE_FROM", "desk@northwind.example")
            .env("GUESTLIST_SMTP_HOST", "127.0.0.1")
            .env("GUESTLIST_SMTP_SECURITY", "none");
        page.mistake_of(title, 2, &mut command);
    }
    page.mistake(
        "a tenant that nobody named",
        2,
        &[
            "remind",
            "-q",
            "--yes",
            "--max-mails",
            "5",
            "--ledger",
            "guestlist.db",
        ],
    );
    page.mistake(
        "a ledger that is not there",
        2,
        &["status", "-q", "--ledger", "other.db"],
    );
    page.mistake(
        "nobody has practised yet",
        2,
        &["status", "-q", "--sandbox"],
    );
    page.compare("afterwards");
}
