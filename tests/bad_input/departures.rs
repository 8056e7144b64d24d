//! Mistakes with `leavers`, `cleanup` and `ledger forget`.

use super::page::Page;
use crate::support::{Ended, Guests, Practice, Workdir};
use std::process::Command;

fn sheet(numbers: impl IntoIterator<Item = usize>) -> Guests {
    numbers.into_iter().fold(Guests::new(), |guests, number| {
        guests.row(&Guests::address(number), "Guest")
    })
}

#[test]
fn leavers_cleanup_and_forget() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let verb = |words: &[&str]| -> Command { practice.verb(&workdir, &[words, &["-q"]].concat()) };
    practice.post(
        "/people",
        r#"[{"address": "others@partner.example", "standing": "pending"}]"#,
    );
    for (name, numbers) in [("guests.csv", 1..=20), ("team.csv", 21..=30)] {
        workdir.write(name, sheet(numbers).row("others@partner.example", "Others"));
        practice
            .run(&workdir, name, &["--rate", "max"])
            .expect_code(0);
    }
    for (name, numbers) in [("guests.csv", 1..=19), ("team.csv", 21..=29)] {
        workdir.write(name, sheet(numbers));
        Ended::of(&mut verb(&["leavers", name, "--max-leavers", "5"])).expect_code(0);
    }
    let (list, other) = (
        workdir.read("guests.leavers.csv"),
        workdir.read("team.leavers.csv"),
    );
    let lines: Vec<&str> = list.lines().collect();
    let (header, end) = (lines[0], lines[lines.len() - 1]);
    let rows = &lines[1..lines.len() - 1];
    let file = |name: &str, lines: &[&str]| {
        workdir.write(name, format!("{}\n", lines.join("\n")));
    };
    file("short.csv", &[&[header], rows].concat());
    file(
        "mixed.csv",
        &[header, rows[0], other.lines().nth(1).unwrap(), end],
    );
    file("more.csv", &[header, rows[0], rows[1], rows[0], end]);
    let elsewhere = list.replace(&practice.tenant, "11111111-2222-4333-8444-555555555555");
    workdir.write("tenant.csv", elsewhere);
    let run = rows[0].rsplit(',').next().unwrap();
    workdir.write("run.csv", list.replace(run, "20260101-000000-abcd"));
    workdir.write("renamed.csv", list.replace("guests.csv", "staff.csv"));
    workdir.write("mine.csv", "name;salary\nBob;1\n");
    workdir.write("there.json", "{}");
    workdir.write("new.csv", sheet(1..=2));

    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "URL");
    page.hide(&practice.tenant, "TENANT");
    page.hide(run, "RUN");
    let mut mistake = |title: &str, code: i32, words: &[&str]| {
        page.mistake_of(title, code, &mut verb(words));
    };
    mistake("a sheet without addresses", 3, &["leavers", "mine.csv"]);
    mistake("a sheet that was never invited", 2, &["leavers", "new.csv"]);
    mistake("a sheet on standard input", 2, &["leavers", "-"]);
    mistake(
        "a run that the ledger does not know",
        2,
        &["leavers", "guests.csv", "--since", "20260101-000000-abcd"],
    );
    mistake(
        "a run that invited nobody",
        2,
        &["leavers", "guests.csv", "--since", run],
    );
    mistake(
        "a sheet that was cut short",
        3,
        &["leavers", "guests.csv", "--max-leavers", "1"],
    );
    mistake(
        "the list over the sheet",
        2,
        &["leavers", "guests.csv", "-o", "guests.csv"],
    );
    mistake(
        "the list over the ledger",
        2,
        &["leavers", "guests.csv", "-o", "guestlist.db"],
    );
    mistake("nobody named who is to be deleted", 2, &["cleanup"]);
    let yes = ["--yes", "--max-deletes", "9"];
    let mut delete = |title: &str, code: i32, words: &[&str]| {
        mistake(title, code, &[&["cleanup"], words, &yes].concat());
    };
    delete("a list that is not there", 3, &["missing.csv"]);
    delete("the sheet itself", 3, &["guests.csv"]);
    delete("a list that was cut short", 3, &["short.csv"]);
    delete("two lists in one", 3, &["mixed.csv"]);
    delete("a list to which somebody was added", 3, &["more.csv"]);
    delete("a list of another tenant", 3, &["tenant.csv"]);
    delete("a list of another ledger", 3, &["run.csv"]);
    delete("a list of another sheet", 3, &["renamed.csv"]);
    delete(
        "a run that the ledger does not know",
        2,
        &["--run", "20260101-000000-abcd"],
    );
    mistake(
        "deletions without a limit",
        2,
        &["cleanup", "guests.leavers.csv", "--yes"],
    );
    mistake(
        "redeemed guests without a list",
        2,
        &["cleanup", "--older-than", "90d", "--accepted"],
    );
    let forget = ["ledger", "forget", "--ledger", "guestlist.db", "-q"];
    let mut forget = |title: &str, words: &[&str]| {
        page.mistake(title, 2, &[&forget, words].concat());
    };
    forget("nobody named who is to be forgotten", &["--yes"]);
    forget(
        "an address that nobody has",
        &["somebody@elsewhere.example", "--yes"],
    );
    forget("what is no address", &["somebody", "--yes"]);
    forget("nobody to ask", &["guest-0001@partner.example"]);
    forget(
        "an export over another file",
        &[
            "guest-0001@partner.example",
            "--yes",
            "--export",
            "there.json",
        ],
    );
    page.compare("departures");

    // Guests of others stay, and one sentence says so.
    let ended = Ended::of(
        practice
            .verb(
                &workdir,
                &[
                    "cleanup",
                    "guests.leavers.csv",
                    "--yes",
                    "--max-deletes",
                    "9",
                ],
            )
            .env("GUESTLIST_INVITE_RATE", "max"),
    )
    .expect_code(4);
    assert!(
        ended.stdout.contains("1 was not invited by this ledger"),
        "{}",
        ended.stdout
    );
    assert_eq!(practice.view("/deletions")["total"], 1);
}
