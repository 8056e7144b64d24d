//! What can be typed for the commands about guests who were invited earlier: `status`, `mail`,
//! `remind`, `reset-redemption`, `leavers` and `cleanup`.

use super::place::{RunName, TenantPlace};
use crate::settings::{
    Age, ConnectionFlags, MessageFlags, RemindFlags, RowFilter, SheetFlags, headings, values::count,
};
use crate::threshold::Threshold;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Status {
    /// A sheet, or an address for one person's whole story [default: everybody in the ledger]
    #[arg(value_name = "SHEET|ADDRESS")]
    pub about: Option<PathBuf>,
    /// Only guests who have not redeemed
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub pending: bool,
    /// Only guests who were invited so long ago, as in 14d
    #[arg(long, value_name = "AGE", help_heading = headings::EVERYDAY)]
    pub older_than: Option<Age>,
    /// Only guests whom nobody has ever seen in the directory
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub unverified: bool,
    /// Guests without a sponsor, or with one who is disabled or deleted
    #[arg(long, conflicts_with_all = ["pending", "older_than", "unverified"], help_heading = headings::EVERYDAY)]
    pub sponsors: bool,
    /// Show the redeem link of the one person
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub show_link: bool,
    /// The people of one run: its id, or last
    #[arg(long, value_name = "ID|last", conflicts_with = "about", help_heading = headings::EVERYDAY)]
    pub run: Option<RunName>,
    /// Where to write everybody who is meant, as CSV or .xlsx; - is stdout
    #[arg(short = 'o', long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub output: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

#[derive(Debug, Clone, Args)]
pub struct Mail {
    /// The sheet from which they were invited
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,
    /// Only these rows: an address, an @domain or a row number; repeatable
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1, help_heading = headings::EVERYDAY)]
    pub only: Vec<RowFilter>,
    /// Mail at most N people (exit 8)
    #[arg(long, value_name = "N", value_parser = count, help_heading = headings::EVERYDAY)]
    pub max_mails: Option<u64>,
    /// Do not ask before mailing; needs --max-mails
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub yes: bool,
    /// Mail people again of whom nobody can tell whether they were mailed
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub include_unknown: bool,
    /// Mail people again whose mail was refused
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub retry_refused: bool,
    /// Where to write the results again; - is stdout [default: SHEET's name with .results; .practice with --sandbox]
    #[arg(short = 'o', long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub results: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub words: MessageFlags,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

#[derive(Debug, Clone, Args)]
pub struct Remind {
    /// Only people of this sheet [default: everybody in the ledger]
    #[arg(value_name = "SHEET")]
    pub sheet: Option<PathBuf>,
    #[command(flatten, next_help_heading = headings::EVERYDAY)]
    pub remind: RemindFlags,
    /// Do not ask before mailing; needs --max-mails
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub yes: bool,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub words: MessageFlags,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

#[derive(Debug, Clone, Args)]
pub struct ResetRedemption {
    /// The sheet, with columns email (or user_id) and new_email: a file, or - for stdin
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,
    /// Read the tenant, change nothing, report what would happen to each row
    #[arg(short = 'n', long, help_heading = headings::EVERYDAY)]
    pub dry_run: bool,
    /// Reset at most N guests (exit 8)
    #[arg(long, value_name = "N", value_parser = count, help_heading = headings::EVERYDAY)]
    pub max_resets: Option<u64>,
    /// Do not ask before resetting; needs --max-resets
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub yes: bool,
    /// Where to write what became of every row, with the links; - is stdout [default: SHEET's name with .results; .practice with --sandbox]
    #[arg(short = 'o', long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub results: Option<PathBuf>,
    /// Reset guests again whom an earlier run has reset to the same address
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub again: bool,
    /// Create the ledger when it is missing
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub new_ledger: bool,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

#[derive(Debug, Clone, Args)]
pub struct Leavers {
    /// The sheet as it is now
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,
    /// Compare with this run and later ones, when the sheet had another name then
    #[arg(long, value_name = "RUN", help_heading = headings::EVERYDAY)]
    pub since: Option<String>,
    /// Refuse when more people than this have left: a count, or a percentage [default: 10%]
    #[arg(long, value_name = "N|N%", help_heading = headings::EVERYDAY)]
    pub max_leavers: Option<Threshold>,
    /// Where to write the list; - is stdout [default: SHEET's name with .leavers]
    #[arg(short = 'o', long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub output: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}

#[derive(Debug, Clone, Args)]
pub struct Cleanup {
    /// A list that leavers wrote
    #[arg(value_name = "SHEET")]
    pub sheet: Option<PathBuf>,
    /// The people of one run: its id, or last
    #[arg(long, value_name = "ID|last", conflicts_with = "sheet", help_heading = headings::EVERYDAY)]
    pub run: Option<RunName>,
    /// Only guests who were asked or reminded last so long ago, as in 90d
    #[arg(long, value_name = "AGE", help_heading = headings::EVERYDAY)]
    pub older_than: Option<Age>,
    /// Guests of the list who have redeemed, too
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub accepted: bool,
    /// Delete at most N guests (exit 8)
    #[arg(long, value_name = "N", value_parser = count, help_heading = headings::EVERYDAY)]
    pub max_deletes: Option<u64>,
    /// List only; delete nobody
    #[arg(short = 'n', long, help_heading = headings::EVERYDAY)]
    pub dry_run: bool,
    /// Do not ask before deleting; needs --max-deletes
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub yes: bool,
    /// Where to write who was deleted, and who was left and why, as CSV or .xlsx
    #[arg(short = 'o', long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub output: Option<PathBuf>,
    /// Print one JSON object to stdout
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub json: bool,
    #[command(flatten)]
    pub place: TenantPlace,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}
