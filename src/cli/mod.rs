//! The command line: the commands and their flags.
//!
//! Must not decide what a flag means together with others: `settings` does.

mod double_click; // what Windows shows before the window closes
mod flags; // which flags are keys of the settings
mod guest_commands; // the flags of the commands about invited guests
mod ledger_commands; // the flags of the commands that need the ledger only
mod other_commands; // the flags of the commands that need no ledger and no sign-in
mod output; // where messages go, and in which colours
mod place; // which tenant, which ledger, which run
mod sheet_commands; // the flags of the commands about a sheet to invite
#[cfg(test)]
mod tests;
mod usage; // parsing, and what is said of a wrong command line
mod wrong_verb; // a command that does not exist, and the one that was meant

use crate::settings::headings;
use clap::{Parser, Subcommand};
pub(crate) use guest_commands::{Cleanup, Leavers, Mail, Remind, ResetRedemption, Status};
pub(crate) use ledger_commands::{Ledger, Report, Results, Runs};
pub(crate) use other_commands::{Config, ConfigAction, Explain, Generate, Sandbox};
pub(crate) use output::OutputOptions;
pub use output::end;
pub(crate) use place::RunName;
pub use sheet_commands::Format;
pub(crate) use sheet_commands::{Check, Doctor, Invite};
use std::path::PathBuf;
pub use usage::parse;

/// Invites a spreadsheet of people into a Microsoft Entra tenant as guests.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "guestlist",
    version = crate::version::VERSION,
    arg_required_else_help = true,
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
    /// Write a page about a run: one HTML file to read, print and pass on
    Report(Report),
    /// List the runs that the ledger knows, or show one of them
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
    /// Print the completions for a shell, or the manual pages
    #[command(subcommand, arg_required_else_help = true)]
    Generate(Generate),
    /// Print the version
    Version,
}
