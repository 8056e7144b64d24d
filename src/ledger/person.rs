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
