//! What a run met on its way: throttles, waits and retries.
//!
//! The one place that reads this, so that a page and a list never count differently. Reads only.

use super::{EventKind, Reader, Result, RunRecord, units::timestamp};
use crate::events::Traffic;

/// What is asked for, where an attempt was throttled.
const INVITATION: &str = "invitation";

impl Reader {
    /// The throttles, waits and retries of a run. Of a run that kept none (it was killed, or an earlier version made it) the
    /// throttles that its attempts tell of.
    pub(crate) fn traffic_of(&self, run: &RunRecord) -> Result<Traffic> {
        let mut traffic = match &run.traffic {
            Some(traffic) => traffic.clone(),
            None => self.throttled_attempts(&run.id)?,
        };
        if let Some(ended_at) = run.ended_at {
            traffic.timeline.until(ended_at);
        }
        Ok(traffic)
    }

    fn throttled_attempts(&self, run: &str) -> Result<Traffic> {
        let mut statement = self
            .connection()
            .prepare("SELECT at, row FROM event WHERE kind = ?2 AND run = ?1 ORDER BY at")?;
        let mut rows = statement.query((run, EventKind::Throttled.word()))?;
        let mut traffic = Traffic::default();
        while let Some(row) = rows.next()? {
            traffic.throttled(INVITATION, timestamp(row.get(0)?), row.get(1)?);
        }
        Ok(traffic)
    }
}
