//! 4 Looking: who is already there, who sponsors, which domains are the tenant's own.
//!
//! Reads only. What cannot be read is "cannot tell", said once; it never becomes "nobody there".

mod domains;
mod filter;
mod finder;
mod lookup;
mod sponsors;
mod who;

pub use domains::Domains;
pub use finder::Finder;
pub use lookup::{Directory, Sighting};
pub use sponsors::{Sponsors, Unresolved};
pub use who::{classify, matches};
