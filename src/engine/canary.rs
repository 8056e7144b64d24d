//! Five alone, before the rest: while nothing we invited has ever been seen in this tenant, the first
//! invitations go out one by one and must be found by id before the others follow.

use super::{
    ask::{Shared, look_again},
    outcome::Verified,
    parked::Parked,
    stop::StopReason,
    worker::{Turn, Work},
};
use std::collections::HashMap;
use tokio::{sync::mpsc, time::Instant};

const BIRDS: usize = 5;

impl Shared {
    /// Returns when the rest may follow, or when the run is stopping.
    pub async fn canary(&self, work: &mut mpsc::Receiver<Work>, park: &mpsc::Sender<Parked>) {
        let mut birds: HashMap<String, i64> = HashMap::new();
        while birds.len() < BIRDS && !self.stop.is_raised() {
            let Some(work) = work.recv().await else { break };
            match self.turn(work).await {
                Turn::Invited { person, user_id } => drop(birds.insert(user_id, person)),
                Turn::Park(parked) => drop(park.send(*parked).await),
                Turn::Over => {}
            }
        }
        // Fewer than five: the sheet is through, and the verification after the run looks for them.
        if birds.len() == BIRDS {
            self.look_for(birds).await;
        }
    }

    async fn look_for(&self, mut birds: HashMap<String, i64>) {
        let end = Instant::now() + self.options.settle;
        for look in 0.. {
            let ids: Vec<String> = birds.keys().cloned().collect();
            match self.graph.get_by_ids(&ids).await {
                Ok(users) => {
                    for user in users {
                        if let Some(person) = birds.remove(&user.id) {
                            let at = self.clock.now();
                            self.recorder
                                .verified(person, Verified::Found, user.external_user_state, at)
                                .await;
                        }
                    }
                }
                Err(fault) => self.heed(&fault),
            }
            if birds.is_empty() {
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.stop.raise(StopReason::CanaryNotFound {
                    missing: birds.len() as u64,
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
