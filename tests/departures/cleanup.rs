//! Who is deleted, who is left, and what stops it.

use super::{change, cleanup, command, days_pass, deleted, deletions, invite, ledger, sheet, verb};
use crate::support::{Ended, Guests, Practice, Terminal, Workdir};

/// 20 people were invited, and the last ones have left.
fn left(weather: &str, last: usize) -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, weather);
    workdir.write("guests.csv", sheet(1..=20));
    invite(&workdir, &practice);
    list(&workdir, &practice, last);
    (workdir, practice)
}

fn list(workdir: &Workdir, practice: &Practice, last: usize) {
    workdir.write("guests.csv", sheet(1..=20 - last));
    verb(
        workdir,
        practice,
        &["leavers", "guests.csv", "--max-leavers", "20"],
    )
    .expect_code(0);
}

fn numbers(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(Guests::address).collect()
}

#[test]
fn a_list_is_deleted_once_and_told_afterwards() {
    let (workdir, practice) = left("", 3);
    change(&practice, "accept", &Guests::address(20));
    // Without anybody to ask, the list is all there is.
    let listed = verb(&workdir, &practice, &["cleanup", "guests.leavers.csv"])
        .expect_code(2)
        .says("nobody was deleted");
    assert!(
        listed
            .stdout
            .contains("2 of 3 people of guests.leavers.csv"),
        "{}",
        listed.stdout
    );
    assert!(
        listed
            .stdout
            .contains("mails that were sent cannot be recalled"),
        "{}",
        listed.stdout
    );
    assert!(
        listed.stdout.contains("1 has redeemed"),
        "{}",
        listed.stdout
    );
    let only = verb(
        &workdir,
        &practice,
        &["cleanup", "guests.leavers.csv", "-n", "-o", "who.csv"],
    )
    .expect_code(4);
    assert!(only.stdout.contains("2 of 3"));
    assert_eq!(workdir.table("who.csv").0[0]["deletion"], "would-delete");
    assert_eq!(deletions(&practice)["total"], 0);

    let told = cleanup(
        &workdir,
        &practice,
        &["guests.leavers.csv", "-o", "who.csv"],
    )
    .expect_code(4)
    .json();
    assert_eq!(
        (&told["deleted"], &told["left_out"]["redeemed"]),
        (&2.into(), &1.into())
    );
    assert_eq!(deleted(&practice), numbers([18, 19]));
    assert_eq!(workdir.table("who.csv").0[0]["deletion"], "deleted");
    let told = verb(&workdir, &practice, &["status", "--json"]).json();
    let notes = told["guests"].as_array().unwrap().iter();
    let notes = notes.filter_map(|guest| guest["note"].as_str());
    let ours = notes.filter(|note| note.starts_with("deleted by `guestlist cleanup` at 2"));
    assert_eq!(ours.count(), 2, "{told}");
    // Once more: they are gone, and nothing is sent.
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"]).json();
    assert_eq!(told["left_out"]["gone"], 2);
    // With a person's word, whoever has redeemed too.
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv", "--accepted"])
        .expect_code(0)
        .json();
    assert_eq!(told["deleted"], 1);
    assert_eq!(deleted(&practice), numbers([18, 19, 20]));
    assert_eq!(deletions(&practice)["twice"].as_array().unwrap().len(), 0);

    // The story, and the sheet on which somebody stands again.
    let story = Ended::of(&mut practice.verb(&workdir, &["status", &Guests::address(18)]));
    assert!(story.stdout.contains("was deleted"), "{story:?}");
    let runs = workdir
        .run(&["runs", "--ledger", "guestlist.db"])
        .expect_code(0);
    assert!(runs.stdout.contains("cleanup"), "{}", runs.stdout);
    workdir.write("guests.csv", sheet([1, 18]));
    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    let results = workdir.table("guests.results.csv");
    let row = &results.0[1];
    assert_eq!(row["outcome"], "exists-deleted");
    assert!(
        row["error"].contains("was deleted by `guestlist cleanup` on"),
        "{row:?}"
    );
    assert_eq!(row["redeem_url"], "");
    // Not by itself, and not by --again while the old account can be restored.
    practice
        .run(&workdir, "guests.csv", &["--again"])
        .expect_code(4);
    assert_eq!(
        practice.view(&format!("/invitations?address={}", Guests::address(18)))["total"],
        1
    );
    let id = row["user_id"].clone();
    practice.post("/purge", &format!(r#"{{"id": "{id}"}}"#));
    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    let row = &workdir.table("guests.results.csv").0[1];
    assert_eq!(row["outcome"], "gone");
    assert!(row["hint"].contains("--again"), "{row:?}");
    practice
        .run(&workdir, "guests.csv", &["--again"])
        .expect_code(0);
    assert_eq!(
        workdir.table("guests.results.csv").0[1]["outcome"],
        "invited"
    );
    // A new guest of ours, who may be deleted in turn.
    list(&workdir, &practice, 19);
    let told = cleanup(&workdir, &practice, &["guests.leavers.csv"]).json();
    assert_eq!(told["deleted"], 17, "{told}");
}

/// Whoever was not invited by a first attempt of this ledger that was answered stays, whatever names them.
#[test]
fn nobody_is_deleted_whom_this_ledger_did_not_invite() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let there = r#"[{"address": "others@partner.example", "standing": "pending"}]"#;
    practice.post("/people", there);
    workdir.write(
        "guests.csv",
        sheet(1..=3).row("others@partner.example", "Others").text(),
    );
    practice
        .run(
            &workdir,
            "guests.csv",
            &["--rate", "max", "--existing", "relink"],
        )
        .expect_code(0);
    // Nobody was looked up.
    workdir.write("blind.csv", sheet([4]));
    practice
        .run(
            &workdir,
            "blind.csv",
            &["--rate", "max", "--precheck", "off", "--accept-second-mail"],
        )
        .expect_code(0);
    // The answer was lost, and the guest was found afterwards.
    practice.post(
        "/weather",
        r#"{"script": [{"kind": "invitations", "fault": "lost_after", "count": 1, "lost_ms": 50}]}"#,
    );
    workdir.write("lost.csv", sheet([5]));
    practice
        .run(
            &workdir,
            "lost.csv",
            &["--rate", "max", "--settle", "1s", "--ask-again-after", "1s"],
        )
        .expect_code(0);
    practice.post("/weather", "");
    let told = cleanup(&workdir, &practice, &["--older-than", "0s"])
        .expect_code(0)
        .json();
    assert_eq!(deleted(&practice), numbers(1..=3), "{told}");
    assert_eq!(told["left_out"]["settled"], 2, "{told}");
    assert_eq!(told["left_out"]["not-looked-up"], 1, "{told}");

    // A ledger that was rebuilt from results files knows claims only.
    let mut import = workdir.command(&[
        "ledger",
        "import",
        "--ledger",
        "other.db",
        "blind.results.csv",
    ]);
    Ended::of(&mut import).expect_code(0);
    let mut command = command(
        &workdir,
        &practice,
        &[
            "cleanup",
            "--older-than",
            "0s",
            "--yes",
            "--max-deletes",
            "9",
            "--json",
        ],
    );
    command.args(["--ledger", "other.db"]);
    let mut arguments: Vec<_> = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    // The ledger that is named last by the helper is the other one.
    let at = arguments
        .iter()
        .position(|argument| argument == "guestlist.db")
        .unwrap();
    arguments.drain(at - 1..=at);
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut again = workdir.command(&words);
    again.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    let told = Ended::of(&mut again).expect_code(0).json();
    assert_eq!(told["left_out"]["imported"], 1, "{told}");
    assert_eq!(deletions(&practice)["total"], 3);
}

#[test]
fn whoever_changes_in_the_last_moment_stays() {
    let (workdir, practice) = left("", 5);
    // The list shows all of them; before the deletion one has redeemed, one is somebody else, one is dated otherwise.
    let Some(mut terminal) = Terminal::open(
        &workdir,
        &command(&workdir, &practice, &["cleanup", "guests.leavers.csv"]),
    ) else {
        return;
    };
    terminal.wait_for("Type 5 to delete 5 guests");
    change(&practice, "accept", &Guests::address(16));
    change(&practice, "disable", &Guests::address(17));
    change(&practice, "delete", &Guests::address(18));
    let taken = format!(
        r#"[{{"address": "{}", "standing": "member"}}]"#,
        Guests::address(19)
    );
    practice.post("/people", &taken);
    terminal.type_line("5");
    let (code, screen) = terminal.end();
    assert_eq!(code, 4, "{screen}");
    assert!(screen.contains("1 guest was deleted"), "{screen}");
    assert!(screen.contains("redeemed meanwhile"), "{screen}");
    assert_eq!(deleted(&practice), numbers([20]));
}

#[test]
fn another_number_than_the_one_asked_for_deletes_nobody() {
    let (workdir, practice) = left("", 2);
    for answer in ["yes", "3", ""] {
        let Some(mut terminal) = Terminal::open(
            &workdir,
            &command(&workdir, &practice, &["cleanup", "guests.leavers.csv"]),
        ) else {
            return;
        };
        terminal.wait_for("Type 2 to delete 2 guests");
        terminal.type_line(answer);
        let (code, screen) = terminal.end();
        assert_eq!(code, 2, "{screen}");
    }
    assert_eq!(deletions(&practice)["total"], 0);
}

/// Killed while the answer is on its way: the next run finds out what happened, and says whose deletion it was.
#[test]
fn a_run_that_was_killed_is_continued() {
    let (workdir, practice) = left("", 3);
    practice.post(
        "/weather",
        r#"{"replication": {"deletions_ms": 1500},
            "script": [{"kind": "deletions", "fault": "lost_after", "count": 1, "lost_ms": 60000, "skip": 1}]}"#,
    );
    let mut process = command(
        &workdir,
        &practice,
        &[
            "cleanup",
            "guests.leavers.csv",
            "--yes",
            "--max-deletes",
            "9",
            "-q",
        ],
    )
    .spawn()
    .unwrap();
    while deletions(&practice)["total"] != 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    // The lock of a killed run is free at once; its sign of life is not needed.
    let told = loop {
        let mut again = command(
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
        again.env("GUESTLIST_INVITE_ASK_AGAIN_AFTER", "3s");
        let ended = Ended::of(&mut again);
        if ended.code != 5 {
            break ended.expect_code(0).json();
        }
    };
    assert_eq!(told["deleted"], 1, "{told}");
    assert_eq!(told["left_out"]["gone"], 2, "{told}");
    let book = deletions(&practice);
    assert_eq!(book["total"], 3);
    assert!(book["twice"].as_array().unwrap().is_empty());
    let by: i64 = ledger(&workdir)
        .query_row(
            "SELECT count(*) FROM person WHERE deleted_at IS NOT NULL AND redeem_url IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(by, 3);
}

#[test]
fn a_missing_permission_stops_it_at_once() {
    let (workdir, practice) = left(
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.Read.All\", \"Organization.Read.All\"]",
        4,
    );
    let ended = cleanup(&workdir, &practice, &["guests.leavers.csv"]).expect_code(6);
    assert_eq!(ended.json()["deleted"], 0);
    assert!(
        ended.stderr.contains("User.DeleteRestore.All"),
        "{}",
        ended.stderr
    );
    let requests = practice.view("/requests");
    assert_eq!(requests["kinds"]["deletions"]["requests"], 1, "{requests}");
}

#[test]
fn a_cap_holds_and_the_same_command_goes_on() {
    let (workdir, practice) = left("", 4);
    for (code, deleted) in [(8, 3), (0, 1)] {
        let told = verb(
            &workdir,
            &practice,
            &[
                "cleanup",
                "guests.leavers.csv",
                "--yes",
                "--max-deletes",
                "3",
                "--json",
            ],
        )
        .expect_code(code)
        .json();
        assert_eq!(told["deleted"], deleted);
    }
    assert_eq!(deletions(&practice)["total"], 4);
}

/// Age counts from the last ask or reminder, and a guest who was restored is left for good.
#[test]
fn old_pending_guests_are_deleted_by_age_and_restored_ones_stay() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=3));
    invite(&workdir, &practice);
    days_pass(&workdir, 60);
    workdir.write("one.csv", sheet([1]));
    super::verb(
        &workdir,
        &practice,
        &["remind", "one.csv", "--yes", "--max-mails", "5"],
    )
    .expect_code(0);
    days_pass(&workdir, 40);
    let told = cleanup(&workdir, &practice, &["--older-than", "90d"])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["not-old"], 1, "{told}");
    assert_eq!(deleted(&practice), numbers([2, 3]));
    let restored = practice.post(
        "/restore",
        &format!(r#"{{"address": "{}"}}"#, Guests::address(2)),
    );
    assert!(restored["id"].is_string());
    let told = cleanup(&workdir, &practice, &["--older-than", "1d"])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["restored"], 1, "{told}");
    assert_eq!(deleted(&practice), numbers([1, 2, 3]));
    assert!(deletions(&practice)["twice"].as_array().unwrap().is_empty());
}

#[test]
fn nobody_is_old_because_one_of_two_clocks_is_wrong() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=2));
    invite(&workdir, &practice);
    // As if this machine's clock were 200 days ahead: by the tenant's, the guests were invited a moment ago.
    days_pass(&workdir, 200);
    practice.post(
        "/weather",
        &format!(r#"{{"clocks": {{"date": {}}}}}"#, -200 * 86_400),
    );
    let ended = cleanup(&workdir, &practice, &["--older-than", "90d", "--dry-run"]).expect_code(0);
    assert_eq!(ended.json()["left_out"]["not-old"], 2);
    let ended = verb(
        &workdir,
        &practice,
        &["cleanup", "--older-than", "90d", "--dry-run"],
    )
    .expect_code(0);
    let clocks = "the clock of this machine is 200 days ahead of the tenant's";
    assert!(ended.stdout.contains(clocks), "{}", ended.stdout);
    let ended = verb(
        &workdir,
        &practice,
        &["remind", "--yes", "--max-mails", "9"],
    )
    .expect_code(0);
    assert!(ended.stderr.contains(clocks), "{}", ended.stderr);
    let ended = verb(
        &workdir,
        &practice,
        &["status", "--older-than", "90d", "--json"],
    )
    .expect_code(0);
    assert_eq!(ended.json()["guests"].as_array().unwrap().len(), 0);
    assert_eq!(deletions(&practice)["total"], 0);
    assert_eq!(practice.view("/mails")["total"], 2);
}

/// A guest whom somebody else made seconds before, whom the look-up did not see yet.
#[test]
fn a_guest_made_by_somebody_else_a_moment_before_stays() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[clocks]\ncreated = 40\n");
    workdir.write("guests.csv", sheet(1..=6));
    invite(&workdir, &practice);
    days_pass(&workdir, 1);
    // As if the attempt had come ten seconds after the guest was made.
    let ledger = ledger(&workdir);
    ledger
        .execute(
            "UPDATE event SET at = at + 10000 WHERE person = (SELECT id FROM person WHERE key = ?1)",
            [Guests::address(6)],
        )
        .unwrap();
    drop(ledger);
    let told = cleanup(&workdir, &practice, &["--older-than", "0s"])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["made-by-others"], 1, "{told}");
    assert_eq!(deleted(&practice), numbers(1..=5));
}
