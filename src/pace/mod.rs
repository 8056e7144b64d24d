//! How fast requests go out, and when none may: one bucket, one gate and one budget for all requests.
//!
//! Must not know the network, the wall clock, or what a request is for: time is tokio's, so that a
//! test can pause it, and every caller says what it is about to send and what came back.

// The way of a request. A blank line stands between the modules, so that formatting keeps their order.

mod options; // the rate and the ceilings that a run wants

mod pacer; // the handle that every sender holds

mod gate; // closed until the time that the server named

mod floor; // the shortest wait after a throttle

mod bucket; // spaces requests at a rate

mod window; // a ceiling for a window of time

mod adaptation; // the rate as it rises and falls

mod learnt_limit; // what the server lets through

mod steps; // the target of `--rate auto`

mod projection; // when invitations will leave

mod budget; // how many retries all requests may have

mod backoff; // the wait before a retry

mod repeated_looks; // looks again and again, at growing intervals

mod stop_signal; // ends every wait

#[cfg(test)]
mod simulation; // whole runs against a simulated server

pub(crate) use backoff::backoff;
pub(crate) use floor::Floor;
pub(crate) use gate::TooLong;
pub(crate) use options::{PaceOptions, Rate};
pub(crate) use pacer::{Kind, Pace};
pub(crate) use projection::Projection;
pub(crate) use repeated_looks::Looks;
pub(crate) use steps::{EVERY as VERIFIED_FOR_A_STEP, PROVEN_RATE};
pub(crate) use stop_signal::{StopSignal, Stopped};
