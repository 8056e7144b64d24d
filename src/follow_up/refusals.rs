//! What is refused to everybody is learnt once a run: that a permission is missing, that a group takes no guests, that
//! somebody who is named is gone. Nobody else is asked for it then.
//!
//! While it is not known, one request at a time goes out for a kind and for a target, so that a refusal costs one request.
//! Must not end the run.

use super::{
    change::Change,
    ended::{Because, FollowedGuest, Learnt, Standing},
    words,
};
use crate::{
    graph::{Class, Fault, Graph, catalogue},
    outcome::FollowUpKind,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// So many different guests must be refused, and none accepted, before a refusal that may be a guest's own counts for all.
const DIFFERENT_GUESTS: usize = 3;
/// The same for a permission, told by different groups.
const DIFFERENT_GROUPS: usize = 2;

/// What came of a request that was to be sent.
pub(super) enum Asked {
    Made,
    /// It was refused, now or for somebody before.
    Refused(Learnt),
    /// It was answered in any other way.
    Answered(Fault),
}

#[derive(Default)]
struct Door {
    /// Whom or what a guest is to be tied to, for messages; empty for a whole kind.
    subject: String,
    /// Held while a request is under way and it is not known yet whether anybody is accepted.
    probing: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether somebody was accepted.
    open: bool,
    shut: Option<Learnt>,
    /// Whether it was looked up whether this object is in the directory.
    looked_for: bool,
    /// Who was refused since somebody was accepted: guests, or for a kind the groups.
    refused: HashSet<String>,
    /// The guests who were kept out.
    kept_out: HashSet<Uuid>,
}

impl Door {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shut(&self, guest: &FollowedGuest) -> Option<Learnt> {
        let mut state = self.state();
        let learnt = state.shut.clone()?;
        state.keep_out(guest);
        Some(learnt)
    }

    fn is_unproven(&self) -> bool {
        let state = self.state();
        !state.open && state.shut.is_none()
    }

    fn accepted(&self) {
        let mut state = self.state();
        state.open = true;
        state.refused.clear();
    }

    /// Who was refused, without anybody being accepted in between.
    fn refused(&self, whom: &str) -> usize {
        let mut state = self.state();
        state.refused.insert(whom.to_owned());
        state.refused.len()
    }

    fn learn(&self, because: Because, fault: &Fault, guest: &FollowedGuest) -> Learnt {
        let learnt = Learnt {
            because,
            fault: fault.clone(),
        };
        let mut state = self.state();
        state.keep_out(guest);
        state.shut.get_or_insert(learnt).clone()
    }

    /// What is to be said of it after the run.
    fn note(&self, kind: FollowUpKind) -> Option<String> {
        let state = self.state();
        let learnt = state.shut.as_ref()?;
        let guests = state.kept_out.len();
        Some(words::note(kind, &self.subject, guests, learnt))
    }
}

impl State {
    fn keep_out(&mut self, guest: &FollowedGuest) {
        self.kept_out.extend(Uuid::try_parse(&guest.user_id).ok());
    }
}

#[derive(Default)]
pub(super) struct Refusals {
    kinds: BTreeMap<FollowUpKind, Door>,
    targets: Mutex<BTreeMap<(FollowUpKind, String), Arc<Door>>>,
}

impl Refusals {
    pub(super) fn new() -> Self {
        let kinds = FollowUpKind::ALL.iter();
        Self {
            kinds: kinds.map(|kind| (*kind, Door::default())).collect(),
            targets: Mutex::default(),
        }
    }

    fn target(&self, change: &Change) -> Option<Arc<Door>> {
        let id = change.target()?.to_ascii_lowercase();
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let door = targets.entry((change.kind(), id)).or_insert_with(|| {
            Arc::new(Door {
                subject: words::subject(change),
                ..Door::default()
            })
        });
        Some(door.clone())
    }

    /// What was learnt, a sentence each.
    pub(super) fn notes(&self) -> Vec<String> {
        let kinds = self
            .kinds
            .iter()
            .filter_map(|(kind, door)| door.note(*kind));
        let targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        let targets = targets.iter();
        let targets = targets.filter_map(|((kind, _), door)| door.note(*kind));
        kinds.chain(targets).collect()
    }

    /// Sends a request, unless it is known that it would be refused.
    pub(super) async fn ask<F: Future<Output = Result<(), Fault>>>(
        &self,
        graph: &Graph,
        guest: &FollowedGuest,
        change: &Change,
        send: impl FnOnce() -> F,
    ) -> Asked {
        let Some(kind) = self.kinds.get(&change.kind()) else {
            return Asked::Made;
        };
        let target = self.target(change);
        // Always in this order, so that nobody waits for somebody who waits for them.
        let mut probing = Vec::new();
        for door in [Some(kind), target.as_deref()].into_iter().flatten() {
            if door.is_unproven() {
                probing.push(door.probing.lock().await);
            }
            if let Some(learnt) = door.shut(guest) {
                return Asked::Refused(learnt);
            }
        }
        let fault = match send().await {
            Ok(()) => {
                kind.accepted();
                if let Some(target) = &target {
                    target.accepted();
                }
                return Asked::Made;
            }
            Err(fault) => fault,
        };
        match fault.class {
            // Graph does not know this path: nobody can be asked for it in this cloud.
            Class::Address => Asked::Refused(kind.learn(Because::Target, &fault, guest)),
            _ if fault.class == Class::Permission || is_forbidden(&fault) => {
                let learnt =
                    permission(graph, guest, change, kind, target.as_deref(), &fault).await;
                Asked::Refused(learnt)
            }
            Class::Person => match target
                .as_deref()
                .filter(|_| change.kind() == FollowUpKind::Group)
            {
                Some(group)
                    if is_about_the_group(&fault)
                        || group.refused(&guest.user_id) >= DIFFERENT_GUESTS =>
                {
                    Asked::Refused(group.learn(Because::Target, &fault, guest))
                }
                _ => Asked::Answered(fault),
            },
            _ => Asked::Answered(fault),
        }
    }

    /// Whether nobody has looked yet whether whoever is named is in the directory. The caller looks.
    pub(super) fn is_to_be_looked_for(&self, change: &Change) -> bool {
        let target = self.target(change);
        target.is_some_and(|target| !std::mem::replace(&mut target.state().looked_for, true))
    }

    /// Whoever is named is not in the directory, as a look-up has shown.
    pub(super) fn learn_gone(&self, guest: &FollowedGuest, change: &Change, fault: &Fault) {
        if let Some(target) = self.target(change) {
            target.learn(Because::Gone, fault, guest);
        }
    }
}

/// Graph forbids it in words that are not known.
pub(super) fn is_forbidden(fault: &Fault) -> bool {
    fault.code == catalogue::REFUSED && fault.status == Some(403)
}

fn is_about_the_group(fault: &Fault) -> bool {
    [
        catalogue::GROUP_WITHOUT_GUESTS,
        catalogue::GROUP_FULL,
        catalogue::MASTERED_ELSEWHERE,
        catalogue::GROUP_OF_EXCHANGE,
    ]
    .contains(&fault.code)
}

/// Whose refusal a missing permission is: that of everybody, of this group, or of this guest, who may have a role in the
/// directory. Graph says the same in all these cases.
async fn permission(
    graph: &Graph,
    guest: &FollowedGuest,
    change: &Change,
    kind: &Door,
    target: Option<&Door>,
    fault: &Fault,
) -> Learnt {
    let held = graph.holds_one_of(change.permissions().enough).await;
    if held == Some(false) {
        return kind.learn(Because::Permission, fault, guest);
    }
    let because = match held {
        Some(_) => Because::Role,
        None => Because::Permission,
    };
    let anybody = kind.state().open;
    let waited = guest.waited.contains(&change.kind());
    if let (FollowUpKind::Group, Some(group)) = (change.kind(), target) {
        // Somebody who holds the permission may still own some groups and not others.
        let of_all = held.is_none() && !anybody;
        let whom = change.target().unwrap_or_default();
        if of_all && (waited || kind.refused(whom) >= DIFFERENT_GROUPS) {
            return kind.learn(because, fault, guest);
        }
        return group.learn(Because::Target, fault, guest);
    }
    // A guest whom this run made has no role.
    let certain =
        !anybody && (matches!(guest.standing, Standing::New | Standing::Settled) || waited);
    let enough = if anybody {
        DIFFERENT_GUESTS * 2
    } else {
        DIFFERENT_GUESTS
    };
    if certain || kind.refused(&guest.user_id) >= enough {
        return kind.learn(because, fault, guest);
    }
    Learnt {
        because: Because::Guest,
        fault: fault.clone(),
    }
}
