//! The sending itself, and what is told and kept at its end.

use super::{
    Candidates, Counted, Verb,
    own::OwnReminders,
    told::{counts, for_somebody_else, not_reminded},
};
use crate::{
    commands::{
        connect::Connection,
        invite::stop_message::{self, Stopped},
        new_run, progress,
    },
    directory::Directory,
    engine::{
        CapLimits, ReminderJob, ReminderLimits, ReminderOutcome, ReminderReport, ReminderTotals,
        StopReason, remind as remind_all,
    },
    exit::Exit,
    failure::{Failure, Result},
    guest::Rules,
    ledger::RunLock,
    sheet::Sheet,
    ui::{self, Phase, Progress, ProgressMode, ProgressView},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::watch;

impl Verb<'_> {
    pub(super) async fn send(
        &self,
        candidates: Candidates,
        connection: Connection,
        lock: &RunLock,
        words: Option<(&Sheet, &Rules)>,
    ) -> Result<Exit> {
        let session = self.session;
        let settings = session.settings;
        let counted = candidates.counted();
        let due = candidates.due;
        let who: Vec<(Option<u64>, String)> = due
            .iter()
            .map(|guest| (guest.row, guest.user_id.clone()))
            .collect();
        let start = session.run.start(&connection);
        let run = start.id.clone();
        let (tally, totals) = watch::channel(ReminderTotals::default());
        let view = self.progress(totals, due.len() as u64);
        let limits = ReminderLimits {
            every: settings.remind.every.value.0,
            max_times: settings.remind.max_times.value,
            max_failures: settings.invite.max_failures.value,
            caps: CapLimits {
                in_this_run: settings.remind.max_mails.as_ref().map(|most| most.value),
                daily: settings.invite.daily_cap.as_ref().map(|cap| cap.value),
                wait: settings.invite.cap_wait.value,
            },
        };
        let report = if let (Some(own), Some((sheet, rules))) = (&self.own, words) {
            let reminders = OwnReminders {
                own,
                start,
                ledger: &session.ledger,
                generation: lock.generation(),
                guests: due,
                limits,
                sheet,
                rules,
                connection: &connection,
                clock: session.clock,
                stop: &session.stop,
                tally,
            };
            reminders.send().await
        } else {
            let job = ReminderJob {
                start,
                ledger: &session.ledger,
                generation: lock.generation(),
                guests: due,
                limits,
                directory: Directory::new(connection.graph.clone(), connection.domains.clone()),
                pace: session.pace.clone(),
                clock: session.clock.clone(),
                stop: session.stop.clone(),
                tally,
            };
            remind_all(job).await
        };
        view.finish().await;
        self.end(&run, &counted, &who, report?, &connection)
    }

    fn progress(&self, totals: watch::Receiver<ReminderTotals>, due: u64) -> ReminderView {
        let (numbers, seen) = watch::channel(Progress::default());
        let mode = ProgressMode::choose(self.output.quiet, ui::stderr_is_terminal());
        let feeding = tokio::spawn(async move {
            loop {
                let now = *totals.borrow();
                numbers.send_replace(Progress {
                    phase: Phase::Reminding,
                    total: Some(due),
                    done: now.done,
                    not_done: now.not_done + now.unknown,
                    waiting: progress::waiting(),
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
        counted: &Counted,
        who: &[(Option<u64>, String)],
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
        let mut json = self.report(counted, &outcomes, Some(run), exit);
        let not_reminded: Vec<Value> = outcomes
            .iter()
            .zip(who)
            .filter_map(|(outcome, (row, user_id))| {
                Some(json!({"row": row, "user_id": user_id, "why": not_reminded(outcome)?}))
            })
            .collect();
        json["not_reminded"] = not_reminded.into();
        if let (Some(failure), Some(told)) = (&failure, json.as_object_mut()) {
            let word = match (&somebody_else, &stopped_by) {
                (None, Some(reason)) => reason.word(),
                _ => failure.exit.word(),
            };
            told.insert("stopped_by".into(), word.into());
            told.insert("error".into(), failure.what.clone().into());
            told.insert("hints".into(), json!(failure.hints));
        }
        // The ledger keeps the numbers. Who it was, its other tables tell, from which each person can be taken out.
        let mut numbers = json.clone();
        if let Some(numbers) = numbers.as_object_mut() {
            numbers.retain(|_, value| !value.is_array());
        }
        let kept = writer
            .end_run(run, now, exit.code(), &numbers.to_string())
            .and_then(|()| writer.checkpoint());
        if let Err(error) = kept {
            ui::tell(format!("the end of this run could not be kept: {error}"));
        }
        if self.output.json {
            let mut out = ui::Out::stdout();
            out.json(&json)?;
            out.finish()?;
        } else if !self.output.quiet || exit != Exit::Done {
            let (reminded, unknown, others) = counts(&outcomes);
            let others: Vec<(String, u64)> = others
                .into_iter()
                .map(|((_, words), count)| (words, count))
                .collect();
            ui::tell(ui::reminded_text(reminded, unknown, &others));
        }
        failure.iter().for_each(ui::show_failure);
        let word = stopped_by.as_ref().map(StopReason::word);
        new_run::ended(exit, word, &connection.graph);
        Ok(exit)
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
        if let StopReason::TooManyFailures { bad, of } = reason {
            return Ok(Failure::new(
                reason.exit(),
                format!("{bad} of {of} guests who were asked about ended badly"),
            )
            .hint("failed attempts in a row make Microsoft suspicious: look at why they failed first; [invite] max_failures sets the limit"));
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

    pub(super) fn report(
        &self,
        counted: &Counted,
        outcomes: &[ReminderOutcome],
        run: Option<&str>,
        exit: Exit,
    ) -> Value {
        let (reminded, unknown, others) = counts(outcomes);
        let mut by_word: BTreeMap<&str, u64> = BTreeMap::new();
        for ((word, _), count) in &others {
            *by_word.entry(word).or_default() += count;
        }
        let mut told = json!({
            "run": run,
            "sheet": self.sheet.map(|sheet| sheet.display().to_string()),
            "due": outcomes.len(),
            "reminded": reminded,
            "unknown": unknown,
            "others": by_word,
            "exit_code": exit.code(),
        });
        if let Some(told) = told.as_object_mut() {
            told.extend(counted.0.clone());
        }
        told
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
