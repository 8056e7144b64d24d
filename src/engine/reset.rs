//! Resets of redemptions: guests are made to redeem again, one after the other, each in two calls.
//!
//! The first call adds the new address to the others of the guest and keeps all of these; the second one resets. The intent
//! of each is durable before it leaves, its answer before the next one. A reset whose answer was lost is looked for in the
//! directory; it is never simply sent again, because it may have mailed somebody.

mod books; // what is written down, and the waits
mod calls; // the two calls

use super::{
    caps::{CapLimits, Caps},
    hold::{Hold, Stopped},
    outage::Outage,
    reset_evidence::{ResetEvidence, ResetWaits, evidence, is_pending, state_before},
    row_results,
    stop::{Stop, StopReason},
    stop_rules::StopRules,
};
use crate::{
    clock::Clock,
    directory::{Directory, state_of},
    failure,
    graph::{DirectoryUser, Fault, InvitationRequest, MessageInfo, catalogue},
    guest::EmailAddress,
    ledger::{Ledger, Reader, ResetCall, ResetEnd, ResetHistory, RunStart, Writer},
    outcome::{GuestState, Mail},
    pace::Pace,
    threshold::Threshold,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use std::{cell::Cell, time::Duration};
use tokio::{sync::watch, time::Instant};

/// How often a request that could not even be sent is tried.
const CONNECTS: u32 = 5;
/// How often a guest is asked in one run.
const ASKS: u32 = 3;
/// How often Graph is asked that does not know the added address everywhere yet.
const ADDRESS_TRIES: u32 = 5;
/// So many refusals for want of a right, before any reset worked, are about everybody.
const MOST_DENIED: u32 = 3;
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// An address that was added before this shows in every reading.
const ADDED_LATELY: SignedDuration = SignedDuration::from_hours(1);
/// The pauses between two looks at a guest.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const LONGEST_LOOK: Duration = Duration::from_secs(8);

/// Somebody who is to redeem again.
#[derive(Debug, Clone)]
pub(crate) struct GuestToReset {
    pub row: u64,
    pub user_id: String,
    pub new_email: EmailAddress,
    pub redirect_url: String,
    /// Whether Microsoft mails.
    pub send: bool,
    /// Whether a mail of our own follows.
    pub own_mail: bool,
    pub message: MessageInfo,
    /// A reset that was performed before this does not count: it is to be made again.
    pub done_since: Option<Timestamp>,
}

/// What became of one of them.
#[derive(Debug, Clone)]
pub(crate) enum ResetOutcome {
    Reset(WasReset),
    /// Graph or the state of the account says no: our code and the reason. `added`: the new address is there.
    Refused {
        code: String,
        why: String,
        added: bool,
        request_id: Option<String>,
    },
    /// Nothing happened, for a reason that passes.
    Failed {
        why: String,
    },
    /// Asked, and neither an answer nor the directory tells.
    Unknown {
        mails: bool,
    },
    NotAttempted,
}

/// A guest who has to redeem again.
#[derive(Debug, Clone)]
pub(crate) struct WasReset {
    /// What the reset itself did: `Due` where a mail of our own is to follow.
    pub mail: Mail,
    pub link: Option<SecretString>,
    pub redemption: Option<String>,
    pub request_id: Option<String>,
    /// By this run; else by an earlier one.
    pub now: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ResetTotals {
    pub done: u64,
    pub not_done: u64,
}

/// Everything that resetting needs.
pub(crate) struct ResetJob<'a> {
    pub start: RunStart,
    pub ledger: &'a Ledger,
    pub generation: i64,
    pub guests: Vec<GuestToReset>,
    pub caps: CapLimits,
    pub max_failures: Threshold,
    pub waits: ResetWaits,
    pub directory: Directory,
    pub pace: Pace,
    pub clock: Clock,
    pub stop: Stop,
    pub tally: watch::Sender<ResetTotals>,
    /// The sign-in has the permission by what its token says, so that a refusal is about the guest.
    pub permission_claimed: bool,
}

/// What became of all of them, in their order.
pub(crate) struct ResetReport {
    pub outcomes: Vec<ResetOutcome>,
    pub stopped_by: Option<StopReason>,
    /// Graph answered for another user than the one of this row.
    pub somebody_else: Option<u64>,
    pub reader: Reader,
    pub writer: Writer,
}

/// Resets one after the other until all are through, or the verb is to stop.
pub(crate) async fn reset(job: ResetJob<'_>) -> failure::Result<ResetReport> {
    let reader = job.ledger.reader()?;
    let writer = job.ledger.writer(Some(job.generation))?;
    writer.start_run(&job.start)?;
    let recent = reader.asks_since(job.clock.now() - DAY)?;
    let resetting = Resetting {
        run: job.start.id,
        caps: Caps::new(job.caps, recent, job.clock.clone()),
        stop_rules: StopRules::new(job.max_failures),
        waits: job.waits,
        reader,
        directory: job.directory,
        hold: Hold {
            writer,
            pace: job.pace,
            clock: job.clock,
            stop: job.stop,
        },
        outage: Outage::default(),
        permission_claimed: job.permission_claimed,
        worked: Cell::new(false),
        denied: Cell::new(0),
        somebody_else: Cell::new(None),
    };
    let mut places: Vec<Place> = job.guests.iter().map(|_| Place::default()).collect();
    for (guest, place) in job.guests.iter().zip(&mut places) {
        resetting.take(guest, place).await;
        tell(&job.tally, place);
    }
    resetting.settle(&job.guests, &mut places).await;
    let outcomes = places.into_iter().map(|place| place.outcome).collect();
    Ok(ResetReport {
        outcomes,
        stopped_by: resetting.hold.stop.reason(),
        somebody_else: resetting.somebody_else.get(),
        reader: resetting.reader,
        writer: resetting.hold.writer,
    })
}

fn tell(tally: &watch::Sender<ResetTotals>, place: &Place) {
    tally.send_modify(|totals| {
        totals.done += 1;
        let done = matches!(place.outcome, ResetOutcome::Reset(_));
        totals.not_done += u64::from(!done);
    });
}

/// Where a guest stands in this run.
struct Place {
    outcome: ResetOutcome,
    /// Asked without an answer that tells, until then it is looked for.
    parked_until: Option<Instant>,
    tries: Tries,
}

/// What was tried for a guest in this run.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    /// Requests that reset, or may have.
    asks: u32,
    /// In this turn.
    connects: u32,
    address: u32,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            outcome: ResetOutcome::NotAttempted,
            parked_until: None,
            tries: Tries::default(),
        }
    }
}

struct Resetting {
    run: String,
    waits: ResetWaits,
    reader: Reader,
    directory: Directory,
    hold: Hold,
    caps: Caps,
    stop_rules: StopRules,
    outage: Outage,
    permission_claimed: bool,
    /// Whether a reset has worked in this run.
    worked: Cell<bool>,
    /// Refusals for want of a right, in a row.
    denied: Cell<u32>,
    somebody_else: Cell<Option<u64>>,
}

/// How a turn goes on.
enum Turn {
    Over(ResetOutcome),
    /// The directory is to be looked at until it tells.
    Park {
        mails: bool,
    },
    /// What was decided on has changed, or nothing was sent: look again.
    Again,
}

/// A guest at the moment of a decision.
struct Now<'a> {
    guest: &'a GuestToReset,
    user: DirectoryUser,
    history: ResetHistory,
}

impl Resetting {
    async fn take(&self, guest: &GuestToReset, place: &mut Place) {
        if self.hold.stop.is_raised() || self.somebody_else.get().is_some() {
            return;
        }
        match self.turns(guest, &mut place.tries).await {
            Ok(Turn::Over(outcome)) => (place.outcome, place.parked_until) = (outcome, None),
            Ok(Turn::Park { mails }) => {
                place.outcome = ResetOutcome::Unknown { mails };
                place.parked_until = Some(Instant::now() + self.waits.settle);
            }
            Ok(Turn::Again) | Err(Stopped) => self.leave(guest, place),
        }
    }

    /// The run ends while this guest is under way: what is open stays unknown.
    fn leave(&self, guest: &GuestToReset, place: &mut Place) {
        place.parked_until = None;
        let history = self
            .reader
            .reset_history(&guest.user_id, guest.new_email.key());
        if let Ok(history) = history
            && !history.open.is_empty()
        {
            let mails = history.open.iter().any(|(_, open)| open.mails);
            place.outcome = ResetOutcome::Unknown { mails };
        }
    }

    async fn turns(&self, guest: &GuestToReset, tries: &mut Tries) -> Result<Turn, Stopped> {
        (tries.connects, tries.address) = (0, 0);
        loop {
            if self.hold.stop.is_raised() {
                return Err(Stopped);
            }
            if let Some((code, why)) = self.stop_rules.refused_domain(guest.new_email.domain()) {
                return Ok(Turn::Over(refused(code, why)));
            }
            let turn = self.turn(guest, tries).await?;
            if !matches!(turn, Turn::Again) {
                return Ok(turn);
            }
        }
    }

    async fn turn(&self, guest: &GuestToReset, tries: &mut Tries) -> Result<Turn, Stopped> {
        let now = match self.look(guest).await? {
            Ok(now) => now,
            Err(outcome) => return Ok(Turn::Over(outcome)),
        };
        let counts = |at: Timestamp| guest.done_since.is_none_or(|since| at >= since);
        if let Some(done) = now.history.done.filter(|done| counts(done.at))
            && let Some(known) = self.known(guest)?.filter(|known| known.id == done.person)
        {
            // Reset to this address before. Whether its link is still to be fetched, is to be seen.
            if known.redeem_url.is_some() || !is_pending(&now.user) {
                return Ok(Turn::Over(ResetOutcome::Reset(WasReset {
                    mail: done.mail,
                    link: known.redeem_url,
                    redemption: now.user.external_user_state,
                    request_id: None,
                    now: tries.asks > 0,
                })));
            }
            return self.ask(&now, ResetCall::Link, tries).await;
        }
        if !now.history.open.is_empty() {
            return self.judge_open(&now, tries.asks);
        }
        if let Some(outcome) = not_to_be_reset(&now.user) {
            return Ok(Turn::Over(outcome));
        }
        if !has_address(&now.user, &guest.new_email) {
            return self.add_address(&now, tries).await;
        }
        let call = ResetCall::Reset {
            mails: guest.send,
            before: state_before(&now.user),
        };
        self.ask(&now, call, tries).await
    }

    /// The guest as the directory shows it now, and what the ledger knows.
    async fn look<'g>(
        &self,
        guest: &'g GuestToReset,
    ) -> Result<Result<Now<'g>, ResetOutcome>, Stopped> {
        let ids = [guest.user_id.clone()];
        let graph = self.directory.graph();
        let found = match graph.guests_to_reset(&ids).await {
            Ok(found) if found.is_empty() => graph.one_by_one(&ids).await,
            found => found,
        };
        match found {
            Ok(found) => {
                let Some(user) = found.into_iter().next() else {
                    let why = "the guest is no longer in the directory".to_owned();
                    return Ok(Err(refused(super::catalogue::GONE.to_string(), why)));
                };
                let history = self
                    .reader
                    .reset_history(&guest.user_id, guest.new_email.key())
                    .map_err(|error| self.hold.failed(&error))?;
                Ok(Ok(Now {
                    guest,
                    user,
                    history,
                }))
            }
            Err(fault) => {
                if let Some(reason) = StopReason::of(&fault) {
                    return Err(self.hold.stopped(reason));
                }
                if self.hold.stop.is_raised() {
                    return Err(Stopped);
                }
                let why = format!(
                    "the guest could not be looked up: {}",
                    row_results::own_words(&fault)
                );
                Ok(Err(ResetOutcome::Failed { why }))
            }
        }
    }

    fn known(&self, guest: &GuestToReset) -> Result<Option<crate::ledger::ResetPerson>, Stopped> {
        self.reader
            .reset_person(guest.new_email.key())
            .map_err(|error| self.hold.failed(&error))
    }

    /// Asks without an answer: did one of them do it?
    fn judge_open(&self, now: &Now<'_>, asks: u32) -> Result<Turn, Stopped> {
        let open: Vec<_> = now
            .history
            .open
            .iter()
            .map(|(_, open)| open.clone())
            .collect();
        let (Some((person, first)), Some((last, _))) =
            (now.history.open.first(), now.history.open.last())
        else {
            return Ok(Turn::Again);
        };
        let mails = open.iter().any(|open| open.mails);
        let seen = evidence(&first.before, &now.user);
        let end = match seen {
            ResetEvidence::Performed => {
                let mail = if mails { Mail::Requested } else { Mail::None };
                let mail = if now.guest.own_mail { Mail::Due } else { mail };
                ResetEnd::Performed { mail }
            }
            ResetEvidence::Unchanged
                if asks < ASKS && self.waits.allow_another(&open, self.hold.clock.now()) =>
            {
                ResetEnd::NothingHappened
            }
            ResetEvidence::Unchanged | ResetEvidence::CannotTell => {
                return Ok(Turn::Park { mails });
            }
        };
        let person = if seen == ResetEvidence::Performed {
            *last
        } else {
            *person
        };
        self.answered(person, None, now.guest.row, end, &Answer::default())?;
        Ok(Turn::Again)
    }

    /// Looks at the guests whose reset has no answer, until the directory tells or the time is over.
    async fn settle(&self, guests: &[GuestToReset], places: &mut [Place]) {
        let mut pause = FIRST_LOOK;
        while !self.hold.stop.is_raised()
            && self.somebody_else.get().is_none()
            && places.iter().any(|place| place.parked_until.is_some())
        {
            if !self.hold.stop.sleep(pause).await {
                break;
            }
            pause = (pause * 2).min(LONGEST_LOOK);
            let parked = guests.iter().zip(places.iter_mut());
            for (guest, place) in parked.filter(|(_, place)| place.parked_until.is_some()) {
                let (until, asks) = (place.parked_until, place.tries.asks);
                self.take(guest, place).await;
                if place.parked_until.is_some() && place.tries.asks == asks {
                    // Looked at, and as it was.
                    place.parked_until = until.filter(|until| *until > Instant::now());
                } else if place.parked_until.is_some() {
                    pause = FIRST_LOOK;
                }
            }
        }
    }
}

#[derive(Default)]
struct Answer {
    status: Option<u16>,
    request_id: Option<String>,
    code: Option<String>,
}

impl Answer {
    fn of(fault: &Fault) -> Self {
        Self {
            status: fault.status,
            request_id: fault.request_id.clone(),
            code: Some(fault.code.to_string()),
        }
    }
}

/// A lost link is looked for by the next turn at once.
fn parked(for_link: bool, mails: bool) -> Turn {
    if for_link {
        Turn::Again
    } else {
        Turn::Park { mails }
    }
}

fn refused(code: String, why: String) -> ResetOutcome {
    ResetOutcome::Refused {
        code,
        why,
        added: false,
        request_id: None,
    }
}

/// The same guest, the address and the id; name, type and sponsors stay as they are in the directory.
fn request(guest: &GuestToReset, mails: bool) -> InvitationRequest {
    InvitationRequest {
        email: guest.new_email.as_str().to_owned(),
        redirect_url: guest.redirect_url.clone(),
        send: mails,
        message: guest.message.clone(),
        reset: Some(guest.user_id.clone()),
        ..InvitationRequest::default()
    }
}

/// Whether Graph takes the address for one of the guest's.
pub(crate) fn has_address(user: &DirectoryUser, address: &EmailAddress) -> bool {
    let same = |text: &str| text.eq_ignore_ascii_case(address.as_str());
    user.mail.as_deref().is_some_and(same)
        || user.other_mails.iter().flatten().any(|mail| same(mail))
}

/// Why somebody is not reset, by the state of the account.
pub(crate) fn not_to_be_reset(user: &DirectoryUser) -> Option<ResetOutcome> {
    match state_of(user).state {
        GuestState::Disabled => Some(refused(
            catalogue::EXISTS_BLOCKED.to_string(),
            "the account is blocked from signing in".to_owned(),
        )),
        GuestState::Member => Some(refused(
            catalogue::NOT_A_GUEST.to_string(),
            "the account is an internal one, and has no invitation to redeem".to_owned(),
        )),
        _ => None,
    }
}
