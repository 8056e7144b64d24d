//! A page that a browser has open, and the practice tenant on the same machine: by its own origin, and by a name that
//! it makes lead to loopback. What its script could send is refused, request by request.

use crate::support::{Practice, Workdir};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

fn asked(practice: &Practice, request: &str) -> u16 {
    let mut stream = TcpStream::connect(practice.url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer[9..12].parse().unwrap()
}

/// Everything that changes something, or shows people.
const TARGETS: [(&str, &str, &str); 9] = [
    ("GET", "/_sandbox/people", ""),
    ("GET", "/_sandbox/links?url=x", ""),
    ("POST", "/_sandbox/reset", ""),
    ("POST", "/_sandbox/person?does=decline", ""),
    ("POST", "/_sandbox/people", "[]"),
    ("POST", "/_sandbox/weather", "user_token_lifetime = 1"),
    ("GET", "/v1.0/users", ""),
    ("POST", "/v1.0/invitations", "{}"),
    ("POST", "/v1.0/$batch", "{\"requests\":[]}"),
];

#[test]
fn are_refused_one_and_all() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let host = practice.url.trim_start_matches("http://").to_owned();
    let port = host.rsplit(':').next().unwrap().to_owned();
    let own = format!("host: {host}");
    let token = format!("authorization: Bearer {}", practice.user_token);
    let rebound = format!("host: evil.example:{port}");
    let same_origin = format!("origin: http://evil.example:{port}");
    // What a browser adds, whatever the page's script wants.
    let ways: Vec<(&str, Vec<&str>)> = vec![
        (
            "a script of another origin",
            vec![
                &own,
                "origin: https://evil.example",
                "content-type: application/json",
            ],
        ),
        (
            "a script that asks for no answer",
            vec![
                &own,
                "origin: https://evil.example",
                "content-type: text/plain",
            ],
        ),
        (
            "a form",
            vec![
                &own,
                "origin: null",
                "content-type: application/x-www-form-urlencoded",
            ],
        ),
        (
            "a page of another port",
            vec![
                &own,
                "origin: http://localhost:3000",
                "content-type: application/json",
            ],
        ),
        (
            "a picture",
            vec![
                &own,
                "sec-fetch-site: cross-site",
                "sec-fetch-mode: no-cors",
            ],
        ),
        (
            "a name that leads to loopback",
            vec![&rebound, "content-type: application/json"],
        ),
        (
            "the same with its origin",
            vec![&rebound, &same_origin, "content-type: application/json"],
        ),
    ];
    let (mut refused, mut tried) = (0, 0);
    for (way, headers) in &ways {
        for (method, target, body) in TARGETS {
            let request = format!(
                "{method} {target} HTTP/1.1\r\n{}\r\n{token}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                headers.join("\r\n"),
                body.len()
            );
            tried += 1;
            let status = asked(&practice, &request);
            assert!(
                [403, 415, 421].contains(&status),
                "{way}: {method} {target}: {status}"
            );
            refused += 1;
        }
        let preflight = format!(
            "OPTIONS /v1.0/invitations HTTP/1.1\r\n{}\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n",
            headers.join("\r\n")
        );
        tried += 1;
        assert!([403, 421].contains(&asked(&practice, &preflight)), "{way}");
        refused += 1;
    }
    println!("refused {refused} of {tried}");
    assert_eq!(practice.view("")["mails"], 0);
    // The same, asked by a program.
    let program =
        format!("GET /v1.0/users HTTP/1.1\r\n{own}\r\n{token}\r\nconnection: close\r\n\r\n");
    assert_eq!(asked(&practice, &program), 200);
}

#[test]
fn another_name_can_be_allowed() {
    let workdir = Workdir::new();
    let practice = Practice::start_with(&workdir, "", &["--host", "practice.internal"]);
    let request =
        |host: &str| format!("GET /_sandbox HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    assert_eq!(asked(&practice, &request("practice.internal:8080")), 200);
    assert_eq!(asked(&practice, &request("evil.example")), 421);
}

/// Half a request, over and over, keeps nobody out.
#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let address = practice.url.trim_start_matches("http://");
    let idle: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nhost: ").unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    assert!(practice.view("")["users"].as_u64() > Some(0));
    assert!(began.elapsed() < Duration::from_secs(30));
    drop(idle);
}
