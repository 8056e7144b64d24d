//! A folder of its own for each test, the program run in it, and a practice tenant that stands beside it.

mod guests;
mod tenant;
mod terminal;
mod workdir;

pub(crate) use guests::Guests;
pub(crate) use tenant::{Practice, sandbox_view};
pub(crate) use terminal::Terminal;
pub(crate) use workdir::{Ended, Table, Workdir};
