//! 4 Looking: who is already there, who sponsors, which domains are the tenant's own.
//!
//! Reads only. What cannot be read is "cannot tell", said once; it never becomes "nobody there".

mod domains; // the tenant's own
mod policy; // who may invite, and whom

mod who; // whether somebody is meant, and what their state is for us

mod filter; // the read that finds one person
mod lookup;
mod lookup_batcher; // single look-ups, gathered // twenty of them in a request

mod people; // many people, small
mod snapshot;
mod user_lookup; // the way of looking that a run takes // the whole directory

mod guest_states; // in which state guests are now
mod sponsors;

pub(crate) use domains::Domains;
pub(crate) use guest_states::{States, confirm_gone, read_states, state_of};
pub(crate) use lookup::{BATCH, Directory, LookupResult};
pub(crate) use lookup_batcher::LookupBatcher;
pub(crate) use policy::InvitationPolicy;
pub(crate) use snapshot::pays_above;
pub(crate) use sponsors::{Sponsors, Unresolved};
pub(crate) use user_lookup::{LookupStrategy, UserLookup};
#[cfg(test)]
pub(crate) use who::matches;
pub(crate) use who::{classify, is_type_guest};
