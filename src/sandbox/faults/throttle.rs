//! The throttling limits of Microsoft Graph for identity and access: invitations per tenant, writes and resource units
//! per app and tenant (Microsoft Graph: service-specific throttling limits). Throttled requests count too.

use crate::sandbox::{
    faults::weather::{LimitModel, RetryAfterForm, ThrottleSettings},
    messages::{request::GraphRequest, request_kind::RequestKind},
};
use jiff::Timestamp;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// What a request counts against each limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct RequestCost {
    pub resource_units: u32,
    pub writes: u32,
    pub invitations: u32,
}

impl RequestCost {
    /// The documented cost of a request. `$select` and a small `$top` make a read cheaper, `$expand` dearer.
    pub(crate) fn of(request: &GraphRequest) -> Self {
        let request_kind = request.kind();
        let select = request.option("$select").is_some();
        let small_page = request
            .option("$top")
            .and_then(|top| top.parse::<u32>().ok())
            .is_some_and(|top| top < 20);
        let base = match request_kind {
            // Each item of a batch counts by itself.
            RequestKind::Batch => return Self::default(),
            RequestKind::GetByIds => {
                return Self {
                    resource_units: if select { 2 } else { 5 },
                    ..Self::default()
                };
            }
            _ if request.method != "GET" => {
                return Self {
                    resource_units: 1,
                    writes: 1,
                    invitations: u32::from(request_kind == RequestKind::Invitations),
                };
            }
            RequestKind::Users | RequestKind::User => 2,
            _ => 1,
        };
        let saved = u32::from(select) + u32::from(small_page);
        let expanded = u32::from(request.option("$expand").is_some());
        Self {
            resource_units: (base + expanded).saturating_sub(saved).max(1),
            ..Self::default()
        }
    }
}

/// A limit was exceeded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Throttled {
    pub retry_after: Duration,
    /// The `x-ms-throttle-information` header: which limit it was.
    pub information: &'static str,
}

#[derive(Debug)]
pub(crate) struct Throttle {
    rules: ThrottleSettings,
    invitations: RateLimit,
    writes: RateLimit,
    resource_units: RateLimit,
}

impl Throttle {
    pub(crate) fn new(rules: &ThrottleSettings) -> Self {
        let limit = |allowed: u32, seconds: u64| RateLimit {
            allowed: (f64::from(allowed) * rules.scale).ceil(),
            window: Duration::from_secs(seconds),
            off: allowed == 0,
            ..RateLimit::default()
        };
        Self {
            invitations: limit(rules.invitations_per_5s, 5),
            writes: limit(rules.writes_per_150s, 150),
            resource_units: limit(rules.resource_units_per_10s, 10),
            rules: rules.clone(),
        }
    }

    /// Counts a request against all limits. The error names the limit with the longest wait.
    pub(crate) fn admit(&mut self, cost: RequestCost, now: Instant) -> Result<(), Throttled> {
        let model = self.rules.model;
        let waits = [
            self.invitations.take(cost.invitations, model, now),
            self.writes.take(cost.writes, model, now),
            self.resource_units.take(cost.resource_units, model, now),
        ];
        let names = [
            "CPULimitExceeded",
            "WriteLimitExceeded",
            "ResourceUnitLimitExceeded",
        ];
        let Some((wait, information)) = waits
            .into_iter()
            .zip(names)
            .filter_map(|(wait, name)| Some((wait?, name)))
            .max_by_key(|(wait, _)| *wait)
        else {
            return Ok(());
        };
        let least = Duration::from_secs_f64(self.rules.min_retry_after);
        Err(Throttled {
            retry_after: wait.max(least),
            information,
        })
    }

    /// How far the limit that is nearest to its end is used up: 1.0 is all of it.
    pub(crate) fn highest_usage(&self) -> f64 {
        [&self.invitations, &self.writes, &self.resource_units]
            .into_iter()
            .map(RateLimit::usage)
            .fold(0.0, f64::max)
    }

    pub(crate) fn retry_after_form(&self) -> RetryAfterForm {
        self.rules.retry_after
    }
}

/// The text of a Retry-After header, and the wait that this text asks for. Rounding makes the wait longer, never shorter.
pub(crate) fn format_retry_after(
    form: RetryAfterForm,
    wait: Duration,
    now: Timestamp,
) -> (Option<String>, Duration) {
    match form {
        RetryAfterForm::Absent => (None, Duration::ZERO),
        RetryAfterForm::Integer => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            (Some(seconds.to_string()), Duration::from_secs(seconds))
        }
        RetryAfterForm::Decimal => {
            let milliseconds = wait.as_millis() as u64 + 1;
            (
                Some(format!("{:.3}", milliseconds as f64 / 1000.0)),
                Duration::from_millis(milliseconds),
            )
        }
        RetryAfterForm::Date => {
            let now = Duration::from_millis(now.as_millisecond().unsigned_abs());
            let until = Duration::from_secs((now + wait).as_secs() + 1);
            let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + until);
            (Some(date), until.saturating_sub(now))
        }
    }
}

/// The wait that a Retry-After header asks for; `None` when the text is neither seconds nor a date.
pub(crate) fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    Some(until.saturating_sub(Duration::from_millis(now.as_millisecond().unsigned_abs())))
}

/// One limit. Only the fields of its model are used.
#[derive(Debug, Default)]
struct RateLimit {
    allowed: f64,
    window: Duration,
    off: bool,
    /// Token bucket: how much was in it at which time.
    level: Option<(f64, Instant)>,
    /// Sliding window: how much was taken at which time, and the sum of it.
    taken: VecDeque<(Instant, f64)>,
    sum: f64,
}

impl RateLimit {
    fn take(&mut self, cost: u32, model: LimitModel, now: Instant) -> Option<Duration> {
        if self.off || cost == 0 {
            return None;
        }
        let cost = f64::from(cost);
        match model {
            LimitModel::Bucket => self.take_from_bucket(cost, now),
            LimitModel::Window => self.take_from_window(cost, now),
        }
    }

    fn take_from_bucket(&mut self, cost: f64, now: Instant) -> Option<Duration> {
        let per_second = self.allowed / self.window.as_secs_f64();
        let (level, at) = self.level.unwrap_or((self.allowed, now));
        let gained = now.saturating_duration_since(at).as_secs_f64() * per_second;
        let level = (level + gained).min(self.allowed);
        // Throttled requests count too, but the debt is never more than a tenth of the limit.
        let left = (level - cost).max(-self.allowed / 10.0);
        self.level = Some((left, now.max(at)));
        // One microsecond more, so that rounding never makes the wait too short.
        (level < cost)
            .then(|| Duration::from_secs_f64((cost - left) / per_second) + Duration::from_micros(1))
    }

    fn take_from_window(&mut self, cost: f64, now: Instant) -> Option<Duration> {
        while let Some((at, taken)) = self.taken.front().copied() {
            if now.saturating_duration_since(at) < self.window {
                break;
            }
            self.taken.pop_front();
            self.sum -= taken;
        }
        if self.sum + cost <= self.allowed {
            self.taken.push_back((now, cost));
            self.sum += cost;
            return None;
        }
        let (oldest, _) = self.taken.front().copied().unwrap_or((now, 0.0));
        Some((oldest + self.window).saturating_duration_since(now))
    }

    fn usage(&self) -> f64 {
        if self.off {
            return 0.0;
        }
        match self.level {
            Some((level, _)) => 1.0 - level / self.allowed,
            None => self.sum / self.allowed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITATION: RequestCost = RequestCost {
        resource_units: 1,
        writes: 1,
        invitations: 1,
    };

    fn throttle(model: LimitModel) -> Throttle {
        Throttle::new(&ThrottleSettings {
            invitations_per_5s: 150,
            model,
            min_retry_after: 0.0,
            ..ThrottleSettings::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_thirty_per_second() {
        let mut throttle = throttle(LimitModel::Bucket);
        let start = Instant::now();
        let mut passed = 0;
        // A burst of 150, then one request every 35 ms (29 per second).
        for _ in 0..150 {
            passed += u32::from(throttle.admit(INVITATION, start).is_ok());
        }
        assert_eq!(passed, 150);
        let refused = throttle.admit(INVITATION, start).unwrap_err();
        assert!(refused.retry_after > Duration::from_millis(33));
        for step in 3..300 {
            let now = start + Duration::from_millis(step * 35);
            assert!(throttle.admit(INVITATION, now).is_ok(), "step {step}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_as_long_as_the_retry_after_is_enough() {
        for model in [LimitModel::Bucket, LimitModel::Window] {
            let mut throttle = throttle(model);
            let mut now = Instant::now();
            for _ in 0..1_000 {
                if let Err(refused) = throttle.admit(INVITATION, now) {
                    now += refused.retry_after;
                    assert!(throttle.admit(INVITATION, now).is_ok(), "{model:?}");
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_window_holds_more_than_allowed() {
        let mut throttle = throttle(LimitModel::Window);
        let start = Instant::now();
        let passed: Vec<u64> = (0..20_000)
            .filter(|ms| {
                throttle
                    .admit(INVITATION, start + Duration::from_millis(*ms))
                    .is_ok()
            })
            .collect();
        for window in passed.windows(151) {
            assert!(window[150] - window[0] >= 5_000);
        }
    }

    #[test]
    fn every_form_of_retry_after_asks_for_the_wait_it_means() {
        let now: Timestamp = "2026-03-01T10:00:00.400Z".parse().unwrap();
        let wait = Duration::from_millis(2_128);
        for form in [
            RetryAfterForm::Integer,
            RetryAfterForm::Decimal,
            RetryAfterForm::Date,
        ] {
            let (text, meant) = format_retry_after(form, wait, now);
            let text = text.unwrap();
            assert_eq!(parse_retry_after(&text, now), Some(meant), "{text}");
            assert!(meant >= wait && meant <= wait + Duration::from_millis(1_001));
        }
        assert_eq!(parse_retry_after("soon", now), None);
    }
}
