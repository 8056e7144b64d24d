//! 5 Moving: from the sheet to the ledger, every row to exactly one outcome.
//!
//! The feeder reads, the scout looks people up, the workers ask, the settler finds out what unanswered asks
//! did, and the recorder alone writes. All queues are bounded. Nothing here prints.

pub mod catalogue; // our codes GL3xx and GL4xx in words
pub mod outcome; // what became of a row, in words

mod ask; // one POST: admitted, paced, intended, sent, answered
mod attribution; // which of several asks made a guest
mod calibration; // by which clock new guests are dated
mod canary; // five alone, before the rest
mod caps; // how many, and how many a day
mod crew; // how many at the same time
mod feeder; // the sheet, row by row, with what the ledger knows
mod follow_up; // what an invitation could not carry
mod options; // what a run is asked to do
mod outage; // invitations in a row whose answers do not tell
mod parked; // a row that waits until it is known what its asks did
mod plan; // what a row needs
mod ramp; // faster with every fifty that were verified
mod recorder; // the one writer: group commit, totals
mod run; // how the parts hang together
mod scout; // who is already there
mod settle; // what an unanswered ask did
mod stop; // why a run ends early
mod tally; // the totals
mod telling; // one row's outcome, in words
mod verify; // seen in the directory afterwards?
mod waiting; // rows to look up, and how
mod worker; // a row's turn to be asked

pub use options::{Existing, Options, Precheck, Selection};
pub use recorder::Unwritten;
pub use run::{Job, RunEnd, run};
pub use stop::{Stop, StopReason};
pub use tally::Tally;
pub use telling::{left_behind, with_link};
