//! commands

pub mod check;
pub mod explain;
pub mod template;
