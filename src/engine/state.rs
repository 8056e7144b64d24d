//! What every step of a run uses: the connection, the pace, the ledger, the limits, and what the run has learnt so far.
//!
//! A step is a function in its own file that is given this state, or only the parts that it needs. Must not decide
//! anything about a row.

use super::{
    Options,
    calibration::Calibration,
    caps::Caps,
    follow_ups::FollowUps,
    outage::Outage,
    recorder::Recorder,
    stop::{Stop, StopReason},
    worker_limit::WorkerLimit,
};
use crate::{
    clock::Clock,
    directory::{Directory, LookupBatcher, LookupResult, UserLookup},
    graph::{Fault, Graph},
    guest::EmailAddress,
    ledger::{Reader, SilentFirst},
    pace::{Pace, TooLong},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

pub(super) struct EngineState {
    pub options: Arc<Options>,
    pub graph: Graph,
    pub directory: Directory,
    pub lookup_batcher: LookupBatcher,
    pub user_lookup: UserLookup,
    pub pace: Pace,
    pub recorder: Recorder,
    pub follow_ups: FollowUps,
    pub caps: Caps,
    pub stop: Stop,
    pub worker_limit: WorkerLimit,
    pub clock: Clock,
    pub calibration: Calibration,
    pub outage: Outage,
    /// Whether a 429 of this run was found to have been performed; from then on no 429 is believed.
    pub throttles_doubted: AtomicBool,
    /// Reads the ledger as it is now, with what this run has written.
    pub reader: Mutex<Reader>,
    /// The generation of the ledger that this run raised. Another run that takes the ledger raises it again.
    pub generation: Option<i64>,
    /// When the ledger may be older than the tenant: the time in which an unknown run may have asked.
    pub silent_first: Option<SilentFirst>,
    /// Domains that Graph refused as a whole, each with the code and the text of the refusal.
    pub refused_domains: Mutex<HashMap<String, (String, String)>>,
    /// The rows of new guests whom the directory has without a mail address.
    pub rows_without_mail: Mutex<BTreeSet<u64>>,
}

/// The run is stopping, so nothing was sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopped;

impl EngineState {
    pub(super) fn without_mail(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.rows_without_mail
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be said after the run of new guests without a mail address.
    pub(super) fn note_without_mail(&self) -> Option<String> {
        const MOST: usize = 5;
        let rows = self.without_mail();
        let count = rows.len();
        let named: Vec<String> = rows.iter().take(MOST).map(u64::to_string).collect();
        let (guests, have, of) = match count {
            0 => return None,
            1 => ("1 new guest".to_owned(), "has", "row"),
            n => (format!("{n} new guests"), "have", "rows"),
        };
        let more = if count > MOST { " and more" } else { "" };
        Some(format!(
            "{guests} {have} no mail address in the directory ({of} {}{more}), as a rule because a contact or another object of the tenant has the same address: mail through groups does not arrive; an administrator can delete the contact",
            named.join(", ")
        ))
    }

    pub(super) fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks a person up by address. None: the run stopped first.
    pub(super) async fn find(&self, email: &EmailAddress) -> Option<LookupResult> {
        tokio::select! {
            biased;
            () = self.stop.raised() => None,
            lookup_result = self.lookup_batcher.find(email) => Some(lookup_result),
        }
    }

    /// Waits for the pace, unless the run stops first or the wait is longer than a run may take.
    pub(super) async fn wait(
        &self,
        ready: impl Future<Output = Result<(), TooLong>>,
    ) -> Result<(), Stopped> {
        let ready = tokio::select! {
            biased;
            () = self.stop.raised() => return Err(Stopped),
            ready = ready => ready,
        };
        ready.map_err(|too_long| self.end_run(too_long.into()))
    }

    pub(super) fn end_run(&self, reason: StopReason) -> Stopped {
        self.stop.raise(reason);
        Stopped
    }

    /// A cap is reached.
    pub(super) fn begin_no_row(&self, reason: StopReason) -> Stopped {
        self.stop.begin_no_row(reason);
        Stopped
    }

    /// Ends the run if this fault of a read is one that every row would meet.
    pub(super) fn stop_if_fatal(&self, fault: &Fault) {
        if let Some(reason) = StopReason::of(fault) {
            self.stop.raise(reason);
        }
    }

    /// Whether the ledger still belongs to this run. A ledger that cannot be read right now does not end the run: it
    /// has just taken an intent.
    pub(super) fn still_owns_ledger(&self) -> bool {
        let reader = self.reader();
        let newest = reader.generation().ok();
        let owns = newest.is_none() || self.generation.is_none() || newest == self.generation;
        if !owns {
            let by = reader.holder().unwrap_or_default();
            self.stop.raise(StopReason::TakenOver { by });
        }
        owns
    }

    pub(super) fn doubts_throttles(&self) -> bool {
        self.throttles_doubted.load(Relaxed)
    }

    pub(super) fn doubt_throttles(&self) {
        if !self.throttles_doubted.swap(true, Relaxed) {
            tracing::warn!(
                "Graph answered 429 for an invitation that it had performed; from now on a row with a 429 is settled like one without an answer"
            );
        }
    }

    /// The code and the text with which Graph refused this domain, if it did.
    pub(super) fn refused_domain(&self, domain: &str) -> Option<(String, String)> {
        let refused = self.refused_domains();
        refused.get(&domain.to_ascii_lowercase()).cloned()
    }

    pub(super) fn remember_refused_domain(&self, domain: &str, code: String, text: String) {
        let mut refused = self.refused_domains();
        refused.insert(domain.to_ascii_lowercase(), (code, text));
    }

    fn refused_domains(&self) -> MutexGuard<'_, HashMap<String, (String, String)>> {
        self.refused_domains
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
