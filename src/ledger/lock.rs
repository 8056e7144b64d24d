//! The right to run on a ledger: a generation in the database, and a lock file that helps people.
//!
//! The generation is the guard. Every run raises it, and no intent is written once another run has raised it again.
//! The lock file only tells a second run, before it disturbs the first, that somebody is at work; whoever can open
//! files in the folder can delete it or hold it, so it decides nothing alone. Must not be needed for correctness.

use super::{
    LedgerError, Result,
    connection::connect,
    units::{millis, timestamp},
};
use crate::files;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

/// How often a run shows that it is alive, and looks whether the ledger is still its own.
const BEAT: Duration = Duration::from_secs(2);
/// After this long without a sign of life a run is over, whoever holds the lock file.
const ALIVE: SignedDuration = SignedDuration::from_secs(20);

/// The right to run, until it is dropped or another run takes it.
#[derive(Debug)]
pub(crate) struct RunLock {
    generation: i64,
    note: Option<String>,
    _file: Option<File>,
    /// Dropping it ends the heartbeat.
    beating: Option<Sender<()>>,
    heart: Option<JoinHandle<()>>,
}

enum LockFile {
    Taken(File),
    /// Another program holds it.
    Held,
    Unusable(String),
}

impl RunLock {
    /// `holder` says who runs; `lost` is called, from another thread, when another run takes the ledger over.
    pub(super) fn take(
        ledger: &Path,
        holder: &str,
        now: Timestamp,
        lost: impl Fn(String) + Send + 'static,
    ) -> Result<Self> {
        let path = lock_path(ledger)?;
        let lock = lock_file(&path);
        let mut connection = connect(ledger)?;
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (other, alive_at) = state_of(&step)?;
        if is_alive(alive_at, now) && !matches!(lock, LockFile::Taken(_)) {
            return Err(busy(ledger, other));
        }
        let generation = step.query_row(
            "UPDATE guard SET generation = generation + 1, holder = ?1, alive_at = ?2 RETURNING generation",
            (holder, millis(now)),
            |row| row.get(0),
        )?;
        step.commit()?;
        let (file, note) = match lock {
            LockFile::Taken(file) => (Some(file), None),
            LockFile::Held => (
                None,
                Some(format!(
                    "another program holds the lock file {}, and the ledger knows of no run under way: this run goes on",
                    path.display()
                )),
            ),
            LockFile::Unusable(why) => (
                None,
                Some(format!(
                    "the lock file {} cannot be used ({why}): a second run is told from the ledger alone",
                    path.display()
                )),
            ),
        };
        // A sign of life may be lost with the power; it need not reach the disk at once.
        connection.pragma_update(None, "synchronous", "normal")?;
        let (beating, ended) = channel();
        let clock = (now, std::time::Instant::now());
        let heart = std::thread::spawn(move || {
            while ended.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                let now = clock.0 + SignedDuration::try_from(clock.1.elapsed()).unwrap_or_default();
                if beat(&connection, generation, now) == Some(false) {
                    return lost(holder_of(&connection).unwrap_or_default());
                }
            }
            // A run that has ended says so; if it cannot, the next one finds no sign of life.
            let _ = connection.execute(
                "UPDATE guard SET alive_at = NULL WHERE generation = ?1",
                [generation],
            );
        });
        Ok(Self {
            generation,
            note,
            _file: file,
            beating: Some(beating),
            heart: Some(heart),
        })
    }

    /// Says who runs on the ledger now, as an error. Changes nothing.
    pub(super) fn look(ledger: &Path, now: Timestamp) -> Result<()> {
        let path = lock_path(ledger)?;
        let (holder, alive_at) = state_of(&connect(ledger)?)?;
        if !is_alive(alive_at, now)
            || !path.exists()
            || matches!(lock_file(&path), LockFile::Taken(_))
        {
            return Ok(());
        }
        Err(busy(ledger, holder))
    }

    pub(crate) fn generation(&self) -> i64 {
        self.generation
    }

    /// What a person should know about the lock file.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        drop(self.beating.take());
        if let Some(heart) = self.heart.take() {
            let _ = heart.join();
        }
    }
}

/// Who had the ledger last, and the last sign of life.
fn state_of(connection: &Connection) -> Result<(Option<String>, Option<i64>)> {
    Ok(
        connection.query_row("SELECT holder, alive_at FROM guard", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?,
    )
}

fn is_alive(alive_at: Option<i64>, now: Timestamp) -> bool {
    alive_at.is_some_and(|at| now.duration_since(timestamp(at)).abs() < ALIVE)
}

fn busy(ledger: &Path, holder: Option<String>) -> LedgerError {
    LedgerError::Busy {
        path: ledger.display().to_string(),
        holder: holder
            .unwrap_or_else(|| "an earlier version of guestlist, which leaves no name".to_owned()),
    }
}

/// Whether the ledger is still this run's; none when that cannot be told now.
fn beat(connection: &Connection, generation: i64, now: Timestamp) -> Option<bool> {
    let beat = connection.execute(
        "UPDATE guard SET alive_at = ?2 WHERE generation = ?1",
        (generation, millis(now)),
    );
    match beat {
        Ok(rows) => Some(rows > 0),
        // A full disk takes no sign of life, and can be read all the same.
        Err(_) => connection
            .query_row("SELECT generation FROM guard", [], |row| {
                row.get::<_, i64>(0)
            })
            .ok()
            .map(|found| found == generation),
    }
}

pub(super) fn holder_of(connection: &Connection) -> Option<String> {
    connection
        .query_row("SELECT holder FROM guard", [], |row| row.get(0))
        .ok()
        .flatten()
}

fn lock_file(path: &Path) -> LockFile {
    let file = match files::open_own(path) {
        Ok(file) => file,
        Err(why) => return LockFile::Unusable(why.to_string()),
    };
    match file.try_lock() {
        Ok(()) => LockFile::Taken(file),
        Err(TryLockError::WouldBlock) => LockFile::Held,
        Err(TryLockError::Error(error)) => LockFile::Unusable(error.to_string()),
    }
}

/// One lock, by whatever name the ledger is called.
fn lock_path(ledger: &Path) -> Result<PathBuf> {
    let ledger = ledger
        .canonicalize()
        .map_err(|error| LedgerError::Unwritable {
            path: ledger.display().to_string(),
            reason: error.to_string(),
        })?;
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    Ok(ledger.with_file_name(name))
}
