//! Links that the results have stay there: whatever a read says, whatever a 201 holds, whichever run's results are
//! written again.

use super::{
    in_process::{night, night_at},
    proofs::{self, RESULTS, SHEET},
};
use crate::support::{Ended, Practice, Relay, Workdir};
use guestlist::Exit;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

fn links(workdir: &Workdir) -> usize {
    let table = workdir.table(RESULTS);
    let linked = table.0.iter().filter(|row| !row["redeem_url"].is_empty());
    linked.count()
}

/// A list that lacks people is not enough for `gone`: each of them is asked for by id, and only Graph's own 404 counts.
#[test]
fn nobody_is_gone_because_a_list_by_ids_comes_back_empty() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 10);
    let practice = Practice::start(&workdir, "");
    let start: Timestamp = "2026-11-02T02:00:00Z".parse().unwrap();
    let pace = ["--rate", "max"];
    assert_eq!(night(&workdir, &practice, start, &pace), Exit::Done);
    practice.post(
        "/delete",
        &json!({"address": "p0003@partner.example"}).to_string(),
    );
    let relay = Relay::before(&practice.url, |asked, _, value| {
        if asked.path.contains("getByIds") {
            *value = json!({"value": []});
        }
    });
    let ended = night_at(&relay.url, &workdir, &practice, start + 72.hours(), &pace);
    assert_eq!(ended, Exit::SomeRowsNotDone);
    let outcomes = workdir.table(RESULTS).outcomes();
    assert_eq!(
        (outcomes["invited"], outcomes["gone"]),
        (9, 1),
        "{outcomes:?}"
    );
    let one_by_one = relay
        .asked()
        .iter()
        .any(|asked| asked.path.contains("$batch") && asked.body.contains("/users/"));
    assert!(one_by_one, "each was asked for by id");
    assert!(links(&workdir) >= 9);
}

/// An answer with an id that is none is no answer: the row is unknown, and the next run brings the true link.
#[test]
fn a_201_whose_user_id_is_no_id_leaves_the_row_unknown_and_loses_no_link() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 8);
    let practice = Practice::start(&workdir, "");
    let relay = Relay::before(&practice.url, |asked, status, value| {
        let spoiled = asked.path.ends_with("/invitations") && asked.body.contains("p0007@");
        if spoiled && *status == 201 {
            value["invitedUser"]["id"] = json!("../users/../evil");
        }
    });
    let quick = [
        "--rate",
        "max",
        "--workers",
        "1",
        "--settle",
        "1s",
        "--ask-again-after",
        "2s",
    ];
    let through_relay = |more: &[&str]| {
        let mut command = workdir.command(
            &[
                &[
                    "invite",
                    SHEET,
                    "--yes",
                    "--new-ledger",
                    "--ledger",
                    "guestlist.db",
                    "--tenant",
                    &practice.tenant,
                    "--graph-url",
                    &relay.url,
                    "--authority-url",
                    &practice.url,
                ][..],
                more,
            ]
            .concat(),
        );
        command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
        Ended::of(&mut command)
    };
    through_relay(&quick).expect_code(4);
    let table = workdir.table(RESULTS);
    let outcomes = table.outcomes();
    assert_eq!(
        (outcomes["invited"], outcomes["unknown"]),
        (7, 1),
        "{outcomes:?}"
    );
    assert_eq!(table.0[6]["outcome"], "unknown");
    assert_eq!(table.0[6]["user_id"], "");
    let wrong = relay
        .asked()
        .iter()
        .any(|asked| asked.path.contains("evil"));
    assert!(!wrong, "nobody is asked for by that id");
    practice.run(&workdir, SHEET, &quick).expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 8);
    proofs::nobody_twice(&practice);
    assert_eq!(links(&workdir), 8);
}

#[test]
fn results_of_an_older_run_do_not_replace_those_of_a_newer_one() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 10);
    let practice = Practice::start(&workdir, "");
    let first = practice
        .run(
            &workdir,
            SHEET,
            &["--rate", "max", "--max-invites", "6", "--json"],
        )
        .expect_code(8);
    let run = first.json()["run"].as_str().unwrap().to_owned();
    // Runs are told apart by the second in which they start.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    practice
        .run(&workdir, SHEET, &["--rate", "max"])
        .expect_code(0);
    let before = workdir.read(RESULTS);
    let older = ["results", "--run", &run, "--ledger", "guestlist.db"];
    workdir
        .run(&older)
        .expect_code(2)
        .says("holds the results of a newer run");
    assert_eq!(workdir.read(RESULTS), before);
    assert_eq!(links(&workdir), 10);
    // Elsewhere they may be written.
    workdir
        .run(&[&older[..], &["-o", "older.csv"]].concat())
        .expect_code(0);
    assert_eq!(workdir.table("older.csv").0.len(), 10);
}
