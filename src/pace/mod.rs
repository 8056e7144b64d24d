//! How fast requests go out, and when not at all: one bucket, one gate, one budget for everybody.
//!
//! Must not know the network, the wall clock, or what a request is for: time is tokio's, so that a
//! test can pause it, and every caller says what it is about to send and what came back.

mod adaptation;
mod backoff;
mod bucket;
mod budget;
mod gate;
mod options;
mod pacer;
#[cfg(test)]
mod simulation;
mod stop_signal;
mod window;

pub use backoff::backoff;
pub use gate::TooLong;
pub use options::{PaceOptions, Rate};
pub use pacer::Pace;
pub use stop_signal::{StopSignal, Stopped};
