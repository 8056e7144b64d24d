//! `remind` every night for a month, killed at random instants, in bad weather: each pending guest as configured, nobody
//! who has redeemed, nobody twice within the time in between, nobody whose address belongs to another user now.
//!
//! `GUESTLIST_LONG=1 cargo test --test guestlist nights -- --nocapture` takes 60 guests through 30 nights; without it, a
//! short version. `GUESTLIST_SEED` repeats a run's dice.

use super::{change, days_pass};
use crate::support::{Guests, Practice, Workdir};
use std::{
    collections::{HashMap, HashSet},
    process::Stdio,
    time::{Duration, Instant},
};

const WEATHER: &str = r#"
[latency]
min_ms = 2
max_ms = 20
[faults.invitations]
throttled = 0.02
throttled_after = 0.02
unavailable = 0.02
unavailable_after = 0.03
lost_before = 0.03
lost_after = 0.04
cut = 0.03
reset = 0.03
no_link = 0.01
forged_after = 0.01
swapped = 0.01
lost_ms = 50
retry_after = "0.1"
[faults.user]
unavailable = 0.02
[faults.batch]
unavailable = 0.02
"#;

struct Month {
    guests: usize,
    nights: u64,
    older_than: u64,
    every: u64,
    /// Of a hundred runs, how many are killed.
    killed: u8,
}

#[test]
fn a_month_of_reminders_with_kills_keeps_every_promise() {
    let long = std::env::var("GUESTLIST_LONG").is_ok_and(|long| long == "1");
    let month = if long {
        Month {
            guests: 60,
            nights: 30,
            older_than: 14,
            every: 7,
            killed: 60,
        }
    } else {
        Month {
            guests: 10,
            nights: 9,
            older_than: 3,
            every: 2,
            killed: 50,
        }
    };
    let seed = match std::env::var("GUESTLIST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => fastrand::u64(..1_000_000),
    };
    println!("seed {seed}");
    let mut dice = fastrand::Rng::with_seed(seed);
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(month.guests));
    super::invite(&workdir, &practice);
    practice.post("/weather", &as_json(WEATHER, seed));

    // The nights on which each guest was mailed, and those after which nobody may be.
    let mut mailed: HashMap<String, Vec<u64>> = HashMap::new();
    let mut left: HashMap<String, u64> = HashMap::new();
    let mut counted: HashMap<String, u64> = mails(&practice);
    let (mut kills, mut runs) = (0, 0);
    for night in 1..=month.nights {
        days_pass(&workdir, 1);
        // By day some redeem, some go, and now and then an address gets another owner.
        for number in 1..=month.guests {
            let address = Guests::address(number);
            if left.contains_key(&address)
                || !dice
                    .u64(..month.nights * 3)
                    .is_multiple_of(month.nights * 3)
            {
                continue;
            }
            match dice.u8(..4) {
                0 | 1 => change(&practice, "accept", &address),
                2 => change(&practice, "purge", &address),
                _ => {
                    let other = format!(r#"[{{"address": "{address}", "standing": "member"}}]"#);
                    practice.post("/people", &other);
                }
            }
            left.insert(address, night);
        }
        loop {
            runs += 1;
            let kill_after = (dice.u8(..100) < month.killed).then(|| dice.u64(..900));
            if ended(&workdir, &practice, &month, kill_after) {
                break;
            }
            kills += 1;
        }
        let now = mails(&practice);
        for (address, count) in &now {
            let before = counted.get(address).copied().unwrap_or(0);
            assert!(
                count - before <= 1,
                "{address} twice in night {night} (seed {seed})"
            );
            if *count > before {
                mailed.entry(address.clone()).or_default().push(night);
            }
        }
        counted = now;
    }
    let mut reminders = 0;
    let ledger = super::ledger(&workdir);
    for number in 1..=month.guests {
        let address = Guests::address(number);
        let nights = mailed.get(&address).cloned().unwrap_or_default();
        reminders += nights.len();
        // A throttled ask may have been a mail all the same, and does not use up a reminder.
        let throttled: usize = ledger
            .query_row(
                "SELECT count(*) FROM event JOIN person ON person.id = event.person
                 WHERE person.key = ?1 AND event.kind = 'throttled'",
                [&address],
                |row| row.get(0),
            )
            .unwrap();
        assert!(
            nights.len() <= 2 + throttled,
            "{address}: {nights:?}, {throttled} throttled (seed {seed})"
        );
        assert!(
            nights
                .first()
                .is_none_or(|first| *first >= month.older_than),
            "{address}: {nights:?}"
        );
        assert!(
            nights
                .windows(2)
                .all(|pair| pair[1] - pair[0] >= month.every),
            "{address}: {nights:?} (seed {seed})"
        );
        if let Some(end) = left.get(&address) {
            assert!(
                nights.iter().all(|night| night < end),
                "{address} had left in {end}: {nights:?} (seed {seed})"
            );
        }
    }
    // Whoever stayed pending was asked for as often as configured; what has no answer counts.
    let stayed: HashSet<String> = (1..=month.guests)
        .map(Guests::address)
        .filter(|address| !left.contains_key(address))
        .collect();
    let mut asked = 0;
    for address in &stayed {
        let reminded: u64 = ledger
            .query_row(
                "SELECT count(*) FROM event AS asked JOIN person ON person.id = asked.person
                 WHERE person.key = ?1 AND asked.kind = 'intent' AND asked.detail = 'remind'
                    AND NOT EXISTS (SELECT 1 FROM event AS answer WHERE answer.intent = asked.id AND answer.kind IN ('not-performed', 'throttled'))",
                [address],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(reminded, 2, "{address} (seed {seed})");
        asked += reminded;
    }
    println!(
        "seed {seed}: {} guests, {} nights, {runs} runs, {kills} of them killed; {reminders} reminders, {asked} asked for by those who stayed, nobody twice",
        month.guests, month.nights
    );
}

/// One run of `remind`, killed after so many milliseconds; whether it ended by itself, with everybody asked who was due.
fn ended(workdir: &Workdir, practice: &Practice, month: &Month, kill_after: Option<u64>) -> bool {
    let (older, every) = (
        format!("{}d", month.older_than),
        format!("{}d", month.every),
    );
    let verb = [
        "remind",
        "--yes",
        "--max-mails",
        "1000",
        "--older-than",
        &older,
        "--every",
        &every,
        "-q",
    ];
    let mut command = practice.verb(workdir, &verb);
    command
        .env("GUESTLIST_INVITE_RATE", "max")
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    if let Some(millis) = kill_after {
        let end = Instant::now() + Duration::from_millis(millis);
        while Instant::now() < end {
            if process.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        if process.try_wait().unwrap().is_none() {
            process.kill().unwrap();
            process.wait().unwrap();
            return false;
        }
    }
    let output = process.wait_with_output().unwrap();
    let code = output.status.code();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(code, Some(0 | 4 | 5)), "exit {code:?}: {said}");
    code != Some(5)
}

fn mails(practice: &Practice) -> HashMap<String, u64> {
    let view = practice.view("/mails");
    let addresses = view["addresses"].as_object().unwrap();
    addresses
        .iter()
        .map(|(address, mails)| (address.clone(), mails.as_array().unwrap().len() as u64))
        .collect()
}

fn as_json(weather: &str, seed: u64) -> String {
    let mut weather: serde_json::Value = toml::from_str(weather).unwrap();
    weather["seed"] = seed.into();
    weather.to_string()
}
