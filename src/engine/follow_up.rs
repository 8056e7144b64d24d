//! Adds the sponsors of a guest after the invitation, in clouds whose invitations take none.
//!
//! Never sends an invitation. Adding a sponsor twice does no harm, so the next run repeats what was not finished; the
//! ledger knows for whom.

use super::{
    Options,
    looks::Looks,
    next_action::PendingGuest,
    recorder::{CountsAs, Recorder},
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    graph::{Class, Fault, Graph, Sponsor},
    guest::SponsorRef,
    ledger::{Answered, EventKind, PersonState, Reader},
    outcome::{FollowUp, RowResult},
};
use std::{
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Mutex, Semaphore},
    task::JoinSet,
    time::Instant,
};

/// The most guests that may wait for their sponsors. When there are more, the workers wait too.
const UNDER_WAY: usize = 200;

pub(super) struct FollowUps {
    task: FollowUpTask,
    /// Whether this run has to add sponsors at all.
    afterwards: bool,
    reader: StdMutex<Reader>,
    room: Arc<Semaphore>,
    under_way: Mutex<JoinSet<()>>,
}

/// What the follow-ups of one guest need.
#[derive(Clone)]
struct FollowUpTask {
    graph: Graph,
    recorder: Recorder,
    stop: Stop,
    clock: Clock,
    settle: Duration,
}

impl FollowUps {
    pub(super) fn new(
        graph: &Graph,
        recorder: &Recorder,
        reader: Reader,
        stop: &Stop,
        clock: &Clock,
        options: &Options,
    ) -> Self {
        Self {
            afterwards: !options.dry_run && !graph.abilities().sponsors_in_invitations,
            task: FollowUpTask {
                graph: graph.clone(),
                recorder: recorder.clone(),
                stop: stop.clone(),
                clock: clock.clone(),
                settle: options.settle,
            },
            reader: StdMutex::new(reader),
            room: Arc::new(Semaphore::new(UNDER_WAY)),
            under_way: Mutex::new(JoinSet::new()),
        }
    }

    /// Records the row of a guest whom we invited: at once, or when the missing sponsors have been added.
    pub(super) async fn then_tell(
        &self,
        item: &PendingGuest,
        person: i64,
        user_id: &str,
        mut result: RowResult,
        counts_as: CountsAs,
    ) {
        let task = self.task.clone();
        if !self.afterwards || item.sponsors.is_empty() {
            return task.recorder.row(result, Some(person), counts_as).await;
        }
        if self.is_done(person) {
            result.follow_up = Some(FollowUp::Done);
            return task.recorder.row(result, Some(person), counts_as).await;
        }
        // The semaphore is never closed. Without a permit there would only be more guests at the same time.
        let permit = self.room.clone().acquire_owned().await.ok();
        let (sponsors, user_id) = (sponsors(item), user_id.to_owned());
        let mut under_way = self.under_way.lock().await;
        while under_way.try_join_next().is_some() {}
        under_way.spawn(async move {
            let result = task.finish(person, &user_id, &sponsors, result).await;
            task.recorder.row(result, Some(person), counts_as).await;
            drop(permit);
        });
    }

    /// Returns when all follow-ups that were begun have ended.
    pub(super) async fn end(&self) {
        while self.under_way.lock().await.join_next().await.is_some() {}
    }

    /// If the ledger cannot be read the sponsors are added once more, which does no harm.
    fn is_done(&self, person: i64) -> bool {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.followed_up(person).unwrap_or(false)
    }
}

impl FollowUpTask {
    async fn finish(
        &self,
        person: i64,
        user_id: &str,
        sponsors: &[Sponsor],
        mut result: RowResult,
    ) -> RowResult {
        let end = Instant::now() + self.settle;
        let (mut added, mut refused) = (0, None);
        for sponsor in sponsors {
            match self.add(user_id, sponsor, end).await {
                Ok(()) => added += 1,
                Err(fault) => refused = fault.or(refused),
            }
        }
        let follow_up = match added {
            _ if added == sponsors.len() => FollowUp::Done,
            0 => FollowUp::Failed,
            _ => FollowUp::Partial,
        };
        result.follow_up = Some(follow_up);
        if follow_up != FollowUp::Done {
            let why = refused
                .as_ref()
                .map_or("the run stopped", |fault| fault.title());
            let owed = format!("not all sponsors were added ({why}); the same command tries again");
            result.hint = Some(match result.hint.take() {
                Some(hint) => format!("{hint}; {owed}"),
                None => owed,
            });
            result.error_code = refused.as_ref().map(|fault| fault.code.to_string());
            result.error = refused.as_ref().map(|fault| fault.title().to_owned());
        }
        let done = Answered {
            person,
            intent: None,
            row: result.row,
            at: self.clock.now(),
            kind: EventKind::FollowUp,
            status: refused.as_ref().and_then(|fault| fault.status),
            request_id: None,
            detail: Some(follow_up.word().to_owned()),
            state: PersonState::Invited,
            mail: None,
            found: None,
            refusal: None,
        };
        self.recorder.answered(done).await;
        result
    }

    /// Adds one sponsor, and tries again while not every replica knows the guest. An error without a fault: the run is
    /// stopping.
    async fn add(
        &self,
        user_id: &str,
        sponsor: &Sponsor,
        end: Instant,
    ) -> Result<(), Option<Fault>> {
        let mut looks = Looks::until(end, self.settle);
        while !self.stop.is_raised() {
            let last = looks.is_last();
            let fault = match self.graph.add_sponsor(user_id, sponsor).await {
                Ok(()) => return Ok(()),
                Err(fault) => fault,
            };
            if !matches!(fault.class, Class::NotYet | Class::Absent) {
                // A sign-in that may not add sponsors may still invite.
                if fault.class != Class::Permission
                    && let Some(reason) = StopReason::of(&fault)
                {
                    self.stop.raise(reason);
                }
                return Err(Some(fault));
            }
            if last || !looks.wait(&self.stop).await {
                return Err(Some(fault));
            }
        }
        Err(None)
    }
}

fn sponsors(item: &PendingGuest) -> Vec<Sponsor> {
    let named = item.guest.sponsors.iter().zip(&item.sponsors);
    named
        .map(|(sponsor, id)| match sponsor {
            SponsorRef::Address(_) => Sponsor::User(id.clone()),
            SponsorRef::Group(_) => Sponsor::Group(id.clone()),
            SponsorRef::Id(_) => Sponsor::Object(id.clone()),
        })
        .collect()
}
