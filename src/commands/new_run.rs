//! The beginning of a run: its id, and what the ledger and the log keep of it.
//!
//! The id is made before anything is asked, so that every event of the log has it.

use super::{connect::Connection, host_name, typed_command::TypedCommand};
use crate::{
    clock::Clock,
    events,
    exit::Exit,
    failure::Failure,
    graph::Graph,
    ledger::{Ledger, RunStart},
    own_files::Rehearsal,
    ui,
};
use std::path::Path;

/// The log ends with it.
pub(super) fn ended(exit: Exit, stopped_by: Option<&str>, graph: &Graph) {
    let requests = graph.requests();
    let ended = events::Ended {
        stopped_by,
        requests: Some(requests.total),
        throttled: Some(requests.throttled),
        retried: Some(requests.retried),
    };
    events::run_end(exit, ended);
}

#[derive(Debug)]
pub(super) struct NewRun {
    pub id: String,
    verb: &'static str,
    sheet: Option<String>,
    command: Option<String>,
    clock: Clock,
}

impl NewRun {
    /// The log begins with it.
    pub(super) fn begin(
        verb: &'static str,
        sheet: Option<&Path>,
        kind: Rehearsal,
        command: &TypedCommand,
        clock: &Clock,
    ) -> Self {
        let now = clock.now().strftime("%Y%m%d-%H%M%S");
        let run = Self {
            id: kind.mark(&format!("{now}-{:04x}", fastrand::u16(..))),
            verb,
            sheet: sheet.map(|sheet| sheet.display().to_string()),
            command: command.whole(),
            clock: clock.clone(),
        };
        events::run_start(&events::Begun {
            run: &run.id,
            verb,
            sheet: run.sheet.as_deref(),
            dry_run: kind.dry_run,
            practice: kind.practice,
            command: run.command.as_deref().unwrap_or_default(),
        });
        run
    }

    /// What the ledger keeps of it, once it is known who signed in.
    pub(super) fn start(&self, connection: &Connection) -> RunStart {
        RunStart {
            identity: connection.identity.name.clone(),
            signed_in: Some(connection.signed_in_as()),
            ..self.unsigned()
        }
    }

    /// Keeps a run in the ledger that ends before it begins because of the sign-in, the tenant or the way there: whoever
    /// asks what happened last night looks there first. Other failures are the concern of whoever typed the command. If the
    /// ledger cannot be written, the failure itself is what counts.
    pub(super) fn not_begun(&self, ledger: &Ledger, failure: &Failure) {
        let told = matches!(
            failure.exit,
            Exit::TryAgain | Exit::Permission | Exit::TenantRefused
        );
        // `status` only looks, and leaves no run.
        if !told || self.verb == "status" {
            return;
        }
        let report = ui::failure_object(failure).to_string();
        let (now, exit) = (self.clock.now(), failure.exit.code());
        if let Err(error) = ledger
            .writer(None)
            .and_then(|writer| writer.not_begun(&self.unsigned(), now, exit, &report))
        {
            tracing::warn!(%error, "that this run did not begin could not be kept in the ledger");
        }
    }

    fn unsigned(&self) -> RunStart {
        let folder = std::env::current_dir().ok();
        RunStart {
            id: self.id.clone(),
            verb: self.verb,
            sheet: self.sheet.clone(),
            sheet_path: None,
            reading: None,
            started_at: self.clock.now(),
            host: host_name(),
            pid: std::process::id(),
            identity: None,
            command: self.command.clone(),
            folder: folder.map(|folder| folder.display().to_string()),
            signed_in: None,
        }
    }
}
