//! The throttles, waits and retries of a run, added up: the ledger keeps them for `guestlist runs`.
//!
//! Counted whether or not anything is logged. Each list is bounded.

use super::parts::{Sent, WaitReason, rounded};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Rows that were throttled, each once; further ones are only counted.
const MOST_ROWS: usize = 50;

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

/// A process makes one run.
static TRAFFIC: Mutex<Traffic> = Mutex::new(Traffic {
    throttles: BTreeMap::new(),
    waits: BTreeMap::new(),
    retries: BTreeMap::new(),
    stops: Vec::new(),
});

fn of_the_run() -> MutexGuard<'static, Traffic> {
    TRAFFIC.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What this run met so far.
pub(crate) fn traffic() -> Traffic {
    of_the_run().clone()
}

pub(super) fn reset() {
    *of_the_run() = Traffic::default();
}

fn now() -> Option<Timestamp> {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok()
}

pub(super) fn throttled(request: &str, row: Option<u64>, retry_after: Option<Duration>) {
    let now = now();
    let mut traffic = of_the_run();
    let throttles = traffic.throttles.entry(request.to_owned()).or_default();
    throttles.count += 1;
    throttles.first_at = throttles.first_at.or(now);
    throttles.last_at = now;
    if let Some(asked) = retry_after.map(rounded) {
        let longest = throttles.longest_retry_after_seconds.unwrap_or_default();
        throttles.longest_retry_after_seconds = Some(asked.max(longest));
    }
    if let Some(row) = row
        && throttles.rows.len() < MOST_ROWS
        && !throttles.rows.contains(&row)
    {
        throttles.rows.push(row);
    }
}

pub(super) fn stopped(reason: &str, fault: &Sent<'_>) {
    of_the_run().stops.push(StopSeen {
        at: now(),
        reason: reason.to_owned(),
        code: fault.code.map(str::to_owned),
        status: fault.status,
        request_id: fault.request_id.map(str::to_owned),
    });
}

pub(super) fn waits(why: WaitReason, longer: Duration) {
    let mut traffic = of_the_run();
    let waits = traffic.waits.entry(why.word().to_owned()).or_default();
    waits.count += 1;
    waits.seconds = (waits.seconds * 1000.0 + longer.as_millis() as f64).round() / 1000.0;
}

pub(super) fn retried(request: &str) {
    let mut traffic = of_the_run();
    *traffic.retries.entry(request.to_owned()).or_default() += 1;
}
