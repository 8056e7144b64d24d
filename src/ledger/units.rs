//! Times and words as the tables hold them, and how long to wait for another program that has the file.

use jiff::Timestamp;
use std::time::Duration;

/// How long SQLite waits until another program lets go of the file.
pub(super) const BUSY: Duration = Duration::from_secs(10);

pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn timestamp(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

/// A column that holds one of a few words, or nothing.
pub(super) fn word<T>(text: Option<String>, from: impl Fn(&str) -> Option<T>) -> Option<T> {
    text.and_then(|text| from(&text))
}
