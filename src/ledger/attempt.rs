//! Invitation attempts as the ledger remembers them: what may have happened, and what is not known of it.

use crate::outcome::words;
use jiff::Timestamp;

words! {
    /// Why a POST to /invitations is made. All kinds count in the caps.
    pub(crate) AttemptKind {
        /// The invitation that the row asks for.
        Invite = "invite",
        /// Silent, for a guest who was found after an unknown answer, or is pending: it fetches the link.
        Relink = "relink",
        /// Silent, for a person who was not found after an unknown answer: the answer tells which attempt made the guest.
        Probe = "probe",
    }
}

/// What the look-up before an ask had seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum PriorLookup {
    NotFound,
    Found,
    /// Nobody was looked up, or it was not written down.
    #[default]
    Unknown,
}

impl PriorLookup {
    pub(crate) fn word(self) -> Option<&'static str> {
        match self {
            Self::NotFound => Some("nobody"),
            Self::Found => Some("somebody"),
            Self::Unknown => None,
        }
    }

    pub(crate) fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("nobody") => Self::NotFound,
            Some("somebody") => Self::Found,
            _ => Self::Unknown,
        }
    }
}

/// An ask whose effect is not known yet. All times are by our clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvitationAttempt {
    pub kind: AttemptKind,
    /// Nothing of it can have happened before.
    pub at: Timestamp,
    pub mails: bool,
    pub saw: PriorLookup,
    pub end: AttemptEnd,
    /// Not made by a run of this ledger: another one made it, or may have, and perhaps more that nobody knows of.
    pub assumed: bool,
}

/// How an ask ended whose effect is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptEnd {
    /// Nothing is known: the run was killed.
    Open,
    /// The answer was given up, or it does not tell.
    GivenUp(Timestamp),
    /// Graph asked to wait: not performed, as far as is known.
    Throttled(Timestamp),
    /// A silent ask was answered by a 201.
    Answered(Timestamp),
}

impl InvitationAttempt {
    pub(crate) fn is_throttled(&self) -> bool {
        matches!(self.end, AttemptEnd::Throttled(_))
    }

    /// From when on nothing more can come of it, as far as is known.
    pub(crate) fn ended(&self) -> Timestamp {
        match self.end {
            AttemptEnd::Open => self.at,
            AttemptEnd::GivenUp(at) | AttemptEnd::Throttled(at) | AttemptEnd::Answered(at) => at,
        }
    }
}
