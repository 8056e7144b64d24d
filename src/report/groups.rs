//! Rows that have the same problem, without the rows themselves: of those there may be many.
//!
//! Must not know the cure.

use crate::{
    outcome::{Attention, Mail, Outcome, RowResult},
    problem::shorten,
};
use std::collections::BTreeMap;

/// As many rows are named; more are counted.
pub(super) const NAMED: usize = 12;
/// As many different texts are shown for a problem, none longer than this.
const TEXTS: usize = 5;
const LONGEST_TEXT: usize = 400;

/// What rows have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Code(String),
    /// Rows that bring no code.
    Outcome(Outcome),
    FollowUp,
    Mail(Mail),
}

#[derive(Debug)]
pub(super) struct Group {
    pub(super) tone: Attention,
    pub(super) count: u64,
    /// The first ones.
    pub(super) rows: Vec<u64>,
    pub(super) texts: BTreeMap<String, u64>,
}

impl Group {
    pub(super) fn new(tone: Attention) -> Self {
        Self {
            tone,
            count: 0,
            rows: Vec::new(),
            texts: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, tone: Attention, result: &RowResult) {
        self.tone = self.tone.min(tone);
        self.count += 1;
        if self.rows.len() < NAMED {
            self.rows.push(result.row);
        }
        for text in [&result.error, &result.hint].into_iter().flatten() {
            let text = shorten(text, LONGEST_TEXT);
            if self.texts.len() < TEXTS || self.texts.contains_key(&text) {
                *self.texts.entry(text).or_default() += 1;
            }
        }
    }
}
