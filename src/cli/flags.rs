//! Which flags of a command are keys of the settings.

use super::{Cli, Command, Report, Runs, place::Place};
use crate::settings::{Flags, InviteFlags, Scope};

impl Cli {
    /// The flags of this command that are keys of the settings.
    pub fn flags(&self) -> Flags {
        let config = self.config.clone();
        let in_place = |place: &Place| InviteFlags {
            ledger: place.ledger.clone(),
            sandbox: place.sandbox,
            ..InviteFlags::default()
        };
        let flags = match &self.command {
            Command::Invite(typed) => Flags {
                invite: typed.invite.clone(),
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Doctor(typed) => Flags {
                invite: InviteFlags {
                    tenant: typed.tenant.clone(),
                    sandbox: typed.sandbox,
                    ledger: typed.ledger.clone(),
                    new_ledger: typed.new_ledger,
                    weather: typed.weather.clone(),
                    ..InviteFlags::default()
                },
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Status(typed) => Flags {
                invite: typed.place.flags(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Mail(typed) => Flags {
                invite: InviteFlags {
                    only: typed.only.clone(),
                    results: typed.results.clone(),
                    ..typed.place.flags()
                },
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Remind(typed) => Flags {
                invite: typed.place.flags(),
                remind: typed.remind.clone(),
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::ResetRedemption(typed) => Flags {
                invite: InviteFlags {
                    dry_run: typed.dry_run,
                    results: typed.results.clone(),
                    new_ledger: typed.new_ledger,
                    ..typed.place.flags()
                },
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Leavers(typed) => Flags {
                invite: typed.place.flags(),
                sheet: typed.reading.clone(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Cleanup(typed) => Flags {
                invite: typed.place.flags(),
                connection: typed.connection.clone(),
                ..Flags::default()
            },
            Command::Check(typed) => Flags {
                scope: if typed.checks_words() {
                    Scope::Words
                } else {
                    Scope::Sheet
                },
                message: typed.words.clone(),
                sheet: typed.reading.clone(),
                ..Flags::default()
            },
            Command::Results(typed) => Flags {
                scope: Scope::Results,
                invite: InviteFlags {
                    results: typed.results.clone(),
                    ..in_place(&typed.place)
                },
                sheet: typed.reading.clone(),
                ..Flags::default()
            },
            Command::Runs(Runs { place, .. }) | Command::Report(Report { place, .. }) => Flags {
                scope: Scope::Ledger,
                invite: in_place(place),
                ..Flags::default()
            },
            Command::Ledger(typed) => Flags {
                scope: Scope::Ledger,
                invite: in_place(typed.place()),
                ..Flags::default()
            },
            // Of these, only `config` reads settings.
            Command::Config(_)
            | Command::Sandbox(_)
            | Command::Template
            | Command::Generate(_)
            | Command::Version
            | Command::Explain(_)
            | Command::Reset { .. } => Flags {
                scope: Scope::Shown,
                ..Flags::default()
            },
        };
        Flags { config, ..flags }
    }
}
