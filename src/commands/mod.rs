//! One verb per file; here is which word leads to which.

use crate::{cli::Cli, exit::Exit, failure::Failure, settings::Env};

pub fn run(cli: &Cli, _env: &Env<'_>) -> anyhow::Result<Exit> {
    Err(Failure::usage(format!("not here yet: {:?}", cli.command)).into())
}
