//! The practice tenant: a strict stand-in for Microsoft Graph and its token endpoint, on loopback.
//!
//! It is its own reading of the API: nothing of the client that it tests is used here.

mod access; // who may ask
mod exchange; // one request and its answer
mod server; // a port, requests in, answers out
mod view;
mod wire; //   connections that can be broken on purpose //   what tests and people may look at and change: /_sandbox

mod call; //   a request, taken apart
mod kind; //   the kinds of requests
mod reply; //  an answer, and Graph's refusals
mod routes;
mod tenant; // everything behind one lock, and the course of a request // which path leads where

mod address; //             which addresses are taken
mod batch; // $batch
mod invitation_request; // POST /invitations: what may be asked
mod invitations; //         and what is answered
mod objects; // groups, objects by id, the organisation
mod sign_in; // the authority: who gets a token
mod token; // bearer tokens
mod users; // lists, filters, single users, sponsors, the deleted

mod filter; // what a $filter may be
mod matching; // what it means
mod odata; //  its grammar
mod query; //  the other query options

mod directory; // users and groups, found by key
mod journal; //   kept in a file
mod people; //    who is there from the start
mod user; //      one of them

mod fate; //     what the weather does to one request
mod throttle; // the documented limits
mod weather; //  everything that can go wrong, as data

mod seen; // what was seen: counts, mails, invitations, the log

#[cfg(test)]
mod tests; // over real HTTP

pub use people::{CLIENT_ID, CLIENT_SECRET, DOMAIN, INITIAL_DOMAIN, TENANT_ID, TENANT_NAME};
pub use server::{Sandbox, SandboxOptions};
pub use weather::Weather;
