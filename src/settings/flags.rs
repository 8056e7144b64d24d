//! The flags that are also keys of the settings. The flag is the name of the key with `-` for `_`.
//!
//! Must not decide a value; `resolve` does.

use super::{
    BaseUrl, Mapping, OwnDomains, RemindFlags, RowFilter, Scope, TenantName,
    values::{count, delimiter, duration, outcome, some_duration, words, workers},
    web_page,
};
use crate::{
    engine::{Existing, Precheck},
    guest::{Access, SponsorRef},
    outcome::Outcome,
    pace::Rate,
    results::Links,
    sheet::Hidden,
    threshold::Threshold,
};
use clap::Args;
use std::{path::PathBuf, time::Duration};

/// The groups of `--help`.
pub(crate) mod headings {
    pub(crate) const EVERYDAY: &str = "Everyday";
    pub(crate) const NIGHTLY: &str = "Nightly";
    pub(crate) const EXPERT: &str = "Expert";
    pub(crate) const SHEET: &str = "Sheet";
    pub(crate) const TELLING: &str = "Telling";
    pub(crate) const CONNECTION: &str = "Connection";
}

use headings::{CONNECTION, EVERYDAY, EXPERT, NIGHTLY, SHEET, TELLING};

/// Everything typed that the settings resolve.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// The keys that the command uses.
    pub scope: Scope,
    pub invite: InviteFlags,
    pub remind: RemindFlags,
    pub message: MessageFlags,
    pub sheet: SheetFlags,
    pub connection: ConnectionFlags,
}

/// `[invite]`, and the tenant.
#[derive(Debug, Clone, Default, Args)]
pub struct InviteFlags {
    /// Read the tenant, change nothing, report what would happen to each row
    #[arg(short = 'n', long, help_heading = EVERYDAY)]
    pub dry_run: bool,
    /// Where to write what became of every row; - is stdout [default: SHEET's name with .results; .dry-run with -n, .practice with --sandbox]
    #[arg(short = 'o', long, value_name = "FILE", help_heading = EVERYDAY)]
    pub results: Option<PathBuf>,
    /// Where to write the rows that a person must correct [default: SHEET's name with .to-fix]
    #[arg(long, value_name = "FILE", help_heading = EVERYDAY)]
    pub to_fix: Option<PathBuf>,
    /// The tenant meant, by domain or id
    #[arg(long, value_name = "DOMAIN|ID", help_heading = EVERYDAY)]
    pub tenant: Option<TenantName>,
    /// Use the built-in practice tenant, with a ledger of its own
    #[arg(long, help_heading = EVERYDAY)]
    pub sandbox: bool,
    /// Only these rows: an address, an @domain or a row number; repeatable
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1, help_heading = EVERYDAY)]
    pub only: Vec<RowFilter>,
    /// Do not ask before inviting
    #[arg(long, help_heading = EVERYDAY)]
    pub yes: bool,

    /// Where people are remembered [default: guestlist.db; with --sandbox guestlist.practice.db]
    #[arg(long, value_name = "FILE", help_heading = NIGHTLY, hide_short_help = true)]
    pub ledger: Option<PathBuf>,
    /// Create the ledger when it is missing
    #[arg(long, help_heading = NIGHTLY, hide_short_help = true)]
    pub new_ledger: bool,
    /// Stop after N invitations in this run (exit 8)
    #[arg(long, value_name = "N", value_parser = count, help_heading = NIGHTLY, hide_short_help = true)]
    pub max_invites: Option<u64>,
    /// Stop after N invitations in any 24 hours, over all runs (exit 8)
    #[arg(long, value_name = "N", value_parser = count, help_heading = NIGHTLY, hide_short_help = true)]
    pub daily_cap: Option<u64>,
    /// How long to wait for the daily cap to leave room [default: 90m]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = NIGHTLY, hide_short_help = true)]
    pub cap_wait: Option<Duration>,
    /// Stop cleanly when this time is up (exit 10)
    #[arg(long, value_name = "TIME", value_parser = some_duration, help_heading = NIGHTLY, hide_short_help = true)]
    pub max_duration: Option<Duration>,
    /// Refuse to start when more rows than this are invalid, as 20 or 50% (exit 3)
    #[arg(long, value_name = "N|N%", help_heading = NIGHTLY, hide_short_help = true)]
    pub max_invalid: Option<Threshold>,
    /// Stop when more requests than this fail, as 20 or 50% [default: 50%] (exit 5)
    #[arg(long, value_name = "N|N%", help_heading = NIGHTLY, hide_short_help = true)]
    pub max_failures: Option<Threshold>,
    /// Outcomes that do not make the exit code 4, as in invalid,refused
    #[arg(long, value_name = "LIST", value_delimiter = ',', num_args = 1, value_parser = outcome, help_heading = NIGHTLY, hide_short_help = true)]
    pub tolerate: Vec<Outcome>,
    /// Whether redeem links are written into the results [default: results]
    #[arg(long, value_enum, value_name = "WHERE", help_heading = NIGHTLY, hide_short_help = true)]
    pub links: Option<Links>,

    /// Where to write a page about the run: one HTML file to read, print and pass on
    #[arg(long, value_name = "FILE", help_heading = TELLING, hide_short_help = true)]
    pub report: Option<PathBuf>,
    /// Write the end of the run as Markdown, for the page of a CI job
    #[arg(long, value_name = "FILE", help_heading = TELLING, hide_short_help = true)]
    pub summary: Option<PathBuf>,
    /// Write the numbers of the run for Prometheus, as a file for the textfile collector
    #[arg(long, value_name = "FILE", help_heading = TELLING, hide_short_help = true)]
    pub metrics_file: Option<PathBuf>,

    /// Invitations per second: auto, a number, or max (on loopback only) [default: auto]
    #[arg(long, value_name = "auto|N|max", help_heading = EXPERT, hide_short_help = true)]
    pub rate: Option<Rate>,
    /// Requests under way at the same time [default: follows the rate]
    #[arg(long, value_name = "N", value_parser = workers, help_heading = EXPERT, hide_short_help = true)]
    pub workers: Option<usize>,
    /// How to find out who is already there [default: auto]
    #[arg(long, value_enum, value_name = "HOW", help_heading = EXPERT, hide_short_help = true)]
    pub precheck: Option<Precheck>,
    /// With --precheck off, mail people even though they may have been mailed before
    #[arg(long, help_heading = EXPERT, hide_short_help = true)]
    pub accept_second_mail: bool,
    /// Pending guests: leave them, or fetch a link silently where the ledger has none [default: skip]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = EXPERT, hide_short_help = true)]
    pub existing: Option<Existing>,
    /// Set the profile, sponsors, manager and groups of people who are already there, too
    #[arg(long, help_heading = EXPERT, hide_short_help = true)]
    pub update_existing: bool,
    /// Ask again for people who were refused in an earlier run
    #[arg(long, help_heading = EXPERT, hide_short_help = true)]
    pub retry_refused: bool,
    /// Ask again for people who were invited once and are gone from the directory
    #[arg(long, help_heading = EXPERT, hide_short_help = true)]
    pub again: bool,
    /// A sheet mostly of the tenant's own addresses: refuse it, or leave those rows out [default: refuse]
    #[arg(long, value_enum, value_name = "WHAT", help_heading = EXPERT, hide_short_help = true)]
    pub own_domains: Option<OwnDomains>,
    /// The sponsor of rows that name none: an address, an object id or group:NAME
    #[arg(long, value_name = "WHO", value_parser = SponsorRef::parse, help_heading = EXPERT, hide_short_help = true)]
    pub default_sponsor: Option<SponsorRef>,
    /// How long an unknown outcome is looked up [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = EXPERT, hide_short_help = true)]
    pub settle: Option<Duration>,
    /// No second mailing request for a row before this time has passed [default: 2m]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = EXPERT, hide_short_help = true)]
    pub ask_again_after: Option<Duration>,
    /// Whether Microsoft mails the invitation, for rows that do not say [default: true]
    #[arg(long, value_name = "true|false", help_heading = EXPERT, hide_short_help = true)]
    pub send: Option<bool>,
    /// Where guests land after redeeming, for rows that do not say
    /// [default: https://myapplications.microsoft.com]
    #[arg(long, value_name = "URL", value_parser = web_page, help_heading = EXPERT, hide_short_help = true)]
    pub redirect_url: Option<String>,
    /// Faults and latency for the practice tenant, from a weather file
    #[arg(long, value_name = "FILE", help_heading = EXPERT, hide_short_help = true)]
    pub weather: Option<PathBuf>,
}

/// `[sheet]`, `[columns]`, and what a sheet is allowed to do.
#[derive(Debug, Clone, Default, Args)]
pub struct SheetFlags {
    /// Which column holds a field, as in email="E-Mail privat"; repeatable
    #[arg(long, value_name = "FIELD=COLUMN", help_heading = SHEET, hide_short_help = true)]
    pub map: Vec<Mapping>,
    /// Leave this column unused, whatever it is called; repeatable
    #[arg(long, value_name = "COLUMN", value_parser = words, help_heading = SHEET, hide_short_help = true)]
    pub ignore: Vec<String>,
    /// The encoding of the sheet, as in windows-1252 [default: found out]
    #[arg(long, value_name = "NAME", value_parser = words, help_heading = SHEET, hide_short_help = true)]
    pub encoding: Option<String>,
    /// The character between cells: , ; tab | [default: found out]
    #[arg(long, value_name = "C", value_parser = delimiter, help_heading = SHEET, hide_short_help = true)]
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook [default: the first]
    #[arg(long = "sheet", id = "sheet_name", value_name = "NAME", value_parser = words, help_heading = SHEET, hide_short_help = true)]
    pub sheet: Option<String>,
    /// The row that holds the column names [default: found out]
    #[arg(long, value_name = "N", value_parser = count, help_heading = SHEET, hide_short_help = true)]
    pub header_row: Option<u64>,
    /// What to do with rows that a filter hides in a workbook
    #[arg(long, value_enum, value_name = "WHAT", help_heading = SHEET, hide_short_help = true)]
    pub hidden: Option<Hidden>,
    /// Columns that may give access or power, out of member,manager,groups
    #[arg(long, value_enum, value_name = "LIST", value_delimiter = ',', num_args = 1, help_heading = SHEET, hide_short_help = true)]
    pub allow: Vec<Access>,
}

/// `[message]`: the words.
#[derive(Debug, Clone, Default, Args)]
pub struct MessageFlags {
    /// A template of one's own for the words of the mail: a file, or a folder with one for each language
    #[arg(long, value_name = "FILE", help_heading = EXPERT, hide_short_help = true)]
    pub message_file: Option<PathBuf>,
}

/// `[tenant]`, apart from the tenant itself.
#[derive(Debug, Clone, Default, Args)]
pub struct ConnectionFlags {
    /// Microsoft Graph, without /v1.0
    #[arg(long, value_name = "URL", value_parser = BaseUrl::graph, help_heading = CONNECTION, hide_short_help = true)]
    pub graph_url: Option<BaseUrl>,
    /// The sign-in host
    #[arg(long, value_name = "URL", value_parser = BaseUrl::authority, help_heading = CONNECTION, hide_short_help = true)]
    pub authority_url: Option<BaseUrl>,
    /// Trust the certificates in this PEM file as well
    #[arg(long, value_name = "FILE", help_heading = CONNECTION, hide_short_help = true)]
    pub ca_file: Option<PathBuf>,
}
