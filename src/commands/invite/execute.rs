//! Starts the engine: for the run itself, or for a rehearsal that shows what would happen.

use super::{
    super::{
        own_mail::{self, MailTotals, MailsOf, Names},
        progress, reading_choices, row_errors,
    },
    finish::Finish,
    prepared::Prepared,
    ready::Ready,
};
use crate::{
    engine::{self, MailBy, Options, RunEnd, RunJob, RunTotals},
    exit::Exit,
    failure::Result,
    ledger::{AskedBefore, Ledger, RunLock, RunStart, SilentFirst},
    outcome::{Mail, Outcome},
    ui::{self, ProgressMode, RunErrorShown},
};
use tokio::sync::watch;

/// Runs the engine, then writes the files and reports the result.
pub(super) async fn run(prepared: &Prepared<'_>, ready: &Ready) -> Result<Exit> {
    let start = start(prepared, ready);
    let run = start.id.clone();
    let right = Right {
        ledger: &prepared.ledger,
        generation: ready.lock.as_ref().map(RunLock::generation),
        silent_first: ready.silent_first,
    };
    let options = options(prepared, ready);
    let mut end = run_engine(prepared, ready, right, start, options).await?;
    let mails = mail(prepared, ready, &run, &mut end).await?;
    let finish = Finish {
        prepared,
        connection: &ready.connection,
        run: &run,
        ledger: &prepared.ledger,
        ledger_is_gone: false,
        mails,
    };
    finish.tell(end, &ready.warnings)
}

/// The mails of our own that are due, once everybody is invited. After a stop none leaves.
async fn mail(
    prepared: &Prepared<'_>,
    ready: &Ready,
    run: &str,
    end: &mut RunEnd,
) -> Result<MailTotals> {
    let (Some(own), None) = (&prepared.own_mail, &end.unwritten) else {
        return Ok(MailTotals::default());
    };
    if prepared.options.dry_run {
        return Ok(MailTotals::default());
    }
    let reader = prepared.ledger.reader()?;
    let states: &[Mail] = if prepared.options.retry_refused {
        &[Mail::Due, Mail::Refused]
    } else {
        &[Mail::Due]
    };
    let rows = reader.rows_with_mail(run, states)?;
    let mails = MailsOf {
        own,
        graph: &ready.connection.graph,
        directory: &ready.directory,
        may_be_older: ready.silent_first.is_some(),
        names: Names::of(&ready.connection, own),
        sheet: &prepared.sheet,
        rules: &prepared.rules,
        reader: &reader,
        writer: &end.writer,
        run,
        told_in: Some(run),
        asked_before: AskedBefore {
            unknown_too: false,
            refused_too: prepared.options.retry_refused,
        },
        clock: prepared.clock,
        stop: &prepared.stop,
        quiet: prepared.output.quiet,
        expected: rows.len() as u64,
    };
    let sending = own_mail::send(&mails, |guest, person| {
        rows.binary_search(&guest.row).is_ok()
            && person.mail.is_some_and(|mail| states.contains(&mail))
    });
    // Everybody is invited, and the results say so, whatever keeps the mails back.
    let totals = Box::pin(sending).await;
    end.stopped_by = prepared.stop.reason();
    Ok(totals)
}

/// What a run would do.
pub(super) struct Rehearsed {
    pub end: RunEnd,
    /// The rows whose people would be mailed, in their order.
    pub mailed: Vec<u64>,
    /// How many of them are invited with that; for the others only a mail of our own is due.
    pub newly_mailed: u64,
    /// The rows, in their order, whose guests would get what an invitation cannot carry.
    pub changed: Vec<u64>,
    /// What is wrong with which rows.
    pub problems: Vec<RunErrorShown>,
}

/// Finds out what would happen, with the same code as a real run, on a private copy of the ledger.
pub(super) async fn rehearse(prepared: &Prepared<'_>, ready: &Ready) -> Result<Rehearsed> {
    let ledger = Ledger::rehearsal(&prepared.settings.invite.ledger.value)?;
    ledger.bind(&ready.connection.tenant, prepared.clock.now())?;
    let right = Right {
        ledger: &ledger,
        generation: None,
        silent_first: None,
    };
    let options = Options {
        dry_run: true,
        ..options(prepared, ready)
    };
    let start = RunStart {
        verb: engine::REHEARSAL,
        ..start(prepared, ready)
    };
    let (run, update_existing) = (start.id.clone(), options.update_existing);
    let end = run_engine(prepared, ready, right, start, options).await?;
    let reader = ledger.reader()?;
    let mut rehearsed = Rehearsed {
        changed: reader.rows_with_follow_ups(&run, update_existing)?,
        problems: row_errors::errors(&reader, &run)?,
        end,
        mailed: Vec::new(),
        newly_mailed: 0,
    };
    for row in reader.results(&run) {
        let row = row?;
        let is_new = row.outcome == Outcome::WouldInvite;
        let is_mailed = match row.mail {
            Some(Mail::Requested) => is_new,
            Some(Mail::Due) => prepared.own_mail.is_some(),
            _ => false,
        };
        if is_mailed {
            rehearsed.mailed.push(row.row);
            rehearsed.newly_mailed += u64::from(is_new);
        }
    }
    rehearsed.mailed.sort_unstable();
    Ok(rehearsed)
}

/// What the engine is asked to do in this tenant: where Microsoft mails nobody, no row may look as if it did.
fn options(prepared: &Prepared<'_>, ready: &Ready) -> Options {
    let mut options = prepared.options.clone();
    options.words_of = Some(prepared.words_from().for_engine());
    if ready.connection.is_external && options.mail_by == MailBy::Microsoft {
        options.mail_by = MailBy::Nobody;
    }
    options
}

/// A ledger and the right to run on it.
struct Right<'a> {
    ledger: &'a Ledger,
    /// None for a rehearsal.
    generation: Option<i64>,
    silent_first: Option<SilentFirst>,
}

async fn run_engine(
    prepared: &Prepared<'_>,
    ready: &Ready,
    right: Right<'_>,
    start: RunStart,
    options: Options,
) -> Result<RunEnd> {
    let (tally, totals) = watch::channel(RunTotals::default());
    let mode = ProgressMode::choose(prepared.output.quiet, ui::stderr_is_terminal());
    let rows = prepared.survey.rows;
    let view = progress::show(totals, rows, options.dry_run, mode);
    let end = engine::run(RunJob {
        start,
        sheet: prepared.sheet.clone(),
        rules: prepared.rules.clone(),
        compose: prepared.compose(&ready.connection),
        ledger: right.ledger,
        generation: right.generation,
        silent_first: right.silent_first,
        options,
        directory: ready.directory.clone(),
        pace: prepared.pace.clone(),
        named: ready.named.clone(),
        clock: prepared.clock.clone(),
        stop: prepared.stop.clone(),
        tally,
    })
    .await;
    view.finish().await;
    end
}

fn start(prepared: &Prepared<'_>, ready: &Ready) -> RunStart {
    let sheet = &prepared.sheet;
    RunStart {
        sheet_path: sheet.place().map(|place| place.display().to_string()),
        reading: reading_choices::to_remember(sheet.options()),
        ..prepared.run.start(&ready.connection)
    }
}
