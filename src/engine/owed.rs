//! What is owed to a guest after the invitation, and to whom. Sends nothing.

use super::Options;
use crate::{
    follow_up::{self, Change, Ended, FollowedGuest, Plan, Standing, Wishes},
    ledger::{KnownFollowUp, Person, PersonState},
    outcome::{FollowUp, FollowUpKind, FollowUpState, RowResult},
};

/// Whose follow-ups a run makes.
#[derive(Debug, Clone, Copy)]
pub(super) struct FollowUpRules {
    dry_run: bool,
    /// For people who were there before, too.
    update_existing: bool,
    /// Whether the invitations of this cloud take no sponsors.
    sponsors_afterwards: bool,
}

/// Something that a row names and that cannot be looked up or used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waits {
    pub kind: FollowUpKind,
    pub sentence: String,
}

/// What a guest of the sheet is to get, and what is still to be done of it.
pub(super) struct Owed {
    pub guest: FollowedGuest,
    pub changes: Vec<Change>,
    /// How many changes earlier runs made.
    pub over: usize,
    /// What they left as it is in the tenant.
    pub left: Vec<(Change, Ended)>,
    pub waits: Vec<Waits>,
}

impl Owed {
    pub(super) fn is_over(&self) -> bool {
        self.changes.is_empty()
    }

    /// The row of a guest for whom nothing is to be done any more.
    pub(super) fn told(&self, result: RowResult) -> RowResult {
        let word = match (self.waits.is_empty(), self.over) {
            (true, _) => FollowUp::Done,
            (false, 0) => FollowUp::Failed,
            (false, _) => FollowUp::Partial,
        };
        let result = RowResult {
            follow_up: Some(word),
            ..with_hint(result, follow_up::hint(&self.left, false, false))
        };
        self.waits.iter().fold(result, |result, waits| {
            with_hint(result, Some(waits.sentence.clone()))
        })
    }
}

impl FollowUpRules {
    pub(super) fn of(options: &Options, sponsors_afterwards: bool) -> Self {
        Self {
            dry_run: options.dry_run,
            update_existing: options.update_existing,
            sponsors_afterwards,
        }
    }

    pub(super) fn updates_existing(self) -> bool {
        self.update_existing && !self.dry_run
    }

    /// What is owed to a guest; none where the sheet asks for nothing that an invitation cannot carry. Whoever was there
    /// before gets it only where that was asked for, and so do people whom a version without follow-ups invited.
    pub(super) fn owed(
        self,
        person: Option<&Person>,
        wishes: Wishes<'_>,
        waits: &[Waits],
        standing: Standing,
        user_id: &str,
        known: impl FnOnce(&str) -> Vec<KnownFollowUp>,
    ) -> Option<Owed> {
        let new = matches!(standing, Standing::New | Standing::Settled);
        let ours = new
            || person
                .is_some_and(|person| person.state == PersonState::Invited && person.follows_up);
        if self.dry_run || !(ours || self.update_existing) {
            return None;
        }
        let owes_sponsors = ours && self.sponsors_afterwards;
        let fills_sponsors = !new && self.update_existing && !owes_sponsors;
        let plan = Plan::of(Wishes {
            sponsors: if owes_sponsors || fills_sponsors {
                wishes.sponsors
            } else {
                &[]
            },
            ..wishes
        });
        if plan.is_empty() && waits.is_empty() {
            return None;
        }
        let known = known(user_id);
        let waited = known
            .iter()
            .filter(|known| known.state == FollowUpState::Waiting)
            .map(|known| known.key.kind)
            .collect();
        Some(Owed {
            guest: FollowedGuest {
                user_id: user_id.to_owned(),
                standing,
                fills_sponsors,
                waited,
            },
            changes: plan.owed(&known),
            over: plan.over(&known),
            left: plan.left(&known),
            waits: waits.to_vec(),
        })
    }
}

/// Something else of the row waits, so it is not done.
pub(super) fn with_wait(mut result: RowResult, waits: Waits) -> RowResult {
    if result.follow_up == Some(FollowUp::Done) {
        result.follow_up = Some(FollowUp::Partial);
    }
    with_hint(result, Some(waits.sentence))
}

/// Adds to the hint of a row.
pub(super) fn with_hint(mut result: RowResult, more: Option<String>) -> RowResult {
    result.hint = match (result.hint.take(), more) {
        (Some(hint), Some(more)) => Some(format!("{hint}; {more}")),
        (hint, more) => hint.or(more),
    };
    result
}
