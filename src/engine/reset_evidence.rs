//! What the directory shows of a reset whose answer was lost: performed, nothing happened, or not to be told.
//!
//! Pure functions. A guest whose state cannot tell is never taken for one with whom nothing happened.

use super::remind::is_over;
use crate::{
    graph::DirectoryUser,
    ledger::{OpenReset, StateBefore},
};
use jiff::Timestamp;
use std::time::Duration;

/// What a look at the guest says about resets without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResetEvidence {
    Performed,
    /// The state is as it was before.
    Unchanged,
    /// The directory gives no date, so that one pending state looks like the other.
    CannotTell,
}

const AFTER_A_THROTTLE: Duration = Duration::from_secs(6);

const PENDING: &str = "PendingAcceptance";

pub(super) fn state_before(user: &DirectoryUser) -> StateBefore {
    StateBefore {
        state: user.external_user_state.clone(),
        changed_at: user.external_user_state_change_date_time,
    }
}

pub(super) fn is_pending(user: &DirectoryUser) -> bool {
    user.external_user_state
        .as_deref()
        .is_some_and(|state| state.eq_ignore_ascii_case(PENDING))
}

/// The first ask tells: whatever came after it may have been performed as well.
pub(super) fn evidence(before: &StateBefore, user: &DirectoryUser) -> ResetEvidence {
    let was_pending = before
        .state
        .as_deref()
        .is_some_and(|state| state.eq_ignore_ascii_case(PENDING));
    let now = state_before(user);
    let changed = match (before.changed_at, now.changed_at) {
        (Some(before), Some(now)) => before != now,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    match (was_pending, is_pending(user)) {
        (false, true) => ResetEvidence::Performed,
        _ if changed => ResetEvidence::Performed,
        (true, _) if now.changed_at.is_none() => ResetEvidence::CannotTell,
        _ => ResetEvidence::Unchanged,
    }
}

/// How long a reset without an answer is left alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResetWaits {
    /// How long its effect is looked for.
    pub settle: Duration,
    /// No second request with a mail before this.
    pub ask_again_after: Duration,
}

impl ResetWaits {
    /// How long a guest whose reset was throttled is left alone after the wait that Graph asked for, so that a look shows
    /// it if the reset was performed all the same.
    pub(super) fn after_a_throttle(&self) -> Duration {
        self.settle.min(AFTER_A_THROTTLE)
    }

    /// Whether a guest with whom nothing has happened may be asked again.
    pub(super) fn allow_another(&self, open: &[OpenReset], now: Timestamp) -> bool {
        open.iter().all(|open| {
            let since = open.ended.unwrap_or(open.at);
            match (open.mails, open.throttled) {
                // Without a mail another one does no harm.
                (false, _) => true,
                // Not performed, as far as is known.
                (true, true) => is_over(since, self.after_a_throttle(), now),
                (true, false) => is_over(since, self.settle.max(self.ask_again_after), now),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(state: &str, at: Option<i64>) -> StateBefore {
        StateBefore {
            state: Some(state.to_owned()),
            changed_at: at.map(|at| Timestamp::from_second(at).unwrap()),
        }
    }

    fn user(state: &str, at: Option<i64>) -> DirectoryUser {
        DirectoryUser {
            external_user_state: Some(state.to_owned()),
            external_user_state_change_date_time: at.map(|at| Timestamp::from_second(at).unwrap()),
            ..DirectoryUser::default()
        }
    }

    #[test]
    fn a_changed_state_tells_and_an_undated_one_does_not() {
        for (was, is, expected) in [
            (
                before("Accepted", Some(1)),
                user(PENDING, Some(9)),
                ResetEvidence::Performed,
            ),
            (
                before("Accepted", None),
                user(PENDING, None),
                ResetEvidence::Performed,
            ),
            (
                before("Accepted", Some(1)),
                user("Accepted", Some(1)),
                ResetEvidence::Unchanged,
            ),
            // Reset and redeemed since.
            (
                before("Accepted", Some(1)),
                user("Accepted", Some(9)),
                ResetEvidence::Performed,
            ),
            (
                before(PENDING, Some(1)),
                user(PENDING, Some(1)),
                ResetEvidence::Unchanged,
            ),
            (
                before(PENDING, Some(1)),
                user(PENDING, Some(9)),
                ResetEvidence::Performed,
            ),
            (
                before(PENDING, None),
                user(PENDING, None),
                ResetEvidence::CannotTell,
            ),
        ] {
            assert_eq!(evidence(&was, &is), expected, "{was:?}");
        }
    }

    #[test]
    fn nobody_is_mailed_again_before_the_time_is_over() {
        let waits = ResetWaits {
            settle: Duration::from_secs(60),
            ask_again_after: Duration::from_secs(120),
        };
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let open = |mails, throttled| OpenReset::for_test(at(0), mails, throttled);
        assert!(waits.allow_another(&[open(false, false)], at(0)));
        assert!(!waits.allow_another(&[open(true, false)], at(119)));
        assert!(waits.allow_another(&[open(true, false)], at(120)));
        assert!(!waits.allow_another(&[open(true, true)], at(5)));
        assert!(waits.allow_another(&[open(true, true)], at(6)));
    }
}
