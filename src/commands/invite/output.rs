//! What a run prints, and where.

use super::super::typed_command::TypedCommand;
use tokio::sync::watch;

#[derive(Debug, Clone, Default)]
pub struct InviteOutput {
    pub json: bool,
    pub quiet: bool,
    /// The command as it was typed, for the command that is shown at the end.
    pub command: TypedCommand,
    /// True while results are written to standard output.
    pub writing: watch::Sender<bool>,
}
