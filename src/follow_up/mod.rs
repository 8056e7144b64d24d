//! 8 Finishing: what an invitation cannot carry. The profile, the sponsors where the invitation took none, the manager and
//! the groups of a guest.
//!
//! Must not know the ledger's tables or the run: the engine says what was done before, and records what is done.

// From the row to its hint. A blank line stands between the modules, so that formatting keeps their order.

mod plan; // what a guest is to get, and what is still owed of it

mod refusals; // what is refused to everybody is learnt once a run

mod perform; // one change, sent until it is made, refused or given up

mod present; // what the directory shows already, and what may not be changed

mod words; // the outcome in sentences

pub(crate) use perform::{Ended, FollowedGuest, Performer, Standing};
pub(crate) use plan::{Change, GroupToJoin, Plan, Wishes, overall};
pub(crate) use words::hint;
