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

pub use backoff::backoff;
pub use floor::Floor;
pub use gate::{Closed, TooLong};
pub use options::{PaceOptions, Rate};
pub use pacer::{Kind, Pace};
pub use steps::{EVERY as VERIFIED_FOR_A_STEP, PROVEN};
pub use stop_signal::{StopSignal, Stopped};
