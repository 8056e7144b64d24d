//! The names of the ways to sign in.
//!
//! Must hold nothing that a way needs: what is refused is advised on by the name alone.

use crate::one_word::OneWord;
use clap::ValueEnum;
use std::fmt;

/// The name of a way to sign in: the word in `[auth] method`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodName {
    /// What the environment provides; on a terminal, a person.
    Auto,
    ClientSecret,
    Certificate,
    WorkloadIdentity,
    ManagedIdentity,
    AzureCli,
    AzurePipelines,
    #[value(name = "github-actions")]
    GitHubActions,
    Browser,
    DeviceCode,
    Token,
}

impl OneWord for MethodName {}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word())
    }
}
