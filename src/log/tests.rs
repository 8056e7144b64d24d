//! Which sink wants which event, and what a line looks like, whatever is in it.

use super::*;
use crate::events::{self, Sent};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What a sink with these wishes writes while something happens.
fn written(sink: Sink, happens: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(String::new()));
    let kept = lines.clone();
    let sink = Sink {
        write: Box::new(move |line| kept.lock().unwrap().push_str(line)),
        ..sink
    };
    let subscriber = tracing_subscriber::registry().with(Logs(vec![sink]));
    tracing::subscriber::with_default(subscriber, happens);
    let lines = lines.lock().unwrap();
    lines.clone()
}

fn sink(json: bool, level: Level, events: bool) -> Sink {
    Sink {
        json,
        level,
        directives: None,
        events,
        failures: false,
        messages: false,
        write: Box::new(|_| {}),
    }
}

fn a_night() {
    let sent = Sent {
        request: "invitation",
        row: Some(17),
        status: Some(429),
        code: Some("GL601"),
        request_id: Some("r-1"),
        client_request_id: None,
    };
    events::throttled(&sent, Some(Duration::from_millis(2_128)));
    events::request(&sent, "POST", "/invitations", Duration::from_millis(40));
    events::message("the screen");
    tracing::warn!(fault = "it is (secret)", "something odd");
    tracing::debug!("a detail");
    tracing::info!(target: "hyper", "GET https://graph.example/users/kim@x.example");
}

#[test]
fn a_line_is_a_json_object_or_a_time_a_level_and_a_name() {
    let json = written(sink(true, Level::INFO, true), a_night);
    let lines: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{json}");
    assert_eq!(lines[0]["level"], "warn");
    assert_eq!(lines[0]["event"], "throttled");
    assert_eq!(lines[0]["row"], 17);
    assert_eq!(lines[0]["retry_after_seconds"], 2.128);
    assert!(lines[0]["ts"].as_str().unwrap().ends_with('Z'));
    assert!(lines[0].get("client_request_id").is_none());
    assert_eq!(lines[1]["event"], "diagnostic");
    assert_eq!(lines[1]["message"], "something odd (fault: it is (secret))");
    let text = written(sink(false, Level::DEBUG, true), a_night);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(
        lines[0].ends_with(
            " WARN  throttled request=invitation row=17 status=429 retry_after_seconds=2.128 code=GL601 request_id=r-1"
        ),
        "{text}"
    );
    assert!(lines[1].contains(" DEBUG request "), "{text}");
    assert!(lines[3].contains("message=\"a detail\""), "{text}");
}

#[test]
fn without_events_only_diagnostics_are_written() {
    let text = written(sink(false, Level::WARN, false), a_night);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("something odd"), "{text}");
    let screen = Sink {
        messages: true,
        ..sink(true, Level::ERROR, true)
    };
    let json = written(screen, a_night);
    assert_eq!(json.lines().count(), 1, "{json}");
    assert!(json.contains("\"message\":\"the screen\""), "{json}");
}

#[test]
fn a_line_is_one_line_without_addresses_and_acts_on_no_terminal() {
    let odd = || {
        let text = "kim@x.example\nERROR all is lost\u{1b}[2J\u{202e}";
        events::tenant("id", Some(text), None);
    };
    let json = written(sink(true, Level::INFO, true), odd);
    assert_eq!(json.lines().count(), 1, "{json}");
    let line: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        line["name"],
        "(address)\nERROR all is lost\u{1b}[2J\u{202e}"
    );
    let text = written(sink(false, Level::INFO, true), odd);
    assert_eq!(text.lines().count(), 1, "{text}");
    for raw in ['\u{1b}', '\u{202e}'] {
        assert!(!json.contains(raw) && !text.contains(raw), "{json}{text}");
    }
    assert!(!json.contains("kim@") && !text.contains("kim@"));
}
