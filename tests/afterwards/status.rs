//! Who has redeemed: every state, by sheet, run and ledger, as text, file and JSON; in how many requests.

use super::{change, days_pass, invite, status};
use crate::support::{Ended, Guests, Practice, Workdir};
use std::collections::HashMap;

fn states(told: &serde_json::Value) -> HashMap<String, u64> {
    let states = told["states"].as_object().unwrap();
    states
        .iter()
        .map(|(state, count)| (state.clone(), count.as_u64().unwrap()))
        .collect()
}

#[test]
fn every_state_is_told_and_a_guest_who_redeems_turns_up() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let there = r#"[{"address": "self@partner.example", "standing": "self-service"},
        {"address": "old@partner.example", "standing": "stateless"},
        {"address": "inside@partner.example", "standing": "member"}]"#;
    practice.post("/people", there);
    let guests = Guests::new()
        .people(8)
        .row("self@partner.example", "Signed Up")
        .row("old@partner.example", "Old Guest")
        .row("inside@partner.example", "In Side")
        .row("not an address", "Wrong");
    workdir.write("guests.csv", &guests);
    practice
        .run(
            &workdir,
            "guests.csv",
            &["--rate", "max", "--tolerate", "invalid"],
        )
        .expect_code(0);
    change(&practice, "accept", &Guests::address(1));
    change(&practice, "disable", &Guests::address(2));
    change(&practice, "purge", &Guests::address(3));
    // The person clicks on the link that is in the results.
    let link = workdir.table("guests.results.csv").0[3]["redeem_url"].clone();
    let body = serde_json::json!({"link": link}).to_string();
    assert!(practice.post("/accept", &body)["id"].is_string());

    let told = status(&workdir, &practice, &["guests.csv", "--json"])
        .expect_code(0)
        .json();
    let expected = [
        ("accepted", 2),
        ("pending", 4),
        ("disabled", 1),
        ("gone", 1),
        ("self-service", 1),
        ("member", 1),
        ("unknown", 1),
    ];
    assert_eq!(
        states(&told),
        expected.map(|(state, n)| (state.to_owned(), n)).into()
    );
    assert_eq!(told["people"], 11);
    let guest = |number: usize| {
        let guests = told["guests"].as_array().unwrap().iter();
        let mut of = guests.filter(|guest| guest["email"] == Guests::address(number));
        of.next().unwrap().clone()
    };
    assert_eq!(guest(1)["state"], "accepted");
    assert!(guest(1)["since"].is_string() && guest(1)["row"] == 2);
    assert_eq!(guest(4)["state"], "accepted");
    assert_eq!(guest(5)["pending_days"], 0);
    // By run and for the whole ledger: there the ones whom others invited are not ours.
    let of_run = status(&workdir, &practice, &["--run", "last", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(states(&of_run), states(&told));
    let of_all = status(&workdir, &practice, &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(of_all["people"], 8);

    change(&practice, "accept", &Guests::address(5));
    let told = status(&workdir, &practice, &["--pending", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(states(&told), [("pending".to_owned(), 3)].into());
    // Nothing of this mails or changes anybody.
    assert_eq!(practice.view("/mails")["total"], 8);
}

#[test]
fn the_list_is_filtered_and_written_like_results() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,display_name,sponsors\na@one.example,A,anna.berg@northwind.example\nb@two.example,B,\nc@two.example,C,anna.berg@northwind.example\n",
    );
    invite(&workdir, &practice);
    days_pass(&workdir, 20);
    workdir.write("guests.csv", "email,display_name,sponsors\na@one.example,A,anna.berg@northwind.example\nb@two.example,B,\nc@two.example,C,anna.berg@northwind.example\nd@two.example,D,\n");
    invite(&workdir, &practice);

    let old = ["guests.csv", "--older-than", "14d", "-o", "who.csv"];
    let screen = status(&workdir, &practice, &old)
        .expect_code(0)
        .says("written to who.csv");
    assert!(screen.stdout.contains("20 days"), "{}", screen.stdout);
    assert!(screen.stdout.contains("by sponsor"), "{}", screen.stdout);
    assert!(screen.stdout.contains("14 to 29 days"), "{}", screen.stdout);
    let rows = workdir.table("who.csv").0;
    let emails: Vec<&str> = rows.iter().map(|row| row["email"].as_str()).collect();
    assert_eq!(emails, ["a@one.example", "b@two.example", "c@two.example"]);
    assert_eq!(rows[0]["pending_days"], "20");
    assert_eq!(rows[0]["sponsors"], "anna.berg@northwind.example");
    // A second list takes the place of the first, which is kept once; a stranger's file stays.
    status(&workdir, &practice, &["-o", "who.csv"]).expect_code(0);
    assert_eq!(workdir.table("who.csv").0.len(), 4);
    assert_eq!(workdir.table("who.previous.csv").0.len(), 3);
    workdir.write("mine.csv", "name;salary\nBob;1\n");
    status(&workdir, &practice, &["-o", "mine.csv"])
        .expect_code(2)
        .says("not written by guestlist");
    status(&workdir, &practice, &["-o", "who.xlsx"]).expect_code(0);
    assert!(workdir.exists("who.xlsx"));
    let table = status(&workdir, &practice, &["--pending", "-o", "-"]).expect_code(0);
    assert_eq!(table.stdout.lines().count(), 5);
    // Nobody was missing when the guests were verified.
    let unseen = status(&workdir, &practice, &["--unverified", "--json"]).expect_code(0);
    assert_eq!(unseen.json()["people"], 0);
}

#[test]
fn a_reading_that_was_cut_goes_on_where_it_stopped() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(1_100));
    invite(&workdir, &practice);
    let kept = rusqlite::Connection::open(workdir.path("guestlist.db")).unwrap();
    status(&workdir, &practice, &[]).expect_code(0);
    let read: u64 = kept
        .query_row("SELECT count(*) FROM guest_state", [], |row| row.get(0))
        .unwrap();
    assert_eq!(read, 1_100);
    // As a run leaves it that was killed after the first page.
    kept.execute_batch(
        "INSERT INTO state_reading (scope, began_at) SELECT 'everybody', min(read_at) - 2000 FROM guest_state;
         DELETE FROM guest_state WHERE user_id IN (SELECT user_id FROM person ORDER BY id DESC LIMIT 100);",
    )
    .unwrap();
    drop(kept);
    practice.post("/reset", "");
    status(&workdir, &practice, &[])
        .expect_code(0)
        .says("goes on with the reading that was cut");
    let by_ids = &practice.view("/requests")["kinds"]["getByIds"]["requests"];
    assert_eq!(*by_ids, 1, "only the hundred that were left are read");
    // A whole one begins anew.
    practice.post("/reset", "");
    let told = status(&workdir, &practice, &[]).expect_code(0);
    assert!(!told.stderr.contains("goes on with"), "{}", told.stderr);
    assert_eq!(
        practice.view("/requests")["kinds"]["getByIds"]["requests"],
        2
    );
}

/// In the long form 10,000 guests (`GUESTLIST_LONG=1`, with `--nocapture` the figures are shown).
#[test]
fn the_states_of_many_take_few_requests() {
    let long = std::env::var_os("GUESTLIST_LONG").is_some();
    let (people, by_ids, in_batches) = if long {
        (10_000, 15, 520)
    } else {
        (1_200, 6, 65)
    };
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(people));
    invite(&workdir, &practice);
    for (allowed, most) in [("true", by_ids), ("false", in_batches)] {
        practice.post(
            "/weather",
            &format!("{{\"get_by_ids_allowed\": {allowed}}}"),
        );
        practice.post("/reset", "");
        let began = std::time::Instant::now();
        let told = status(&workdir, &practice, &["--json"])
            .expect_code(0)
            .json();
        assert_eq!(
            states(&told),
            [("pending".to_owned(), people as u64)].into()
        );
        let requests = told["requests"]["total"].as_u64().unwrap();
        println!(
            "{people} guests, getByIds allowed: {allowed}: {requests} requests, {:.1?}",
            began.elapsed()
        );
        assert!(requests <= most, "{requests} requests");
    }
}

#[test]
fn a_throttled_reading_waits_and_goes_on() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(60));
    invite(&workdir, &practice);
    let weather = r#"{"get_by_ids_allowed": false, "throttle": {"resource_units_per_10s": 40, "min_retry_after": 0.2}}"#;
    practice.post("/weather", weather);
    practice.post("/reset", "");
    let told = status(&workdir, &practice, &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(states(&told), [("pending".to_owned(), 60)].into());
    let early = practice.view("/requests")["early"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(early, 0);
}

#[test]
fn a_sign_in_that_may_not_read_is_told() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    invite(&workdir, &practice);
    practice.post(
        "/weather",
        r#"{"permissions": {"app": ["User.Invite.All"]}}"#,
    );
    let mut command = practice.verb(&workdir, &["status"]);
    command
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_TENANT_ID", &practice.tenant)
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    Ended::of(&mut command).expect_code(6).says("User.Read.All");
}

#[test]
fn every_row_of_the_sheet_is_accounted_for_and_unknown_is_not_uninvited() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[faults.invitations]\nlost_before = 1.0\n");
    workdir.write(
        "guests.csv",
        "email,display_name\na@partner.example,Ada\nwrong,Wim\nA@partner.example,Ada\nb@partner.example,Ben\n",
    );
    let more = ["--rate", "max", "--settle", "0s", "--max-duration", "2s"];
    practice.run(&workdir, "guests.csv", &more);
    practice.post("/weather", "");
    let told = status(&workdir, &practice, &["guests.csv", "--json"]).expect_code(0);
    let json = told.json();
    assert_eq!(
        json["left_out"],
        serde_json::json!({"invalid": [3], "duplicate": [4]})
    );
    assert_eq!(json["states"], serde_json::json!({"unknown": 2}));
    told.says("row 3: invalid on the sheet");
    // The file has a line for every row, with what is known and why a row has no state.
    status(&workdir, &practice, &["guests.csv", "-o", "who.csv"]).expect_code(0);
    let rows = workdir.table("who.csv").0;
    let told: Vec<[&str; 3]> = rows
        .iter()
        .map(|row| ["row", "email", "state"].map(|column| row[column].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ["2", "a@partner.example", "unknown"],
            ["3", "wrong", ""],
            ["4", "A@partner.example", ""],
            ["5", "b@partner.example", "unknown"],
        ]
    );
    assert!(
        rows[1]["note"].contains("invalid on the sheet: "),
        "{rows:?}"
    );
    assert!(rows[2]["note"].contains("the address of row 2"), "{rows:?}");
    // A filter names people, and such rows are none of them.
    status(
        &workdir,
        &practice,
        &["guests.csv", "--pending", "-o", "who.csv"],
    )
    .expect_code(0);
    assert!(workdir.table("who.csv").0.is_empty());
    let shown = status(&workdir, &practice, &["guests.csv"])
        .expect_code(0)
        .stdout;
    for part in ["row 3: invalid on the sheet", "row 4: repeats an address"] {
        assert!(shown.contains(part), "{shown}");
    }
}
