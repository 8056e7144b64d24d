//! What can be typed for the commands that need neither a ledger nor a sign-in: `config`, `sandbox`,
//! `explain` and `generate`.

use clap::{Args, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;

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
    /// Serve it over https, with a certificate made for this start; the output names the file to trust
    #[arg(long)]
    pub tls: bool,
    /// Faults and latency, from a weather file
    #[arg(long, value_name = "FILE")]
    pub weather: Option<PathBuf>,
    /// Print one line of JSON even on a terminal
    #[arg(long)]
    pub json: bool,
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

#[derive(Debug, Clone, Subcommand)]
pub enum Generate {
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum, value_name = "SHELL")]
        shell: Shell,
        /// Write them into this folder instead, under the name that the shell looks for
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Print the manual pages, one after another
    Man {
        /// Write each page into a file of this folder instead
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
}
