//! Whether a run of this ledger made a guest: only such guests may be deleted by a later run.
//!
//! A guest is ours by the 201 of a first attempt whose look-up had found nobody. Everything that leaves a doubt makes the
//! guest somebody else's: attempts that were settled by looking, fetched links, results files, runs that did not look.
//! Must not decide about clocks; whoever asks compares the times.

use super::{
    AttemptKind, PriorLookup, Reader, Result,
    events::{EventKind, REMINDER, RESET, RESET_LINK},
    units::{timestamp, word},
};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// The attempt that made a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub asked_at: Timestamp,
    pub answered_at: Timestamp,
    /// The run that asked.
    pub run: Option<String>,
}

/// Why a guest does not count as made by a run of this ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NotOurs {
    /// No run of this ledger was answered by a 201.
    Others,
    /// A results file told of the guest.
    Imported,
    /// It was concluded that one of our attempts made the guest: there was no answer to it.
    Settled,
    /// Nobody was looked up before the attempt, or somebody was there.
    NotLookedUp,
    /// A run deleted the guest, and somebody restored the guest since.
    Restored,
}

/// What is remembered of an attempt while the events are gone through.
struct Asked {
    at: Timestamp,
    is_first: bool,
    saw: PriorLookup,
}

impl Reader {
    /// People whom a run invited, with their users.
    pub(crate) fn invited_in(&self, run: &str, most: usize) -> Result<Vec<(i64, String)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT person.id, person.user_id FROM event JOIN person ON person.id = event.person
             WHERE event.run = ?1 AND event.kind = ?2 AND person.user_id IS NOT NULL ORDER BY event.id LIMIT ?3",
        )?;
        let people = statement.query_map((run, EventKind::Invited.word(), most), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// The attempt that made the guest of a person, or why there is none.
    pub(crate) fn origin(&self, person: i64) -> Result<std::result::Result<Origin, NotOurs>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, kind, at, intent, detail, saw, status, run FROM event WHERE person = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([person])?;
        let mut asked: HashMap<i64, Asked> = HashMap::new();
        // Attempts that may have done something, and no answer says what.
        let mut open: HashSet<i64> = HashSet::new();
        let mut origin = Err(NotOurs::Others);
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let kind: String = row.get(1)?;
            let at = timestamp(row.get(2)?);
            let intent: Option<i64> = row.get(3)?;
            let detail: Option<String> = row.get(4)?;
            if kind == "deleted" {
                origin = Err(NotOurs::Restored);
                continue;
            }
            let Some(kind) = word(Some(kind), EventKind::from_word) else {
                continue;
            };
            match kind {
                EventKind::Intent
                    if [REMINDER, RESET, RESET_LINK]
                        .contains(&detail.as_deref().unwrap_or_default()) => {}
                EventKind::Intent | EventKind::Assumed => {
                    let first = detail.as_deref() == Some(AttemptKind::Invite.word());
                    let saw = row.get_ref(5)?.as_str().ok();
                    open.insert(id);
                    asked.insert(
                        id,
                        Asked {
                            at,
                            is_first: first && kind == EventKind::Intent,
                            saw: PriorLookup::from_word(saw),
                        },
                    );
                }
                // Not performed, as Graph says; what it says of a throttle is compared with the guest's own date.
                EventKind::NotPerformed | EventKind::Throttled => {
                    if let Some(intent) = intent {
                        open.remove(&intent);
                    }
                }
                EventKind::Unknown | EventKind::FollowUp => {}
                EventKind::Invited => {
                    let answered = intent.and_then(|intent| {
                        open.remove(&intent);
                        asked.remove(&intent)
                    });
                    let status: Option<u16> = row.get(6)?;
                    origin = match answered {
                        _ if !open.is_empty() => Err(NotOurs::Settled),
                        Some(answered) if !answered.is_first || status != Some(201) => {
                            Err(NotOurs::Settled)
                        }
                        Some(Asked {
                            at: asked_at,
                            saw: PriorLookup::NotFound,
                            ..
                        }) => Ok(Origin {
                            asked_at,
                            answered_at: at,
                            run: row.get(7)?,
                        }),
                        _ => Err(NotOurs::NotLookedUp),
                    };
                    open.clear();
                }
                EventKind::Relinked | EventKind::Probed | EventKind::Settled => {
                    origin = Err(NotOurs::Settled);
                    open.clear();
                }
                EventKind::Imported => origin = Err(NotOurs::Imported),
            }
        }
        Ok(origin)
    }
}
