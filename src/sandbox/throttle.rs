//! The throttling of the real service: invitations per tenant, writes and resource units per app
//! (Graph: throttling limits). Every request counts, refused ones too.

use super::weather::{Model, RetryAfter, Throttling};
use jiff::Timestamp;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// What a request costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    pub resource_units: u32,
    pub writes: u32,
    pub invitations: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Throttled {
    pub retry_after: Duration,
    /// `x-ms-throttle-information`.
    pub information: &'static str,
}

#[derive(Debug)]
pub struct Throttle {
    rules: Throttling,
    invitations: Limit,
    writes: Limit,
    resource_units: Limit,
}

impl Throttle {
    pub fn new(rules: &Throttling) -> Self {
        let limit = |allowed: u32, seconds: u64| Limit {
            allowed: (f64::from(allowed) * rules.scale).ceil(),
            window: Duration::from_secs(seconds),
            off: allowed == 0,
            ..Limit::default()
        };
        Self {
            invitations: limit(rules.invitations_per_5s, 5),
            writes: limit(rules.writes_per_150s, 150),
            resource_units: limit(rules.resource_units_per_10s, 10),
            rules: rules.clone(),
        }
    }

    pub fn admit(&mut self, cost: Cost, now: Instant) -> Result<(), Throttled> {
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

    /// How full the fullest limit is; a header tells it above 80 %.
    pub fn percentage(&self) -> f64 {
        [&self.invitations, &self.writes, &self.resource_units]
            .into_iter()
            .map(Limit::fullness)
            .fold(0.0, f64::max)
    }

    pub fn retry_after_form(&self) -> RetryAfter {
        self.rules.retry_after
    }
}

/// The header's text, and the wait that it asks for, which rounding makes longer, never shorter.
pub fn written(form: RetryAfter, wait: Duration, now: Timestamp) -> (Option<String>, Duration) {
    match form {
        RetryAfter::Absent => (None, Duration::ZERO),
        RetryAfter::Integer => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            (Some(seconds.to_string()), Duration::from_secs(seconds))
        }
        RetryAfter::Decimal => {
            let milliseconds = wait.as_millis() as u64 + 1;
            (
                Some(format!("{:.3}", milliseconds as f64 / 1000.0)),
                Duration::from_millis(milliseconds),
            )
        }
        RetryAfter::Date => {
            let now = Duration::from_millis(now.as_millisecond().unsigned_abs());
            let until = Duration::from_secs((now + wait).as_secs() + 1);
            let date = httpdate::fmt_http_date(std::time::UNIX_EPOCH + until);
            (Some(date), until.saturating_sub(now))
        }
    }
}

/// The wait that a scripted Retry-After asks for; nothing when it cannot be read.
pub fn asked(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let until = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    Some(until.saturating_sub(Duration::from_millis(now.as_millisecond().unsigned_abs())))
}

#[derive(Debug, Default)]
struct Limit {
    allowed: f64,
    window: Duration,
    off: bool,
    /// Bucket: how much is in it, and when that was so.
    level: Option<(f64, Instant)>,
    /// Window: what was taken when.
    taken: VecDeque<(Instant, f64)>,
    sum: f64,
}

impl Limit {
    fn take(&mut self, cost: u32, model: Model, now: Instant) -> Option<Duration> {
        if self.off || cost == 0 {
            return None;
        }
        let cost = f64::from(cost);
        match model {
            Model::Bucket => self.take_from_bucket(cost, now),
            Model::Window => self.take_from_window(cost, now),
        }
    }

    fn take_from_bucket(&mut self, cost: f64, now: Instant) -> Option<Duration> {
        let per_second = self.allowed / self.window.as_secs_f64();
        let (level, at) = self.level.unwrap_or((self.allowed, now));
        let gained = now.saturating_duration_since(at).as_secs_f64() * per_second;
        let level = (level + gained).min(self.allowed);
        // Refused requests count too, but a tenth of the limit is the deepest debt.
        let left = (level - cost).max(-self.allowed / 10.0);
        self.level = Some((left, now));
        // A hair more, so that rounding never sends a client back too early.
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

    fn fullness(&self) -> f64 {
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

    const INVITATION: Cost = Cost {
        resource_units: 1,
        writes: 1,
        invitations: 1,
    };

    fn throttle(model: Model) -> Throttle {
        Throttle::new(&Throttling {
            invitations_per_5s: 150,
            model,
            min_retry_after: 0.0,
            ..Throttling::default()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_thirty_a_second() {
        let mut throttle = throttle(Model::Bucket);
        let start = Instant::now();
        let mut passed = 0;
        // A client at 29 a second, after a burst of 150.
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
    async fn waiting_as_told_is_enough() {
        for model in [Model::Bucket, Model::Window] {
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
        let mut throttle = throttle(Model::Window);
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
        for form in [RetryAfter::Integer, RetryAfter::Decimal, RetryAfter::Date] {
            let (text, meant) = written(form, wait, now);
            let text = text.unwrap();
            assert_eq!(asked(&text, now), Some(meant), "{text}");
            assert!(meant >= wait && meant <= wait + Duration::from_millis(1_001));
        }
        assert_eq!(asked("soon", now), None);
    }
}
