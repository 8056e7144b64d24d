//! What the ledger knows about one person, keyed by the normalised address.

use crate::outcome::{Mail, Verified};
use jiff::Timestamp;
use secrecy::SecretString;

/// Where a person stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PersonState {
    /// Seen, and nothing is owed: never asked, or asked and certainly nothing happened.
    Open,
    /// An intent without a settled answer: must be looked up before anything else is sent.
    Asked,
    /// Graph answered 201 and the link is here.
    Invited,
    /// A results file says that Graph answered 201; nobody has seen the guest in this tenant yet.
    Claimed,
    /// Graph or policy said never.
    Refused,
}

impl PersonState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Invited => "invited",
            Self::Claimed => "claimed",
            Self::Refused => "refused",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "asked" => Self::Asked,
            "invited" => Self::Invited,
            "claimed" => Self::Claimed,
            "refused" => Self::Refused,
            _ => Self::Open,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub id: i64,
    pub state: PersonState,
    pub user_id: Option<String>,
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Option<Mail>,
    pub invited_at: Option<Timestamp>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub request_id: Option<String>,
    pub verified: Option<Verified>,
    pub verified_at: Option<Timestamp>,
    /// The newest event about the person when this was read.
    pub newest_event: i64,
}

/// Why a POST to /invitations is made. All kinds count in the caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptKind {
    /// The invitation that the row asks for.
    Invite,
    /// Silent, for somebody who was found after an unknown answer, or is pending: fetches a link.
    Relink,
    /// Silent, for somebody who was not found after an unknown answer: the answer tells which ask made the guest.
    Probe,
}

impl AttemptKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Relink => "relink",
            Self::Probe => "probe",
        }
    }

    pub(crate) fn from_word(word: &str) -> Self {
        match word {
            "relink" => Self::Relink,
            "probe" => Self::Probe,
            _ => Self::Invite,
        }
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
