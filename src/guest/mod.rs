//! 2 Understanding: a row becomes a guest, or problems.

mod accounts;
pub mod catalogue;
mod diagnose;
mod draft;
mod email;
mod fields;
mod hints;
mod layout;
mod marks;
mod model;
mod record;
mod seen;
mod sponsors;
#[cfg(test)]
mod tests;
mod texts;
mod told;
mod understand;

pub use crate::sheet::{Code, Entry, Problem, Severity};
pub use accounts::Addresses;
pub use email::EmailAddress;
pub use model::{Allow, Guest, Profile, RowVerdict, Rules, SponsorRef, Understood, UserType};
pub use understand::{Inspected, Understanding};
