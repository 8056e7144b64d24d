//! The result of one request: an answer with its headers read, or the reason why there is none. Its size is bounded.
//!
//! Must not decide what an answer means; `verdict` does.

use super::{
    auth::{Claims, MethodName},
    catalogue,
    class::Class,
};
use crate::problem::Code;
use jiff::Timestamp;
use std::{fmt, time::Duration};

/// A longer wait is cut to this; a run gives up long before.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// What came of a request that was sent once.
#[derive(Debug, Clone)]
pub(crate) enum Attempt {
    Answered(Answer),
    /// There was no connection, so nothing was sent.
    NotConnected(Unreached),
    /// The request was sent, or may have been sent, and no status came back.
    NoAnswer(String),
}

/// What advice on a refusal needs to know about the request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asker {
    /// How the sign-in was made. None: it makes no difference.
    pub method: Option<MethodName>,
    /// The least permission that the request needs.
    pub permission: Option<&'static str>,
}

/// Why there was no connection.
#[derive(Debug, Clone)]
pub(crate) struct Unreached {
    pub code: Code,
    pub class: Class,
    pub why: String,
}

impl From<String> for Unreached {
    fn from(why: String) -> Self {
        Self {
            code: catalogue::NOT_CONNECTED,
            class: Class::NotSent,
            why,
        }
    }
}

/// A status line and what followed it.
#[derive(Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// How much of a throttling limit is used (`x-ms-throttle-limit-percentage`): 1.0 is all of it. Graph tells it from 0.8
    /// on.
    pub limit_used: Option<f64>,
    /// The server's clock.
    pub date: Option<Timestamp>,
    pub request_id: Option<String>,
    /// Whether it has a header that only Graph sets.
    pub has_graph_header: bool,
    /// Who wrote or forwarded the answer, as its headers say (`Server`, `Via`).
    pub answered_by: Option<String>,
    /// Whether this is one of the answers inside a `$batch`, which only Graph writes.
    pub is_batch_item: bool,
    /// `WWW-Authenticate`, which names the reason of some 401s.
    pub www_authenticate: Option<String>,
    pub body: Vec<u8>,
    pub ending: Ending,
    pub asker: Asker,
}

/// How the body ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Ending {
    #[default]
    Whole,
    /// The connection was cut or timed out in the middle.
    Cut(String),
    /// It was longer than any answer that is expected; the rest was not read.
    TooLong,
}

impl Answer {
    /// The claims that a new token must be asked for with.
    pub fn challenge(&self) -> Option<Claims> {
        (self.status == 401)
            .then(|| Claims::of(self.www_authenticate.as_deref()?))
            .flatten()
    }

    pub fn is_whole(&self) -> bool {
        self.ending == Ending::Whole
    }
}

/// Does not show the body, because bodies hold addresses and links.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("retry_after", &self.retry_after)
            .field("date", &self.date)
            .field("request_id", &self.request_id)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

/// `Retry-After` as a number of seconds (Graph also sends decimals, such as `2.128`) or as a date, which
/// is compared with the answer's own `Date`, because clocks differ. None: the value is not valid.
pub(crate) fn retry_after(
    value: &str,
    server_now: Option<Timestamp>,
    now: Timestamp,
) -> Option<Duration> {
    let value = value.trim();
    let is_number = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds = if is_number {
        value.parse::<f64>().ok()?
    } else {
        let until = http_date(value)?;
        until
            .duration_since(server_now.unwrap_or(now))
            .as_secs_f64()
    };
    Some(Duration::from_secs_f64(
        seconds.clamp(0.0, LONGEST_RETRY_AFTER.as_secs_f64()),
    ))
}

/// The value of `x-ms-throttle-limit-percentage`. What no limit can be used by is ignored.
pub(super) fn limit_used(value: &str) -> Option<f64> {
    let used: f64 = value.trim().parse().ok()?;
    (0.0..=10.0).contains(&used).then_some(used)
}

pub(crate) fn http_date(value: &str) -> Option<Timestamp> {
    Timestamp::try_from(httpdate::parse_http_date(value.trim()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(value: &str) -> Option<f64> {
        let server: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let ours: Timestamp = "2026-11-22T18:00:00Z".parse().unwrap();
        retry_after(value, Some(server), ours).map(|d| d.as_secs_f64())
    }

    #[test]
    fn the_used_part_of_a_limit() {
        assert_eq!(limit_used(" 0.85"), Some(0.85));
        for wrong in ["", "80%", "NaN", "inf", "-1", "1e300", "0.8, 0.9"] {
            assert_eq!(limit_used(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_form_of_retry_after() {
        assert_eq!(after("7"), Some(7.0));
        assert_eq!(after(" 2.128 "), Some(2.128));
        assert_eq!(after("0"), Some(0.0));
        assert_eq!(
            after("Sun, 22 Nov 2026 12:00:30 GMT"),
            Some(30.0),
            "by the server's clock"
        );
        assert_eq!(after("Sun, 22 Nov 2026 11:00:00 GMT"), Some(0.0), "past");
        assert_eq!(after("99999999999999999999999"), Some(86400.0), "clamped");
        for nonsense in ["", "-5", "soon", "inf", "NaN", "1e9", "1.2.3", "."] {
            assert_eq!(after(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn without_a_date_of_the_answer_our_clock_serves() {
        let ours: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let after = retry_after("Sun, 22 Nov 2026 12:00:05 GMT", None, ours);
        assert_eq!(after, Some(Duration::from_secs(5)));
    }

    proptest! {
        #[test]
        fn no_retry_after_is_longer_than_a_day(value in ".{0,40}") {
            if let Some(wait) = retry_after(&value, None, Timestamp::UNIX_EPOCH) {
                prop_assert!(wait <= LONGEST_RETRY_AFTER);
            }
        }
    }
}
