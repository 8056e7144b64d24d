//! The one writer. Everybody sends it events; it makes them durable in groups and keeps the totals.
//!
//! Must not decide anything about a row. An intent is acknowledged only after its group is on disk.

use super::{
    stop::{Stop, StopReason},
    totals::RunTotals,
};
use crate::{
    events,
    ledger::{Answered, FollowUpRecord, Found, Intent, IntentId, LedgerError, NoIntent, Writer},
    outcome::{FollowUpKind, FollowUpState, RowResult, ThisRun, Verified},
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::{mpsc, oneshot, watch};

/// How many events may wait, and how many go into one group.
const QUEUE: usize = 1024;
const GROUP: usize = 512;
/// After a group with so many intents the next one waits a moment for more events: each group costs the same pages and
/// a wait for the disk.
const BUSY: usize = 4;
const WINDOW: Duration = Duration::from_micros(100);
/// Events that nobody waits for and that the next run finds out again are collected for this long, looking every so often.
const UNHURRIED: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_millis(1);

#[derive(Debug)]
enum LedgerEvent {
    Intent(Box<Intent>, oneshot::Sender<Result<IntentId, NoIntent>>),
    Answered(Box<Answered>),
    Row(Box<RowResult>, Option<i64>, CountsAs),
    Verified {
        person: i64,
        verified: Verified,
        redemption: Option<String>,
        at: Timestamp,
    },
    /// What became of one change of a guest: a line for each follow-up that it made.
    FollowUp {
        records: Vec<FollowUpRecord>,
        /// It was so before; nothing was changed.
        was_so: bool,
    },
    /// Something that a row names could not be looked up or used.
    Waits(FollowUpKind),
    /// A real run would fetch a link for a guest who is there already.
    WouldRelink,
    Parked(i64),
    /// The server asked not to be asked before this.
    WaitUntil(Timestamp),
    /// Everything sent before is on disk.
    Flush(oneshot::Sender<()>),
}

/// How a row counts for the rule that stops a run when failures pile up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CountsAs {
    /// Nothing was asked for it.
    Light,
    /// Asked, and it went well.
    Good,
    /// Asked, and it ended badly.
    Bad,
}

/// An outcome that the ledger could not take, with what its answer said.
#[derive(Debug)]
pub(crate) struct Unwritten {
    pub result: RowResult,
    pub person: Option<i64>,
}

/// The writer given back, and what it could not take where the ledger failed.
type Recorded = (Writer, Option<Vec<Unwritten>>);

/// A handle to the recorder; cheap to clone. The recorder ends when the last one is dropped.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    events: mpsc::Sender<LedgerEvent>,
}

/// Why an intent is not in the ledger.
#[derive(Debug, Clone, Copy)]
pub(super) enum NotRecorded {
    /// The ledger can take nothing more, is gone, or is another run's; the run is stopping.
    Stopping,
    /// Another run has learnt something about the person meanwhile.
    Changed,
}

impl Recorder {
    pub(super) fn start(
        writer: Writer,
        run: String,
        stop: Stop,
        tally: watch::Sender<RunTotals>,
        is_logged: bool,
    ) -> (Self, JoinHandle<Recorded>) {
        let (events, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || {
            RecorderThread {
                writer,
                run,
                stop,
                tally,
                is_logged,
                unwritten_events: Vec::new(),
                traffic_kept: Instant::now(),
                failed: false,
            }
            .work(queue)
        });
        (Self { events }, thread)
    }

    /// Durable when it returns.
    pub(super) async fn intent(&self, intent: Intent) -> Result<IntentId, NotRecorded> {
        let (done, durable) = oneshot::channel();
        self.events
            .send(LedgerEvent::Intent(Box::new(intent), done))
            .await
            .map_err(|_| NotRecorded::Stopping)?;
        let recorded = durable.await.map_err(|_| NotRecorded::Stopping)?;
        recorded.map_err(|why| match why {
            NoIntent::TakenOver | NoIntent::Gone => NotRecorded::Stopping,
            NoIntent::Changed => NotRecorded::Changed,
        })
    }

    pub(super) async fn answered(&self, answered: Answered) {
        self.send(LedgerEvent::Answered(Box::new(answered))).await;
    }

    /// The outcome of a row for which nothing was asked; for the feeder, which has a thread of its own. False: nobody takes it
    /// any more.
    pub(super) fn told(&self, result: Box<RowResult>, person: Option<i64>) -> bool {
        let event = LedgerEvent::Row(result, person, CountsAs::Light);
        self.events.blocking_send(event).is_ok()
    }

    /// A row's outcome; sent after its answer, so never on disk before it.
    pub(super) async fn row(&self, result: RowResult, person: Option<i64>, counts_as: CountsAs) {
        self.send(LedgerEvent::Row(Box::new(result), person, counts_as))
            .await;
    }

    pub(super) async fn verified(
        &self,
        person: i64,
        verified: Verified,
        redemption: Option<String>,
        at: Timestamp,
    ) {
        self.send(LedgerEvent::Verified {
            person,
            verified,
            redemption,
            at,
        })
        .await;
    }

    /// Sent before the row, so never on disk after it.
    pub(super) async fn follow_up(&self, records: Vec<FollowUpRecord>, was_so: bool) {
        self.send(LedgerEvent::FollowUp { records, was_so }).await;
    }

    /// Something that a row names could not be looked up or used; nothing is written down.
    pub(super) async fn waits(&self, kind: FollowUpKind) {
        self.send(LedgerEvent::Waits(kind)).await;
    }

    /// A real run would fetch a link for a guest who is there already; nothing is written down.
    pub(super) async fn would_relink(&self) {
        self.send(LedgerEvent::WouldRelink).await;
    }

    pub(super) async fn wait_until(&self, until: Timestamp) {
        self.send(LedgerEvent::WaitUntil(until)).await;
    }

    /// Returns when everything sent before can be read from the ledger.
    pub(super) async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        self.send(LedgerEvent::Flush(done)).await;
        let _ = flushed.await;
    }

    /// One more row waits to be settled (or, with -1, no longer).
    pub(super) async fn parked(&self, change: i64) {
        events::settling(change);
        self.send(LedgerEvent::Parked(change)).await;
    }

    async fn send(&self, event: LedgerEvent) {
        // A recorder that is gone has raised the stop itself; what is lost here is asked of the tenant again.
        let _ = self.events.send(event).await;
    }
}

/// How often the throttles and waits of a run are written down while it goes on.
const KEEP_TRAFFIC: Duration = Duration::from_secs(5);

struct RecorderThread {
    writer: Writer,
    run: String,
    stop: Stop,
    tally: watch::Sender<RunTotals>,
    /// Whether what happens here happens: not in a rehearsal.
    is_logged: bool,
    /// Facts that a failing disk did not take: tried again with the next group and at the end.
    unwritten_events: Vec<LedgerEvent>,
    /// Whether anything was ever not taken.
    failed: bool,
    /// When the throttles and waits of the run were written down.
    traffic_kept: Instant,
}

impl RecorderThread {
    fn work(mut self, mut queue: mpsc::Receiver<LedgerEvent>) -> Recorded {
        let mut group = Vec::with_capacity(GROUP);
        let mut busy = false;
        loop {
            group.clear();
            if queue.blocking_recv_many(&mut group, GROUP) == 0 {
                break;
            }
            if busy {
                std::thread::sleep(WINDOW);
                fill(&mut group, &mut queue);
            }
            let began = Instant::now();
            while group.len() < GROUP
                && group.iter().all(may_wait)
                && began.elapsed() < UNHURRIED
                && !queue.is_closed()
            {
                std::thread::sleep(LOOK);
                fill(&mut group, &mut queue);
            }
            busy = group.iter().filter(|event| is_intent(event)).count() >= BUSY;
            let events = std::mem::take(&mut group);
            self.keep(events);
        }
        let unwritten_events = std::mem::take(&mut self.unwritten_events);
        if !unwritten_events.is_empty() {
            self.keep(unwritten_events);
        }
        for event in &self.unwritten_events {
            self.count(event);
        }
        let unwritten = self.failed.then(|| unwritten(self.unwritten_events));
        (self.writer, unwritten)
    }

    /// Makes a group durable, then tells those who wait for it.
    fn keep(&mut self, events: Vec<LedgerEvent>) {
        let mut events: Vec<LedgerEvent> = std::mem::take(&mut self.unwritten_events)
            .into_iter()
            .chain(events)
            .collect();
        match self.commit(&events) {
            Ok(intents) => {
                let mut intents = intents.into_iter();
                for event in events {
                    match event {
                        // The asker may have been stopped meanwhile: then the intent stays open and is looked up.
                        LedgerEvent::Intent(_, done) => {
                            if let Some(recorded) = intents.next() {
                                match recorded {
                                    Err(NoIntent::TakenOver) => self.taken_over(),
                                    Err(NoIntent::Gone) => self.stop.raise(StopReason::LedgerGone),
                                    Ok(_) | Err(NoIntent::Changed) => {}
                                }
                                let _ = done.send(recorded);
                            }
                        }
                        LedgerEvent::Flush(done) => drop(done.send(())),
                        event => self.count(&event),
                    }
                }
            }
            Err(error) => {
                self.failed = true;
                self.stop.raise((&error).into());
                // Whoever waits for an intent hears that there is none. Answers and what came of them are kept; a row
                // for which nobody was asked is told again from the sheet and the ledger.
                events.retain(|event| match event {
                    LedgerEvent::Intent(..) | LedgerEvent::Flush(_) => false,
                    LedgerEvent::Row(result, _, CountsAs::Light)
                        if result.this_run != Some(ThisRun::Checked) =>
                    {
                        self.count(event);
                        false
                    }
                    _ => true,
                });
                self.unwritten_events = events;
            }
        }
    }

    fn taken_over(&self) {
        self.stop.raise(StopReason::TakenOver {
            by: self.writer.holder().unwrap_or_default(),
        });
    }

    fn commit(
        &mut self,
        events: &[LedgerEvent],
    ) -> Result<Vec<Result<IntentId, NoIntent>>, LedgerError> {
        let kept = self.writer.begin().and_then(|()| {
            let intents = self.write(events)?;
            if self.is_logged && self.traffic_kept.elapsed() >= KEEP_TRAFFIC {
                self.traffic_kept = Instant::now();
                self.writer.keep_traffic(&self.run)?;
            }
            self.writer.commit()?;
            Ok(intents)
        });
        if kept.is_err() {
            self.writer.rollback();
        }
        kept
    }

    fn write(
        &self,
        events: &[LedgerEvent],
    ) -> Result<Vec<Result<IntentId, NoIntent>>, LedgerError> {
        let mut intents = Vec::new();
        let stands = self.writer.stands()?;
        let in_place = !events.iter().any(is_intent) || self.writer.is_in_place();
        for event in events {
            match event {
                LedgerEvent::Intent(..) if !in_place => intents.push(Err(NoIntent::Gone)),
                LedgerEvent::Intent(..) if !stands => intents.push(Err(NoIntent::TakenOver)),
                LedgerEvent::Intent(intent, _) => {
                    intents.push(self.writer.intent(&self.run, intent)?);
                }
                LedgerEvent::Answered(answered) => {
                    self.writer.answered(&self.run, answered, stands)?;
                }
                LedgerEvent::Row(result, person, _) => {
                    self.writer.row(&self.run, *person, result)?;
                }
                LedgerEvent::Verified {
                    person,
                    verified,
                    redemption,
                    at,
                } => {
                    self.writer
                        .verified(*person, *verified, redemption.as_deref(), *at)?;
                }
                LedgerEvent::FollowUp { records, .. } => {
                    // What another run has taken over is its own to conclude; what was done is done.
                    let is_kept =
                        |record: &&FollowUpRecord| stands || record.state == FollowUpState::Done;
                    for record in records.iter().filter(is_kept) {
                        self.writer.follow_up(&self.run, record)?;
                    }
                }
                LedgerEvent::WaitUntil(until) => self.writer.wait_until(*until)?,
                LedgerEvent::Parked(_)
                | LedgerEvent::Waits(_)
                | LedgerEvent::WouldRelink
                | LedgerEvent::Flush(_) => {}
            }
        }
        Ok(intents)
    }

    fn count(&self, event: &LedgerEvent) {
        if self.is_logged {
            log(event);
        }
        self.tally.send_if_modified(|tally| match event {
            LedgerEvent::Row(result, _, counts_as) => {
                tally.count(result);
                tally.asked += u64::from(*counts_as != CountsAs::Light);
                tally.bad += u64::from(*counts_as == CountsAs::Bad);
                true
            }
            LedgerEvent::FollowUp { records, was_so } => {
                if let Some(record) = records.first() {
                    tally.follow_up(record.key.kind, record.state, *was_so);
                }
                true
            }
            LedgerEvent::Waits(kind) => {
                tally.follow_up(*kind, FollowUpState::Waiting, false);
                true
            }
            LedgerEvent::WouldRelink => {
                tally.would_relink += 1;
                true
            }
            LedgerEvent::Parked(change) => {
                tally.parked = tally.parked.saturating_add_signed(*change);
                true
            }
            _ => false,
        });
    }
}

/// Adds what is there already.
fn fill(group: &mut Vec<LedgerEvent>, queue: &mut mpsc::Receiver<LedgerEvent>) {
    while group.len() < GROUP
        && let Ok(event) = queue.try_recv()
    {
        group.push(event);
    }
}

/// Whether nobody waits for the event, and the next run would find out the same.
fn may_wait(event: &LedgerEvent) -> bool {
    match event {
        LedgerEvent::Row(_, _, counts_as) => *counts_as == CountsAs::Light,
        LedgerEvent::Verified { .. }
        | LedgerEvent::Waits(_)
        | LedgerEvent::WouldRelink
        | LedgerEvent::Parked(_) => true,
        LedgerEvent::Intent(..)
        | LedgerEvent::Answered(_)
        | LedgerEvent::FollowUp { .. }
        | LedgerEvent::WaitUntil(_)
        | LedgerEvent::Flush(_) => false,
    }
}

fn log(event: &LedgerEvent) {
    match event {
        LedgerEvent::Row(result, ..) => events::row(&(&**result).into()),
        LedgerEvent::FollowUp { records, .. } => {
            for record in records {
                let sent = events::Sent {
                    status: record.status,
                    code: record.code.as_deref(),
                    request_id: record.request_id.as_deref(),
                    ..events::Sent::default()
                };
                let (kind, state) = (record.key.kind.word(), record.state.word());
                events::follow_up(record.row, kind, state, &sent);
            }
        }
        _ => {}
    }
}

fn is_intent(event: &LedgerEvent) -> bool {
    matches!(event, LedgerEvent::Intent(..))
}

/// The rows among events that could not be written, each with what Graph answered for it.
fn unwritten(unwritten_events: Vec<LedgerEvent>) -> Vec<Unwritten> {
    let mut found: HashMap<u64, Found> = HashMap::new();
    let mut rows = Vec::new();
    for event in unwritten_events {
        match event {
            LedgerEvent::Answered(answered) => {
                let row = answered.row;
                found.extend(answered.found.map(|found| (row, found)));
            }
            LedgerEvent::Row(result, person, _) => {
                let mut result = *result;
                if let Some(found) = found.remove(&result.row) {
                    result.user_id = Some(found.user_id);
                    result.redeem_url = found.redeem_url;
                    result.redemption = found.redemption.or(result.redemption);
                    result.invited_at = Some(found.invited_at);
                }
                rows.push(Unwritten { result, person });
            }
            _ => {}
        }
    }
    rows.sort_by_key(|unwritten| unwritten.result.row);
    rows
}
