//! A row that waits until it is known what its attempts did.
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
    /// Attempts whose effect is not known, oldest first.
    pub asks: Vec<InvitationAttempt>,
    /// How many attempts this run has made for the row.
    pub made: usize,
    pub person: i64,
    /// The newest intent of this run, to which a conclusion is written.
    pub intent: Option<IntentId>,
    /// When its answer was given up.
    pub given_up: Instant,
    /// When the answer to the last attempt that mails was given up.
    pub mail_given_up: Instant,
    /// From this time on none of them can be on its way to Graph.
    pub quiet_since: Instant,
    /// How often our clock had been set before the first attempt of this run. If it is set again, no attempt can be dated.
    pub steps: Steps,
    /// The user whom a look-up between two attempts has found.
    pub seen: Option<DirectoryUser>,
    /// The user whose link is known.
    pub linked: Option<String>,
    pub request_id: Option<String>,
    /// The last answer that did not tell what happened.
    pub fault: Option<Fault>,
    /// Held while the feeder waits for this row before it sends anything new.
    guard: Option<SettleGuard>,
}

impl Parked {
    /// After an attempt whose answer does not tell what became of it.
    pub(super) fn after_attempt(mut item: PendingGuest, asked: AnsweredAttempt) -> Self {
        let mut asks = std::mem::take(&mut item.open);
        asks.push(asked.attempt);
        Self {
            item,
            asks,
            made: 1,
            person: asked.intent.person,
            intent: Some(asked.intent),
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

    /// Attempts of an earlier run; their answers were given up when that run ended, at the latest now.
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
            person,
            intent: None,
            // A run that was killed may have sent the request right before it ended, long after the intent.
            quiet_since: Instant::now(),
            steps,
            seen: None,
            linked,
            request_id: None,
            fault: None,
            guard,
        })
    }

    /// Adds an attempt whose answer does not tell what happened.
    pub(super) fn unanswered(&mut self, asked: &AnsweredAttempt) {
        self.asks.push(asked.attempt);
        self.given_up = asked.ended;
        self.quiet_since = asked.ended;
        if asked.attempt.mails {
            self.mail_given_up = asked.ended;
        }
        self.fault = asked.verdict.fault().cloned();
    }

    /// Lets the feeder go on: this row now needs new guests, which show by which clock guests are dated.
    pub(super) fn let_others_begin(&mut self) {
        self.guard = None;
    }

    /// Whether Graph answered every attempt with a throttle, which means that it was not performed.
    pub(super) fn is_only_throttled(&self) -> bool {
        !self.asks.is_empty() && self.asks.iter().all(InvitationAttempt::is_throttled)
    }
}

fn since(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}
