//! The first line of a run: which ledger, how many people it knows, when it ran last.

use super::text::{duration, number, plural_of, printable_line};
use jiff::Timestamp;
use std::{path::Path, time::Duration};

/// What a ledger looks like at the start of a run.
#[derive(Debug, Clone)]
pub(crate) struct LedgerSeen<'a> {
    pub path: &'a Path,
    pub people: u64,
    pub last_run: Option<Timestamp>,
    pub new: bool,
}

pub(crate) fn ledger_line(ledger: &LedgerSeen<'_>, now: Timestamp) -> String {
    let path = printable_line(&ledger.path.display().to_string());
    if ledger.new {
        return format!("ledger {path}: new, knows nobody yet");
    }
    let knows = match ledger.people {
        0 => "knows nobody yet".to_owned(),
        n => format!("knows {}", plural_of(n, "person", "people")),
    };
    let last = match ledger.last_run {
        None => "has not run before".to_owned(),
        Some(last) => format!("last run {}", ago(last, now)),
    };
    format!("ledger {path}: {knows}, {last}")
}

fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.duration_since(then).as_secs()).unwrap_or(0);
    let when = then.strftime("%Y-%m-%d %H:%M UTC");
    match seconds {
        0..60 => format!("{when} (just now)"),
        60..172_800 => {
            let minutes = Duration::from_secs(seconds / 60 * 60);
            format!("{when} ({} ago)", duration(minutes))
        }
        _ => format!("{when} ({} days ago)", number(seconds / 86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_ledger_how_many_and_when() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let mut ledger = LedgerSeen {
            path: Path::new("guestlist.db"),
            people: 1_204,
            last_run: Some("2026-11-21T02:00:07Z".parse().unwrap()),
            new: false,
        };
        assert_eq!(
            ledger_line(&ledger, now),
            "ledger guestlist.db: knows 1,204 people, last run 2026-11-21 02:00 UTC (23 h 59 min ago)"
        );
        ledger.people = 1;
        ledger.last_run = None;
        assert_eq!(
            ledger_line(&ledger, now),
            "ledger guestlist.db: knows 1 person, has not run before"
        );
        ledger.new = true;
        assert_eq!(
            ledger_line(&ledger, now),
            "ledger guestlist.db: new, knows nobody yet"
        );
    }
}
