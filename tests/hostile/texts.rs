//! Escape, bell and direction characters in every text of an answer of Graph.

use super::proof::{HOSTILE, everything, nothing_raw, nothing_raw_in};
use crate::support::{Ended, Guests, Practice, Relay, Request, Terminal, Workdir};
use serde_json::{Value, json};
use std::process::Command;

/// What the protocol needs as it is: without it there would be no run to look at.
const NEEDED: [&str; 7] = [
    "invitedUserEmailAddress",
    "@odata.nextLink",
    "inviteRedeemUrl",
    "definition",
    "createdDateTime",
    "deletedDateTime",
    "@odata.context",
];

/// Every text of an answer, but ids where `ids` is false.
fn spoil(value: &mut Value, ids: bool) {
    match value {
        Value::String(text) => text.push_str(HOSTILE),
        Value::Array(values) => values.iter_mut().for_each(|value| spoil(value, ids)),
        Value::Object(fields) => {
            for (name, value) in fields {
                // The id of an item of a batch, and the state that a guest is in.
                let kept = NEEDED.contains(&name.as_str()) || (!ids && name == "id");
                if !kept {
                    spoil(value, ids);
                }
            }
        }
        _ => {}
    }
}

fn spoiled(asked: &Request, value: &mut Value, ids: bool) {
    if asked.path.ends_with("/$batch") {
        let items = value["responses"].as_array_mut().into_iter().flatten();
        items.for_each(|item| spoil(&mut item["body"], ids));
    } else {
        spoil(value, ids);
    }
}

fn sheet() -> Guests {
    Guests::new()
        .people(4)
        .row("someone@blocked.example", "Blocked")
        .row("pending.guest@partner.example", "Pending")
        .row("bad@", "Invalid")
}

fn invite(workdir: &Workdir, practice: &Practice, relay: &Relay, more: &[&str]) -> Command {
    let usual = [
        "invite",
        "guests.csv",
        "--new-ledger",
        "--ledger",
        "guestlist.db",
        "--graph-url",
        &relay.url,
        "--authority-url",
        &practice.url,
        "--rate",
        "max",
        "--settle",
        "1s",
    ];
    let mut command = workdir.command(&[&usual[..], more].concat());
    command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    command
}

#[test]
fn nothing_of_it_is_in_a_cell_a_log_json_or_the_ledger() {
    for ids in [false, true] {
        for (number, logs) in ["json", "text"].into_iter().enumerate() {
            let workdir = Workdir::new();
            workdir.write("guests.csv", sheet());
            let practice = Practice::start(&workdir, "");
            let relay = Relay::before(&practice.url, move |asked, _, value| {
                spoiled(asked, value, ids);
            });
            let mut more = vec![
                "--yes",
                "-vvv",
                "--log-format",
                logs,
                "--tenant",
                &practice.tenant,
            ];
            if number == 0 {
                more.push("--json");
            }
            let ended = Ended::of(&mut invite(&workdir, &practice, &relay, &more));
            let posts = relay
                .asked()
                .iter()
                .filter(|asked| asked.path.ends_with("/invitations"))
                .count();
            // Where the tenant's own id is spoiled it is not the tenant that is meant.
            assert_eq!(posts > 0, !ids, "{}\n{}", ended.stdout, ended.stderr);
            nothing_raw(&everything(&workdir, &ended), &["weather.toml"]);
            if !ids {
                let results = workdir.read("guests.results.csv");
                assert!(
                    results.contains("PendingAcceptance<U+001B>]0;pwned<U+0007>"),
                    "{results}"
                );
            }
            let doctor = Ended::of(
                workdir
                    .command(&[
                        "doctor",
                        "guests.csv",
                        "--json",
                        "--ledger",
                        "guestlist.db",
                        "--tenant",
                        &practice.tenant,
                        "--graph-url",
                        &relay.url,
                        "--authority-url",
                        &practice.url,
                    ])
                    .env("GUESTLIST_ACCESS_TOKEN", &practice.user_token),
            );
            assert!(doctor.stdout.contains("pwned") || ids, "{}", doctor.stdout);
            nothing_raw(&everything(&workdir, &doctor), &["weather.toml"]);
            let runs = workdir.run(&["runs", "--json", "--ledger", "guestlist.db"]);
            nothing_raw(&everything(&workdir, &runs), &["weather.toml"]);
        }
    }
}

/// The refusals of Graph in every place of its error, in the answers of reads and of invitations.
#[test]
fn errors_can_be_shown_kept_and_corrected() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet());
    let practice = Practice::start(&workdir, "");
    let relay = Relay::before(&practice.url, |asked, status, value| {
        if asked.path.ends_with("/invitations") && *status == 201 {
            *status = 400;
            *value = json!({"error": {"code": "BadRequest", "message": "No.", "details": [{"code": "a", "message": "b"}],
                "innerError": {"code": "c", "message": "d", "request-id": "e", "client-request-id": "f"}}});
        }
        spoil(value, false);
    });
    let ended = Ended::of(&mut invite(
        &workdir,
        &practice,
        &relay,
        &["--yes", "-vvv", "--tenant", &practice.tenant],
    ));
    assert_ne!(ended.code, 0);
    nothing_raw(&everything(&workdir, &ended), &["weather.toml"]);
    assert!(
        workdir
            .read("guests.results.csv")
            .contains("No.<U+001B>]0;pwned<U+0007>"),
        "{}",
        workdir.read("guests.results.csv")
    );
}

/// The tenant's name before a person, who types it, and again for the summary.
#[test]
fn nothing_of_it_reaches_a_terminal() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet());
    let practice = Practice::start(&workdir, "");
    let relay = Relay::before(&practice.url, |asked, _, value| {
        spoiled(asked, value, false);
    });
    let command = invite(&workdir, &practice, &relay, &["-vv"]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for("type the tenant's name");
    terminal.type_line(&practice.tenant);
    let (_, shown, raw) = terminal.end_raw();
    assert!(shown.contains("<U+001B>]0;pwned<U+0007>"), "{shown}");
    nothing_raw_in("the terminal", &raw);
    let command = workdir.command(&["runs", "--ledger", "guestlist.db"]);
    let (_, _, raw) = Terminal::open(&workdir, &command).unwrap().end_raw();
    nothing_raw_in("the terminal", &raw);
}

/// People would click on it, and a spreadsheet would open it.
#[test]
fn a_redeem_link_is_an_https_address_or_none() {
    for link in [
        "javascript:alert(1)",
        "http://evil.example/redeem",
        "=HYPERLINK(\"https://evil.example\")",
        "https://a.example/\u{202e}x",
        "file:///etc/passwd",
    ] {
        let workdir = Workdir::new();
        workdir.write("guests.csv", Guests::new().people(1));
        let practice = Practice::start(&workdir, "");
        let relay = Relay::before(&practice.url, move |_, _, value| {
            if !value["inviteRedeemUrl"].is_null() {
                value["inviteRedeemUrl"] = json!(link);
            }
        });
        let more = ["--yes", "--json", "--tenant", &practice.tenant];
        let ended = Ended::of(&mut invite(&workdir, &practice, &relay, &more));
        let table = workdir.table("guests.results.csv");
        assert_eq!(table.0[0]["redeem_url"], "", "{link}");
        for (name, bytes) in everything(&workdir, &ended) {
            assert!(
                !bytes
                    .windows(link.len())
                    .any(|part| part == link.as_bytes()),
                "{link} is in {name}"
            );
        }
    }
}
