//! The first five invitations into a tenant, before the rest. While the ledger holds no verified guest, they go out one by
//! one and must be found by id before the others follow. If an earlier run made such invitations, those must be found
//! first, and nothing new is sent before.

use super::{
    conclude::WorkResult,
    parked::Parked,
    state::EngineState,
    stop::StopReason,
    worker::{Work, process},
};
use crate::{events, outcome::Verified, pace::Looks};
use std::collections::HashMap;
use tokio::sync::mpsc;

/// How many invitations go out before the rest.
pub(super) const CANARY: usize = 5;

/// Returns when the rest may follow, or when the run is stopping. `earlier` holds guests of earlier runs who have not been
/// found yet: the user id and the number of the person.
pub(super) async fn canary(
    engine: &EngineState,
    earlier: HashMap<String, i64>,
    work: &mut mpsc::Receiver<Work>,
    park: &mpsc::Sender<Parked>,
) {
    // A sheet without new people needs no canary.
    let Some(first) = work.recv().await else {
        return;
    };
    let alone = if earlier.is_empty() { CANARY } else { 0 };
    if alone == 0 {
        look_for(engine, earlier).await;
    }
    let mut guests: HashMap<String, i64> = HashMap::new();
    let mut next = Some(first);
    while let Some(work_of_row) = next {
        match process(engine, work_of_row).await {
            WorkResult::Invited { person, user_id } => drop(guests.insert(user_id, person)),
            WorkResult::Park(parked) => drop(park.send(*parked).await),
            WorkResult::Over => {}
        }
        next = if guests.len() < alone && !engine.stop.rows().is_raised() {
            work.recv().await
        } else {
            None
        };
    }
    // If there were fewer than five, the sheet is at its end, and `verify` looks for them after the run.
    if alone > 0 && guests.len() == alone {
        look_for(engine, guests).await;
    }
}

async fn look_for(engine: &EngineState, mut guests: HashMap<String, i64>) {
    let mut looks = Looks::within(engine.options.settle);
    loop {
        let last = looks.is_last();
        let ids: Vec<String> = guests.keys().cloned().collect();
        match engine.graph.get_by_ids(&ids).await {
            Ok(users) => {
                events::verified(users.len(), guests.len().saturating_sub(users.len()));
                for user in users {
                    if let Some(person) = guests.remove(&user.id) {
                        let at = engine.clock.now();
                        engine
                            .recorder
                            .verified(person, Verified::Found, user.external_user_state, at)
                            .await;
                    }
                }
            }
            Err(fault) => engine.stop_if_fatal(&fault),
        }
        if guests.is_empty() {
            return;
        }
        if last {
            let missing = guests.len() as u64;
            return engine.stop.raise(StopReason::CanaryNotFound { missing });
        }
        if !looks.wait(engine.stop.signal()).await {
            return;
        }
    }
}
