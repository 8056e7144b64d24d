//! What can be typed for the commands that need the ledger only: `results`, `runs` and `ledger`.

use super::place::{Place, RunName};
use crate::settings::{Age, SheetFlags};
use clap::{Args, Subcommand};
use std::path::PathBuf;

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
pub struct Report {
    /// The run: its id, or last [default: last]
    #[arg(long, value_name = "ID|last")]
    pub run: Option<RunName>,
    /// Everybody whom the ledger knows, over all runs
    #[arg(long, conflicts_with = "run")]
    pub all: bool,
    /// Write the redeem links into the page; whoever has one can redeem in that person's place
    #[arg(long)]
    pub with_links: bool,
    /// Where to write the page; - is stdout [default: the sheet's name with .report.html]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}

#[derive(Debug, Clone, Args)]
pub struct Runs {
    /// One run, on a page: its id or the beginning of it, or last
    #[arg(value_name = "ID|last")]
    pub run: Option<RunName>,
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
