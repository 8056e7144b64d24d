//! What can be typed for the commands that are given a sheet of people to invite: `invite`, `check`
//! and `doctor`.

use crate::settings::{
    ConnectionFlags, InviteFlags, MessageFlags, SheetFlags, TenantName, headings, values::count,
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Clone, Args)]
pub struct Invite {
    /// The sheet: a file, or - for stdin
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,
    #[command(flatten)]
    pub invite: InviteFlags,
    #[command(flatten)]
    pub words: MessageFlags,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
    /// Print one JSON object about the run to stdout
    #[arg(long, help_heading = headings::TELLING, hide_short_help = true)]
    pub json: bool,
}

#[derive(Debug, Clone, Args)]
pub struct Check {
    /// The sheet: a file, or - for stdin
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,
    /// Show which column was understood as what, and which are not used
    #[arg(long)]
    pub show_mapping: bool,
    /// Write the sheet with the certain repairs made
    #[arg(long, value_name = "FILE")]
    pub fix: Option<PathBuf>,
    /// How the problems are told
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Print the mails of the first N people who are to get one, and check the words of all
    #[arg(long, value_name = "N", value_parser = count)]
    pub preview: Option<u64>,
    #[command(flatten)]
    pub words: MessageFlags,
    #[command(flatten)]
    pub reading: SheetFlags,
}

impl Check {
    /// Whether the words of the mails are asked about, too.
    pub fn checks_words(&self) -> bool {
        self.preview.is_some() || self.words.message_file.is_some()
    }

    pub fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// The sheet that is to be invited; its needs are checked too
    #[arg(value_name = "SHEET")]
    pub sheet: Option<PathBuf>,
    /// The tenant meant, by domain or id
    #[arg(long, value_name = "DOMAIN|ID")]
    pub tenant: Option<TenantName>,
    /// Print a mail to forward to an administrator: the app, the permissions it needs, the consent link
    #[arg(long)]
    pub ask_admin: bool,
    /// Print one JSON object to stdout
    #[arg(long, conflicts_with = "ask_admin")]
    pub json: bool,
    /// Look at the built-in practice tenant, with a ledger of its own
    #[arg(long)]
    pub sandbox: bool,
    /// The ledger that will be used [default: guestlist.db; with --sandbox guestlist.practice.db]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// The ledger may be missing, as it may for invite with the same flag; it is not created
    #[arg(long, hide_short_help = true)]
    pub new_ledger: bool,
    /// Faults and latency for the practice tenant, from a weather file
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub weather: Option<PathBuf>,
    #[command(flatten)]
    pub reading: SheetFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
}
