//! A stranger's `guestlist.toml` sends no secret anywhere and changes no invitation.

use crate::{
    bad_input::page::Page,
    support::{Ended, Guests, Practice, Workdir},
};
use std::{
    net::TcpListener,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// A stranger's host, and how often somebody called.
struct Listener {
    url: String,
    calls: Arc<AtomicUsize>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        thread::spawn(move || {
            for call in listener.incoming() {
                drop(call);
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { url, calls }
    }

    #[track_caller]
    fn heard_nothing(&self) {
        assert_eq!(self.calls.load(Ordering::SeqCst), 0, "somebody called");
    }
}

/// With everything named that can be named, and secrets of its own in the environment.
fn invite(workdir: &Workdir) -> Command {
    let mut command = workdir.command(&[
        "invite",
        "guests.csv",
        "--yes",
        "--tenant",
        "northwind.example",
        "--ledger",
        "guestlist.db",
        "--new-ledger",
    ]);
    with_secrets(&mut command);
    command
}

fn with_secrets(command: &mut Command) {
    command
        .env("AZURE_CLIENT_ID", "an-app")
        .env("AZURE_CLIENT_SECRET", "s3cret-of-the-app")
        .env("DATABASE_PASSWORD", "s3cret-of-another-program");
}

#[test]
fn no_secret_leaves_for_a_host_that_a_strangers_file_names() {
    let workdir = Workdir::new();
    let listener = Listener::start();
    workdir
        .write("guests.csv", Guests::new().people(2))
        .write("token", "federated-token");
    let mut page = Page::new(&workdir);
    page.hide(&listener.url, "http://STRANGER");
    let url = &listener.url;
    for (title, settings) in [
        (
            "a stranger's sign-in host",
            format!("[tenant]\nauthority_url = \"{url}\"\n"),
        ),
        (
            "a stranger's Graph",
            format!("[tenant]\ngraph_url = \"{url}\"\n"),
        ),
        (
            "a stranger's choice of a file as the secret",
            format!(
                "[tenant]\nauthority_url = \"{url}\"\n[auth]\nclient_secret = {{ file = \"/etc/passwd\" }}\n"
            ),
        ),
        (
            "a stranger's choice of a variable as the secret",
            format!(
                "[tenant]\nauthority_url = \"{url}\"\n[auth]\nclient_secret = {{ env = \"DATABASE_PASSWORD\" }}\n"
            ),
        ),
    ] {
        workdir.write("guestlist.toml", settings);
        page.mistake_of(title, 2, &mut invite(&workdir));

        let mut doctor = workdir.command(&["doctor", "--tenant", "northwind.example"]);
        with_secrets(&mut doctor);
        let said = Ended::of(&mut doctor).expect_code(2).stdout;
        assert!(said.contains("config trust"), "{said}");

        let mut workload = invite(&workdir);
        workload
            .env_remove("AZURE_CLIENT_SECRET")
            .env("AZURE_FEDERATED_TOKEN_FILE", "token");
        Ended::of(&mut workload)
            .expect_code(2)
            .says("guestlist config trust");

        let mut token = invite(&workdir);
        token.env("GUESTLIST_ACCESS_TOKEN", "t0ken");
        Ended::of(&mut token)
            .expect_code(2)
            .says("guestlist config trust");
    }
    page.compare("settings");
    listener.heard_nothing();
}

#[test]
fn nobody_becomes_a_member_or_lands_elsewhere_by_a_strangers_file() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write(
            "guests.csv",
            "email,user_type\nana@partner.example,Member\nbo@partner.example,Guest\n",
        )
        .write(
            "guestlist.toml",
            "[invite]\nallow = [\"member\"]\nredirect_url = \"https://evil.example/welcome\"\n",
        );
    practice
        .run(&workdir, "guests.csv", &[])
        .expect_code(2)
        .says("[invite] redirect_url (line 3)")
        .says("[invite] allow (line 2)")
        .says("guestlist config trust")
        .says("--config");
    let json = practice.run(&workdir, "guests.csv", &["--json"]).json();
    assert_eq!(json["stopped_by"], "refused");
    assert_eq!(json["exit_code"], 2);
    assert_eq!(practice.view("")["invitations"], 0);

    // The same file, once it is the user's own, does what it says, and every run says so.
    let trusted = workdir.run(&["config", "trust"]).expect_code(0);
    for told in [
        &trusted.stderr,
        &practice.run(&workdir, "guests.csv", &[]).stderr,
    ] {
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("guestlist.toml"), "{told}");
        assert!(told.contains("guests land at evil.example"), "{told}");
        assert!(told.contains("as Member"), "{told}");
    }
    assert_eq!(practice.view("")["invitations"], 2);
}

#[test]
fn hosts_that_are_not_microsofts_are_named_by_every_run() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(1));
    practice
        .run(&workdir, "guests.csv", &[])
        .expect_code(0)
        .says("settings file none; guests land at myapplications.microsoft.com (default)")
        .says(&format!(
            "Graph is asked at {} (from --graph-url), which is not a host of Microsoft",
            practice.url
        ))
        .says(&format!(
            "signing in happens at {} (from --authority-url), which is not a host of Microsoft",
            practice.url
        ));
}

#[test]
fn columns_and_caps_of_a_strangers_file_are_used_and_nobody_is_asked() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write("guests.csv", "Privat;Name\nana@partner.example;Ana\nbo@partner.example;Bo\n")
        .write(
            "guestlist.toml",
            "[columns]\nemail = \"Privat\"\n[sheet]\ndelimiter = \";\"\n[pace]\ninvites_per_5s = 10\n[invite]\nmax_invites = 1\n",
        );
    practice
        .run(&workdir, "guests.csv", &[])
        .expect_code(8)
        .says("guestlist.toml (nothing in it needs trust)");
    assert_eq!(practice.view("")["invitations"], 1);
}

/// They send nothing, so they go on without what needs trust, and say so.
#[test]
fn check_and_practice_never_ask() {
    let workdir = Workdir::new();
    workdir
        .write("guests.csv", Guests::new().people(2))
        .write(
            "guestlist.toml",
            "[tenant]\nid = \"evil.example\"\ngraph_url = \"https://evil.example\"\n[invite]\nallow = [\"member\"]\nredirect_url = \"https://evil.example\"\nledger = \"evil.db\"\n",
        );
    workdir
        .run(&["check", "guests.csv"])
        .expect_code(0)
        .says("not used from guestlist.toml")
        .says("[invite] allow; `guestlist config trust` in this folder trusts it");
    let practised = workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0)
        .says("not used from guestlist.toml")
        .says("guests land at myapplications.microsoft.com (default)");
    assert!(!practised.stderr.contains("evil"), "{}", practised.stderr);
    assert!(!workdir.exists("evil.db"));
    for quiet in [&["template"][..], &["explain", "GL101"]] {
        assert_eq!(workdir.run(quiet).expect_code(0).stderr, "");
    }
    // Commands that use one key of it are about that key only.
    let refused = workdir
        .run(&["runs"])
        .expect_code(2)
        .says("[invite] ledger");
    assert!(!refused.stderr.contains("graph_url"), "{}", refused.stderr);
    workdir
        .run(&["runs", "--ledger", "guestlist.practice.db"])
        .expect_code(0);
}
