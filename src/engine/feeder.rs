//! The sheet, row by row, on a thread of its own: read, understood, and held against what the ledger knows.
//!
//! Asks nobody. Its queue is bounded, so it never runs far ahead of the rest.

use super::{
    Options,
    plan::{self, Step},
    stop::{Stop, StopReason},
};
use crate::{
    clock::Clock,
    directory::Sponsors,
    guest::{Rules, Understanding},
    ledger::Reader,
    sheet::Sheet,
};
use std::{sync::Arc, thread::JoinHandle};
use tokio::sync::mpsc;

const QUEUE: usize = 64;

pub(super) struct Feeder {
    pub sheet: Arc<Sheet>,
    pub rules: Rules,
    pub reader: Reader,
    pub sponsors: Arc<Sponsors>,
    pub options: Arc<Options>,
    pub clock: Clock,
    pub stop: Stop,
}

impl Feeder {
    pub fn start(self) -> (mpsc::Receiver<Step>, JoinHandle<()>) {
        let (steps, queue) = mpsc::channel(QUEUE);
        let thread = std::thread::spawn(move || self.feed(&steps));
        (queue, thread)
    }

    fn feed(&self, steps: &mpsc::Sender<Step>) {
        let rows = match self.sheet.rows() {
            Ok(rows) => rows,
            Err(refused) => return self.refuse(refused.problems),
        };
        let mut understanding = Understanding::new(self.sheet.header(), &self.rules);
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(problem) => return self.refuse(vec![problem]),
            };
            let understood = understanding.understand(&row);
            let step = plan::first_step(
                understood,
                |guest| {
                    // A ledger that cannot be read must not look like one that knows nobody.
                    let known = self.reader.person(guest.email.key()).and_then(|person| {
                        let open = match &person {
                            Some(person) => self.reader.open_asks(person.id)?,
                            None => Vec::new(),
                        };
                        Ok((person, open))
                    });
                    known.unwrap_or_else(|error| {
                        self.stop.raise(StopReason::LedgerFailed {
                            why: error.to_string(),
                            exit: crate::exit::Exit::Unexpected,
                        });
                        (None, Vec::new())
                    })
                },
                &self.sponsors,
                &self.options,
                self.clock.now(),
            );
            if steps.blocking_send(step).is_err() {
                return;
            }
        }
    }

    fn refuse(&self, problems: Vec<crate::guest::Problem>) {
        if let Some(problem) = problems.into_iter().next() {
            self.stop.raise(StopReason::Sheet(Box::new(problem)));
        }
    }
}
