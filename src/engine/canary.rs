//! Five alone, before the rest: while nothing we invited has ever been seen in this tenant, the first
//! invitations go out one by one and must be found by id before the others follow. Where an earlier run has made such
//! invitations, these must be found first, and nothing new leaves before.

use super::{
    attempt::{Shared, look_again},
    parked::Parked,
    stop::StopReason,
    worker::{Work, WorkResult},
};
use crate::outcome::Verified;
use std::collections::HashMap;
use tokio::{sync::mpsc, time::Instant};

/// How many go out alone.
pub(super) const CANARY: usize = 5;

impl Shared {
    /// Returns when the rest may follow, or when the run is stopping.
    /// `earlier`: guests of earlier runs whom nobody has seen yet, with their person's number.
    pub(super) async fn canary(
        &self,
        earlier: HashMap<String, i64>,
        work: &mut mpsc::Receiver<Work>,
        park: &mpsc::Sender<Parked>,
    ) {
        // A sheet that brings nobody new needs none of this.
        let Some(first) = work.recv().await else {
            return;
        };
        let alone = if earlier.is_empty() { CANARY } else { 0 };
        if alone == 0 {
            self.look_for(earlier).await;
        }
        let mut guests: HashMap<String, i64> = HashMap::new();
        let mut next = Some(first);
        while let Some(work_of_row) = next {
            match self.turn(work_of_row).await {
                WorkResult::Invited { person, user_id } => drop(guests.insert(user_id, person)),
                WorkResult::Park(parked) => drop(park.send(*parked).await),
                WorkResult::Over => {}
            }
            next = if guests.len() < alone && !self.stop.is_raised() {
                work.recv().await
            } else {
                None
            };
        }
        // Fewer than five: the sheet is through, and the verification after the run looks for them.
        if alone > 0 && guests.len() == alone {
            self.look_for(guests).await;
        }
    }

    async fn look_for(&self, mut guests: HashMap<String, i64>) {
        let end = Instant::now() + self.options.settle;
        for look in 0.. {
            let ids: Vec<String> = guests.keys().cloned().collect();
            match self.graph.get_by_ids(&ids).await {
                Ok(users) => {
                    for user in users {
                        if let Some(person) = guests.remove(&user.id) {
                            let at = self.clock.now();
                            self.recorder
                                .verified(person, Verified::Found, user.external_user_state, at)
                                .await;
                        }
                    }
                }
                Err(fault) => self.stop_if_fatal(&fault),
            }
            if guests.is_empty() {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.stop.raise(StopReason::CanaryNotFound {
                    missing: guests.len() as u64,
                });
            }
            if !self
                .stop
                .sleep(look_again(look, self.options.settle).min(left))
                .await
            {
                return;
            }
        }
    }
}
