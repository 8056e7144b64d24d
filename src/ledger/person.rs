//! What the ledger knows about one person, keyed by the normalised address.

use crate::engine::outcome::{Mail, Verified};
use jiff::Timestamp;
use secrecy::SecretString;

/// Where a person stands with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonState {
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
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Invited => "invited",
            Self::Claimed => "claimed",
            Self::Refused => "refused",
        }
    }

    pub fn from_word(word: &str) -> Self {
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
pub struct Person {
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
pub enum AskKind {
    /// The invitation that the row asks for.
    Invite,
    /// Silent, for somebody who was found after an unknown answer, or is pending: fetches a link.
    Relink,
    /// Silent, for somebody who was not found after an unknown answer: the answer tells which ask made the guest.
    Probe,
}

impl AskKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Relink => "relink",
            Self::Probe => "probe",
        }
    }

    pub fn from_word(word: &str) -> Self {
        match word {
            "relink" => Self::Relink,
            "probe" => Self::Probe,
            _ => Self::Invite,
        }
    }
}

/// What the look-up before an ask had seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Saw {
    Nobody,
    Somebody,
    /// Nobody was looked up, or it was not written down.
    #[default]
    Unknown,
}

impl Saw {
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Nobody => Some("nobody"),
            Self::Somebody => Some("somebody"),
            Self::Unknown => None,
        }
    }

    pub fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("nobody") => Self::Nobody,
            Some("somebody") => Self::Somebody,
            _ => Self::Unknown,
        }
    }
}

/// An ask whose effect is not known yet. All times are by our clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub kind: AskKind,
    /// Nothing of it can have happened before.
    pub at: Timestamp,
    pub mails: bool,
    pub saw: Saw,
    pub end: AskEnd,
    /// Not made by a run of this ledger: another one made it, or may have, and perhaps more that nobody knows of.
    pub assumed: bool,
}

/// How an ask ended whose effect is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskEnd {
    /// Nothing is known: the run was killed.
    Open,
    /// The answer was given up, or it does not tell.
    GivenUp(Timestamp),
    /// Graph asked to wait: not performed, as far as is known.
    Throttled(Timestamp),
    /// A silent ask was answered by a 201.
    Answered(Timestamp),
}

impl Ask {
    pub fn is_throttled(&self) -> bool {
        matches!(self.end, AskEnd::Throttled(_))
    }

    /// From when on nothing more can come of it, as far as is known.
    pub fn ended(&self) -> Timestamp {
        match self.end {
            AskEnd::Open => self.at,
            AskEnd::GivenUp(at) | AskEnd::Throttled(at) | AskEnd::Answered(at) => at,
        }
    }
}
