//! A folder of its own for each test, the program run in it, and a practice tenant that stands beside it.

mod tenant;
mod workdir;

pub use tenant::Practice;
pub use workdir::{Ended, Table, Workdir};
