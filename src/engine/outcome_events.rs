//! What became of a guest who was to be reminded or deleted, in one stable word and as an event of the log.

use super::{
    cleanup::{DeletionOutcome, GuestToDelete},
    remind::{GuestToRemind, ReminderOutcome},
};
use crate::{
    events::{self, RowEnd},
    outcome::GuestState,
};

impl ReminderOutcome {
    /// For the log and for JSON.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Reminded => "reminded",
            Self::Unknown => "unknown",
            Self::State(GuestState::Accepted) => "redeemed-meanwhile",
            Self::State(_) => "not-pending",
            Self::AddressMoved => "address-moved",
            Self::MailedMeanwhile => "mailed-meanwhile",
            Self::NotPerformed(..) => "refused",
            Self::MailNotSent(_) => "not-sent",
            Self::NotLookedUp(_) => "not-looked-up",
            Self::NotAttempted => "not-attempted",
        }
    }

    pub(crate) fn log(&self, guest: &GuestToRemind) {
        events::row(&RowEnd {
            row: guest.row,
            outcome: self.word(),
            code: match self {
                Self::NotPerformed(code, _) => Some(code),
                _ => None,
            },
            user_id: Some(&guest.user_id),
            ..RowEnd::default()
        });
    }
}

impl DeletionOutcome {
    /// For the log and for JSON.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Unknown => "unknown",
            Self::State(GuestState::Accepted) => "redeemed-meanwhile",
            Self::State(_) => "not-pending",
            Self::GoneAlready => "gone-already",
            Self::AddressMoved => "address-moved",
            Self::AnotherDate => "another-date",
            Self::ChangedMeanwhile => "changed-meanwhile",
            Self::Refused(..) => "refused",
            Self::NotLookedUp(_) => "not-looked-up",
            Self::NotAttempted => "not-attempted",
        }
    }

    pub(super) fn log(&self, guest: &GuestToDelete) {
        events::row(&RowEnd {
            row: guest.row,
            outcome: self.word(),
            code: match self {
                Self::Refused(code, _) => Some(code),
                _ => None,
            },
            user_id: Some(&guest.user_id),
            ..RowEnd::default()
        });
    }
}
