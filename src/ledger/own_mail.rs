//! What the ledger remembers of mails of our own: the intent before a mail leaves, and the answer after it.
//!
//! At most one mail of a kind may have left for a user, whatever address the user stands under; the rule is kept inside
//! the transaction of the intent.

use super::{Reader, Result, Writer, units::millis};
use crate::outcome::Mail;
use jiff::Timestamp;
use rusqlite::params;

/// Which mail it is. For each kind a user is mailed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind {
    /// The first mail, with the redeem link.
    Invitation,
    /// The reminder of that number, counted from 1.
    Reminder(u32),
    /// The mail with the new link after the redemption was reset, by the event of the ledger that says so.
    Reset(i64),
}

impl MailKind {
    pub(crate) fn word(self) -> String {
        match self {
            Self::Invitation => "invitation".to_owned(),
            Self::Reminder(number) => format!("reminder-{number}"),
            Self::Reset(event) => format!("reset-{event}"),
        }
    }

    pub(super) fn from_word(word: &str) -> Self {
        let number = |prefix: &str| word.strip_prefix(prefix);
        let reminder = number("reminder-").and_then(|number| number.parse().ok());
        let reset = number("reset-").and_then(|event| event.parse().ok());
        reminder
            .map(Self::Reminder)
            .or_else(|| reset.map(Self::Reset))
            .unwrap_or(Self::Invitation)
    }
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnMailState {
    /// About to leave; after the end of its run nobody knows whether it left.
    Intent,
    /// It may have left, and no answer tells.
    Unknown,
    /// A server has taken it over.
    HandedOver,
    /// It has not left, and may be sent later.
    Due,
    /// A server refuses it for good; it has not left.
    Refused,
}

impl OwnMailState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Unknown => "unknown",
            Self::HandedOver => "handed-over",
            Self::Due => "due",
            Self::Refused => "refused",
        }
    }

    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "handed-over" => Self::HandedOver,
            "due" => Self::Due,
            "refused" => Self::Refused,
            "intent" => Self::Intent,
            _ => Self::Unknown,
        }
    }

    /// As the results tell it.
    pub(crate) fn mail(self) -> Mail {
        match self {
            Self::Intent | Self::Unknown => Mail::Unknown,
            Self::HandedOver => Mail::HandedOver,
            Self::Due => Mail::Due,
            Self::Refused => Mail::Refused,
        }
    }

    fn may_have_left(self) -> bool {
        matches!(self, Self::Intent | Self::Unknown | Self::HandedOver)
    }
}

/// A mail about to leave.
#[derive(Debug, Clone)]
pub(crate) struct MailIntent {
    pub person: i64,
    pub user_id: String,
    pub row: Option<u64>,
    pub kind: MailKind,
    /// The address that it is sent from.
    pub mailbox: String,
    pub message_id: String,
    pub language: Option<String>,
    /// A hash of the template.
    pub template: String,
    pub at: Timestamp,
    /// The newest event about the person when it was decided to send.
    pub decided_on: i64,
    pub asked_before: AskedBefore,
}

/// What a person has decided about mails of which more is known than that they are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct AskedBefore {
    /// Send again though an earlier one may have left.
    pub unknown_too: bool,
    /// Send again what was refused.
    pub refused_too: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MailIntentId {
    id: i64,
    event: i64,
    person: i64,
}

/// Why there is no intent, and so nothing may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoMailIntent {
    /// Another run has taken the ledger over.
    TakenOver,
    /// The ledger's file was deleted, moved or replaced.
    Gone,
    /// Another run has learnt something about the person since it was decided to send.
    Changed,
    /// The user was mailed before, may have been, or the mail was refused.
    Before(OwnMailState),
}

/// What became of a mail, and how that is known.
#[derive(Debug, Clone)]
pub(crate) struct MailAnswer {
    pub state: OwnMailState,
    pub at: Timestamp,
    /// The status of HTTP or SMTP.
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code or a reason; never an address or a link.
    pub detail: Option<String>,
}

impl Writer {
    /// Durable when it returns; in a transaction of its own.
    pub(crate) fn mail_intent(
        &self,
        run: &str,
        intent: &MailIntent,
    ) -> Result<std::result::Result<MailIntentId, NoMailIntent>> {
        self.begin()?;
        let written = self.write_mail_intent(run, intent);
        match &written {
            Ok(Ok(_)) => self.commit()?,
            _ => self.rollback(),
        }
        written
    }

    fn write_mail_intent(
        &self,
        run: &str,
        intent: &MailIntent,
    ) -> Result<std::result::Result<MailIntentId, NoMailIntent>> {
        if !self.stands()? {
            return Ok(Err(NoMailIntent::TakenOver));
        }
        if !self.is_in_place() {
            return Ok(Err(NoMailIntent::Gone));
        }
        if self.others_after(intent.person, intent.decided_on, run)? {
            return Ok(Err(NoMailIntent::Changed));
        }
        let kind = intent.kind.word();
        let before = states(self.connection(), &intent.user_id, &kind)?;
        if let Some(state) = stands_in_the_way(&before, intent.asked_before) {
            return Ok(Err(NoMailIntent::Before(state)));
        }
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, client_request_id, detail) VALUES (?1, ?2, ?3, ?4, 'mail-intent', ?5, ?6)",
            )?
            .execute(params![
                millis(intent.at),
                run,
                intent.person,
                intent.row,
                intent.message_id,
                kind,
            ])?;
        let event = self.connection().last_insert_rowid();
        self.connection()
            .prepare_cached(
                "INSERT INTO own_mail (event, run, person, row, user_id, kind, mailbox, message_id, language, template, state, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'intent', ?11)",
            )?
            .execute(params![
                event,
                run,
                intent.person,
                intent.row,
                intent.user_id,
                kind,
                intent.mailbox,
                intent.message_id,
                intent.language,
                intent.template,
                millis(intent.at),
            ])?;
        let id = self.connection().last_insert_rowid();
        self.tell_people(id)?;
        Ok(Ok(MailIntentId {
            id,
            event,
            person: intent.person,
        }))
    }

    /// Durable when it returns. An answer is a fact, whoever has the ledger by now.
    pub(crate) fn mail_answered(
        &self,
        run: &str,
        intent: MailIntentId,
        answer: &MailAnswer,
    ) -> Result<()> {
        self.begin()?;
        let written = self.write_mail_answer(run, intent, answer);
        match &written {
            Ok(()) => self.commit()?,
            Err(_) => self.rollback(),
        }
        written
    }

    fn write_mail_answer(
        &self,
        run: &str,
        intent: MailIntentId,
        answer: &MailAnswer,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE own_mail SET state = ?2, answered_at = ?3, status = ?4, request_id = ?5, detail = ?6 WHERE id = ?1",
            )?
            .execute(params![
                intent.id,
                answer.state.word(),
                millis(answer.at),
                answer.status,
                answer.request_id,
                answer.detail,
            ])?;
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 SELECT ?2, ?3, ?4, row, 'mail-' || state, ?5, status, request_id, detail FROM own_mail WHERE id = ?1",
            )?
            .execute(params![
                intent.id,
                millis(answer.at),
                run,
                intent.person,
                intent.event,
            ])?;
        self.tell_people(intent.id)
    }

    /// What became of the mail of a row, beside what its run told: a hint, and a code and words where it did not go well.
    /// A row that was newly invited and is mailed has no hint. In a sheet that has changed since, the person may stand in
    /// another row.
    pub(crate) fn mail_told(
        &self,
        (run, row, person): (&str, u64, i64),
        hint: Option<&str>,
        error_code: Option<&str>,
        error: Option<&str>,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE row SET error_code = ?5, error = ?6,
                    hint = coalesce(?4, CASE WHEN this_run = 'invited' THEN NULL ELSE 'was invited before; the mail with the link was sent now' END)
                 WHERE run = ?1 AND person = ?3
                    AND (row = ?2 OR NOT EXISTS (SELECT 1 FROM row WHERE run = ?1 AND row = ?2 AND person = ?3))",
            )?
            .execute(params![run, row, person, hint, error_code, error])?;
        Ok(())
    }

    /// The first mail of a person who was not mailed is no longer to be sent, for a reason in one word. A run that has lost
    /// the ledger says nothing.
    pub(crate) fn mail_not_needed(
        &self,
        (run, row, person): (&str, u64, i64),
        why: &str,
        at: Timestamp,
    ) -> Result<()> {
        self.begin()?;
        let written = self.write_mail_not_needed((run, row, person), why, at);
        match &written {
            Ok(()) => self.commit()?,
            Err(_) => self.rollback(),
        }
        written
    }

    fn write_mail_not_needed(
        &self,
        (run, row, person): (&str, u64, i64),
        why: &str,
        at: Timestamp,
    ) -> Result<()> {
        if !self.stands()? {
            return Ok(());
        }
        let changed = self
            .connection()
            .prepare_cached(
                "UPDATE person SET mail = 'none' WHERE id = ?1 AND mail IN ('due', 'refused')",
            )?
            .execute([person])?;
        if changed > 0 {
            self.connection()
                .prepare_cached(
                    "INSERT INTO event (at, run, person, row, kind, detail) VALUES (?1, ?2, ?3, ?4, 'mail-not-needed', ?5)",
                )?
                .execute(params![millis(at), run, person, row, why])?;
        }
        Ok(())
    }

    /// The hint of those rows of a run whose mail is due and of which nothing else was told.
    pub(crate) fn mails_left_due(&self, run: &str, hint: &str) -> Result<()> {
        self.connection().execute(
            "UPDATE row SET hint = ?2 WHERE run = ?1 AND outcome = 'invited' AND error IS NULL
                AND person IN (SELECT id FROM person WHERE mail = 'due')",
            (run, hint),
        )?;
        Ok(())
    }

    /// What became of the first mail to a user, where one was about to leave.
    pub(super) fn first_mail_to(&self, user_id: &str) -> Result<Option<Mail>> {
        let states = states(self.connection(), user_id, &MailKind::Invitation.word())?;
        Ok(all_in_all(&states).map(OwnMailState::mail))
    }

    /// What became of the first mail stands with everybody who is that user.
    fn tell_people(&self, mail: i64) -> Result<()> {
        let (person, user_id, kind) = self
            .connection()
            .prepare_cached("SELECT person, user_id, kind FROM own_mail WHERE id = ?1")?
            .query_row([mail], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                ))
            })?;
        if MailKind::from_word(&kind) == MailKind::Invitation {
            let mail = self.first_mail_to(&user_id)?.map(Mail::word);
            self.index_users()?;
            self.connection()
                .prepare_cached("UPDATE person SET mail = ?3 WHERE user_id = ?1 OR id = ?2")?
                .execute((user_id, person, mail))?;
        }
        Ok(())
    }
}

impl Reader {
    /// What became of the mail of a kind to a user, where one was about to leave.
    pub(crate) fn own_mail_to(&self, user_id: &str, kind: MailKind) -> Result<Option<Mail>> {
        let states = states(self.connection(), user_id, &kind.word())?;
        Ok(all_in_all(&states).map(OwnMailState::mail))
    }
}

/// What became of the mails of a kind to a user, oldest first.
fn states(
    connection: &rusqlite::Connection,
    user_id: &str,
    kind: &str,
) -> Result<Vec<OwnMailState>> {
    let mut statement = connection.prepare_cached(
        "SELECT state FROM own_mail WHERE user_id = ?1 AND kind = ?2 ORDER BY id",
    )?;
    let states = statement.query_map((user_id, kind), |row| row.get::<_, String>(0))?;
    let states = states.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(states
        .iter()
        .map(|state| OwnMailState::from_word(state))
        .collect())
}

/// What several attempts at one mail add up to: one that may have left is not undone by a later one that did not.
fn all_in_all(states: &[OwnMailState]) -> Option<OwnMailState> {
    let has =
        |wanted: fn(OwnMailState) -> bool| states.iter().copied().rfind(|state| wanted(*state));
    has(|state| state == OwnMailState::HandedOver)
        .or_else(|| has(OwnMailState::may_have_left))
        .or_else(|| states.last().copied())
}

/// The earlier mail because of which no other one may be sent.
fn stands_in_the_way(before: &[OwnMailState], decided: AskedBefore) -> Option<OwnMailState> {
    if before.contains(&OwnMailState::HandedOver) {
        return Some(OwnMailState::HandedOver);
    }
    let left = before.iter().copied().rfind(|state| state.may_have_left());
    if left.is_some() && !decided.unknown_too {
        return left;
    }
    let newest = before.last().copied();
    newest.filter(|state| *state == OwnMailState::Refused && !decided.refused_too)
}

#[cfg(test)]
mod tests;
