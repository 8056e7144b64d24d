//! Where a ledger may be older than the world: it is a copy, or there are results of runs that it does not know.
//!
//! Decides since when and until when that matters; the engine asks silently first in that time.

use super::{
    Ledger, Result,
    runs::NOT_BEGUN,
    units::{millis, timestamp},
};
use jiff::Timestamp;

/// Runs that others tell of and the ledger does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownRuns {
    /// When the first of them began, to the second.
    pub began: Timestamp,
    /// When the last of them ended, at the latest.
    pub ended: Timestamp,
}

/// Since when a ledger may be older than the world. `until`: whoever is not found before that time is asked silently
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SilentFirst {
    pub since: Timestamp,
    pub until: Timestamp,
}

/// After this long a guest can be found, whatever the index.
const EVERY_INDEX_HAS_CAUGHT_UP: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

impl Ledger {
    /// When this ledger came into use that may be older than the world; nothing where it is not. A copy that has not been
    /// used yet comes into use now. Where there are runs that it does not know, the end of the last of them counts.
    pub(crate) fn restored_at(
        &self,
        unknown: Option<UnknownRuns>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let silent = self.silent_first(unknown, now)?;
        Ok(silent.map(|silent| silent.until - EVERY_INDEX_HAS_CAUGHT_UP))
    }

    /// Since when and until when runs may have asked that this ledger does not know, because it may be older than the
    /// world: it is a backup, or there are results of runs that it does not know.
    pub(crate) fn silent_first(
        &self,
        unknown: Option<UnknownRuns>,
        now: Timestamp,
    ) -> Result<Option<SilentFirst>> {
        let connection = self.connection()?;
        let (copied_at, until): (Option<i64>, Option<i64>) =
            connection.query_row("SELECT copied_at, silent_until FROM guard", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut silent = copied_at.map(|since| SilentFirst {
            since: timestamp(since),
            until: until.map_or_else(|| now + EVERY_INDEX_HAS_CAUGHT_UP, timestamp),
        });
        if let Some(UnknownRuns { began, ended }) = unknown {
            // The ids of runs tell seconds only: a run of the same second may have been the one before.
            let last: Option<i64> = connection.query_row(
                // One that never began says nothing about what the ledger knew.
                "SELECT max(started_at) FROM run WHERE started_at < ?1 AND verb NOT LIKE '%' || ?2",
                (millis(began), NOT_BEGUN),
                |row| row.get(0),
            )?;
            let since = last.map_or(Timestamp::UNIX_EPOCH, timestamp);
            let known = silent.unwrap_or(SilentFirst {
                since,
                until: Timestamp::UNIX_EPOCH,
            });
            silent = Some(SilentFirst {
                since: known.since.min(since),
                until: known.until.max(ended + EVERY_INDEX_HAS_CAUGHT_UP),
            });
        }
        if let Some(silent) = silent {
            connection.execute(
                "UPDATE guard SET copied_at = ?1, silent_until = ?2",
                (millis(silent.since), millis(silent.until)),
            )?;
        }
        Ok(silent)
    }
}
