//! ui

mod excerpt;
pub mod problems;
