//! Starts the parts of a run (feeder, prechecker, workers, settler, recorder), connects them by queues, and waits for them.

use super::{
    Compose, Options,
    calibration::Calibration,
    canary::{self, CANARY},
    caps::Caps,
    conclude::WorkResult,
    feeder::Feeder,
    follow_ups::FollowUps,
    outage::Outage,
    owed::FollowUpRules,
    parked::Parked,
    prechecker::Prechecker,
    rate_steps::ramp,
    recorder::{Recorder, Unwritten},
    settle::settle,
    state::EngineState,
    stop::{Stop, StopReason},
    totals::RunTotals,
    verify::verify,
    worker::{Work, process},
    worker_limit::WorkerLimit,
};
use crate::{
    clock::Clock,
    directory::{Directory, LookupBatcher, NamedObjects, UserLookup},
    failure::Result,
    guest::Rules,
    ledger::{Ledger, RunStart, SilentFirst, Writer},
    pace::Pace,
    sheet::Sheet,
    threshold::Threshold,
};
use jiff::SignedDuration;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, Weak, atomic::AtomicBool},
    time::Duration,
};
use tokio::{
    sync::{Mutex, mpsc, watch},
    task::JoinSet,
};

/// The most rows that may wait to be settled. When there are more, the workers wait too.
const PARKED: usize = 200;
/// The most decided rows that may wait for a worker.
const DECIDED: usize = 64;
/// A run that makes no progress for this long ends.
const STUCK: Duration = Duration::from_secs(15 * 60);
/// A percentage of failures is judged only after this many rows were sent.
const PILE: u64 = crate::threshold::JUDGED_AFTER;

/// The verb of a run that only finds out what would happen, before a person is asked.
pub(crate) const REHEARSAL: &str = "rehearsal";

/// Everything a run needs.
pub(crate) struct RunJob<'a> {
    pub start: RunStart,
    pub sheet: Arc<Sheet>,
    pub rules: Rules,
    /// Words of a template for Microsoft's mail.
    pub compose: Option<Compose>,
    pub ledger: &'a Ledger,
    /// The generation of the ledger that this run raised; a dry run has none.
    pub generation: Option<i64>,
    /// Set when the ledger may be older than the tenant.
    pub silent_first: Option<SilentFirst>,
    pub options: Options,
    pub directory: Directory,
    pub pace: Pace,
    pub named: Arc<NamedObjects>,
    pub clock: Clock,
    pub stop: Stop,
    pub tally: watch::Sender<RunTotals>,
}

pub(crate) struct RunEnd {
    pub tally: RunTotals,
    pub stopped_by: Option<StopReason>,
    /// What could not be found out in the tenant, in whole sentences.
    pub notes: Vec<String>,
    /// Given back, so that the end of the run can be recorded.
    pub writer: Writer,
    /// If the ledger failed: the outcomes that it could not take. Rows for which nothing was sent may be missing here.
    pub unwritten: Option<Vec<Unwritten>>,
}

/// Moves every row of the sheet to its outcome, or to `not-attempted` when the run stops.
pub(crate) async fn run(job: RunJob<'_>) -> Result<RunEnd> {
    let RunJob {
        start,
        sheet,
        rules,
        compose,
        ledger,
        generation,
        silent_first,
        options,
        directory,
        pace,
        named,
        clock,
        stop,
        tally,
    } = job;
    let options = Arc::new(options);
    let run = start.id.clone();
    let reader = ledger.reader()?;
    let writer = ledger.writer(generation)?;
    writer.start_run(&start)?;
    let corrected = match &start.sheet_path {
        Some(sheet) => reader.corrected_in(sheet)?,
        None => HashMap::new(),
    };
    let recent = match options.daily_cap {
        Some(_) => reader.asks_since(clock.now() - SignedDuration::from_hours(24))?,
        None => Vec::new(),
    };
    let canary = if !options.dry_run && reader.verified()? == 0 {
        // Guests who were invited earlier and are still not found are reported as missing.
        let day_ago = clock.now() - SignedDuration::from_hours(24);
        Some(reader.unseen(day_ago, CANARY)?)
    } else {
        None
    };
    let totals = tally.subscribe();
    let is_real = start.verb != REHEARSAL;
    let (recorder, recording) = Recorder::start(writer, run.clone(), stop.clone(), tally, is_real);
    let follow_ups = FollowUps::new(
        directory.graph(),
        &recorder,
        ledger.reader()?,
        &stop,
        &clock,
        generation,
        &options,
    );
    let engine = Arc::new(EngineState {
        follow_ups,
        graph: directory.graph().clone(),
        lookup_batcher: LookupBatcher::new(directory.clone()),
        user_lookup: UserLookup::new(directory.clone()),
        caps: Caps::new((&*options).into(), recent, clock.clone()),
        worker_limit: WorkerLimit::new(
            options.workers,
            pace.rising_target().filter(|_| options.workers_follow_rate),
            pace.is_unlimited(),
        ),
        options: options.clone(),
        directory,
        pace,
        recorder,
        stop: stop.clone(),
        clock: clock.clone(),
        calibration: Calibration::new(clock.clone()),
        outage: Outage::default(),
        throttles_doubted: AtomicBool::new(false),
        reader: StdMutex::new(ledger.reader()?),
        generation,
        silent_first,
        refused_domains: StdMutex::new(HashMap::new()),
        rows_without_mail: StdMutex::default(),
    });
    let watchers = watchers(&engine, &totals);

    let feeder = Feeder {
        sheet,
        rules,
        compose,
        reader: ledger.reader()?,
        recorder: engine.recorder.clone(),
        follow_up_rules: FollowUpRules::of(&options, named.sponsors.afterwards()),
        named,
        options,
        corrected,
        forgotten: ledger.reader()?.forgotten()?,
        clock,
        stop: stop.clone(),
    };
    let (steps, feeding) = feeder.start();
    let (work, decided) = mpsc::channel(DECIDED);
    let (park, parked) = mpsc::channel(1);
    let settling = tokio::spawn(settler(engine.clone(), parked));
    let scouting = tokio::spawn(
        Prechecker {
            engine: engine.clone(),
            work,
            park: park.clone(),
        }
        .prechecker(steps),
    );
    let new_guests = ledger.reader()?;
    tokio::select! {
        () = workers(&engine, decided, park, canary) => {}
        () = ramp(&engine, &run, &new_guests, totals.clone()) => {}
    }

    // All tasks that pass rows on have ended. The rows of a task that panicked are left to the next run.
    let busy = scouting.await.unwrap_or(true);
    let _ = settling.await;
    let _ = tokio::task::spawn_blocking(|| feeding.join()).await;
    engine.follow_ups.end().await;
    // Whoever needed no look was found within a day.
    if busy && !engine.options.dry_run {
        verify(&engine, &run, &reader).await;
    }
    drop(watchers);
    engine.recorder.flush().await;
    let mut notes = engine.user_lookup.notes();
    notes.extend(engine.follow_ups.notes());
    notes.extend(engine.note_without_mail());
    drop(engine);
    let (writer, unwritten) = tokio::task::spawn_blocking(|| recording.join())
        .await
        .ok()
        .and_then(std::result::Result::ok)
        .ok_or_else(|| {
            anyhow::anyhow!(
                "the recorder ended unexpectedly; the ledger holds what it had written by then"
            )
        })?;
    if !writer.is_in_place() {
        stop.raise(StopReason::LedgerGone);
    }
    let tally = totals.borrow().clone();
    Ok(RunEnd {
        tally,
        stopped_by: stop.reason(),
        notes,
        writer,
        unwritten,
    })
}

/// Works on decided rows until there are no more: first the canary, then all workers.
async fn workers(
    engine: &Arc<EngineState>,
    mut decided: mpsc::Receiver<Work>,
    park: mpsc::Sender<Parked>,
    canary: Option<HashMap<String, i64>>,
) {
    if let Some(earlier) = canary {
        canary::canary(engine, earlier, &mut decided, &park).await;
    }
    let decided = Arc::new(Mutex::new(decided));
    let mut worker_limit = JoinSet::new();
    for _ in 0..engine.worker_limit.most() {
        let (engine, decided, park) = (engine.clone(), decided.clone(), park.clone());
        worker_limit.spawn(async move {
            loop {
                let work = decided.lock().await.recv().await;
                let Some(work) = work else { break };
                let place = engine.worker_limit.join().await;
                let result = process(&engine, work).await;
                drop(place);
                if let WorkResult::Park(parked) = result {
                    // The settler ends after the workers, so it takes every row.
                    let _ = park.send(*parked).await;
                }
            }
        });
    }
    drop(park);
    worker_limit.join_all().await;
    engine.calibration.no_more();
}

/// Settles the parked rows, each in a task of its own.
async fn settler(engine: Arc<EngineState>, mut parked: mpsc::Receiver<Parked>) {
    let mut rows = JoinSet::new();
    loop {
        if rows.len() >= PARKED {
            // While there is no room nothing new is sent, so no new guest can show by which clock guests are dated.
            engine.calibration.no_more();
        }
        tokio::select! {
            row = parked.recv(), if rows.len() < PARKED => match row {
                Some(row) => {
                    engine.recorder.parked(1).await;
                    let engine = engine.clone();
                    rows.spawn(async move { settle(&engine, row).await });
                }
                None => break,
            },
            Some(_) = rows.join_next() => engine.recorder.parked(-1).await,
        }
    }
    while rows.join_next().await.is_some() {
        engine.recorder.parked(-1).await;
    }
}

/// Ends a run that makes no progress, whatever the reason is.
async fn progress(engine: Weak<EngineState>, mut totals: watch::Receiver<RunTotals>) {
    loop {
        let changed = tokio::time::timeout(STUCK, totals.changed()).await;
        let Some(engine) = engine.upgrade() else {
            return;
        };
        match changed {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) if engine.caps.waiting() || engine.user_lookup.is_walking() => {}
            Err(_) => engine.stop.raise(StopReason::Unreachable {
                why: format!("no row made progress for {} minutes", STUCK.as_secs() / 60),
            }),
        }
    }
}

/// Records in the ledger until when the server asked to wait: a run that is started again must not ask sooner.
async fn keep_waits(pace: Pace, recorder: Recorder, clock: Clock) {
    loop {
        pace.asked().await;
        let wait = pace
            .asked_for()
            .and_then(|left| SignedDuration::try_from(left).ok());
        if let Some(until) = wait.and_then(|wait| clock.now().checked_add(wait).ok()) {
            recorder.wait_until(until).await;
        }
    }
}

/// Tasks that only watch: the progress, the waits, and the share of failures. They end when dropped.
fn watchers(engine: &Arc<EngineState>, totals: &watch::Receiver<RunTotals>) -> JoinSet<()> {
    let mut watchers = JoinSet::new();
    let (options, stop) = (&engine.options, &engine.stop);
    watchers.spawn(progress(Arc::downgrade(engine), totals.clone()));
    let (pace, recorder, clock) = (&engine.pace, &engine.recorder, &engine.clock);
    watchers.spawn(keep_waits(pace.clone(), recorder.clone(), clock.clone()));
    let (limit, stop, mut totals) = (options.max_failures, stop.clone(), totals.clone());
    watchers.spawn(async move {
        while totals.changed().await.is_ok() {
            let (bad, asked) = {
                let tally = totals.borrow_and_update();
                (tally.bad, tally.asked)
            };
            let judged = matches!(limit, Threshold::Count(_)) || asked >= PILE;
            if judged && limit.is_exceeded_by(bad, asked) {
                stop.raise(StopReason::TooManyFailures { bad, of: asked });
            }
        }
    });
    watchers
}
