//! The command line: the commands and their flags.
//!
//! Must not decide what a flag means together with others: `settings` does.

mod output;
#[cfg(test)]
mod tests;
mod usage;

use crate::settings::{
    Age, ConnectionFlags, Flags, InviteFlags, MessageFlags, RemindFlags, SheetFlags, headings,
};
pub(crate) use output::OutputOptions;
pub use output::end;
pub use usage::parse;

use crate::settings::{RowFilter, Scope, TenantName, values::count};
use crate::threshold::Threshold;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Invites a spreadsheet of people into a Microsoft Entra tenant as guests.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "guestlist",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Try it: guestlist invite SHEET --sandbox"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub telling: OutputOptions,
    /// Settings file, used as named, instead of guestlist.toml in the current folder (also GUESTLIST_CONFIG)
    #[arg(long, global = true, value_name = "FILE", help_heading = headings::TELLING, hide_short_help = true)]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Invite everyone on the sheet; safe to run again
    Invite(Box<Invite>),
    /// Find what is wrong with a sheet; needs no tenant and no network
    Check(Check),
    /// Say who has redeemed; or the whole story of one person
    Status(Box<Status>),
    /// Send the first mail of one's own to people who were invited silently; lists first
    Mail(Box<Mail>),
    /// Mail pending guests again, within limits; lists first
    Remind(Box<Remind>),
    /// Let guests redeem again whose sign-in address has changed; lists first
    ResetRedemption(Box<ResetRedemption>),
    /// Explained, because two things can be meant by it
    #[command(hide = true)]
    Reset {
        /// What was typed after it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
        rest: Vec<String>,
    },
    /// List who was invited from a sheet and is no longer on it; changes nothing
    Leavers(Box<Leavers>),
    /// Delete guests whom this ledger invited; lists first
    Cleanup(Box<Cleanup>),
    /// Write the results of a run again, from the ledger
    Results(Results),
    /// List the runs that the ledger knows
    Runs(Runs),
    /// Make, back up or rebuild a ledger; forget people
    #[command(subcommand, arg_required_else_help = true)]
    Ledger(Ledger),
    /// Find out whether this machine, sign-in and tenant can do the job; sends nothing
    Doctor(Box<Doctor>),
    /// Show every setting in force and where it comes from; or trust the settings file here
    Config(Config),
    /// Serve the practice tenant on loopback
    Sandbox(Sandbox),
    /// Print an empty sheet with every column
    Template,
    /// Say what a code or a message of Microsoft means, who can fix it, and how
    Explain(Explain),
}

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
    /// Where to write the results again; - is stdout [default: SHEET's name with .results]
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
    /// Where to write what became of every row, with the links; - is stdout [default: SHEET's name with .results]
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

/// Which tenant, and which ledger.
#[derive(Debug, Clone, Default, Args)]
pub struct TenantPlace {
    /// The tenant meant, by domain or id
    #[arg(long, value_name = "DOMAIN|ID", help_heading = headings::EVERYDAY)]
    pub tenant: Option<TenantName>,
    /// Use the built-in practice tenant, with a ledger of its own
    #[arg(long, help_heading = headings::EVERYDAY)]
    pub sandbox: bool,
    /// The ledger [default: guestlist.db; with --sandbox guestlist.practice.db]
    #[arg(long, value_name = "FILE", help_heading = headings::EVERYDAY)]
    pub ledger: Option<PathBuf>,
    /// Faults and latency for the practice tenant, from a weather file
    #[arg(long, value_name = "FILE", help_heading = headings::EXPERT, hide_short_help = true)]
    pub weather: Option<PathBuf>,
}

impl TenantPlace {
    fn flags(&self) -> InviteFlags {
        InviteFlags {
            tenant: self.tenant.clone(),
            sandbox: self.sandbox,
            ledger: self.ledger.clone(),
            weather: self.weather.clone(),
            ..InviteFlags::default()
        }
    }
}

#[derive(Debug, Clone, Args)]
pub struct Results {
    /// The run: its id, or last
    #[arg(long, value_name = "ID|last", default_value = "last")]
    pub run: RunName,
    /// Where to write the results; - is stdout [default: as the run did]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub reading: SheetFlags,
}

#[derive(Debug, Clone, Args)]
pub struct Runs {
    /// Print one JSON object to stdout
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Debug, Clone, Subcommand)]
pub enum Ledger {
    /// Make a new, empty ledger
    New {
        #[command(flatten)]
        place: Place,
    },
    /// Copy the ledger into a file, also while a run is under way
    Backup {
        /// Where to put the copy
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// Rebuild a lost ledger from results files
    Import {
        /// Results files, the oldest first
        #[arg(value_name = "RESULTS", required = true)]
        results: Vec<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Take everything about people out of the ledger; they are never asked again by mistake
    Forget {
        /// Whom to forget
        #[arg(value_name = "ADDRESS")]
        addresses: Vec<String>,
        /// Everybody of whom nothing was heard for so long, as in 180d
        #[arg(long, value_name = "AGE", conflicts_with = "addresses")]
        older_than: Option<Age>,
        /// First write everything that the ledger holds about them, links too, as JSON
        #[arg(long, value_name = "FILE")]
        export: Option<PathBuf>,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        place: Place,
    },
}

impl Ledger {
    pub fn place(&self) -> &Place {
        match self {
            Ledger::New { place }
            | Ledger::Backup { place, .. }
            | Ledger::Import { place, .. }
            | Ledger::Forget { place, .. } => place,
        }
    }
}

/// Which ledger.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The ledger [default: guestlist.db in the current folder]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Use the practice ledger, guestlist.practice.db
    #[arg(long)]
    pub sandbox: bool,
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

#[derive(Debug, Clone, Args)]
pub struct Config {
    #[command(subcommand)]
    pub action: Option<ConfigAction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigAction {
    /// Trust guestlist.toml in the current folder, as it is now
    Trust,
}

#[derive(Debug, Clone, Args)]
pub struct Sandbox {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
    /// Faults and latency, from a weather file
    #[arg(long, value_name = "FILE")]
    pub weather: Option<PathBuf>,
    /// A host name to answer to, beside those of loopback; repeatable
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// A code of ours, an AADSTS code, or a message of Microsoft as it was shown
    #[arg(value_name = "CODE", required = true)]
    words: Vec<String>,
}

impl Explain {
    /// A message pasted without quotes arrives as words.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// A run of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunName {
    Last,
    Id(String),
}

impl std::str::FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err("write the id of a run, or last".to_owned()),
            "last" => Ok(RunName::Last),
            id => Ok(RunName::Id(id.to_owned())),
        }
    }
}

impl Cli {
    /// The flags of this command that are keys of the settings.
    pub fn flags(&self) -> Flags {
        let config = self.config.clone();
        let in_place = |place: &Place| InviteFlags {
            ledger: place.ledger.clone(),
            sandbox: place.sandbox,
            ..InviteFlags::default()
        };
        let flags = match &self.command {
            Command::Invite(typed) => Flags {
                invite: typed.invite.clone(),
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Doctor(typed) => Flags {
                invite: InviteFlags {
                    tenant: typed.tenant.clone(),
                    sandbox: typed.sandbox,
                    ledger: typed.ledger.clone(),
                    new_ledger: typed.new_ledger,
                    weather: typed.weather.clone(),
                    ..InviteFlags::default()
                },
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Status(typed) => Flags {
                invite: typed.place.flags(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Mail(typed) => Flags {
                invite: InviteFlags {
                    only: typed.only.clone(),
                    results: typed.results.clone(),
                    ..typed.place.flags()
                },
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Remind(typed) => Flags {
                invite: typed.place.flags(),
                remind: typed.remind.clone(),
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::ResetRedemption(typed) => Flags {
                invite: InviteFlags {
                    dry_run: typed.dry_run,
                    results: typed.results.clone(),
                    new_ledger: typed.new_ledger,
                    ..typed.place.flags()
                },
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Leavers(typed) => Flags {
                invite: typed.place.flags(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Cleanup(typed) => Flags {
                invite: typed.place.flags(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Check(typed) => Flags {
                scope: if typed.checks_words() {
                    Scope::Words
                } else {
                    Scope::Sheet
                },
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                ..Flags::default()
            },
            Command::Results(typed) => Flags {
                scope: Scope::Results,
                invite: InviteFlags {
                    results: typed.results.clone(),
                    ..in_place(&typed.place)
                },
                sheet: typed.reading.clone(),
                ..Flags::default()
            },
            Command::Runs(Runs { place, .. }) => Flags {
                scope: Scope::Ledger,
                invite: in_place(place),
                ..Flags::default()
            },
            Command::Ledger(typed) => Flags {
                scope: Scope::Ledger,
                invite: in_place(typed.place()),
                ..Flags::default()
            },
            // Of these, only `config` reads settings.
            Command::Config(_)
            | Command::Sandbox(_)
            | Command::Template
            | Command::Explain(_)
            | Command::Reset { .. } => Flags {
                scope: Scope::Shown,
                ..Flags::default()
            },
        };
        Flags { config, ..flags }
    }
}
