//! Why a run ends before its sheet does, and how everybody hears of it at once.
//!
//! The first reason is the one that is told; the gravest one speaks in the exit code.

use crate::{exit::Exit, graph::Fault, guest::Problem};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

#[derive(Debug, Clone)]
pub enum StopReason {
    Interrupted,
    /// Graph refuses the tenant, the app or the sign-in as a whole.
    Refused {
        exit: Exit,
        fault: Box<Fault>,
    },
    /// Graph cannot be reached, or asks for a longer wait than a run should take.
    Unreachable {
        why: String,
    },
    PiledUp {
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
        exit: Exit,
    },
    Sheet(Box<Problem>),
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
            Self::Refused { exit, .. } | Self::LedgerFailed { exit, .. } => *exit,
            Self::Unreachable { .. } | Self::PiledUp { .. } | Self::CanaryNotFound { .. } => {
                Exit::TryAgain
            }
            Self::MaxInvites { .. } | Self::DailyCap { .. } => Exit::CapReached,
            Self::TimeUsed => Exit::TimeUsed,
            Self::Sheet(_) => Exit::SheetRefused,
        }
    }

    /// One stable word for `--json`.
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
            Self::Refused { .. } => "permission",
            Self::Unreachable { .. } => "unreachable",
            Self::PiledUp { .. } => "failures",
            Self::MaxInvites { .. } => "max-invites",
            Self::DailyCap { .. } => "daily-cap",
            Self::TimeUsed => "max-duration",
            Self::CanaryNotFound { .. } => "canary",
            Self::LedgerFailed { .. } => "ledger",
            Self::Sheet(_) => "sheet",
        }
    }
}

/// The shared stop signal.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    reasons: Mutex<Vec<StopReason>>,
    raised: watch::Sender<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(Shared {
            reasons: Mutex::default(),
            raised: watch::Sender::new(false),
        }))
    }
}

impl Stop {
    /// From now on nobody starts anything new.
    pub fn raise(&self, reason: StopReason) {
        {
            let mut reasons = self
                .0
                .reasons
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            // Twenty workers may hear the same refusal: once is enough.
            if reasons.iter().any(|known| known.word() == reason.word()) {
                return;
            }
            reasons.push(reason);
        }
        self.0.raised.send_replace(true);
    }

    pub fn is_raised(&self) -> bool {
        *self.0.raised.borrow()
    }

    /// Returns when the run is to stop.
    pub async fn raised(&self) {
        let mut raised = self.0.raised.subscribe();
        // The sender lives as long as `self`: this cannot fail.
        let _ = raised.wait_for(|raised| *raised).await;
    }

    pub fn reason(&self) -> Option<StopReason> {
        self.0
            .reasons
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .first()
            .cloned()
    }

    pub fn exit(&self) -> Option<Exit> {
        let reasons = self
            .0
            .reasons
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        reasons.iter().map(StopReason::exit).reduce(Exit::and)
    }

    /// Sleeps, unless the run stops first; tells whether it slept through.
    pub async fn sleep(&self, wait: std::time::Duration) -> bool {
        tokio::select! {
            biased;
            () = self.raised() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}
