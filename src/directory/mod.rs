//! 4 Looking: who is already there, who sponsors, which domains are the tenant's own.
//!
//! Reads only. What cannot be read is "cannot tell", said once; it never becomes "nobody there".

mod domains; // the tenant's own
mod policy; // who may invite, and whom

mod who; // whether somebody is meant, and what their state is for us

mod filter; // the read that finds one person
mod finder; // single look-ups, gathered
mod lookup; // twenty of them in a request

mod lookout; // the way of looking that a run takes
mod people; // many people, small
mod snapshot; // the whole directory

mod sponsors;

pub use domains::Domains;
pub use finder::Finder;
pub use lookout::{Lookout, Way};
pub use lookup::{BATCH, Directory, Sighting};
pub use policy::InvitationPolicy;
pub use snapshot::pays_above;
pub use sponsors::{Sponsors, Unresolved};
pub use who::{classify, is_type_guest, matches};
