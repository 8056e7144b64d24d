//! 6 Asking: sends requests to Graph, and decides what the answers mean.
//!
//! `client` sends reads and changes and repeats them; `invite` sends an invitation once. `error_rules` and `verdict` decide
//! what an answer means. `auth` gets the tokens.

// The way of a request and of its answer. A blank line stands between the modules, so that formatting keeps their order.

pub(crate) mod wire; // the JSON of requests and answers

pub(crate) mod odata; // quotes and escapes values

pub(crate) mod base_url; // the checked address of Graph or of the sign-in service

pub(crate) mod cloud; // what a national cloud lacks

pub(crate) mod auth; // gets the tokens

pub(crate) mod client; // sends a request, and repeats it where that does no harm

pub(crate) mod invite; // the POST that invites, which is never simply repeated

pub(crate) mod batch; // up to twenty reads in one request

pub(crate) mod by_id; // users by their ids

pub(crate) mod pages; // the pages of a long list

pub(crate) mod policies; // the tenant's settings for invitations

pub(crate) mod sponsors; // who vouches for a guest

pub(crate) mod follow_up; // changes of a guest after the invitation

pub(crate) mod delete_user; // deletes a user, and finds deleted ones

pub(crate) mod send_mail; // sends a mail of our own from a mailbox

pub(crate) mod http; // one request, sent once

pub(crate) mod http_client; // timeouts, proxies

mod server_trust; // which servers are trusted

mod connections; // which connection a request goes out on

mod departure; // the last check of the stop before a request leaves

pub(crate) mod answer; // what came back

mod permissions; // the least permission that a request needs

pub(crate) mod envelope; // the body of an error, in any form

mod server_text; // cleans the texts of servers

pub(crate) mod class; // kinds of trouble

pub(crate) mod error_rules; // the table of all answers that are known

mod fragment; // whether a text holds known words

pub(crate) mod fault; // what went wrong, with what support needs

mod slow_down; // where an answer closes the gate

pub(crate) mod verdict; // what an answer means for an invitation or a read

pub(crate) mod catalogue; // our codes GL5xx to GL7xx in words

pub(crate) mod explain; // the meaning of a pasted text

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
pub(crate) use delete_user::{DeleteReply, DeleteVerdict};
pub(crate) use explain::explain;
pub(crate) use fault::Fault;
pub(crate) use follow_up::GuestNow;
pub(crate) use invite::InvitationReply;
pub(crate) use policies::{DomainRules, InvitesFrom};
pub(crate) use server_text::{cleaned_name, optional_name};
pub(crate) use sponsors::{ListedSponsor, Sponsor};
pub(crate) use verdict::Verdict;
pub(crate) use wire::{DirectoryUser, Invitation, InvitationRequest, MessageInfo, Organization};
