//! The totals of a run. The recorder keeps them; all others read them.

use crate::outcome::{
    Attention, FollowUp, FollowUpKind, FollowUpState, FollowUpTotals, Mail, Outcome, RowResult,
    ThisRun,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Default)]
pub(crate) struct RunTotals {
    /// Rows that have their outcome.
    pub rows: u64,
    pub outcomes: BTreeMap<Outcome, u64>,
    /// What this run did.
    pub invited: u64,
    pub relinked: u64,
    pub checked: u64,
    pub not_selected: u64,
    pub mails_requested: u64,
    /// Guests invited by this run or an earlier one, for whom it is not known whether a mail left.
    pub mails_unknown: u64,
    /// Guests whose follow-ups are not all done.
    pub unfinished: u64,
    /// What became of the follow-ups that this run came to.
    pub follow_ups: BTreeMap<FollowUpKind, FollowUpTotals>,
    /// In a dry run: the invitations that would mail.
    pub would_mail: u64,
    /// In a dry run: the guests for whom a link would be fetched.
    pub would_relink: u64,
    /// Rows of which it is not known whether they are invited, and whose invitation asked for a mail.
    pub perhaps_mailed: u64,
    /// Rows whose request failed in this run, and all rows for which this run sent a request. Their ratio can stop a run.
    pub bad: u64,
    pub asked: u64,
    /// People who asked to be forgotten: their rows are refused, and that is as it should be.
    pub forgotten: u64,
    /// Rows that wait until it is known what their attempts did.
    pub parked: u64,
    /// The first rows that a person must correct.
    pub by_hand: BTreeSet<u64>,
}

/// As many rows are named; more are counted.
const NAMED: usize = 12;

impl RunTotals {
    pub(crate) fn follow_up(&mut self, kind: FollowUpKind, state: FollowUpState, was_so: bool) {
        let totals = self.follow_ups.entry(kind).or_default();
        totals.count(state, was_so);
    }

    /// The follow-ups because of which rows are not done.
    pub(crate) fn failed_follow_ups(&self) -> u64 {
        let waiting = |kind: FollowUpKind| FollowUpState::Waiting.is_failure(kind);
        self.follow_ups
            .iter()
            .map(|(kind, totals)| totals.failed + if waiting(*kind) { totals.waiting } else { 0 })
            .sum()
    }

    pub(crate) fn count(&mut self, result: &RowResult) {
        self.rows += 1;
        *self.outcomes.entry(result.outcome).or_default() += 1;
        match result.this_run {
            Some(ThisRun::Invited) => self.invited += 1,
            Some(ThisRun::Relinked) => self.relinked += 1,
            Some(ThisRun::Checked) => self.checked += 1,
            Some(ThisRun::NotSelected) => self.not_selected += 1,
            Some(ThisRun::Reset) | None => {}
        }
        if result.attention() == Attention::Hand {
            self.by_hand.insert(result.row);
            if self.by_hand.len() > NAMED {
                self.by_hand.pop_last();
            }
        }
        self.forgotten += u64::from(result.was_forgotten());
        let unfinished = result.follow_up.is_some_and(|done| done != FollowUp::Done);
        self.unfinished += u64::from(unfinished);
        if result.this_run == Some(ThisRun::Invited) && result.mail == Some(Mail::Requested) {
            self.mails_requested += 1;
        }
        if result.outcome == Outcome::Invited && result.mail == Some(Mail::Unknown) {
            self.mails_unknown += 1;
        }
        let would_mail = matches!(result.mail, Some(Mail::Requested | Mail::Due));
        if result.outcome == Outcome::WouldInvite && would_mail {
            self.would_mail += 1;
        }
        if result.outcome == Outcome::Unknown && result.mail == Some(Mail::Unknown) {
            self.perhaps_mailed += 1;
        }
    }

    pub(crate) fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    /// Rows that are not done, without those that were not selected and those that are tolerated.
    pub(crate) fn not_done(&self, tolerated: &[Outcome]) -> u64 {
        let open: u64 = self
            .outcomes
            .iter()
            .filter(|(outcome, _)| !outcome.is_done() && !tolerated.contains(outcome))
            .map(|(_, count)| count)
            .sum();
        let open = if tolerated.contains(&Outcome::Refused) {
            open
        } else {
            open - self.forgotten
        };
        if tolerated.contains(&Outcome::NotAttempted) {
            open
        } else {
            open - self.not_selected
        }
    }
}
