//! The one writer. Everybody sends it facts; it makes them durable in groups and keeps the totals.
//!
//! Must not decide anything about a row. An intent is acknowledged only after its group is on disk.

use super::{
    outcome::{RowResult, ThisRun, Verified},
    stop::{Stop, StopReason},
    tally::Tally,
};
use crate::ledger::{Answered, Found, Intent, IntentId, LedgerError, NoIntent, Writer};
use jiff::Timestamp;
use std::{collections::HashMap, thread::JoinHandle};
use tokio::sync::{mpsc, oneshot, watch};

/// How many facts may wait, and how many go into one group.
const QUEUE: usize = 1024;
const GROUP: usize = 512;

#[derive(Debug)]
enum Fact {
    Intent(Box<Intent>, oneshot::Sender<Result<IntentId, NoIntent>>),
    Answered(Box<Answered>),
    Row(Box<RowResult>, Option<i64>, Weight),
    Verified {
        person: i64,
        verified: Verified,
        redemption: Option<String>,
        at: Timestamp,
    },
    Parked(i64),
    /// The server asked not to be asked before this.
    WaitUntil(Timestamp),
    /// Everything sent before is on disk.
    Flush(oneshot::Sender<()>),
}

/// How a row counts for the rule that stops a run when failures pile up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Nothing was asked for it.
    Light,
    /// Asked, and it went well.
    Good,
    /// Asked, and it ended badly.
    Bad,
}

/// An outcome that the ledger could not take, with what its answer said.
#[derive(Debug)]
pub struct Unwritten {
    pub result: RowResult,
    pub person: Option<i64>,
}

/// The writer given back, and what it could not take where the ledger failed.
type Recorded = (Writer, Option<Vec<Unwritten>>);

/// A handle to the recorder; cheap to clone. The recorder ends when the last one is dropped.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    facts: mpsc::Sender<Fact>,
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
    pub fn start(
        writer: Writer,
        run: String,
        stop: Stop,
        tally: watch::Sender<Tally>,
    ) -> (Self, JoinHandle<Recorded>) {
        let (facts, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || {
            Desk {
                writer,
                run,
                stop,
                tally,
                owed: Vec::new(),
                failed: false,
            }
            .work(queue)
        });
        (Self { facts }, thread)
    }

    /// Durable when it returns.
    pub async fn intent(&self, intent: Intent) -> Result<IntentId, NotRecorded> {
        let (done, durable) = oneshot::channel();
        self.facts
            .send(Fact::Intent(Box::new(intent), done))
            .await
            .map_err(|_| NotRecorded::Stopping)?;
        let recorded = durable.await.map_err(|_| NotRecorded::Stopping)?;
        recorded.map_err(|why| match why {
            NoIntent::TakenOver | NoIntent::Gone => NotRecorded::Stopping,
            NoIntent::Changed => NotRecorded::Changed,
        })
    }

    pub async fn answered(&self, answered: Answered) {
        self.send(Fact::Answered(Box::new(answered))).await;
    }

    /// A row's outcome; sent after its answer, so never on disk before it.
    pub async fn row(&self, result: RowResult, person: Option<i64>, weight: Weight) {
        self.send(Fact::Row(Box::new(result), person, weight)).await;
    }

    pub async fn verified(
        &self,
        person: i64,
        verified: Verified,
        redemption: Option<String>,
        at: Timestamp,
    ) {
        self.send(Fact::Verified {
            person,
            verified,
            redemption,
            at,
        })
        .await;
    }

    pub async fn wait_until(&self, until: Timestamp) {
        self.send(Fact::WaitUntil(until)).await;
    }

    /// Returns when everything sent before can be read from the ledger.
    pub async fn flush(&self) {
        let (done, flushed) = oneshot::channel();
        self.send(Fact::Flush(done)).await;
        let _ = flushed.await;
    }

    /// One more row waits to be settled (or, with -1, no longer).
    pub async fn parked(&self, change: i64) {
        self.send(Fact::Parked(change)).await;
    }

    async fn send(&self, fact: Fact) {
        // A recorder that is gone has raised the stop itself; what is lost here is asked of the tenant again.
        let _ = self.facts.send(fact).await;
    }
}

struct Desk {
    writer: Writer,
    run: String,
    stop: Stop,
    tally: watch::Sender<Tally>,
    /// Facts that a failing disk did not take: tried again with the next group and at the end.
    owed: Vec<Fact>,
    /// Whether anything was ever not taken.
    failed: bool,
}

impl Desk {
    fn work(mut self, mut queue: mpsc::Receiver<Fact>) -> Recorded {
        let mut group = Vec::with_capacity(GROUP);
        loop {
            group.clear();
            if queue.blocking_recv_many(&mut group, GROUP) == 0 {
                break;
            }
            let facts = std::mem::take(&mut group);
            self.keep(facts);
        }
        let owed = std::mem::take(&mut self.owed);
        if !owed.is_empty() {
            self.keep(owed);
        }
        for fact in &self.owed {
            self.count(fact);
        }
        let unwritten = self.failed.then(|| unwritten(self.owed));
        (self.writer, unwritten)
    }

    /// Makes a group durable, then tells those who wait for it.
    fn keep(&mut self, facts: Vec<Fact>) {
        let mut facts: Vec<Fact> = std::mem::take(&mut self.owed)
            .into_iter()
            .chain(facts)
            .collect();
        match self.commit(&facts) {
            Ok(intents) => {
                let mut intents = intents.into_iter();
                for fact in facts {
                    match fact {
                        // The asker may have been stopped meanwhile: then the intent stays open and is looked up.
                        Fact::Intent(_, done) => {
                            if let Some(recorded) = intents.next() {
                                match recorded {
                                    Err(NoIntent::TakenOver) => self.taken_over(),
                                    Err(NoIntent::Gone) => self.stop.raise(StopReason::LedgerGone),
                                    Ok(_) | Err(NoIntent::Changed) => {}
                                }
                                let _ = done.send(recorded);
                            }
                        }
                        Fact::Flush(done) => drop(done.send(())),
                        fact => self.count(&fact),
                    }
                }
            }
            Err(error) => {
                self.failed = true;
                self.stop.raise((&error).into());
                // Whoever waits for an intent hears that there is none. Answers and what came of them are kept; a row
                // for which nobody was asked is told again from the sheet and the ledger.
                facts.retain(|fact| match fact {
                    Fact::Intent(..) | Fact::Flush(_) => false,
                    Fact::Row(result, _, Weight::Light)
                        if result.this_run != Some(ThisRun::Checked) =>
                    {
                        self.count(fact);
                        false
                    }
                    _ => true,
                });
                self.owed = facts;
            }
        }
    }

    fn taken_over(&self) {
        self.stop.raise(StopReason::TakenOver {
            by: self.writer.holder().unwrap_or_default(),
        });
    }

    fn commit(&self, facts: &[Fact]) -> Result<Vec<Result<IntentId, NoIntent>>, LedgerError> {
        let kept = self.writer.begin().and_then(|()| {
            let intents = self.write(facts)?;
            self.writer.commit()?;
            Ok(intents)
        });
        if kept.is_err() {
            self.writer.rollback();
        }
        kept
    }

    fn write(&self, facts: &[Fact]) -> Result<Vec<Result<IntentId, NoIntent>>, LedgerError> {
        let mut intents = Vec::new();
        let stands = self.writer.stands()?;
        let in_place = self.writer.is_in_place();
        for fact in facts {
            match fact {
                Fact::Intent(..) if !in_place => intents.push(Err(NoIntent::Gone)),
                Fact::Intent(..) if !stands => intents.push(Err(NoIntent::TakenOver)),
                Fact::Intent(intent, _) => intents.push(self.writer.intent(&self.run, intent)?),
                Fact::Answered(answered) => self.writer.answered(&self.run, answered, stands)?,
                Fact::Row(result, person, _) => self.writer.row(&self.run, *person, result)?,
                Fact::Verified {
                    person,
                    verified,
                    redemption,
                    at,
                } => {
                    self.writer
                        .verified(*person, *verified, redemption.as_deref(), *at)?;
                }
                Fact::WaitUntil(until) => self.writer.wait_until(*until)?,
                Fact::Parked(_) | Fact::Flush(_) => {}
            }
        }
        Ok(intents)
    }

    fn count(&self, fact: &Fact) {
        self.tally.send_if_modified(|tally| match fact {
            Fact::Row(result, _, weight) => {
                tally.count(result);
                tally.asked += u64::from(*weight != Weight::Light);
                tally.bad += u64::from(*weight == Weight::Bad);
                true
            }
            Fact::Parked(change) => {
                tally.parked = tally.parked.saturating_add_signed(*change);
                true
            }
            _ => false,
        });
    }
}

/// The rows among facts that could not be written, each with what Graph answered for it.
fn unwritten(owed: Vec<Fact>) -> Vec<Unwritten> {
    let mut found: HashMap<u64, Found> = HashMap::new();
    let mut rows = Vec::new();
    for fact in owed {
        match fact {
            Fact::Answered(answered) => {
                let row = answered.row;
                found.extend(answered.found.map(|found| (row, found)));
            }
            Fact::Row(result, person, _) => {
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
