//! Mail of our own: the permission, the mailbox, the mail server, the words; and tenants in which Microsoft mails nobody.

use super::{checkup, command, named};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::process::Command;

const FROM: &str = "mia.keller@northwind.example";
const SHEET: &str = "guests.csv";

fn settings(workdir: &Workdir, text: &str) {
    workdir
        .write("mail.toml", text)
        .write(SHEET, "email,display_name\na@partner.example,Ada\n");
}

fn by_graph(workdir: &Workdir, from: &str) {
    settings(
        workdir,
        &format!("[message]\ndelivery = \"graph\"\nfrom = \"{from}\"\n"),
    );
}

fn doctor(workdir: &Workdir, practice: &Practice) -> Command {
    let more = [SHEET, "--config", "mail.toml"];
    command(workdir, practice, &practice.tenant, &more)
}

fn as_app<'c>(command: &'c mut Command, practice: &Practice) -> &'c mut Command {
    command
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret)
}

#[test]
fn the_permission_and_the_mailbox_are_named_and_no_mail_leaves() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir, FROM);
    let (checks, code) = checkup(&mut doctor(&workdir, &practice));
    assert_eq!((code, named(&checks, "fail").len()), (0, 0), "{checks:#?}");
    for (name, says) in [("mail-send", "Mail.Send"), ("mailbox", FROM)] {
        let told = checks[name]["message"].as_str().unwrap();
        assert!(told.contains(says), "{told}");
    }
    assert_eq!(checks["words"]["verdict"], "pass");

    // An app may send from every mailbox: how to limit it is told.
    let (checks, code) = checkup(as_app(&mut doctor(&workdir, &practice), &practice));
    assert_eq!(code, 0);
    let hint = checks["mail-send"]["hint"].as_str().unwrap();
    assert!(hint.contains("RBAC for applications"), "{hint}");
    assert_eq!(practice.view("/own-mails")["mails"], serde_json::json!([]));
}

#[test]
fn a_token_that_may_not_send_fails_with_the_permission() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.Read.All\"]\napp = [\"User.Invite.All\", \"User.Read.All\"]",
    );
    by_graph(&workdir, FROM);
    for app in [false, true] {
        let mut command = doctor(&workdir, &practice);
        if app {
            as_app(&mut command, &practice);
        }
        let (checks, code) = checkup(&mut command);
        assert_eq!((code, named(&checks, "fail")), (6, vec!["mail-send"]));
        assert_eq!(checks["mail-send"]["permission"], "Mail.Send");
        let told = checks["mail-send"]["message"].as_str().unwrap();
        assert!(told.contains(FROM), "{told}");
    }
}

#[test]
fn a_mailbox_of_somebody_else_takes_another_permission() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir, "anna.berg@northwind.example");
    let (checks, code) = checkup(&mut doctor(&workdir, &practice));
    assert_eq!((code, named(&checks, "fail")), (6, vec!["mail-send"]));
    assert_eq!(checks["mail-send"]["permission"], "Mail.Send.Shared");
}

#[test]
fn a_mailbox_that_is_none_fails_and_one_that_cannot_be_seen_cannot_be_told() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir, "nobody@northwind.example");
    let (checks, code) = checkup(as_app(&mut doctor(&workdir, &practice), &practice));
    assert_eq!(named(&checks, "fail"), ["mailbox"], "{checks:#?}");
    assert_ne!(code, 0);
    let told = checks["mailbox"]["message"].as_str().unwrap();
    assert!(told.contains("nobody@northwind.example"), "{told}");

    practice.post(
        "/weather",
        r#"{"permissions": {"app": ["User.Invite.All", "Mail.Send"], "user": []}}"#,
    );
    let (checks, _) = checkup(as_app(&mut doctor(&workdir, &practice), &practice));
    assert_eq!(checks["mailbox"]["verdict"], "cannot-tell");
    assert_eq!(checks["mailbox"]["permission"], "User.Read.All");
}

#[test]
fn a_mail_server_is_reached_without_a_mail_also_where_nobody_is_signed_in() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    let smtp = |port: u16| {
        format!(
            "[message]\ndelivery = \"smtp\"\nfrom = \"{FROM}\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n"
        )
    };
    settings(&workdir, &smtp(sink.port));
    let (checks, code) = checkup(&mut doctor(&workdir, &practice));
    assert_eq!((code, named(&checks, "fail").len()), (0, 0), "{checks:#?}");
    assert_eq!(checks["mail-server"]["verdict"], "pass");
    assert!(!checks.contains_key("mail-send"), "{checks:#?}");
    assert_eq!(sink.mails().len(), 0);

    let silent = SmtpSink::start(|_| Reply::NoGreeting);
    settings(&workdir, &smtp(silent.port));
    let mut nobody = doctor(&workdir, &practice);
    as_app(&mut nobody, &practice).env("AZURE_CLIENT_SECRET", "guessed");
    let (checks, _) = checkup(&mut nobody);
    assert_eq!(checks["mail-server"]["verdict"], "fail");
    let told = checks["mail-server"]["message"].as_str().unwrap();
    assert!(told.contains(&silent.port.to_string()), "{told}");
}

#[test]
fn words_that_a_row_does_not_have_are_found_before_the_run() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "words.txt",
        "Subject: Hello\n{{ nickname }}, open {{ redeem_url }}\n",
    );
    settings(
        &workdir,
        &format!("[message]\ndelivery = \"graph\"\nfrom = \"{FROM}\"\ntemplate = \"words.txt\"\n"),
    );
    let (checks, code) = checkup(&mut doctor(&workdir, &practice));
    assert_eq!((code, named(&checks, "fail")), (3, vec!["words"]));
    let hint = checks["words"]["hint"].as_str().unwrap();
    assert!(
        hint.contains("row 2 (Ada)") && hint.contains("nickname"),
        "{hint}"
    );
}

#[test]
fn an_external_tenant_is_named() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "external_tenant = true");
    settings(&workdir, "");
    let (checks, code) = checkup(&mut doctor(&workdir, &practice));
    assert_eq!((code, named(&checks, "warn")), (0, vec!["mail"]));
    let told = checks["mail"]["message"].as_str().unwrap();
    assert!(told.contains("external tenant"), "{told}");
    // With mail of our own there is nothing to warn of.
    by_graph(&workdir, FROM);
    let (checks, _) = checkup(&mut doctor(&workdir, &practice));
    assert!(!checks.contains_key("mail"), "{checks:#?}");
}

#[test]
fn an_administrator_is_asked_for_what_the_mails_need() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir, FROM);
    let mut mail = doctor(&workdir, &practice);
    as_app(&mut mail, &practice).arg("--ask-admin");
    let app = Ended::of(&mut mail).expect_code(0).stdout;
    let app = app.replace(&practice.url, "https://login.example");
    insta::assert_snapshot!(app);

    by_graph(&workdir, "anna.berg@northwind.example");
    let user = Ended::of(doctor(&workdir, &practice).arg("--ask-admin")).expect_code(0);
    assert!(user.stdout.contains("Mail.Send.Shared"), "{}", user.stdout);
    assert!(user.stdout.contains("Send As"), "{}", user.stdout);
}
