//! What the rows of a run add up to: outcomes, and problems that several rows share.
//!
//! Must not hold the rows, of which there may be many.

use super::groups::{Group, Key, NAMED};
use crate::outcome::{Attention, FollowUp, Mail, Outcome, RowResult, ThisRun, Verified};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(super) rows: u64,
    pub(super) outcomes: BTreeMap<Outcome, u64>,
    pub(super) tones: BTreeMap<Attention, u64>,
    pub(super) invited_now: u64,
    pub(super) relinked: u64,
    pub(super) not_selected: u64,
    pub(super) mails: BTreeMap<Mail, u64>,
    pub(super) links: u64,
    pub(super) never_seen: u64,
    pub(super) unfinished: u64,
    pub(super) by_hand: Vec<u64>,
    pub(super) groups: BTreeMap<Key, Group>,
}

impl Tally {
    pub(crate) fn add(&mut self, result: &RowResult) {
        self.rows += 1;
        *self.outcomes.entry(result.outcome).or_default() += 1;
        *self.tones.entry(result.attention()).or_default() += 1;
        self.invited_now += u64::from(result.this_run == Some(ThisRun::Invited));
        self.relinked += u64::from(result.this_run == Some(ThisRun::Relinked));
        self.links += u64::from(result.redeem_url.is_some());
        if result.this_run == Some(ThisRun::NotSelected) {
            self.not_selected += 1;
            return;
        }
        if let Some(mail) = result.mail {
            *self.mails.entry(mail).or_default() += 1;
        }
        self.never_seen += u64::from(
            result.outcome == Outcome::Invited && result.verified == Some(Verified::Missing),
        );
        let is_unfinished = matches!(result.follow_up, Some(FollowUp::Partial | FollowUp::Failed));
        self.unfinished += u64::from(is_unfinished);
        let tone = result.attention();
        if tone == Attention::Hand && self.by_hand.len() <= NAMED {
            self.by_hand.push(result.row);
        }
        let codes = result.error_code.as_deref().unwrap_or_default();
        let codes = codes.split("; ").filter(|code| !code.is_empty());
        if matches!(tone, Attention::Hand | Attention::Open) || is_unfinished {
            let mut has_code = false;
            for code in codes {
                has_code = true;
                self.group(Key::Code(code.to_owned()), tone, result);
            }
            if !has_code {
                let key = if is_unfinished && tone == Attention::Done {
                    Key::FollowUp
                } else {
                    Key::Outcome(result.outcome)
                };
                self.group(key, tone, result);
            }
        }
        if let Some(mail @ (Mail::Due | Mail::Refused | Mail::Unknown)) = result.mail
            && result.outcome == Outcome::Invited
        {
            self.group(Key::Mail(mail), Attention::Open, result);
        }
    }

    fn group(&mut self, key: Key, tone: Attention, result: &RowResult) {
        self.groups
            .entry(key)
            .or_insert_with(|| Group::new(tone))
            .add(tone, result);
    }

    pub(super) fn of(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    pub(super) fn mail(&self, mail: Mail) -> u64 {
        self.mails.get(&mail).copied().unwrap_or(0)
    }

    pub(super) fn with_tone(&self, tone: Attention) -> u64 {
        self.tones.get(&tone).copied().unwrap_or(0)
    }
}
