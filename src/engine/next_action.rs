//! Decides what a row needs, from what the sheet says and what the ledger knows. Sends no requests.

use super::{
    MailBy, Options,
    names::{self, Names},
    owed::{FollowUpRules, Owed, Waits},
    row_results::{self, NamedInCell},
};
use crate::{
    directory::NamedObjects,
    follow_up::{GroupToJoin, Standing, Wishes},
    graph::Sponsor,
    guest::{EmailAddress, Guest, RowVerdict, Understood, UserType},
    ledger::{
        Corrected, Forgotten, InvitationAttempt, LedgerError, Person, PersonState, PriorLookup,
        Reader,
    },
    outcome::{RowResult, ThisRun, Verified},
};
use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

/// A guest who was invited or verified within this time is not looked up again.
const FRESH: SignedDuration = SignedDuration::from_hours(24);

/// A guest of the sheet whose row has no outcome yet.
#[derive(Debug)]
pub(super) struct PendingGuest {
    pub guest: Box<Guest>,
    pub person: Option<Person>,
    pub sponsors: Vec<Sponsor>,
    /// The object id of the manager.
    pub manager: Option<String>,
    pub groups: Vec<GroupToJoin>,
    /// Whatever else the row names that cannot be looked up or used, although the guest is invited.
    pub waits: Vec<Waits>,
    /// Attempts whose effect is not known, oldest first.
    pub open: Vec<InvitationAttempt>,
    /// What the last look-up found.
    pub saw: PriorLookup,
}

impl PendingGuest {
    /// Whether Microsoft is to mail the person.
    pub(super) fn mails(&self, options: &Options) -> bool {
        options.mail_by == MailBy::Microsoft && self.guest.send.unwrap_or(options.send)
    }

    /// Whether a mail of our own is due once the person is invited.
    pub(super) fn owes_mail(&self, options: &Options) -> bool {
        options.mail_by == MailBy::Ourselves && self.guest.send.unwrap_or(options.send)
    }

    pub(super) fn person_id(&self) -> Option<i64> {
        self.person.as_ref().map(|person| person.id)
    }

    /// Whether a results file says that this user was invited for this row.
    pub(super) fn claims(&self, user_id: &str) -> bool {
        self.person.as_ref().is_some_and(|person| {
            person.state == PersonState::Claimed
                && person
                    .user_id
                    .as_ref()
                    .is_some_and(|id| id.eq_ignore_ascii_case(user_id))
        })
    }

    /// What the row asks for beside the invitation.
    pub(super) fn wishes(&self) -> Wishes<'_> {
        Wishes {
            profile: &self.guest.profile,
            sponsors: &self.sponsors,
            manager: self.manager.as_deref(),
            groups: &self.groups,
        }
    }

    /// When a run of `cleanup` deleted this user, and which run that was.
    pub(super) fn deleted_by_us(&self, user_id: &str) -> Option<&(Timestamp, String)> {
        let person = self.person.as_ref()?;
        let known = person.user_id.as_ref()?;
        person
            .deleted
            .as_ref()
            .filter(|_| known.eq_ignore_ascii_case(user_id))
    }

    /// The newest event about the person when this row was decided. The ledger takes no intent if there is a newer one.
    pub(super) fn newest_event(&self) -> i64 {
        self.person.as_ref().map_or(0, |person| person.newest_event)
    }

    /// A hash of what an invitation of this row contains, without its words. A person who was refused is invited again when
    /// it has changed.
    pub(super) fn content(&self, options: &Options) -> String {
        let guest = &self.guest;
        let redirect = guest.redirect_url.as_ref().unwrap_or(&options.redirect_url);
        let mut sponsors: Vec<String> = self
            .sponsors
            .iter()
            .map(|sponsor| sponsor.id().to_ascii_lowercase())
            .collect();
        sponsors.sort_unstable();
        let content = serde_json::json!([
            sponsors,
            guest.user_type.unwrap_or(UserType::Guest).word(),
            redirect,
            guest.cc.as_ref().map(EmailAddress::key),
        ]);
        let hash = digest(&SHA256, content.to_string().as_bytes());
        hash.as_ref()[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// What is done for a row first.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it is taken apart at once, and most rows of a first run are the large one"
)]
pub(super) enum NextAction {
    /// Nothing: this is its outcome.
    Tell(Box<RowResult>, Option<i64>),
    Precheck(PrecheckTask),
}

/// What the prechecker does for a row.
#[derive(Debug)]
pub(super) enum PrecheckTask {
    /// Look the person up by address, then decide.
    Look(PendingGuest),
    /// An earlier run invited the person: look by id whether the guest is still there.
    Confirm(PendingGuest),
    /// An earlier attempt has no answer: find out what it did.
    Settle(PendingGuest, Option<SettleGuard>),
}

/// A guard held while a row is settled; the feeder waits until all guards are dropped.
#[derive(Debug)]
pub(super) struct SettleGuard(
    #[expect(dead_code, reason = "it is there to be dropped")] pub mpsc::Sender<()>,
);

/// What the ledger knows about people. A ledger that cannot be read must not look like an empty one, so `failed` stops
/// the run.
pub(super) struct LedgerView<'a> {
    pub reader: &'a Reader,
    pub failed: &'a dyn Fn(&LedgerError),
    /// Who asked to be forgotten.
    pub forgotten: &'a Forgotten,
}

impl LedgerView<'_> {
    /// The person with an address, and the attempts whose effect is not known.
    pub(super) fn person(
        &self,
        address: &EmailAddress,
    ) -> (Option<Person>, Vec<InvitationAttempt>) {
        let known = self.reader.person(address.key()).and_then(|person| {
            let open = match &person {
                Some(person) if person.state == PersonState::Asked => {
                    self.reader.open_attempts(person.id)?
                }
                _ => Vec::new(),
            };
            Ok((person, open))
        });
        known.unwrap_or_else(|error| {
            (self.failed)(&error);
            (None, Vec::new())
        })
    }

    /// What is owed to a guest whom an earlier run invited.
    fn owed(&self, item: &PendingGuest, person: &Person, rules: FollowUpRules) -> Option<Owed> {
        let user_id = person.user_id.as_deref()?;
        let known = |user_id: &str| {
            self.reader.follow_ups_of(user_id).unwrap_or_else(|error| {
                (self.failed)(&error);
                Vec::new()
            })
        };
        rules.owed(
            Some(person),
            item.wishes(),
            &item.waits,
            Standing::Earlier,
            user_id,
            known,
        )
    }

    /// Whether Graph has refused this content for a person. For refusals that were recorded without the content, it counts
    /// as unchanged.
    fn refused(&self, person: &Person, content: &str) -> bool {
        match self.reader.was_refused(person.id, content) {
            Ok(refused) => refused.unwrap_or(true),
            Err(error) => {
                (self.failed)(&error);
                true
            }
        }
    }
}

pub(super) fn first_action(
    understood: Understood,
    corrected: Option<&Corrected>,
    memory: &LedgerView<'_>,
    named: &NamedObjects,
    rules: FollowUpRules,
    options: &Options,
    now: Timestamp,
) -> NextAction {
    // The link of a person may be known even if the row cannot be used now.
    let email = match &understood.verdict {
        RowVerdict::Guest(guest) => Some(guest.email.clone()),
        RowVerdict::Duplicate { email, .. } => Some(email.clone()),
        RowVerdict::Invalid => EmailAddress::parse(&understood.email_text).ok(),
    };
    let usable = !matches!(understood.verdict, RowVerdict::Invalid);
    let address = email
        .as_ref()
        .filter(|_| usable)
        .map(|email| (email.key(), email.domain()));
    let selected = options.selection.takes(understood.row, address);
    let duplicate = matches!(understood.verdict, RowVerdict::Duplicate { .. });
    let (person, open) = match &email {
        Some(email) if !duplicate => memory.person(email),
        _ => (None, Vec::new()),
    };
    // Somebody who was invited again since stands in the ledger again.
    let is_forgotten = person.is_none()
        && email
            .as_ref()
            .is_some_and(|email| memory.forgotten.contains(email.key()));
    let tell = |result: RowResult, person: Option<&Person>| {
        let result = if is_forgotten {
            row_results::without_address(result)
        } else {
            result
        };
        NextAction::Tell(Box::new(result), person.map(|person| person.id))
    };
    if !selected {
        return tell(row_results::not_selected(&understood), person.as_ref());
    }
    if let Some(corrected) = corrected.filter(|_| open.is_empty() && !duplicate) {
        let own = email.as_ref().map(EmailAddress::key);
        let same = matches!(corrected.emails.as_slice(), [only] if own == Some(only.to_ascii_lowercase().as_str()));
        // If the row itself has that address and can be used, the ledger decides as for any other row.
        if !(usable && same) {
            let person = person.as_ref().filter(|_| same);
            return tell(row_results::corrected(&understood, corrected), person);
        }
    }
    let RowVerdict::Guest(guest) = understood.verdict else {
        return tell(row_results::unusable(&understood), person.as_ref());
    };
    let is_named = options
        .selection
        .addresses
        .iter()
        .any(|wanted| wanted == guest.email.key());
    if is_forgotten && !(options.again && is_named) {
        return tell(row_results::forgotten(&guest), None);
    }
    let (sponsors, unresolved) = names::sponsors(&guest, &named.sponsors);
    let Names {
        manager,
        groups,
        unusable,
    } = Names::of(&guest, named);
    let mut item = PendingGuest {
        guest,
        person,
        sponsors,
        manager,
        groups,
        waits: Vec::new(),
        open,
        saw: PriorLookup::default(),
    };
    // A person who was asked for or invited before keeps that outcome, even if the sponsor cannot be used now.
    if let Some((sponsor, why)) = unresolved {
        let guest = &item.guest;
        match item.person.as_ref().map(|person| person.state) {
            Some(PersonState::Asked) if !item.open.is_empty() => {
                let result =
                    row_results::unknown_without_sponsor(guest, &sponsor, &named.columns, &why);
                return NextAction::Tell(Box::new(result), item.person_id());
            }
            Some(PersonState::Invited | PersonState::Claimed) => {}
            _ => {
                let cell = NamedInCell::Sponsor(&sponsor);
                let result = row_results::unusable_name(guest, cell, &named.columns, &why);
                return tell(result, item.person.as_ref());
            }
        }
    }
    let was_asked = match item.person.as_ref().map(|person| person.state) {
        Some(PersonState::Asked) => !item.open.is_empty(),
        Some(PersonState::Invited | PersonState::Claimed) => true,
        _ => false,
    };
    for unusable in unusable {
        // Whoever may not read the groups invites all the same.
        if !was_asked && !unusable.waits_for_permission {
            return tell(unusable.row, item.person.as_ref());
        }
        item.waits.push(unusable.waits);
    }
    match item.person.as_ref().map(|person| (person.state, person)) {
        Some((PersonState::Asked, _)) if !item.open.is_empty() => {
            NextAction::Precheck(PrecheckTask::Settle(item, None))
        }
        Some((PersonState::Invited, person)) if fresh(person, now) => {
            let result = row_results::invited_before(&item.guest, person, None::<ThisRun>);
            match memory.owed(&item, person, rules) {
                Some(owed) if !owed.is_over() || !item.waits.is_empty() => {
                    NextAction::Precheck(PrecheckTask::Confirm(item))
                }
                Some(owed) => NextAction::Tell(Box::new(owed.told(result)), item.person_id()),
                None => NextAction::Tell(Box::new(result), item.person_id()),
            }
        }
        Some((PersonState::Invited | PersonState::Claimed, _)) => {
            NextAction::Precheck(PrecheckTask::Confirm(item))
        }
        Some((PersonState::Refused, person))
            if !options.retry_refused && memory.refused(person, &item.content(options)) =>
        {
            let result = row_results::refused_before(&item.guest, person);
            NextAction::Tell(Box::new(result), item.person_id())
        }
        _ => NextAction::Precheck(PrecheckTask::Look(item)),
    }
}

/// Invited within a day, or confirmed within a day, and seen in the directory.
fn fresh(person: &Person, now: Timestamp) -> bool {
    let last = person.verified_at.max(person.invited_at);
    person.verified == Some(Verified::Found)
        && person.deleted.is_none()
        && last.is_some_and(|last| now.duration_since(last) < FRESH)
}
