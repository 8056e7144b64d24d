//! The resolved settings: each value, and where it came from.
//!
//! Must not decide a value; `resolve` does.

use super::{
    BaseUrl, Cloud, Doubt, KeyInForce, MailDelivery, Mapping, OwnDomains, RowFilter, SecretRef,
    Sourced, TenantName, Units, WhenDropped, remind::RemindSettings,
};
use crate::{
    engine::{Existing, Precheck},
    graph::auth::MethodName,
    guest::{Access, SponsorRef},
    message::{Security, Sender},
    outcome::Outcome,
    pace::Rate,
    results::Links,
    sheet::Hidden,
    threshold::Threshold,
};
use std::{path::PathBuf, time::Duration};

/// The settings file that was read.
#[derive(Debug, Clone)]
pub struct FileInForce {
    pub path: PathBuf,
    pub standing: Standing,
    /// Keys that this command would use and that are left out, because the file is not trusted.
    pub left_out: Vec<KeyInForce>,
}

/// Which keys of the settings file may be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// All keys: a flag or a variable names the file.
    Named(&'static str),
    /// All keys: the file was found in the current folder and was trusted earlier.
    Trusted,
    /// All keys: the file was found there, and this command uses none that needs trust.
    Harmless,
    /// The keys that need no trust: the file was found there and is not trusted.
    Untrusted(Doubt),
}

#[derive(Debug)]
pub struct Settings {
    pub file: Option<FileInForce>,
    /// Every key that exists, for `guestlist config`.
    pub keys: Vec<KeyInForce>,
    pub tenant: TenantSettings,
    pub auth: AuthSettings,
    pub invite: InviteSettings,
    pub remind: RemindSettings,
    pub pace: PaceSettings,
    pub message: MessageSettings,
    pub smtp: SmtpSettings,
    pub sheet: SheetSettings,
}

impl Settings {
    /// Whether Graph is on this machine. Then settings are allowed that would do harm elsewhere.
    pub fn is_loopback(&self) -> bool {
        self.invite.sandbox.value || self.tenant.graph_url.value.is_loopback()
    }

    /// Whether the tenant was named for this tool; the `AZURE_*` variables alone do not name it.
    pub fn tenant_is_named(&self) -> bool {
        self.tenant.id.as_ref().is_some_and(Sourced::is_named)
    }

    /// Whether the ledger was named, and not left at its default.
    pub fn ledger_is_named(&self) -> bool {
        self.invite.ledger.is_named()
    }
}

#[derive(Debug)]
pub struct TenantSettings {
    /// The tenant meant; none with the practice tenant.
    pub id: Option<Sourced<TenantName>>,
    /// A second name, from a lower layer: a domain if `id` is an id, or the other way round. The tenant is asked
    /// whether both names are its own.
    pub second_name: Option<Sourced<TenantName>>,
    pub cloud: Sourced<Cloud>,
    pub graph_url: Sourced<BaseUrl>,
    pub authority_url: Sourced<BaseUrl>,
    pub ca_file: Option<Sourced<PathBuf>>,
}

#[derive(Debug)]
pub struct AuthSettings {
    pub method: Sourced<MethodName>,
    pub client_id: Option<Sourced<String>>,
    pub client_secret: Option<Sourced<SecretRef>>,
    pub certificate: Option<Sourced<PathBuf>>,
    pub federated_token_file: Option<Sourced<PathBuf>>,
    /// `GUESTLIST_ACCESS_TOKEN`, where it is set.
    pub access_token: Option<Sourced<SecretRef>>,
}

#[derive(Debug)]
pub struct InviteSettings {
    pub dry_run: Sourced<bool>,
    pub results: Option<Sourced<PathBuf>>,
    pub to_fix: Option<Sourced<PathBuf>>,
    /// A page about the run.
    pub report: Option<Sourced<PathBuf>>,
    pub summary: Option<Sourced<PathBuf>>,
    pub metrics_file: Option<Sourced<PathBuf>>,
    pub sandbox: Sourced<bool>,
    pub only: Sourced<Vec<RowFilter>>,
    pub yes: Sourced<bool>,
    pub ledger: Sourced<PathBuf>,
    /// What a person should know about the place of the ledger.
    pub ledger_note: Option<String>,
    pub new_ledger: Sourced<bool>,
    pub max_invites: Option<Sourced<u64>>,
    pub daily_cap: Option<Sourced<u64>>,
    pub cap_wait: Sourced<Duration>,
    pub max_duration: Option<Sourced<Duration>>,
    pub max_invalid: Option<Sourced<Threshold>>,
    /// A percentage is judged only after [`crate::threshold::JUDGED_AFTER`] rows.
    pub max_failures: Sourced<Threshold>,
    pub tolerate: Sourced<Vec<Outcome>>,
    pub links: Sourced<Links>,
    pub rate: Sourced<Rate>,
    pub workers: Option<Sourced<usize>>,
    pub precheck: Sourced<Precheck>,
    pub accept_second_mail: Sourced<bool>,
    pub existing: Sourced<Existing>,
    pub update_existing: Sourced<bool>,
    pub retry_refused: Sourced<bool>,
    pub again: Sourced<bool>,
    pub own_domains: Sourced<OwnDomains>,
    /// For rows without a sponsor.
    pub default_sponsor: Option<Sourced<SponsorRef>>,
    pub settle: Sourced<Duration>,
    pub ask_again_after: Sourced<Duration>,
    pub send: Sourced<bool>,
    pub redirect_url: Sourced<String>,
    pub allow: Sourced<Vec<Access>>,
    pub weather: Option<Sourced<PathBuf>>,
}

/// Ceilings; 0 switches one off.
#[derive(Debug)]
pub struct PaceSettings {
    pub invites_per_5s: Sourced<u32>,
    pub writes_per_150s: Sourced<u32>,
    pub resource_units_per_10s: Sourced<Units>,
}

impl PaceSettings {
    /// All apps together (Graph: throttling limits, invitation manager).
    pub const INVITES_PER_5S: u32 = 150;
    /// One app in one tenant (Graph: throttling limits, identity and access).
    pub const WRITES_PER_150S: u32 = 3000;
    /// The same for reads, in a tenant of more than 500 users; smaller ones have less.
    pub const RESOURCE_UNITS_PER_10S: u32 = 8000;
}

#[derive(Debug)]
pub struct MessageSettings {
    pub when_dropped: Sourced<WhenDropped>,
    pub delivery: Sourced<MailDelivery>,
    /// The mailbox that mails of our own are from.
    pub from: Option<Sourced<Sender>>,
    pub reply_to: Option<Sourced<Sender>>,
    pub subject: Option<Sourced<String>>,
    /// A file, or a folder with one for each language.
    pub template: Option<Sourced<PathBuf>>,
    /// 0: as fast as they can, on loopback only.
    pub per_minute: Sourced<u32>,
    pub per_day: Option<Sourced<u64>>,
}

impl MessageSettings {
    /// What Exchange Online takes from one mailbox.
    pub const PER_MINUTE: u32 = 30;
}

/// The mail server.
#[derive(Debug)]
pub struct SmtpSettings {
    pub host: Option<Sourced<String>>,
    /// By default the one that goes with `security`.
    pub port: Option<Sourced<u64>>,
    pub security: Sourced<Security>,
    pub user: Option<Sourced<String>>,
    pub password: Option<Sourced<SecretRef>>,
}

#[derive(Debug)]
pub struct SheetSettings {
    pub columns: Vec<Sourced<Mapping>>,
    /// Columns that are left unused.
    pub ignore: Sourced<Vec<String>>,
    pub encoding: Option<Sourced<String>>,
    pub delimiter: Option<Sourced<u8>>,
    pub sheet: Option<Sourced<String>>,
    pub header_row: Option<Sourced<u64>>,
    pub hidden: Option<Sourced<Hidden>>,
}
