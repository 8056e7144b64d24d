//! Fault injection: everything that can go wrong with a request, and the documented throttling limits.
//! A weather file describes it.

pub(super) mod fault; // the names of the faults
pub(super) mod fault_injector; // draws the fault of one request
pub(super) mod fault_replies; // the answers that a fault gives in place of Graph's
pub(super) mod refusals; // what is refused although the permission is there
pub(super) mod throttle; // the throttling limits of Graph
pub(super) mod weather; // the weather file
