//! Which answers ask to slow down, and how they close the gate: the one place for both, whatever was sent (an invitation,
//! a read, or an item of a batch).

use super::{
    answer::Answer,
    fault::{Class, Fault},
};
use crate::pace::{Kind, Pace, TooLong};
use tokio::time::Instant;

/// Whether this is a throttle, by its class: Graph throttles under other statuses and codes than 429 too.
pub(super) fn is_throttle(answer: &Answer) -> bool {
    answer.status == 429 || (answer.status >= 400 && Fault::of(answer).class == Class::Throttled)
}

/// Closes the gate when an answer asks to slow down, under whatever name, or to wait.
pub(super) fn close_gate(
    pace: &Pace,
    answer: &Answer,
    kind: Kind,
    sent_at: Instant,
) -> Result<(), TooLong> {
    if is_throttle(answer) {
        return pace.throttled(kind, sent_at, answer.retry_after);
    }
    match answer.retry_after {
        // A 5xx with Retry-After closes the gate. After one without it the caller waits for a growing pause instead.
        Some(wait) if answer.status >= 500 && kind == Kind::Invitation => pace.wait_out(wait),
        Some(wait) if answer.status >= 500 => pace.throttled(kind, sent_at, Some(wait)),
        _ => {
            if answer.status < 500 {
                pace.not_throttled(kind, sent_at);
            }
            Ok(())
        }
    }
}
