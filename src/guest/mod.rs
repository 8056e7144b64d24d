//! 2 Understanding: a row becomes a guest, or problems.

mod email;
mod model;

pub use crate::sheet::{Code, Entry, Problem, Severity};
pub use email::EmailAddress;
pub use model::{Allow, Guest, Profile, RowVerdict, Rules, SponsorRef, Understood, UserType};
