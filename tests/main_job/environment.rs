//! Whatever the user's environment holds, this machine is reached directly and the screen stays readable.

use crate::support::{Ended, Guests, Practice, Workdir};
use std::process::Command;

/// Proxies that are not there, a shell of another country, a terminal that can do nothing.
fn strange(command: &mut Command) -> &mut Command {
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        for name in [proxy.to_owned(), proxy.to_lowercase()] {
            command.env(name, "http://127.0.0.1:9");
        }
    }
    command
        .env("NO_PROXY", "nowhere.example")
        .env("TZ", "Pacific/Chatham")
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("COLUMNS", "20")
        .env("TERM", "dumb")
        .env("NO_COLOR", "1")
        .env("HOME", "/nonexistent")
        .env("XDG_DATA_HOME", "relative")
}

#[test]
fn the_practice_tenant_is_reached_past_every_proxy_and_every_identity() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(3));
    let mut practice = workdir.command(&["invite", "guests.csv", "--sandbox"]);
    strange(&mut practice)
        .env("AZURE_TENANT_ID", "99999999-8888-7777-6666-555555555555")
        .env("AZURE_CLIENT_ID", "somebody-else")
        .env("AZURE_CLIENT_SECRET", "not-a-secret")
        .env("AZURE_AUTHORITY_HOST", "https://login.example")
        .env("AZURE_FEDERATED_TOKEN_FILE", "/nonexistent")
        .env("GUESTLIST_TENANT_ID", "nowhere.example")
        .env("GUESTLIST_ACCESS_TOKEN", "not-a-token");
    let told = Ended::of(&mut practice).expect_code(0);
    assert!(!told.stderr.contains('\u{1b}'), "{}", told.stderr);
    assert_eq!(
        workdir.table("guests.practice.csv").outcomes()["invited"],
        3
    );
}

#[test]
fn a_tenant_on_loopback_is_reached_past_every_proxy() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(3));
    let mut app = practice.invite_as_app(&workdir, "guests.csv", &[]);
    Ended::of(strange(&mut app)).expect_code(0);
    assert_eq!(practice.view("/mails")["total"], 3);
}
