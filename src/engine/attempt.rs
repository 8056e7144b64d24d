//! One POST to /invitations: admitted, paced, intended, sent, answered, and all of it durable in that order.
//!
//! Never asks twice for an answer that did not come; what such an ask did is the settler's to find out.

use super::{
    Options,
    calibration::{Calibration, Steps},
    caps::Caps,
    follow_up::FollowUps,
    outage::{Outage, Then},
    recorder::{NotRecorded, Recorder},
    row_results,
    stop::{Stop, StopReason},
    worker_limit::WorkerLimit,
};
use crate::{
    clock::Clock,
    directory::{Directory, LookupBatcher, UserLookup},
    graph::{Fault, Graph, Invitation, InvitationRequest, MessageInfo, Verdict},
    guest::UserType,
    ledger::{
        Answered, AttemptEnd, AttemptKind, Found, Intent, IntentId, InvitationAttempt, Person,
        PersonState, PriorLookup, Reader, RefusedAttempt, SilentFirst,
    },
    outcome::Mail,
    pace::{Pace, TooLong},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

use super::next_action::PendingGuest;

/// How often a request that could not even be sent is tried again.
const CONNECTS: u32 = 5;
/// An open gate is passed faster than this.
const NO_WAIT: Duration = Duration::from_millis(5);

/// What everybody who moves a row shares.
pub(super) struct Shared {
    pub options: Arc<Options>,
    pub graph: Graph,
    pub directory: Directory,
    pub lookup_batcher: LookupBatcher,
    pub user_lookup: UserLookup,
    pub pace: Pace,
    pub recorder: Recorder,
    pub follow_ups: FollowUps,
    pub caps: Caps,
    pub stop: Stop,
    pub worker_limit: WorkerLimit,
    pub clock: Clock,
    pub calibration: Calibration,
    pub outage: Outage,
    /// A 429 of this run was found to have been performed: from then on none is believed.
    pub throttles_doubted: AtomicBool,
    /// The ledger as it is by now.
    pub reader: Mutex<Reader>,
    /// The run's own, which no other run may have raised.
    pub generation: Option<i64>,
    /// Where the ledger may be older than the world.
    pub silent_first: Option<SilentFirst>,
    /// Domains that Graph refused as a whole: code and text.
    pub refused_domains: Mutex<HashMap<String, (String, String)>>,
}

/// The run is stopping; nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped;

/// Why nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum NotAsked {
    Stopped,
    /// Another run has learnt something about the person: whoever wants to ask must decide anew.
    Changed,
}

impl From<Stopped> for NotAsked {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// An ask that was made, and what came of it.
pub(super) struct AnsweredAttempt {
    pub intent: IntentId,
    pub ask: InvitationAttempt,
    pub verdict: Verdict,
    pub request_id: Option<String>,
    /// When the answer was there, or given up.
    pub ended: Instant,
    /// How long that took.
    pub took: Duration,
    /// How often our clock had been set before it was sent.
    pub steps: Steps,
}

/// How a good answer is remembered.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnDone {
    pub mail: Mail,
    /// Where the person stands then: a probe leaves it unsettled, as its mail may still be owed, and a link
    /// for somebody whom others invited makes nobody ours.
    pub state: PersonState,
}

impl Shared {
    /// `unsettled`: earlier asks for this person are open, and stay so unless this one is answered well.
    pub(super) async fn ask(
        &self,
        item: &PendingGuest,
        kind: AttemptKind,
        on_done: OnDone,
        unsettled: bool,
    ) -> Result<AnsweredAttempt, NotAsked> {
        let mails = kind == AttemptKind::Invite && item.mails(&self.options);
        let request = self.request(item, mails);
        let mut connects = 0;
        loop {
            if self.stop.is_raised() {
                return Err(NotAsked::Stopped);
            }
            let place = self
                .caps
                .admit(&self.stop)
                .await
                .map_err(|reason| self.stopped(reason))?
                .ok_or(Stopped)?;
            self.wait(self.pace.before_invitation()).await?;
            let client_request_id = uuid::Uuid::new_v4();
            let at = self.clock.now();
            let intent = Intent {
                row: item.guest.row,
                key: item.guest.email.key().to_owned(),
                email: item.guest.email.as_str().to_owned(),
                kind,
                mails,
                at,
                saw: item.saw,
                client_request_id: client_request_id.to_string(),
                decided_on: item.newest_event(),
                assumed: false,
            };
            let intent = match self.recorder.intent(intent).await {
                Ok(intent) => intent,
                Err(why) => {
                    place.give_back();
                    return Err(match why {
                        NotRecorded::Stopping => NotAsked::Stopped,
                        NotRecorded::Changed => NotAsked::Changed,
                    });
                }
            };
            let recorded = Instant::now();
            let open = self.wait(self.pace.gate()).await;
            if open.is_err() || (recorded.elapsed() > NO_WAIT && !self.stands()) {
                place.give_back();
                self.answered(item, kind, intent, &unsent(), on_done, unsettled)
                    .await;
                return Err(NotAsked::Stopped);
            }
            let steps = self.calibration.steps();
            let (left_at, left) = (self.clock.now(), Instant::now());
            let attempt = self.graph.invite(&request, client_request_id).await;
            let (ended, took, ended_at) = (Instant::now(), left.elapsed(), self.clock.now());
            let answer = Answer {
                verdict: attempt.verdict,
                status: attempt.status,
                request_id: attempt.request_id,
            };
            // Before anything is written down: nobody else is to ask meanwhile.
            if let Some(fault) = answer.verdict.run_stopping() {
                self.stop.raise(StopReason::Refused {
                    exit: fault.exit(),
                    fault: Box::new(fault.clone()),
                });
            }
            if !matches!(
                answer.verdict,
                Verdict::Unknown { .. } | Verdict::NotSent { .. }
            ) {
                self.worker_limit.told();
            }
            match self.outage.answered(&answer.verdict, left) {
                Then::GoOn => {}
                Then::Pause(pause) => self.pace.pause(pause),
                Then::Stop(reason) => self.stop.raise(reason),
            }
            // Told also when the run stops already: nobody waits at the gate any more who would find it out.
            if let Err(too_long) = self.pace.gate_opens_in_time() {
                self.stop.raise(too_long.into());
            }
            self.answered(item, kind, intent, &answer, on_done, unsettled)
                .await;
            match &answer.verdict {
                Verdict::NotSent { .. } => {
                    place.give_back();
                    if self.stop.is_raised() {
                        return Err(NotAsked::Stopped);
                    }
                    connects += 1;
                    if connects < CONNECTS
                        && self
                            .stop
                            .sleep(crate::pace::backoff(connects, fastrand::f64()))
                            .await
                    {
                        continue;
                    }
                }
                Verdict::Refused {
                    domain_wide: true,
                    fault,
                } => {
                    let mut refused = self
                        .refused_domains
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner);
                    refused.insert(
                        item.guest.email.domain().to_ascii_lowercase(),
                        (fault.code.to_string(), row_results::own_words(fault)),
                    );
                }
                _ => {}
            }
            let end = match &answer.verdict {
                Verdict::Done(_) => AttemptEnd::Answered(ended_at),
                Verdict::RetryAfter { .. } => AttemptEnd::Throttled(ended_at),
                _ => AttemptEnd::GivenUp(ended_at),
            };
            return Ok(AnsweredAttempt {
                intent,
                ask: InvitationAttempt {
                    kind,
                    at: left_at,
                    mails,
                    saw: item.saw,
                    end,
                    assumed: false,
                },
                verdict: answer.verdict,
                request_id: answer.request_id,
                ended,
                took,
                steps,
            });
        }
    }

    /// Whether a run that this ledger does not know may have asked for this person a moment ago.
    pub(super) fn blind_spot(&self, item: &PendingGuest) -> bool {
        item.mails(&self.options)
            && self
                .silent_first
                .is_some_and(|silent| self.clock.now() < silent.until)
    }

    /// Remembers that a run that this ledger does not know may have asked, so that it is settled before any mail.
    pub(super) async fn assume_asked(
        &self,
        item: &PendingGuest,
    ) -> Result<(Person, InvitationAttempt), Stopped> {
        let at = self
            .silent_first
            .map_or_else(|| self.clock.now(), |silent| silent.since);
        let assumed = Intent {
            row: item.guest.row,
            key: item.guest.email.key().to_owned(),
            email: item.guest.email.as_str().to_owned(),
            kind: AttemptKind::Invite,
            mails: true,
            at,
            saw: PriorLookup::Unknown,
            client_request_id: String::new(),
            decided_on: item.newest_event(),
            assumed: true,
        };
        self.recorder.intent(assumed).await.map_err(|_| Stopped)?;
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let person = reader.person(item.guest.email.key()).ok().flatten();
        let ask = InvitationAttempt {
            kind: AttemptKind::Invite,
            at,
            mails: true,
            saw: PriorLookup::Unknown,
            end: AttemptEnd::Open,
            assumed: true,
        };
        Ok((person.ok_or(Stopped)?, ask))
    }

    /// Whether the ledger is still this run's. A ledger that cannot be read now refused no intent a moment ago.
    fn stands(&self) -> bool {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = reader.generation().ok();
        let stands = newest.is_none() || self.generation.is_none() || newest == self.generation;
        if !stands {
            let by = reader.holder().unwrap_or_default();
            self.stop.raise(StopReason::TakenOver { by });
        }
        stands
    }

    /// What reading concluded about asks whose answers never came.
    pub(super) async fn settled(
        &self,
        item: &PendingGuest,
        intent: IntentId,
        detail: &str,
        state: PersonState,
        mail: Option<Mail>,
    ) {
        self.recorder
            .answered(Answered {
                intent,
                row: item.guest.row,
                at: self.clock.now(),
                kind: "settled",
                status: None,
                request_id: None,
                detail: Some(detail.to_owned()),
                state,
                mail,
                found: None,
                refusal: None,
            })
            .await;
    }

    /// Whether a 429 of this run was found to have been performed.
    pub(super) fn doubts_throttles(&self) -> bool {
        self.throttles_doubted.load(Relaxed)
    }

    pub(super) fn doubt_throttles(&self) {
        if !self.throttles_doubted.swap(true, Relaxed) {
            tracing::warn!(
                "Graph asked to wait although it had performed the request; from now on such a row is settled like one without an answer"
            );
        }
    }

    pub(super) fn refused_domain(&self, domain: &str) -> Option<(String, String)> {
        let refused = self
            .refused_domains
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        refused.get(&domain.to_ascii_lowercase()).cloned()
    }

    /// A fault of a read: does it end the run?
    pub(super) fn stop_if_fatal(&self, fault: &Fault) {
        if let Some(reason) = StopReason::of(fault) {
            self.stop.raise(reason);
        }
    }

    fn request(&self, item: &PendingGuest, mails: bool) -> InvitationRequest {
        let guest = &item.guest;
        InvitationRequest {
            email: guest.email.as_str().to_owned(),
            display_name: guest.display_name.clone(),
            redirect_url: guest
                .redirect_url
                .clone()
                .unwrap_or_else(|| self.options.redirect_url.clone()),
            send: mails,
            message: if mails {
                MessageInfo {
                    language: guest.language.clone(),
                    body: guest.message.clone(),
                    cc: guest.cc.as_ref().map(|cc| cc.as_str().to_owned()),
                }
            } else {
                MessageInfo::default()
            },
            member: guest.user_type == Some(UserType::Member),
            sponsors: if self.graph.abilities().sponsors_in_invitations {
                item.sponsors.clone()
            } else {
                Vec::new()
            },
        }
    }

    /// Waits for the pace, unless the run stops first or the wait is longer than a run should take.
    pub(super) async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), Stopped> {
        let ready = tokio::select! {
            biased;
            () = self.stop.raised() => return Err(Stopped),
            ready = ready => ready,
        };
        ready.map_err(|too_long| self.stopped(too_long.into()))
    }

    fn stopped(&self, reason: StopReason) -> Stopped {
        self.stop.raise(reason);
        Stopped
    }

    async fn answered(
        &self,
        item: &PendingGuest,
        kind: AttemptKind,
        intent: IntentId,
        answer: &Answer,
        on_done: OnDone,
        unsettled: bool,
    ) {
        let now = self.clock.now();
        let back = if unsettled {
            PersonState::Asked
        } else {
            PersonState::Open
        };
        let (event, state) = match &answer.verdict {
            Verdict::Done(_) => {
                let event = match on_done.state {
                    PersonState::Invited => "invited",
                    PersonState::Asked => "probed",
                    PersonState::Open | PersonState::Claimed | PersonState::Refused => "relinked",
                };
                (event, on_done.state)
            }
            Verdict::Unknown { .. } => ("unknown", PersonState::Asked),
            // Looked up before anything else, also by a later run; a relink alone leaves nothing to find out.
            Verdict::RetryAfter { .. } if kind != AttemptKind::Relink => {
                ("throttled", PersonState::Asked)
            }
            Verdict::Refused { .. } if !unsettled => ("not-performed", PersonState::Refused),
            _ => ("not-performed", back),
        };
        let found = match &answer.verdict {
            Verdict::Done(invitation) => Some(found(invitation, on_done.mail, now)),
            _ => None,
        };
        let refusal = match &answer.verdict {
            Verdict::Refused { fault, .. } => Some(RefusedAttempt {
                code: fault.code.to_string(),
                error: row_results::own_words(fault),
                content: item.content(&self.options),
            }),
            _ => None,
        };
        self.recorder
            .answered(Answered {
                intent,
                row: item.guest.row,
                at: now,
                kind: event,
                status: answer.status,
                request_id: answer.request_id.clone(),
                detail: answer.verdict.fault().map(|fault| fault.code.to_string()),
                state,
                mail: None,
                found,
                refusal,
            })
            .await;
    }
}

struct Answer {
    verdict: Verdict,
    status: Option<u16>,
    request_id: Option<String>,
}

fn unsent() -> Answer {
    Answer {
        verdict: Verdict::NotSent {
            fault: Fault::run_stopped(),
        },
        status: None,
        request_id: None,
    }
}

fn found(invitation: &Invitation, mail: Mail, at: jiff::Timestamp) -> Found {
    Found {
        user_id: invitation.user_id.clone(),
        redeem_url: Some(invitation.redeem_url.clone()),
        redemption: Some(invitation.status.clone()).filter(|status| !status.is_empty()),
        mail,
        invited_at: at,
    }
}

/// How long to wait between two looks at the same thing, growing.
pub(super) fn look_again(look: u32, within: Duration) -> Duration {
    let longest = (within / 4).clamp(Duration::from_millis(200), Duration::from_secs(15));
    Duration::from_millis(250)
        .saturating_mul(1 << look.min(8))
        .min(longest)
}
