//! Whether a guest is still there, and what that says about deletions of earlier runs that were never answered.
//!
//! Must not delete anybody.

use crate::{
    clock::Clock,
    directory::Directory,
    engine::stop::Stop,
    failure,
    graph::{Class, Fault},
    ledger::{DeletionAnswered, DeletionEnd, OpenDeletion, Writer},
    pace::Looks,
};
use jiff::SignedDuration;
use std::time::Duration;

/// A deletion without an answer that is older than this stays open while the guest is there: somebody may have restored
/// the guest since.
const SETTLED_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// What is left open of deletions of earlier runs: it is looked whether the guests are still there.
pub(crate) struct OpenDeletionsJob<'a> {
    pub run: &'a str,
    pub writer: &'a Writer,
    pub open: Vec<OpenDeletion>,
    pub directory: &'a Directory,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    /// How long after a deletion without an answer the guest may still be shown although it was performed.
    pub shown_for: Duration,
}

/// Gives back the users whose deletion stays open.
pub(crate) async fn settle_deletions(job: OpenDeletionsJob<'_>) -> failure::Result<Vec<String>> {
    let mut left = Vec::new();
    for open in job.open {
        let until = SignedDuration::try_from(job.shown_for)
            .ok()
            .and_then(|wait| open.at.checked_add(wait).ok())
            .unwrap_or(open.at);
        // Also where the clock was set back since.
        let wait = Duration::try_from(until.duration_since(job.clock.now()))
            .unwrap_or_default()
            .min(job.shown_for);
        let found = look(job.directory, &open.user_id, wait, job.stop).await;
        let is_late = job.clock.now().duration_since(open.at).abs() > SETTLED_WITHIN;
        let (end, detail) = match found {
            Ok(Presence::Deleted(detail)) => (DeletionEnd::Deleted, detail),
            Ok(Presence::There) if !is_late => (DeletionEnd::NotPerformed, "is still there"),
            Ok(Presence::There) => {
                left.push(open.user_id);
                continue;
            }
            Err(NotFoundOut::Stopped) => break,
            Err(NotFoundOut::Fault(fault)) => return Err(fault.into()),
        };
        job.writer.deletion_answered(
            job.run,
            &DeletionAnswered {
                intent: open.intent,
                user_id: open.user_id,
                row: None,
                at: job.clock.now(),
                end,
                status: None,
                request_id: None,
                detail: Some(detail.to_owned()),
            },
        )?;
    }
    Ok(left)
}

/// Whether a user is there.
pub(super) enum Presence {
    There,
    /// Among the deleted users, or nowhere; in words for the ledger.
    Deleted(&'static str),
}

pub(super) enum NotFoundOut {
    Stopped,
    Fault(Fault),
}

/// Looks until the user is found to be deleted, or the time is over; then the last look counts.
pub(super) async fn look(
    directory: &Directory,
    user_id: &str,
    within: Duration,
    stop: &Stop,
) -> Result<Presence, NotFoundOut> {
    let graph = directory.graph();
    let ids = [user_id.to_owned()];
    let mut looks = Looks::within(within);
    loop {
        let last = looks.is_last();
        match graph.one_by_one(&ids).await {
            Ok(users) if users.is_empty() => match graph.deleted_user(user_id).await {
                Ok(Some(_)) => return Ok(Presence::Deleted("is among the deleted users")),
                Ok(None) if last => return Ok(Presence::Deleted("is not there any more")),
                // Who was deleted may not be read here.
                Err(fault) if last && fault.class == Class::Permission => {
                    return Ok(Presence::Deleted("is not there any more"));
                }
                Err(fault) if last => return Err(NotFoundOut::Fault(fault)),
                _ => {}
            },
            Ok(_) if last => return Ok(Presence::There),
            Err(fault) if last => return Err(NotFoundOut::Fault(fault)),
            _ => {}
        }
        if !looks.wait(stop.signal()).await {
            return Err(NotFoundOut::Stopped);
        }
    }
}
