//! What an unanswered ask did: found out by looking, then by asking silently; never by asking with mail again.
//!
//! 1. Look the person up until `settle` is over. Found: one of our asks made the guest, or the guest is older.
//! 2. Not found: ask silently. It cannot mail, and the guest's creation time tells which ask made the guest.
//! 3. Nothing had happened, and a mail is due: ask with mail, not before `ask_again_after`.
//!
//! Between "perhaps twice" and "perhaps not yet" it chooses "not yet".

use super::{
    ask::{Asked, OnDone, Shared, Stopped, look_again},
    outcome::Mail,
    plan::{Hold, Item},
    recorder::Weight,
    telling,
    truth::{Truth, truth},
    worker::Turn,
};
use crate::{
    graph::{DirectoryUser, Read, Verdict, odata, wire::USER_SELECT},
    ledger::{Ask, AskKind, IntentId, PersonState},
};
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::Instant;

/// Asks a row and run may make, the first one included.
const ASKS: usize = 3;
/// A silent ask is told from the one before it by its time, and servers tell times in whole seconds: so long
/// after the last moment at which that one can have been under way.
const APART: Duration = Duration::from_secs(6);

/// A row that waits until it is known what its asks did.
#[derive(Debug)]
pub(super) struct Parked {
    item: Item,
    /// Asks whose effect is not known, oldest first.
    asks: Vec<Ask>,
    /// How many of them this run made.
    made: usize,
    /// The newest of them, to which a conclusion is written.
    intent: IntentId,
    /// When its answer was given up.
    given_up: Instant,
    /// Since when none of them can have left for Graph any more.
    quiet_since: Instant,
    /// Seen already, by the look that follows a throttled ask.
    seen: Option<DirectoryUser>,
    /// The user whose link the ledger has.
    linked: Option<String>,
    request_id: Option<String>,
    /// Somebody waits for this row before anything new is asked.
    _hold: Option<Hold>,
}

/// Why a row cannot be settled now.
enum Open {
    Stopped,
    /// Nobody could be asked, or the answers did not tell.
    Cannot(String),
}

impl From<Stopped> for Open {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

impl Parked {
    pub fn from_ask(mut item: Item, asked: Asked) -> Self {
        let mut asks = std::mem::take(&mut item.open);
        asks.push(asked.ask);
        Self {
            item,
            asks,
            made: 1,
            intent: asked.intent,
            given_up: asked.ended,
            quiet_since: asked.ended,
            seen: None,
            linked: None,
            request_id: asked.request_id,
            _hold: None,
        }
    }

    /// A throttled ask that was performed after all.
    pub fn found_after_throttle(item: &Item, asked: &Asked, user: DirectoryUser) -> Self {
        let item = Item {
            guest: item.guest.clone(),
            person: item.person.clone(),
            sponsors: item.sponsors.clone(),
            open: Vec::new(),
        };
        Self {
            item,
            asks: vec![asked.ask],
            made: 1,
            intent: asked.intent,
            given_up: asked.ended,
            quiet_since: asked.ended,
            seen: Some(user),
            linked: None,
            request_id: asked.request_id.clone(),
            _hold: None,
        }
    }

    /// An ask of an earlier run; its answer was given up when that run ended, at the latest now.
    pub fn from_earlier_run(mut item: Item, hold: Option<Hold>, now: Timestamp) -> Option<Self> {
        let person = item.person_id()?;
        let asks = std::mem::take(&mut item.open);
        let age = asks.last().map_or(Duration::ZERO, |ask| since(now, ask.at));
        let linked = item
            .person
            .as_ref()
            .filter(|person| person.redeem_url.is_some())
            .and_then(|person| person.user_id.clone());
        Some(Self {
            item,
            asks,
            made: 0,
            intent: IntentId { person, event: 0 },
            given_up: Instant::now().checked_sub(age).unwrap_or_else(Instant::now),
            // A run that was killed may have sent it with its last breath, long after the intent.
            quiet_since: Instant::now(),
            seen: None,
            linked,
            request_id: None,
            _hold: hold,
        })
    }

    /// One more ask whose answer did not come.
    fn unanswered(&mut self, asked: &Asked) {
        self.asks.push(asked.ask);
        self.given_up = asked.ended;
        self.quiet_since = asked.ended;
    }

    fn first(&self) -> Option<&Ask> {
        self.asks.first()
    }
}

impl Shared {
    /// Settles a row, or leaves it `unknown` for the next run.
    pub async fn settle(&self, mut parked: Parked) -> Turn {
        match self.try_settle(&mut parked).await {
            Ok(turn) => turn,
            Err(open) => {
                let why = match open {
                    Open::Stopped => {
                        "was asked for, and the run stopped before it was known what that did"
                            .to_owned()
                    }
                    Open::Cannot(why) => why,
                };
                let result = telling::unknown(&parked.item.guest, &why);
                self.over(result, Some(parked.intent.person), Weight::Bad)
                    .await
            }
        }
    }

    async fn try_settle(&self, parked: &mut Parked) -> Result<Turn, Open> {
        loop {
            if let Some(user) = self.look(parked).await? {
                return self.found(parked, &user).await;
            }
            let Some(asked) = self.probe(parked).await? else {
                continue;
            };
            let Verdict::Done(invitation) = &asked.verdict else {
                return self.not_invited(parked, asked).await;
            };
            let user_id = invitation.user_id.clone();
            parked.asks.push(asked.ask);
            parked.linked = Some(user_id.clone());
            let (Truth::Ours { mail } | Truth::OlderThanUs { mail }) =
                truth(self.created(&user_id).await?, &parked.asks);
            return self.ours(parked, mail, user_id).await;
        }
    }

    /// Looks until somebody is seen or `settle` is over. The last look must have been answered.
    async fn look(&self, parked: &mut Parked) -> Result<Option<DirectoryUser>, Open> {
        if let Some(user) = parked.seen.take() {
            return Ok(Some(user));
        }
        let end = parked.given_up + self.options.settle;
        for look in 0.. {
            if self.stop.is_raised() {
                return Err(Open::Stopped);
            }
            let over = Instant::now() >= end;
            let sighting = self.find(&parked.item.guest.email).await;
            match sighting.ok_or(Open::Stopped)? {
                Ok(Some(user)) => return Ok(Some(user)),
                Ok(None) if over => break,
                Ok(None) => {}
                Err(fault) => {
                    self.heed(&fault);
                    if over {
                        return Err(Open::Cannot(format!(
                            "was asked for, and cannot be looked up ({})",
                            fault.title()
                        )));
                    }
                }
            }
            let wait = look_again(look, self.options.settle)
                .min(end.saturating_duration_since(Instant::now()));
            if !self.stop.sleep(wait.max(Duration::from_millis(50))).await {
                return Err(Open::Stopped);
            }
        }
        Ok(None)
    }

    /// Asks silently for somebody who was not found. None: that ask's own answer did not come either.
    async fn probe(&self, parked: &mut Parked) -> Result<Option<Asked>, Open> {
        self.may_ask(parked)?;
        let apart = APART.saturating_sub(parked.quiet_since.elapsed());
        if !apart.is_zero() {
            if !self.stop.sleep(apart).await {
                return Err(Open::Stopped);
            }
            // A look-up comes before every ask, silent ones too.
            if let Some(user) = self.look(parked).await? {
                parked.seen = Some(user);
                return Ok(None);
            }
        }
        let on_done = OnDone {
            mail: Mail::None,
            state: PersonState::Asked,
        };
        let Some(asked) = self.ask_patiently(parked, AskKind::Probe, on_done).await? else {
            return Ok(None);
        };
        if matches!(asked.verdict, Verdict::Unknown { .. }) {
            parked.unanswered(&asked);
            return Ok(None);
        }
        Ok(Some(asked))
    }

    /// Somebody is there.
    async fn found(&self, parked: &mut Parked, user: &DirectoryUser) -> Result<Turn, Open> {
        let created = match user.created_date_time {
            Some(created) => Some(created),
            None => self.created(&user.id).await?,
        };
        match truth(created, &parked.asks) {
            Truth::OlderThanUs { mail } => {
                self.settled(
                    &parked.item,
                    parked.intent,
                    "was there before",
                    PersonState::Open,
                    None,
                )
                .await;
                let mut result = telling::exists(&parked.item.guest, user);
                if mail == Mail::Unknown {
                    result.mail = Some(mail);
                }
                Ok(self
                    .over(result, Some(parked.intent.person), Weight::Good)
                    .await)
            }
            Truth::Ours { mail } => self.ours(parked, mail, user.id.clone()).await,
        }
    }

    /// The guest is ours. A mail that is due goes out with the ask that fetches the link; else that ask is silent.
    async fn ours(&self, parked: &mut Parked, mail: Mail, user_id: String) -> Result<Turn, Open> {
        if mail == Mail::None && parked.item.mails(&self.options) {
            return self.mail_now(parked).await;
        }
        if parked.linked.as_ref() == Some(&user_id) {
            self.settled(
                &parked.item,
                parked.intent,
                "invited",
                PersonState::Invited,
                Some(mail),
            )
            .await;
            return Ok(self.invited(parked, mail, user_id).await);
        }
        let on_done = OnDone {
            mail,
            state: PersonState::Invited,
        };
        loop {
            self.may_ask(parked)?;
            let Some(asked) = self.ask_patiently(parked, AskKind::Relink, on_done).await? else {
                continue;
            };
            match asked.verdict {
                Verdict::Done(_) => return Ok(self.invited(parked, mail, user_id).await),
                Verdict::Unknown { .. } => {
                    parked.unanswered(&asked);
                    self.look_once(parked).await?;
                }
                _ => return self.not_invited(parked, asked).await,
            }
        }
    }

    /// Nothing had happened when the person was asked with mail: now is the time, with a look before it.
    async fn mail_now(&self, parked: &mut Parked) -> Result<Turn, Open> {
        self.may_ask(parked)?;
        let waited = parked
            .first()
            .map_or(Duration::MAX, |first| since(self.clock.now(), first.at));
        let wait = self.options.ask_again_after.saturating_sub(waited);
        if !wait.is_zero() && !self.stop.sleep(wait).await {
            return Err(Open::Stopped);
        }
        self.look_once(parked).await?;
        let on_done = OnDone {
            mail: Mail::Requested,
            state: PersonState::Invited,
        };
        let Some(asked) = self.ask_patiently(parked, AskKind::Invite, on_done).await? else {
            return Err(Open::Cannot(
                "is due a mail, and Graph asked to wait".into(),
            ));
        };
        match &asked.verdict {
            Verdict::Done(invitation) => {
                let user_id = invitation.user_id.clone();
                parked.request_id.clone_from(&asked.request_id);
                Ok(self.invited(parked, Mail::Requested, user_id).await)
            }
            // The guest is there, and whether this mail left cannot be read: no further one.
            Verdict::Unknown { .. } => {
                parked.unanswered(&asked);
                Box::pin(self.try_settle(parked)).await
            }
            _ => self.not_invited(parked, asked).await,
        }
    }

    /// The look that comes before every ask, where it is known already whom it will find.
    async fn look_once(&self, parked: &Parked) -> Result<(), Open> {
        let sighting = self.find(&parked.item.guest.email).await;
        match sighting.ok_or(Open::Stopped)? {
            Ok(_) => Ok(()),
            Err(fault) => {
                self.heed(&fault);
                Err(Open::Cannot(format!(
                    "was asked for, and cannot be looked up ({})",
                    fault.title()
                )))
            }
        }
    }

    /// Graph said no, clearly, to an ask that was to settle things.
    async fn not_invited(&self, parked: &mut Parked, asked: Asked) -> Result<Turn, Open> {
        match &asked.verdict {
            Verdict::Exists { .. } | Verdict::Refused { .. } => {
                let state = match &asked.verdict {
                    Verdict::Refused { .. } => PersonState::Refused,
                    _ => PersonState::Open,
                };
                self.settled(&parked.item, asked.intent, "answered", state, None)
                    .await;
                let item = Item {
                    guest: parked.item.guest.clone(),
                    person: parked.item.person.clone(),
                    sponsors: Vec::new(),
                    open: Vec::new(),
                };
                Ok(self.conclude(item, asked).await)
            }
            Verdict::Stop { .. } => Err(Open::Stopped),
            verdict => {
                let why = verdict.fault().map_or("no answer", |fault| fault.title());
                Err(Open::Cannot(format!(
                    "was asked for, and could not be settled ({why})"
                )))
            }
        }
    }

    /// Asks, sitting out throttles. None: a look between two asks saw the person, who is in `seen`.
    async fn ask_patiently(
        &self,
        parked: &mut Parked,
        kind: AskKind,
        on_done: OnDone,
    ) -> Result<Option<Asked>, Open> {
        parked.made += 1;
        for _ in 0..5 {
            let asked = self.ask(&parked.item, kind, on_done, true).await?;
            parked.intent = asked.intent;
            if !matches!(asked.verdict, Verdict::RetryAfter { .. }) {
                return Ok(Some(asked));
            }
            // Not performed, as far as is known: looked for once more before the next ask.
            let sighting = self.find(&parked.item.guest.email).await;
            match sighting.ok_or(Open::Stopped)? {
                Ok(Some(user)) if kind == AskKind::Probe => {
                    parked.asks.push(asked.ask);
                    parked.seen = Some(user);
                    return Ok(None);
                }
                Ok(_) => {}
                Err(fault) => self.heed(&fault),
            }
        }
        Err(Open::Cannot(
            "was asked for, and Graph asked to wait, again and again".into(),
        ))
    }

    fn may_ask(&self, parked: &Parked) -> Result<(), Open> {
        if self.stop.is_raised() {
            return Err(Open::Stopped);
        }
        if parked.made >= ASKS {
            return Err(Open::Cannot(
                "was asked for three times without an answer that tells".into(),
            ));
        }
        Ok(())
    }

    /// When the guest was made, read by id: fresher than any filter, though not at once on every replica.
    async fn created(&self, user_id: &str) -> Result<Option<Timestamp>, Open> {
        let path = format!("/users/{}?$select={USER_SELECT}", odata::encode(user_id));
        let end = Instant::now() + self.options.settle;
        for look in 0.. {
            match self.graph.get::<DirectoryUser>(&path, Read::ONE).await {
                Ok(user) => return Ok(user.created_date_time),
                Err(fault) => self.heed(&fault),
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let wait = look_again(look, self.options.settle).min(left);
            if !self.stop.sleep(wait).await {
                // Not read is not unreadable: the next run reads it.
                return Err(Open::Stopped);
            }
        }
        Ok(None)
    }

    async fn invited(&self, parked: &Parked, mail: Mail, user_id: String) -> Turn {
        let result =
            telling::invited_and_settled(&parked.item.guest, mail, parked.request_id.clone());
        let person = parked.intent.person;
        self.follow_ups
            .then_tell(&parked.item, person, &user_id, result, Weight::Good)
            .await;
        Turn::Invited { person, user_id }
    }
}

fn since(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}
