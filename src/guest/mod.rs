//! 2 Understanding: a row becomes a guest, or problems.

mod address_accounting;
pub(crate) mod catalogue;
mod diagnose;
mod draft;
mod email;
mod fields;
mod first_rows;
mod hints;
mod layout;
mod marks;
mod model;
mod record;
mod row_problems;
mod sponsors;
#[cfg(test)]
mod tests;
mod texts;
mod understand;

pub(crate) use address_accounting::{Addresses, UnusedColumn};
pub(crate) use email::EmailAddress;
pub(crate) use model::{Access, Profile, SponsorRef, Understood, UserType};
pub use model::{Allow, Guest, RowVerdict, Rules};
pub(crate) use understand::Inspected;
pub use understand::Understanding;
