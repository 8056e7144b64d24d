//! How a command line names the tenant, the ledger and the run that are meant.

use crate::settings::{InviteFlags, TenantName, headings};
use clap::Args;
use std::path::PathBuf;

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
    pub(super) fn flags(&self) -> InviteFlags {
        InviteFlags {
            tenant: self.tenant.clone(),
            sandbox: self.sandbox,
            ledger: self.ledger.clone(),
            weather: self.weather.clone(),
            ..InviteFlags::default()
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
