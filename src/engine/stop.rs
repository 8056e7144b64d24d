//! Why a run ends before the end of its sheet, and the signal that tells every task.
//!
//! If there are several reasons, the gravest one is reported and gives the exit code, whichever came first.

use crate::{
    events,
    exit::Exit,
    graph::Fault,
    ledger::LedgerError,
    pace::{StopSignal, TooLong},
    problem::Problem,
};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone)]
pub enum StopReason {
    Interrupted,
    /// Graph refuses the tenant, the app or the sign-in as a whole, or asks for a longer wait than a run should take.
    Refused {
        exit: Exit,
        fault: Box<Fault>,
    },
    /// Something between here and Graph answers the invitations, for example a proxy.
    AnsweredBetween {
        in_a_row: u32,
        /// What the last of these answers was.
        fault: Box<Fault>,
    },
    /// Graph cannot be reached, or no row makes progress.
    Unreachable {
        why: String,
    },
    TooManyFailures {
        bad: u64,
        of: u64,
    },
    MaxInvites {
        cap: u64,
    },
    DailyCap {
        cap: u64,
        room_at: jiff::Timestamp,
    },
    TimeUsed,
    CanaryNotFound {
        missing: u64,
    },
    LedgerFailed {
        why: String,
        /// What to do about it.
        advice: &'static str,
        exit: Exit,
    },
    /// The path of the ledger no longer leads to the file that is open.
    LedgerGone,
    /// Another run has taken the ledger.
    TakenOver {
        by: String,
    },
    Sheet(Box<Problem>),
    /// Everybody is invited, and mail of our own cannot go on.
    OwnMail {
        exit: Exit,
        what: String,
        hints: Vec<String>,
    },
}

impl StopReason {
    /// Whether a fault ends the run rather than a row.
    pub fn of(fault: &Fault) -> Option<Self> {
        fault.class.ends_run().then(|| Self::Refused {
            exit: fault.exit(),
            fault: Box::new(fault.clone()),
        })
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::Interrupted => Exit::Interrupted,
            Self::Refused { exit, .. }
            | Self::LedgerFailed { exit, .. }
            | Self::OwnMail { exit, .. } => *exit,
            Self::AnsweredBetween { .. }
            | Self::Unreachable { .. }
            | Self::TooManyFailures { .. }
            | Self::CanaryNotFound { .. }
            | Self::LedgerGone
            | Self::TakenOver { .. } => Exit::TryAgain,
            Self::MaxInvites { .. } | Self::DailyCap { .. } => Exit::CapReached,
            Self::TimeUsed => Exit::TimeUsed,
            Self::Sheet(_) => Exit::SheetRefused,
        }
    }

    /// The answer that it is about, where there is one.
    fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Refused { fault, .. } | Self::AnsweredBetween { fault, .. } => Some(fault),
            _ => None,
        }
    }

    /// The word for `--json`; it never changes.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Refused {
                exit: Exit::TenantRefused,
                ..
            } => "tenant-refused",
            Self::Refused {
                exit: Exit::TryAgain,
                ..
            } => "try-again",
            Self::Refused {
                exit: Exit::Permission,
                ..
            } => "permission",
            Self::Refused { .. } => "settings",
            Self::AnsweredBetween { .. } => "not-graph",
            Self::Unreachable { .. } => "unreachable",
            Self::TooManyFailures { .. } => "failures",
            Self::MaxInvites { .. } => "max-invites",
            Self::DailyCap { .. } => "daily-cap",
            Self::TimeUsed => "max-duration",
            Self::CanaryNotFound { .. } => "canary",
            Self::LedgerFailed { .. } => "ledger",
            Self::LedgerGone => "ledger-gone",
            Self::TakenOver { .. } => "taken-over",
            Self::Sheet(_) => "sheet",
            Self::OwnMail { .. } => "mail",
        }
    }
}

impl From<&LedgerError> for StopReason {
    fn from(error: &LedgerError) -> Self {
        Self::LedgerFailed {
            why: error.to_string(),
            advice: error.advice(),
            exit: error.exit(),
        }
    }
}

impl From<TooLong> for StopReason {
    fn from(too_long: TooLong) -> Self {
        let fault = Fault::from(too_long);
        Self::Refused {
            exit: fault.exit(),
            fault: Box::new(fault),
        }
    }
}

/// Whether and why the run is to stop; shared by all tasks.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    reasons: Arc<Mutex<Vec<StopReason>>>,
    signal: StopSignal,
    rows: StopSignal,
}

impl Stop {
    /// From now on no task starts anything new.
    pub fn raise(&self, reason: StopReason) {
        self.remember(reason);
        self.rows.raise();
        self.signal.raise();
    }

    /// From now on no row is begun. Whoever was invited still gets what an invitation cannot carry, and the mail of our own.
    pub fn begin_no_row(&self, reason: StopReason) {
        self.remember(reason);
        self.rows.raise();
    }

    fn remember(&self, reason: StopReason) {
        let mut reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        // Many workers may get the same refusal; one of them is enough.
        let same =
            |known: &StopReason| known.word() == reason.word() && known.exit() == reason.exit();
        if !reasons.iter().any(same) {
            let (fault, exit) = (reason.fault(), reason.exit());
            let sent = fault.map(|fault| fault.sent("", None)).unwrap_or_default();
            events::stop(reason.word(), exit, &sent);
            reasons.push(reason);
        }
    }

    /// Raised when no further row is to be begun.
    pub fn rows(&self) -> &StopSignal {
        &self.rows
    }

    /// For code that needs only the signal, not the reason.
    pub fn signal(&self) -> &StopSignal {
        &self.signal
    }

    pub fn is_raised(&self) -> bool {
        self.signal.is_raised()
    }

    /// Returns when the run is to stop.
    pub async fn raised(&self) {
        self.signal.raised().await;
    }

    /// The gravest reason so far; of equally grave ones the first.
    pub fn reason(&self) -> Option<StopReason> {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons
            .iter()
            .min_by_key(|reason| reason.exit().rank())
            .cloned()
    }

    /// Sleeps, unless the run stops first. True: it slept for the whole time.
    pub async fn sleep(&self, wait: std::time::Duration) -> bool {
        self.signal
            .unless_raised(tokio::time::sleep(wait))
            .await
            .is_ok()
    }
}
