//! Reads rows ahead on a second thread, in batches whose buffers are used again.
//!
//! Must not read ahead more than a few batches.

use super::{Row, Rows, catalogue::READ_FAILED};
use crate::problem::Problem;
use std::{
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

/// Rows in a batch: enough to make handing over cheap, few enough to stay in the processor's cache.
const BATCH: usize = 256;
/// A batch with more text than this is handed over before it is full, and its buffers are not used again.
const BATCH_TEXT: usize = 256 * 1024;
/// Batches that wait to be taken.
const WAITING: usize = 2;

struct Batch {
    rows: Vec<Row>,
    /// How many of them are filled, and with how much text.
    filled: usize,
    text: usize,
    /// What ended the reading, when this is the last batch.
    ended: Option<Result<(), Box<Problem>>>,
}

/// Gives the same rows as `Rows`, while the next ones are being read.
pub(crate) struct ReadAhead {
    batches: Receiver<Batch>,
    used: Sender<Vec<Row>>,
    current: Batch,
}

impl ReadAhead {
    pub(crate) fn of(rows: Rows) -> Self {
        let (full, batches) = sync_channel(WAITING);
        let (used, empty) = channel();
        thread::spawn(move || read_on(rows, &full, &empty));
        let current = Batch {
            rows: Vec::new(),
            filled: 0,
            text: 0,
            ended: None,
        };
        Self {
            batches,
            used,
            current,
        }
    }

    /// The next rows, one at least; none at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<&[Row]>, Box<Problem>> {
        loop {
            if let Some(ended) = &self.current.ended {
                return ended.clone().map(|()| None);
            }
            let Ok(batch) = self.batches.recv() else {
                // A reading thread that ended without its last batch must not look like the end of the sheet.
                return Err(Box::new(
                    Problem::error(READ_FAILED, "reading the sheet ended without a reason")
                        .fix("run the command again"),
                ));
            };
            let used = std::mem::replace(&mut self.current, batch);
            if used.text <= BATCH_TEXT {
                // The reading thread may have ended; then the buffers are not needed.
                let _ = self.used.send(used.rows);
            }
            if self.current.filled > 0 {
                return Ok(self.current.rows.get(..self.current.filled));
            }
        }
    }
}

/// Fills batches until the sheet ends or nobody takes them any more.
fn read_on(mut rows: Rows, full: &SyncSender<Batch>, empty: &Receiver<Vec<Row>>) {
    loop {
        let mut batch = Batch {
            rows: empty.try_recv().unwrap_or_default(),
            filled: 0,
            text: 0,
            ended: None,
        };
        batch.rows.resize_with(BATCH, Row::default);
        while batch.filled < BATCH && batch.text <= BATCH_TEXT && batch.ended.is_none() {
            match rows.read(&mut batch.rows[batch.filled]) {
                Ok(true) => {
                    batch.text += batch.rows[batch.filled].text().len();
                    batch.filled += 1;
                }
                Ok(false) => batch.ended = Some(Ok(())),
                Err(problem) => batch.ended = Some(Err(problem)),
            }
        }
        let last = batch.ended.is_some();
        if full.send(batch).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::sheet::{Sheet, SheetOptions};

    fn both_ways(text: &str) -> [Vec<String>; 2] {
        let sheet = Sheet::spool(&mut text.as_bytes(), "sheet", &SheetOptions::default()).unwrap();
        let plain = sheet.rows().unwrap().map(|row| match row {
            Ok(row) => format!("{} {}", row.number, row.cell(0)),
            Err(problem) => problem.message,
        });
        let mut ahead = super::ReadAhead::of(sheet.rows().unwrap());
        let mut found = Vec::new();
        loop {
            match ahead.next_batch() {
                Ok(Some(rows)) => {
                    let rows = rows.iter();
                    found.extend(rows.map(|row| format!("{} {}", row.number, row.cell(0))));
                }
                Ok(None) => break,
                Err(problem) => {
                    found.push(problem.message.clone());
                    break;
                }
            }
        }
        [plain.collect(), found]
    }

    #[test]
    fn reading_ahead_gives_the_same_rows_and_the_same_end() {
        for rows in [1, 255, 256, 257, 2000] {
            let body: Vec<String> = (0..rows).map(|row| format!("a{row}@x.org,x\n")).collect();
            let whole = format!("email,name\n{}", body.concat());
            let [plain, ahead] = both_ways(&whole);
            assert_eq!((plain.len(), &plain), (rows, &ahead));
            let [plain, ahead] = both_ways(&format!("{whole}b@x.org,\"open\n"));
            assert_eq!((plain.len(), &plain), (rows + 1, &ahead));
        }
    }
}
