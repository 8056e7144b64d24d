//! 5 Moving: from the sheet to the ledger, every row to exactly one outcome.
//!
//! The feeder reads, the prechecker looks people up, the workers ask, the settler finds out what unanswered asks
//! did, and the recorder alone writes. All queues are bounded. Nothing here prints.

pub(crate) mod catalogue; // our codes GL3xx and GL4xx in words

mod attempt; // one POST: admitted, paced, intended, sent, answered
mod attribution; // which of several asks made a guest
mod calibration; // by which clock new guests are dated
mod canary; // five alone, before the rest
mod caps; // how many, and how many a day
mod feeder; // the sheet, row by row, with what the ledger knows
mod follow_up; // what an invitation could not carry
mod lookup_queue; // rows to look up, and how
mod next_action; // what a row needs
mod options; // what a run is asked to do
mod outage; // invitations in a row whose answers do not tell
mod parked; // a row that waits until it is known what its asks did
mod prechecker; // who is already there
mod rate_steps; // faster with every fifty that were verified
mod recorder; // the one writer: group commit, totals
mod row_results; // one row's outcome, in words
mod run; // how the parts hang together
mod settle; // what an unanswered ask did
mod stop; // why a run ends early
mod totals; // the totals
mod verify; // seen in the directory afterwards?
mod worker;
mod worker_limit; // how many at the same time // a row's turn to be asked

pub(crate) use options::{Existing, Options, Precheck, Selection};
pub(crate) use recorder::Unwritten;
pub(crate) use row_results::{left_behind, with_link};
pub(crate) use run::{RunEnd, RunJob, run};
pub use stop::Stop;
pub(crate) use stop::StopReason;
pub(crate) use totals::RunTotals;
