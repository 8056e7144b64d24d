//! What the practice tenant remembers. Nothing here knows a route. Start with `tenant`, which lists all parts.

pub(super) mod access_tokens; // issues access tokens and checks them
pub(super) mod follow_up_book; // what was changed after invitations, for /_sandbox
pub(super) mod identity; // ids, names, domains and secrets of the tenant and its app
pub(super) mod ids; // random ids and stable ids
pub(super) mod journal; // the file that keeps people from one start to the next
pub(super) mod request_stats; // counts, mails, invitations and the log, for /_sandbox
pub(super) mod tenant; // all of it in one structure
pub(super) mod token_store; // the access tokens that were issued, and who holds them
