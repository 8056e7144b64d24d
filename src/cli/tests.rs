//! The help screens, and how command lines are parsed.

use super::{Cli, Command, Explain, Format, RunName};
use crate::settings::Scope;
use clap::{CommandFactory, Parser};

/// The help of a command as on a terminal of 100 columns.
fn help(path: &[&str], flag: &str) -> String {
    let args = ["guestlist"].iter().chain(path).copied().chain([flag]);
    let command = Cli::command().term_width(100);
    let said = command.try_get_matches_from(args).unwrap_err();
    said.render().to_string()
}

#[test]
fn clap_finds_no_contradiction() {
    Cli::command().debug_assert();
}

#[test]
fn help_screens() {
    insta::assert_snapshot!("guestlist_short", help(&[], "-h"));
    insta::assert_snapshot!("invite_short", help(&["invite"], "-h"));
    insta::assert_snapshot!("invite_long", help(&["invite"], "--help"));
    insta::assert_snapshot!("check_long", help(&["check"], "--help"));
    insta::assert_snapshot!("status_long", help(&["status"], "--help"));
    insta::assert_snapshot!("mail_long", help(&["mail"], "--help"));
    insta::assert_snapshot!("remind_long", help(&["remind"], "--help"));
    insta::assert_snapshot!(
        "reset_redemption_long",
        help(&["reset-redemption"], "--help")
    );
    let rest = [
        "results", "runs", "ledger", "config", "sandbox", "template", "explain", "generate",
    ];
    let screens = rest.map(|name| help(&[name], "-h")).join("\n----\n");
    insta::assert_snapshot!("others_short", screens);
    insta::assert_snapshot!("doctor_long", help(&["doctor"], "--help"));
    let made = ["completions", "man"].map(|name| help(&["generate", name], "-h"));
    insta::assert_snapshot!("generate_short", made.join("\n----\n"));
    let ledger = ["new", "backup", "import"].map(|name| help(&["ledger", name], "-h"));
    insta::assert_snapshot!("ledger_short", ledger.join("\n----\n"));
}

#[test]
fn the_short_help_of_invite_shows_ten_flags() {
    let shown = help(&["invite"], "-h");
    let flags = shown
        .lines()
        .filter(|line| line.trim_start().starts_with('-'));
    assert_eq!(flags.count(), 10, "{shown}");
}

#[test]
fn without_arguments_there_is_help() {
    let said = Cli::try_parse_from(["guestlist"]).unwrap_err();
    assert!(said.render().to_string().contains("Usage: guestlist"));
}

#[test]
fn a_pasted_message_needs_no_quotes() {
    let parse = |args: &[&str]| match Cli::try_parse_from(args).unwrap().command {
        Command::Explain(explain) => Explain::text(&explain),
        other => panic!("{other:?}"),
    };
    assert_eq!(parse(&["guestlist", "explain", "GL101"]), "GL101");
    assert_eq!(
        parse(&["guestlist", "explain", "Group", "email", "address"]),
        "Group email address"
    );
}

#[test]
fn json_is_a_format() {
    let format = |flag: &str| {
        let flag = flag.split(' ').filter(|word| !word.is_empty());
        let args = ["guestlist", "check", "-"].into_iter().chain(flag);
        match Cli::try_parse_from(args).unwrap().command {
            Command::Check(check) => check.format(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(format(""), Format::Text);
    assert_eq!(format("--json"), Format::Json);
    assert_eq!(format("--format json"), Format::Json);
}

#[test]
fn a_run_is_the_last_one_or_has_an_id() {
    let run = |args: &[&str]| match Cli::try_parse_from(args).unwrap().command {
        Command::Results(results) => results.run,
        other => panic!("{other:?}"),
    };
    assert_eq!(run(&["guestlist", "results"]), RunName::Last);
    assert_eq!(
        run(&["guestlist", "results", "--run", "7"]),
        RunName::Id("7".into())
    );
}

#[test]
fn slips_are_answered_with_what_was_meant() {
    let said = |args: &[&str]| {
        let said = Cli::try_parse_from(args).unwrap_err();
        assert_eq!(said.exit_code(), 2);
        said.to_string()
    };
    let invite =
        |flags: &[&'static str]| said(&[&["guestlist", "invite", "g.csv"], flags].concat());
    assert!(invite(&["--dry-rum"]).contains("--dry-run"));
    assert!(invite(&["--settle", "soon"]).contains("write 90s, 15m, 2h or 1h30m"));
    assert!(invite(&["--max-invalid", "half"]).contains("50%"));
    assert!(invite(&["--tenant", "common"]).contains("contoso.com"));
    assert!(invite(&["--graph-url", "http://example.org"]).contains("loopback only"));
    assert!(invite(&["--allow", "owner"]).contains("member"));
    assert!(said(&["guestlist", "invite"]).contains("SHEET"));
    assert!(said(&["guestlist", "ledger", "import"]).contains("RESULTS"));
}

#[test]
fn each_command_uses_its_part_of_the_settings() {
    let scope = |args: &str| {
        let args = ["guestlist"].into_iter().chain(args.split(' '));
        Cli::try_parse_from(args).unwrap().flags().scope
    };
    assert_eq!(scope("invite guests.csv"), Scope::Tenant);
    assert_eq!(scope("doctor"), Scope::Tenant);
    assert_eq!(scope("check guests.csv"), Scope::Sheet);
    assert_eq!(scope("check guests.csv --preview 3"), Scope::Words);
    assert_eq!(scope("check guests.csv --message-file a.txt"), Scope::Words);
    assert_eq!(scope("results"), Scope::Results);
    assert_eq!(scope("runs"), Scope::Ledger);
    assert_eq!(scope("ledger new"), Scope::Ledger);
    assert_eq!(scope("config"), Scope::Shown);
}
