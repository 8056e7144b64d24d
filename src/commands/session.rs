//! What a verb needs that works on the people of a ledger: the ledger, and its tenant reached and recognised.
//!
//! Must not make a ledger, unless the verb says so: without one there is nobody to work on.

use super::{
    connect::{Connection, connect},
    invite::{engine_options, ledger::announce, stop_message::unless_stopped, waits},
    new_run::NewRun,
    practice::practice,
    typed_command::TypedCommand,
};
use crate::{
    clock::Clock,
    engine::Stop,
    failure::{Failure, Result},
    ledger::{Ledger, LedgerError, NewLedger},
    own_files::Rehearsal,
    pace::Pace,
    sandbox::Sandbox,
    settings::{Env, Settings},
    ui,
};
use std::path::Path;

pub(super) struct Session<'a> {
    pub settings: &'a Settings,
    pub clock: &'a Clock,
    pub stop: Stop,
    pub ledger: Ledger,
    pub pace: Pace,
    pub run: NewRun,
    practice: Option<Sandbox>,
}

impl<'a> Session<'a> {
    /// Opens the ledger; the tenant is not asked for anything yet.
    pub(super) async fn open(
        (verb, sheet): (&'static str, Option<&Path>),
        settings: &'a Settings,
        clock: &'a Clock,
        stop: Stop,
        quiet: bool,
    ) -> Result<Self> {
        let new = NewLedger::Refused;
        Self::open_or_make((verb, sheet), settings, clock, stop, quiet, new).await
    }

    /// The same for a verb that can begin with guests whom no ledger knows.
    pub(super) async fn open_or_make(
        (verb, sheet): (&'static str, Option<&Path>),
        settings: &'a Settings,
        clock: &'a Clock,
        stop: Stop,
        quiet: bool,
        new: NewLedger,
    ) -> Result<Self> {
        let kind = Rehearsal {
            practice: settings.invite.sandbox.value,
            dry_run: false,
        };
        let run = NewRun::begin(verb, sheet, kind, &TypedCommand::of_process(), clock);
        let path = &settings.invite.ledger.value;
        if let Some(note) = &settings.invite.ledger_note
            && !quiet
        {
            ui::tell(ui::text::wrap(note, 0, 0));
        }
        let ledger = Ledger::open(path, new).map_err(|error| match error {
            LedgerError::Missing { .. } if settings.invite.sandbox.value => {
                Failure::from(error).hint(
                    "the practice tenant has no guests of yours before `guestlist invite SHEET --sandbox`",
                )
            }
            error => error.into(),
        })?;
        ledger.index_users()?;
        if !quiet {
            announce(&ledger, path, clock)?;
        }
        let pace = engine_options::pace(settings, &ledger)?;
        let pace = Pace::new(&pace).hearing(stop.signal().clone());
        Ok(Self {
            practice: practice(settings).await?,
            settings,
            clock,
            stop,
            ledger,
            pace,
            run,
        })
    }

    /// Signs in, in the tenant that is meant and that the ledger belongs to.
    pub(super) async fn connect(&self, env: &Env<'_>) -> Result<Connection> {
        let connection = self.reach(env).await;
        connection.inspect_err(|failure| self.run.not_begun(&self.ledger, failure))
    }

    async fn reach(&self, env: &Env<'_>) -> Result<Connection> {
        waits::wait_on(&self.ledger, &self.pace, self.clock)?;
        let connecting = connect(
            self.settings,
            env,
            &self.pace,
            self.clock,
            self.practice.as_ref(),
        );
        let connection = unless_stopped(&self.stop, connecting)
            .await
            .inspect_err(|_| waits::keep(&self.ledger, &self.pace, self.clock))?;
        self.ledger.bind(&connection.tenant, self.clock.now())?;
        Ok(connection)
    }

    /// Ends the practice tenant, where there is one.
    pub(super) async fn end(self) {
        if let Some(sandbox) = self.practice {
            sandbox.stop().await;
        }
    }
}
