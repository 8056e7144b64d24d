//! What several events say: a request and its answer, a reason to wait, a time.

use std::time::Duration;

/// Writes an enum whose values have one stable word each.
macro_rules! names {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            #[cfg(test)]
            $vis const ALL: &'static [$name] = &[$($name::$variant,)+];

            $vis const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }
    };
}
pub(super) use names;

names! {
    /// Why nothing is sent for a while.
    pub(crate) WaitReason {
        /// The server asked for this wait.
        RetryAfter = "retry-after",
        /// The server asked to slow down, and this program waits longer than it was asked to.
        SlowDown = "slow-down",
        /// The server is unwell or cannot be reached.
        Outage = "outage",
        /// Graph asked an earlier run to wait until a time that has not come yet.
        EarlierRun = "earlier-run",
        /// `--daily-cap` leaves no room yet.
        DailyCap = "daily-cap",
        /// The sign-in service asked to wait, or did not answer.
        SignIn = "sign-in",
        /// It is found out what became of rows whose answers were lost. Other rows go on meanwhile.
        Settle = "settle",
    }
}

/// Which request, and what came back for it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sent<'a> {
    /// `invitation`, `read`, `change`, `batch-item`, `mail`, `token`.
    pub request: &'a str,
    pub row: Option<u64>,
    pub status: Option<u16>,
    pub code: Option<&'a str>,
    pub request_id: Option<&'a str>,
    pub client_request_id: Option<&'a str>,
}

/// In seconds, to a thousandth.
pub(super) fn rounded(time: Duration) -> f64 {
    time.as_millis() as f64 / 1000.0
}
