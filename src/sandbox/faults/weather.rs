//! Weather (fault injection): everything that can go wrong in the practice tenant or on the way to it, as data.
//!
//! A TOML file and `/_sandbox/weather` have the same keys. By default nothing goes wrong. `fault_injector` draws the
//! fault of one request.

use crate::sandbox::{
    faults::{
        fault::{FaultBody, FaultKind, ThrottleName},
        refusals::Refusals,
    },
    messages::request_kind::RequestKind,
    sign_in::sign_in_weather::SignInWeather,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::Path};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Weather {
    /// The seed of all random draws. The fault of an invitation depends on its address and on the number of the attempt,
    /// not on the order in which requests arrive.
    pub seed: u64,
    /// Lifetime of an access token in seconds.
    pub token_lifetime: u32,
    /// Lifetime in seconds of the user token that exists from the start.
    pub user_token_lifetime: u32,
    pub latency: Latency,
    pub throttle: ThrottleSettings,
    pub replication: Replication,
    pub clocks: Clocks,
    /// Chances by kind of request. `all` is for every kind that has no entry of its own.
    pub faults: BTreeMap<RequestKind, FaultChances>,
    /// Faults of particular requests that are not left to chance. Each step happens once.
    pub script: Vec<ScriptStep>,
    /// After this many invitations the tenant is blocked for suspicious activity, until `POST /_sandbox/lift`.
    pub block_after: Option<u64>,
    /// Invitations allowed in any 24 hours. More get the same answer as a blocked tenant.
    pub daily_cap: Option<u64>,
    /// Number of objects that the directory may hold.
    pub object_quota: Option<u64>,
    /// After this many invitations the caller loses the permission to invite.
    pub withdraw_after: Option<u64>,
    pub allow_invites_from: AllowInvitesFrom,
    pub organization_readable: bool,
    /// An external tenant (`tenantType` is `CIAM`): invitations send no mail.
    pub external_tenant: bool,
    /// Whether `getByIds` answers at all: it asks for more than the permission to read people.
    pub get_by_ids_allowed: bool,
    /// Whether invitations have the property `resetRedemption`; not so in the most closed national clouds.
    pub reset_redemption_known: bool,
    pub permissions: Permissions,
    pub refusals: Refusals,
    pub sign_in: SignInWeather,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            seed: 0,
            token_lifetime: 3599,
            user_token_lifetime: 86_400,
            latency: Latency::default(),
            throttle: ThrottleSettings::default(),
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
            external_tenant: false,
            get_by_ids_allowed: true,
            reset_redemption_known: true,
            permissions: Permissions::default(),
            refusals: Refusals::default(),
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
    /// Additional time that an invitation waits before it is processed.
    pub invitations_ms: u64,
}

/// The documented limits (Microsoft Graph: service-specific throttling limits, identity and access). 0 switches a limit
/// off; by default all are off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ThrottleSettings {
    /// Documented: 150.
    pub invitations_per_5s: u32,
    /// Documented: 3000.
    pub writes_per_150s: u32,
    /// Documented: 3500, 5000 or 8000, depending on the size of the tenant.
    pub resource_units_per_10s: u32,
    /// Documented: 30 from one mailbox.
    pub mails_per_minute: u32,
    /// Multiplies all limits.
    pub scale: f64,
    /// `bucket`: a token bucket that starts full and refills evenly. `window`: a sliding window that never holds more.
    pub model: LimitModel,
    pub retry_after: RetryAfterForm,
    /// The smallest Retry-After, in seconds.
    pub min_retry_after: f64,
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            invitations_per_5s: 0,
            writes_per_150s: 0,
            resource_units_per_10s: 0,
            mails_per_minute: 0,
            scale: 1.0,
            model: LimitModel::Bucket,
            retry_after: RetryAfterForm::Decimal,
            min_retry_after: 1.0,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitModel {
    Bucket,
    Window,
}

/// The form of a `Retry-After` header (RFC 9110, 10.2.3). A decimal is not allowed there, but Graph sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfterForm {
    Integer,
    Decimal,
    Date,
    Absent,
}

/// Replication delay: how long a new guest stays invisible. The invitation service itself sees the guest at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replication {
    /// In filters and lists.
    pub filters_ms: u64,
    /// When read by id.
    pub by_id_ms: u64,
    /// For changes of the guest and for references to the guest, also when the guest can be read by id already.
    pub writes_ms: u64,
    /// How long reads still show a user as it was before a change: an update, or a redemption that was reset.
    pub changes_ms: u64,
    /// How long the invitation service does not know an address that was added to a user.
    pub other_mails_ms: u64,
    /// How long reads still show a user who was deleted, and the deleted users lack them.
    pub deletions_ms: u64,
}

/// How many seconds the clocks of the tenant are ahead of the clock of this machine. A negative number is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// For the `Date` header of every answer, and for a Retry-After in the form of a date.
    pub date: i32,
    /// Sends an empty `Date` header, which no client can read.
    pub without_date: bool,
    /// For the `createdDateTime` of new guests.
    pub created: i32,
    /// An additional deviation of up to this many seconds in both directions, drawn for each address.
    pub created_spread: u32,
}

/// The chance of each fault, between 0 and 1. A request has at most one fault, so the sum is at most 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultChances {
    /// A throttling answer as `throttled_as` says, with `retry_after`. The request is not done.
    pub throttled: f64,
    /// 500, 502, 503 or 504. The request is not done.
    pub unavailable: f64,
    /// 500, 502, 503 or 504 after the request was done.
    pub unavailable_after: f64,
    /// No answer, and the request is not done.
    pub lost_before: f64,
    /// No answer, but the request was done.
    pub lost_after: f64,
    /// Half of the answer, and the request was done.
    pub cut: f64,
    /// A reset connection, but the request was done.
    pub reset: f64,
    /// 408, and the request is not done.
    pub timed_out: f64,
    /// Invitations: 201 and a mail, but no guest is ever created.
    pub silent_failure: f64,
    /// Invitations: 201 with the status `Error`; no guest is created.
    pub status_error: f64,
    /// Invitations: the guest is created, but the answer has no `invitedUser`.
    pub no_user: f64,
    /// Invitations: the guest is created, but the answer has no `inviteRedeemUrl`.
    pub no_link: f64,
    /// A proxy or a content filter answers in place of Graph. The request is not done.
    pub forged_before: f64,
    /// A proxy or a content filter replaces the answer. The request was done.
    pub forged_after: f64,
    /// A throttling answer of Graph, although the request was done.
    pub throttled_after: f64,
    /// Invitations: the guest is created, but the answer is the 201 of another guest.
    pub swapped: f64,
    /// One of these is drawn as the status of a forged answer.
    pub forged_statuses: Vec<u16>,
    /// The body of a 5xx and of a forged answer.
    pub body: FaultBody,
    pub throttled_as: ThrottleName,
    /// The text of the Retry-After of a throttling answer, of a 5xx and of a forged answer.
    pub retry_after: Option<String>,
    /// Milliseconds until the connection of a lost answer is closed.
    pub lost_ms: u64,
}

/// Statuses that proxies, content filters and portals answer with.
pub(crate) const FORGED_STATUSES: [u16; 16] = [
    300, 302, 400, 401, 403, 404, 407, 408, 413, 429, 451, 499, 500, 502, 503, 504,
];
const ANY_STATUS: std::ops::RangeInclusive<u16> = 200..=599;

impl Default for FaultChances {
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

impl FaultChances {
    pub fn chances(&self) -> [(FaultKind, f64); 16] {
        [
            (FaultKind::Throttled, self.throttled),
            (FaultKind::Unavailable, self.unavailable),
            (FaultKind::UnavailableAfter, self.unavailable_after),
            (FaultKind::LostBefore, self.lost_before),
            (FaultKind::LostAfter, self.lost_after),
            (FaultKind::Cut, self.cut),
            (FaultKind::Reset, self.reset),
            (FaultKind::TimedOut, self.timed_out),
            (FaultKind::SilentFailure, self.silent_failure),
            (FaultKind::StatusError, self.status_error),
            (FaultKind::NoUser, self.no_user),
            (FaultKind::NoLink, self.no_link),
            (FaultKind::ForgedBefore, self.forged_before),
            (FaultKind::ForgedAfter, self.forged_after),
            (FaultKind::ThrottledAfter, self.throttled_after),
            (FaultKind::Swapped, self.swapped),
        ]
    }
}

/// One step of a script: lets `skip` requests of a kind pass, then injects the fault into the next `count`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptStep {
    pub kind: RequestKind,
    #[serde(default)]
    pub skip: u64,
    #[serde(default = "one")]
    pub count: u64,
    pub fault: FaultKind,
    /// 200 to 599 for `forged_before` and `forged_after`, 500 to 504 for all others; 503 when it is left out.
    pub status: Option<u16>,
    /// The text of the Retry-After header.
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

/// Who may invite guests (Microsoft Graph: authorizationPolicy, allowInvitesFrom).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AllowInvitesFrom {
    None,
    AdminsAndGuestInviters,
    AdminsGuestInvitersAndAllMembers,
    Everyone,
}

/// The permissions of the tokens that are issued from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// The roles of the app.
    pub app: Vec<String>,
    /// The delegated scopes of a signed-in user.
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
                "Mail.Send",
                "User-Mail.ReadWrite.All",
            ]),
            user: all(&[
                "User.Read",
                "User.Invite.All",
                "User.ReadWrite.All",
                "Organization.Read.All",
                "Domain.Read.All",
                "Policy.Read.All",
                "GroupMember.ReadWrite.All",
                "Mail.Send",
                "User-Mail.ReadWrite.All",
            ]),
        }
    }
}

impl Weather {
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        use anyhow::Context;
        let text = crate::files::read_given_text(path, 1024 * 1024)
            .with_context(|| format!("cannot read the weather file {}", path.display()))?;
        Self::from_toml(&text)
            .with_context(|| format!("the weather file {} is wrong", path.display()))
    }

    pub fn from_toml(text: &str) -> anyhow::Result<Self> {
        let weather: Self = toml::from_str(text)?;
        weather.check()?;
        Ok(weather)
    }

    /// Refuses what has the right type but makes no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        let Latency { min_ms, max_ms, .. } = self.latency;
        anyhow::ensure!(
            max_ms == 0 || min_ms <= max_ms,
            "latency: min_ms ({min_ms}) must not be more than max_ms ({max_ms})"
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
                "faults.{kind:?}: each chance must be between 0 and 1, and their sum must be at most 1"
            );
            let statuses = &faults.forged_statuses;
            anyhow::ensure!(
                !statuses.is_empty() && statuses.iter().all(|status| ANY_STATUS.contains(status)),
                "faults.{kind:?}: forged_statuses must name at least one status, each between 200 and 599"
            );
        }
        for step in &self.script {
            let allowed = match step.fault {
                FaultKind::ForgedBefore | FaultKind::ForgedAfter => ANY_STATUS,
                _ => 500..=504,
            };
            anyhow::ensure!(
                step.status.is_none_or(|status| allowed.contains(&status)),
                "script: the status of {:?} must be between {} and {}",
                step.fault,
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
    fn the_sample_is_valid_and_not_the_default() {
        let text = include_str!("../../../samples/weather.toml");
        assert_ne!(Weather::from_toml(text).unwrap(), Weather::default());
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(Weather::from_toml("").unwrap(), Weather::default());
    }
}
