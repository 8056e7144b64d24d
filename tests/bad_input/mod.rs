//! Each mistake: one clear message with what to do, the right exit code, nothing sent, nothing half-written.
//!
//! What a user sees is kept in `tests/bad_input/snapshots/`; `INSTA_UPDATE=always cargo test bad_input` writes it anew.

mod afterwards; // status and remind
mod departures; // leavers, cleanup and forget
mod follow_ups; // what is set after the invitation
mod own_mail; // templates, mailboxes and mail servers
pub(crate) mod page; // mistakes and what was said about them
mod places; // results and ledgers that are not ours, or not there
mod sheets; // sheets that cannot be read
mod sign_in; // the wrong secret, tenant, host
