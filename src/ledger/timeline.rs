//! When people were invited, and when Graph asked to slow down.
//!
//! Reads only.

use super::{EventKind, Reader, Result, units::timestamp};
use jiff::Timestamp;

impl Reader {
    /// The invitations and throttles of a run, or of all runs, handed on one at a time.
    pub(crate) fn each_moment(
        &self,
        run: Option<&str>,
        mut each: impl FnMut(Timestamp, EventKind),
    ) -> Result<()> {
        let mut statement = self.connection().prepare(
            "SELECT at, kind = ?2 FROM event WHERE kind IN (?2, ?3) AND (?1 IS NULL OR run = ?1)",
        )?;
        let (invited, throttled) = (EventKind::Invited, EventKind::Throttled);
        let mut rows = statement.query((run, invited.word(), throttled.word()))?;
        while let Some(row) = rows.next()? {
            let kind = if row.get(1)? { invited } else { throttled };
            each(timestamp(row.get(0)?), kind);
        }
        Ok(())
    }
}
