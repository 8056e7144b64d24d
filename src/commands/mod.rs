//! One verb per file; here is which word leads to which.

mod connect; // signed in, in the right tenant
mod files; // results and to-fix files of a run
mod progress; // the engine's totals on the screen
mod sheet_options; // settings -> reading and understanding
mod signals; // Ctrl-C

pub mod invite;
pub mod ledger;
pub mod results;
pub mod runs;
pub mod sandbox;

use crate::{
    cli::{Cli, Command},
    clock::Clock,
    exit::Exit,
    settings::{self, Env},
};
use std::path::Path;

pub fn run(cli: &Cli, env: &Env<'_>) -> anyhow::Result<Exit> {
    let settings = || settings::resolve(&cli.flags(), env, Path::new(""));
    let clock = Clock::system();
    match &cli.command {
        Command::Invite(typed) => Ok(invite::run(cli, typed, &settings()?, env)?),
        Command::Results(typed) => Ok(results::run(&settings()?, &typed.run)?),
        Command::Runs(typed) => Ok(runs::run(&settings()?, typed.json, &clock)?),
        Command::Ledger(typed) => Ok(ledger::run(&settings()?, typed, &clock)?),
        Command::Sandbox(typed) => {
            let command = sandbox::SandboxCommand {
                port: typed.port,
                weather: typed.weather.clone(),
                ..sandbox::SandboxCommand::default()
            };
            tokio::runtime::Runtime::new()?.block_on(sandbox::run(command))?;
            Ok(Exit::Done)
        }
        _ => Ok(Exit::Usage),
    }
}

/// For the ledger's list of runs.
fn host_name() -> String {
    ["HOSTNAME", "COMPUTERNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok())
        .or_else(|| {
            std::fs::read_to_string("/etc/hostname")
                .ok()
                .map(|name| name.trim().to_owned())
        })
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "this machine".to_owned())
}
