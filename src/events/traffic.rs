//! The throttles, waits and retries of a run, added up: the ledger keeps them for `guestlist runs`.
//!
//! Counted whether or not anything is logged. Each list is bounded.

use super::{
    parts::{Sent, WaitReason, rounded},
    timeline::Timeline,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Rows that were throttled, each once; further ones are only counted.
const MOST_ROWS: usize = 50;
/// What the sign-in service is asked for.
const TOKEN: &str = "token";

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Traffic {
    /// By what was asked for.
    pub throttles: BTreeMap<String, Throttles>,
    /// By reason.
    pub waits: BTreeMap<String, Waits>,
    /// By what was sent again.
    pub retries: BTreeMap<String, u64>,
    /// Why the run was to end early; a reason is told once.
    pub stops: Vec<StopSeen>,
    /// Throttles and waits by time.
    pub timeline: Timeline,
}

/// A reason to end early, and the answer that it is about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct StopSeen {
    pub at: Option<Timestamp>,
    pub reason: String,
    pub code: Option<String>,
    pub status: Option<u16>,
    pub request_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Throttles {
    pub count: u64,
    pub longest_retry_after_seconds: Option<f64>,
    pub first_at: Option<Timestamp>,
    pub last_at: Option<Timestamp>,
    pub rows: Vec<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Waits {
    pub count: u64,
    pub seconds: f64,
}

impl Traffic {
    /// How often Graph asked to slow down. The sign-in service, which may do so too, is not Graph.
    pub(crate) fn throttled_by_graph(&self) -> u64 {
        let throttles = self.throttles.iter();
        throttles
            .filter(|(request, _)| *request != TOKEN)
            .map(|(_, throttles)| throttles.count)
            .sum()
    }

    /// Adds what another run met, for a page about several runs. Rows and stops belong to one run, and are left out.
    pub(crate) fn add(&mut self, other: &Self) {
        for (request, throttles) in &other.throttles {
            let sum = self.throttles.entry(request.clone()).or_default();
            sum.count += throttles.count;
            let longest = [
                sum.longest_retry_after_seconds,
                throttles.longest_retry_after_seconds,
            ];
            sum.longest_retry_after_seconds = longest.into_iter().flatten().reduce(f64::max);
            let firsts = [sum.first_at, throttles.first_at];
            sum.first_at = firsts.into_iter().flatten().min();
            sum.last_at = sum.last_at.max(throttles.last_at);
        }
        for (reason, waits) in &other.waits {
            let sum = self.waits.entry(reason.clone()).or_default();
            sum.count += waits.count;
            sum.seconds += waits.seconds;
        }
        for (request, count) in &other.retries {
            *self.retries.entry(request.clone()).or_default() += count;
        }
        self.timeline.add(&other.timeline);
    }

    pub(crate) fn throttled(&mut self, request: &str, at: Timestamp, row: Option<u64>) {
        if request != TOKEN {
            self.timeline.throttled(at);
        }
        let throttles = self.throttles.entry(request.to_owned()).or_default();
        throttles.count += 1;
        throttles.first_at = throttles.first_at.or(Some(at));
        throttles.last_at = Some(at);
        if let Some(row) = row
            && throttles.rows.len() < MOST_ROWS
            && !throttles.rows.contains(&row)
        {
            throttles.rows.push(row);
        }
    }

    fn waited(&mut self, wait: &Wait, until: Timestamp) {
        let until = until.min(wait.until).max(wait.from);
        let seconds = until.duration_since(wait.from).as_secs_f64();
        let waits = self.waits.entry(wait.why.word().to_owned()).or_default();
        waits.seconds = ((waits.seconds + seconds) * 1000.0).round() / 1000.0;
        self.timeline.waited(wait.why.word(), wait.from, until);
    }
}

/// A wait that may not be over yet.
struct Wait {
    why: WaitReason,
    from: Timestamp,
    until: Timestamp,
}

/// What this process met, and the waits that it is in now.
struct Met {
    traffic: Traffic,
    waits: Vec<Wait>,
    /// Rows that are being settled, and since when there are any.
    settling: u64,
    settling_since: Option<Timestamp>,
    /// People who are being looked up.
    looking_up: u64,
}

/// What is going on at this moment, for the screen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Now {
    /// Nothing is sent until then.
    pub wait: Option<(WaitReason, Timestamp)>,
    pub looking_up: u64,
}

/// A process makes one run.
static MET: Mutex<Met> = Mutex::new(Met::NOTHING);

impl Met {
    const NOTHING: Self = Self {
        traffic: Traffic {
            throttles: BTreeMap::new(),
            waits: BTreeMap::new(),
            retries: BTreeMap::new(),
            stops: Vec::new(),
            timeline: Timeline::EMPTY,
        },
        waits: Vec::new(),
        settling: 0,
        settling_since: None,
        looking_up: 0,
    };

    fn of_the_run() -> MutexGuard<'static, Self> {
        MET.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds up the waits that are over.
    fn close(&mut self, now: Timestamp) {
        let (over, open) = std::mem::take(&mut self.waits)
            .into_iter()
            .partition(|wait| wait.until <= now);
        self.waits = open;
        let over: Vec<Wait> = over;
        for wait in &over {
            self.traffic.waited(wait, now);
        }
    }

    /// Since when rows are being settled, as a wait until now.
    fn settling(&self, now: Timestamp) -> Option<Wait> {
        self.settling_since.map(|from| Wait {
            why: WaitReason::Settle,
            from,
            until: now,
        })
    }
}

/// What this run met so far. A wait counts for as long as it has taken by now: one that was cut short took no longer.
pub(crate) fn traffic() -> Traffic {
    let now = now();
    let met = Met::of_the_run();
    let mut traffic = met.traffic.clone();
    for wait in met.waits.iter().chain(&met.settling(now)) {
        traffic.waited(wait, now);
    }
    traffic
}

pub(crate) fn going_on() -> Now {
    let now = now();
    let met = Met::of_the_run();
    let waits = met
        .waits
        .iter()
        .filter(|wait| wait.from <= now && now < wait.until);
    Now {
        wait: waits
            .max_by_key(|wait| wait.until)
            .map(|wait| (wait.why, wait.until)),
        looking_up: met.looking_up,
    }
}

pub(super) fn reset() {
    *Met::of_the_run() = Met::NOTHING;
}

/// To a thousandth of a second, as the ledger keeps it.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

pub(super) fn throttled(request: &str, row: Option<u64>, retry_after: Option<Duration>) {
    let mut met = Met::of_the_run();
    met.traffic.throttled(request, now(), row);
    if let Some(asked) = retry_after.map(rounded)
        && let Some(throttles) = met.traffic.throttles.get_mut(request)
    {
        let longest = throttles.longest_retry_after_seconds.unwrap_or_default();
        throttles.longest_retry_after_seconds = Some(asked.max(longest));
    }
}

pub(super) fn stopped(reason: &str, fault: &Sent<'_>) {
    let now = now();
    let mut met = Met::of_the_run();
    // A run that is to end waits for no room any more.
    for wait in &mut met.waits {
        if wait.why == WaitReason::DailyCap {
            wait.until = wait.until.min(now);
        }
    }
    met.close(now);
    met.traffic.stops.push(StopSeen {
        at: Some(now),
        reason: reason.to_owned(),
        code: fault.code.map(str::to_owned),
        status: fault.status,
        request_id: fault.request_id.map(str::to_owned),
    });
}

/// Nothing is sent for `wait` from now, which adds `longer` to the wait before.
pub(super) fn waits(why: WaitReason, wait: Duration, longer: Duration) {
    let now = now();
    let after = |wait| {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        now.saturating_add(wait).unwrap_or(now)
    };
    let mut met = Met::of_the_run();
    met.close(now);
    let waits = met.traffic.waits.entry(why.word().to_owned()).or_default();
    waits.count += 1;
    met.waits.push(Wait {
        why,
        from: after(wait.saturating_sub(longer)),
        until: after(wait),
    });
}

/// One more row is being settled or, with -1, no longer.
pub(super) fn settling(change: i64) {
    let now = now();
    let mut met = Met::of_the_run();
    met.settling = met.settling.saturating_add_signed(change);
    if change > 0 {
        let waits = met
            .traffic
            .waits
            .entry(WaitReason::Settle.word().to_owned());
        waits.or_default().count += 1;
        met.settling_since.get_or_insert(now);
    } else if met.settling == 0 {
        let settled = met.settling(now);
        met.settling_since = None;
        if let Some(settled) = settled {
            met.traffic.waited(&settled, now);
        }
    }
}

pub(super) fn looking_up(change: i64) {
    let mut met = Met::of_the_run();
    met.looking_up = met.looking_up.saturating_add_signed(change);
}

pub(super) fn retried(request: &str) {
    let mut met = Met::of_the_run();
    *met.traffic.retries.entry(request.to_owned()).or_default() += 1;
}
