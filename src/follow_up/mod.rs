//! 8 Finishing: what an invitation cannot carry. The profile, the sponsors where the invitation took none, the manager and
//! the groups of a guest.
//!
//! Must not know the ledger's tables or the run: the engine says what was done before, and records what is done.

// From the row to its hint. A blank line stands between the modules, so that formatting keeps their order.

mod change; // one request, and the follow-ups that it makes

mod ended; // the guest, and how a change ends

mod plan; // what a guest is to get, and what is still owed of it

mod present; // what the directory shows already, and what may not be changed

mod refusals; // what is refused to everybody is learnt once a run

mod perform; // one change, sent until it is made, refused or given up

mod words; // the outcome in sentences

pub(crate) use change::{Change, GroupToJoin, Permissions, permissions};
pub(crate) use ended::{Ended, FollowedGuest, Standing};
pub(crate) use perform::Performer;
pub(crate) use plan::{Plan, Wishes, overall};
pub(crate) use words::hint;

#[cfg(test)]
mod tests;
