//! The question before a real run, on a real terminal.

use crate::support::{Guests, Practice, Terminal, Workdir};
use std::process::Command;

const PROMPT: &str = "northwind.example):";

/// As a person types it: no --yes, no ledger named.
fn by_hand(practice: &Practice, workdir: &Workdir, more: &[&str]) -> Command {
    let mut arguments = vec![
        "invite",
        "guests.csv",
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ];
    arguments.extend(more);
    let mut command = workdir.command(&arguments);
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    command
}

#[test]
fn the_question_shows_everything_and_a_wrong_name_sends_nothing() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,display_name,message,shoe size,company\n\
         ada@partner.example,Ada,Welcome to the project,38,Partner\n\
         dana.fox@adatum.example,Dana,,40,Adatum\n\
         wrong,Wrong,,41,Wrong\n",
    );
    let command = by_hand(&practice, &workdir, &[]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("Contoso");
    let (code, screen) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    for shown in [
        "Northwind Practice",
        "northwind.example",
        "mia.keller@northwind.example",
        "guests.csv, 3 rows",
        "1  to invite",
        "already here",
        "invalid on the sheet",
        "Microsoft",
        "shoe size",
        "company (1 guest)",
        "ada@partner.example",
        "Welcome to the project",
        "nothing was sent",
    ] {
        assert!(screen.contains(shown), "no {shown:?} on:\n{screen}");
    }
    for line in screen.lines().filter(|line| !line.contains("Contoso")) {
        assert!(line.chars().count() <= 80, "too wide: {line:?}");
    }
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(!workdir.exists("guests.results.csv"));
}

#[test]
fn only_with_an_address_invites_that_one() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(5).row("wrong", "Wrong"));
    let command = by_hand(
        &practice,
        &workdir,
        &["--only", "GUEST-0003@partner.example"],
    );
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("northwind practice");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert_eq!(practice.view("")["invitations"], 1);
    assert_eq!(
        practice.view("/mails?address=guest-0003@partner.example")["total"],
        1
    );
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.outcomes()["invited"], 1);
    assert_eq!(table.outcomes()["not-attempted"], 5);
    for row in table.with_outcome("not-attempted") {
        assert_eq!(row["this_run"], "not-selected");
    }
}

#[test]
fn the_first_mail_is_that_of_somebody_who_gets_one() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email\nearly@partner.example\n");
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    workdir.write(
        "guests.csv",
        "email,language\n\
         zed@elsewhere.example,fr-FR\n\
         dana.fox@adatum.example,it-IT\n\
         x@blocked.example,nl-NL\n\
         early@partner.example,\n\
         new@partner.example,de-DE\n",
    );
    let only = "@adatum.example,@blocked.example,@partner.example";
    let command = by_hand(&practice, &workdir, &["--only", only]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("northwind practice");
    let (_, screen) = terminal.end();
    assert!(
        screen.contains("The first mail goes to new@partner.example"),
        "{screen}"
    );
    assert!(
        screen.contains("1 person gets a mail from Microsoft"),
        "{screen}"
    );
    assert!(
        screen.contains("de-DE\n") && !screen.contains("nl-NL"),
        "{screen}"
    );
    // Whoever is left cannot be invited, so there is nothing to ask.
    let Some(terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    let (code, screen) = terminal.end();
    assert_eq!(code, 4, "{screen}");
    assert!(!screen.contains(PROMPT), "{screen}");
}

#[test]
fn when_nobody_is_mailed_the_question_says_so() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    let command = by_hand(&practice, &workdir, &["--send", "false"]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("");
    let (code, screen) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("No mail goes out."), "{screen}");
    assert!(!screen.contains("The first mail"), "{screen}");
}

#[test]
fn ctrl_c_at_the_question_sends_nothing() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    let command = by_hand(&practice, &workdir, &[]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_keys("\u{3}");
    let (code, screen) = terminal.end();
    assert_eq!(code, 130, "{screen}");
    assert!(screen.contains("nothing was sent"), "{screen}");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn an_end_of_input_at_the_question_is_a_no() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    let command = by_hand(&practice, &workdir, &[]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_keys("\u{4}");
    let (code, screen) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn the_question_says_that_microsoft_mails_nobody_in_an_external_tenant() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "external_tenant = true");
    workdir.write("guests.csv", Guests::new().people(2));
    let command = by_hand(&practice, &workdir, &[]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("no");
    let (_, screen) = terminal.end();
    let screen = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        screen.contains("an external tenant, in which Microsoft sends no mail: 2 rows ask"),
        "{screen}"
    );
}

/// Nobody is left to invite, and guests who are there would be changed: that is asked about, too.
#[test]
fn guests_who_are_there_are_not_changed_without_a_question() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,display_name,company\nben.carter@fabrikam.example,Ben,Another Firm\n",
    );
    let command = by_hand(&practice, &workdir, &["--update-existing"]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for(PROMPT);
    terminal.type_line("no");
    let (code, screen) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    assert!(screen.contains("company (1 guest)"), "{screen}");
    let ben = practice.view("/people?address=ben.carter@fabrikam.example");
    assert_ne!(ben["people"][0]["company_name"], "Another Firm");
}
