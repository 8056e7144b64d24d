//! How fast requests go out, and when not at all: one bucket, one gate, one budget for everybody.
//!
//! Must not know the network, the wall clock, or what a request is for: time is tokio's, so that a
//! test can pause it, and every caller says what it is about to send and what came back.

mod adaptation;
mod backoff;
mod bucket;
mod budget;
mod floor;
mod gate;
mod options;
mod pacer;
#[cfg(test)]
mod simulation;
mod steps;
mod stop_signal;
mod window;

pub(crate) use backoff::backoff;
pub(crate) use floor::Floor;
pub(crate) use gate::TooLong;
pub(crate) use options::{PaceOptions, Rate};
pub(crate) use pacer::{Kind, Pace};
pub(crate) use steps::{EVERY as VERIFIED_FOR_A_STEP, PROVEN_RATE};
pub(crate) use stop_signal::{StopSignal, Stopped};
