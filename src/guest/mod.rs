//! 2 Understanding: a row becomes a guest, or problems.

pub mod catalogue;
mod diagnose;
mod draft;
mod email;
mod fields;
mod hints;
mod layout;
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
pub use email::EmailAddress;
pub use model::{Allow, Guest, Profile, RowVerdict, Rules, SponsorRef, Understood, UserType};
pub use understand::{Inspected, Understanding};
