//! Cells that a spreadsheet program would run as a formula: reading and writing agree about them.

pub use crate::sheet::formula::{make_safe, undo};
