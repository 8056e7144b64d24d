//! Resets of redemptions in random weather, and killed at random instants: every guest is mailed at most once, loses no
//! address, and ends with a link that leads to the same user.
//!
//! `GUESTLIST_LONG=1 cargo test --test guestlist never_twice::resets -- --nocapture` takes more dice; `GUESTLIST_SEED`
//! repeats them.

use crate::support::{Practice, Workdir};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fmt::Write,
    process::{Command, Stdio},
    time::Duration,
};

const GUESTS: usize = 8;
/// More runs than any weather needs.
const MOST_RUNS: usize = 60;

const FAULTS: [&str; 14] = [
    "throttled",
    "unavailable",
    "unavailable_after",
    "lost_before",
    "lost_after",
    "cut",
    "reset",
    "timed_out",
    "status_error",
    "no_user",
    "no_link",
    "forged_before",
    "forged_after",
    "throttled_after",
];

fn old(number: usize) -> String {
    format!("guest-{number}@old.example")
}

fn new(number: usize) -> String {
    format!("guest-{number}@new.example")
}

fn weather(dice: &mut fastrand::Rng) -> String {
    let mut toml = format!(
        "seed = {}\n[latency]\nmax_ms = {}\ninvitations_ms = {}\n[replication]\nchanges_ms = {}\nother_mails_ms = {}\n",
        dice.u32(..),
        dice.u32(0..40),
        dice.u32(0..200),
        dice.u32(0..700),
        dice.u32(0..900),
    );
    for (kind, most) in [
        ("invitations", 0.06),
        ("userUpdate", 0.06),
        ("getByIds", 0.02),
    ] {
        writeln!(
            toml,
            "[faults.{kind}]\nlost_ms = 100\nbody = \"mixed\"\nretry_after = \"1\""
        )
        .unwrap();
        for fault in FAULTS {
            let only_invitations = ["status_error", "no_user", "no_link"].contains(&fault);
            if dice.bool() && (kind == "invitations" || !only_invitations) {
                writeln!(toml, "{fault} = {:.3}", dice.f64() * most).unwrap();
            }
        }
    }
    toml
}

fn command(practice: &Practice, workdir: &Workdir) -> Command {
    let verb = [
        "reset-redemption",
        "resets.csv",
        "--new-ledger",
        "--yes",
        "--max-resets",
        "100",
    ];
    let mut command = practice.verb(workdir, &verb);
    for (key, value) in [
        ("RATE", "max"),
        ("SETTLE", "1500ms"),
        ("ASK_AGAIN_AFTER", "2s"),
        ("MAX_FAILURES", "100%"),
    ] {
        command.env(format!("GUESTLIST_INVITE_{key}"), value);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn people(practice: &Practice) -> BTreeMap<String, Value> {
    let people = practice.view("/people");
    let people = people["people"].as_array().unwrap();
    let ours = people.iter().filter(|person| {
        person["mail"]
            .as_str()
            .is_some_and(|mail| mail.ends_with("@old.example"))
    });
    ours.map(|person| (person["mail"].as_str().unwrap().to_owned(), person.clone()))
        .collect()
}

fn prove(practice: &Practice, workdir: &Workdir, before: &BTreeMap<String, Value>, what: &str) {
    let after = people(practice);
    let table = workdir.table("resets.results.csv");
    assert_eq!(table.outcomes()["reset"], GUESTS, "{what}");
    for (number, row) in (1..=GUESTS).zip(&table.0) {
        let (old, new) = (old(number), new(number));
        let (was, is) = (&before[&old], &after[&old]);
        for kept in ["id", "user_principal_name", "groups", "mail"] {
            assert_eq!(was[kept], is[kept], "{kept} {what}");
        }
        assert_eq!(
            is["other_mails"],
            json!([old, format!("second-{number}@old.example"), new]),
            "{what}"
        );
        let mails = practice.view(&format!("/mails?address={new}"))["total"]
            .as_u64()
            .unwrap();
        let silent = number % 4 == 0;
        assert!(
            mails <= u64::from(!silent),
            "{mails} mails to {new}, {what}"
        );
        match &*row["mail"] {
            "requested" => assert_eq!(mails, 1, "{new} {what}"),
            "none" => assert!(silent && mails == 0, "{new} {what}"),
            other => panic!("{new}: {other}, {what}"),
        }
        let link: String =
            url::form_urlencoded::byte_serialize(row["redeem_url"].as_bytes()).collect();
        let leads_to = practice.view(&format!("/links?url={link}"));
        assert_eq!(leads_to["user_id"], is["id"], "{what}");
    }
}

#[test]
fn guests_are_reset_in_any_weather_and_mailed_at_most_once() {
    let long = std::env::var("GUESTLIST_LONG").is_ok_and(|long| long == "1");
    let seed = std::env::var("GUESTLIST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut dice = fastrand::Rng::with_seed(seed.unwrap_or_else(|| fastrand::u64(..)));
    for round in 0..if long { 40 } else { 3 } {
        let (seed, kills) = (dice.get_seed(), round % 2 == 1);
        let workdir = Workdir::new();
        let practice = Practice::start(&workdir, "");
        let mut sheet = "email,new_email,send\n".to_owned();
        let mut seeded = Vec::new();
        for number in 1..=GUESTS {
            let silent = if number % 4 == 0 { "false" } else { "" };
            writeln!(sheet, "{},{},{silent}", old(number), new(number)).unwrap();
            seeded.push(json!({"address": old(number), "standing": "accepted"}));
        }
        practice.post("/people", &json!(seeded).to_string());
        workdir.write("resets.csv", &sheet);
        let ids = people(&practice);
        for number in 1..=GUESTS {
            let id = ids[&old(number)]["id"].as_str().unwrap();
            let body = json!({"otherMails": [old(number), format!("second-{number}@old.example")]});
            let token = format!("Bearer {}", practice.user_token);
            let headers = [
                ("content-type", "application/json"),
                ("authorization", &*token),
            ];
            let url = format!("{}/v1.0/users/{id}", practice.url);
            let answer = crate::support::client::ask("PATCH", &url, &headers, &body.to_string());
            assert_eq!(answer.status, 204, "{}", answer.body);
        }
        let before = people(&practice);
        let toml = weather(&mut dice);
        let value: toml::Value = toml::from_str(&toml).unwrap();
        practice.post("/weather", &serde_json::to_string(&value).unwrap());
        let what = format!("seed {seed}, kills {kills}\n{toml}");
        let mut runs = 0;
        loop {
            runs += 1;
            assert!(runs <= MOST_RUNS, "{what}");
            let mut run = command(&practice, &workdir).spawn().unwrap();
            if kills && runs <= 6 {
                std::thread::sleep(Duration::from_millis(dice.u64(100..1_500)));
                let _ = run.kill();
            }
            if run.wait().unwrap().success() {
                break;
            }
        }
        prove(&practice, &workdir, &before, &what);
        println!("{GUESTS} guests, {runs} runs, kills {kills}");
    }
}
