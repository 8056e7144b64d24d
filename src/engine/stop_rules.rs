//! When reminding goes on no more, because it would do harm: Graph throttles one reminder after the other, nothing comes
//! further, too many are refused, or a whole domain is.
//!
//! Decides only; must not send.

use super::{row_results, stop::StopReason};
use crate::{
    graph::Verdict,
    threshold::{JUDGED_AFTER, Threshold},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Each throttled reminder may have been a mail: so many in a row end the verb.
const THROTTLED_IN_A_ROW: u32 = 3;
/// Without progress for this long it ends too.
const STUCK: Duration = Duration::from_secs(15 * 60);

pub(crate) struct StopRules {
    max_failures: Threshold,
    state: Mutex<State>,
}

struct State {
    progress_at: Instant,
    throttled: u32,
    asked: u64,
    failed: u64,
    /// The code and the words with which Graph refused each domain.
    refused_domains: HashMap<String, (String, String)>,
}

impl StopRules {
    pub(crate) fn new(max_failures: Threshold) -> Self {
        Self {
            max_failures,
            state: Mutex::new(State {
                progress_at: Instant::now(),
                throttled: 0,
                asked: 0,
                failed: 0,
                refused_domains: HashMap::new(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code and the words with which Graph refused everybody of this domain, if it did.
    pub(super) fn refused_domain(&self, domain: &str) -> Option<(String, String)> {
        let domain = domain.to_ascii_lowercase();
        self.state().refused_domains.get(&domain).cloned()
    }

    /// Room in the daily cap was waited for: that is no lack of progress.
    pub(super) fn waited_for_room(&self, waited: Duration) {
        self.state().progress_at += waited;
    }

    /// A reminder was answered, or its answer was given up. Why the verb ends, if it does.
    pub(super) fn answered(&self, verdict: &Verdict, domain: &str) -> Option<StopReason> {
        let mut state = self.state();
        match verdict {
            Verdict::NotSent { .. } | Verdict::Stop { .. } => return None,
            Verdict::RetryAfter { .. } => {
                state.throttled += 1;
                let why = format!(
                    "it asked to wait {} times in a row instead of performing the request",
                    state.throttled
                );
                return (state.throttled >= THROTTLED_IN_A_ROW)
                    .then_some(StopReason::Unreachable { why });
            }
            Verdict::Refused {
                domain_wide: true,
                fault,
            } => {
                let why = (fault.code.to_string(), row_results::own_words(fault));
                state
                    .refused_domains
                    .insert(domain.to_ascii_lowercase(), why);
            }
            _ => {}
        }
        state.throttled = 0;
        drop(state);
        self.ended(matches!(verdict, Verdict::Done(_)))
    }

    /// A reminder has ended, well or badly. Why the verb ends, if too many have ended badly.
    pub(crate) fn ended(&self, well: bool) -> Option<StopReason> {
        let mut state = self.state();
        state.progress_at = Instant::now();
        state.asked += 1;
        state.failed += u64::from(!well);
        let (bad, of) = (state.failed, state.asked);
        let judged = matches!(self.max_failures, Threshold::Count(_)) || of >= JUDGED_AFTER;
        (judged && self.max_failures.is_exceeded_by(bad, of))
            .then_some(StopReason::TooManyFailures { bad, of })
    }

    /// Returns when nothing has come further for too long.
    pub(super) async fn stuck(&self) -> StopReason {
        loop {
            let end = self.state().progress_at + STUCK;
            if end <= Instant::now() {
                return StopReason::Unreachable {
                    why: "no guest came further for 15 minutes".into(),
                };
            }
            tokio::time::sleep_until(end).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Answer, Attempt, judge};
    use tokio::time::{advance, timeout};

    fn answer(status: u16, code: &str, message: &str) -> Verdict {
        let answer = Answer {
            status,
            request_id: Some("r-1".into()),
            body: serde_json::json!({"error": {"code": code, "message": message}})
                .to_string()
                .into_bytes(),
            ..Answer::default()
        };
        judge(&Attempt::Answered(answer), "a@x.example")
    }

    fn throttled() -> Verdict {
        answer(429, "TooManyRequests", "")
    }

    fn refused() -> Verdict {
        answer(400, "BadRequest", "no")
    }

    #[tokio::test(start_paused = true)]
    async fn three_throttles_in_a_row_end_it_and_two_do_not() {
        let stop_rules = StopRules::new(Threshold::Percent(50.0));
        for verdict in [
            throttled(),
            throttled(),
            refused(),
            throttled(),
            throttled(),
        ] {
            assert!(stop_rules.answered(&verdict, "x.example").is_none());
        }
        assert!(stop_rules.answered(&throttled(), "x.example").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_refusals_end_it() {
        let stop_rules = StopRules::new(Threshold::Count(2));
        for _ in 0..2 {
            assert!(stop_rules.answered(&refused(), "x.example").is_none());
        }
        let reason = stop_rules.answered(&refused(), "x.example");
        assert!(matches!(
            reason,
            Some(StopReason::TooManyFailures { bad: 3, of: 3 })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn fifteen_minutes_without_progress_end_it_and_a_wait_for_room_does_not() {
        let stop_rules = StopRules::new(Threshold::Percent(50.0));
        advance(STUCK).await;
        stop_rules.waited_for_room(STUCK);
        assert!(
            timeout(Duration::from_secs(899), stop_rules.stuck())
                .await
                .is_err()
        );
        stop_rules.stuck().await;
    }
}
