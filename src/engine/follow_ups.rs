//! What an invitation cannot carry, for each guest: what is owed is made, recorded as soon as it is made, and then the row
//! is told.
//!
//! Never sends an invitation. How a change is made is told in `follow_up`.

use super::{
    Options,
    next_action::PendingGuest,
    owed::{FollowUpRules, Owed, with_hint, with_wait},
    recorder::{CountsAs, Recorder},
    row_results,
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    follow_up::{self, Change, Ended, FollowedGuest, Performer, Plan, Standing},
    graph::{Class, Fault, Graph, catalogue},
    ledger::{FollowUpRecord, KnownFollowUp, Reader},
    outcome::RowResult,
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{Mutex, Semaphore, mpsc},
    task::JoinSet,
};
use uuid::Uuid;

/// The most guests whose follow-ups may be under way. When there are more, the workers wait too.
const UNDER_WAY: usize = 200;

const SAME_USER: &str =
    "another row leads to the same user of the directory, and what that row says is set";

pub(super) struct FollowUps {
    task: FollowUpTask,
    rules: FollowUpRules,
    room: Arc<Semaphore>,
    under_way: Mutex<JoinSet<()>>,
    /// The users to whom rows of this run have led. Two addresses may be one user, who gets what the first row says.
    begun: StdMutex<HashSet<Uuid>>,
}

/// What the follow-ups of one guest need.
#[derive(Clone)]
struct FollowUpTask {
    performer: Performer,
    recorder: Recorder,
    stop: Stop,
    clock: Clock,
    /// The generation of the ledger that this run raised.
    generation: Option<i64>,
    reader: Arc<StdMutex<Reader>>,
}

/// A row whose outcome is known, and the guest behind it.
pub(super) struct DoneRow {
    pub user_id: String,
    /// None: the ledger knows nobody with the address.
    pub person: Option<i64>,
    pub standing: Standing,
    pub result: RowResult,
    pub counts_as: CountsAs,
}

impl FollowUps {
    pub(super) fn new(
        graph: &Graph,
        recorder: &Recorder,
        reader: Reader,
        stop: &Stop,
        clock: &Clock,
        generation: Option<i64>,
        options: &Options,
    ) -> Self {
        let inside = graph.abilities().sponsors_in_invitations;
        let signal = stop.signal().clone();
        Self {
            rules: FollowUpRules::of(options, !inside),
            task: FollowUpTask {
                performer: Performer::new(graph.clone(), options.settle, signal),
                recorder: recorder.clone(),
                stop: stop.clone(),
                clock: clock.clone(),
                generation,
                reader: Arc::new(StdMutex::new(reader)),
            },
            room: Arc::new(Semaphore::new(UNDER_WAY)),
            under_way: Mutex::new(JoinSet::new()),
            begun: StdMutex::default(),
        }
    }

    /// Records the row of a guest: at once, or when what is owed has been made.
    pub(super) async fn then_tell(&self, item: &PendingGuest, row: DoneRow) {
        let task = self.task.clone();
        let known = |user_id: &str| task.known(user_id);
        let (person, wishes) = (item.person.as_ref(), item.wishes());
        let owed = self.rules.owed(
            person,
            wishes,
            &item.waits,
            row.standing,
            &row.user_id,
            known,
        );
        for waits in owed.iter().flat_map(|owed| &owed.waits) {
            task.recorder.waits(waits.kind).await;
        }
        let DoneRow {
            user_id,
            person,
            result,
            counts_as,
            ..
        } = row;
        let owed = match owed {
            None => return task.recorder.row(result, person, counts_as).await,
            Some(_) if !self.is_first(&user_id) => {
                let result = with_hint(result, Some(SAME_USER.to_owned()));
                return task.recorder.row(result, person, counts_as).await;
            }
            Some(owed) if owed.is_over() => {
                let result = owed.told(result);
                return task.recorder.row(result, person, counts_as).await;
            }
            Some(owed) => owed,
        };
        // The semaphore is never closed. Without a permit there would only be more guests at the same time.
        let permit = self.room.clone().acquire_owned().await.ok();
        let mut under_way = self.under_way.lock().await;
        while under_way.try_join_next().is_some() {}
        under_way.spawn(async move {
            let result = task.finish(owed, person, result).await;
            task.recorder.row(result, person, counts_as).await;
            drop(permit);
        });
    }

    /// What is said of somebody who is no guest, or is blocked, where people who were there before are to be updated.
    pub(super) fn leaves_out(&self, item: &PendingGuest) -> Option<&'static str> {
        const LEFT_OUT: &str = "what the sheet says beside the invitation is set for guests only, and not while they are blocked";
        let wishes = Plan::of(item.wishes());
        (self.rules.updates_existing() && !wishes.is_empty()).then_some(LEFT_OUT)
    }

    /// Whether no other row of this run has led to the user.
    fn is_first(&self, user_id: &str) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::try_parse(user_id).map_or(true, |id| begun.insert(id))
    }

    /// Returns when all follow-ups that were begun have ended.
    pub(super) async fn end(&self) {
        while self.under_way.lock().await.join_next().await.is_some() {}
    }

    /// What was learnt about refusals, a sentence each.
    pub(super) fn notes(&self) -> Vec<String> {
        self.task.performer.notes()
    }
}

impl FollowUpTask {
    /// If the ledger cannot be read everything is made once more, which does no harm.
    fn known(&self, user_id: &str) -> Vec<KnownFollowUp> {
        self.reader().follow_ups_of(user_id).unwrap_or_default()
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is still owed is left to a run that has taken the ledger over.
    fn stop_if_taken_over(&self) {
        let newest = self.reader().generation().ok();
        if self.generation.is_some() && newest.is_some() && newest != self.generation {
            let by = self.reader().holder().unwrap_or_default();
            self.stop.raise(StopReason::TakenOver { by });
        }
    }

    async fn finish(&self, owed: Owed, person: Option<i64>, mut result: RowResult) -> RowResult {
        let Owed {
            guest,
            changes,
            over,
            left: mut ends,
            waits,
        } = owed;
        self.stop_if_taken_over();
        let (told, mut endings) = mpsc::channel(1);
        let performing = async {
            let synchronised = self.performer.perform(&guest, changes, &told).await;
            drop(told);
            synchronised
        };
        let recording = async {
            let mut ends = Vec::new();
            while let Some((change, ended)) = endings.recv().await {
                self.record(&guest, person, result.row, &change, &ended)
                    .await;
                ends.push((change, ended));
            }
            ends
        };
        let (synchronised, now) = tokio::join!(performing, recording);
        let states: Vec<_> = now
            .iter()
            .filter_map(|(change, ended)| Some((change.kind(), ended.state()?)))
            .collect();
        result.follow_up = Some(follow_up::overall(over, &states, now.len() - states.len()));
        let failed = now.iter().find_map(|(change, ended)| {
            let failed = ended.state()?.is_failure(change.kind());
            ended.fault().filter(|_| failed)
        });
        if let (Some(fault), None) = (failed, &result.error_code) {
            result.error_code = Some(fault.code.to_string());
            result.error = Some(row_results::own_words(fault));
        }
        ends.extend(now);
        let existing = guest.standing == Standing::Existing;
        let changed = ends.iter().any(|(_, ended)| matches!(ended, Ended::Made));
        if existing && changed {
            result.hint = result.hint.map(|hint| row_results::without_nothing(&hint));
        }
        let hint = follow_up::hint(&ends, existing, synchronised);
        let result = with_hint(result, hint);
        waits.into_iter().fold(result, with_wait)
    }

    /// Makes the end of a change durable, before the row counts.
    async fn record(
        &self,
        guest: &FollowedGuest,
        person: Option<i64>,
        row: u64,
        change: &Change,
        ended: &Ended,
    ) {
        let fault = ended.fault();
        if let Some(reason) = fault.and_then(stop_reason) {
            self.stop.raise(reason);
        }
        let Some(state) = ended.state() else { return };
        let at = self.clock.now();
        let code = match ended {
            Ended::Left(why) => Some(why.word().to_owned()),
            _ => fault.map(|fault| fault.code.to_string()),
        };
        let record = |key| FollowUpRecord {
            user_id: guest.user_id.clone(),
            person,
            row,
            at,
            key,
            state,
            status: fault.and_then(|fault| fault.status),
            code: code.clone(),
            request_id: fault.and_then(|fault| fault.request_id.clone()),
        };
        let records = change.keys().into_iter().map(record).collect();
        let was_so = matches!(ended, Ended::WasSo);
        self.recorder.follow_up(records, was_so).await;
    }
}

/// Why a fault of a follow-up ends the run. A missing permission does not: the sign-in may still invite. Nor does a quota,
/// which is that of one object.
fn stop_reason(fault: &Fault) -> Option<StopReason> {
    let own = fault.class == Class::Permission
        || fault.class == Class::Address
        || fault.code == catalogue::TENANT_FULL;
    if own { None } else { StopReason::of(fault) }
}
