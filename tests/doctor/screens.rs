//! What a person reads: the screen at 80 columns, and the mail to an administrator.

use super::command;
use crate::support::{Ended, Practice, Workdir};

const SHEET: &str = "guests.csv";

fn fits(text: &str) {
    for line in text.lines().filter(|line| !line.contains("adminconsent")) {
        assert!(line.chars().count() <= 80, "too wide: {line}");
    }
}

#[test]
fn the_screen_of_a_tenant_that_is_fine() {
    let workdir = Workdir::new();
    workdir.write(
        SHEET,
        "email,message,sponsors\na@partner.example,Welcome,anna.berg@northwind.example\n",
    );
    let ended = workdir.run(&["doctor", SHEET, "--sandbox"]).expect_code(0);
    fits(&ended.stdout);
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn the_screen_of_a_tenant_with_troubles() {
    let workdir = Workdir::new();
    workdir
        .write(SHEET, "email\na@partner.example\nwhat?\n")
        .write(
            "weather.toml",
            "organization_readable = false\n[permissions]\nuser = [\"User.Invite.All\"]",
        );
    let more = ["doctor", SHEET, "--sandbox", "--weather", "weather.toml"];
    let ended = workdir.run(&more).expect_code(6);
    fits(&ended.stdout);
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn a_mail_to_forward_names_app_permissions_and_link() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[permissions]\napp = [\"User.Invite.All\"]");
    workdir.write(
        SHEET,
        "email,sponsors\na@partner.example,group:Project Atlas\n",
    );
    let mut mail = command(
        &workdir,
        &practice,
        &practice.tenant,
        &[SHEET, "--ask-admin"],
    );
    mail.env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    let ended = Ended::of(&mut mail).expect_code(0);
    fits(&ended.stdout);
    let text = ended.stdout.replace(&practice.url, "https://login.example");
    insta::assert_snapshot!(text);

    // Nobody can sign in yet: the settings name app and tenant.
    mail.env("AZURE_CLIENT_SECRET", "guessed");
    let ended = Ended::of(&mut mail)
        .expect_code(0)
        .says("nobody is signed in");
    assert!(
        ended.stdout.contains(&practice.client_id),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("guessed"));
}
