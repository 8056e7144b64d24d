//! A row's turn to be asked: from the decision to invite to its outcome.
//!
//! Never settles an unknown answer itself: such rows are handed on, so that no worker waits for them.

use super::{
    attempt::{AnsweredAttempt, NotAsked, OnDone, Shared},
    next_action::{LedgerView, PendingGuest},
    parked::Parked,
    recorder::CountsAs,
    row_results,
    settle::APART,
};
use crate::{
    directory::{self, LookupResult},
    graph::{DirectoryUser, Verdict},
    guest::EmailAddress,
    ledger::{AttemptKind, InvitationAttempt, LedgerError, PersonState, PriorLookup},
    outcome::{Mail, Outcome, RowResult, ThisRun},
};
use std::sync::PoisonError;

/// What is to be done for a row.
#[derive(Debug)]
pub(super) enum Work {
    Invite(PendingGuest),
    /// Pending already: fetch a link silently.
    Relink(PendingGuest, Box<DirectoryUser>),
}

/// Where a row's turn led.
pub(super) enum WorkResult {
    Over,
    /// Invited tonight.
    Invited {
        person: i64,
        user_id: String,
    },
    Park(Box<Parked>),
}

impl Shared {
    pub(super) async fn turn(&self, work: Work) -> WorkResult {
        match work {
            Work::Invite(item) => self.invite(item).await,
            Work::Relink(item, user) => self.relink_pending(item, &user).await,
        }
    }

    async fn invite(&self, mut item: PendingGuest) -> WorkResult {
        let mails = item.mails(&self.options);
        let mail = if mails { Mail::Requested } else { Mail::None };
        // A row that is throttled waits for as long as the run comes further.
        loop {
            if let Some((code, error)) = self.refused_domain(item.guest.email.domain()) {
                let result = row_results::refused_like_domain(&item.guest, &code, &error);
                return self
                    .finish_row(result, item.person_id(), CountsAs::Light)
                    .await;
            }
            let asked = match self
                .ask(
                    &item,
                    AttemptKind::Invite,
                    OnDone {
                        mail,
                        state: PersonState::Invited,
                    },
                    false,
                )
                .await
            {
                Ok(asked) => asked,
                Err(NotAsked::Changed) => match self.decide_anew(item).await {
                    Ok(undecided) => {
                        item = undecided;
                        continue;
                    }
                    Err(turn) => return turn,
                },
                Err(NotAsked::Stopped) => {
                    return self
                        .finish_row(
                            row_results::not_attempted(&item.guest),
                            item.person_id(),
                            CountsAs::Light,
                        )
                        .await;
                }
            };
            if let Verdict::Done(invitation) = &asked.verdict {
                let (person, user_id) = (asked.intent.person, invitation.user_id.clone());
                let result = self.answered_well(&item, mail, &user_id, asked).await;
                self.follow_ups
                    .then_tell(&item, person, &user_id, result, CountsAs::Good)
                    .await;
                return WorkResult::Invited { person, user_id };
            }
            if !matches!(asked.verdict, Verdict::RetryAfter { .. }) {
                return self.conclude(item, asked).await;
            }
            if mails {
                match self.after_throttle(item, asked).await {
                    Ok(again) => item = again,
                    Err(turn) => return turn,
                }
            } else {
                // Silent: to ask again does no harm.
                item.open.push(asked.ask);
            }
        }
    }

    /// Another run has learnt something about this person: what the ledger knows now decides, and a new look. Gives
    /// the row back when it is to be asked for all the same.
    async fn decide_anew(&self, mut item: PendingGuest) -> Result<PendingGuest, WorkResult> {
        (item.person, item.open) = {
            let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let failed = |error: &LedgerError| {
                self.stop.raise(error.into());
            };
            let memory = LedgerView {
                reader: &reader,
                failed: &failed,
            };
            memory.person(&item.guest.email)
        };
        let result = match item.person.as_ref().map(|person| (person.state, person)) {
            Some((PersonState::Asked, person)) if !item.open.is_empty() => {
                let person = person.id;
                let unsettled =
                    row_results::unknown(&item.guest, "was asked for by another run", None);
                let (now, steps) = (self.clock.now(), self.calibration.steps());
                return Err(match Parked::from_earlier_run(item, None, now, steps) {
                    Some(parked) => WorkResult::Park(Box::new(parked)),
                    None => {
                        self.finish_row(unsettled, Some(person), CountsAs::Light)
                            .await
                    }
                });
            }
            Some((PersonState::Invited, person)) => {
                row_results::invited_before(&item.guest, person, None)
            }
            Some((PersonState::Claimed, _)) => row_results::claimed(&item.guest),
            Some((PersonState::Refused, person)) => {
                row_results::refused_before(&item.guest, person)
            }
            _ => match self.find(&item.guest.email).await {
                Some(Ok(None)) if !self.stop.is_raised() => return Ok(item),
                Some(Ok(Some(user))) => row_results::exists(&item.guest, &user),
                Some(Err(fault)) => {
                    self.stop_if_fatal(&fault);
                    row_results::not_looked_up(&item.guest, &fault)
                }
                _ => row_results::not_attempted(&item.guest),
            },
        };
        Err(self
            .finish_row(result, item.person_id(), CountsAs::Light)
            .await)
    }

    /// Every answer but the good one and the throttled one.
    pub(super) async fn conclude(&self, item: PendingGuest, asked: AnsweredAttempt) -> WorkResult {
        let person = Some(asked.intent.person);
        match &asked.verdict {
            Verdict::Unknown { .. } => WorkResult::Park(Box::new(Parked::from_ask(item, asked))),
            Verdict::Exists {
                object_id,
                disabled,
                fault,
            } => {
                let told = row_results::exists_says_graph(
                    &item.guest,
                    object_id.clone(),
                    *disabled,
                    fault,
                );
                let result = self
                    .exists_by_id(&item, object_id.as_deref())
                    .await
                    .unwrap_or(told);
                self.finish_row(result, person, CountsAs::Good).await
            }
            Verdict::Refused { fault, .. } => {
                self.finish_row(
                    row_results::refused(&item.guest, fault),
                    person,
                    CountsAs::Bad,
                )
                .await
            }
            Verdict::Stop { .. } => {
                self.finish_row(
                    row_results::not_attempted(&item.guest),
                    person,
                    CountsAs::Light,
                )
                .await
            }
            Verdict::NotSent { fault }
            | Verdict::Failed { fault }
            | Verdict::RetryAfter { fault, .. } => {
                self.finish_row(
                    row_results::failed(&item.guest, fault),
                    person,
                    CountsAs::Bad,
                )
                .await
            }
            Verdict::Done(_) => WorkResult::Over,
        }
    }

    /// A 201 for a first ask: it tells what time it is in the directory, or, after a 429, whether that was the truth.
    async fn answered_well(
        &self,
        item: &PendingGuest,
        mail: Mail,
        user_id: &str,
        asked: AnsweredAttempt,
    ) -> RowResult {
        if item.open.is_empty() && item.saw == PriorLookup::NotFound {
            let InvitationAttempt { at, .. } = asked.ask;
            let times = (at, asked.ask.ended());
            self.calibration
                .add(user_id, times, asked.took, asked.steps);
        } else if mail == Mail::Requested && self.was_there_before(user_id, &asked).await {
            self.doubt_throttles();
            return row_results::invited_perhaps_twice(&item.guest, asked.request_id);
        }
        row_results::invited(&item.guest, mail, asked.request_id)
    }

    /// A 429 has been seen on an operation that was performed: for a mail, look before asking again. Gives the row back
    /// when it may be asked again now.
    ///
    /// One look is enough once this run has shown what time it is in the directory: should the 429 not have been true,
    /// that is found out afterwards, and no further one is believed. Before that, `settle` is waited for.
    async fn after_throttle(
        &self,
        mut item: PendingGuest,
        asked: AnsweredAttempt,
    ) -> Result<PendingGuest, WorkResult> {
        // So that the creation time tells afterwards which of the two asks made the guest. Nobody waits for a throttle to
        // end when the run ends: it was not performed, as far as is known.
        let looked = if self.stop.sleep(APART).await {
            self.find(&item.guest.email).await
        } else {
            None
        };
        let Some(lookup_result) = looked else {
            let result = row_results::not_attempted(&item.guest);
            let person = Some(asked.intent.person);
            return Err(self.finish_row(result, person, CountsAs::Light).await);
        };
        match lookup_result {
            Ok(None) => {
                item.saw = PriorLookup::NotFound;
                if self.calibration.has_samples() && !self.doubts_throttles() {
                    item.open.push(asked.ask);
                    return Ok(item);
                }
                Err(WorkResult::Park(Box::new(Parked::from_ask(item, asked))))
            }
            Ok(Some(user)) => {
                // Nobody else was asked for this address: the throttled ask was performed after all.
                let mut parked = Parked::from_ask(item, asked);
                parked.seen = Some(user);
                Err(WorkResult::Park(Box::new(parked)))
            }
            // The settler goes on looking.
            Err(fault) => {
                self.stop_if_fatal(&fault);
                Err(WorkResult::Park(Box::new(Parked::from_ask(item, asked))))
            }
        }
    }

    async fn relink_pending(&self, item: PendingGuest, user: &DirectoryUser) -> WorkResult {
        let on_done = OnDone {
            mail: Mail::None,
            state: PersonState::Open,
        };
        let mut result = row_results::exists(&item.guest, user);
        loop {
            let Ok(asked) = self.ask(&item, AttemptKind::Relink, on_done, false).await else {
                return self
                    .finish_row(
                        row_results::not_attempted(&item.guest),
                        item.person_id(),
                        CountsAs::Light,
                    )
                    .await;
            };
            match &asked.verdict {
                Verdict::RetryAfter { .. } => continue,
                Verdict::Done(invitation) => {
                    result.user_id = Some(invitation.user_id.clone());
                    result.this_run = Some(ThisRun::Relinked);
                    result.hint = Some(row_results::RELINKED.into());
                }
                // Silent, and the guest was there before: at worst a link is lost that the next run fetches again.
                Verdict::Unknown { .. } => {
                    self.settled(&item, asked.intent, "relink", PersonState::Open, None)
                        .await;
                    result.hint = Some("is a guest already; the answer with the new link was lost, run again to fetch one".into());
                }
                _ => return self.conclude(item, asked).await,
            }
            return self
                .finish_row(result, Some(asked.intent.person), CountsAs::Good)
                .await;
        }
    }

    /// Reads the object that Graph named, to say what it really is.
    async fn exists_by_id(
        &self,
        item: &PendingGuest,
        object_id: Option<&str>,
    ) -> Option<RowResult> {
        let ids = [object_id?.to_owned()];
        let users = self.graph.get_by_ids(&ids).await.ok()?;
        let user = users
            .into_iter()
            .find(|user| user.id.eq_ignore_ascii_case(&ids[0]))?;
        debug_assert!(directory::classify(&user) != Outcome::Invited);
        Some(row_results::exists(&item.guest, &user))
    }

    /// Looks a person up; none when the run stops first.
    pub(super) async fn find(&self, email: &EmailAddress) -> Option<LookupResult> {
        tokio::select! {
            biased;
            () = self.stop.raised() => None,
            lookup_result = self.lookup_batcher.find(email) => Some(lookup_result),
        }
    }

    pub(super) async fn finish_row(
        &self,
        result: RowResult,
        person: Option<i64>,
        counts_as: CountsAs,
    ) -> WorkResult {
        self.recorder.row(result, person, counts_as).await;
        WorkResult::Over
    }
}
