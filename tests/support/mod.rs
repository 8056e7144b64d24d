//! A folder of its own for each test, the program run in it, and a practice tenant that stands beside it.

mod guests;
mod tenant;
mod terminal;
mod workdir;

pub use guests::Guests;
pub use tenant::{Practice, sandbox_view};
pub use terminal::Terminal;
pub use workdir::{Ended, Table, Workdir};
