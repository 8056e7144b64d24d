//! Programs that are started: the Azure CLI, and whatever opens a browser. They get this process's environment
//! without the secrets in it.
//!
//! There is no other way to start one (clippy.toml).

use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    io,
    process::{Command, Output, Stdio},
    sync::{PoisonError, RwLock},
};

/// Variables that hold a secret by their name. Whatever begins with our own name is no child's business either. What
/// the Azure CLI needs itself for a managed identity stays.
const SECRET: [&str; 5] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "SYSTEM_ACCESSTOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];
const OURS: &str = "GUESTLIST_";

/// Variables that a setting names as the place of a secret: `{ env = "NAME" }`.
static NAMED: RwLock<BTreeSet<String>> = RwLock::new(BTreeSet::new());

/// From now on no child gets this variable.
pub fn withhold(variable: &str) {
    NAMED
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(variable.to_owned());
}

/// A program that can be started, without our secrets and without our standard input.
#[expect(
    clippy::disallowed_methods,
    reason = "here the environment is cleared of secrets"
)]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let named = NAMED.read().unwrap_or_else(PoisonError::into_inner);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        // Names have no case on Windows.
        let is = |secret: &str| secret.eq_ignore_ascii_case(&name);
        let ours = name
            .get(..OURS.len())
            .is_some_and(|start| OURS.eq_ignore_ascii_case(start));
        if ours || SECRET.into_iter().any(is) || named.iter().any(|secret| is(secret)) {
            command.env_remove(&variable);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs the Azure CLI for its credential.
#[derive(Debug)]
pub struct Runner;

#[async_trait]
impl azure_identity::Executor for Runner {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::from(command(program));
        command.args(args).kill_on_drop(true).output().await
    }
}
