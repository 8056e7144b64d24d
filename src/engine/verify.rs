//! Looks whether the new guests are in the directory. A 201 does not prove it: Graph has confirmed guests who never
//! appeared.
//!
//! Reads only. A guest who is not found stays `not-yet`, and the next run looks again.

use super::state::EngineState;
use crate::{events, graph::Graph, ledger::Reader, outcome::Verified, pace::Looks};
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, time::Duration};

const PAGE: usize = 1_000;
/// The last look may take this long; less when the run is stopping.
const LAST_LOOK: Duration = Duration::from_secs(10);
const LOOK_AFTER_THE_STOP: Duration = Duration::from_secs(3);
/// Replicas may lag, but a guest who is not found after this time was never created.
const MISSING_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What it means that a guest who was invited at this time is not found now.
pub(super) fn unseen(invited_at: Option<Timestamp>, now: Timestamp) -> Verified {
    if invited_at.is_none_or(|at| now.duration_since(at) >= MISSING_AFTER) {
        Verified::Missing
    } else {
        Verified::NotYet
    }
}

/// Looks every guest of this run up by id, and again for those not seen, until `settle` is over. When the run stops, one
/// more look tells what is so now; nothing is sent after it.
pub(super) async fn verify(engine: &EngineState, run: &str, reader: &Reader) {
    let mut looks = Looks::within(engine.options.settle);
    loop {
        if engine.stop.is_raised() {
            return look_after_the_stop(engine, run, reader).await;
        }
        let (left, last) = (looks.left(), looks.is_last());
        // A directory that only asks to wait must not delay the results.
        let looking = look_by_id(engine, &engine.graph, run, reader, last);
        let looked = tokio::time::timeout(left.max(LAST_LOOK), looking).await;
        if looked.is_err() {
            tracing::warn!("the new guests could not be looked for in time");
        }
        if !engine.stop.is_raised() && (looked.unwrap_or(0) == 0 || last) {
            return;
        }
        looks.wait(engine.stop.signal()).await;
    }
}

async fn look_after_the_stop(engine: &EngineState, run: &str, reader: &Reader) {
    let waits = engine.pace.closed().unwrap_or_default();
    if waits >= LOOK_AFTER_THE_STOP {
        return; // The gate stays closed for too long; the next run looks.
    }
    let graph = engine.graph.after_the_stop();
    let looking = look_by_id(engine, &graph, run, reader, true);
    if tokio::time::timeout(LOOK_AFTER_THE_STOP, looking)
        .await
        .is_err()
    {
        tracing::warn!("the new guests could not be looked for in time");
    }
}

/// Reads the new guests by id. Gives back how many are not seen and may yet appear; on the last look these are recorded
/// as not seen.
pub(super) async fn look_by_id(
    engine: &EngineState,
    graph: &Graph,
    run: &str,
    reader: &Reader,
    last: bool,
) -> usize {
    engine.recorder.flush().await;
    let (mut after, mut waited_for, mut found) = (0, 0, 0);
    while let Ok(page) = reader.unverified(run, after, PAGE) {
        let Some(end) = page.last() else { break };
        after = end.row;
        let ids: Vec<String> = page.iter().map(|guest| guest.user_id.clone()).collect();
        let seen: HashMap<String, (Option<String>, bool)> = match graph.get_by_ids(&ids).await {
            Ok(users) => users
                .into_iter()
                .map(|user| {
                    let seen = (user.external_user_state, user.mail.is_some());
                    (user.id.to_ascii_lowercase(), seen)
                })
                .collect(),
            Err(fault) => {
                tracing::warn!(%fault, "cannot look for the new guests");
                return 0;
            }
        };
        let now = engine.clock.now();
        for guest in page {
            let state = seen.get(&guest.user_id.to_ascii_lowercase());
            if let Some((state, has_mail)) = state {
                if !has_mail {
                    engine.without_mail().insert(guest.row);
                }
                found += 1;
                engine
                    .recorder
                    .verified(guest.person, Verified::Found, state.clone(), now)
                    .await;
                continue;
            }
            let verified = unseen(guest.invited_at, now);
            // A guest who has been missing for a day is not waited for.
            waited_for += usize::from(verified == Verified::NotYet);
            if last || verified == Verified::Missing {
                engine
                    .recorder
                    .verified(guest.person, verified, None, now)
                    .await;
            }
        }
    }
    if found + waited_for > 0 {
        events::verified(found, waited_for);
    }
    waited_for
}
