//! The names of the faults, as weather files and `/_sandbox` write them.

use serde::{Deserialize, Serialize};

/// What can go wrong with one request. `FaultChances` in `weather` describes each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Throttled,
    Unavailable,
    UnavailableAfter,
    LostBefore,
    LostAfter,
    Cut,
    Reset,
    TimedOut,
    SilentFailure,
    StatusError,
    NoUser,
    NoLink,
    ForgedBefore,
    ForgedAfter,
    ThrottledAfter,
    Swapped,
    /// In a script only: Graph no longer knows the token of a following page.
    PageTokenLost,
}

impl FaultKind {
    /// Whether only an answer of `POST /invitations` can have this fault.
    pub fn is_for_invitations(self) -> bool {
        matches!(
            self,
            Self::SilentFailure | Self::StatusError | Self::NoUser | Self::NoLink | Self::Swapped
        )
    }
}

/// The status and code that Graph throttles with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThrottleName {
    /// 429 `TooManyRequests`
    #[default]
    TooManyRequests,
    /// 400 `Request_ThrottledTemporarily`
    ThrottledTemporarily,
    /// 403 `activityLimitReached`
    ActivityLimit,
    /// One of the three above, drawn for each fault.
    Mixed,
}

/// The body of a 5xx and of a forged answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultBody {
    #[default]
    Json,
    Html,
    Empty,
    /// Forged answers only: a page that quotes Graph's message about a blocked tenant.
    Block,
    /// `Json`, `Html` or `Empty`, drawn for each fault.
    Mixed,
}
