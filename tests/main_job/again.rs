//! The same command once more invites nobody; a longer sheet only those who are new.

use crate::support::{Guests, Practice, Terminal, Workdir};

#[test]
fn the_same_command_again_invites_nobody_and_says_so() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(25));
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0)
        .says("25  invited");
    let first = workdir.table("guests.results.csv");

    practice
        .run(&workdir, "guests.csv", &[])
        .expect_code(0)
        .says("knows 25 people")
        .says("nobody was invited");
    assert_eq!(practice.view("")["invitations"], 25);
    assert_eq!(practice.view("/mails")["total"], 25);

    // Invited then, and the same link now; only what tonight did is another matter.
    let again = workdir.table("guests.results.csv");
    assert_eq!(again.outcomes()["invited"], 25);
    for (then, now) in first.0.iter().zip(&again.0) {
        assert!(!now["redeem_url"].is_empty());
        assert_eq!(then["redeem_url"], now["redeem_url"]);
        assert_eq!(then["this_run"], "invited");
        assert_ne!(now["this_run"], "invited");
    }
}

#[test]
fn a_finished_sheet_asks_nothing_on_a_terminal() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(3));
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    let mut command = workdir.command(&[
        "invite",
        "guests.csv",
        "--ledger",
        "guestlist.db",
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ]);
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    let Some(terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(!screen.contains("type the tenant's name"), "{screen}");
    assert!(screen.contains("nobody was invited"), "{screen}");
    assert_eq!(practice.view("")["invitations"], 3);
}

#[test]
fn one_row_more_is_one_invitation_more() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let guests = Guests::new().people(12);
    workdir.write("guests.csv", &guests);
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);

    workdir.write("guests.csv", guests.row("zoe@partner.example", "Zoe"));
    let told = practice
        .run(&workdir, "guests.csv", &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["this_run"]["invited"], 1);
    assert_eq!(told["outcomes"]["invited"], 13);
    assert_eq!(told["rows"], 13);
    assert_eq!(practice.view("")["invitations"], 13);
    assert_eq!(
        practice.view("/mails?address=zoe@partner.example")["total"],
        1
    );
}

#[test]
fn the_practice_tenant_remembers_its_people() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(7));
    let invite = ["invite", "guests.csv", "--sandbox"];
    workdir.run(&invite).expect_code(0).says("7  invited");
    workdir
        .run(&invite)
        .expect_code(0)
        .says("nobody was invited");

    // Without its memory, the tool still finds who is there.
    std::fs::remove_file(workdir.path("guestlist.practice.db")).unwrap();
    workdir.run(&invite).expect_code(0);
    let table = workdir.table("guests.practice.csv");
    assert_eq!(table.outcomes()["exists-pending"], 7);
}
