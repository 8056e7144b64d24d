//! Makes the changes of a guest, one after the other: waits while not every replica knows the guest, looks before a change
//! is sent again that was perhaps made, and learns what is refused to everybody.
//!
//! Must not record anything, or end the run: whoever asked hears of every change as soon as it has ended.

use super::{
    change::Change,
    ended::{Because, Ended, FollowedGuest, Learnt, Left, Standing},
    present::{self, Part},
    refusals::{Asked, Refusals},
};
use crate::{
    graph::{Class, Fault, Graph, GuestNow, Sponsor, catalogue},
    pace::{Looks, StopSignal},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, mpsc};

/// So many changes are under way at the same time, at most.
const ABREAST: usize = 8;

/// Everything that is the same for all guests of a run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Performer {
    graph: Graph,
    refusals: Arc<Refusals>,
    /// How long a guest is waited for whom not every replica knows.
    settle: Duration,
    stop: StopSignal,
    abreast: Arc<Semaphore>,
}

/// One change that has ended, as it is told.
pub(crate) type Told = (Change, Ended);

impl Performer {
    pub(crate) fn new(graph: Graph, settle: Duration, stop: StopSignal) -> Self {
        Self {
            graph,
            refusals: Arc::new(Refusals::new()),
            settle,
            stop,
            abreast: Arc::new(Semaphore::new(ABREAST)),
        }
    }

    /// What this run learnt about refusals, a sentence each.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.refusals.notes()
    }

    /// Makes these changes, and tells each one as soon as it has ended. Returns whether another tenant seems to
    /// synchronise the guest.
    pub(crate) async fn perform(
        &self,
        guest: &FollowedGuest,
        changes: Vec<Change>,
        told: &mpsc::Sender<Told>,
    ) -> bool {
        let mut to_make = Vec::new();
        let mut synchronised = false;
        match self.look_first(guest, &changes).await {
            Ok(None) => to_make = changes,
            Ok(Some(now)) => {
                synchronised = guest.standing == Standing::Existing && now.seems_synchronised();
                for change in &changes {
                    for part in present::compare(change, &now, guest.fills_sponsors) {
                        match part {
                            Part::ToMake(change) => to_make.push(change),
                            Part::IsSo(change) => tell(told, change, Ended::WasSo).await,
                            Part::Left(change, why) => tell(told, change, Ended::Left(why)).await,
                        }
                    }
                }
            }
            Err(ended) => {
                for change in changes {
                    tell(told, change, ended.clone()).await;
                }
                return false;
            }
        }
        // Where the guest is not known everywhere, the other changes would only wait for the same.
        let (mut too_early, mut is_known) = (None, false);
        for change in to_make {
            let ends = match &too_early {
                Some(ended) => vec![(change, Ended::clone(ended))],
                None => self.make(guest, change).await,
            };
            for (change, ended) in ends {
                is_known |= matches!(ended, Ended::Made);
                if matches!(ended, Ended::TooEarly(_)) && !is_known {
                    too_early = Some(ended.clone());
                }
                tell(told, change, ended).await;
            }
        }
        synchronised
    }

    /// What is learnt about the guest before something is changed; nothing for a guest whom this run made, and where only
    /// groups are to be joined.
    async fn look_first(
        &self,
        guest: &FollowedGuest,
        changes: &[Change],
    ) -> Result<Option<GuestNow>, Ended> {
        let shows = |change: &Change| !matches!(change, Change::Group(_));
        if guest.standing == Standing::New || !changes.iter().any(shows) {
            return Ok(None);
        }
        let mut looks = Looks::within(self.settle);
        loop {
            let last = looks.is_last();
            let fault = match self.graph.guest_now(&guest.user_id).await {
                Ok(now) => return Ok(Some(now)),
                Err(fault) => fault,
            };
            match fault.class {
                _ if self.stop.is_raised() => return Err(Ended::Stopped),
                Class::Absent | Class::NotYet if last => return Err(Ended::TooEarly(fault)),
                Class::Absent | Class::NotYet => {}
                _ if guest.standing == Standing::Existing => return Err(Ended::Failed(fault)),
                // Whoever may not read a guest may perhaps change one whom we invited.
                _ => return Ok(None),
            }
            if !looks.wait(&self.stop).await {
                return Err(Ended::Stopped);
            }
        }
    }

    /// Makes one change. Where Graph refuses several properties together, each is sent alone, so that one that is wrong
    /// does not keep the others back.
    async fn make(&self, guest: &FollowedGuest, change: Change) -> Vec<Told> {
        let ended = self.one(guest, &change).await;
        let Change::Profile(properties) = &change else {
            return vec![(change, ended)];
        };
        let refused = |class| matches!(&ended, Ended::Failed(fault) if fault.class == class);
        if is_mastered_elsewhere(&ended) {
            let (left, rest) = present::owned_elsewhere(properties);
            let mut ends = vec![(Change::Profile(left), Ended::Left(Left::OnPremises))];
            if !rest.is_empty() {
                let rest = Change::Profile(rest);
                let ended = self.one(guest, &rest).await;
                ends.push((rest, ended));
            }
            return ends;
        }
        if properties.len() == 1 || !(refused(Class::Person) || refused(Class::Request)) {
            return vec![(change, ended)];
        }
        let mut ends = Vec::new();
        for property in properties {
            let alone = Change::Profile(vec![property.clone()]);
            let ended = self.one(guest, &alone).await;
            ends.push((alone, ended));
        }
        ends
    }

    /// Sends a change until it is made, refused or given up. While it is not known whether it was made, it is not sent
    /// again.
    async fn one(&self, guest: &FollowedGuest, change: &Change) -> Ended {
        let mut looks = Looks::within(self.settle);
        let mut in_doubt: Option<Fault> = None;
        loop {
            if self.stop.is_raised() {
                return Ended::Stopped;
            }
            let last = looks.is_last();
            let made = match &in_doubt {
                Some(_) => self.is_made(guest, change).await,
                None => Some(false),
            };
            let fault = match (made, &in_doubt) {
                (Some(true), _) => return Ended::Made,
                (None, Some(fault)) => fault.clone(),
                _ => {
                    let send = || self.send(guest, change);
                    match self.refusals.ask(&self.graph, guest, change, send).await {
                        Asked::Made => return Ended::Made,
                        Asked::Refused(Learnt { because, fault }) => {
                            return Ended::Refused(because, fault);
                        }
                        Asked::Answered(fault) => fault,
                    }
                }
            };
            in_doubt = None;
            match fault.class {
                _ if self.stop.is_raised() => return Ended::Stopped,
                Class::NotYet | Class::Absent => {
                    if fault.class == Class::Absent && self.names_somebody_gone(change).await {
                        self.refusals.learn_gone(guest, change, &fault);
                        return Ended::Refused(Because::Gone, fault);
                    }
                    if last {
                        return Ended::TooEarly(fault);
                    }
                }
                Class::Unsettled | Class::NotGraph if last => {
                    let made = self.is_made(guest, change).await == Some(true);
                    return if made {
                        Ended::Made
                    } else {
                        Ended::Failed(fault)
                    };
                }
                Class::Unsettled | Class::NotGraph => in_doubt = Some(fault),
                Class::NotSent if !last => {}
                Class::Person if matches!(change, Change::Manager(_)) => {
                    let ended = Ended::Failed(fault);
                    return if is_mastered_elsewhere(&ended) {
                        Ended::Left(Left::OnPremises)
                    } else {
                        ended
                    };
                }
                _ => return Ended::Failed(fault),
            }
            if !looks.wait(&self.stop).await {
                return Ended::Stopped;
            }
        }
    }

    async fn send(&self, guest: &FollowedGuest, change: &Change) -> Result<(), Fault> {
        // The semaphore is never closed. Without a permit there would only be more at the same time.
        let _one_of_few = self.abreast.acquire().await.ok();
        let user_id = &guest.user_id;
        match change {
            Change::Profile(properties) => {
                let properties: Vec<(&str, &str)> = properties
                    .iter()
                    .map(|property| (property.name, property.value.as_str()))
                    .collect();
                self.graph.set_profile(user_id, &properties).await
            }
            Change::Sponsor(sponsor) => self.graph.add_sponsor(user_id, sponsor).await,
            Change::Manager(id) => self.graph.set_manager(user_id, id).await,
            Change::Group(group) => self.graph.add_member(&group.id, user_id).await,
        }
    }

    /// Whether a change whose answer did not tell has been made; none where that cannot be told now. Sponsors and members
    /// need no look: Graph says so when they are added again.
    async fn is_made(&self, guest: &FollowedGuest, change: &Change) -> Option<bool> {
        match change {
            Change::Profile(_) | Change::Manager(_) => {
                match self.graph.guest_now(&guest.user_id).await {
                    Ok(now) => Some(present::is_made(change, &now)),
                    // Whoever may not read must send it again.
                    Err(fault) if fault.class == Class::Permission => Some(false),
                    Err(_) => None,
                }
            }
            Change::Sponsor(_) | Change::Group(_) => Some(false),
        }
    }

    /// Graph says the same where the guest is not known yet and where whoever is named is gone. One look in a run tells.
    async fn names_somebody_gone(&self, change: &Change) -> bool {
        if !self.refusals.is_to_be_looked_for(change) {
            return false;
        }
        let set = match change {
            Change::Profile(_) | Change::Sponsor(Sponsor::Object(_)) => return false,
            Change::Sponsor(Sponsor::User(_)) | Change::Manager(_) => "users",
            Change::Sponsor(Sponsor::Group(_)) | Change::Group(_) => "groups",
        };
        match change.target() {
            Some(id) => self.graph.is_gone(set, id).await == Some(true),
            None => false,
        }
    }
}

fn is_mastered_elsewhere(ended: &Ended) -> bool {
    ended
        .fault()
        .is_some_and(|fault| fault.code == catalogue::MASTERED_ELSEWHERE)
}

async fn tell(told: &mpsc::Sender<Told>, change: Change, ended: Ended) {
    // Whoever asked waits for all of them.
    let _ = told.send((change, ended)).await;
}
