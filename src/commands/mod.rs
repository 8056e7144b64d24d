//! The verbs, one file or folder for each, and what they share. `run` leads from the command line to a verb.

// The verbs. A blank line stands between the modules, so that formatting keeps their order.

pub(crate) mod check; // what is wrong with a sheet

pub(crate) mod invite; // everyone on a sheet is invited

pub(crate) mod status; // who has redeemed

pub(crate) mod mail; // the first mail of our own, sent later

pub(crate) mod remind; // pending guests are mailed again

pub(crate) mod reset_redemption; // guests redeem again

pub(crate) mod leavers; // who is no longer on a sheet

pub(crate) mod cleanup; // guests whom this ledger invited are deleted

mod microsoft_words; // words of one's own in Microsoft's mail

mod asked_before; // what an earlier run asked with, beside what this one would

mod ages; // what time it is for ages

mod older_ledger; // a ledger that may be older than its tenant

pub(crate) mod results; // the results of a run, written again

pub(crate) mod report; // a page about a run

pub(crate) mod runs; // the runs that the ledger knows

pub(crate) mod ledger; // new ledgers, backups, imports

pub(crate) mod doctor; // can this machine, sign-in and tenant do the job?

pub(crate) mod config; // every setting in force, and trust in a settings file

pub(crate) mod explain; // what a code means

pub(crate) mod template; // an empty sheet

pub(crate) mod generate; // completions and manual pages

pub(crate) mod sandbox; // the practice tenant, served until it is interrupted

// What several verbs need, in the order in which a verb needs it.

pub(crate) mod typed_command; // the command line, to be shown again

mod run_verb; // a verb from its settings to its exit code

mod signals; // Ctrl-C

mod consent; // who says that something may leave

mod ask; // a question with a few words as answers

mod settings_file; // the settings, and whether their file is trusted

mod sheet_options; // how a sheet is read, and opening it

mod reading_choices; // how a run read its sheet, remembered

mod practice; // the practice tenant of --sandbox

mod sign_in; // what there is to sign in with

mod proxy; // which proxy the environment names

mod connect; // signed in, in the right tenant

mod new_run; // its id, and what the ledger and the log keep of its beginning

mod session; // a ledger, and its tenant reached

mod own_mail; // mail of our own

mod progress; // the engine's totals on the screen

mod row_errors; // what is wrong with which rows of a run

mod files; // results and to-fix files of a run

mod changed_addresses; // guests who stand on a sheet under another address

mod corrections; // rows to correct, and corrected copies of them, remembered

mod fix; // check --fix: the certain repairs

mod import; // ledger import: results files become claims

mod forget; // ledger forget: everything about people leaves the ledger

use crate::{
    cli,
    cli::{Cli, Command},
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    problem::Entry,
    settings::Env,
    ui,
    version::VERSION,
};

/// Every code that a message can show, for `explain`.
const CATALOGUES: &[&[Entry]] = &[
    crate::sheet::catalogue::ENTRIES,
    crate::guest::catalogue::ENTRIES,
    crate::guest::resets::ENTRIES,
    crate::engine::catalogue::ENTRIES,
    crate::graph::catalogue::ENTRIES,
    crate::graph::auth::catalogue::ENTRIES,
];

pub fn run(cli: &Cli, env: &Env<'_>) -> anyhow::Result<Exit> {
    let settings = || settings_file::settings(cli, env);
    let clock = Clock::system();
    match &cli.command {
        Command::Invite(typed) => Ok(invite::run(cli, typed, settings(), env)?),
        Command::Doctor(typed) => Ok(doctor::run(cli, typed, env)?),
        Command::Config(typed) => Ok(config::run(cli, typed, env)?),
        Command::Status(typed) => Ok(status::run(cli, typed, settings(), env)?),
        Command::Mail(typed) => Ok(mail::run(cli, typed, settings(), env)?),
        Command::Remind(typed) => Ok(remind::run(cli, typed, settings(), env)?),
        Command::ResetRedemption(typed) => Ok(reset_redemption::run(cli, typed, settings(), env)?),
        Command::Reset { .. } => Err(reset_redemption::two_meanings().into()),
        Command::Leavers(typed) => Ok(leavers::run(cli, typed, settings(), env)?),
        Command::Cleanup(typed) => Ok(cleanup::run(cli, typed, settings(), env)?),
        Command::Results(typed) => {
            let quiet = cli.telling.quiet > 0;
            Ok(results::run(&settings()?, &typed.run, quiet)?)
        }
        Command::Report(typed) => Ok(report::run(&settings()?, typed, &clock)?),
        Command::Runs(typed) => Ok(runs::run(&settings()?, typed)?),
        Command::Ledger(typed) => Ok(ledger::run(&settings()?, typed, &clock)?),
        Command::Sandbox(typed) => {
            let command = sandbox::SandboxCommand {
                port: typed.port,
                weather: typed.weather.clone(),
                hosts: typed.host.clone(),
                tls: typed.tls,
                json: typed.json,
            };
            tokio::runtime::Runtime::new()?.block_on(sandbox::run(command))?;
            Ok(Exit::Done)
        }
        Command::Check(typed) => {
            let settings = settings()?;
            let preview = typed
                .checks_words()
                .then(|| check::Preview::of(&settings, typed.preview.unwrap_or(0)));
            let mut options = check::CheckOptions {
                preview: preview.transpose()?,
                sheet: typed.sheet.clone(),
                reading: sheet_options::sheet_options(&settings),
                rules: sheet_options::rules(&settings),
                format: typed.format(),
                show_mapping: typed.show_mapping,
                changed_addresses: None,
                fix: typed.fix.clone(),
                may_ask: ask::can_ask() && typed.format() == cli::Format::Text,
                look: ui::look(),
            };
            let ledger = &settings.invite.ledger.value;
            if options.format == cli::Format::Json {
                options.changed_addresses = changed_addresses::json_by_ledger(&options, ledger);
            }
            // Stdin is not locked: a question about hidden rows reads from it too.
            let exit = to_stdout(|out| check::check(&options, &mut std::io::stdin(), out))?;
            if options.format == cli::Format::Text {
                changed_addresses::tell_by_ledger(&options, ledger);
            }
            Ok(exit)
        }
        Command::Explain(typed) => {
            to_stdout(|out| explain::explain(&typed.text(), CATALOGUES, crate::graph::explain, out))
        }
        Command::Template => to_stdout(|out| template::template(out)),
        Command::Generate(typed) => Ok(generate::run(typed)?),
        Command::Version => to_stdout(|out| {
            out.line(format!("guestlist {VERSION}"))?;
            Ok(Exit::Done)
        }),
    }
}

fn to_stdout(command: impl FnOnce(&mut ui::Out) -> Result<Exit>) -> anyhow::Result<Exit> {
    let mut out = ui::Out::stdout();
    let exit = command(&mut out)?;
    out.finish()?;
    Ok(exit)
}

/// Creates the folder for a ledger that is in the user's data folder because no path was given, and says where it is.
fn prepare_ledger_folder(
    settings: &crate::settings::Settings,
    quiet: bool,
) -> crate::failure::Result<()> {
    let ledger = &settings.invite.ledger;
    if let Some(note) = &settings.invite.ledger_note
        && !quiet
    {
        ui::tell(ui::text::wrap(note, 0, 0));
    }
    let folder = ledger
        .value
        .parent()
        .filter(|_| !settings.invite.dry_run.value || settings.invite.sandbox.value);
    if let Some(folder) = folder.filter(|folder| !ledger.is_named() && folder.is_absolute()) {
        crate::settings::create_user_folder(folder).map_err(|error| {
            let what = format!("cannot make the folder {} for the ledger", folder.display());
            Failure::of_io(what, &error).hint("or name a place for the ledger with --ledger")
        })?;
    }
    Ok(())
}

/// Describes this process for another one that finds the ledger locked.
fn holder(verb: &str, sheet: Option<&std::path::Path>, now: jiff::Timestamp) -> String {
    let sheet = sheet
        .map(|sheet| format!(" {}", sheet.display()))
        .unwrap_or_default();
    format!(
        "`guestlist {verb}{sheet}`, process {} on {}, since {}",
        std::process::id(),
        host_name(),
        now.strftime("%F %T UTC")
    )
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
