//! 2 Understanding: a row becomes a guest, or problems.

pub mod catalogue;
mod diagnose;
mod email;
mod fields;
mod hints;
mod model;
mod seen;
#[cfg(test)]
mod tests;
mod understand;

pub use crate::sheet::{Code, Entry, Problem, Severity};
pub use email::EmailAddress;
pub use model::{Allow, Guest, Profile, RowVerdict, Rules, SponsorRef, Understood, UserType};
pub use understand::{Inspected, Understanding};
