//! 4 Looking: who is already there, who sponsors, which domains are the tenant's own.
//!
//! Reads only. What cannot be read is "cannot tell", said once; it never becomes "nobody there".

// From the whole tenant to one person. A blank line stands between the modules, so that formatting keeps their order.

mod domains; // the tenant's own domains, and those that it does not invite

mod policy; // who may invite, and whom

mod named; // whoever and whatever the sheet names, looked up once

mod named_lookup; // how one of them is looked up, and why there may be no id

mod sponsors; // the ids of the sponsors

mod managers; // the ids of the managers

mod groups; // the groups that guests are added to

mod user_lookup; // how people are looked up in a run

mod lookup; // each person: twenty in a `$batch`

mod lookup_batcher; // collects single look-ups into a `$batch`

mod filter; // the filtered read that finds one person

mod snapshot; // the whole directory, read once

mod people; // many people in little memory

mod who; // whether a user is the person of a row, and which outcome that means

mod guest_states; // in which state guests are now

pub(crate) use domains::Domains;
pub(crate) use guest_states::{States, confirm_gone, read_states, state_of};
pub(crate) use lookup::{BATCH, Directory, LookupResult};
pub(crate) use lookup_batcher::LookupBatcher;
pub(crate) use named::{NamedColumns, NamedObjects, Wanted};
pub(crate) use named_lookup::{Unfit, Unresolved, listed};
pub(crate) use policy::InvitationPolicy;
pub(crate) use snapshot::pays_above;
pub(crate) use sponsors::{Doubt, Sponsors};
pub(crate) use user_lookup::{LookupStrategy, UserLookup};
#[cfg(test)]
pub(crate) use who::matches;
pub(crate) use who::{FoundBy, classify, found_by, is_type_guest};
