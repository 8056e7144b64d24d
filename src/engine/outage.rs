//! Ends or slows a run when several invitations in a row get answers that do not tell what became of them: each of them
//! may have mailed somebody.
//!
//! If something between here and Graph answers, a few such answers end the run. If Graph itself fails, or no answer comes,
//! the run is slowed down, and ends when that lasts. Only decides; must not wait.

use super::stop::StopReason;
use crate::graph::{Fault, Verdict};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// This many in a row are not a coincidence.
pub(super) const FEW: u32 = 5;
/// After this time without an answer that tells what happened, the run ends.
const LONG: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Answers in a row that Graph did not write.
    from_between: u32,
    /// Attempts in a row whose answer does not tell what happened.
    untold: u32,
    /// When the first of them was sent.
    since: Option<Instant>,
    pauses: u32,
    paused_at: Option<Instant>,
}

/// What an answer means for the run.
#[derive(Debug)]
pub(super) enum Then {
    GoOn,
    /// Nothing is sent for this long.
    Pause(Duration),
    Stop(StopReason),
}

impl Outage {
    /// An invitation that was sent at `sent_at` was answered, or its answer was given up.
    pub(super) fn answered(&self, verdict: &Verdict, sent_at: Instant) -> Then {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = match verdict {
            Verdict::Unknown { fault } => fault,
            // Nothing was sent, so nothing is learnt.
            Verdict::NotSent { .. } => return Then::GoOn,
            _ => {
                *state = State::default();
                return Then::GoOn;
            }
        };
        state.untold += 1;
        let since = *state.since.get_or_insert(sent_at);
        if fault.is_from_between() {
            state.from_between += 1;
        } else if fault.status.is_some() {
            state.from_between = 0;
        }
        if state.from_between >= FEW {
            return Then::Stop(StopReason::AnsweredBetween {
                in_a_row: state.from_between,
                fault: Box::new(fault.clone()),
            });
        }
        if state.untold < FEW {
            return Then::GoOn;
        }
        if since.elapsed() >= LONG {
            return Then::Stop(too_long(&state, since, fault));
        }
        // Attempts that were in flight together cause one pause, as for a throttle.
        if state.paused_at.is_some_and(|paused| sent_at <= paused) {
            return Then::GoOn;
        }
        state.paused_at = Some(Instant::now());
        let pause = SHORTEST_PAUSE * (1 << state.pauses.min(8));
        state.pauses += 1;
        Then::Pause(pause.min(LONGEST_PAUSE))
    }
}

fn too_long(state: &State, since: Instant, fault: &Fault) -> StopReason {
    StopReason::Unreachable {
        why: format!(
            "{} invitations in a row, for {} seconds, had no answer that tells what became of them (the last one: {fault})",
            state.untold,
            since.elapsed().as_secs()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Answer, Attempt, judge};
    use tokio::time::{advance, sleep};

    fn no_answer() -> Verdict {
        judge(&Attempt::NoAnswer("timed out".into()), "a@x.example")
    }

    fn answer(status: u16, request_id: Option<&str>, body: &str) -> Verdict {
        let answer = Answer {
            status,
            request_id: request_id.map(str::to_owned),
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        };
        judge(&Attempt::Answered(answer), "a@x.example")
    }

    fn forged() -> Verdict {
        answer(403, None, "<html>blocked by policy</html>")
    }

    fn unavailable() -> Verdict {
        let body = r#"{"error":{"code":"ServiceUnavailable","message":""}}"#;
        answer(503, Some("r-1"), body)
    }

    fn refused() -> Verdict {
        let body = r#"{"error":{"code":"BadRequest","message":"no"}}"#;
        answer(400, Some("r-1"), body)
    }

    fn is_stop(then: &Then) -> bool {
        matches!(then, Then::Stop(_))
    }

    #[tokio::test(start_paused = true)]
    async fn five_answers_in_a_row_that_are_not_graphs_end_the_run_and_four_do_not() {
        let outage = Outage::default();
        // A time-out in between is no answer of Graph.
        let row = [forged(), forged(), no_answer(), forged(), forged()];
        for verdict in &row {
            assert!(!is_stop(&outage.answered(verdict, Instant::now())));
        }
        assert!(!is_stop(&outage.answered(&refused(), Instant::now())));
        for _ in 0..4 {
            assert!(!is_stop(&outage.answered(&forged(), Instant::now())));
        }
        let Then::Stop(StopReason::AnsweredBetween { in_a_row, fault }) =
            outage.answered(&forged(), Instant::now())
        else {
            panic!("it goes on");
        };
        assert_eq!((in_a_row, fault.status), (5, Some(403)));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_of_a_graph_that_is_unwell_slow_the_run_down_and_end_it_when_that_lasts() {
        let outage = Outage::default();
        let began = Instant::now();
        let mut asked = 0;
        let reason = loop {
            asked += 1;
            let sent = Instant::now();
            advance(Duration::from_millis(50)).await;
            match outage.answered(&unavailable(), sent) {
                Then::GoOn => {}
                Then::Pause(pause) => sleep(pause).await,
                Then::Stop(reason) => break reason,
            }
        };
        assert!(
            matches!(reason, StopReason::Unreachable { .. }),
            "{reason:?}"
        );
        assert!(asked <= 12, "{asked} people asked");
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "{:?}",
            began.elapsed()
        );
        // One answer that tells, and nothing of that counts any more.
        let outage = Outage::default();
        for _ in 0..4 {
            assert!(matches!(
                outage.answered(&unavailable(), Instant::now()),
                Then::GoOn
            ));
        }
        outage.answered(&refused(), Instant::now());
        assert!(matches!(
            outage.answered(&unavailable(), Instant::now()),
            Then::GoOn
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn time_outs_of_all_workers_at_once_end_the_run() {
        let outage = Outage::default();
        let sent = Instant::now();
        advance(Duration::from_secs(100)).await;
        let stops = (0..8).filter(|_| is_stop(&outage.answered(&no_answer(), sent)));
        assert_eq!(stops.count(), 4, "from the fifth on");
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_were_under_way_together_pause_once() {
        let outage = Outage::default();
        let sent = Instant::now();
        advance(Duration::from_secs(1)).await;
        let pauses =
            (0..16).filter(|_| matches!(outage.answered(&unavailable(), sent), Then::Pause(_)));
        assert_eq!(pauses.count(), 1);
    }
}
