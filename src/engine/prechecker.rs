//! Finds out who is in the tenant already: people are looked up by address, guests of earlier runs are confirmed by id.
//!
//! Decides for each row what is to be done. Never sends an invitation.

use super::{
    assumed_attempts, conclude,
    follow_ups::DoneRow,
    lookup_queue::LookupQueue,
    next_action::{PendingGuest, PrecheckTask, SettleGuard},
    options::Existing,
    parked::Parked,
    recorder::CountsAs,
    row_results,
    state::EngineState,
    verify::unseen,
    worker::Work,
};
use crate::{
    directory::{self, LookupResult, LookupStrategy},
    events,
    follow_up::Standing,
    graph::{DirectoryUser, Fault},
    guest::EmailAddress,
    ledger::{Person, PersonState, PriorLookup},
    outcome::{Mail, Outcome, RowResult, ThisRun, Verified},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// One `getByIds` takes this many ids (Graph: directoryobject-getbyids).
const IDS: usize = 1_000;
/// The most groups that are looked up at the same time.
const ABREAST: usize = 4;
/// How long a group waits until it is full.
const GATHER: Duration = Duration::from_millis(50);

pub(super) struct Prechecker {
    pub engine: Arc<EngineState>,
    pub work: mpsc::Sender<Work>,
    pub park: mpsc::Sender<Parked>,
}

impl Prechecker {
    /// Says whether there was anything to do.
    pub(super) async fn prechecker(self, mut steps: mpsc::Receiver<PrecheckTask>) -> bool {
        let mut waiting = LookupQueue::new(self.engine.options.precheck);
        let mut confirming: Vec<PendingGuest> = Vec::new();
        let mut abreast = FuturesUnordered::new();
        let (mut ended, mut busy) = (false, false);
        loop {
            while abreast.len() < ABREAST
                && let Some((group, way)) = waiting.group(ended)
            {
                abreast.push(self.look(group, way));
            }
            if ended && waiting.is_empty() && abreast.is_empty() {
                return busy;
            }
            let step = tokio::select! {
                step = steps.recv(), if !ended && waiting.takes_more() => step,
                Some(()) = abreast.next() => continue,
                () = tokio::time::sleep(GATHER), if !waiting.is_empty() && !waiting.is_held() && abreast.len() < ABREAST => {
                    if let Some((group, way)) = waiting.group(true) {
                        abreast.push(self.look(group, way));
                    }
                    continue;
                }
            };
            busy |= step.is_some();
            match step {
                Some(PrecheckTask::Look(item)) => waiting.push(item, self.users()).await,
                Some(PrecheckTask::Confirm(item)) => confirming.push(item),
                Some(PrecheckTask::Settle(item, guard)) => self.settle(item, guard).await,
                None => {
                    ended = true;
                    waiting.end(self.confirm(std::mem::take(&mut confirming)).await);
                }
            }
            if confirming.len() == IDS {
                for item in self.confirm(std::mem::take(&mut confirming)).await {
                    waiting.push(item, self.users()).await;
                }
            }
        }
    }

    /// How many users the directory has. None: the run stopped first, or it cannot be told.
    async fn users(&self) -> Option<u64> {
        tokio::select! {
            biased;
            () = self.engine.stop.rows().raised() => None,
            users = self.engine.user_lookup.users() => users,
        }
    }

    async fn settle(&self, item: PendingGuest, guard: Option<SettleGuard>) {
        if self.engine.options.dry_run {
            let (result, person) = (row_results::would_settle(&item.guest), item.person_id());
            return self
                .engine
                .recorder
                .row(result, person, CountsAs::Light)
                .await;
        }
        let (now, steps) = (self.engine.clock.now(), self.engine.calibration.steps());
        if let Some(parked) = Parked::from_earlier_run(item, guard, now, steps) {
            // The settler outlives the prechecker.
            let _ = self.park.send(parked).await;
        }
    }

    /// Looks up a group of people together; without a strategy nobody is looked up.
    async fn look(&self, items: Vec<PendingGuest>, way: Option<LookupStrategy>) {
        if self.engine.stop.rows().is_raised() {
            return self.mark_not_attempted(items).await;
        }
        let Some(way) = way else {
            for item in items {
                match self.blocked_domain(&item) {
                    Some(result) => self.tell(result, &item).await,
                    None => self.invite(item).await,
                }
            }
            return;
        };
        let addresses: Vec<&EmailAddress> = items.iter().map(|item| &item.guest.email).collect();
        let people = i64::try_from(addresses.len()).unwrap_or(0);
        events::looking_up(people);
        let lookup_results = tokio::select! {
            biased;
            () = self.engine.stop.rows().raised() => None,
            lookup_results = self.engine.user_lookup.find(way, &addresses) => Some(lookup_results),
        };
        events::looking_up(-people);
        match lookup_results {
            None => self.mark_not_attempted(items).await,
            Some(Ok(lookup_results)) => {
                for (item, lookup_result) in items.into_iter().zip(lookup_results) {
                    self.decide(item, lookup_result).await;
                }
            }
            Some(Err(fault)) => {
                for item in items {
                    self.decide(item, Err(fault.clone())).await;
                }
            }
        }
    }

    async fn decide(&self, mut item: PendingGuest, lookup_result: LookupResult) {
        item.saw = match &lookup_result {
            Ok(None) => PriorLookup::NotFound,
            Ok(Some(_)) => PriorLookup::Found,
            Err(_) => PriorLookup::Unknown,
        };
        match lookup_result {
            Ok(None) => self.not_found(item).await,
            Ok(Some(user)) if item.claims(&user.id) => {
                let person = item.person.clone();
                if let Some(person) = person {
                    self.confirmed(&item, person, Some(&user.external_user_state))
                        .await;
                }
            }
            Ok(Some(user)) => {
                let pending = directory::classify(&user) == Outcome::ExistsPending;
                let linked = item.person.as_ref().is_some_and(|person| {
                    person.redeem_url.is_some()
                        && person.user_id.as_deref() == Some(user.id.as_str())
                });
                let relinks =
                    pending && !linked && self.engine.options.existing == Existing::Relink;
                if relinks && !self.engine.options.dry_run {
                    let _ = self.work.send(Work::Relink(item, Box::new(user))).await;
                } else {
                    if relinks {
                        self.engine.recorder.would_relink().await;
                    }
                    let result = row_results::exists(&item.guest, &user);
                    conclude::existing(&self.engine, &item, &user, result, CountsAs::Light).await;
                }
            }
            Err(fault) => self.lookup_failed(item, &fault).await,
        }
    }

    /// The person could not be looked up, so no invitation is sent.
    async fn lookup_failed(&self, item: PendingGuest, fault: &Fault) {
        self.engine.stop_if_fatal(fault);
        if self.engine.stop.rows().is_raised() {
            return self.mark_not_attempted(vec![item]).await;
        }
        let result = row_results::not_looked_up(&item.guest, fault);
        self.engine
            .recorder
            .row(result, item.person_id(), CountsAs::Bad)
            .await;
    }

    /// Nobody was found under this address. There may still be a deleted user.
    async fn not_found(&self, item: PendingGuest) {
        if let Some(result) = self.blocked_domain(&item) {
            return self.tell(result, &item).await;
        }
        if let Some(person) = &item.person
            && person.state == PersonState::Claimed
        {
            // A guest who is not found yet is not gone, as in `confirm`.
            let gone = person.verified == Some(Verified::Found)
                || unseen(person.invited_at, self.engine.clock.now()) == Verified::Missing;
            if !gone {
                return self.tell(row_results::claimed(&item.guest), &item).await;
            }
            if !self.engine.options.again {
                return self
                    .tell(row_results::claimed_and_gone(&item.guest), &item)
                    .await;
            }
        }
        let deleted = tokio::select! {
            biased;
            () = self.engine.stop.rows().raised() => return self.mark_not_attempted(vec![item]).await,
            deleted = self.engine.user_lookup.deleted(&item.guest.email) => deleted,
        };
        match deleted {
            Ok(None) => self.invite(item).await,
            Ok(Some(id)) => {
                let result =
                    row_results::exists_deleted(&item.guest, id.clone(), item.deleted_by_us(&id));
                self.tell(result, &item).await;
            }
            Err(fault) => self.lookup_failed(item, &fault).await,
        }
    }

    /// A guest whom `cleanup` deleted stands on the sheet again: never invited by itself.
    async fn not_found_again(&self, item: PendingGuest) {
        let deleted = tokio::select! {
            biased;
            () = self.engine.stop.rows().raised() => return self.mark_not_attempted(vec![item]).await,
            deleted = self.engine.user_lookup.deleted(&item.guest.email) => deleted,
        };
        let by = item
            .person
            .as_ref()
            .and_then(|person| person.deleted.as_ref());
        match deleted {
            Ok(Some(id)) => {
                let result = row_results::exists_deleted(&item.guest, id, by);
                self.tell(result, &item).await;
            }
            Ok(None) => self.tell(row_results::gone(&item.guest, by), &item).await,
            Err(fault) => self.lookup_failed(item, &fault).await,
        }
    }

    /// The outcome of a row whose domain the tenant does not invite.
    fn blocked_domain(&self, item: &PendingGuest) -> Option<RowResult> {
        let (domains, domain) = (self.engine.directory.domains(), item.guest.email.domain());
        if domains.is_own(domain) {
            Some(row_results::own_domain(&item.guest))
        } else if domains.is_refused(domain) {
            Some(row_results::listed_domain(&item.guest))
        } else {
            None
        }
    }

    async fn invite(&self, item: PendingGuest) {
        if self.engine.options.dry_run {
            let result = {
                let options = &self.engine.options;
                let mail = if item.mails(options) {
                    Mail::Requested
                } else if item.owes_mail(options) {
                    Mail::Due
                } else {
                    Mail::None
                };
                row_results::would_invite(&item.guest, mail)
            };
            self.tell(result, &item).await;
        } else if assumed_attempts::may_have_been_asked(&self.engine, &item) {
            match assumed_attempts::assume_asked(&self.engine, item).await {
                Ok(item) => self.settle(item, None).await,
                Err(item) => self.mark_not_attempted(vec![item]).await,
            }
        } else {
            // The workers outlive the prechecker: they end when this sender is gone.
            let _ = self.work.send(Work::Invite(item)).await;
        }
    }

    /// Records an outcome for which no invitation was sent.
    async fn tell(&self, result: RowResult, item: &PendingGuest) {
        self.engine
            .recorder
            .row(result, item.person_id(), CountsAs::Light)
            .await;
    }

    /// The run is stopping: these rows are left to the next run.
    async fn mark_not_attempted(&self, items: Vec<PendingGuest>) {
        for item in items {
            let result = row_results::not_reached(&item.guest, item.person.as_ref());
            self.engine
                .recorder
                .row(result, item.person_id(), CountsAs::Light)
                .await;
        }
    }

    /// Reads people whom an earlier run invited by id. Gives back those who are to be looked up by address.
    async fn confirm(&self, items: Vec<PendingGuest>) -> Vec<PendingGuest> {
        let known = |item: &PendingGuest| {
            item.person
                .as_ref()
                .and_then(|person| person.user_id.clone())
        };
        let ids: Vec<String> = items.iter().filter_map(known).collect();
        if items.is_empty() {
            return items;
        }
        if self.engine.stop.rows().is_raised() {
            self.mark_not_attempted(items).await;
            return Vec::new();
        }
        let users = match self.engine.graph.get_by_ids(&ids).await {
            Ok(users) => users,
            Err(fault) => {
                self.engine.stop_if_fatal(&fault);
                self.mark_not_attempted(items).await;
                return Vec::new();
            }
        };
        let mut states = redemption_states(users);
        let now = self.engine.clock.now();
        // A guest who is not found yet is not gone: a replica may lag, and another invitation would mail twice.
        let expected = |person: &Person| {
            person.verified == Some(Verified::Found)
                || person.deleted.is_some()
                || unseen(person.invited_at, now) == Verified::Missing
        };
        // That a list lacks somebody does not prove that a guest is gone, so each of them is read alone.
        let missed: Vec<String> = items
            .iter()
            .filter(|item| item.person.as_ref().is_some_and(expected))
            .filter_map(known)
            .filter(|id| !states.contains_key(&id.to_ascii_lowercase()))
            .collect();
        let mut certain = true;
        if !missed.is_empty() {
            match self.engine.graph.one_by_one(&missed).await {
                Ok(users) => states.extend(redemption_states(users)),
                Err(fault) => {
                    self.engine.stop_if_fatal(&fault);
                    certain = false;
                }
            }
        }
        let mut again = Vec::new();
        for item in items {
            let Some(person) = item.person.clone() else {
                continue;
            };
            let seen = person
                .user_id
                .as_ref()
                .and_then(|id| states.get(&id.to_ascii_lowercase()));
            let gone = seen.is_none() && expected(&person);
            if gone && !certain {
                self.mark_not_attempted(vec![item]).await;
                continue;
            }
            // A guest of a results file who is not found by id is looked up by address first.
            let claimed = seen.is_none() && person.state == PersonState::Claimed;
            if claimed || (gone && self.engine.options.again) {
                again.push(item);
                continue;
            }
            if gone && person.deleted.is_some() {
                // Whether the user can still be restored decides how the row ends.
                self.not_found_again(item).await;
                continue;
            }
            self.confirmed(&item, person, seen).await;
        }
        again
    }

    async fn confirmed(
        &self,
        item: &PendingGuest,
        mut person: Person,
        seen: Option<&Option<String>>,
    ) {
        let now = self.engine.clock.now();
        let (verified, result) = match seen {
            Some(state) => {
                person.redemption.clone_from(state);
                (
                    Some(Verified::Found),
                    row_results::invited_before(&item.guest, &person, Some(ThisRun::Checked)),
                )
            }
            None if person.verified == Some(Verified::Found) => {
                (None, row_results::gone(&item.guest, None))
            }
            None => {
                let verified = unseen(person.invited_at, now);
                let result = if verified == Verified::Missing {
                    row_results::missing(&item.guest, &person)
                } else {
                    row_results::invited_before(&item.guest, &person, Some(ThisRun::Checked))
                };
                (Some(verified), result)
            }
        };
        if let Some(verified) = verified {
            self.engine
                .recorder
                .verified(person.id, verified, person.redemption.clone(), now)
                .await;
        }
        if let (Some(user_id), Outcome::Invited) = (&person.user_id, result.outcome)
            && verified != Some(Verified::Missing)
        {
            let row = DoneRow {
                user_id: user_id.clone(),
                person: Some(person.id),
                standing: Standing::Earlier,
                result,
                counts_as: CountsAs::Light,
            };
            return self.engine.follow_ups.then_tell(item, row).await;
        }
        self.engine
            .recorder
            .row(result, Some(person.id), CountsAs::Light)
            .await;
    }
}

/// The redemption states of the users that were read, by their ids in lower case.
fn redemption_states(users: Vec<DirectoryUser>) -> HashMap<String, Option<String>> {
    users
        .into_iter()
        .map(|user| (user.id.to_ascii_lowercase(), user.external_user_state))
        .collect()
}
