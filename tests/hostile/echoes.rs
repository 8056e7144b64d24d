//! Servers and proxies that repeat the form and the headers they were sent: no secret comes back in an error, a file,
//! the ledger or a log.

use super::proof::{everything, no_secret};
use crate::support::client::Answered;
use crate::support::{Answer, Ended, Guests, Practice, Relay, Request, Workdir, passed_on};
use serde_json::json;
use std::thread;

const SECRET: &str = "Qv8~hT2.wXy-ClientSecretValue_9Zk~Lr4a";
const TOKEN: &str = "opaque+access/token=Value-of-the-user-1234567890";
const IDENTITY: &str = "853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a";
/// A token of a platform, and one that is no JWT.
const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lzcy5leGFtcGxlIn0.c2lnbmF0dXJlLW9mLWl0";
const OPAQUE: &str = "platform/token+of.no~known=shape-77";
const TICKET: &str = "Zm9yYmlkZGVuLXRpY2tldA";

/// Head and body, as a server repeats them that wants to be of help.
fn repeated(request: &Request) -> String {
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!(
        "{} {} {} {}",
        request.method,
        request.path,
        headers.join(" "),
        request.body
    )
}

/// The forms in which a server can repeat something.
fn echoed(form: usize, asked: &Request) -> Answer {
    let echo = repeated(asked);
    let encoded: String = url::form_urlencoded::byte_serialize(echo.as_bytes()).collect();
    let link = format!(
        "https://login.example/redeem?rd=https%3a%2f%2finvitations.example%2fredeem%2f%3ftenant%3dt%26ticket%3d{TICKET}%26ver%3d2.0"
    );
    let page = |words: &str| {
        format!(
            "<html><body><h1>Blocked</h1><pre>{}</pre><a href=\"{link}\">{link}</a></body></html>",
            words.replace('&', "&amp;").replace('<', "&lt;")
        )
    };
    match form {
        0 => Answer::json(
            400,
            &json!({
                "error": "invalid_client",
                "error_description": format!("AADSTS7000215: you sent {echo} {link}"),
                "error_codes": [7_000_215],
            }),
        ),
        1 => Answer::json(
            403,
            &json!({"error": {"code": echo, "message": format!("{link} {echo}"), "innerError": {"request-id": echo, "code": echo, "message": echo}}}),
        ),
        2 => Answer(407, "text/html", page(&echo)),
        3 => Answer(500, "text/plain", format!("trace {echo} {link}")),
        4 => Answer(
            400,
            "application/json",
            format!(
                "{{\"error\":{{\"code\":\"BadRequest\",\"message\":\"{} {link}",
                echo.replace('"', "\\\"")
            ),
        ),
        5 => Answer(502, "text/plain", format!("{encoded} ticket={TICKET}")),
        6 => Answer(200, "text/html", page(&echo)),
        // Cut in the middle of what it repeats.
        7 => Answer(
            400,
            "text/plain",
            format!("{link} {}", &echo[..echo.len() - 5]),
        ),
        _ => Answer::json(
            201,
            &json!({"status": echo, "inviteRedeemUrl": "javascript:alert(1)", "invitedUser": {"id": echo}}),
        ),
    }
}

const FORMS: usize = 9;

type Variables<'v> = Vec<(&'v str, &'v str)>;

#[test]
fn a_token_endpoint_that_repeats_the_form_and_the_headers() {
    // Most of the time of a run is the wait before it asks again, so that all of them run at once.
    let shown = thread::scope(|scope| {
        let forms = [0, 1, 2, 4, 7].map(|form| scope.spawn(move || told_of_a_form(form)));
        forms
            .into_iter()
            .map(|form| form.join().unwrap())
            .sum::<usize>()
    });
    assert!(
        shown > 20,
        "the answers are told, without the secrets: {shown}"
    );
}

/// How many runs told of such an answer, without the secrets in it.
fn told_of_a_form(form: usize) -> usize {
    let relay = Relay::start(move |asked| echoed(form, asked));
    let identity = format!("{}/msi", relay.url);
    let oidc = format!("{}/oidc?x=1", relay.url);
    let ways: [(&str, Variables<'_>); 6] = [
        ("client-secret", vec![("AZURE_CLIENT_SECRET", SECRET)]),
        (
            "workload-identity",
            vec![("AZURE_FEDERATED_TOKEN_FILE", "jwt.txt")],
        ),
        (
            "workload-identity",
            vec![("AZURE_FEDERATED_TOKEN_FILE", "opaque.txt")],
        ),
        (
            "managed-identity",
            vec![
                ("IDENTITY_ENDPOINT", &identity),
                ("IDENTITY_HEADER", IDENTITY),
            ],
        ),
        (
            "github-actions",
            vec![
                ("ACTIONS_ID_TOKEN_REQUEST_URL", &oidc),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", OPAQUE),
            ],
        ),
        ("token", vec![("GUESTLIST_ACCESS_TOKEN", TOKEN)]),
    ];
    let run = |(method, variables): (&str, Variables<'_>)| {
        let mut shown = 0;
        let workdir = Workdir::new();
        workdir.write("guests.csv", Guests::new().people(2));
        workdir.write("jwt.txt", JWT).write("opaque.txt", OPAQUE);
        for command in [
            &["invite", "guests.csv", "--yes", "--new-ledger", "--json"][..],
            &["doctor", "--json"],
        ] {
            let tenant = [
                "--tenant",
                "11111111-2222-4333-8444-555555555555",
                "--ledger",
                "guestlist.db",
                "-vvv",
                "--log-format",
                "json",
            ];
            let urls = ["--graph-url", &relay.url, "--authority-url", &relay.url];
            let mut command = workdir.command(&[command, &tenant, &urls].concat());
            command
                .env("GUESTLIST_AUTH_METHOD", method)
                .env("AZURE_CLIENT_ID", "22222222-2222-4333-8444-555555555555")
                .envs(variables.iter().copied());
            let ended = Ended::of(&mut command);
            assert_ne!(ended.code, 0, "{method} {form}: {}", ended.stdout);
            let secrets = [
                SECRET,
                TOKEN,
                IDENTITY,
                JWT,
                OPAQUE,
                TICKET,
                &SECRET[..20],
                &TOKEN[..20],
            ];
            no_secret(
                &everything(&workdir, &ended),
                &secrets,
                &["jwt.txt", "opaque.txt"],
            );
            shown +=
                usize::from(ended.stderr.contains("(secret)") || ended.stdout.contains("(secret)"));
        }
        shown
    };
    let shown = thread::scope(|scope| {
        let ways = ways.map(|way| scope.spawn(|| run(way)));
        ways.into_iter().map(|way| way.join().unwrap()).sum()
    });
    assert!(!relay.asked().is_empty());
    shown
}

#[test]
fn a_graph_or_a_proxy_that_repeats_the_request_and_a_redeem_link() {
    let (mut told, mut shown) = (0, 0);
    thread::scope(|scope| {
        let forms: Vec<_> = (0..FORMS)
            .map(|form| scope.spawn(move || told_of_an_invitation(form)))
            .collect();
        for form in forms {
            let (results, to_fix) = form.join().unwrap();
            told += usize::from(results);
            shown += usize::from(to_fix);
        }
    });
    assert!(
        told >= 4 && shown >= 1,
        "what was answered is told without the secrets: {told} {shown}"
    );
}

/// Whether the results and the to-fix file tell of such an answer, without the secrets in it.
fn told_of_an_invitation(form: usize) -> (bool, bool) {
    let given = ["weather.toml", "guests.csv"];
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(3));
    let practice = Practice::start(&workdir, "");
    let token = practice.user_token.clone();
    let to = practice.url.clone();
    // Invitations are answered by the echo, everything else by the practice tenant.
    let relay = {
        let pass = Relay::before(&to, |_, _, _| {});
        let pass = pass.url;
        Relay::start(move |asked| {
            if asked.path.ends_with("/invitations") {
                echoed(form, asked)
            } else {
                let Answered { status, body, .. } = passed_on(&pass, asked);
                Answer(status, "application/json", body)
            }
        })
    };
    let mut command = workdir.command(&[
        "invite",
        "guests.csv",
        "--yes",
        "--new-ledger",
        "--ledger",
        "guestlist.db",
        "--json",
        "-vvv",
        "--tenant",
        &practice.tenant,
        "--graph-url",
        &relay.url,
        "--authority-url",
        &practice.url,
        "--settle",
        "1s",
        "--rate",
        "max",
        "--max-failures",
        "1",
    ]);
    command.env("GUESTLIST_ACCESS_TOKEN", &token);
    let ended = Ended::of(&mut command);
    let invited = relay
        .asked()
        .iter()
        .any(|asked| asked.path.ends_with("/invitations"));
    assert!(
        invited && ended.code != 0,
        "{form}: {}\n{}",
        ended.stdout,
        ended.stderr
    );
    let all = everything(&workdir, &ended);
    no_secret(&all, &[&token, TICKET, "javascript:"], &given);
    let tells = |name: &str| workdir.exists(name) && workdir.read(name).contains("(secret)");
    (tells("guests.results.csv"), tells("guests.to-fix.csv"))
}
