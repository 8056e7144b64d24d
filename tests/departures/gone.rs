//! People who were forgotten, and guests whom `cleanup` deleted, in every other verb: nobody of them is mailed, reset or
//! deleted, no row is lost, and what is told of them is true.

use super::{
    change, cleanup, days_pass, deletions, forget::is_in_the_database, invite, sheet, verb,
};
use crate::{
    afterwards::{mails, remind, status},
    support::{Ended, Guests, Practice, Workdir},
};

/// Three people were invited, and the third is on a list of leavers.
fn with_a_leaver() -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=3));
    invite(&workdir, &practice);
    workdir.write("guests.csv", sheet(1..=2));
    leavers(&workdir, &practice).expect_code(0);
    (workdir, practice)
}

fn leavers(workdir: &Workdir, practice: &Practice) -> Ended {
    let leavers = ["leavers", "guests.csv", "--max-leavers", "3", "--json"];
    verb(workdir, practice, &leavers)
}

fn user_of(workdir: &Workdir, number: usize) -> String {
    workdir.table("guests.results.csv").0[number - 1]["user_id"].clone()
}

fn reset(workdir: &Workdir, practice: &Practice, columns: &str, who: &str) -> Ended {
    let row = format!("{columns},new_email\n{who},new@firm.example\n");
    workdir.write("resets.csv", row);
    let usual = [
        "reset-redemption",
        "resets.csv",
        "--yes",
        "--max-resets",
        "9",
    ];
    verb(workdir, practice, &usual)
}

#[test]
fn whoever_was_forgotten_is_told_as_such_by_every_verb_and_learnt_by_none() {
    let (workdir, practice) = with_a_leaver();
    let (who, user) = (Guests::address(3), user_of(&workdir, 3));
    let forget = [
        "ledger",
        "forget",
        "--ledger",
        "guestlist.db",
        "--yes",
        &who,
    ];
    workdir.run(&forget).expect_code(0);
    let nothing_is_learnt = |after: &str| {
        for trace in [&who, &user] {
            assert!(!is_in_the_database(&workdir, trace), "{after}: {trace}");
        }
    };

    // The list is older, and still names the person.
    for more in [&["guests.leavers.csv"][..], &["--run", "last"]] {
        let told = cleanup(&workdir, &practice, &[more, &["--dry-run"]].concat())
            .expect_code(0)
            .json();
        assert_eq!(told["left_out"]["forgotten"], 1, "{more:?}: {told}");
        nothing_is_learnt("cleanup");
    }
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"]);
    assert_eq!(told.expect_code(0).json()["deleted"], 0);
    assert_eq!(deletions(&practice)["total"], 0);
    let told = leavers(&workdir, &practice).expect_code(0).json();
    assert_eq!(told["leavers"], serde_json::json!([]), "{told}");

    workdir.write("guests.csv", sheet(1..=3));
    for about in [&["guests.csv"][..], &["--run", "last"]] {
        let screen = status(&workdir, &practice, about).expect_code(0).stdout;
        let sentence = "row 4: forgotten on request";
        assert!(screen.contains(sentence), "{about:?}: {screen}");
        let to_file = [about, &["--json", "-o", "who.csv"]].concat();
        let told = status(&workdir, &practice, &to_file).expect_code(0).json();
        assert_eq!(
            told["states"],
            serde_json::json!({"pending": 2, "unknown": 1}),
            "{about:?}"
        );
        let rows = workdir.table("who.csv").0;
        assert_eq!(rows.len(), 3, "{about:?}");
        assert!(rows[2]["note"].contains("forgotten on request"), "{rows:?}");
        nothing_is_learnt("status");
    }
    status(&workdir, &practice, &[&who])
        .expect_code(2)
        .says("was forgotten on request");
    for (columns, named) in [("email", &who), ("user_id", &user)] {
        reset(&workdir, &practice, columns, named)
            .expect_code(3)
            .says("is about somebody who was forgotten on request");
    }
    for more in [
        &["check", "guests.csv"][..],
        &["runs", "--ledger", "guestlist.db"],
        &["results", "--ledger", "guestlist.db"],
    ] {
        workdir.run(more).expect_code(0);
    }
    let rows = workdir.table("guests.results.csv").0;
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[2]["error"], "forgotten on request");

    // Whoever stands in that row of the sheet by now is somebody else.
    workdir.write("guests.csv", sheet([1, 2, 4]));
    workdir
        .run(&["results", "--ledger", "guestlist.db"])
        .expect_code(0)
        .says("it is another person's row now");
    let rows = workdir.table("guests.results.csv").0;
    assert_eq!((rows.len(), rows[2]["email"].as_str()), (3, ""), "{rows:?}");
    workdir.write("guests.csv", sheet(1..=3));

    days_pass(&workdir, 20);
    let told = remind(&workdir, &practice, &["guests.csv"])
        .expect_code(0)
        .json();
    assert_eq!((&told["reminded"], &told["people"]), (&2.into(), &3.into()));
    assert_eq!(told["states"]["forgotten"], 1, "{told}");
    assert_eq!(mails(&practice, &who), 1);
    nothing_is_learnt("remind");
}

#[test]
fn whoever_was_forgotten_and_invited_again_may_be_reset() {
    let (workdir, practice) = with_a_leaver();
    let who = Guests::address(1);
    let forget = [
        "ledger",
        "forget",
        "--ledger",
        "guestlist.db",
        "--yes",
        &who,
    ];
    workdir.run(&forget).expect_code(0);
    change(&practice, "purge", &who);
    practice
        .run(&workdir, "guests.csv", &["--again", "--only", &who])
        .expect_code(0);
    change(&practice, "accept", &who);
    reset(&workdir, &practice, "email", &who).expect_code(0);
}

#[test]
fn a_guest_whom_cleanup_deleted_is_left_by_every_verb() {
    let (workdir, practice) = with_a_leaver();
    let (who, user) = (Guests::address(3), user_of(&workdir, 3));
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"]);
    assert_eq!(told.expect_code(0).json()["deleted"], 1);
    for more in [
        &["guests.leavers.csv"][..],
        &["--run", "last"],
        &["--older-than", "0s"],
    ] {
        let told = cleanup(&workdir, &practice, &[more, &["--dry-run"]].concat())
            .expect_code(0)
            .json();
        assert_eq!(told["left_out"]["gone"], 1, "{more:?}: {told}");
    }
    let told = leavers(&workdir, &practice).expect_code(0).json();
    assert_eq!(told["leavers"], serde_json::json!([]), "{told}");

    workdir.write("guests.csv", sheet(1..=3));
    let told = status(&workdir, &practice, &["guests.csv", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["states"], serde_json::json!({"pending": 2, "gone": 1}));
    assert!(
        told["guests"][2]["note"]
            .as_str()
            .unwrap()
            .contains("deleted by `guestlist cleanup`"),
        "{told}"
    );
    let story = status(&workdir, &practice, &[&who]).expect_code(0).stdout;
    assert!(story.contains("deleted"), "{story}");
    for (columns, named) in [("email", &who), ("user_id", &user)] {
        reset(&workdir, &practice, columns, named).expect_code(3);
    }
    let ended = practice.run(&workdir, "guests.csv", &["--rate", "max"]);
    assert!(
        matches!(ended.code, 0 | 4),
        "{}: {}",
        ended.code,
        ended.stderr
    );
    let rows = workdir.table("guests.results.csv").0;
    assert_eq!(rows.len(), 3);
    assert!(
        matches!(rows[2]["outcome"].as_str(), "gone" | "exists-deleted"),
        "{:?}",
        rows[2]
    );
    for more in [&["runs"][..], &["results"]] {
        let ledger = ["--ledger", "guestlist.db"];
        workdir.run(&[more, &ledger].concat()).expect_code(0);
    }
    assert_eq!(workdir.table("guests.results.csv").0.len(), 3);

    days_pass(&workdir, 20);
    for about in [&["guests.csv"][..], &[]] {
        let told = remind(&workdir, &practice, about).expect_code(0).json();
        assert_eq!(told["states"]["gone"], 1, "{told}");
    }
    assert_eq!(mails(&practice, &who), 1);
    assert_eq!(deletions(&practice)["total"], 1);
}
