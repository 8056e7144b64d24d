//! A row that waits until it is known what its asks did.
//!
//! Holds what is known so far; `settle` finds out the rest.

use super::{
    attempt::AnsweredAttempt,
    calibration::Steps,
    next_action::{PendingGuest, SettleGuard},
};
use crate::{
    graph::{DirectoryUser, Fault},
    ledger::{IntentId, InvitationAttempt},
};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Parked {
    pub item: PendingGuest,
    /// Asks whose effect is not known, oldest first.
    pub asks: Vec<InvitationAttempt>,
    /// How many of them this run made.
    pub made: usize,
    /// The newest of them, to which a conclusion is written.
    pub intent: IntentId,
    /// When its answer was given up.
    pub given_up: Instant,
    /// When the answer to the last ask that mails was given up.
    pub mail_given_up: Instant,
    /// Since when none of them can have left for Graph any more.
    pub quiet_since: Instant,
    /// How often our clock had been set before the first ask of this run: after a further time no ask can be dated.
    pub steps: Steps,
    /// Seen already, by the look that follows a throttled ask.
    pub seen: Option<DirectoryUser>,
    /// The user whose link the ledger has.
    pub linked: Option<String>,
    pub request_id: Option<String>,
    /// What the last answer was that did not tell.
    pub fault: Option<Fault>,
    /// Somebody waits for this row before anything new is asked.
    guard: Option<SettleGuard>,
}

impl Parked {
    /// After an ask whose answer does not tell what became of it.
    pub(super) fn after_attempt(mut item: PendingGuest, asked: AnsweredAttempt) -> Self {
        let mut asks = std::mem::take(&mut item.open);
        asks.push(asked.attempt);
        Self {
            item,
            asks,
            made: 1,
            intent: asked.intent,
            given_up: asked.ended,
            mail_given_up: asked.ended,
            quiet_since: asked.ended,
            steps: asked.steps,
            seen: None,
            linked: None,
            request_id: asked.request_id,
            fault: asked.verdict.fault().cloned(),
            guard: None,
        }
    }

    /// Asks of an earlier run; their answers were given up when that run ended, at the latest now.
    pub(super) fn from_earlier_run(
        mut item: PendingGuest,
        guard: Option<SettleGuard>,
        now: Timestamp,
        steps: Steps,
    ) -> Option<Self> {
        let person = item.person_id()?;
        let asks = std::mem::take(&mut item.open);
        let ago = |ask: Option<&InvitationAttempt>| {
            let age = ask.map_or(Duration::ZERO, |ask| since(now, ask.ended()));
            Instant::now().checked_sub(age).unwrap_or_else(Instant::now)
        };
        let linked = item
            .person
            .as_ref()
            .filter(|person| person.redeem_url.is_some())
            .and_then(|person| person.user_id.clone());
        Some(Self {
            given_up: ago(asks.last()),
            mail_given_up: ago(asks.iter().rfind(|ask| ask.mails)),
            item,
            asks,
            made: 0,
            intent: IntentId { person, event: 0 },
            // A run that was killed may have sent it with its last breath, long after the intent.
            quiet_since: Instant::now(),
            steps,
            seen: None,
            linked,
            request_id: None,
            fault: None,
            guard,
        })
    }

    /// One more ask whose answer does not tell.
    pub(super) fn unanswered(&mut self, asked: &AnsweredAttempt) {
        self.asks.push(asked.attempt);
        self.given_up = asked.ended;
        self.quiet_since = asked.ended;
        if asked.attempt.mails {
            self.mail_given_up = asked.ended;
        }
        self.fault = asked.verdict.fault().cloned();
    }

    /// Whoever waits for this row may go on: what it needs now comes from them.
    pub(super) fn let_others_begin(&mut self) {
        self.guard = None;
    }

    /// Graph said of every ask that it had not been performed.
    pub(super) fn is_only_throttled(&self) -> bool {
        !self.asks.is_empty() && self.asks.iter().all(InvitationAttempt::is_throttled)
    }
}

fn since(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}
