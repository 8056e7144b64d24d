//! The sending itself, and what is written, told and kept at its end.

use super::{Job, Verb, targets::Targets, told};
use crate::{
    commands::{
        files,
        invite::stop_message::{self, Stopped},
        new_run,
        own_mail::{self, MailsOf},
    },
    engine::StopReason,
    exit::Exit,
    failure::Result,
    ledger::AskedBefore,
    outcome::Mail,
    ui::{self, text},
};
use jiff::SignedDuration;
use std::{cell::Cell, collections::HashMap, path::PathBuf};

impl Verb<'_> {
    pub(super) async fn send(&self, job: &Job<'_>, targets: &Targets) -> Result<Exit> {
        let session = self.session;
        let writer = session.ledger.writer(Some(job.lock.generation()))?;
        let start = session.run.start(job.connection);
        let run = start.id.clone();
        writer.start_run(&start)?;
        let rows: HashMap<u64, Mail> = targets
            .people
            .iter()
            .map(|target| (target.row, target.mail))
            .collect();
        let most = self.typed.max_mails.unwrap_or(u64::MAX);
        let (taken, held_back) = (Cell::new(0_u64), Cell::new(0_u64));
        let mails = MailsOf {
            own: self.own,
            graph: &job.connection.graph,
            directory: &job.directory,
            // Refused before.
            may_be_older: false,
            names: job.names.clone(),
            sheet: job.sheet,
            rules: job.rules,
            reader: job.reader,
            writer: &writer,
            run: &run,
            told_in: job.told_in.map(|run| run.id.as_str()),
            asked_before: AskedBefore {
                unknown_too: self.typed.include_unknown,
                refused_too: self.typed.retry_refused,
            },
            clock: session.clock,
            stop: &session.stop,
            quiet: self.quiet,
            expected: (targets.people.len() as u64).min(most),
        };
        let sending = own_mail::send(&mails, |guest, person| {
            let target = rows.get(&guest.row);
            let is_target = target.is_some_and(|mail| person.mail == Some(*mail));
            if is_target && taken.get() >= most {
                held_back.set(held_back.get() + 1);
                return false;
            }
            taken.set(taken.get() + u64::from(is_target));
            is_target
        });
        let totals = Box::pin(sending).await;
        if held_back.get() > 0 {
            session.stop.raise(StopReason::OwnMail {
                exit: Exit::CapReached,
                what: format!("--max-mails {most} is reached"),
                hints: vec![format!("{} are left", text::number(held_back.get()))],
            });
        }
        let reason = session.stop.reason();
        let day_ago = session.clock.now() - SignedDuration::from_hours(24);
        let asked = session
            .ledger
            .reader()
            .and_then(|reader| reader.asks_since(day_ago));
        let asked_today = asked.map_or(0, |asks| asks.len());
        let stopped = reason.as_ref().map(|reason| {
            stop_message::stopped(&Stopped {
                reason,
                tenant: &job.connection.tenant.id,
                asked_today,
                left: 0,
                now: session.clock.now(),
            })
        });
        let exit = match &stopped {
            Some(failure) => failure.exit,
            None if totals.due + totals.refused + totals.not_looked_up > 0 => Exit::SomeRowsNotDone,
            None => Exit::Done,
        };
        // What has left is in the ledger, so a file that cannot be written does not end the run here.
        let written = self.write_results(job);
        let exit = match &written {
            Ok(_) => exit,
            Err(failure) => exit.combine(failure.exit),
        };
        let end = told::End {
            run: Some(&run),
            stopped: stopped.as_ref(),
            stopped_by: reason.as_ref().map(StopReason::word),
            results: written.as_ref().ok().and_then(Option::as_deref),
            exit,
        };
        let sheet = &self.typed.sheet;
        let report = told::report(sheet, targets, &totals, job.connection, &end);
        writer.end_run(&run, session.clock.now(), exit.code(), &report.to_string())?;
        writer.checkpoint()?;
        if self.typed.json {
            let mut out = ui::Out::stdout();
            out.json(&report)?;
            out.finish()?;
        }
        if !self.quiet || exit != Exit::Done {
            told::tell(&totals);
        }
        stopped.iter().for_each(ui::show_failure);
        if let Err(failure) = written {
            ui::show_failure(&failure);
        }
        let word = reason.as_ref().map(StopReason::word);
        new_run::ended(exit, word, &job.connection.graph);
        Ok(exit)
    }

    /// The results of this sheet as it is now, with what is known of the mails now; none where no run of it is known.
    fn write_results(&self, job: &Job<'_>) -> Result<Option<PathBuf>> {
        let Some(told_in) = job.told_in else {
            if !self.quiet {
                ui::tell(
                    "the ledger knows no run of this sheet at this place, so no results are written",
                );
            }
            return Ok(None);
        };
        let run = files::Run {
            id: &told_in.id,
            incomplete: told_in.ended_at.is_none(),
            by_address: true,
            unwritten: &[],
            rules: job.rules,
        };
        let links = self.session.settings.invite.links.value;
        let ledger = &self.session.ledger;
        let written = files::write(ledger, run, Some(job.sheet), job.results, None, links)?;
        if !self.quiet {
            written.notes.iter().for_each(ui::tell);
            ui::tell(format!("results: {}", written.results.display()));
        }
        Ok(Some(written.results))
    }
}
