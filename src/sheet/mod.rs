//! 1 Reading: the bytes of a sheet become rows.

pub mod catalogue;
mod dialect;
mod field;
mod header;
mod problem;
mod row;

pub use dialect::{Dialect, LineEnd};
pub use field::Field;
pub use header::{Header, Use};
pub(crate) use problem::codes;
pub use problem::{Code, Entry, Problem, Severity, shorten};
pub use row::{Flaw, Row};
