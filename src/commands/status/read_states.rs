//! Reading the states of many: a thousand in a request, each page kept in the ledger before the next one is asked for, so
//! that a reading that was cut goes on where it stopped.

use super::people::Scope;
use crate::{
    clock::Clock,
    directory::{States, confirm_gone, read_states},
    engine::{Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    graph::{Class, Fault, Graph},
    ledger::{KeptState, KnownGuest, Ledger},
    outcome::{GuestState, Verified},
    ui::Progress,
};
use jiff::Timestamp;
use std::collections::HashSet;
use tokio::sync::watch;

/// As many as one request takes where people are read one by one.
const CONFIRMED_AT_ONCE: usize = 20;

/// A guest who has not been seen this long after the invitation never was there.
const MAY_APPEAR_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

pub(in crate::commands) struct StateReader<'a> {
    pub ledger: &'a Ledger,
    pub graph: &'a Graph,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    pub progress: &'a watch::Sender<Progress>,
}

/// What a reading was.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::commands) struct ReadingDone {
    /// When the reading began that this one went on with.
    pub continues: Option<Timestamp>,
}

impl StateReader<'_> {
    /// Reads everybody of the scope whom this reading has not read yet.
    pub(in crate::commands) async fn read(&self, scope: Scope<'_>) -> Result<ReadingDone> {
        let reader = self.ledger.reader()?;
        let writer = self.ledger.writer(None)?;
        let now = self.clock.now();
        let name = scope.name();
        let began = writer.begin_reading(&name, now)?;
        let mut pages = scope.pages(&reader)?;
        // Whoever was missing in the answer for many, to be asked for again.
        let mut missing: Vec<KnownGuest> = Vec::new();
        loop {
            let people = pages.next_page()?;
            if people.is_empty() {
                break;
            }
            let count = people.len() as u64;
            let mut seen = HashSet::new();
            let unread: Vec<KnownGuest> = people
                .into_iter()
                .filter_map(|person| person.known)
                // One that was kept while the clock was wrong is no reading.
                .filter(|guest| {
                    guest
                        .read
                        .is_none_or(|read| read.read_at < began || read.read_at > now)
                })
                .filter(|guest| {
                    let id = guest.user_id.as_ref();
                    id.is_some_and(|id| seen.insert(id.to_ascii_lowercase()))
                })
                .collect();
            if !unread.is_empty() {
                self.go_on()?;
                let states = read_states(self.graph, &ids(&unread)).await;
                let states = states.map_err(|fault| self.cut(fault))?;
                missing.extend(self.keep(&writer, unread, &states)?);
            }
            while missing.len() >= CONFIRMED_AT_ONCE {
                let rest = missing.split_off(CONFIRMED_AT_ONCE);
                self.confirm(&writer, std::mem::replace(&mut missing, rest))
                    .await?;
            }
            self.progress.send_modify(|progress| progress.done += count);
        }
        if !missing.is_empty() {
            self.confirm(&writer, missing).await?;
        }
        writer.end_reading(&name)?;
        Ok(ReadingDone {
            continues: (began < now).then_some(began).filter(|began| {
                // The ledger keeps milliseconds.
                now.duration_since(*began) >= jiff::SignedDuration::from_secs(1)
            }),
        })
    }

    /// One person, now.
    pub(super) async fn read_one(&self, guest: &KnownGuest) -> Result<()> {
        let Some(id) = &guest.user_id else {
            return Ok(());
        };
        let writer = self.ledger.writer(None)?;
        let states = read_states(self.graph, std::slice::from_ref(id))
            .await
            .map_err(Failure::from)?;
        for missing in self.keep(&writer, vec![guest.clone()], &states)? {
            self.confirm(&writer, vec![missing]).await?;
        }
        Ok(())
    }

    /// Keeps the states of those who were found; gives back the others.
    fn keep(
        &self,
        writer: &crate::ledger::Writer,
        guests: Vec<KnownGuest>,
        states: &States,
    ) -> Result<Vec<KnownGuest>> {
        let read_at = self.clock.now();
        let (mut found, mut missing) = (Vec::with_capacity(guests.len()), Vec::new());
        for guest in guests {
            let id = guest.user_id.clone().unwrap_or_default();
            match states.get(&id.to_ascii_lowercase()) {
                Some(now) => found.push((
                    id,
                    KeptState {
                        state: now.state,
                        since: now.since,
                        created_at: now.created_at,
                        read_at,
                    },
                )),
                None => missing.push(guest),
            }
        }
        writer.keep_states(&found)?;
        Ok(missing)
    }

    /// Asks for each of them: whoever is missing here too is gone, or has never been seen and may still appear.
    async fn confirm(&self, writer: &crate::ledger::Writer, guests: Vec<KnownGuest>) -> Result<()> {
        self.go_on()?;
        let states = confirm_gone(self.graph, &ids(&guests)).await;
        let states = states.map_err(|fault| self.cut(fault))?;
        let missing = self.keep(writer, guests, &states)?;
        let now = self.clock.now();
        let gone: Vec<(String, KeptState)> = missing
            .into_iter()
            .map(|guest| {
                let is_new = guest
                    .invited_at
                    .is_some_and(|at| now.duration_since(at) < MAY_APPEAR_WITHIN);
                let may_appear = is_new && guest.verified != Some(Verified::Found);
                let kept = KeptState {
                    state: if may_appear {
                        GuestState::Unknown
                    } else {
                        GuestState::Gone
                    },
                    since: None,
                    created_at: None,
                    read_at: now,
                };
                (guest.user_id.unwrap_or_default(), kept)
            })
            .collect();
        Ok(writer.keep_states(&gone)?)
    }

    fn go_on(&self) -> Result<()> {
        match self.stop.reason() {
            Some(reason) => Err(stopped(&reason)),
            None => Ok(()),
        }
    }

    /// A request that was given up because of a stop tells nothing of its own.
    fn cut(&self, fault: Fault) -> Failure {
        match self.stop.reason() {
            Some(reason) => stopped(&reason),
            None => cut(fault),
        }
    }
}

fn ids(guests: &[KnownGuest]) -> Vec<String> {
    guests
        .iter()
        .filter_map(|guest| guest.user_id.clone())
        .collect()
}

/// Why nobody else is read.
fn stopped(reason: &StopReason) -> Failure {
    let what = match reason {
        StopReason::TakenOver { by } => format!("another run has taken over the ledger: {by}"),
        StopReason::Interrupted => "interrupted before everybody was read".to_owned(),
        other => format!("stopped before everybody was read ({})", other.word()),
    };
    Failure::new(reason.exit(), what)
        .hint("what was read is kept: the same command within an hour goes on from there")
}

/// Why a reading ended, and what the reader can do.
pub(super) fn cut(fault: Fault) -> Failure {
    if fault.class == Class::Permission {
        return Failure::from(fault)
            .hint("to read the state of guests takes User.Read.All, and no more than that");
    }
    let failure = Failure::from(fault);
    if failure.exit == Exit::TryAgain {
        return failure
            .hint("what was read is kept: the same command within an hour goes on from there");
    }
    failure
}
