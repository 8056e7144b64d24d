//! `guestlist invite`: invites everyone on the sheet, and can be run again safely.
//!
//! `invite` shows the order of a run. Whatever can refuse the run comes before anything is sent.

// The order of a run. A blank line stands between the modules, so that formatting keeps their order.

mod output; // what a run prints, and where

mod job_files; // a summary and numbers for the job that started the run

mod prepared; // 1 settings, sheet and ledger in one value, or a refusal

mod targets; // where the results and the rows to fix are written

pub(super) mod engine_options; // what the settings ask of the engine and of the pace

pub(super) mod survey; // what is on the sheet, counted in a first reading

pub(super) mod follow_up_counts; // what of it an invitation cannot carry, for how many

pub(super) mod ledger; // which ledger is opened, and when a missing one is refused

pub(super) mod waits; // a wait that Graph asked an earlier run for

mod ready; // 2 the tenant is reached, and nothing stands against the run

pub(super) mod refusals; // what stands against a run

mod warnings; // what a person should know, and what refuses nothing

mod forecast; // how long it will take, and why

mod question; // 3 what will happen is shown, and a person agrees

mod execute; // 4 the engine runs, for real or as a rehearsal

pub(super) mod stop_message; // why a run stopped, in words

mod finish; // 5 files, summary, exit code

use super::{run_verb::run_writing_verb, typed_command::TypedCommand};
use crate::{
    cli,
    clock::Clock,
    engine::{Stop, StopReason},
    exit::Exit,
    failure::Result,
    files::Scratch,
    settings::{Env, Settings},
};
use job_files::JobFiles;
pub use output::InviteOutput;
use prepared::Prepared;
use ready::Ready;
use std::path::Path;
use tokio::{sync::watch, task::JoinSet};

/// With `--json`, settings that are refused are reported like any other run that did not begin.
pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Invite,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let writing = watch::Sender::default();
    let output = InviteOutput {
        json: typed.json,
        quiet: cli.telling.quiet > 0,
        command: TypedCommand::of_process(),
        writing: writing.clone(),
    };
    if let Err(failure) = &settings {
        JobFiles::of_flags(typed, env).failed(failure, &Clock::system());
    }
    run_writing_verb(settings, typed.json, &writing, async |settings, stop| {
        let clock = Clock::system();
        Box::pin(invite(&typed.sheet, settings, env, output, &clock, stop)).await
    })
}

/// One run, from the sheet to the exit code.
pub async fn invite(
    typed: &Path,
    settings: &Settings,
    env: &Env<'_>,
    output: InviteOutput,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    let job_files = JobFiles::new(typed, settings, env)?;
    let run = run_to_the_end(typed, settings, env, output, clock, stop, &job_files);
    let ended = Box::pin(run).await;
    if let Err(failure) = &ended {
        job_files.failed(failure, clock);
    }
    ended
}

async fn run_to_the_end(
    typed: &Path,
    settings: &Settings,
    env: &Env<'_>,
    output: InviteOutput,
    clock: &Clock,
    stop: Stop,
    job_files: &JobFiles,
) -> Result<Exit> {
    let _time_limit = time_limit(settings, &stop);
    // Files that killed runs left may hold redeem links.
    Scratch::remove_leftovers();
    let prepared = Prepared::new(typed, settings, output, clock, stop, env, job_files).await?;
    let mut exit = ask_and_run(&prepared, env).await;
    if matches!(&exit, Err(failure) if failure.exit == Exit::TimeUsed) {
        // The results then show, for every row, what the ledger knows.
        exit = match Ready::unreached(&prepared) {
            Ok(ready) => execute::run(&prepared, &ready).await,
            Err(failure) => Err(failure),
        };
    }
    if let Some(sandbox) = prepared.practice {
        sandbox.stop().await;
    }
    exit
}

async fn ask_and_run(prepared: &Prepared<'_>, env: &Env<'_>) -> Result<Exit> {
    let ready = Ready::new(prepared, env)
        .await
        .inspect_err(|failure| prepared.run.not_begun(&prepared.ledger, failure))?;
    if prepared.is_asked() {
        question::ask(prepared, &ready).await?;
    }
    execute::run(prepared, &ready).await
}

/// Raises the stop when `--max-duration` is over, which is counted from the start of the command. The task ends when the
/// returned set is dropped.
fn time_limit(settings: &Settings, stop: &Stop) -> JoinSet<()> {
    let mut task = JoinSet::new();
    if let Some(limit) = &settings.invite.max_duration {
        let (limit, stop) = (limit.value, stop.clone());
        task.spawn(async move {
            tokio::time::sleep(limit).await;
            stop.raise(StopReason::TimeUsed);
        });
    }
    task
}
