//! The deleting, with its progress, and its end: what is told, kept and answered.

use super::{Verb, candidates::Candidates};
use crate::{
    commands::{
        connect::Connection,
        invite::stop_message::{Stopped, stopped},
        new_run,
    },
    directory::Directory,
    engine::{
        CleanupJob, CleanupReport, DeletionLimits, DeletionOutcome, DeletionTotals, GuestToDelete,
        StopReason, cleanup,
    },
    exit::Exit,
    failure::{Failure, Result},
    ledger::{RunLock, RunStart},
    outcome::GuestState,
    results::{CleanupLine, STDOUT, write_cleanup},
    ui::{self, DeletionLine, Phase, Progress, ProgressMode, ProgressView, text},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::watch;

/// The permissions with which a user may be deleted (Graph: delete a user).
const PERMISSIONS: [&str; 2] = ["User.DeleteRestore.All", "User.ReadWrite.All"];

impl Verb<'_> {
    pub(super) async fn delete(
        &self,
        candidates: Candidates,
        connection: Connection,
        lock: &RunLock,
        start: RunStart,
        is_started: bool,
    ) -> Result<Exit> {
        let session = self.session;
        let settings = session.settings;
        if !is_started {
            session
                .ledger
                .writer(Some(lock.generation()))?
                .start_run(&start)?;
        }
        let (tally, totals) = watch::channel(DeletionTotals::default());
        let (view, feeding) = self.progress(totals, candidates.due.len() as u64);
        let identity = &connection.identity;
        let holds = PERMISSIONS.map(|permission| identity.holds(permission));
        let job = CleanupJob {
            run: start.id.clone(),
            ledger: &session.ledger,
            generation: lock.generation(),
            guests: candidates.due.clone(),
            limits: DeletionLimits {
                in_this_run: self.typed.max_deletes,
                max_failures: settings.invite.max_failures.value,
                settle: settings.invite.settle.value,
                may_delete: holds[0].and_then(|one| Some(one || holds[1]?)),
            },
            directory: Directory::new(connection.graph.clone(), connection.domains.clone()),
            pace: session.pace.clone(),
            clock: session.clock.clone(),
            stop: session.stop.clone(),
            tally,
        };
        let report = cleanup(job).await;
        feeding.abort();
        view.finish().await;
        self.end(&start.id, &candidates, report?, &connection)
    }

    fn progress(
        &self,
        totals: watch::Receiver<DeletionTotals>,
        due: u64,
    ) -> (ProgressView, tokio::task::JoinHandle<()>) {
        let (numbers, seen) = watch::channel(Progress::default());
        let mode = ProgressMode::choose(self.output.quiet, ui::stderr_is_terminal());
        let feeding = tokio::spawn(async move {
            loop {
                let now = *totals.borrow();
                numbers.send_replace(Progress {
                    phase: Phase::Deleting,
                    total: Some(due),
                    done: now.done,
                    not_done: now.not_deleted,
                    waiting: crate::commands::progress::waiting(),
                    ..Progress::default()
                });
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        (ProgressView::start(seen, mode), feeding)
    }

    /// What is told, kept in the ledger, and answered to the shell.
    fn end(
        &self,
        run: &str,
        candidates: &Candidates,
        report: CleanupReport,
        connection: &Connection,
    ) -> Result<Exit> {
        let CleanupReport {
            outcomes,
            stopped_by,
            writer,
        } = report;
        let now = self.session.clock.now();
        let failure = stopped_by
            .as_ref()
            .map(|reason| self.why_it_stopped(reason, &outcomes, connection));
        let is_done = |outcome: &DeletionOutcome| {
            matches!(
                outcome,
                DeletionOutcome::Deleted | DeletionOutcome::State(_) | DeletionOutcome::GoneAlready
            )
        };
        let exit = match &failure {
            Some(failure) => failure.exit,
            None if !outcomes.iter().all(is_done) => Exit::SomeRowsNotDone,
            None => self.exit_for_the_left(&candidates.left_out),
        };
        let mut json = self.report(Some(run), candidates, &outcomes, exit);
        if let (Some(failure), Some(told)) = (&failure, json.as_object_mut()) {
            let word = stopped_by
                .as_ref()
                .map_or(failure.exit.word(), StopReason::word);
            told.insert("stopped_by".into(), word.into());
            told.insert("error".into(), failure.what.clone().into());
            told.insert("hints".into(), json!(failure.hints));
        }
        let output = self.write(candidates, &outcomes)?;
        if let (Some(path), Some(told)) = (&output, json.as_object_mut()) {
            told.insert("output".into(), json!(path));
        }
        let kept = writer
            .end_run(run, now, exit.code(), &json.to_string())
            .and_then(|()| writer.checkpoint());
        if let Err(error) = kept {
            ui::tell(format!("the end of this run could not be kept: {error}"));
        }
        self.tell(&json, Some((&outcomes, failure.is_some())))?;
        failure.iter().for_each(ui::show_failure);
        let word = stopped_by.as_ref().map(StopReason::word);
        new_run::ended(exit, word, &connection.graph);
        Ok(exit)
    }

    /// A list of people of whom nobody is deleted, or of whom nobody is to be deleted now.
    pub(super) fn nobody_is_deleted(
        &self,
        candidates: &Candidates,
        started: Option<&RunStart>,
    ) -> Result<Exit> {
        let none = vec![DeletionOutcome::NotAttempted; candidates.due.len()];
        let exit = self.exit_for_the_left(&candidates.left_out);
        let mut json = self.report(started.map(|run| run.id.as_str()), candidates, &none, exit);
        let output = self.write(candidates, &none)?;
        if let (Some(path), Some(told)) = (&output, json.as_object_mut()) {
            told.insert("output".into(), json!(path));
        }
        if let Some(run) = started {
            let now = self.session.clock.now();
            let writer = self.session.ledger.writer(None)?;
            writer.end_run(&run.id, now, exit.code(), &json.to_string())?;
        }
        self.tell(&json, None)?;
        Ok(exit)
    }

    fn tell(&self, json: &Value, deleted: Option<(&[DeletionOutcome], bool)>) -> Result<()> {
        if self.output.json {
            let mut out = ui::Out::stdout();
            out.json(json)?;
            return out.finish();
        }
        let needs_attention = json["exit_code"] != Exit::Done.code();
        if let Some((outcomes, _)) = deleted
            && (!self.output.quiet || needs_attention)
        {
            let (deleted, unknown, others) = counts(outcomes);
            let others: Vec<(String, u64)> = others
                .into_iter()
                .map(|((_, words), count)| (words, count))
                .collect();
            ui::tell(ui::deleted_text(deleted, unknown, &others));
            if deleted > 0 && !self.output.quiet {
                ui::tell(text::wrap(ui::AFTERWARDS, 0, 2));
            }
        }
        Ok(())
    }

    fn write(
        &self,
        candidates: &Candidates,
        outcomes: &[DeletionOutcome],
    ) -> Result<Option<PathBuf>> {
        let Some(target) = &self.typed.output else {
            return Ok(None);
        };
        let due = candidates.due.iter().zip(&candidates.lines).zip(outcomes);
        let mut lines: Vec<CleanupLine> = due
            .map(|((guest, line), outcome)| self.line(guest, line, outcome))
            .collect();
        lines.extend(candidates.left.iter().cloned());
        let (path, notes) = write_cleanup(target, &lines)?;
        notes.into_iter().for_each(ui::tell);
        if path != Path::new(STDOUT) && !self.output.quiet {
            ui::tell(format!("written to {}", path.display()));
        }
        Ok(Some(path))
    }

    fn line(
        &self,
        guest: &GuestToDelete,
        line: &DeletionLine,
        outcome: &DeletionOutcome,
    ) -> CleanupLine {
        let (deletion, why) = match outcome {
            DeletionOutcome::NotAttempted if self.typed.dry_run => {
                ("would-delete", "would be deleted".to_owned())
            }
            other => words(other),
        };
        CleanupLine {
            email: guest.email.as_str().to_owned(),
            deletion,
            why,
            last_ask: line.last_ask,
            user_id: Some(guest.user_id.clone()),
            row: guest.row,
        }
    }

    fn why_it_stopped(
        &self,
        reason: &StopReason,
        outcomes: &[DeletionOutcome],
        connection: &Connection,
    ) -> Failure {
        let left = outcomes
            .iter()
            .filter(|outcome| **outcome == DeletionOutcome::NotAttempted)
            .count() as u64;
        if let StopReason::MaxInvites { cap } = reason {
            return Failure::new(
                Exit::CapReached,
                format!(
                    "--max-deletes {cap} is reached; {} more would be deleted",
                    text::plural(left, "guest")
                ),
            )
            .hint("the same command goes on with them");
        }
        if let StopReason::TooManyFailures { bad, of } = reason {
            return Failure::new(
                reason.exit(),
                format!("{bad} of {of} deletions ended badly"),
            )
            .hint("look at why they failed first; [invite] max_failures sets the limit");
        }
        let since = self.session.clock.now() - SignedDuration::from_hours(24);
        let asked = self
            .session
            .ledger
            .reader()
            .and_then(|reader| reader.asks_since(since));
        stopped(&Stopped {
            reason,
            tenant: &connection.tenant.id,
            asked_today: asked.map_or(0, |asks| asks.len()),
            left: 0,
            now: self.session.clock.now(),
        })
    }

    fn report(
        &self,
        run: Option<&str>,
        candidates: &Candidates,
        outcomes: &[DeletionOutcome],
        exit: Exit,
    ) -> Value {
        let (deleted, unknown, others) = counts(outcomes);
        let mut by_word: BTreeMap<&str, u64> = BTreeMap::new();
        for ((word, _), count) in &others {
            *by_word.entry(word).or_default() += count;
        }
        let mut left_out: BTreeMap<&str, u64> = BTreeMap::new();
        for (why, count) in &candidates.left_out {
            *left_out.entry(why.word()).or_default() += count;
        }
        json!({
            "run": run,
            "sheet": self.typed.sheet.as_ref().map(|sheet| sheet.display().to_string()),
            "people": candidates.people,
            "due": outcomes.len(),
            "deleted": deleted,
            "unknown": unknown,
            "others": by_word,
            "left_out": left_out,
            "exit_code": exit.code(),
        })
    }
}

/// The others by a stable word and by what a person reads.
type Others = BTreeMap<(&'static str, String), u64>;

/// How many were deleted, how many are unknown, and what became of the others.
fn counts(outcomes: &[DeletionOutcome]) -> (u64, u64, Others) {
    let (mut deleted, mut unknown) = (0, 0);
    let mut others = Others::new();
    for outcome in outcomes {
        match outcome {
            DeletionOutcome::Deleted => deleted += 1,
            DeletionOutcome::Unknown => unknown += 1,
            other => *others.entry(words(other)).or_default() += 1,
        }
    }
    (deleted, unknown, others)
}

/// One stable word, and the rest of a sentence that begins with a number.
fn words(outcome: &DeletionOutcome) -> (&'static str, String) {
    let what = match outcome {
        DeletionOutcome::Deleted => "deleted".to_owned(),
        DeletionOutcome::Unknown => {
            "not answered, and still there as far as can be seen".to_owned()
        }
        DeletionOutcome::State(GuestState::Accepted) => "redeemed meanwhile".to_owned(),
        DeletionOutcome::State(state) => format!("not pending any more ({state})"),
        DeletionOutcome::GoneAlready => "gone already, deleted by somebody else".to_owned(),
        DeletionOutcome::AddressMoved => {
            "left, as the address leads to another user or to nobody".to_owned()
        }
        DeletionOutcome::AnotherDate => {
            "left, as the directory dates the guest otherwise than before".to_owned()
        }
        DeletionOutcome::ChangedMeanwhile => {
            "left, as another run has written about the guest".to_owned()
        }
        DeletionOutcome::Refused(code, why) => {
            format!("refused by Graph [{code}]: {}", text::printable_line(why))
        }
        DeletionOutcome::NotLookedUp(why) => {
            format!("not looked up: {}", text::printable_line(why))
        }
        DeletionOutcome::NotAttempted => "left for the next run".to_owned(),
    };
    (outcome.word(), what)
}
