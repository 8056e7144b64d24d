//! Who is already there: groups of twenty looked up by address, and people of earlier runs confirmed by id.
//!
//! Decides per row what is to be done; never asks for an invitation.

use super::{
    ask::Shared,
    options::{Existing, Precheck},
    outcome::{Outcome, ThisRun, Verified},
    plan::{Item, Step},
    recorder::Weight,
    settle::Parked,
    telling,
    verify::unseen,
    worker::Work,
};
use crate::{
    directory::{self, Sighting},
    graph::Fault,
    guest::EmailAddress,
    ledger::Person,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

const GROUP: usize = 20;
/// One `getByIds` takes this many (Graph: directoryobject-getbyids).
const IDS: usize = 1_000;
/// Groups looked up at once.
const ABREAST: usize = 4;
/// How long a group waits to be full.
const GATHER: Duration = Duration::from_millis(50);

pub(super) struct Scout {
    pub shared: Arc<Shared>,
    pub work: mpsc::Sender<Work>,
    pub park: mpsc::Sender<Parked>,
}

impl Scout {
    pub async fn scout(self, mut steps: mpsc::Receiver<Step>) {
        let mut looking: Vec<Item> = Vec::with_capacity(GROUP);
        let mut confirming: Vec<Item> = Vec::new();
        let mut abreast = FuturesUnordered::new();
        loop {
            let step = tokio::select! {
                step = steps.recv(), if abreast.len() < ABREAST => step,
                Some(()) = abreast.next() => continue,
                () = tokio::time::sleep(GATHER), if !looking.is_empty() && abreast.len() < ABREAST => {
                    abreast.push(self.look(std::mem::take(&mut looking)));
                    continue;
                }
            };
            match step {
                Some(Step::Tell(result, person)) => {
                    self.shared
                        .recorder
                        .row(*result, person, Weight::Light)
                        .await
                }
                Some(Step::Look(item)) => looking.push(item),
                Some(Step::Confirm(item)) => confirming.push(item),
                Some(Step::Settle(item)) => self.settle(item).await,
                None => break,
            }
            if looking.len() == GROUP {
                abreast.push(self.look(std::mem::take(&mut looking)));
            }
            if confirming.len() == IDS {
                looking.extend(self.confirm(std::mem::take(&mut confirming)).await);
            }
        }
        looking.extend(self.confirm(confirming).await);
        while !looking.is_empty() {
            let rest = looking.split_off(GROUP.min(looking.len()));
            abreast.push(self.look(std::mem::replace(&mut looking, rest)));
        }
        while abreast.next().await.is_some() {}
    }

    async fn settle(&self, item: Item) {
        if self.shared.options.dry_run {
            let (result, person) = (telling::would_settle(&item.guest), item.person_id());
            return self
                .shared
                .recorder
                .row(result, person, Weight::Light)
                .await;
        }
        if let Some(parked) = Parked::from_earlier_run(item, self.shared.clock.now()) {
            // The settler outlives the scout.
            let _ = self.park.send(parked).await;
        }
    }

    /// A group of people, looked up in one request.
    async fn look(&self, items: Vec<Item>) {
        if self.shared.stop.is_raised() {
            return self.leave(items).await;
        }
        if self.shared.options.precheck == Precheck::Off {
            for item in items {
                self.nobody(item).await;
            }
            return;
        }
        let addresses: Vec<&EmailAddress> = items.iter().map(|item| &item.guest.email).collect();
        let sightings = tokio::select! {
            biased;
            () = self.shared.stop.raised() => None,
            sightings = self.shared.directory.find(&addresses) => Some(sightings),
        };
        match sightings {
            None => self.leave(items).await,
            Some(Ok(sightings)) => {
                for (item, sighting) in items.into_iter().zip(sightings) {
                    self.decide(item, sighting).await;
                }
            }
            Some(Err(fault)) => {
                for item in items {
                    self.decide(item, Err(fault.clone())).await;
                }
            }
        }
    }

    async fn decide(&self, item: Item, sighting: Sighting) {
        match sighting {
            Ok(None) => self.nobody(item).await,
            Ok(Some(user)) => {
                let pending = directory::classify(&user) == Outcome::ExistsPending;
                let linked = item.person.as_ref().is_some_and(|person| {
                    person.redeem_url.is_some()
                        && person.user_id.as_deref() == Some(user.id.as_str())
                });
                if pending
                    && !linked
                    && self.shared.options.existing == Existing::Relink
                    && !self.shared.options.dry_run
                {
                    let _ = self.work.send(Work::Relink(item, Box::new(user))).await;
                } else {
                    let result = telling::exists(&item.guest, &user);
                    self.shared
                        .recorder
                        .row(result, item.person_id(), Weight::Light)
                        .await;
                }
            }
            Err(fault) => self.blind(item, &fault).await,
        }
    }

    /// The person could not be looked up: nothing is asked.
    async fn blind(&self, item: Item, fault: &Fault) {
        self.shared.heed(fault);
        if self.shared.stop.is_raised() {
            return self.leave(vec![item]).await;
        }
        let result = telling::not_looked_up(&item.guest, fault);
        self.shared
            .recorder
            .row(result, item.person_id(), Weight::Bad)
            .await;
    }

    /// Nobody is there under this address.
    async fn nobody(&self, item: Item) {
        if self
            .shared
            .directory
            .domains()
            .is_own(item.guest.email.domain())
        {
            self.shared
                .recorder
                .row(
                    telling::own_domain(&item.guest),
                    item.person_id(),
                    Weight::Light,
                )
                .await;
        } else if self.shared.options.dry_run {
            let result = telling::would_invite(&item.guest, item.mails(&self.shared.options));
            self.shared
                .recorder
                .row(result, item.person_id(), Weight::Light)
                .await;
        } else {
            // The workers outlive the scout: they end when this sender is gone.
            let _ = self.work.send(Work::Invite(item)).await;
        }
    }

    /// The run is stopping: these rows wait for the next one.
    async fn leave(&self, items: Vec<Item>) {
        for item in items {
            let result = match &item.person {
                Some(person) if person.state == crate::ledger::PersonState::Invited => {
                    telling::invited_before(&item.guest, person, None)
                }
                _ => telling::not_attempted(&item.guest),
            };
            self.shared
                .recorder
                .row(result, item.person_id(), Weight::Light)
                .await;
        }
    }

    /// People whom an earlier run invited, read by id. Gives back those who are to be looked up by address.
    async fn confirm(&self, items: Vec<Item>) -> Vec<Item> {
        let known = |item: &Item| {
            item.person
                .as_ref()
                .and_then(|person| person.user_id.clone())
        };
        let ids: Vec<String> = items.iter().filter_map(known).collect();
        if items.is_empty() {
            return items;
        }
        if self.shared.stop.is_raised() {
            self.leave(items).await;
            return Vec::new();
        }
        let users = match self.shared.graph.get_by_ids(&ids).await {
            Ok(users) => users,
            Err(fault) => {
                self.shared.heed(&fault);
                self.leave(items).await;
                return Vec::new();
            }
        };
        let states: std::collections::HashMap<String, Option<String>> = users
            .into_iter()
            .map(|user| (user.id.to_ascii_lowercase(), user.external_user_state))
            .collect();
        let mut again = Vec::new();
        for item in items {
            let Some(person) = item.person.clone() else {
                continue;
            };
            let seen = person
                .user_id
                .as_ref()
                .and_then(|id| states.get(&id.to_ascii_lowercase()));
            // Not seen yet is not gone: a replica may lag, and asking again would mail twice.
            let gone = seen.is_none()
                && (person.verified == Some(Verified::Found)
                    || unseen(person.invited_at, self.shared.clock.now()) == Verified::Missing);
            if gone && self.shared.options.again {
                again.push(item);
                continue;
            }
            self.confirmed(&item, person, seen).await;
        }
        again
    }

    async fn confirmed(&self, item: &Item, mut person: Person, seen: Option<&Option<String>>) {
        let now = self.shared.clock.now();
        let (verified, result) = match seen {
            Some(state) => {
                person.redemption.clone_from(state);
                (
                    Some(Verified::Found),
                    telling::invited_before(&item.guest, &person, Some(ThisRun::Checked)),
                )
            }
            None if person.verified == Some(Verified::Found) => (None, telling::gone(&item.guest)),
            None => {
                let verified = unseen(person.invited_at, now);
                let result = if verified == Verified::Missing {
                    telling::missing(&item.guest, &person)
                } else {
                    telling::invited_before(&item.guest, &person, Some(ThisRun::Checked))
                };
                (Some(verified), result)
            }
        };
        if let Some(verified) = verified {
            self.shared
                .recorder
                .verified(person.id, verified, person.redemption.clone(), now)
                .await;
        }
        self.shared
            .recorder
            .row(result, Some(person.id), Weight::Light)
            .await;
    }
}
