//! `guestlist invite`: everyone on the sheet, safely again and again.
//!
//! Read `invite` from top to bottom: everything that can refuse comes before anything is sent.

mod finish;
mod ledger;
pub(super) mod prepare;
mod question;
mod stop_message;
#[cfg(test)]
mod stop_message_tests;
pub(super) mod survey;
mod waits;

use super::{
    connect::{Connection, connect, unreached},
    reading,
    settings_file::Particulars,
    sheet_options::{WantedSheet, rules},
    typed_command::TypedCommand,
};
use crate::{
    cli,
    clock::Clock,
    directory::{Directory, InvitationPolicy, Sponsors},
    engine::{self, Options, RunJob, RunTotals, Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    guest::Rules,
    ledger::{Ledger, RunLock, RunStart, SilentFirst},
    pace::Pace,
    results::{DRY_RUN, PRACTICE},
    sandbox::{Sandbox, SandboxOptions, Weather},
    settings::{Env, Settings},
    sheet::Sheet,
    ui::{self, ProgressMode},
};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};
use survey::Survey;
use tokio::{sync::watch, task::JoinSet};

/// How this invocation talks.
#[derive(Debug, Clone, Default)]
pub struct InviteOutput {
    pub json: bool,
    pub quiet: bool,
    pub command: TypedCommand,
    /// True while results go to standard output.
    pub writing: watch::Sender<bool>,
}

/// Settings that are refused are a run that never began.
pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Invite,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let exit = settings.and_then(|settings| begin(cli, typed, &settings, env));
    if let (Err(failure), true) = (&exit, typed.json) {
        let mut out = ui::Out::stdout();
        out.json(&Refused {
            stopped_by: failure.exit.word(),
            error: &failure.what,
            hints: &failure.hints,
            exit_code: failure.exit.code(),
        })?;
        out.finish()?;
    }
    exit
}

fn begin(cli: &cli::Cli, typed: &cli::Invite, settings: &Settings, env: &Env<'_>) -> Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
    let telling = InviteOutput {
        json: typed.json,
        quiet: cli.telling.quiet > 0,
        command: TypedCommand::of_process(),
        writing: watch::Sender::default(),
    };
    let stop = Stop::default();
    let exit = runtime.block_on(async {
        super::signals::listen(stop.clone(), telling.writing.subscribe());
        invite(&typed.sheet, settings, env, telling, &Clock::system(), stop).await
    });
    // Threads that still wait for an answer nobody needs do not hold the process.
    runtime.shutdown_background();
    exit
}

/// What `--json` says of a run that never began.
#[derive(Serialize)]
struct Refused<'f> {
    stopped_by: &'static str,
    error: &'f str,
    hints: &'f [String],
    exit_code: u8,
}

/// One run, from the sheet to the exit code.
pub async fn invite(
    typed: &Path,
    settings: &Settings,
    env: &Env<'_>,
    telling: InviteOutput,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    let began = Instant::now();
    let _watcher = time_limit(settings, &stop);
    // What killed runs left, links among it.
    Scratch::remove_leftovers();
    prepare::one_thing_on_stdout(settings, telling.json)?;
    prepare::unattended(
        settings,
        ui::stdin_is_terminal() && ui::stderr_is_terminal(),
    )?;
    // On a thread of its own: it may ask, and Ctrl-C is an answer too.
    let chosen = reading::of_sheet(settings, typed);
    if !telling.quiet {
        reading::tell(chosen.told.as_ref());
    }
    let opening = {
        let wanted = WantedSheet::new(typed, chosen.options, settings);
        tokio::task::spawn_blocking(move || wanted.open())
    };
    let opening = async { opening.await.map_err(anyhow::Error::from)? };
    let sheet = Arc::new(unless_stopped(&stop, opening).await?);
    let targets = prepare::targets(settings, typed, &sheet);
    targets.check(typed, &sheet, &settings.invite.ledger.value)?;
    let rules = rules(settings);
    let selection = prepare::selection(&settings.invite.only.value)?;
    let survey = Survey::of(&sheet, &rules, &selection, settings.invite.send.value)?;
    prepare::sheet_is_good_enough(settings, &survey, typed)?;

    let ledger_path = &settings.invite.ledger.value;
    super::prepare_ledger_folder(settings, telling.quiet)?;
    let practice = practice(settings, ledger_path).await?;
    let ledger = ledger::open(settings, typed, &targets, clock)?;
    if !telling.quiet {
        ledger::announce(&ledger, ledger_path, clock)?;
    }
    let pace = Pace::new(&prepare::pace(settings, &ledger)?).hearing(stop.signal().clone());
    waits::wait_on(&ledger, &pace, clock)?;
    let opened = Opened {
        typed,
        settings,
        began,
        sheet,
        rules,
        targets,
        survey,
        ledger,
        pace,
        clock,
        stop,
        telling,
    };
    let mut exit = opened.invite(env, practice.as_ref()).await;
    if matches!(&exit, Err(failure) if failure.exit == Exit::TimeUsed) {
        exit = opened.tell_that_nothing_was_sent().await;
    }
    if let Some(sandbox) = practice {
        sandbox.stop().await;
    }
    exit
}

/// The time of a run begins with the command. The watcher ends when it is dropped.
fn time_limit(settings: &Settings, stop: &Stop) -> JoinSet<()> {
    let mut watcher = JoinSet::new();
    if let Some(limit) = &settings.invite.max_duration {
        let (limit, stop) = (limit.value, stop.clone());
        watcher.spawn(async move {
            tokio::time::sleep(limit).await;
            stop.raise(StopReason::TimeUsed);
        });
    }
    watcher
}

/// The sheet is understood and the ledger is open; nobody else was asked anything yet.
struct Opened<'a> {
    typed: &'a Path,
    settings: &'a Settings,
    began: Instant,
    sheet: Arc<Sheet>,
    rules: Rules,
    targets: prepare::Targets,
    survey: Survey,
    ledger: Ledger,
    pace: Pace,
    clock: &'a Clock,
    stop: Stop,
    telling: InviteOutput,
}

impl Opened<'_> {
    async fn invite(&self, env: &Env<'_>, practice: Option<&Sandbox>) -> Result<Exit> {
        let Self {
            typed,
            settings,
            sheet,
            targets,
            survey,
            ledger,
            pace,
            clock,
            stop,
            telling,
            ..
        } = self;
        let ledger_path = &settings.invite.ledger.value;
        let connection = unless_stopped(stop, connect(settings, env, pace, clock, practice))
            .await
            .inspect_err(|_| waits::keep(ledger, pace, clock))?;
        let own_people = prepare::own_people(settings, survey, &connection)?;
        let policy = async { Ok(InvitationPolicy::read(&connection.graph).await) };
        let policy = unless_stopped(stop, policy).await?;
        prepare::invitations_are_on(&policy, &connection)?;
        let mut warnings = prepare::words_will_arrive(settings, survey, &connection)?;
        warnings.extend(own_people);
        warnings.extend(prepare::columns_not_set(sheet));
        warnings.extend(survey.in_doubt.iter().cloned());
        warnings.extend(prepare::landing_hosts(survey, settings));

        let dry_run = settings.invite.dry_run.value;
        let held = self.lock()?;
        ledger.bind(&connection.tenant, clock.now())?;
        warnings.extend(
            held.iter()
                .filter_map(|held| held.note().map(str::to_owned)),
        );
        let silent_first = if dry_run || settings.invite.sandbox.value {
            None
        } else {
            ledger.silent_first(ledger::unknown_runs(ledger, typed, targets)?, clock.now())?
        };
        if let Some(silent) = silent_first.filter(|silent| clock.now() < silent.until) {
            warnings.push(format!(
            "this ledger may be older than its tenant: until {} whoever is not found is asked silently first, and mailed only when nothing had happened",
            silent.until.strftime("%F %T UTC")
        ));
        }
        if !telling.quiet {
            for line in Particulars::of(settings).lines(false) {
                ui::tell(ui::text::wrap(&line, 0, 2));
            }
            question::announce(&connection);
        }
        if ledger.access().group_writes {
            ui::tell(format!(
                "the group of {0} can write to it: `chmod 600 {0}` keeps the ledger private",
                ledger_path.display()
            ));
        }

        let domains = connection.domains.clone().with_rules(policy.domains);
        let directory = Directory::new(connection.graph.clone(), domains);
        let sponsors = async { Ok(Sponsors::resolve(&directory, survey.sponsors.clone()).await?) };
        let sponsors = Arc::new(unless_stopped(stop, sponsors).await?);
        let night = self.night(directory, sponsors);
        let options = prepare::options(settings)?;

        if question::is_asked(settings, dry_run) {
            // What would happen is found out by the same code that does it, on a private copy of the ledger.
            let rehearsal = Ledger::rehearsal(ledger_path)?;
            rehearsal.bind(&connection.tenant, clock.now())?;
            let rehearsed = Options {
                dry_run: true,
                ..options.clone()
            };
            let start = start("rehearsal", typed, sheet, &connection, clock);
            let rehearsal = Held {
                ledger: &rehearsal,
                generation: None,
                silent_first: None,
            };
            let end = night.run(start, rehearsal, rehearsed, survey.rows).await?;
            if let Some(reason) = end.stopped_by {
                return Err(stop_message::stopped(&stop_message::Stopped {
                    reason: &reason,
                    tenant: &connection.tenant.id,
                    asked_today: 0,
                    left: 0,
                    now: clock.now(),
                }));
            }
            let about = question::About {
                typed,
                survey,
                rehearsed: &end.tally,
                connection: &connection,
                particulars: Particulars::of(settings),
                warnings: &[warnings.as_slice(), end.notes.as_slice()].concat(),
            };
            question::ask(about, &night.stop).await?;
        }

        let right = Held {
            ledger,
            generation: held.as_ref().map(RunLock::generation),
            silent_first,
        };
        self.run(&night, right, options, &connection, warnings)
            .await
    }

    /// The time was used up before Graph had told all that a run needs: the results say so of every row, with what the
    /// ledger knows.
    async fn tell_that_nothing_was_sent(&self) -> Result<Exit> {
        let Self {
            settings,
            ledger,
            pace,
            clock,
            ..
        } = self;
        let held = self.lock()?;
        let connection = unreached(settings, pace, clock, ledger.tenant()?)?;
        let directory = Directory::new(connection.graph.clone(), connection.domains.clone());
        let night = self.night(directory, Arc::default());
        let right = Held {
            ledger,
            generation: held.as_ref().map(RunLock::generation),
            silent_first: None,
        };
        let options = prepare::options(settings)?;
        self.run(&night, right, options, &connection, Vec::new())
            .await
    }

    /// A dry run holds nothing.
    fn lock(&self) -> Result<Option<RunLock>> {
        if self.settings.invite.dry_run.value {
            return Ok(None);
        }
        let now = self.clock.now();
        let holder = super::holder("invite", Some(self.typed), now);
        let stop = self.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(Some(self.ledger.lock(&holder, now, lost)?))
    }

    fn night(&self, directory: Directory, sponsors: Arc<Sponsors>) -> RunContext {
        RunContext {
            sheet: self.sheet.clone(),
            rules: self.rules.clone(),
            directory,
            pace: self.pace.clone(),
            sponsors,
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            telling: self.telling.clone(),
        }
    }

    async fn run(
        &self,
        night: &RunContext,
        right: Held<'_>,
        options: Options,
        connection: &Connection,
        warnings: Vec<String>,
    ) -> Result<Exit> {
        let invite = &self.settings.invite;
        let mut start = start("invite", self.typed, &self.sheet, connection, self.clock);
        if invite.sandbox.value {
            start.id += PRACTICE;
        }
        if invite.dry_run.value {
            start.id += DRY_RUN;
        }
        let run = start.id.clone();
        let end = night.run(start, right, options, self.survey.rows).await?;
        let finish = finish::Finish {
            settings: self.settings,
            typed: self.typed,
            run: &run,
            ledger: &self.ledger,
            ledger_path: &invite.ledger.value,
            ledger_is_gone: false,
            connection,
            sheet: &self.sheet,
            rules: &self.rules,
            targets: &self.targets,
            survey: &self.survey,
            warnings,
            telling: &self.telling,
            began: self.began,
            clock: self.clock,
        };
        finish.tell(end)
    }
}

/// Getting ready can be stopped at any time: nothing has been sent.
async fn unless_stopped<T>(stop: &Stop, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        biased;
        () = stop.raised() => Err(stop_message::before_anything_was_sent(stop)),
        done = work => done,
    }
}

/// A ledger and the right to run on it.
struct Held<'a> {
    ledger: &'a Ledger,
    /// A rehearsal has none.
    generation: Option<i64>,
    silent_first: Option<SilentFirst>,
}

/// What a run and its rehearsal share.
struct RunContext {
    sheet: Arc<Sheet>,
    rules: Rules,
    directory: Directory,
    pace: Pace,
    sponsors: Arc<Sponsors>,
    clock: Clock,
    stop: Stop,
    telling: InviteOutput,
}

impl RunContext {
    async fn run(
        &self,
        start: RunStart,
        held: Held<'_>,
        options: Options,
        rows: u64,
    ) -> Result<engine::RunEnd> {
        let (tally, totals) = watch::channel(RunTotals::default());
        let mode = ProgressMode::choose(self.telling.quiet, ui::stderr_is_terminal());
        let view = super::progress::show(totals, self.pace.clone(), rows, options.dry_run, mode);
        let end = engine::run(RunJob {
            start,
            sheet: self.sheet.clone(),
            rules: self.rules.clone(),
            ledger: held.ledger,
            generation: held.generation,
            silent_first: held.silent_first,
            options,
            directory: self.directory.clone(),
            pace: self.pace.clone(),
            sponsors: self.sponsors.clone(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            tally,
        })
        .await;
        view.finish().await;
        end
    }
}

fn start(
    verb: &'static str,
    typed: &Path,
    sheet: &Sheet,
    connection: &Connection,
    clock: &Clock,
) -> RunStart {
    let now = clock.now();
    RunStart {
        id: format!(
            "{}-{:04x}",
            now.strftime("%Y%m%d-%H%M%S"),
            fastrand::u16(..)
        ),
        verb,
        sheet: Some(typed.display().to_string()),
        sheet_path: sheet.place().map(|place| place.display().to_string()),
        reading: reading::to_remember(sheet.options()),
        started_at: now,
        host: super::host_name(),
        pid: std::process::id(),
        identity: connection.identity.name.clone(),
    }
}

/// The practice tenant keeps its people beside the practice ledger.
pub(super) async fn practice(settings: &Settings, ledger: &Path) -> Result<Option<Sandbox>> {
    if !settings.invite.sandbox.value {
        return Ok(None);
    }
    let weather = match &settings.invite.weather {
        Some(file) => {
            Weather::read(&file.value).map_err(|error| Failure::usage(format!("{error:#}")))?
        }
        None => Weather::default(),
    };
    let options = SandboxOptions {
        weather,
        people_file: Some(people_file(ledger)),
        ..SandboxOptions::default()
    };
    Ok(Some(Sandbox::start(options).await?))
}

/// `guestlist.practice.db` → `guestlist.practice.people.jsonl`
fn people_file(ledger: &Path) -> PathBuf {
    ledger.with_extension("people.jsonl")
}
