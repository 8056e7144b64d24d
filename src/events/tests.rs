//! The page for people who read logs describes exactly the events and fields that there are.

use super::*;
use crate::log::{Logs, Sink};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};
use tracing_subscriber::layer::SubscriberExt;

/// The fields of each event with their types.
type Events = BTreeMap<String, BTreeMap<String, String>>;

const SENT: Sent<'_> = Sent {
    request: "invitation",
    row: Some(2),
    status: Some(429),
    code: Some("GL601"),
    request_id: Some("r"),
    client_request_id: Some("c"),
};

/// Everything that can happen, with all its fields.
fn everything() {
    let second = Duration::from_secs(1);
    run_start(&Begun {
        run: "r",
        verb: "invite",
        sheet: Some("guests.csv"),
        dry_run: false,
        practice: true,
        command: "guestlist invite guests.csv",
    });
    signed_in("token", "app", Some("a"), Some("o"));
    sign_in_failed("token", Some("GL701"));
    tenant("t", Some("Contoso"), Some("contoso.example"));
    lookup("batch", 20, Some(3), second);
    attempt(2, "invite", true, "c");
    request(&SENT, "POST", "/v1.0/invitations", second);
    throttled(&SENT, Some(second));
    wait(WaitReason::RetryAfter, second, second);
    retry(&SENT);
    unanswered(&SENT);
    settled(2, true, 1, second);
    row(&RowEnd {
        row: Some(2),
        outcome: "invited",
        this_run: Some("invited"),
        mail: Some("requested"),
        code: Some("GL501"),
        user_id: Some("u"),
        request_id: Some("r"),
    });
    verified(1, 0);
    follow_up(2, "group", "failed", &SENT);
    mail(Some(2), "invitation", "handed-over", &SENT);
    stop("tenant-refused", Exit::TenantRefused, &SENT);
    failed(&Failure::usage("no").hint("do"));
    progress("inviting", 1, Some(2), Some(1.25));
    message("the screen");
    tracing::warn!("odd");
    run_end(
        Exit::Done,
        Ended {
            stopped_by: None,
            requests: Some(1),
            throttled: Some(0),
            retried: Some(0),
        },
    );
}

fn told() -> Events {
    let lines = Arc::new(Mutex::new(String::new()));
    let kept = lines.clone();
    let sink = Sink {
        json: true,
        level: tracing::Level::TRACE,
        directives: None,
        events: true,
        failures: true,
        messages: true,
        write: Box::new(move |line| kept.lock().unwrap().push_str(line)),
    };
    let logs = tracing_subscriber::registry().with(Logs::of(vec![sink]));
    tracing::subscriber::with_default(logs, everything);
    let lines = lines.lock().unwrap();
    let mut events = Events::new();
    for line in lines.lines() {
        let Value::Object(fields) = serde_json::from_str(line).unwrap() else {
            panic!("{line}");
        };
        let event = fields["event"].as_str().unwrap().to_owned();
        let known = events.entry(event).or_default();
        for (name, value) in fields.into_iter().skip(4) {
            let kind = match value {
                Value::String(_) => "text",
                Value::Bool(_) => "true or false",
                Value::Number(number) if number.is_f64() => "number",
                Value::Number(_) => "integer",
                other => panic!("{name}: {other}"),
            };
            known.insert(name, kind.to_owned());
        }
    }
    events
}

fn documented() -> Events {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/logs.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, events) = page.split_once("\n## Events\n").unwrap();
    let events = events.split("\n## ").next().unwrap();
    let mut documented = Events::new();
    for section in events.split("\n### ").skip(1) {
        let name = section.split('`').nth(1).unwrap().to_owned();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let fields = rows.map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let field = cells[0].trim_start_matches("| `").trim_end_matches('`');
            (field.to_owned(), cells[1].to_owned())
        });
        let before = documented.insert(name, fields.collect());
        assert!(before.is_none(), "{section}");
    }
    documented
}

#[test]
fn the_page_describes_every_event_and_every_field() {
    let (told, documented) = (told(), documented());
    let names: Vec<&str> = EventName::ALL.iter().map(|name| name.word()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(documented.keys().collect::<Vec<_>>(), sorted);
    for name in names {
        assert_eq!(told.get(name), documented.get(name), "{name}");
    }
}

#[test]
fn the_page_names_every_reason_to_wait() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/logs.md");
    let page = fs::read_to_string(page).unwrap();
    for why in WaitReason::ALL {
        assert!(page.contains(&format!("`{}`", why.word())), "{why:?}");
    }
}
