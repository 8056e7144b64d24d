//! A night in bad weather as JSON lines: the questions of `docs/logs.md` are answered by `jq` alone.

use crate::support::{Ended, Guests, Practice, Workdir, missing};
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path, process::Command};

/// Throttles of look-ups, reads and invitations; an answer that is lost; an unwell server; and at last the tenant is blocked.
const WEATHER: &str = r#"
block_after = 27
[latency]
min_ms = 2
max_ms = 6
[[script]]
kind = "batch"
fault = "throttled"
retry_after = "1"
[[script]]
kind = "invitations"
skip = 8
count = 2
fault = "throttled"
retry_after = "1.5"
[[script]]
kind = "invitations"
skip = 14
fault = "lost_after"
[[script]]
kind = "invitations"
skip = 18
fault = "unavailable"
status = 503
retry_after = "1"
"#;

fn sheet() -> Guests {
    Guests::new()
        .people(3)
        .row("nobody at partner.example", "Nobody")
        .row("anyone@blocked.example", "Anyone")
        .row("dana.fox@adatum.example", "Dana")
        .row("ben.carter@fabrikam.example", "Ben")
        .people_from(4, 35)
}

pub(super) struct Night {
    pub workdir: Workdir,
    pub practice: Practice,
    pub ended: Ended,
}

/// The run, unattended, with these flags too.
pub(super) fn night(more: &[&str]) -> Night {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet());
    let practice = Practice::start(&workdir, WEATHER);
    let usual = [
        "--rate",
        "max",
        "--workers",
        "2",
        "--settle",
        "3s",
        "--ask-again-after",
        "1s",
    ];
    let mut command = practice.invite_as_app(&workdir, "guests.csv", &[&usual, more].concat());
    let ended = Ended::of(&mut command).expect_code(7);
    Night {
        workdir,
        practice,
        ended,
    }
}

/// Each question of the page with its command.
fn questions() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/logs.md");
    let page = fs::read_to_string(page).unwrap().replace("\r\n", "\n");
    let (_, part) = page
        .split_once("\n## Twenty questions after a night\n")
        .unwrap();
    let part = part.split("\n## ").next().unwrap();
    let sections = part.split("\n### ").skip(1);
    let questions = sections.map(|section| {
        let (question, rest) = section.split_once('\n').unwrap();
        let (_, command) = rest.split_once("```sh\n").unwrap();
        let (command, _) = command.split_once("\n```").unwrap();
        (question.to_owned(), command.to_owned())
    });
    questions.collect()
}

/// What jq answers. None where there is no jq.
fn answer(workdir: &Workdir, command: &str) -> Option<String> {
    let filter = command
        .strip_prefix("jq ")
        .and_then(|rest| rest.strip_suffix(" night.log"))
        .unwrap_or_else(|| panic!("not a question to jq alone: {command}"));
    let (flags, filter) = filter.split_once(' ').unwrap();
    let output = Command::new("jq")
        .current_dir(workdir.path(""))
        .args([flags, filter.trim_matches('\''), "night.log"])
        .output();
    let Ok(output) = output else {
        missing("jq", "install the package jq");
        return None;
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert!(
        output.status.success(),
        "{command}: {}",
        text(output.stderr)
    );
    Some(text(output.stdout))
}

fn events(log: &str) -> Vec<Value> {
    let events = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    events.collect()
}

#[test]
fn twenty_questions_are_answered_by_jq_alone() {
    let Night {
        workdir,
        practice,
        ended,
    } = night(&["--log-format", "json"]);
    workdir.write("night.log", &ended.stderr);
    let mut answers = Vec::new();
    for (question, command) in questions() {
        let Some(answer) = answer(&workdir, &command) else {
            return;
        };
        println!("{question}\n{answer}");
        assert!(!answer.trim().is_empty(), "{question}");
        answers.push(answer);
    }
    assert_eq!(answers.len(), 20);
    let answer = |number: usize| answers[number - 1].as_str();

    // What the page of the night says must be what the tenant saw and what the results say.
    let kinds = practice.view("/requests")["kinds"].clone();
    let table = workdir.table("guests.results.csv");
    let rows_with = |outcome: &str| -> BTreeSet<String> {
        table
            .with_outcome(outcome)
            .map(|row| row["row"].clone())
            .collect()
    };
    assert!(answer(1).contains("guestlist invite guests.csv --yes"));
    assert!(answer(2).starts_with("app ") && answer(2).contains("by client-secret"));
    assert!(answer(3).contains(&practice.tenant));
    assert!(
        answer(4).starts_with("exit 7, tenant-refused"),
        "{}",
        answer(4)
    );
    let stopped = table
        .with_outcome("not-attempted")
        .find(|row| !row["request_id"].is_empty());
    assert!(stopped.is_none(), "the row of the stop is like the others");
    assert!(answer(5).contains("[GL600] HTTP 403, request-id "));
    assert!(answer(6).contains("Microsoft support"));
    for (outcome, count) in table.outcomes() {
        let line = format!("{count} {outcome}");
        assert!(
            answer(7).lines().any(|told| told == line),
            "{line}: {}",
            answer(7)
        );
    }
    assert!(
        answer(8).contains("row 5: invalid [GL102]"),
        "{}",
        answer(8)
    );
    assert!(
        answer(8).contains("row 6: refused [GL304]"),
        "{}",
        answer(8)
    );
    assert!(answer(9).contains("1 GL304"));
    let throttled = |kind: &str| kinds[kind]["throttled"].as_u64().unwrap() as usize;
    let seen = throttled("invitations") + throttled("batch");
    assert_eq!(answer(10).lines().count(), seen, "{}", answer(10));
    assert!(answer(10).contains("invitation, HTTP 429, 1.5 s"));
    assert_eq!(answer(11).lines().count(), throttled("invitations"));
    for line in answer(11).lines() {
        let row = line.split([' ', ':']).nth(1).unwrap();
        assert!(rows_with("invited").contains(row), "{line}");
    }
    assert!(answer(12).contains(" s retry-after"), "{}", answer(12));
    assert!(answer(13).contains(" s from 20"), "{}", answer(13));
    assert!(answer(14).contains("invitation [GL540]"), "{}", answer(14));
    let open = answer(15).lines().count();
    assert_eq!(
        open,
        answer(16).lines().count(),
        "{}{}",
        answer(15),
        answer(16)
    );
    assert!((1..=2).contains(&open), "{}", answer(15));
    let left: BTreeSet<String> = answer(17).trim().split(", ").map(str::to_owned).collect();
    let expected = &rows_with("not-attempted") | &rows_with("unknown");
    assert_eq!(left, expected);
    assert!(answer(18).contains(" were there"));
    let found = table.0.iter().filter(|row| row["verified"] == "found");
    assert!(
        answer(19).starts_with(&format!("{} seen", found.count())),
        "{}",
        answer(19)
    );
    assert!(answer(20).contains(" requests, "), "{}", answer(20));
}

#[test]
fn every_line_is_json_says_no_address_and_belongs_to_the_run() {
    let Night { workdir, ended, .. } = night(&["--log-format", "json", "-vvv"]);
    let events = events(&ended.stderr);
    let run = &workdir
        .run(&["runs", "last", "--json", "--ledger", "guestlist.db"])
        .json();
    for event in &events {
        assert_eq!(event["run"], run["run"], "{event}");
        let text = event.to_string();
        assert!(!text.contains("partner.example"), "{event}");
        assert!(!text.contains("redeem?"), "{event}");
    }
    let of = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(of("row"), 39, "one for each row");
    assert_eq!((of("run-start"), of("run-end")), (1, 1));
    assert_eq!(events.first().unwrap()["event"], "run-start");
    assert_eq!(events.last().unwrap()["event"], "run-end");
    assert!(of("request") > 30, "each request at -vvv");
    assert!(of("attempt") > 20);
}

#[test]
fn the_screen_without_v_and_the_lines_with_it() {
    let screen = night(&[]).ended.stderr;
    assert!(!screen.contains(" row row="), "{screen}");
    assert!(screen.contains("not-attempted"), "{screen}");
    let told = night(&["-v"]).ended.stderr;
    for line in [
        " INFO  run-start verb=invite ",
        " WARN  throttled request=invitation ",
        " INFO  wait why=retry-after ",
        " INFO  retry request=invitation ",
        " WARN  unanswered row=",
        " INFO  settled row=",
        " INFO  row row=2 outcome=invited ",
        " WARN  stop reason=tenant-refused exit_code=7 ",
        " INFO  run-end exit_code=7 reason=tenant-refused ",
    ] {
        assert!(told.contains(line), "no {line:?}:\n{told}");
    }
    assert!(!told.contains(" DEBUG request "), "{told}");
    assert!(told.contains("not-attempted"), "the summary is there too");
}
