//! Random weather, random sheets, one to three runs: no row is lost or told twice, nobody is mailed twice.
//!
//! `GUESTLIST_LONG=1` tries many more; `GUESTLIST_SEED` repeats one case.

use super::proofs;
use crate::support::{Ended, Practice, Table, Workdir};
use std::collections::HashMap;

const SHEET: &str = "guests.csv";
const RESULTS: &str = "guests.results.csv";

#[test]
fn whatever_the_weather_every_row_has_one_outcome_and_nobody_two_mails() {
    let long = std::env::var("GUESTLIST_LONG").is_ok_and(|long| long == "1");
    let seeds: Vec<u64> = if let Ok(seed) = std::env::var("GUESTLIST_SEED") {
        vec![seed.parse().unwrap()]
    } else if long {
        (0..160).map(|_| fastrand::u64(..1_000_000)).collect()
    } else {
        // The same cases each time, so that a change is judged by what it changes.
        vec![577_118, 690_068, 58_371, 398_781, 189_075, 625_693]
    };
    // Most of a case is waiting: several at once.
    let queue = std::sync::Mutex::new(seeds.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                loop {
                    let Some(seed) = queue.lock().unwrap().next() else {
                        break;
                    };
                    case(seed);
                }
            });
        }
    });
}

/// A row as the test means it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Kind {
    New,
    Silent,
    Invalid,
    Duplicate,
    There(&'static str),
}

fn case(seed: u64) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let workdir = Workdir::new();
    let (sheet, kinds, people) = sheet(&mut dice);
    workdir.write(SHEET, sheet);
    let clocks = clocks(&mut dice);
    let weather = weather(&mut dice, &clocks);
    let ends = HowItEnds::drawn(&mut dice, kinds.len());
    // Only an app can answer a challenge.
    let as_app = ends.challenge_after.is_some() || dice.bool();
    // A 429 that is not true is believed when the run ends before the look that follows it.
    let untrue_throttles = weather.contains("throttled_after");
    let began = std::time::Instant::now();
    let told = || format!("seed {seed}, {ends:?}, weather:\n{weather}");
    let practice = Practice::start(&workdir, &(ends.before() + &weather + &ends.after()));
    practice.post("/people", &serde_json::Value::from(people).to_string());
    let runs = dice.usize(1..=3);
    let update_existing = dice.bool();
    let mut imported = false;
    for run in 1..=runs {
        if run == 3 {
            // Faults end; a clock stays as it is.
            practice.post("/weather", &clocks);
        }
        let mut more = vec![
            "--json",
            "--settle",
            "1s",
            "--ask-again-after",
            "3s",
            "--rate",
            "max",
            "--workers",
            "6",
            "--max-failures",
            "100%",
            "--allow",
            "groups",
        ];
        if update_existing {
            more.push("--update-existing");
        }
        let stop = dice.usize(1..=kinds.len()).to_string();
        match dice.u8(0..6) {
            0 => more.extend(["--max-invites", &stop]),
            1 => more.extend(["--max-duration", "2s"]),
            _ => {}
        }
        if run == 1 && ends.throttled_for_ever.is_some() && !more.contains(&"--max-duration") {
            more.extend(["--max-duration", "5s"]);
        }
        let mut command = if as_app {
            practice.invite_as_app(&workdir, SHEET, &more)
        } else {
            practice.invite(&workdir, SHEET, &more)
        };
        let ended = Ended::of(&mut command);
        if run == 1 && ends.throttled_for_ever.is_some() {
            practice.post("/weather", &weather);
        }
        let blocked = ends.block_after.is_some() && ended.code == 7;
        assert!(
            blocked || [0, 4, 5, 8, 10].contains(&ended.code),
            "{}\n{}",
            told(),
            ended.stderr
        );
        proofs::nobody_twice(&practice);
        proofs::each_change_once(&practice);
        // Something on the way answered the first request: the run ended before it began.
        if ended.code == 5 && !ended.json()["outcomes"].is_object() {
            continue;
        }
        conserved(&ended.json(), kinds.len(), &told);
        let table = workdir.table(RESULTS);
        let doubts = Doubts {
            untrue_throttles,
            imported,
        };
        true_to_the_tenant(&practice, &table, &kinds, doubts, &told);
        if run < runs && !untrue_throttles && dice.u8(0..4) == 0 {
            // The ledger is lost, and rebuilt from these results.
            for file in ["guestlist.db", "guestlist.db-wal", "guestlist.db-shm"] {
                let _ = std::fs::remove_file(workdir.path(file));
            }
            let import = ["ledger", "import", RESULTS, "--ledger", "guestlist.db"];
            workdir.run(&import).expect_code(0);
            imported = true;
        }
    }
    eprintln!(
        "seed {seed}: {} rows, {runs} runs, {:.0} s",
        kinds.len(),
        began.elapsed().as_secs_f64()
    );
}

/// Rows in = rows out = the sum of the outcomes.
fn conserved(report: &serde_json::Value, rows: usize, told: &dyn Fn() -> String) {
    let sum: u64 = report["outcomes"]
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(sum, rows as u64, "{}\n{report}", told());
    assert_eq!(report["rows"], rows as u64, "{}", told());
}

/// What the results need not know.
#[derive(Clone, Copy)]
struct Doubts {
    /// A 429 after the work was done.
    untrue_throttles: bool,
    /// What the look-up before an ask had seen is not in the results that an import reads.
    imported: bool,
}

fn true_to_the_tenant(
    practice: &Practice,
    table: &Table,
    kinds: &[Kind],
    doubts: Doubts,
    told: &dyn Fn() -> String,
) {
    assert_eq!(table.0.len(), kinds.len(), "{}", told());
    let mails = proofs::mails(practice);
    for (index, (row, kind)) in table.0.iter().zip(kinds).enumerate() {
        let told = || {
            format!(
                "{}\n{kind:?} {row:?}\n{}",
                told(),
                proofs::story(practice, &row["email"].to_lowercase())
            )
        };
        assert_eq!(row["row"], (index + 2).to_string(), "{}", told());
        if row["follow_up"] == "done" {
            let person = practice.view(&format!("/people?address={}", row["email"]));
            let person = &person["people"][0];
            assert_eq!(person["company_name"], row["company"], "{}", told());
            assert_eq!(person["groups"].as_array().unwrap().len(), 1, "{}", told());
        }
        let count = mails
            .get(&row["email"].to_lowercase())
            .copied()
            .unwrap_or(0);
        let outcome = row["outcome"].as_str();
        match kind {
            Kind::Invalid => assert_eq!(outcome, "invalid", "{}", told()),
            Kind::Duplicate => assert_eq!(outcome, "duplicate", "{}", told()),
            Kind::There(expected) => {
                assert_eq!(count, 0, "{}", told());
                assert!(
                    [*expected, "not-attempted", "failed"].contains(&outcome),
                    "{}",
                    told()
                );
            }
            Kind::New | Kind::Silent => {
                let found = doubts.imported && outcome == "exists-pending";
                assert!(
                    found || ["invited", "unknown", "failed", "not-attempted"].contains(&outcome),
                    "{}",
                    told()
                );
                if *kind == Kind::Silent {
                    assert_eq!(count, 0, "{}", told());
                }
            }
        }
        if outcome == "invited" {
            proofs::link_leads_to(practice, row);
            let expected = if *kind == Kind::Silent {
                "none"
            } else {
                "requested"
            };
            if row["mail"] == "unknown" {
                assert_eq!(*kind, Kind::New, "{}", told());
            } else {
                assert_eq!(row["mail"], expected, "{}", told());
                assert_eq!(count, usize::from(*kind == Kind::New), "{}", told());
            }
        }
        if ["failed", "not-attempted"].contains(&outcome) && !doubts.untrue_throttles {
            assert_eq!(count, 0, "{}", told());
        }
    }
}

/// A sheet, what each of its rows is, and the people who are there already.
fn sheet(dice: &mut fastrand::Rng) -> (String, Vec<Kind>, Vec<serde_json::Value>) {
    let standings: HashMap<&str, &'static str> = HashMap::from([
        ("pending", "exists-pending"),
        ("accepted", "exists-accepted"),
        ("disabled", "exists-disabled"),
        ("stateless", "exists-accepted"),
    ]);
    let mut names: Vec<&str> = standings.keys().copied().collect();
    names.sort_unstable();
    let mut text = String::from("email,display_name,send,company,groups\n");
    let (mut kinds, mut people) = (Vec::new(), Vec::new());
    let mut known: Vec<String> = Vec::new();
    for row in 0..dice.usize(5..40) {
        let address = format!("p{row:03}@partner.example");
        let kind = match dice.u8(0..20) {
            0 => Kind::Invalid,
            1 if !known.is_empty() => Kind::Duplicate,
            2 | 3 => Kind::Silent,
            4 | 5 => {
                let standing = names[dice.usize(..names.len())];
                people.push(serde_json::json!({"address": address, "standing": standing}));
                Kind::There(standings[standing])
            }
            _ => Kind::New,
        };
        let email = match kind {
            Kind::Invalid => format!("p{row:03} at partner.example"),
            Kind::Duplicate => known[dice.usize(..known.len())].to_uppercase(),
            _ => address.clone(),
        };
        if kind == Kind::New {
            known.push(address);
        }
        let send = if kind == Kind::Silent { "no" } else { "" };
        text += &format!("{email},Person {row},{send},Partner {row},Project Atlas\n");
        kinds.push(kind);
    }
    (text, kinds, people)
}

/// What happens to all invitations from some moment on.
#[derive(Debug, Clone)]
struct HowItEnds {
    /// The Retry-After of a throttle under any name that does not end in the first run.
    throttled_for_ever: Option<&'static str>,
    block_after: Option<usize>,
    challenge_after: Option<usize>,
}

impl HowItEnds {
    fn drawn(dice: &mut fastrand::Rng, rows: usize) -> Self {
        let mut rarely = |of: u8| (dice.u8(0..of) == 0).then(|| dice.usize(1..=rows));
        let (forever, block_after, challenge_after) = (rarely(8), rarely(8), rarely(4));
        Self {
            throttled_for_ever: forever.map(|_| RETRY_AFTER[dice.usize(..RETRY_AFTER.len())]),
            block_after,
            challenge_after,
        }
    }

    /// What stands before the tables of a weather file.
    fn before(&self) -> String {
        self.block_after
            .map_or(String::new(), |after| format!("block_after = {after}\n"))
    }

    fn after(&self) -> String {
        let mut text = String::new();
        if let Some(after) = self.challenge_after {
            text += &format!("[sign_in]\nchallenge_after = {after}\n");
        }
        if let Some(wait) = self.throttled_for_ever {
            text += "[[script]]\nkind = \"invitations\"\nskip = 3\ncount = 100000\nfault = \"throttled\"\nthrottled_as = \"activity-limit\"\n";
            text += &retry_after(wait);
        }
        text
    }
}

/// Every form in which a server asks to wait; empty: it names no time.
const RETRY_AFTER: [&str; 5] = ["0.4", "0", "1", "Sun, 01 Nov 2026 08:00:00 GMT", ""];

fn retry_after(wait: &str) -> String {
    if wait.is_empty() {
        String::new()
    } else {
        format!("retry_after = \"{wait}\"\n")
    }
}

/// The tenant and the way to it. What happens on this machine (a lock deleted, a ledger imported or restored, a second
/// run) is for the rounds in `case`.
pub(super) fn weather(dice: &mut fastrand::Rng, clocks: &str) -> String {
    let lag = if dice.bool() { 0 } else { dice.u64(0..5_000) };
    let mut text = format!(
        "seed = {}\n[latency]\nmin_ms = 0\nmax_ms = {}\ninvitations_ms = {}\n[replication]\nfilters_ms = {lag}\nby_id_ms = {}\nwrites_ms = {}\n",
        dice.u32(..),
        dice.u64(0..200),
        if dice.bool() { 0 } else { dice.u64(0..1_500) },
        if dice.bool() { 0 } else { dice.u64(0..700) },
        if dice.bool() { 0 } else { dice.u64(0..900) },
    );
    text += clocks;
    text += "[faults.invitations]\nlost_ms = 50\nbody = \"mixed\"\n";
    let severity = [0.02, 0.1, 0.25][dice.usize(..3)];
    // Told to wait again and again the run slows down for long: then a case takes minutes.
    if severity < 0.05 {
        text += "throttled_as = \"mixed\"\nthrottled = 0.03\n";
        text += &retry_after(RETRY_AFTER[dice.usize(..RETRY_AFTER.len())]);
        // Held where the look after Retry-After can see the guest; beyond that nothing is promised.
        if lag == 0 && dice.bool() {
            text += "throttled_after = 0.05\n";
        }
    }
    let faults = [
        "forged_before",
        "forged_after",
        "swapped",
        "unavailable",
        "unavailable_after",
        "lost_before",
        "lost_after",
        "cut",
        "reset",
        "timed_out",
        "silent_failure",
        "status_error",
        "no_user",
        "no_link",
    ];
    // Together they stay below one.
    let mut left = 0.9;
    for fault in faults {
        if dice.u8(0..3) == 0 {
            let chance = (dice.f64() * severity).min(left);
            left -= chance;
            text += &format!("{fault} = {chance:.4}\n");
        }
    }
    for kind in ["userUpdate", "members"] {
        text += &format!("[faults.{kind}]\nlost_ms = 50\n");
        for fault in ["unavailable_after", "lost_after", "lost_before", "cut"] {
            if dice.u8(0..2) == 0 {
                text += &format!("{fault} = {:.3}\n", dice.f64() * 0.1);
            }
        }
    }
    text += "[faults.all]\nlost_ms = 50\n";
    for fault in [
        "unavailable",
        "lost_before",
        "cut",
        "reset",
        "forged_before",
    ] {
        if dice.u8(0..3) == 0 {
            text += &format!("{fault} = {:.3}\n", dice.f64() * 0.06);
        }
    }
    text
}

/// Clocks of the tenant that are wrong, by a little or by a lot, or that disagree among themselves.
pub(super) fn clocks(dice: &mut fastrand::Rng) -> String {
    let mut ahead = || match dice.u8(0..4) {
        0 => 0,
        1 => dice.i32(-8..=8),
        2 => dice.i32(-90..=90),
        _ => dice.i32(-700..=700),
    };
    let (date, created) = (ahead(), ahead());
    // So far apart that hardly two of them ever agree: through clocks that do nobody can tell the time.
    let spread = if dice.u8(0..5) == 0 {
        dice.u32(300..900)
    } else {
        0
    };
    format!(
        "[clocks]\ndate = {date}\nwithout_date = {}\ncreated = {created}\ncreated_spread = {spread}\n",
        dice.u8(0..5) == 0
    )
}
