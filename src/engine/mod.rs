//! 5 Moving.

pub mod outcome;
