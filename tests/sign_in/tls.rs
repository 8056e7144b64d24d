//! The practice tenant over https, with a certificate that is made for one start.

use crate::support::{Ended, Guests, Terminal, Workdir};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
};

#[test]
fn a_run_trusts_the_certificate_that_the_practice_tenant_names() {
    let workdir = Workdir::new();
    let mut command = workdir.command(&["sandbox", "--tls"]);
    let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let text = |key: &str| ready[key].as_str().unwrap();
    let authority = PathBuf::from(text("ca_file"));
    let pem = std::fs::read_to_string(&authority).unwrap();
    assert!(text("url").starts_with("https://127.0.0.1:"));
    assert!(!pem.contains("PRIVATE KEY"));
    workdir.write("guests.csv", Guests::new().people(3).text());

    let invite = |more: &[&str]| {
        let usual = [
            "invite",
            "guests.csv",
            "--yes",
            "--ledger",
            "guestlist.db",
            "--new-ledger",
        ];
        let place = [
            "--tenant",
            text("tenant"),
            "--graph-url",
            text("url"),
            "--authority-url",
            text("url"),
        ];
        let mut command = workdir.command(&[&usual[..], &place[..], more].concat());
        command
            .env("AZURE_TENANT_ID", text("tenant"))
            .env("AZURE_CLIENT_ID", text("client_id"))
            .env("AZURE_CLIENT_SECRET", text("client_secret"));
        Ended::of(&mut command)
    };
    let unknown = invite(&[]);
    assert_ne!(unknown.code, 0, "{}", unknown.stderr);
    let ended = invite(&["--ca-file", authority.to_str().unwrap()]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);

    let _ = server.kill();
    let _ = server.wait();
}

#[test]
fn a_person_at_a_terminal_reads_what_to_paste_and_what_to_do() {
    let workdir = Workdir::new();
    let command = workdir.command(&["sandbox", "--tls"]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for("export GUESTLIST_ACCESS_TOKEN=");
    terminal.type_keys("\u{3}");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    for part in [
        "until you press Ctrl-C",
        "export AZURE_CLIENT_SECRET=",
        "export GUESTLIST_TENANT_GRAPH_URL='https://127.0.0.1:",
        "export NODE_EXTRA_CA_CERTS=",
        "export REQUESTS_CA_BUNDLE=",
        "export SSL_CERT_FILE=",
        "guestlist doctor",
        "guestlist invite SHEET",
    ] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let (_, rest) = screen.split_once("SSL_CERT_FILE='").unwrap();
    let (authority, _) = rest.split_once('\'').unwrap();
    assert!(
        !std::path::Path::new(authority).exists(),
        "it is removed at the end"
    );
}
