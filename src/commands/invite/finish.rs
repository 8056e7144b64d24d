//! The end of a run: files, the line in the ledger, the summary or the JSON object, the exit code.

use super::{
    super::{
        changed_addresses, connect::Connection, corrections, files, new_run, own_mail::MailTotals,
        report, row_errors,
    },
    forecast,
    prepared::Prepared,
    stop_message::{self, Stopped},
};
use crate::{
    engine::{MailBy, RunEnd, RunTotals, StopReason, catalogue::FORGOTTEN},
    events,
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, OpenEnds, Writer},
    one_word::OneWord,
    outcome::Outcome,
    report::RunFacts,
    results, ui,
    ui::{RequestTotals, RunReport, Summary, TenantReport, ThisRunReport},
};
use jiff::SignedDuration;
use std::{collections::BTreeSet, path::Path, slice};

/// Runs whose rows the ledger keeps, for `results --run`.
const KEPT_RUNS: u32 = 100;

pub(super) struct Finish<'a> {
    pub prepared: &'a Prepared<'a>,
    pub connection: &'a Connection,
    pub run: &'a str,
    pub ledger: &'a Ledger,
    /// Whether the ledger's path leads to another file by now, or to none.
    pub ledger_is_gone: bool,
    /// What became of mails of our own.
    pub mails: MailTotals,
}

/// What the summary says beside the numbers.
struct Told<'a> {
    stopped: Option<&'a str>,
    first: Option<&'a str>,
    by_hand: &'a BTreeSet<u64>,
    notes: &'a [String],
}

impl Finish<'_> {
    pub(super) fn tell(self, end: RunEnd, warnings: &[String]) -> Result<Exit> {
        if end.writer.is_in_place() {
            return self.tell_from(end, warnings);
        }
        // What the run knows is in the deleted file, which exists only as long as this process has it open.
        let rescued = Ledger::rescued(&end.writer)?;
        Finish {
            ledger: &rescued,
            ledger_is_gone: true,
            ..self
        }
        .tell_from(end, warnings)
    }

    fn tell_from(&self, end: RunEnd, warnings: &[String]) -> Result<Exit> {
        let RunEnd {
            tally,
            stopped_by,
            notes: told,
            writer,
            unwritten,
        } = end;
        let mut notes = [warnings, told.as_slice()].concat();
        if tally.unfinished > 0 {
            let guests = ui::text::plural_of(tally.unfinished, "guest lacks", "guests lack");
            notes.push(format!(
                "{guests} something that an invitation cannot carry: see `follow_up` and `hint` in the results; the same command goes on with it"
            ));
        }
        let mails = &self.mails;
        let open = self.ledger.reader()?.open_ends(self.run)?;
        let OpenEnds {
            due,
            refused,
            unknown,
            ..
        } = open;
        let own_unknown = mails.unknown.min(unknown);
        notes.extend(mail_notes(mails, due, refused, &self.due_mails_leave()));
        // Mails of our own leave only after the invitation is known.
        let perhaps_mailed = match self.prepared.options.mail_by {
            MailBy::Microsoft => tally.perhaps_mailed,
            MailBy::Ourselves | MailBy::Nobody => 0,
        };
        if tally.mails_unknown + own_unknown > 0 {
            let guests =
                ui::text::plural_of(tally.mails_unknown + own_unknown, "guest is", "guests are");
            notes.push(format!(
                "{guests} invited, but it is not known whether the mail was sent: see `mail` = unknown in the results"
            ));
        }
        if unwritten.is_some() {
            notes.push(format!(
                "some outcomes could not be written into the ledger; they are in the results, if these could be written; make space on the disk, and the same command settles the rest; `guestlist results --run {} --ledger {}` writes these results again",
                self.run,
                self.ledger_path().display()
            ));
        }
        let lost = self.prepared.survey.rows.saturating_sub(tally.rows);
        if lost > 0 && unwritten.is_none() {
            notes.push(format!(
                "{} without an outcome, because of an error in guestlist: the results show what the ledger knows about these rows, and the same command finishes them; please report this error",
                ui::text::plural_of(lost, "row was left", "rows were left")
            ));
        }
        let mut exit = self.exit(&tally, stopped_by.as_ref(), open);
        let to_stdout = self.prepared.targets.results == Path::new(results::STDOUT);
        self.prepared.output.writing.send_replace(to_stdout);
        let written = files::write(
            self.ledger,
            files::Run {
                id: self.run,
                incomplete: unwritten.is_some() || lost > 0,
                by_address: false,
                unwritten: unwritten.as_deref().unwrap_or_default(),
                rules: &self.prepared.rules,
            },
            Some(&self.prepared.sheet),
            &self.prepared.targets.results,
            Some(&self.prepared.targets.to_fix),
            self.prepared.settings.invite.links.value,
        );
        self.prepared.output.writing.send_replace(false);
        // What happened in the tenant is in the ledger, so a file that cannot be written does not end the run here.
        let (results, to_fix) = match written {
            Ok(written) => {
                notes.extend(written.notes);
                if let Some(why) = written.without_sheet {
                    exit = exit.combine(why.exit);
                    notes.push(format!(
                        "the sheet's own columns are left out of the results: {}",
                        why.what
                    ));
                }
                (Some(written.results), written.to_fix)
            }
            Err(failure) => {
                exit = exit.combine(failure.exit);
                let failure = if self.ledger_is_gone || unwritten.is_some() {
                    Failure::new(failure.exit, failure.what).hint(
                        "the ledger lacks some outcomes, too: before anybody else is invited, the next run looks in the directory for whoever was asked",
                    )
                } else {
                    failure.hint(format!(
                        "`guestlist results --run {} --ledger {}` writes them again; nothing is lost",
                        self.run,
                        self.ledger_path().display()
                    ))
                };
                ui::show_failure(&failure);
                (None, None)
            }
        };
        if unwritten.is_none() && !self.ledger_is_gone {
            let remembered = self.remember_corrections(&writer, to_fix.as_deref());
            notes.extend(remembered.err().map(|failure| {
                format!(
                    "the ledger could not remember which rows are to be corrected ({}): when the to-fix file is run, the rows of this sheet stay as they are",
                    failure.what
                )
            }));
        }
        let requests = self.connection.graph.requests();
        let mut report = RunReport {
            run: self.run.to_owned(),
            tenant: TenantReport {
                id: Some(self.connection.tenant.id.clone()).filter(|id| !id.is_empty()),
                name: self.connection.tenant.name.clone(),
            },
            sheet: self.prepared.typed.display().to_string(),
            rows: self.prepared.survey.rows,
            outcomes: ui::outcome_counts(tally.outcomes.clone()),
            this_run: ThisRunReport {
                invited: tally.invited,
                mails_requested: tally.mails_requested,
                mails_unknown: tally.mails_unknown + own_unknown + perhaps_mailed,
                mails_handed_over: mails.handed_over,
                mails_due: due,
                mails_refused: refused,
                relinked: tally.relinked,
                checked: tally.checked,
                not_selected: tally.not_selected,
                forgotten: tally.forgotten,
                follow_ups: ui::follow_up_counts(&tally.follow_ups),
            },
            requests: RequestTotals {
                total: requests.total,
                throttled: requests.throttled,
                retried: requests.retried,
            },
            stopped_by: stopped_by.as_ref().map(|reason| reason.word().to_owned()),
            forecast: if self.prepared.options.dry_run {
                forecast::forecast(self.prepared, &tally)?
            } else {
                None
            },
            elapsed_seconds: self.prepared.began.elapsed().as_millis() as f64 / 1000.0,
            results: results.map(|path| path.display().to_string()),
            to_fix: to_fix.map(|path| path.display().to_string()),
            ledger: (!self.prepared.settings.invite.dry_run.value)
                .then(|| self.ledger_path().display().to_string()),
            exit_code: exit.code(),
        };
        if let Some(failure) = self.write_page(&report, &mut notes).err() {
            exit = exit.combine(failure.exit);
            report.exit_code = exit.code();
            ui::show_failure(&failure);
        }
        let json = serde_json::to_string(&report).map_err(anyhow::Error::from)?;
        let ended = writer
            .end_run(self.run, self.prepared.clock.now(), exit.code(), &json)
            .and_then(|()| writer.forget_old_rows(KEPT_RUNS))
            .and_then(|()| writer.checkpoint());
        if let Err(error) = ended
            && !self.ledger_is_gone
        {
            notes.push(format!("the ledger could not be closed completely ({error}); it is intact as long as its -wal file stays beside it"));
        }
        let changed = if self.prepared.options.dry_run {
            self.changed_addresses()?
        } else {
            Vec::new()
        };
        if self.prepared.output.json {
            let mut told = serde_json::to_value(&report).map_err(anyhow::Error::from)?;
            // Only printed: the report that the ledger keeps names nobody.
            if let Some(told) = told
                .as_object_mut()
                .filter(|_| self.prepared.options.dry_run)
            {
                told.insert("changed_addresses".into(), serde_json::json!(changed));
            }
            let mut out = ui::Out::stdout();
            out.json(&told)?;
            out.finish()?;
        }
        let stopped = stopped_by
            .as_ref()
            .map(|reason| self.stopped(reason, &tally));
        let first = stopped_by.as_ref().and_then(stop_message::first);
        let why = stopped.as_ref().map(|failure| {
            let lines = [slice::from_ref(&failure.what), &failure.hints].concat();
            lines.join("\n")
        });
        let job_files = self.prepared.job_files;
        let told = Told {
            stopped: why.as_deref(),
            first,
            by_hand: &tally.by_hand,
            notes: &notes,
        };
        self.with_summary(&report, &told, |summary| {
            job_files.ended(&report, &summary.markdown(exit), exit, self.prepared.clock);
            if self.prepared.output.quiet {
                summary.attention().into_iter().for_each(ui::tell);
            } else {
                ui::tell(summary.text());
            }
        });
        if self.prepared.output.quiet {
            stopped.iter().for_each(ui::show_failure);
        } else {
            stopped.iter().for_each(events::failed);
            if let Some(text) = changed_addresses::told(&changed, self.prepared.typed) {
                ui::tell(text);
            }
        }
        let word = stopped_by.as_ref().map(StopReason::word);
        new_run::ended(exit, word, &self.connection.graph);
        Ok(exit)
    }

    /// What sends mails of our own that are due, by the settings of this run.
    fn due_mails_leave(&self) -> String {
        let delivery = &self.prepared.settings.message.delivery;
        if self.prepared.own_mail.is_some() {
            return "the same command sends them".to_owned();
        }
        format!(
            "[message] delivery = \"{}\" ({}) sends none of them; with the \"graph\" or \"smtp\" that they were made for, the same command does, or `guestlist mail`",
            delivery.value.word(),
            delivery.source
        )
    }

    /// Guests who stand on the sheet under a new address would be invited as new people.
    fn changed_addresses(&self) -> Result<Vec<changed_addresses::Changed>> {
        let Prepared { sheet, rules, .. } = self.prepared;
        let reader = self.ledger.reader()?;
        changed_addresses::after_dry_run(sheet, rules, &reader, self.run)
    }

    fn ledger_path(&self) -> &Path {
        &self.prepared.settings.invite.ledger.value
    }

    /// The page about the run, where one is wanted.
    fn write_page(&self, report: &RunReport, notes: &mut Vec<String>) -> Result<()> {
        let Some(target) = &self.prepared.targets.report else {
            return Ok(());
        };
        let now = self.prepared.clock.now();
        let source = report::Source {
            ledger: self.ledger,
            path: self.ledger_path(),
            with_links: false,
            now,
        };
        let reader = self.ledger.reader()?;
        let mut facts = match reader.run(self.run)? {
            Some(run) => report::facts(&reader, &run)?,
            None => RunFacts::default(),
        };
        // It is written down after the page.
        facts.traffic = events::traffic();
        facts.id.clone_from(&report.run);
        facts.ended_at = Some(now);
        facts.add(report);
        let written = report::write_run(&source, &facts, target)?;
        notes.extend(written.notes);
        notes.push(format!("a page about this run: {}", written.path.display()));
        Ok(())
    }

    fn remember_corrections(&self, writer: &Writer, to_fix: Option<&Path>) -> Result<()> {
        let run = corrections::Run {
            id: self.run,
            sheet: &self.prepared.sheet,
            to_fix,
        };
        let reader = self.ledger.reader()?;
        let results = reader.results(self.run);
        corrections::remember(
            writer,
            &reader,
            &run,
            results.map(|row| row.map_err(Failure::from)),
        )
    }

    fn with_summary(&self, report: &RunReport, told: &Told<'_>, tell: impl FnOnce(&Summary<'_>)) {
        let again = self.prepared.output.command.again(self.prepared.typed);
        let status = self.prepared.output.command.status(self.prepared.typed);
        let fix = report.to_fix.as_ref().map(|to_fix| {
            self.prepared
                .output
                .command
                .with_sheet(self.prepared.typed, to_fix)
        });
        // Where the ledger cannot be read, the results still tell what is wrong.
        let problems = self.ledger.reader().map_err(Failure::from);
        let mut problems = problems
            .and_then(|reader| row_errors::errors(&reader, self.run))
            .unwrap_or_default();
        problems.retain(|problem| problem.code != FORGOTTEN.as_str());
        if !ui::stderr_is_terminal() {
            // A log says which rows, and not what stands in them.
            for problem in &mut problems {
                problem.text = None;
            }
        }
        tell(&Summary {
            report,
            dry_run: self.prepared.settings.invite.dry_run.value,
            stopped: told.stopped,
            first: told.first,
            again: &again,
            fix: fix.as_deref(),
            by_hand: told.by_hand,
            when_done: Some(&status)
                .filter(|_| report.exit_code == 0)
                .map(String::as_str),
            problems: &problems,
            notes: told.notes,
        });
    }

    fn stopped(&self, reason: &StopReason, tally: &RunTotals) -> Failure {
        let since = self.prepared.clock.now() - SignedDuration::from_hours(24);
        let asked = self
            .ledger
            .reader()
            .and_then(|reader| reader.asks_since(since));
        stop_message::stopped(&Stopped {
            reason,
            tenant: &self.connection.tenant.id,
            asked_today: asked.map_or(0, |asks| asks.len()),
            left: tally.of(Outcome::NotAttempted) - tally.not_selected,
            now: self.prepared.clock.now(),
        })
    }

    fn exit(&self, tally: &RunTotals, stopped_by: Option<&StopReason>, open: OpenEnds) -> Exit {
        let tolerated = &self.prepared.settings.invite.tolerate.value;
        let mut exit = stopped_by.map_or(Exit::Done, StopReason::exit);
        let unfinished = tally.failed_follow_ups() > 0 && !tolerated.contains(&Outcome::Invited);
        let mails_open = open.due + open.refused > 0 && !tolerated.contains(&Outcome::Invited);
        if unfinished || mails_open || tally.not_done(tolerated) > 0 || open.missing > 0 {
            exit = exit.combine(Exit::SomeRowsNotDone);
        }
        if tally.rows < self.prepared.survey.rows && stopped_by.is_none() {
            exit = exit.combine(Exit::Unexpected);
        }
        exit
    }
}

/// What is to be said of mails of our own.
fn mail_notes(mails: &MailTotals, due: u64, refused: u64, sent_by: &str) -> Vec<String> {
    let mut notes = Vec::new();
    if due > 0 {
        let mails = ui::text::plural_of(due, "mail has", "mails have");
        notes.push(format!(
            "{mails} not left yet: see `mail` = due in the results; {sent_by}"
        ));
    }
    if refused > 0 {
        let mails = ui::text::plural_of(refused, "mail was", "mails were");
        notes.push(format!(
            "{mails} refused: see `error` in the results; when that is corrected, --retry-refused sends them"
        ));
    }
    if mails.not_pending > 0 {
        let guests = ui::text::plural_of(mails.not_pending, "guest was", "guests were");
        notes.push(format!(
            "{guests} not mailed, because the invitation is not pending any more, or not seen yet: see `hint` in the results"
        ));
    }
    if mails.passed_over > 0 {
        let people = ui::text::plural_of(mails.passed_over, "person was", "people were");
        notes.push(format!(
            "{people} not mailed, because an earlier mail to the same user may have left, under this address or another one"
        ));
    }
    notes
}
