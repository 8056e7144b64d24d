//! 6 Asking: the client, the wire, the verdict.
//!
//! Read in this order: `wire` (what travels), `answer` (what came back), `known` and `verdict` (what it
//! means), `client` (one attempt for an invitation, patience for a read), `auth` (who asks).

pub(crate) mod answer; // one attempt's answer, whatever its shape
pub(crate) mod auth; // tokens: who asks
pub(crate) mod base_url; // the checked address of Graph or of the sign-in service
pub(crate) mod batch; // twenty reads in one request
pub(crate) mod by_id; // people by id
pub(crate) mod catalogue; // our codes GL5xx-GL7xx in words
pub(crate) mod class; // what kind of trouble an answer is
pub(crate) mod client; // the client
pub(crate) mod cloud; // what a national cloud lacks
mod connections; // which connection a request goes out on
mod departure; // the last look at the stop before a request leaves
pub(crate) mod envelope; // the error body, whatever it is
pub(crate) mod error_rules; // every answer that is known, as a table
pub(crate) mod explain; // what a pasted text means
pub(crate) mod fault; // what went wrong, kept for support
pub(crate) mod http; // one request, one attempt
pub(crate) mod http_client; // timeouts, proxies, certificates
pub(crate) mod invite; // the one POST that is never repeated
pub(crate) mod odata; // quoting and escaping
pub(crate) mod pages; // following nextLink
pub(crate) mod policies; // what the tenant says beforehand
pub(crate) mod send_mail; // a mail of our own
mod server_text; // servers' texts where they become ours
mod slow_down; // where an answer closes the gate
pub(crate) mod sponsors; // those who vouch for a guest
pub(crate) mod verdict; // what an answer means
pub(crate) mod wire; // what travels

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use self::{
    answer::{Answer, Attempt},
    client::RequestCounts,
    verdict::judge,
};
pub(crate) use auth::{Identity, IdentityKind, Tokens};
pub(crate) use base_url::BaseUrl;
pub(crate) use batch::BatchGet;
pub(crate) use class::{Author, Class};
pub(crate) use client::{Graph, GraphConfig, Read};
pub(crate) use explain::explain;
pub(crate) use fault::Fault;
pub(crate) use invite::InvitationReply;
pub(crate) use policies::{DomainRules, InvitesFrom};
pub(crate) use sponsors::{ListedSponsor, Sponsor};
pub(crate) use verdict::Verdict;
pub(crate) use wire::{DirectoryUser, Invitation, InvitationRequest, MessageInfo, Organization};
