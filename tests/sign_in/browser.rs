//! A person signs in with a browser: `xdg-open` is a script here, and the test plays the browser.
#![cfg(target_os = "linux")]

use super::{
    tenant::{Tenant, shows},
    web::{get, query},
};
use crate::support::Terminal;
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

/// A person at a terminal, and the address that the browser was opened with.
fn asked(tenant: &Tenant) -> Option<(Terminal, String)> {
    let path = tenant.program(
        "xdg-open",
        r#"printf %s "$1" > "$(dirname "$0")/part" && mv "$(dirname "$0")/part" "$(dirname "$0")/opened""#,
    );
    let command = tenant.command("browser", &[("PATH", &path), ("DISPLAY", ":0")]);
    let mut terminal = Terminal::open(&tenant.workdir, &command)?;
    terminal.wait_for("sign in in the browser");
    let opened = tenant.workdir.path("bin/opened");
    for _ in 0..600 {
        if opened.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let url = fs::read_to_string(opened).unwrap();
    // Shown as well, for those whose browser is elsewhere.
    terminal.wait_for(&url);
    Some((terminal, url))
}

/// As a browser does: to the sign-in page, and on to where that leads.
fn visit(url: &str) -> (String, u16, String) {
    let there = get(url).location.unwrap();
    let back = there.replacen("/?", "?", 1).replacen('?', "/?", 1);
    let page = get(&back);
    (there, page.status, page.body)
}

#[test]
fn a_person_signs_in() {
    let tenant = Tenant::start("");
    let Some((terminal, url)) = asked(&tenant) else {
        return;
    };
    let parameters = query(&url);
    assert_eq!(parameters["client_id"], tenant.practice.client_id);
    assert_eq!(parameters["code_challenge_method"], "S256");
    assert!(parameters["redirect_uri"].starts_with("http://localhost:"));
    assert!(!parameters.contains_key("code_verifier"));
    let (there, status, page) = visit(&url);
    assert_eq!(query(&there)["state"], parameters["state"]);
    assert_eq!(status, 200);
    assert!(page.contains("You are signed in"), "{page}");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    shows(&screen, "mia.keller@northwind.example");
    assert_eq!(tenant.token_requests(), 1);
}

/// A redirect with another state, an icon, a page of another name that leads here, and no HTTP at all.
#[test]
fn stray_requests_are_turned_away_and_the_sign_in_goes_on() {
    let tenant = Tenant::start("");
    let Some((terminal, url)) = asked(&tenant) else {
        return;
    };
    tenant.practice.post("/person?does=wrong-state", "");
    let (_, status, page) = visit(&url);
    assert_eq!(status, 400);
    assert!(!page.contains("You are signed in"), "{page}");
    assert_eq!(tenant.token_requests(), 0, "the code is not used");

    let redirect = query(&url)["redirect_uri"].clone();
    let state = query(&url)["state"].clone();
    let port = redirect.rsplit(':').next().unwrap().to_owned();
    let right = format!("/?code=stolen&state={state}");
    for (request, status) in [
        (
            format!("GET /favicon.ico HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"),
            "404",
        ),
        (
            format!("GET {right} HTTP/1.1\r\nhost: evil.example:{port}\r\n\r\n"),
            "400",
        ),
        (
            format!("GET {right} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
            "400",
        ),
        (format!("GET {right} HTTP/1.1\r\n\r\n"), "400"),
        (
            format!("POST {right} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"),
            "400",
        ),
        (
            format!("GET /?state={state} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"),
            "400",
        ),
        (
            format!("GET //evil.example{right} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"),
            "400",
        ),
        ("\u{1b}[2J\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = sent(&port, &request);
        assert_eq!(answer.get(9..12), Some(status), "{request:?}: {answer}");
    }
    assert_eq!(tenant.token_requests(), 0);

    tenant.practice.post("/person?does=sign-in", "");
    let (_, status, _) = visit(&url);
    assert_eq!(status, 200);
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    assert_eq!(tenant.token_requests(), 1);
}

/// These bytes to the port that waits for the redirect, and what it answers.
fn sent(port: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_person_who_declines_ends_it() {
    let tenant = Tenant::start("[sign_in]\nperson = \"decline\"");
    let Some((terminal, url)) = asked(&tenant) else {
        return;
    };
    let (there, status, _) = visit(&url);
    assert_eq!(query(&there)["error"], "access_denied");
    assert_eq!(status, 400);
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 6, "{screen}");
    shows(&screen, "the sign-in was declined");
    shows(&screen, "AADSTS65004");
}

/// The wait itself is five minutes long; how it ends is shown with a clock of its own beside the code.
#[test]
fn a_closed_browser_can_be_given_up() {
    let tenant = Tenant::start("[sign_in]\nperson = \"never\"");
    let Some((mut terminal, url)) = asked(&tenant) else {
        return;
    };
    assert!(get(&url).location.is_none());
    terminal.type_keys("\u{3}");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 130, "{screen}");
    assert_eq!(tenant.token_requests(), 0);
}
