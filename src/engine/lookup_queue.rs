//! Rows that wait to be looked up, and which strategy needs fewer requests for this many rows.
//!
//! With `auto` the rows are held back until that is certain: at most 4,020 rows, while the sheet is read.

use super::{next_action::PendingGuest, options::Precheck};
use crate::directory::{self, BATCH, LookupStrategy};

#[derive(Debug)]
pub(super) struct LookupQueue {
    items: Vec<PendingGuest>,
    choice: Choice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// The strategy is chosen. None: nobody is looked up.
    Made(Option<LookupStrategy>),
    /// The users are not counted yet: for the rows of one `$batch` that is not needed.
    Uncounted,
    /// The users are counted: with more rows than this a snapshot is cheaper.
    Counted(usize),
}

impl LookupQueue {
    pub(super) fn new(precheck: Precheck) -> Self {
        Self {
            items: Vec::with_capacity(BATCH),
            choice: match precheck {
                Precheck::Auto => Choice::Uncounted,
                Precheck::Each => Choice::Made(Some(LookupStrategy::Each)),
                Precheck::Snapshot => Choice::Made(Some(LookupStrategy::Snapshot)),
                Precheck::Off => Choice::Made(None),
            },
        }
    }

    /// Adds a row. `users` counts the users of the directory; it is called only if that is needed to choose.
    pub(super) async fn push(
        &mut self,
        item: PendingGuest,
        users: impl Future<Output = Option<u64>>,
    ) {
        self.items.push(item);
        if self.choice == Choice::Uncounted && self.items.len() > BATCH {
            self.choice = match users.await.and_then(directory::pays_above) {
                Some(rows) => Choice::Counted(rows),
                None => Choice::Made(Some(LookupStrategy::Each)),
            };
        }
        if let Choice::Counted(rows) = self.choice
            && self.items.len() > rows
        {
            self.choice = Choice::Made(Some(LookupStrategy::Snapshot));
        }
    }

    /// No more rows are coming. If nothing is chosen yet there are few rows, which are looked up each.
    pub(super) fn end(&mut self, last: Vec<PendingGuest>) {
        self.items.extend(last);
        if !matches!(self.choice, Choice::Made(_)) {
            self.choice = Choice::Made(Some(LookupStrategy::Each));
        }
    }

    pub(super) fn takes_more(&self) -> bool {
        self.is_held() || self.items.len() < BATCH
    }

    pub(super) fn is_held(&self) -> bool {
        !matches!(self.choice, Choice::Made(_))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The next full group and the strategy for it; with `any` also a group that is not full.
    pub(super) fn group(
        &mut self,
        any: bool,
    ) -> Option<(Vec<PendingGuest>, Option<LookupStrategy>)> {
        let Choice::Made(way) = self.choice else {
            return None;
        };
        if self.items.len() < BATCH && (!any || self.items.is_empty()) {
            return None;
        }
        let rest = self.items.split_off(BATCH.min(self.items.len()));
        Some((std::mem::replace(&mut self.items, rest), way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::{EmailAddress, Guest, Profile};

    fn item() -> PendingGuest {
        let guest = Guest {
            row: 2,
            line: 2,
            email: EmailAddress::parse("a@x.example").unwrap(),
            display_name: None,
            redirect_url: None,
            send: None,
            message: None,
            language: None,
            cc: None,
            sponsors: Vec::new(),
            profile: Profile::default(),
            user_type: None,
            manager: None,
            groups: Vec::new(),
        };
        PendingGuest {
            guest: Box::new(guest),
            person: None,
            sponsors: Vec::new(),
            manager: None,
            groups: Vec::new(),
            waits: Vec::new(),
            open: Vec::new(),
            saw: crate::ledger::PriorLookup::default(),
        }
    }

    /// The ways that groups of a sheet are looked at, and how often the directory was counted.
    async fn ways(
        precheck: Precheck,
        rows: usize,
        users: Option<u64>,
    ) -> (Vec<Option<LookupStrategy>>, usize) {
        let mut waiting = LookupQueue::new(precheck);
        let (mut counted, mut ways, mut looked) = (0, Vec::new(), 0);
        let mut take = |waiting: &mut LookupQueue, any| {
            while let Some((group, way)) = waiting.group(any) {
                looked += group.len();
                ways.push(way);
            }
        };
        for _ in 0..rows {
            let count = async {
                counted += 1;
                users
            };
            waiting.push(item(), count).await;
            take(&mut waiting, false);
        }
        waiting.end(Vec::new());
        take(&mut waiting, true);
        assert_eq!(looked, rows);
        (ways, counted)
    }

    #[tokio::test]
    async fn auto_chooses_what_needs_fewer_requests() {
        let (each, snapshot) = (Some(LookupStrategy::Each), Some(LookupStrategy::Snapshot));
        for (rows, users, way, counts) in [
            (1, Some(22), each, 0),
            (20, Some(22), each, 0),
            (21, Some(22), snapshot, 1),
            (21, Some(1_000), each, 1),
            (40, Some(1_998), each, 1),
            (41, Some(1_998), snapshot, 1),
            (2_020, Some(100_000), each, 1),
            (2_021, Some(100_000), snapshot, 1),
            (5_000, Some(200_001), each, 1),
            (5_000, None, each, 1),
        ] {
            let (ways, counted) = ways(Precheck::Auto, rows, users).await;
            assert_eq!(ways, vec![way; rows.div_ceil(BATCH)], "{rows} of {users:?}");
            assert_eq!(counted, counts, "{rows} of {users:?}");
        }
    }

    #[tokio::test]
    async fn what_was_chosen_is_not_counted_for() {
        for (precheck, way) in [
            (Precheck::Each, Some(LookupStrategy::Each)),
            (Precheck::Snapshot, Some(LookupStrategy::Snapshot)),
            (Precheck::Off, None),
        ] {
            assert_eq!(ways(precheck, 45, Some(22)).await, (vec![way; 3], 0));
        }
    }
}
