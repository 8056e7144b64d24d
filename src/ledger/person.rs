//! What the ledger knows about one person, keyed by the normalised address.

use crate::outcome::{Mail, Verified, words};
use jiff::Timestamp;
use secrecy::SecretString;

words! {
    /// What the events about a person add up to.
    pub(crate) PersonState {
        /// No attempt is open: none was made, or it is certain that none of them did anything.
        Open = "open",
        /// There is an intent without a settled answer. The person must be looked up before anything else is sent.
        Asked = "asked",
        /// Graph answered 201, and the link is stored.
        Invited = "invited",
        /// A results file says that Graph answered 201. The guest has not been seen in this tenant yet.
        Claimed = "claimed",
        /// Graph or a policy refuses this person.
        Refused = "refused",
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
    /// Whether the run that invited the person does follow-ups, too.
    pub follows_up: bool,
    /// When a run of `cleanup` deleted the guest, and which run that was.
    pub deleted: Option<(Timestamp, String)>,
    /// The newest event about the person when this was read.
    pub newest_event: i64,
}
