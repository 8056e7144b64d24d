//! Reads the sheet row by row, on a thread of its own, understands each row and compares it with what the ledger knows.
//!
//! Sends no requests. A row that needs none is handed to the recorder at once, every other one to the prechecker. Both
//! queues are bounded, so it never runs far ahead of the rest.

use super::{
    Compose, Options,
    next_action::{self, LedgerView, NextAction, PrecheckTask, SettleGuard},
    owed::FollowUpRules,
    recorder::Recorder,
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    directory::NamedObjects,
    exit::Exit,
    guest::{RowVerdict, Rules, Understanding, Understood},
    ledger::{Corrected, Forgotten, LedgerError, Reader},
    problem::Problem,
    sheet::{Refused, Row, Sheet},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    thread::JoinHandle,
};
use tokio::sync::mpsc;

const QUEUE: usize = 64;

pub(super) struct Feeder {
    pub sheet: Arc<Sheet>,
    pub rules: Rules,
    pub compose: Option<Compose>,
    pub reader: Reader,
    pub recorder: Recorder,
    pub named: Arc<NamedObjects>,
    pub options: Arc<Options>,
    pub follow_up_rules: FollowUpRules,
    /// Rows of the sheet whose corrected copies are done.
    pub corrected: HashMap<u64, Vec<Corrected>>,
    /// Who asked to be forgotten.
    pub forgotten: Forgotten,
    pub clock: Clock,
    pub stop: Stop,
}

/// How many rows are compared with the ledger as it was at one moment.
const ROWS_OF_A_MOMENT: u32 = 200;

/// Rows that follow each other are read in one transaction, which is far quicker than one for each row. What another run
/// records meanwhile is seen when the intent is recorded.
struct Reading<'r> {
    reader: &'r Reader,
    rows: u32,
}

impl<'r> Reading<'r> {
    fn new(reader: &'r Reader) -> Self {
        Self { reader, rows: 0 }
    }

    /// Before each row. A ledger that cannot be read is reported by the reading itself.
    fn next(&mut self) {
        if self.rows >= ROWS_OF_A_MOMENT {
            self.end();
        }
        if self.rows == 0 {
            self.reader.begin();
        }
        self.rows += 1;
    }

    fn end(&mut self) {
        if self.rows > 0 {
            self.reader.end();
            self.rows = 0;
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.end();
    }
}

impl Feeder {
    pub(super) fn start(self) -> (mpsc::Receiver<PrecheckTask>, JoinHandle<()>) {
        let (steps, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || self.feed(&steps));
        (queue, thread)
    }

    fn feed(&self, steps: &mpsc::Sender<PrecheckTask>) {
        let mut settled = HashSet::new();
        let walked = self.settle_first(steps, &mut settled).and_then(|()| {
            let mut reading = Reading::new(&self.reader);
            self.walk(|understood, corrected| {
                if settled.contains(&understood.row) {
                    return true;
                }
                reading.next();
                match self.step(understood, corrected) {
                    NextAction::Tell(result, person) => self.recorder.told(result, person),
                    NextAction::Precheck(task) => {
                        // Nobody knows how long the queue is full.
                        reading.end();
                        steps.blocking_send(task).is_ok()
                    }
                }
            })
        });
        if let Err(problem) = walked {
            self.stop.raise(StopReason::Sheet(problem));
        }
    }

    /// Rows that earlier runs left unsettled come first. Under a cap nothing new is sent before all of them are settled.
    fn settle_first(
        &self,
        steps: &mpsc::Sender<PrecheckTask>,
        settled: &mut HashSet<u64>,
    ) -> Result<(), Box<Problem>> {
        let unsettled = match self.reader.unsettled() {
            Ok(unsettled) => unsettled,
            Err(error) => {
                self.ledger_failed(&error);
                return Ok(());
            }
        };
        if unsettled.is_empty() || self.options.dry_run {
            return Ok(());
        }
        let (anybody, mut over) = mpsc::channel(1);
        self.walk(|understood, corrected| {
            let row = understood.row;
            let open = match &understood.verdict {
                RowVerdict::Guest(guest) => unsettled.contains(guest.email.key()),
                RowVerdict::Duplicate { .. } | RowVerdict::Invalid => false,
            };
            if open
                && let NextAction::Precheck(PrecheckTask::Settle(item, _)) =
                    self.step(understood, corrected)
            {
                settled.insert(row);
                let guard = Some(SettleGuard(anybody.clone()));
                return steps
                    .blocking_send(PrecheckTask::Settle(item, guard))
                    .is_ok();
            }
            true
        })?;
        drop(anybody);
        if self.options.max_invites.is_some() || self.options.daily_cap.is_some() {
            // Nothing is ever sent through this channel: it closes when the last guard is dropped.
            let _ = over.blocking_recv();
        }
        Ok(())
    }

    /// Calls `see` for each row, until the sheet ends or `see` returns false.
    fn walk(
        &self,
        mut see: impl FnMut(Understood, Option<&Corrected>) -> bool,
    ) -> Result<(), Box<Problem>> {
        let first = |refused: Refused| match refused.problems.into_iter().next() {
            Some(problem) => Err(Box::new(problem)),
            None => Ok(()),
        };
        let rows = match self.sheet.rows() {
            Ok(rows) => rows,
            Err(refused) => return first(refused),
        };
        let mut understanding = Understanding::new(&self.sheet, &self.rules);
        for row in rows {
            let row = row.map_err(Box::new)?;
            let corrected = self.corrected(&row);
            let mut understood = understanding.understand(&row);
            if let (Some(compose), RowVerdict::Guest(guest)) =
                (&self.compose, &mut understood.verdict)
                && let Err(why) = compose(&row, guest)
            {
                self.stop.raise(StopReason::OwnMail {
                    exit: Exit::SheetRefused,
                    what: format!("row {} has no words for its mail: {why}", row.number),
                    hints: vec!["the row was not asked for".to_owned()],
                });
                break;
            }
            if !see(understood, corrected) {
                break;
            }
        }
        Ok(())
    }

    /// The corrected copy of this row that is done, if the row still reads as it did then.
    fn corrected(&self, row: &Row) -> Option<&Corrected> {
        let here = self.corrected.get(&row.number)?;
        let record = self.sheet.record_hash(row);
        here.iter().find(|corrected| corrected.record == record)
    }

    fn step(&self, understood: Understood, corrected: Option<&Corrected>) -> NextAction {
        let memory = LedgerView {
            reader: &self.reader,
            failed: &|error| self.ledger_failed(error),
            forgotten: &self.forgotten,
        };
        next_action::first_action(
            understood,
            corrected,
            &memory,
            &self.named,
            self.follow_up_rules,
            &self.options,
            self.clock.now(),
        )
    }

    fn ledger_failed(&self, error: &LedgerError) {
        self.stop.raise(error.into());
    }
}
