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
    /// Graph or policy said never.
    Refused,
}

impl PersonState {
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Asked => "asked",
            Self::Invited => "invited",
            Self::Refused => "refused",
        }
    }

    pub fn from_word(word: &str) -> Self {
        match word {
            "asked" => Self::Asked,
            "invited" => Self::Invited,
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

/// An ask whose effect is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub kind: AskKind,
    /// By our clock.
    pub at: Timestamp,
    /// By the server's clock, as far as its `Date` headers told.
    pub server_at: Timestamp,
    pub mails: bool,
}
