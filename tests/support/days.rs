//! The time that passes between two nights, without anybody who waits for it.

use jiff::SignedDuration;
use std::path::Path;

/// Everything that the ledger remembers happened so much longer ago.
pub(crate) fn time_passes(ledger: &Path, time: SignedDuration) {
    let ledger = rusqlite::Connection::open(ledger).unwrap();
    let millis = i64::try_from(time.as_millis()).unwrap();
    for (table, column) in [
        ("event", "at"),
        ("person", "invited_at"),
        ("person", "verified_at"),
        ("run", "started_at"),
        ("run", "ended_at"),
        ("guest_state", "read_at"),
        ("state_reading", "began_at"),
        ("tenant", "wait_until"),
        ("own_mail", "at"),
        ("own_mail", "answered_at"),
        ("guard", "silent_until"),
    ] {
        let shift = format!("UPDATE {table} SET {column} = {column} - ?1");
        ledger.execute(&shift, [millis]).unwrap();
    }
}
