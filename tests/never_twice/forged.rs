//! Answers that Graph did not write, and 201s for somebody else: they say nothing about what was asked.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};
use std::fmt::Write;

/// Before anything was sent the run is told; afterwards the row is unknown.
const STATUSES: [u16; 16] = [
    300, 302, 400, 401, 403, 404, 407, 408, 413, 429, 451, 499, 500, 502, 503, 504,
];
const BODIES: [&str; 3] = ["html", "empty", "json"];
const QUICK: [&str; 9] = [
    "--rate",
    "max",
    "--workers",
    "1",
    "--settle",
    "1s",
    "--ask-again-after",
    "3s",
    "--json",
];

fn scripted(faults: impl Iterator<Item = String>) -> String {
    faults
        .enumerate()
        .fold(String::new(), |mut text, (index, fault)| {
            // The first five pass: they are the canary, and what calibrates the clock. Then every fifth: more in a row
            // end the run.
            let skip = 5 + index + index / 4;
            write!(
                text,
                "[[script]]\nkind = \"invitations\"\nskip = {skip}\n{fault}\n"
            )
            .unwrap();
            text
        })
}

/// A content filter replaces the 201 after the invitation was made, and new guests stay invisible for longer
/// than `--settle`.
#[test]
fn an_answer_that_graph_did_not_write_is_settled_whatever_its_status() {
    let workdir = Workdir::new();
    let rows = 5 + STATUSES.len() + STATUSES.len().div_ceil(4);
    proofs::sheet(&workdir, rows);
    let script = scripted(
        STATUSES
            .iter()
            .zip(BODIES.iter().cycle())
            .map(|(status, body)| {
                format!("fault = \"forged_after\"\nstatus = {status}\nbody = \"{body}\"")
            }),
    );
    let practice = Practice::start(
        &workdir,
        &format!("[replication]\nfilters_ms = 12000\n{script}"),
    );
    let more = [&QUICK[..], &["--max-failures", "100%"]].concat();
    let first = practice.run(&workdir, SHEET, &more);
    let told = workdir.table(RESULTS).outcomes();
    eprintln!("first run: exit {}, {told:?}", first.code);
    practice.run(&workdir, SHEET, &more);
    let twice = proofs::mailed_twice(&practice);
    eprintln!("mailed twice: {twice} of {}", STATUSES.len());
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, rows).unsure, 0);
}

/// Nothing was done, and the proxy goes on answering: nobody is mailed twice, nobody is said to have failed.
#[test]
fn a_proxy_that_answers_every_invitation_leaves_them_unknown() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(
        &workdir,
        "[faults.invitations]\nforged_before = 1.0\nforged_statuses = [403]\nbody = \"html\"",
    );
    let ended = practice.run(&workdir, SHEET, &QUICK).expect_code(5);
    assert_eq!(ended.json()["stopped_by"], "not-graph");
    for row in &workdir.table(RESULTS).0 {
        assert_eq!(row["outcome"], "unknown", "{row:?}");
        assert_eq!(row["error_code"], "GL542", "{row:?}");
        assert!(
            row["error"].contains("something between here and Graph answered"),
            "{row:?}"
        );
    }
    practice.post("/weather", "");
    practice.run(&workdir, SHEET, &QUICK);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 3);
}

fn posts(practice: &Practice) -> u64 {
    practice.view("/invitations")["total"].as_u64().unwrap()
}

/// A few answers in a row that are not Graph's end the run, at its beginning and in its middle: nobody else is asked,
/// and whoever was asked is not asked again before the next run.
#[test]
fn a_few_forged_answers_in_a_row_end_the_run_and_nothing_leaves_after_them() {
    for (asked_before, workers) in [(0, "1"), (0, "64"), (8, "1"), (8, "6")] {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 40);
        let practice = Practice::start(&workdir, "[latency]\nmin_ms = 20\nmax_ms = 20");
        // The first five are the canary; with it seen, all workers are free to ask.
        let first = ["--rate", "max", "--max-invites", "6", "--json"];
        practice.run(&workdir, SHEET, &first).expect_code(8);
        let rate = if workers == "64" { "max" } else { "20" };
        let quick = ["--settle", "1s", "--json"];
        let pace = [&["--rate", rate, "--workers", workers][..], &quick].concat();
        let before = posts(&practice);
        practice.post(
            "/weather",
            &format!(
                "[replication]\nfilters_ms = 20000\n[[script]]\nkind = \"invitations\"\nskip = {asked_before}\ncount = 1000\nfault = \"forged_after\"\nstatus = 403\nbody = \"html\""
            ),
        );
        let ended = practice.run(&workdir, SHEET, &pace).expect_code(5);
        assert_eq!(ended.json()["stopped_by"], "not-graph");
        ended
            .says("something between here and Graph answered 5 invitations in a row")
            .says("HTTP 403")
            .says("This request was stopped by your organisation")
            .says("who can: whoever runs the network");
        let asked = posts(&practice) - before;
        // Those that are under way when the fifth answer comes cannot be held back: a few, before Graph has answered.
        let under_way = workers.parse::<u64>().unwrap().min(6) - 1;
        let most = asked_before + 5 + under_way;
        assert!(asked <= most, "{asked} asked, {most} expected at most");
        practice.post("/weather", "");
        let patient = ["--rate", "max", "--settle", "1s", "--ask-again-after", "2s"];
        practice.run(&workdir, SHEET, &patient);
        practice.run(&workdir, SHEET, &patient).expect_code(0);
        proofs::nobody_twice(&practice);
        proofs::finished(&practice, &workdir.table(RESULTS), 40);
    }
}

#[test]
fn a_first_request_that_something_else_answers_ends_the_run_before_anything_is_sent() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let practice = Practice::start(&workdir, "");
    for (status, body) in STATUSES.into_iter().zip(BODIES.into_iter().cycle()) {
        practice.post(
            "/weather",
            &format!(
                "[[script]]\nkind = \"organization\"\nfault = \"forged_before\"\nstatus = {status}\nbody = \"{body}\""
            ),
        );
        practice
            .run(&workdir, SHEET, &QUICK)
            .expect_code(5)
            .says("something between here and Graph answered")
            .says("nothing was sent");
    }
    assert_eq!(practice.view("/invitations")["total"], 0);
}

/// Look-ups too: a proxy's page is passing trouble, and never "nobody there".
#[test]
fn a_forged_answer_to_a_look_up_is_asked_again() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    let script: String = [403, 404, 407]
        .iter()
        .map(|status| {
            format!(
                "[[script]]\nkind = \"batch\"\nfault = \"forged_before\"\nstatus = {status}\nbody = \"html\"\n"
            )
        })
        .collect();
    let practice = Practice::start(&workdir, &script);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    assert_eq!(
        proofs::finished(&practice, &workdir.table(RESULTS), 3).unsure,
        0
    );
}

/// A gateway wraps the block into a page of its own: the run stops, and what became of the row is not known.
#[test]
fn words_that_stop_a_run_stop_it_whoever_wrote_them() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 9);
    let practice = Practice::start(
        &workdir,
        &scripted(std::iter::once(
            "fault = \"forged_after\"\nstatus = 403\nbody = \"block\"".to_owned(),
        )),
    );
    practice
        .run(&workdir, SHEET, &QUICK)
        .expect_code(7)
        .says("something between here and Graph answered");
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(
        (
            outcomes["invited"],
            outcomes["unknown"],
            outcomes["not-attempted"]
        ),
        (5, 1, 3)
    );
    assert_eq!(practice.view("/invitations")["total"], 6);
}

#[test]
fn a_201_for_somebody_else_is_not_believed() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 8);
    let practice = Practice::start(
        &workdir,
        &format!(
            "[replication]\nfilters_ms = 3000\n{}",
            scripted(["fault = \"swapped\"".to_owned()].into_iter())
        ),
    );
    practice.run(&workdir, SHEET, &QUICK);
    let ids: std::collections::HashSet<String> = workdir
        .table(RESULTS)
        .0
        .iter()
        .filter(|row| !row["user_id"].is_empty())
        .map(|row| row["user_id"].clone())
        .collect();
    eprintln!("{} user ids of 8 rows", ids.len());
    let table = workdir.table(RESULTS);
    assert_eq!(proofs::finished(&practice, &table, 8).unsure, 0);
    assert_eq!(ids.len(), 8);
}
