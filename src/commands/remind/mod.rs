//! `guestlist remind`: pending guests are mailed again by Microsoft, within limits; the list comes first.
//!
//! Whatever can refuse it comes before anything is sent.

mod candidates; // who is due
mod consent; // who says that mails may go out
mod told; // what became of them

use super::{
    ask,
    connect::Connection,
    invite::{
        InviteOutput,
        stop_message::{self, Stopped, unless_stopped},
    },
    session::Session,
    sheet_options::rules,
    signals, status,
};
use crate::{
    cli,
    clock::Clock,
    directory::Directory,
    engine::{
        CapLimits, ReminderJob, ReminderLimits, ReminderOutcome, ReminderReport, ReminderTotals,
        Stop, StopReason, remind as remind_all,
    },
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    graph::IdentityKind,
    ledger::{RunLock, RunStart},
    own_files::Rehearsal,
    settings::{Env, Settings},
    ui::{self, Phase, Progress, ProgressMode, ProgressView, RemindersShown},
};
use candidates::{AFTER_AN_IMPORT, Candidates, Defaults};
use consent::{Consent, consent};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use status::{people::Scope, reading::StateReader};
use std::{collections::BTreeMap, path::Path, time::Duration};
use tokio::sync::watch;
use told::{counts, for_somebody_else};

/// How this invocation talks.
#[derive(Debug, Clone, Copy, Default)]
struct RemindOutput {
    json: bool,
    quiet: bool,
    /// Nobody is asked.
    yes: bool,
}

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Remind,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let exit = settings.and_then(|settings| start(cli, typed, &settings, env));
    if let (Err(failure), true) = (&exit, typed.json) {
        let mut out = ui::Out::stdout();
        out.json(&json!({
            "stopped_by": failure.exit.word(),
            "error": failure.what,
            "hints": failure.hints,
            "exit_code": failure.exit.code(),
        }))?;
        out.finish()?;
    }
    exit
}

fn start(cli: &cli::Cli, typed: &cli::Remind, settings: &Settings, env: &Env<'_>) -> Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
    let stop = Stop::default();
    let output = RemindOutput {
        json: typed.json,
        quiet: cli.telling.quiet > 0,
        yes: typed.yes,
    };
    let exit = runtime.block_on(async {
        signals::listen(stop.clone(), InviteOutput::default().writing.subscribe());
        let sheet = typed.sheet.as_deref();
        remind(sheet, settings, env, output, &Clock::system(), stop).await
    });
    // Threads that still wait for an answer nobody needs do not hold the process.
    runtime.shutdown_background();
    exit
}

async fn remind(
    sheet: Option<&Path>,
    settings: &Settings,
    env: &Env<'_>,
    output: RemindOutput,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    let consent = consent(settings, output.yes)?;
    let session = Session::open(settings, clock, stop, output.quiet).await?;
    let verb = Verb {
        sheet,
        session: &session,
        output,
        consent,
    };
    let exit = verb.run(env).await;
    session.end().await;
    exit
}

struct Verb<'a> {
    sheet: Option<&'a Path>,
    session: &'a Session<'a>,
    output: RemindOutput,
    consent: Consent,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let settings = self.session.settings;
        let rules = rules(settings);
        let sheet = match self.sheet {
            Some(path) => Some(status::open_sheet(path, settings, self.output.quiet).await?),
            None => None,
        };
        let scope = sheet
            .as_ref()
            .map_or(Scope::Everybody, |sheet| Scope::Sheet(sheet, &rules));
        let connection = self.session.connect(env).await?;
        let lock = self.lock()?;
        self.is_not_restored()?;
        self.read_states(scope, &connection).await?;
        let candidates = self.candidates(scope, &connection)?;
        self.show(&candidates, &connection)?;
        if candidates.due.is_empty() {
            return self.nobody_is_due(&candidates);
        }
        self.agree(&candidates, &connection).await?;
        self.send(candidates, connection, &lock).await
    }

    fn lock(&self) -> Result<RunLock> {
        let now = self.session.clock.now();
        let holder = super::holder("remind", self.sheet, now);
        let stop = self.session.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(self.session.ledger.lock(&holder, now, lost)?)
    }

    /// A ledger that may be older than the world does not know whom others have reminded.
    fn is_not_restored(&self) -> Result<()> {
        let session = self.session;
        if session.settings.invite.sandbox.value {
            return Ok(());
        }
        let now = session.clock.now();
        let Some(restored_at) = session.ledger.restored_at(now)? else {
            return Ok(());
        };
        let wait = AFTER_AN_IMPORT.max(session.settings.remind.every.value.0);
        let until = SignedDuration::try_from(wait)
            .ok()
            .and_then(|wait| restored_at.checked_add(wait).ok());
        match until.filter(|until| *until > now) {
            None => Ok(()),
            Some(until) => Err(Failure::new(
                Exit::TryAgain,
                format!(
                    "this ledger may be older than its tenant, and reminders that it does not know of may have been sent: nobody is reminded before {}",
                    until.strftime("%F %T UTC")
                ),
            )
            .hint("nothing was sent; run the same command after that")),
        }
    }

    async fn read_states(&self, scope: Scope<'_>, connection: &Connection) -> Result<()> {
        let session = self.session;
        let total = match scope {
            Scope::Everybody => Some(session.ledger.reader()?.people()?),
            _ => None,
        };
        let showing = status::Showing::start(self.output.quiet, total);
        let reader = StateReader {
            ledger: &session.ledger,
            graph: &connection.graph,
            clock: session.clock,
            stop: &session.stop,
            progress: &showing.numbers,
        };
        let read = reader.read(scope).await;
        showing.finish().await;
        read.map(drop)
    }

    fn candidates(&self, scope: Scope<'_>, connection: &Connection) -> Result<Candidates> {
        let settings = self.session.settings;
        let defaults = Defaults {
            redirect_url: &settings.invite.redirect_url.value,
            words_arrive: connection.identity.kind == IdentityKind::Delegated,
        };
        let reader = self.session.ledger.reader()?;
        let now = self.session.clock.now();
        candidates::candidates(&reader, scope, &settings.remind, &defaults, now)
    }

    fn show(&self, candidates: &Candidates, connection: &Connection) -> Result<()> {
        if self.output.json || (self.output.quiet && self.consent == Consent::Given) {
            return Ok(());
        }
        let settings = self.session.settings;
        let whom = match self.sheet {
            Some(sheet) => sheet.display().to_string(),
            None => format!("the ledger {}", settings.invite.ledger.value.display()),
        };
        let shown = RemindersShown {
            whom: format!("{whom} in {}", connection.place()),
            pending: candidates.pending,
            due: candidates.lines.clone(),
            left_out: candidates
                .left_out
                .iter()
                .map(|(why, count)| (why.words(*count, &settings.remind), *count))
                .collect(),
        };
        let mut out = ui::Out::stdout();
        out.line(ui::reminders_text(&shown).trim_end())?;
        out.finish()
    }

    fn nobody_is_due(&self, candidates: &Candidates) -> Result<Exit> {
        if self.output.json {
            let report = self.report(
                candidates.pending,
                &[],
                None,
                &candidates.words(),
                Exit::Done,
            );
            let mut out = ui::Out::stdout();
            out.json(&report)?;
            out.finish()?;
        }
        Ok(Exit::Done)
    }

    async fn agree(&self, candidates: &Candidates, connection: &Connection) -> Result<()> {
        match self.consent {
            Consent::Given => Ok(()),
            Consent::Missing => Err(Failure::usage(
                "there is no terminal to ask on, and --yes is not given: nobody was mailed",
            )
            .hint("add --yes --max-mails N to mail them without being asked")),
            Consent::Asked => {
                let due = candidates.due.len() as u64;
                let mails = self.session.settings.remind.max_mails.as_ref();
                let most = mails.map_or(due, |most| most.value.min(due));
                let question = format!(
                    "Mail {} of {} again? (yes/no)",
                    ui::text::plural(most, "guest"),
                    connection.place()
                );
                let asking = async {
                    tokio::task::spawn_blocking(move || ask::agrees(&question))
                        .await
                        .map_err(anyhow::Error::from)?
                };
                if unless_stopped(&self.session.stop, asking).await? {
                    return Ok(());
                }
                Err(
                    Failure::usage("nobody was mailed, as the answer was not yes")
                        .hint("run the same command again when the list is right"),
                )
            }
        }
    }

    async fn send(
        &self,
        candidates: Candidates,
        connection: Connection,
        lock: &RunLock,
    ) -> Result<Exit> {
        let session = self.session;
        let settings = session.settings;
        let left_out = candidates.words();
        let Candidates { pending, due, .. } = candidates;
        let start = self.run_start(&connection);
        let run = start.id.clone();
        let (tally, totals) = watch::channel(ReminderTotals::default());
        let view = self.progress(totals, due.len() as u64);
        let job = ReminderJob {
            start,
            ledger: &session.ledger,
            generation: lock.generation(),
            guests: due,
            limits: ReminderLimits {
                every: settings.remind.every.value.0,
                max_times: settings.remind.max_times.value,
                caps: CapLimits {
                    in_this_run: settings.remind.max_mails.as_ref().map(|most| most.value),
                    daily: settings.invite.daily_cap.as_ref().map(|cap| cap.value),
                    wait: settings.invite.cap_wait.value,
                },
            },
            directory: Directory::new(connection.graph.clone(), connection.domains.clone()),
            pace: session.pace.clone(),
            clock: session.clock.clone(),
            stop: session.stop.clone(),
            tally,
        };
        let report = remind_all(job).await;
        view.finish().await;
        self.end(&run, pending, &left_out, report?, &connection)
    }

    fn run_start(&self, connection: &Connection) -> RunStart {
        let now = self.session.clock.now();
        let kind = Rehearsal {
            practice: self.session.settings.invite.sandbox.value,
            dry_run: false,
        };
        RunStart {
            id: kind.mark(&format!(
                "{}-{:04x}",
                now.strftime("%Y%m%d-%H%M%S"),
                fastrand::u16(..)
            )),
            verb: "remind",
            sheet: self.sheet.map(|sheet| sheet.display().to_string()),
            sheet_path: None,
            reading: None,
            started_at: now,
            host: super::host_name(),
            pid: std::process::id(),
            identity: connection.identity.name.clone(),
        }
    }

    fn progress(&self, totals: watch::Receiver<ReminderTotals>, due: u64) -> ReminderView {
        let (numbers, seen) = watch::channel(Progress::default());
        let mode = ProgressMode::choose(self.output.quiet, ui::stderr_is_terminal());
        let pace = self.session.pace.clone();
        let feeding = tokio::spawn(async move {
            loop {
                let now = *totals.borrow();
                numbers.send_replace(Progress {
                    phase: Phase::Reminding,
                    total: Some(due),
                    done: now.done,
                    not_done: now.not_done + now.unknown,
                    waiting: super::progress::waiting(&pace),
                    ..Progress::default()
                });
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        ReminderView {
            view: ProgressView::start(seen, mode),
            feeding,
        }
    }

    /// What is told, kept in the ledger, and answered to the shell.
    fn end(
        &self,
        run: &str,
        pending: u64,
        left_out: &[(&'static str, u64)],
        report: ReminderReport,
        connection: &Connection,
    ) -> Result<Exit> {
        let ReminderReport {
            outcomes,
            stopped_by,
            somebody_else,
            writer,
        } = report;
        let now = self.session.clock.now();
        let failure = match (&somebody_else, &stopped_by) {
            (Some(guest), _) => Some(for_somebody_else(guest.row)),
            (None, Some(reason)) => Some(self.stopped(reason, &outcomes, connection, now)?),
            (None, None) => None,
        };
        let done = |outcome: &ReminderOutcome| {
            matches!(
                outcome,
                ReminderOutcome::Reminded
                    | ReminderOutcome::State(_)
                    | ReminderOutcome::MailedMeanwhile
                    | ReminderOutcome::NotAttempted
            )
        };
        let all = outcomes.iter().all(done);
        let exit = match &failure {
            Some(failure) => failure.exit,
            None if all => Exit::Done,
            None => Exit::SomeRowsNotDone,
        };
        let json = self.report(pending, &outcomes, Some(run), left_out, exit);
        let kept = writer
            .end_run(run, now, exit.code(), &json.to_string())
            .and_then(|()| writer.checkpoint());
        if let Err(error) = kept {
            ui::tell(format!("the end of this run could not be kept: {error}"));
        }
        if self.output.json {
            let mut out = ui::Out::stdout();
            out.json(&json)?;
            out.finish()?;
        } else {
            let (reminded, unknown, others) = counts(&outcomes);
            let others: Vec<(String, u64)> = others
                .into_iter()
                .map(|((_, words), count)| (words, count))
                .collect();
            ui::tell(ui::reminded_text(reminded, unknown, &others));
        }
        match failure {
            // It was told in the object already.
            Some(failure) => {
                ui::show_failure(&failure);
                Ok(failure.exit)
            }
            None => Ok(exit),
        }
    }

    fn stopped(
        &self,
        reason: &StopReason,
        outcomes: &[ReminderOutcome],
        connection: &Connection,
        now: Timestamp,
    ) -> Result<Failure> {
        let left = outcomes
            .iter()
            .filter(|outcome| **outcome == ReminderOutcome::NotAttempted)
            .count() as u64;
        if let StopReason::MaxInvites { cap } = reason {
            return Ok(Failure::new(
                Exit::CapReached,
                format!(
                    "--max-mails {cap} is reached; {} more are due",
                    ui::text::plural(left, "guest")
                ),
            )
            .hint("the same command goes on with them"));
        }
        let day_ago = now - SignedDuration::from_hours(24);
        let asked_today = self.session.ledger.reader()?.asks_since(day_ago)?.len();
        Ok(stop_message::stopped(&Stopped {
            reason,
            tenant: &connection.tenant.id,
            asked_today,
            left: 0,
            now,
        }))
    }

    fn report(
        &self,
        pending: u64,
        outcomes: &[ReminderOutcome],
        run: Option<&str>,
        left_out: &[(&'static str, u64)],
        exit: Exit,
    ) -> Value {
        let (reminded, unknown, others) = counts(outcomes);
        let mut by_word: BTreeMap<&str, u64> = BTreeMap::new();
        for ((word, _), count) in &others {
            *by_word.entry(word).or_default() += count;
        }
        let left_out: BTreeMap<&str, u64> = left_out.iter().copied().collect();
        json!({
            "run": run,
            "sheet": self.sheet.map(|sheet| sheet.display().to_string()),
            "pending": pending,
            "due": outcomes.len(),
            "reminded": reminded,
            "unknown": unknown,
            "others": by_word,
            "left_out": left_out,
            "exit_code": exit.code(),
        })
    }
}

impl Candidates {
    fn words(&self) -> Vec<(&'static str, u64)> {
        self.left_out
            .iter()
            .map(|(why, count)| (why.word(), *count))
            .collect()
    }
}

/// The bar, and what feeds it.
struct ReminderView {
    view: ProgressView,
    feeding: tokio::task::JoinHandle<()>,
}

impl ReminderView {
    async fn finish(self) {
        self.feeding.abort();
        self.view.finish().await;
    }
}
