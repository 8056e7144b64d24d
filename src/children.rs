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
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt};

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
pub(crate) fn withhold(variable: &str) {
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
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
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

/// A token and a page of warnings are far below this.
const LONGEST_OUTPUT: u64 = 1024 * 1024;
/// Longer than anybody waits for a token of the Azure CLI.
const LONGEST_RUN: Duration = Duration::from_secs(90);

/// Runs the Azure CLI for its credential.
#[derive(Debug)]
pub(crate) struct Runner;

#[async_trait]
impl azure_identity::Executor for Runner {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = command(program);
        command.args(args);
        output(command, LONGEST_OUTPUT, LONGEST_RUN).await
    }
}

/// Runs a program to its end and takes what it says, up to `longest` bytes of each kind, for as long as `patience`
/// lasts. What says more or takes longer is ended, and is an error.
async fn output(command: Command, longest: u64, patience: Duration) -> io::Result<Output> {
    let mut command = tokio::process::Command::from(command);
    command
        .kill_on_drop(true)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let (stdout, stderr) =
            tokio::try_join!(read_up_to(stdout, longest), read_up_to(stderr, longest))?;
        let status = child.wait().await?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    };
    tokio::time::timeout(patience, ended)
        .await
        .unwrap_or_else(|_| {
            Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("it did not end within {} s", patience.as_secs()),
            ))
        })
}

async fn read_up_to(stream: Option<impl AsyncRead + Unpin>, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(longest + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > longest {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it wrote more than {} KiB", longest / 1024),
        ));
    }
    Ok(bytes)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn shell(script: &str, longest: u64, patience: Duration) -> io::Result<Output> {
        let mut command = command("sh");
        command.args(["-c", script]);
        output(command, longest, patience).await
    }

    #[tokio::test]
    async fn what_a_program_says_and_how_long_it_takes_is_bounded() {
        let minutes = Duration::from_secs(300);
        let said = shell("echo token; echo warning >&2; exit 3", 100, minutes);
        let said = said.await.unwrap();
        assert_eq!(
            (&*said.stdout, &*said.stderr),
            (&b"token\n"[..], &b"warning\n"[..])
        );
        assert_eq!(said.status.code(), Some(3));
        for endless in ["exec cat /dev/zero", "exec cat /dev/zero >&2"] {
            let error = shell(endless, 100_000, minutes).await.unwrap_err();
            assert_eq!(error.to_string(), "it wrote more than 97 KiB");
        }
        let error = shell("exec sleep 300", 100, Duration::from_millis(50));
        assert_eq!(error.await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
