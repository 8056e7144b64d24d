//! Deletions: guests who are to go, one after the other.
//!
//! Whoever is to be deleted is looked up right before, by id and by address. The intent is durable before the request
//! leaves, the answer before the next guest's turn. A deletion whose answer does not tell is sent again only after a look
//! has shown that the guest is still there.

mod presence; // whether a guest is still there
mod turn; // one guest's turn

pub(crate) use presence::{OpenDeletionsJob, settle_deletions};

use super::{
    hold::Hold,
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    directory::Directory,
    failure,
    guest::EmailAddress,
    ledger::{Ledger, Reader, Writer},
    outcome::GuestState,
    pace::Pace,
    threshold::Threshold,
};
use jiff::Timestamp;
use std::{cell::Cell, time::Duration};
use tokio::sync::watch;

/// Somebody who was to go when the list was made.
#[derive(Debug, Clone)]
pub(crate) struct GuestToDelete {
    pub person: i64,
    /// Where there is a sheet.
    pub row: Option<u64>,
    /// The one that was invited.
    pub email: EmailAddress,
    pub user_id: String,
    /// As the directory dated the guest when the list was made.
    pub created_at: Timestamp,
    /// Whether the guest may have redeemed.
    pub may_have_redeemed: bool,
    /// The newest event about the user when the list was made.
    pub newest_event: i64,
}

/// Everything that deleting needs.
pub(crate) struct CleanupJob<'a> {
    /// The run, which was started.
    pub run: String,
    pub ledger: &'a Ledger,
    pub generation: i64,
    pub guests: Vec<GuestToDelete>,
    pub limits: DeletionLimits,
    pub directory: Directory,
    pub pace: Pace,
    pub clock: Clock,
    pub stop: Stop,
    pub tally: watch::Sender<DeletionTotals>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct DeletionLimits {
    pub in_this_run: Option<u64>,
    pub max_failures: Threshold,
    /// How long it is looked whether a guest is still there.
    pub settle: Duration,
    /// Whether the token claims the permission to delete; none where it does not show that.
    pub may_delete: Option<bool>,
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeletionOutcome {
    Deleted,
    /// No answer that tells, and the guest is still there, or nobody can tell.
    Unknown,
    /// In another state than the one in which the guest may be deleted.
    State(GuestState),
    /// Not in the directory any more; nobody here deleted the guest.
    GoneAlready,
    /// The address leads to another user, or to nobody.
    AddressMoved,
    /// The directory dates the guest otherwise than before.
    AnotherDate,
    /// Another run has written about the guest since the list was made.
    ChangedMeanwhile,
    /// Graph said no: our code and the reason.
    Refused(String, String),
    /// The directory could not be asked.
    NotLookedUp(String),
    /// The verb ended before.
    NotAttempted,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DeletionTotals {
    pub done: u64,
    pub deleted: u64,
    pub not_deleted: u64,
}

/// What became of all of them, in their order.
pub(crate) struct CleanupReport {
    pub outcomes: Vec<DeletionOutcome>,
    pub stopped_by: Option<StopReason>,
    /// For the last line about the run.
    pub writer: Writer,
}

/// Deletes one after the other until all are through, or the verb is to stop.
pub(crate) async fn cleanup(job: CleanupJob<'_>) -> failure::Result<CleanupReport> {
    let hold = Hold {
        writer: job.ledger.writer(Some(job.generation))?,
        pace: job.pace,
        clock: job.clock,
        stop: job.stop,
    };
    let deleting = Deleting {
        run: job.run,
        limits: job.limits,
        reader: job.ledger.reader()?,
        directory: job.directory,
        hold,
        asked: Cell::new(0),
        deleted: Cell::new(0),
        bad: Cell::new(0),
        unanswered: Cell::new(0),
        refused: Cell::new(0),
    };
    let mut outcomes = Vec::with_capacity(job.guests.len());
    for guest in &job.guests {
        let outcome = deleting.take(guest).await;
        outcome.log(guest);
        job.tally.send_modify(|totals| {
            totals.done += 1;
            match outcome {
                DeletionOutcome::Deleted => totals.deleted += 1,
                _ => totals.not_deleted += 1,
            }
        });
        outcomes.push(outcome);
    }
    Ok(CleanupReport {
        outcomes,
        stopped_by: deleting.hold.stop.reason(),
        writer: deleting.hold.writer,
    })
}

/// What everybody's turn needs.
struct Deleting {
    run: String,
    limits: DeletionLimits,
    reader: Reader,
    directory: Directory,
    hold: Hold,
    /// Guests whose deletion left and may have been performed.
    asked: Cell<u64>,
    deleted: Cell<u64>,
    /// Guests with whom it ended badly.
    bad: Cell<u64>,
    /// Guests in a row.
    unanswered: Cell<u32>,
    refused: Cell<u32>,
}
