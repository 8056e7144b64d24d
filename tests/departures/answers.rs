//! Answers to deletions that do not tell: it is looked first, and whoever is still there is asked to go once more.

use super::{change, cleanup, deletions, invite, sheet, verb};
use crate::support::{Guests, Practice, Workdir};

/// A list of the last of five guests, and the weather of the deletions.
fn left(last: usize, weather: &str) -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=5));
    invite(&workdir, &practice);
    workdir.write("guests.csv", sheet(1..=5 - last));
    verb(
        &workdir,
        &practice,
        &["leavers", "guests.csv", "--max-leavers", "5"],
    )
    .expect_code(0);
    practice.post("/weather", weather);
    (workdir, practice)
}

fn script(fault: &str, count: usize, deletions_ms: u64) -> String {
    format!(
        r#"{{"replication": {{"deletions_ms": {deletions_ms}}},
            "script": [{{"kind": "deletions", "fault": "{fault}", "count": {count}, "lost_ms": 50}}]}}"#
    )
}

fn twice(practice: &Practice) -> usize {
    deletions(practice)["twice"].as_array().unwrap().len()
}

#[test]
fn nobody_is_deleted_twice_whose_deletion_was_performed() {
    for fault in [
        "lost_after",
        "unavailable_after",
        "reset",
        "forged_after",
        "throttled_after",
    ] {
        let (workdir, practice) = left(3, &script(fault, 3, 300));
        let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
            .expect_code(0)
            .json();
        assert_eq!(told["deleted"], 3, "{fault}: {told}");
        assert_eq!(deletions(&practice)["total"], 3, "{fault}");
        assert_eq!(twice(&practice), 0, "{fault}");
        let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
            .expect_code(0)
            .json();
        assert_eq!(told["left_out"]["gone"], 3, "{fault}: {told}");
    }
}

#[test]
fn whoever_is_still_there_is_asked_to_go_again_in_the_same_run() {
    for fault in [
        "lost_before",
        "unavailable",
        "timed_out",
        "forged_before",
        "throttled",
    ] {
        let (workdir, practice) = left(2, &script(fault, 2, 0));
        let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
            .expect_code(0)
            .json();
        assert_eq!(told["deleted"], 2, "{fault}: {told}");
        assert_eq!(deletions(&practice)["total"], 2, "{fault}");
        assert_eq!(twice(&practice), 0, "{fault}");
    }
}

/// Reads show the guest longer than anybody waits: the second deletion finds nobody, and the first one was ours.
#[test]
fn a_guest_whom_a_second_deletion_does_not_find_was_deleted_by_the_first_one() {
    let (workdir, practice) = left(1, &script("unavailable_after", 1, 4_500));
    let mut command = super::command(
        &workdir,
        &practice,
        &[
            "cleanup",
            "guests.leavers.csv",
            "--yes",
            "--max-deletes",
            "9",
            "--json",
        ],
    );
    command.env("GUESTLIST_INVITE_SETTLE", "10s");
    let told = crate::support::Ended::of(&mut command)
        .expect_code(0)
        .json();
    assert_eq!(told["deleted"], 1, "{told}");
    let who = Guests::address(5);
    let story = verb(&workdir, &practice, &["status", &who]).expect_code(0);
    assert!(story.stdout.contains("deleted"), "{}", story.stdout);
}

#[test]
fn a_guest_who_redeems_after_an_answer_that_does_not_tell_stays() {
    for fault in ["lost_before", "unavailable"] {
        redeems_before_the_second_deletion(fault);
    }
}

fn redeems_before_the_second_deletion(fault: &str) {
    let weather = format!(
        r#"{{"script": [{{"kind": "deletions", "fault": "{fault}", "count": 1, "lost_ms": 1500}}]}}"#
    );
    let (workdir, practice) = left(1, &weather);
    let mut command = super::command(
        &workdir,
        &practice,
        &[
            "cleanup",
            "guests.leavers.csv",
            "--yes",
            "--max-deletes",
            "9",
            "--json",
        ],
    );
    let run = std::thread::spawn(move || crate::support::Ended::of(&mut command));
    for _ in 0..200 {
        let asked = practice.view("/requests")["kinds"]["deletions"]["requests"].as_u64();
        if asked.is_some_and(|asked| asked > 0) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    change(&practice, "accept", &Guests::address(5));
    let told = run.join().unwrap().json();
    assert_eq!(told["others"]["redeemed-meanwhile"], 1, "{fault}: {told}");
    assert_eq!(deletions(&practice)["total"], 0);
}

/// Nothing gets through: the verb ends, and says that it is to be tried again.
#[test]
fn a_tenant_that_never_answers_ends_the_verb() {
    let (workdir, practice) = left(4, &script("unavailable", 100, 0));
    let ended = cleanup(&workdir, &practice, &["guests.leavers.csv"]).expect_code(5);
    let told = ended.json();
    assert_eq!(
        (&told["deleted"], &told["unknown"]),
        (&0.into(), &3.into()),
        "{told}"
    );
    assert_eq!(deletions(&practice)["total"], 0);
    practice.post("/weather", "");
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"])
        .expect_code(0)
        .json();
    assert_eq!(told["deleted"], 4, "{told}");
}
