//! Random weather and random kills: nothing is deleted twice, nobody who is not ours, nobody who has redeemed.

use super::{change, command, deletions, invite, sheet, verb};
use crate::support::{Ended, Guests, Practice, Workdir};
use fastrand::Rng;
use serde_json::{Value, json};
use std::{collections::HashSet, thread::sleep, time::Duration};

const ALL: usize = 24;
const LEFT: usize = 12;

/// Faults of deletions, fewer of reads; answers are lost at once, and reads may show a deleted user for a while.
fn weather(rng: &mut Rng) -> Value {
    let mut chances = |names: &[&str], most: f64| -> Value {
        let mut faults = json!({"lost_ms": 30, "retry_after": "0.2"});
        for name in names {
            if rng.bool() {
                faults[*name] = json!(rng.f64() * most);
            }
        }
        faults
    };
    let deletions = chances(
        &[
            "throttled",
            "unavailable",
            "unavailable_after",
            "lost_before",
            "lost_after",
            "cut",
            "reset",
            "timed_out",
            "forged_before",
            "forged_after",
        ],
        0.1,
    );
    let reads = chances(&["throttled", "unavailable", "lost_after", "reset"], 0.04);
    json!({
        "seed": rng.u32(..),
        "replication": {"deletions_ms": rng.u64(0..600)},
        "faults": {"deletions": deletions, "batch": reads},
    })
}

#[test]
fn whatever_the_weather_and_whoever_kills_it() {
    let seeds = if std::env::var_os("GUESTLIST_LONG").is_some() {
        40
    } else {
        4
    };
    for seed in 0..seeds {
        one(seed);
    }
}

fn one(seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    practice.post(
        "/people",
        r#"[{"address": "others@partner.example", "standing": "pending"}]"#,
    );
    workdir.write(
        "guests.csv",
        sheet(1..=ALL).row("others@partner.example", "Others"),
    );
    invite(&workdir, &practice);
    workdir.write("guests.csv", sheet(1..=ALL - LEFT));
    verb(
        &workdir,
        &practice,
        &["leavers", "guests.csv", "--max-leavers", "20"],
    )
    .expect_code(0);
    let words = [
        "cleanup",
        "guests.leavers.csv",
        "--yes",
        "--max-deletes",
        "100",
        "--json",
        "-q",
    ];
    let mut redeemed: HashSet<String> = HashSet::new();
    for _ in 0..5 {
        practice.post("/weather", &weather(&mut rng).to_string());
        let mut process = command(&workdir, &practice, &words)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        if rng.bool() {
            sleep(Duration::from_millis(rng.u64(50..1_200)));
            let _ = process.kill();
        }
        let _ = process.wait();
        let who = Guests::address(rng.usize(ALL - LEFT + 1..=ALL));
        let person = practice.view(&format!("/people?address={who}"))["people"][0].clone();
        if person["deleted"].is_null() && redeemed.len() < 4 && redeemed.insert(who.clone()) {
            change(&practice, "accept", &who);
        }
    }
    practice.post("/weather", "");
    let mut told = Value::Null;
    for _ in 0..20 {
        let ended = Ended::of(&mut command(&workdir, &practice, &words));
        // A killed run is over when its sign of life is old or its lock is free.
        if ended.code == 5 {
            sleep(Duration::from_millis(200));
            continue;
        }
        told = ended.json();
        break;
    }
    let book = deletions(&practice);
    assert_eq!(book["twice"], json!([]), "seed {seed}: {book}");
    for deletion in book["deletions"].as_array().unwrap() {
        let address = deletion["address"].as_str().unwrap();
        let number: usize = address["guest-".len()..][..4].parse().unwrap();
        assert!(number > ALL - LEFT, "seed {seed}: {address}");
        assert_eq!(deletion["state"], "PendingAcceptance", "seed {seed}");
    }
    // In the end everybody is gone who is to go, and the others are there.
    let total = book["total"].as_u64().unwrap();
    // Who redeemed while the deletion was under way already is deleted all the same.
    let gone = super::deleted(&practice);
    let stay = redeemed.iter().filter(|who| !gone.contains(who)).count() as u64;
    assert_eq!(
        total + stay,
        LEFT as u64,
        "seed {seed}: {told} {redeemed:?}"
    );
}
