//! Weather: everything that can go wrong in a tenant or on the way to it, as data.
//!
//! The same structure is read from a TOML file and set at run time. The default is clear weather.
//! What the weather does to one request is in `fate`.

use super::{kind::Kind, sign_in::SignInWeather};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// For everything that is drawn. Invitations draw by address and attempt, so that the order of arrival does not matter.
    pub seed: u64,
    /// Seconds that a token lives.
    pub token_lifetime: u32,
    /// Seconds that the fixed user token lives, counted from the start.
    pub user_token_lifetime: u32,
    pub latency: Latency,
    pub throttle: Throttling,
    pub replication: Replication,
    pub clocks: Clocks,
    /// Chances by kind of request; `all` holds for every kind that is not named.
    pub faults: BTreeMap<Kind, Faults>,
    /// What happens to certain requests for certain; each is used up once.
    pub script: Vec<Step>,
    /// After so many invitations the tenant is blocked for suspicious activity, until that is lifted.
    pub block_after: Option<u64>,
    /// Invitations in any 24 hours; more are answered like the block.
    pub daily_cap: Option<u64>,
    /// Objects that the directory may hold.
    pub object_quota: Option<u64>,
    /// After so many invitations the permission to invite is withdrawn.
    pub withdraw_after: Option<u64>,
    pub allow_invites_from: AllowInvitesFrom,
    pub organization_readable: bool,
    pub permissions: Permissions,
    pub sign_in: SignInWeather,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            seed: 0,
            token_lifetime: 3599,
            user_token_lifetime: 86_400,
            latency: Latency::default(),
            throttle: Throttling::default(),
            replication: Replication::default(),
            clocks: Clocks::default(),
            faults: BTreeMap::new(),
            script: Vec::new(),
            block_after: None,
            daily_cap: None,
            object_quota: None,
            withdraw_after: None,
            allow_invites_from: AllowInvitesFrom::Everyone,
            organization_readable: true,
            permissions: Permissions::default(),
            sign_in: SignInWeather::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the key")]
pub struct Latency {
    pub min_ms: u64,
    pub max_ms: u64,
    /// How much longer an invitation waits before anything is done about it.
    pub invitations_ms: u64,
}

/// The documented limits (Graph: throttling limits); 0 switches one off, and all are off by default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Throttling {
    /// Documented: 150.
    pub invitations_per_5s: u32,
    /// Documented: 3000.
    pub writes_per_150s: u32,
    /// Documented: 3500, 5000 or 8000 by the size of the tenant.
    pub resource_units_per_10s: u32,
    /// Multiplies all limits.
    pub scale: f64,
    /// `bucket`: a full bucket at first, refilled evenly. `window`: no window ever holds more.
    pub model: Model,
    pub retry_after: RetryAfter,
    /// The least seconds that a Retry-After names.
    pub min_retry_after: f64,
}

impl Default for Throttling {
    fn default() -> Self {
        Self {
            invitations_per_5s: 0,
            writes_per_150s: 0,
            resource_units_per_10s: 0,
            scale: 1.0,
            model: Model::Bucket,
            retry_after: RetryAfter::Decimal,
            min_retry_after: 1.0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    Bucket,
    Window,
}

/// How a Retry-After is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfter {
    Integer,
    Decimal,
    Date,
    Absent,
}

/// How long a change takes to be seen. The invitation service itself knows at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replication {
    /// By filters and lists.
    pub filters_ms: u64,
    /// By id.
    pub by_id_ms: u64,
}

/// By how many seconds the tenant's clocks are ahead of this machine's; less than 0 is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// The `Date` header of every answer, and a Retry-After that is written as a date.
    pub date: i32,
    /// The `Date` header is empty, so that no client can read it.
    pub without_date: bool,
    /// `createdDateTime` of new guests.
    pub created: i32,
    /// On top of that, drawn for each address: up to this many seconds more or less.
    pub created_spread: u32,
}

/// Chances between 0 and 1; at most one of them hits a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Throttled, under the name `throttled_as`, with `retry_after`.
    pub throttled: f64,
    /// 500, 502, 503 or 504 before anything was done.
    pub unavailable: f64,
    /// The same after everything was done.
    pub unavailable_after: f64,
    /// No answer, and nothing was done.
    pub lost_before: f64,
    /// No answer, and everything was done.
    pub lost_after: f64,
    /// Half an answer, and everything was done.
    pub cut: f64,
    /// A reset connection, and everything was done.
    pub reset: f64,
    /// 408 before anything was done.
    pub timed_out: f64,
    /// Invitations: 201 and a mail, but there will never be a guest.
    pub silent_failure: f64,
    /// Invitations: 201 with status Error, and no guest.
    pub status_error: f64,
    /// Invitations: done, but the answer names no user.
    pub no_user: f64,
    /// Invitations: done, but the answer has no link.
    pub no_link: f64,
    /// Something on the way answers in place of Graph, and nothing was done.
    pub forged_before: f64,
    /// The same after everything was done.
    pub forged_after: f64,
    /// Graph's own 429, after everything was done.
    pub throttled_after: f64,
    /// Invitations: done, but the 201 is the one for somebody else.
    pub swapped: f64,
    /// The statuses of a forged answer, one of which is drawn.
    pub forged_statuses: Vec<u16>,
    /// The body of a 5xx and of a forged answer.
    pub body: FaultBody,
    pub throttled_as: ThrottleName,
    /// Seconds in the Retry-After of a throttle, of 503 and of a forged answer, as written there.
    pub retry_after: Option<String>,
    /// Milliseconds until a lost answer's connection ends.
    pub lost_ms: u64,
}

/// What proxies, content filters and portals answer.
pub const FORGED_STATUSES: [u16; 16] = [
    300, 302, 400, 401, 403, 404, 407, 408, 413, 429, 451, 499, 500, 502, 503, 504,
];
const ANY_STATUS: std::ops::RangeInclusive<u16> = 200..=599;

impl Default for Faults {
    fn default() -> Self {
        Self {
            throttled: 0.0,
            unavailable: 0.0,
            unavailable_after: 0.0,
            lost_before: 0.0,
            lost_after: 0.0,
            cut: 0.0,
            reset: 0.0,
            timed_out: 0.0,
            silent_failure: 0.0,
            status_error: 0.0,
            no_user: 0.0,
            no_link: 0.0,
            forged_before: 0.0,
            forged_after: 0.0,
            throttled_after: 0.0,
            swapped: 0.0,
            forged_statuses: FORGED_STATUSES.to_vec(),
            body: FaultBody::default(),
            throttled_as: ThrottleName::default(),
            retry_after: None,
            lost_ms: 0,
        }
    }
}

impl Faults {
    pub fn chances(&self) -> [(Fault, f64); 16] {
        [
            (Fault::Throttled, self.throttled),
            (Fault::Unavailable, self.unavailable),
            (Fault::UnavailableAfter, self.unavailable_after),
            (Fault::LostBefore, self.lost_before),
            (Fault::LostAfter, self.lost_after),
            (Fault::Cut, self.cut),
            (Fault::Reset, self.reset),
            (Fault::TimedOut, self.timed_out),
            (Fault::SilentFailure, self.silent_failure),
            (Fault::StatusError, self.status_error),
            (Fault::NoUser, self.no_user),
            (Fault::NoLink, self.no_link),
            (Fault::ForgedBefore, self.forged_before),
            (Fault::ForgedAfter, self.forged_after),
            (Fault::ThrottledAfter, self.throttled_after),
            (Fault::Swapped, self.swapped),
        ]
    }
}

/// What can happen to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
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
    /// A follow-up page whose token is not found any more.
    PageTokenLost,
}

/// Under which status and code Graph throttles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThrottleName {
    /// 429 TooManyRequests
    #[default]
    TooManyRequests,
    /// 400 Request_ThrottledTemporarily
    ThrottledTemporarily,
    /// 403 activityLimitReached
    ActivityLimit,
    /// One of the three, drawn.
    Mixed,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultBody {
    #[default]
    Json,
    Html,
    Empty,
    /// Of a forged answer: a page that repeats Graph's words about a blocked tenant.
    Block,
    /// One of the first three, drawn.
    Mixed,
}

/// Lets `skip` requests of a kind pass, then disturbs the next `count`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub kind: Kind,
    #[serde(default)]
    pub skip: u64,
    #[serde(default = "one")]
    pub count: u64,
    pub fault: Fault,
    /// 500 to 504 for `unavailable`, any for `forged_before` and `forged_after`; else 503.
    pub status: Option<u16>,
    /// As written into the header.
    pub retry_after: Option<String>,
    #[serde(default)]
    pub body: FaultBody,
    #[serde(default)]
    pub throttled_as: ThrottleName,
    #[serde(default)]
    pub lost_ms: u64,
}

fn one() -> u64 {
    1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AllowInvitesFrom {
    None,
    AdminsAndGuestInviters,
    AdminsGuestInvitersAndAllMembers,
    Everyone,
}

/// What tokens that are issued from now on may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// The application's roles.
    pub app: Vec<String>,
    /// The delegated scopes.
    pub user: Vec<String>,
}

impl Default for Permissions {
    fn default() -> Self {
        let all = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            app: all(&[
                "User.Invite.All",
                "User.ReadWrite.All",
                "Organization.Read.All",
                "Domain.Read.All",
                "Policy.Read.All",
                "GroupMember.ReadWrite.All",
            ]),
            user: all(&[
                "User.Read",
                "User.Invite.All",
                "User.ReadWrite.All",
                "Organization.Read.All",
                "Domain.Read.All",
                "Policy.Read.All",
                "GroupMember.ReadWrite.All",
            ]),
        }
    }
}

impl Weather {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        let text = crate::files::read_given_text(path, 1024 * 1024)
            .with_context(|| format!("cannot read the weather file {}", path.display()))?;
        Self::from_toml(&text).with_context(|| format!("in the weather file {}", path.display()))
    }

    pub fn from_toml(text: &str) -> anyhow::Result<Self> {
        let weather: Self = toml::from_str(text)?;
        weather.check()?;
        Ok(weather)
    }

    /// What the types alone do not refuse.
    pub fn check(&self) -> anyhow::Result<()> {
        let Latency { min_ms, max_ms, .. } = self.latency;
        anyhow::ensure!(
            max_ms == 0 || min_ms <= max_ms,
            "latency: min_ms ({min_ms}) is more than max_ms ({max_ms})"
        );
        anyhow::ensure!(
            self.throttle.scale.is_finite() && self.throttle.scale > 0.0,
            "throttle: scale must be more than 0"
        );
        anyhow::ensure!(
            self.throttle.min_retry_after.is_finite() && self.throttle.min_retry_after >= 0.0,
            "throttle: min_retry_after must be 0 or more"
        );
        self.sign_in.check()?;
        for (kind, faults) in &self.faults {
            let chances = faults.chances().map(|(_, chance)| chance);
            anyhow::ensure!(
                chances.iter().all(|chance| (0.0..=1.0).contains(chance))
                    && chances.iter().sum::<f64>() <= 1.0 + 1e-9,
                "faults.{kind:?}: chances are between 0 and 1, and 1 together"
            );
            let statuses = &faults.forged_statuses;
            anyhow::ensure!(
                !statuses.is_empty() && statuses.iter().all(|status| ANY_STATUS.contains(status)),
                "faults.{kind:?}: forged_statuses are between 200 and 599, at least one"
            );
        }
        for step in &self.script {
            let allowed = match step.fault {
                Fault::ForgedBefore | Fault::ForgedAfter => ANY_STATUS,
                _ => 500..=504,
            };
            anyhow::ensure!(
                step.status.is_none_or(|status| allowed.contains(&status)),
                "script: a status is between {} and {}",
                allowed.start(),
                allowed.end()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused() {
        for text in [
            "blok_after = 3",
            "[latency]\nmin = 3",
            "[faults.invitations]\nlost = 0.5",
            "[faults.invitation]\ncut = 0.5",
            "[[script]]\nkind = \"users\"\nfault = \"rain\"",
            "[sign_in]\nperson = \"sleeps\"",
            "[sign_in]\nrefuse = 1",
            "[sign_in]\ncertificates = [\"not PEM\"]",
        ] {
            assert!(Weather::from_toml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn impossible_chances_are_refused() {
        assert!(Weather::from_toml("[faults.all]\ncut = 1.5").is_err());
        assert!(Weather::from_toml("[faults.all]\ncut = 0.6\nreset = 0.6").is_err());
        assert!(Weather::from_toml("[faults.all]\ncut = 0.5\nreset = 0.5").is_ok());
        assert!(Weather::from_toml("[latency]\nmin_ms = 9\nmax_ms = 3").is_err());
    }

    #[test]
    fn the_sample_is_read_and_is_not_clear() {
        let text = include_str!("../../samples/weather.toml");
        assert_ne!(Weather::from_toml(text).unwrap(), Weather::default());
    }

    #[test]
    fn nothing_said_is_clear_weather() {
        assert_eq!(Weather::from_toml("").unwrap(), Weather::default());
    }
}
