//! The practice tenant: a strict stand-in for Microsoft Graph and its token endpoint, served on loopback.
//!
//! It is a second, independent reading of Microsoft's documentation: it uses no code of the client that it tests, so
//! that a mistake in one of the two makes a test fail.
//!
//! A request passes the folders in this order: `http` takes it from the connection; `sign_in` answers it when it is for
//! the authority, `control_api` when its path starts with `/_sandbox`, and `graph_api` otherwise, with the help of
//! `odata`; `faults` decides what goes wrong with it. They all work on `state`, which holds the `directory`.
//! The words that all of them share are in `messages`.

mod http; // the port, connections, who may ask, one request and its answer

mod control_api; // /_sandbox: what tests and people can look at and change
mod graph_api; // Microsoft Graph: one request, its route, and what it does
mod sign_in; // the authority: who gets a token

mod faults; // everything that can go wrong on purpose, and the throttling limits
mod odata; // $filter, $select, $top, $count and page tokens

mod directory; // users and groups
mod messages; // a Graph request, a reply, a Graph error
mod state; // everything that the tenant remembers, behind one lock

#[cfg(test)]
mod tests; // over real HTTP, as a client sees it

pub use faults::weather::Weather;
pub use http::server::{Sandbox, SandboxOptions};
