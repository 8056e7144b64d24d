//! A row's turn to be asked: from the decision to invite to its outcome.
//!
//! Never settles an unknown answer itself: such rows are handed on, so that no worker waits for them.

use super::{
    ask::{Asked, OnDone, Shared, Stopped},
    outcome::{Mail, Outcome, RowResult, ThisRun},
    plan::Item,
    recorder::Weight,
    settle::Parked,
    telling,
};
use crate::{
    directory::{self, Sighting},
    graph::{DirectoryUser, Verdict},
    guest::EmailAddress,
    ledger::{AskKind, PersonState},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long a row may be throttled, and nothing but throttled, before it is left for the next run.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What is to be done for a row.
#[derive(Debug)]
pub(super) enum Work {
    Invite(Item),
    /// Pending already: fetch a link silently.
    Relink(Item, Box<DirectoryUser>),
}

/// Where a row's turn led.
pub(super) enum Turn {
    Over,
    /// Invited tonight.
    Invited {
        person: i64,
        user_id: String,
    },
    Park(Box<Parked>),
}

impl Shared {
    pub async fn turn(&self, work: Work) -> Turn {
        match work {
            Work::Invite(item) => self.invite(item).await,
            Work::Relink(item, user) => self.relink_pending(item, &user).await,
        }
    }

    async fn invite(&self, item: Item) -> Turn {
        let mails = item.mails(&self.options);
        let mail = if mails { Mail::Requested } else { Mail::None };
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some((code, error)) = self.refused_domain(item.guest.email.domain()) {
                let result = telling::refused_like_domain(&item.guest, &code, &error);
                return self.over(result, item.person_id(), Weight::Light).await;
            }
            let asked = match self
                .ask(
                    &item,
                    AskKind::Invite,
                    OnDone {
                        mail,
                        state: PersonState::Invited,
                    },
                    false,
                )
                .await
            {
                Ok(asked) => asked,
                Err(Stopped) => {
                    return self
                        .over(
                            telling::not_attempted(&item.guest),
                            item.person_id(),
                            Weight::Light,
                        )
                        .await;
                }
            };
            if let Verdict::Done(invitation) = &asked.verdict {
                let user_id = invitation.user_id.clone();
                let (person, result) = (
                    asked.intent.person,
                    telling::invited(&item.guest, mail, asked.request_id),
                );
                self.follow_ups
                    .then_tell(&item, person, &user_id, result, Weight::Good)
                    .await;
                return Turn::Invited { person, user_id };
            }
            if matches!(asked.verdict, Verdict::RetryAfter { .. }) {
                // A 429 has been seen on an operation that was performed: for a mail, look once before asking again.
                if mails && let Some(turn) = self.look_after_throttle(&item, &asked).await {
                    return turn;
                }
                continue;
            }
            return self.conclude(item, asked).await;
        }
        self.over(
            telling::throttled_too_often(&item.guest),
            item.person_id(),
            Weight::Bad,
        )
        .await
    }

    /// Every answer but the good one and the throttled one.
    pub(super) async fn conclude(&self, item: Item, asked: Asked) -> Turn {
        let person = Some(asked.intent.person);
        match &asked.verdict {
            Verdict::Unknown { .. } => Turn::Park(Box::new(Parked::from_ask(item, asked))),
            Verdict::Exists {
                object_id,
                disabled,
                fault,
            } => {
                let told =
                    telling::exists_says_graph(&item.guest, object_id.clone(), *disabled, fault);
                let result = self
                    .exists_by_id(&item, object_id.as_deref())
                    .await
                    .unwrap_or(told);
                self.over(result, person, Weight::Good).await
            }
            Verdict::Refused { fault, .. } => {
                self.over(telling::refused(&item.guest, fault), person, Weight::Bad)
                    .await
            }
            Verdict::Stop { .. } => {
                self.over(telling::not_attempted(&item.guest), person, Weight::Light)
                    .await
            }
            Verdict::NotSent { fault }
            | Verdict::Failed { fault }
            | Verdict::RetryAfter { fault, .. } => {
                self.over(telling::failed(&item.guest, fault), person, Weight::Bad)
                    .await
            }
            Verdict::Done(_) => Turn::Over,
        }
    }

    async fn look_after_throttle(&self, item: &Item, asked: &Asked) -> Option<Turn> {
        let person = Some(asked.intent.person);
        // Nobody waits for a throttle to end when the run ends: it was not performed, as far as is known.
        let Some(sighting) = self.find(&item.guest.email).await else {
            let result = telling::not_attempted(&item.guest);
            return Some(self.over(result, person, Weight::Light).await);
        };
        match sighting {
            Ok(None) => None,
            Ok(Some(user)) => {
                // Nobody else was asked for this address: the throttled ask was performed after all.
                let parked = Parked::found_after_throttle(item, asked, user);
                Some(Turn::Park(Box::new(parked)))
            }
            Err(fault) => {
                self.heed(&fault);
                Some(
                    self.over(
                        telling::not_looked_up(&item.guest, &fault),
                        person,
                        Weight::Bad,
                    )
                    .await,
                )
            }
        }
    }

    async fn relink_pending(&self, item: Item, user: &DirectoryUser) -> Turn {
        let on_done = OnDone {
            mail: Mail::None,
            state: PersonState::Open,
        };
        let mut result = telling::exists(&item.guest, user);
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let Ok(asked) = self.ask(&item, AskKind::Relink, on_done, false).await else {
                return self
                    .over(
                        telling::not_attempted(&item.guest),
                        item.person_id(),
                        Weight::Light,
                    )
                    .await;
            };
            match &asked.verdict {
                Verdict::RetryAfter { .. } => continue,
                Verdict::Done(invitation) => {
                    result.user_id = Some(invitation.user_id.clone());
                    result.this_run = Some(ThisRun::Relinked);
                    result.hint = Some("is a guest already and has not redeemed yet; a new link was fetched silently".into());
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
                .over(result, Some(asked.intent.person), Weight::Good)
                .await;
        }
        self.over(result, item.person_id(), Weight::Bad).await
    }

    /// Reads the object that Graph named, to say what it really is.
    async fn exists_by_id(&self, item: &Item, object_id: Option<&str>) -> Option<RowResult> {
        let ids = [object_id?.to_owned()];
        let users = self.graph.get_by_ids(&ids).await.ok()?;
        let user = users
            .into_iter()
            .find(|user| user.id.eq_ignore_ascii_case(&ids[0]))?;
        debug_assert!(directory::classify(&user) != Outcome::Invited);
        Some(telling::exists(&item.guest, &user))
    }

    /// Looks a person up; none when the run stops first.
    pub(super) async fn find(&self, email: &EmailAddress) -> Option<Sighting> {
        tokio::select! {
            biased;
            () = self.stop.raised() => None,
            sighting = self.finder.find(email) => Some(sighting),
        }
    }

    pub(super) async fn over(
        &self,
        result: RowResult,
        person: Option<i64>,
        weight: Weight,
    ) -> Turn {
        self.recorder.row(result, person, weight).await;
        Turn::Over
    }
}
