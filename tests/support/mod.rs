//! A folder of its own for each test, the program run in it, and what stands beside it: a practice tenant, another server,
//! a terminal.

mod workdir; // the folder, and the program in it

mod guests; // sheets

mod tenant; // the practice tenant, in a process of its own

mod days; // the time that passes between two nights

#[expect(dead_code, reason = "the unit tests of the library use the rest")]
mod peer; // a server that answers as it is told

mod relay; // a server in front of the practice tenant

pub(crate) mod client; // one HTTP request

mod smtp; // a mail server that answers as it is told

mod terminal; // the program on a terminal

mod tools; // what a machine may lack

pub(crate) use days::time_passes;
pub(crate) use guests::Guests;
pub(crate) use peer::Request;
pub(crate) use relay::{Answer, Relay, passed_on};
pub(crate) use smtp::{Reply, SmtpSink};
pub(crate) use tenant::{Practice, sandbox_view};
pub(crate) use terminal::Terminal;
pub(crate) use tools::missing;
pub(crate) use workdir::{Ended, Table, Workdir};
