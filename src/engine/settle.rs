//! What an unanswered ask did: found out by looking, then by asking silently; never by asking with mail again.
//!
//! 1. Look the person up until `settle` is over. Found, where nobody had been before: one of our asks made the guest.
//! 2. Not found: ask silently. It cannot mail, and the guest's creation time tells which ask made the guest.
//! 3. Nothing had happened, and a mail is due: ask with mail, not before `ask_again_after`.
//!
//! Between "perhaps twice" and "perhaps not yet" it chooses "not yet". The link is fetched whatever is decided about
//! the mail.

use super::{
    attempt::{AnsweredAttempt, NotAsked, OnDone, Shared, Stopped, look_again},
    attribution,
    calibration::Made,
    next_action::PendingGuest,
    parked::Parked,
    recorder::CountsAs,
    row_results,
    worker::WorkResult,
};
use crate::{
    directory,
    graph::{DirectoryUser, Fault, Read, Verdict, odata, wire::USER_SELECT},
    ledger::{AttemptKind, PersonState, PriorLookup},
    outcome::{Mail, Outcome, RowResult, ThisRun},
};
use std::time::Duration;
use tokio::time::Instant;

/// Asks a row and run may make, the first one included.
const ASKS: usize = 3;
/// A silent ask is told from the one before it by its time, and servers tell times in whole seconds: so long
/// after the last moment at which that one can have been under way.
pub(super) const APART: Duration = Duration::from_secs(6);

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

impl From<NotAsked> for Open {
    fn from(why: NotAsked) -> Self {
        match why {
            NotAsked::Stopped => Self::Stopped,
            NotAsked::Changed => Self::Cannot(
                "was asked for, and an earlier run was answered while this one was looking"
                    .to_owned(),
            ),
        }
    }
}

impl Open {
    fn no_look(fault: &Fault) -> Self {
        Self::Cannot(format!(
            "was asked for, and cannot be looked up ({})",
            fault.title()
        ))
    }
}

impl Shared {
    /// Settles a row, or leaves it `unknown` for the next run.
    pub(super) async fn settle(&self, mut parked: Parked) -> WorkResult {
        let open = match self.try_settle(&mut parked).await {
            Ok(turn) => return turn,
            Err(open) => open,
        };
        let guest = &parked.item.guest;
        // Where Graph has only ever asked to wait, nothing happened, as far as is known.
        let (result, counts_as) = match open {
            Open::Stopped if parked.is_only_throttled() => {
                (row_results::not_attempted(guest), CountsAs::Light)
            }
            Open::Cannot(_) if parked.is_only_throttled() => {
                (row_results::throttled_too_often(guest), CountsAs::Bad)
            }
            Open::Stopped => {
                let why = "was asked for, and the run stopped before it was known what that did";
                (
                    row_results::unknown(guest, why, parked.fault.as_ref()),
                    CountsAs::Bad,
                )
            }
            Open::Cannot(why) => (
                row_results::unknown(guest, &why, parked.fault.as_ref()),
                CountsAs::Bad,
            ),
        };
        self.finish_row(result, Some(parked.intent.person), counts_as)
            .await
    }

    async fn try_settle(&self, parked: &mut Parked) -> Result<WorkResult, Open> {
        loop {
            if let Some(user) = self.look(parked).await? {
                return self.found(parked, &user).await;
            }
            if parked.is_only_throttled() && !self.doubts_throttles() {
                return self.ask_as_wished(parked).await;
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
            let mail = self.mail_of(parked, &user_id).await?;
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
            let lookup_result = self.find(&parked.item.guest.email).await;
            match lookup_result.ok_or(Open::Stopped)? {
                Ok(Some(user)) => return Ok(Some(user)),
                Ok(None) => {
                    parked.item.saw = PriorLookup::NotFound;
                    if over {
                        break;
                    }
                }
                Err(fault) => {
                    self.stop_if_fatal(&fault);
                    if over {
                        return Err(Open::no_look(&fault));
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

    /// Asks silently for somebody who was not found. None: that ask's own answer does not tell either.
    async fn probe(&self, parked: &mut Parked) -> Result<Option<AnsweredAttempt>, Open> {
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
        let Some(asked) = self
            .ask_patiently(parked, AttemptKind::Probe, on_done)
            .await?
        else {
            return Ok(None);
        };
        if matches!(asked.verdict, Verdict::Unknown { .. }) {
            parked.unanswered(&asked);
            return Ok(None);
        }
        Ok(Some(asked))
    }

    /// Somebody is there.
    async fn found(&self, parked: &mut Parked, user: &DirectoryUser) -> Result<WorkResult, Open> {
        // That nobody was there when this run looked first is evidence too.
        let appeared = parked.item.saw == PriorLookup::NotFound;
        if !appeared && !attribution::is_ours(None, &parked.asks) {
            let made = self.made(parked, &user.id).await?;
            if !attribution::is_ours(made, &parked.asks) {
                return self.older(parked, user).await;
            }
        }
        if parked.is_only_throttled() {
            self.doubt_throttles();
        }
        let mail = self.mail_of(parked, &user.id).await?;
        self.ours(parked, mail, user.id.clone()).await
    }

    /// What is known about the mail of a guest of ours.
    async fn mail_of(&self, parked: &mut Parked, user_id: &str) -> Result<Mail, Open> {
        let made = if attribution::depends_on_time(&parked.asks, self.silent_first) {
            self.made(parked, user_id).await?
        } else {
            None
        };
        Ok(attribution::mail_of(made, &parked.asks, self.silent_first))
    }

    /// A guest who had been there before us; the link is fetched silently, once.
    async fn older(&self, parked: &mut Parked, user: &DirectoryUser) -> Result<WorkResult, Open> {
        let mail = attribution::mail_of_older(&parked.asks);
        let mut result = row_results::exists(&parked.item.guest, user);
        if mail == Mail::Unknown {
            result.mail = Some(mail);
        }
        let pending = directory::classify(user) == Outcome::ExistsPending;
        if pending && parked.linked.as_ref() != Some(&user.id) {
            let on_done = OnDone {
                mail,
                state: PersonState::Open,
            };
            let asked = self.fetch_link(parked, on_done).await?;
            if !matches!(asked.verdict, Verdict::Done(_)) {
                return self.not_invited(parked, asked).await;
            }
            result.this_run = Some(ThisRun::Relinked);
            result.hint = Some(row_results::RELINKED.into());
        } else {
            self.settled(
                &parked.item,
                parked.intent,
                "was there before",
                PersonState::Open,
                None,
            )
            .await;
        }
        Ok(self
            .finish_row(result, Some(parked.intent.person), CountsAs::Good)
            .await)
    }

    /// The guest is ours. A mail that is due goes out with the ask that fetches the link; else that ask is silent.
    async fn ours(
        &self,
        parked: &mut Parked,
        mail: Mail,
        user_id: String,
    ) -> Result<WorkResult, Open> {
        if mail == Mail::None && parked.item.mails(&self.options) {
            return self.ask_as_wished(parked).await;
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
        let asked = self.fetch_link(parked, on_done).await?;
        if matches!(asked.verdict, Verdict::Done(_)) {
            return Ok(self.invited(parked, mail, user_id).await);
        }
        self.not_invited(parked, asked).await
    }

    /// Asks silently for somebody who is there, until an answer tells.
    async fn fetch_link(
        &self,
        parked: &mut Parked,
        on_done: OnDone,
    ) -> Result<AnsweredAttempt, Open> {
        loop {
            self.may_ask(parked)?;
            parked.item.saw = PriorLookup::Found;
            let Some(asked) = self
                .ask_patiently(parked, AttemptKind::Relink, on_done)
                .await?
            else {
                continue;
            };
            if !matches!(asked.verdict, Verdict::Unknown { .. }) {
                return Ok(asked);
            }
            parked.unanswered(&asked);
            self.look_once(parked).await?;
        }
    }

    /// Nothing had happened: now is the time to ask as the row wishes, with a look before it.
    async fn ask_as_wished(&self, parked: &mut Parked) -> Result<WorkResult, Open> {
        self.may_ask(parked)?;
        let mail = if parked.item.mails(&self.options) {
            Mail::Requested
        } else {
            Mail::None
        };
        if mail == Mail::Requested && !parked.is_only_throttled() {
            let waited = parked.mail_given_up.elapsed();
            let wait = self.options.ask_again_after.saturating_sub(waited);
            if !wait.is_zero() && !self.stop.sleep(wait).await {
                return Err(Open::Stopped);
            }
        }
        let seen = self.look_once(parked).await?;
        // Whoever is known by id already is expected to be seen.
        if let Some(user) = seen.filter(|_| parked.linked.is_none()) {
            return Box::pin(self.found(parked, &user)).await;
        }
        let on_done = OnDone {
            mail,
            state: PersonState::Invited,
        };
        let Some(asked) = self
            .ask_patiently(parked, AttemptKind::Invite, on_done)
            .await?
        else {
            return Box::pin(self.try_settle(parked)).await;
        };
        match &asked.verdict {
            Verdict::Done(invitation) => {
                let user_id = invitation.user_id.clone();
                parked.request_id.clone_from(&asked.request_id);
                if mail == Mail::Requested
                    && parked.is_only_throttled()
                    && self.was_there_before(&user_id, &asked).await
                {
                    self.doubt_throttles();
                    let result =
                        row_results::invited_perhaps_twice(&parked.item.guest, asked.request_id);
                    return Ok(self.finish(parked, result, user_id).await);
                }
                Ok(self.invited(parked, mail, user_id).await)
            }
            // The guest is there, and whether this mail left cannot be read: no further one.
            Verdict::Unknown { .. } | Verdict::RetryAfter { .. } => {
                parked.unanswered(&asked);
                Box::pin(self.try_settle(parked)).await
            }
            _ => self.not_invited(parked, asked).await,
        }
    }

    /// The look that comes before every ask.
    async fn look_once(&self, parked: &mut Parked) -> Result<Option<DirectoryUser>, Open> {
        let lookup_result = self.find(&parked.item.guest.email).await;
        match lookup_result.ok_or(Open::Stopped)? {
            Ok(seen) => {
                parked.item.saw = match &seen {
                    Some(_) => PriorLookup::Found,
                    None => PriorLookup::NotFound,
                };
                Ok(seen)
            }
            Err(fault) => {
                self.stop_if_fatal(&fault);
                Err(Open::no_look(&fault))
            }
        }
    }

    /// Graph said no, clearly, to an ask that was to settle things.
    async fn not_invited(
        &self,
        parked: &mut Parked,
        asked: AnsweredAttempt,
    ) -> Result<WorkResult, Open> {
        match &asked.verdict {
            Verdict::Exists { .. } | Verdict::Refused { .. } => {
                let state = match &asked.verdict {
                    Verdict::Refused { .. } => PersonState::Refused,
                    _ => PersonState::Open,
                };
                self.settled(&parked.item, asked.intent, "answered", state, None)
                    .await;
                let item = PendingGuest {
                    guest: parked.item.guest.clone(),
                    person: parked.item.person.clone(),
                    sponsors: Vec::new(),
                    open: Vec::new(),
                    saw: parked.item.saw,
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
        kind: AttemptKind,
        on_done: OnDone,
    ) -> Result<Option<AnsweredAttempt>, Open> {
        parked.made += 1;
        for _ in 0..5 {
            let asked = self.ask(&parked.item, kind, on_done, true).await?;
            parked.intent = asked.intent;
            let is_throttled = matches!(asked.verdict, Verdict::RetryAfter { .. });
            // No look-up can tell whether a throttled mail for a guest who is there already was performed.
            if !is_throttled || (asked.ask.mails && parked.linked.is_some()) {
                return Ok(Some(asked));
            }
            if kind != AttemptKind::Relink {
                parked.asks.push(asked.ask);
            }
            // Not performed, as far as is known: looked for once more before the next ask.
            if asked.ask.mails && !self.stop.sleep(APART).await {
                return Err(Open::Stopped);
            }
            let lookup_result = self.find(&parked.item.guest.email).await;
            match lookup_result.ok_or(Open::Stopped)? {
                Ok(Some(user)) if kind != AttemptKind::Relink && parked.linked.is_none() => {
                    parked.seen = Some(user);
                    return Ok(None);
                }
                Ok(_) => {}
                Err(fault) => self.stop_if_fatal(&fault),
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

    /// When the guest was made, by our clock: read by id, which is fresher than any filter, though not at once on every
    /// replica. None: it cannot be told.
    async fn made(&self, parked: &mut Parked, user_id: &str) -> Result<Option<Made>, Open> {
        let path = format!("/users/{}?$select={USER_SELECT}", odata::encode(user_id));
        let end = Instant::now() + self.options.settle;
        for look in 0.. {
            match self.graph.get::<DirectoryUser>(&path, Read::ONE).await {
                Ok(user) => {
                    let Some(created) = user.created_date_time else {
                        return Ok(None);
                    };
                    if !self.calibration.is_decided() {
                        parked.let_others_begin();
                        tokio::select! {
                            biased;
                            () = self.stop.raised() => return Err(Open::Stopped),
                            () = self.calibration.decided() => {}
                        }
                    }
                    let offset = self.calibration.offset(&self.graph).await;
                    if self.calibration.steps() != parked.steps {
                        return Ok(None);
                    }
                    return Ok(offset.and_then(|offset| offset.made(created)));
                }
                Err(fault) => self.stop_if_fatal(&fault),
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

    /// Whether somebody whom a throttled ask is said not to have made had been there before the ask that followed it.
    pub(super) async fn was_there_before(&self, user_id: &str, asked: &AnsweredAttempt) -> bool {
        let Some(offset) = self.calibration.offset(&self.graph).await else {
            return false;
        };
        let users = self.graph.get_by_ids(&[user_id.to_owned()]).await;
        let created = users
            .ok()
            .and_then(|users| users.into_iter().next()?.created_date_time);
        if self.calibration.steps() != asked.steps {
            return false;
        }
        created
            .and_then(|created| offset.made(created))
            .is_some_and(|made| attribution::is_before(made, &asked.ask))
    }

    async fn invited(&self, parked: &Parked, mail: Mail, user_id: String) -> WorkResult {
        let result =
            row_results::invited_and_settled(&parked.item.guest, mail, parked.request_id.clone());
        self.finish(parked, result, user_id).await
    }

    async fn finish(&self, parked: &Parked, result: RowResult, user_id: String) -> WorkResult {
        let person = parked.intent.person;
        self.follow_ups
            .then_tell(&parked.item, person, &user_id, result, CountsAs::Good)
            .await;
        WorkResult::Invited { person, user_id }
    }
}
