//! 6 Asking: the client, the wire, the verdict.
//!
//! Read in this order: `wire` (what travels), `answer` (what came back), `known` and `verdict` (what it
//! means), `client` (one attempt for an invitation, patience for a read), `auth` (who asks).

pub mod answer; // one attempt's answer, whatever its shape
pub mod auth; // tokens: who asks
pub mod batch; // twenty reads in one request
pub mod by_id; // people by id
pub mod catalogue; // our codes GL5xx-GL7xx in words
pub mod client; // the client
pub mod cloud; // what a national cloud lacks
mod connections; // which connection a request goes out on
mod departure; // the last look at the stop before a request leaves
pub mod envelope; // the error body, whatever it is
pub mod explain; // what a pasted text means
pub mod fault; // what went wrong, kept for support
pub mod http; // one request, one attempt
pub mod invite; // the one POST that is never repeated
pub mod known; // every answer that is known, as a table
pub mod odata; // quoting and escaping
pub mod pages; // following nextLink
pub mod policies; // what the tenant says beforehand
mod server_text; // servers' texts where they become ours
pub mod sponsors; // those who vouch for a guest
pub mod verdict; // what an answer means
pub mod wire; // what travels

#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod client_tests;
#[cfg(test)]
#[cfg(unix)] // they need openssl
mod connection_tests;
#[cfg(test)]
mod stop_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
#[cfg(unix)] // they need openssl
mod tls_tests;
#[cfg(test)]
mod verdict_tests;

pub use answer::{Answer, Attempt};
pub use auth::{Identity, IdentityKind, Tokens};
pub use batch::BatchGet;
pub use client::{Graph, GraphConfig, Read, RequestCounts};
pub use explain::explain;
pub use fault::{Author, Class, Fault};
pub use invite::InviteAttempt;
pub use policies::{DomainRules, InvitesFrom};
pub use sponsors::Sponsor;
pub use verdict::{Verdict, judge, judge_read};
pub use wire::{DirectoryUser, Invitation, InvitationRequest, MessageInfo, Organization};
