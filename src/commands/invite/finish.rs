//! The end of a run: files, the line in the ledger, the summary or the JSON object, the exit code.

use super::{
    super::{connect::Connection, files},
    Telling,
    prepare::Targets,
    survey::Survey,
};
use crate::{
    clock::Clock,
    engine::{RunEnd, StopReason, Tally},
    exit::Exit,
    failure::{Failure, Result},
    ledger::Ledger,
    results,
    settings::{Links, Settings},
    sheet::Sheet,
    ui::{self, RequestTotals, RunReport, Summary, TenantReport, ThisRunReport},
};
use jiff::SignedDuration;
use std::{path::Path, time::Instant};

/// Runs whose rows the ledger keeps, for `results --run`.
const KEPT_RUNS: u32 = 100;

pub(super) struct Finish<'a> {
    pub settings: &'a Settings,
    pub typed: &'a Path,
    pub run: &'a str,
    pub ledger: &'a Ledger,
    pub ledger_path: &'a Path,
    pub connection: &'a Connection,
    pub sheet: &'a Sheet,
    pub targets: &'a Targets,
    pub survey: &'a Survey,
    pub warnings: Vec<String>,
    pub telling: Telling,
    pub began: Instant,
    pub clock: &'a Clock,
}

impl Finish<'_> {
    pub fn tell(self, end: RunEnd) -> Result<Exit> {
        let RunEnd {
            tally,
            stopped_by,
            writer,
        } = end;
        let mut notes = self.warnings.clone();
        let mut exit = self.exit(&tally, stopped_by.as_ref())?;
        let written = files::write(
            self.ledger,
            self.run,
            Some(self.sheet),
            &self.targets.results,
            Some(&self.targets.to_fix),
            match self.settings.invite.links.value {
                Links::Results => results::Links::Results,
                Links::None => results::Links::None,
            },
        );
        // What happened in the tenant is in the ledger: files that cannot be written change nothing about it.
        let (results, to_fix) = match written {
            Ok(written) => {
                notes.extend(written.notes);
                (Some(written.results), written.to_fix)
            }
            Err(failure) => {
                exit = exit.and(failure.exit);
                ui::show_failure(&failure.hint(format!(
                    "`guestlist results --run {} --ledger {}` writes them again; nothing is lost",
                    self.run,
                    self.ledger_path.display()
                )));
                (None, None)
            }
        };
        let requests = self.connection.graph.requests();
        let mut report = RunReport {
            run: self.run.to_owned(),
            tenant: TenantReport {
                id: Some(self.connection.tenant.id.clone()),
                name: self.connection.tenant.name.clone(),
            },
            sheet: self.typed.display().to_string(),
            rows: self.survey.rows,
            outcomes: ui::outcome_counts(tally.outcomes.clone()),
            this_run: ThisRunReport {
                invited: tally.invited,
                mails_requested: tally.mails_requested,
                relinked: tally.relinked,
                checked: tally.checked,
                not_selected: tally.not_selected,
            },
            requests: RequestTotals {
                total: requests.total,
                throttled: requests.throttled,
                retried: requests.retried,
            },
            stopped_by: stopped_by.as_ref().map(|reason| reason.word().to_owned()),
            elapsed_seconds: self.began.elapsed().as_millis() as f64 / 1000.0,
            results: results.map(|path| path.display().to_string()),
            to_fix: to_fix.map(|path| path.display().to_string()),
            ledger: (!self.settings.invite.dry_run.value)
                .then(|| self.ledger_path.display().to_string()),
            exit_code: exit.code(),
        };
        let json = serde_json::to_string(&report).map_err(anyhow::Error::from)?;
        let ended = writer
            .end_run(self.run, self.clock.now(), exit.code(), &json)
            .and_then(|()| writer.forget_old_rows(KEPT_RUNS))
            .and_then(|()| writer.checkpoint());
        if let Err(error) = ended {
            notes.push(format!("the ledger could not be closed tidily ({error}); it is whole, with its -wal file beside it"));
        }
        if self.telling.json {
            let mut out = ui::Out::stdout();
            out.json(&report)?;
            out.finish()?;
        }
        report.stopped_by = stopped_by.as_ref().map(|reason| self.why(reason));
        if !self.telling.quiet {
            self.summary(&report, &notes);
        } else if let Some(reason) = &stopped_by {
            ui::show_failure(&stopped(reason, self.connection, self.asked_today()));
        }
        Ok(exit)
    }

    fn summary(&self, report: &RunReport, notes: &[String]) {
        let sandbox = if self.settings.invite.sandbox.value {
            " --sandbox"
        } else {
            ""
        };
        let again = format!("guestlist invite {}{sandbox}", self.typed.display());
        let fix = report
            .to_fix
            .as_ref()
            .map(|to_fix| format!("guestlist invite {to_fix}{sandbox}"));
        let summary = Summary {
            report,
            dry_run: self.settings.invite.dry_run.value,
            again: &again,
            fix: fix.as_deref(),
            when_done: None,
            notes,
        };
        ui::tell(summary.text());
    }

    fn why(&self, reason: &StopReason) -> String {
        let failure = stopped(reason, self.connection, self.asked_today());
        let hints: Vec<&str> = failure.hints.iter().map(String::as_str).collect();
        if hints.is_empty() {
            failure.what
        } else {
            format!("{}\n{}", failure.what, hints.join("\n"))
        }
    }

    fn asked_today(&self) -> usize {
        let since = self.clock.now() - SignedDuration::from_hours(24);
        self.ledger
            .reader()
            .and_then(|reader| reader.asks_since(since))
            .map_or(0, |asks| asks.len())
    }

    fn exit(&self, tally: &Tally, stopped_by: Option<&StopReason>) -> Result<Exit> {
        let tolerated = &self.settings.invite.tolerate.value;
        let mut exit = stopped_by.map_or(Exit::Done, StopReason::exit);
        if tally.not_done(tolerated) > 0 || self.ledger.reader()?.missing(self.run)? > 0 {
            exit = exit.and(Exit::SomeRowsNotDone);
        }
        if tally.rows < self.survey.rows && stopped_by.is_none() {
            exit = exit.and(Exit::Unexpected);
        }
        Ok(exit)
    }
}

/// Why a run stopped, what to do about it, and who can.
pub(super) fn stopped(reason: &StopReason, connection: &Connection, asked_today: usize) -> Failure {
    let failure = |what: String| Failure::new(reason.exit(), what);
    let again = "the same command continues where this run stopped";
    match reason {
        StopReason::Interrupted => failure("interrupted".into()).hint(again),
        StopReason::Refused { exit, fault } => {
            let entry = fault.entry();
            let mut failure = failure(format!("{fault}: {}", entry.meaning)).hint(entry.fix);
            if !entry.who.is_empty() {
                failure = failure.hint(format!("who can: {}", entry.who));
            }
            if *exit == Exit::TenantRefused {
                failure = failure.hint(format!(
                    "for a support ticket: tenant {}, {}, {asked_today} invitations asked for in the last 24 hours",
                    connection.tenant.id,
                    fault.reference()
                ));
            } else if fault.request_id.is_some() {
                failure = failure.hint(format!("for support: {}", fault.reference()));
            }
            failure.hint(format!("after that, {again}"))
        }
        StopReason::Unreachable { why } => failure(format!("Graph cannot be asked now: {why}")).hint(again),
        StopReason::PiledUp { bad, of } => failure(format!("{bad} of {of} people asked for in this run ended badly")).hint(
            "look at error and hint in the results first: failed attempts in a row make Microsoft suspicious; --max-failures sets the limit",
        ),
        StopReason::MaxInvites { cap } => failure(format!("--max-invites {cap} is reached")).hint(again),
        StopReason::DailyCap { cap, room_at } => failure(format!(
            "--daily-cap {cap} is reached; the next place opens at {}",
            room_at.strftime("%F %T UTC")
        ))
        .hint(again),
        StopReason::TimeUsed => failure("--max-duration is used up".into()).hint(again),
        StopReason::CanaryNotFound { missing } => failure(format!(
            "Graph confirmed the first 5 invitations, and {missing} of these guests cannot be found in the directory"
        ))
        .hint("nobody else was asked; run the same command in an hour: it looks again before it goes on"),
        StopReason::LedgerFailed { why, .. } => {
            failure(why.clone()).hint("make space, or mend the disk; nobody was asked without a durable intent").hint(again)
        }
        StopReason::Sheet(problem) => failure(format!("{} [{}]", problem.message, problem.code)).hint(problem.fix.clone()),
    }
}
