//! The resets themselves, the mails of our own after them, and what is told and kept at the end.

use super::{Verb, own::MailOf, plan::Planned, told};
use crate::{
    commands::{
        connect::Connection,
        files,
        invite::stop_message::{self, Stopped},
        new_run, progress,
    },
    directory::Directory,
    engine::{
        CapLimits, GuestToReset, ResetJob, ResetOutcome, ResetReport, ResetTotals, ResetWaits,
        StopReason, reset,
    },
    events,
    exit::Exit,
    failure::{Failure, Result},
    graph::MessageInfo,
    ledger::RunLock,
    message::Delivery,
    outcome::{Mail, Outcome, RowResult},
    results::{self, About, KeptLinks, Links, STDOUT, SheetRow},
    settings::MailDelivery,
    sheet::Refused,
    ui::{self, Phase, Progress, ProgressMode, ProgressView},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::watch;

impl Verb<'_> {
    pub(super) async fn send(
        &self,
        planned: Vec<Planned>,
        directory: Directory,
        connection: &Connection,
        lock: &RunLock,
    ) -> Result<Exit> {
        let session = self.session;
        let settings = session.settings;
        let start = session.run.start(connection);
        let run = start.id.clone();
        let most = self.typed.max_resets.unwrap_or(u64::MAX);
        let (guests, held_back) = self.to_reset(&planned, most, connection);
        let (tally, totals) = watch::channel(ResetTotals::default());
        let view = self.progress(totals, guests.len() as u64);
        let rows: Vec<u64> = guests.iter().map(|guest| guest.row).collect();
        let job = ResetJob {
            start,
            ledger: &session.ledger,
            generation: lock.generation(),
            guests,
            caps: CapLimits {
                in_this_run: None,
                daily: settings.invite.daily_cap.as_ref().map(|cap| cap.value),
                wait: settings.invite.cap_wait.value,
            },
            max_failures: settings.invite.max_failures.value,
            waits: ResetWaits {
                settle: settings.invite.settle.value,
                ask_again_after: settings.invite.ask_again_after.value,
            },
            directory,
            pace: session.pace.clone(),
            clock: session.clock.clone(),
            stop: session.stop.clone(),
            tally,
            permission_claimed: claims_permissions(connection),
        };
        let report = reset(job).await;
        view.finish().await;
        let report = report?;
        let outcomes: HashMap<u64, ResetOutcome> = rows
            .into_iter()
            .zip(report.outcomes.iter().cloned())
            .collect();
        if held_back > 0 && report.stopped_by.is_none() {
            session.stop.raise(StopReason::MaxInvites { cap: most });
        }
        let mails = match &self.own {
            Some(own) => {
                let books = (&report.writer, &report.reader);
                let mails = self.send_own_mails(own, &run, &planned, &outcomes, connection, books);
                Box::pin(mails).await?
            }
            None => HashMap::new(),
        };
        self.end(&run, &planned, (&outcomes, &mails), &report, connection)
    }

    /// Everybody who is not through, up to the number that may be reset; and how many are left for another run.
    fn to_reset(
        &self,
        planned: &[Planned],
        most: u64,
        connection: &Connection,
    ) -> (Vec<GuestToReset>, u64) {
        let settings = self.session.settings;
        let microsoft = settings.message.delivery.value == MailDelivery::Microsoft;
        let words_arrive = Delivery::of(&connection.identity) != Delivery::Dropped;
        let now = self.session.clock.now();
        let mut due = 0;
        let mut guests = Vec::new();
        for guest in planned {
            if guest.step.is_due() {
                due += 1;
                if due > most {
                    continue;
                }
            }
            let row = &guest.row;
            let wants = row.send.unwrap_or(settings.invite.send.value);
            let redirect_url = row.redirect_url.clone();
            guests.push(GuestToReset {
                row: row.row,
                user_id: guest.user.id.clone(),
                new_email: row.new_email.clone(),
                redirect_url: redirect_url
                    .unwrap_or_else(|| settings.invite.redirect_url.value.clone()),
                send: wants && microsoft,
                own_mail: wants && self.own.is_some(),
                message: MessageInfo {
                    language: row.language.clone(),
                    body: row.message.clone().filter(|_| words_arrive),
                    cc: None,
                },
                done_since: self.typed.again.then_some(now),
            });
        }
        (guests, due.saturating_sub(most))
    }

    fn progress(&self, totals: watch::Receiver<ResetTotals>, due: u64) -> ResetView {
        let (numbers, seen) = watch::channel(Progress::default());
        let mode = ProgressMode::choose(self.quiet, ui::stderr_is_terminal());
        let feeding = tokio::spawn(async move {
            loop {
                let now = *totals.borrow();
                numbers.send_replace(Progress {
                    phase: Phase::Resetting,
                    total: Some(due),
                    done: now.done,
                    not_done: now.not_done,
                    waiting: progress::waiting(),
                    ..Progress::default()
                });
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        ResetView {
            view: ProgressView::start(seen, mode),
            feeding,
        }
    }

    /// What is written, told, kept in the ledger, and answered to the shell.
    fn end(
        &self,
        run: &str,
        planned: &[Planned],
        (outcomes, mails): (&HashMap<u64, ResetOutcome>, &HashMap<u64, MailOf>),
        report: &ResetReport,
        connection: &Connection,
    ) -> Result<Exit> {
        let results: Vec<RowResult> = planned
            .iter()
            .map(|guest| {
                let outcome = outcomes.get(&guest.row.row);
                let outcome = outcome.unwrap_or(&ResetOutcome::NotAttempted);
                let mut row = told::result(guest, outcome, false);
                if let Some(mail) = mails.get(&guest.row.row) {
                    told::add_mail(&mut row, mail);
                }
                row
            })
            .collect();
        let now = self.session.clock.now();
        let left = results
            .iter()
            .filter(|row| row.outcome == Outcome::NotAttempted);
        let left = left.count() as u64;
        let reason = self.session.stop.reason().filter(|reason| {
            // Everybody has had a turn: then the rows tell it.
            left > 0 || !matches!(reason, StopReason::TooManyFailures { .. })
        });
        let failure = match (report.somebody_else, &reason) {
            (Some(row), _) => Some(for_somebody_else(row)),
            (None, Some(reason)) => Some(self.stopped(reason, left, connection)?),
            (None, None) => None,
        };
        let open = |row: &RowResult| {
            !row.outcome.is_done() || matches!(row.mail, Some(Mail::Due | Mail::Refused))
        };
        let exit = match &failure {
            Some(failure) => failure.exit,
            None if results.iter().any(open) => Exit::SomeRowsNotDone,
            None => Exit::Done,
        };
        let written = self.write(&results, run, connection);
        let place = written
            .as_ref()
            .map_or(self.results.as_path(), PathBuf::as_path);
        let mut json = self.report(&results, Some(run), place, exit);
        if let (Some(failure), Some(told)) = (&failure, json.as_object_mut()) {
            let word = match (report.somebody_else, &reason) {
                (None, Some(StopReason::MaxInvites { .. })) => "max-resets",
                (None, Some(reason)) => reason.word(),
                _ => failure.exit.word(),
            };
            told.insert("stopped_by".into(), word.into());
            told.insert("error".into(), failure.what.clone().into());
            told.insert("hints".into(), json!(failure.hints));
        }
        let kept = report
            .writer
            .end_run(run, now, exit.code(), &json.to_string())
            .and_then(|()| report.writer.checkpoint());
        if let Err(error) = kept {
            ui::tell(format!("the end of this run could not be kept: {error}"));
        }
        for row in &results {
            events::row(&row.into());
        }
        if self.typed.json {
            let mut out = ui::Out::stdout();
            out.json(&json)?;
            out.finish()?;
        } else if !self.quiet {
            told::summary(&results).into_iter().for_each(ui::tell);
            if let Ok(path) = &written
                && path != Path::new(STDOUT)
            {
                ui::tell(format!("results: {}", path.display()));
            }
        }
        if self.quiet && !self.typed.json && failure.is_none() && exit != Exit::Done {
            told::summary(&results).into_iter().for_each(ui::tell);
        }
        failure.iter().for_each(ui::show_failure);
        if written.is_ok() {
            let word = reason.as_ref().map(StopReason::word);
            new_run::ended(exit, word, &connection.graph);
        }
        written.map(|_| exit)
    }

    pub(super) fn write(
        &self,
        results: &[RowResult],
        run: &str,
        connection: &Connection,
    ) -> Result<PathBuf> {
        let layout = files::layout(self.sheet);
        let emails: HashMap<u64, &str> = results
            .iter()
            .map(|row| (row.row, row.email.as_str()))
            .collect();
        let rows = self.sheet.rows()?.map(|row| {
            let row = row.map_err(Refused::from)?;
            let cells = (0..row.found()).map(|column| row.cell(column).to_owned());
            Ok(SheetRow {
                is_forgotten: false,
                number: row.number,
                email: (*emails.get(&row.number).unwrap_or(&"")).to_owned(),
                cells: cells.collect(),
                loose: Vec::new(),
                repaired: None,
            })
        });
        let reader = self.session.ledger.reader()?;
        let linked = reader.linked_users().unwrap_or_default();
        let links = self.session.settings.invite.links.value;
        let is_known = |user: &str| linked.contains(user);
        let about = About {
            links,
            kept: match links {
                Links::Results => KeptLinks::of(&self.results, &connection.tenant.id, is_known),
                Links::None => KeptLinks::default(),
            },
            tenant_id: connection.tenant.id.clone(),
            run: run.to_owned(),
            words: files::run_words(&reader, run)?,
        };
        let mut rows_told = results.iter().cloned().map(Ok);
        let written = results::write(&self.results, &layout, rows, &mut rows_told, &about)?;
        written.notes.iter().for_each(ui::tell);
        Ok(written.path)
    }

    fn stopped(&self, reason: &StopReason, left: u64, connection: &Connection) -> Result<Failure> {
        if let StopReason::MaxInvites { cap } = reason {
            return Ok(Failure::new(
                Exit::CapReached,
                format!(
                    "--max-resets {cap} is reached; {} left",
                    ui::text::plural_of(left, "guest is", "guests are")
                ),
            )
            .hint("the same command goes on with them"));
        }
        let now = self.session.clock.now();
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

    pub(super) fn report(
        &self,
        results: &[RowResult],
        run: Option<&str>,
        written: &Path,
        exit: Exit,
    ) -> Value {
        let mut outcomes: BTreeMap<&str, u64> = BTreeMap::new();
        let mut mails: BTreeMap<&str, u64> = BTreeMap::new();
        for row in results {
            *outcomes.entry(row.outcome.word()).or_default() += 1;
            if let Some(mail) = row.mail {
                *mails.entry(mail.word()).or_default() += 1;
            }
        }
        json!({
            "run": run,
            "sheet": self.typed.sheet.display().to_string(),
            "rows": results.len(),
            "outcomes": outcomes,
            "mails": mails,
            "results": written.display().to_string(),
            "exit_code": exit.code(),
        })
    }
}

fn for_somebody_else(row: u64) -> Failure {
    Failure::new(
        Exit::TenantRefused,
        format!("Graph was asked to reset the guest of row {row}, and answered for another user: nobody else was asked"),
    )
    .hint("look at both accounts in the Entra admin center before anybody else is reset")
    .hint("`guestlist status ADDRESS` shows the request ids for a support ticket")
}

/// Whether the token says that it may do both. What a token says is a hint: it decides whether a refusal is about one guest.
fn claims_permissions(connection: &Connection) -> bool {
    let identity = &connection.identity;
    let has = |wanted: &[&str]| {
        let mut all = identity.roles.iter().chain(&identity.scopes);
        all.any(|permission| wanted.contains(&permission.as_str()))
    };
    has(&["User.ReadWrite.All", "Directory.ReadWrite.All"])
        && has(&[
            "User-Mail.ReadWrite.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ])
}

/// The bar, and what feeds it.
struct ResetView {
    view: ProgressView,
    feeding: tokio::task::JoinHandle<()>,
}

impl ResetView {
    async fn finish(self) {
        self.feeding.abort();
        self.view.finish().await;
    }
}
