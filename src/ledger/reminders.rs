//! Reminders: whom one was sent, when, and what was answered.
//!
//! A reminder is an intent like every other one, so that it counts in the caps, and leaves where a person stands as it
//! is. Whatever left and was not answered with a certain no counts as a mail.

use super::{
    IntentId, NoIntent, Reader, Result, Writer,
    events::REMINDER,
    units::{millis, timestamp},
};
use jiff::Timestamp;
use rusqlite::params;
use secrecy::{ExposeSecret, SecretString};

/// How the kind of a reminder by a mail of our own begins.
const OWN_REMINDER: &str = "reminder-";

/// The mails that a person has got, or may have got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MailHistory {
    /// How many reminders.
    pub reminders: u64,
    /// When the last mail of any kind was asked for. What was imported may have been followed by mails that nobody here
    /// knows of, so its time counts too.
    pub last_mail: Option<Timestamp>,
    /// When the person was taken over from a results file.
    pub imported_at: Option<Timestamp>,
    /// The newest event about the user when this was read.
    pub newest_event: i64,
}

/// A reminder that is about to leave.
#[derive(Debug, Clone)]
pub(crate) struct ReminderIntent {
    pub person: i64,
    /// Whose mail it is: two addresses may be one person.
    pub user_id: String,
    /// The row of the sheet; none without a sheet.
    pub row: Option<u64>,
    pub at: Timestamp,
    pub client_request_id: String,
    /// The newest event about the person when it was decided to remind.
    pub decided_on: i64,
}

/// What became of a reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReminderEnd {
    /// Graph took it for this guest.
    Reminded,
    /// Graph answered for another guest: somebody was mailed, and it is not known who.
    SomebodyElse,
    /// Nothing was sent, or Graph said no.
    NotPerformed,
    /// Graph asked to wait. No look-up can tell whether the mail left before it did.
    Throttled,
    /// No answer that tells.
    Unknown,
}

impl ReminderEnd {
    fn event(self) -> &'static str {
        match self {
            Self::Reminded => "reminded",
            Self::SomebodyElse => "somebody-else",
            Self::NotPerformed => "not-performed",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer to a reminder, or that none came.
#[derive(Debug, Clone)]
pub(crate) struct ReminderAnswered {
    pub intent: IntentId,
    pub row: Option<u64>,
    pub at: Timestamp,
    pub end: ReminderEnd,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code; never an address or a link.
    pub detail: Option<String>,
    /// The newest link, where the answer held one for this guest.
    pub redeem_url: Option<SecretString>,
}

impl Reader {
    /// Of a user, under whatever addresses the ledger knows them.
    pub(crate) fn mail_history(&self, user_id: &str) -> Result<MailHistory> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, at, kind, mails, detail, intent FROM event
             WHERE person IN (SELECT id FROM person WHERE user_id = ?1) ORDER BY id",
        )?;
        let mut rows = statement.query([user_id])?;
        // The mails that may be out: when, and whether it was a reminder.
        let mut mails: Vec<(i64, Timestamp, bool)> = Vec::new();
        let mut history = MailHistory::default();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            history.newest_event = id;
            let at = timestamp(row.get(1)?);
            let mailed = row.get::<_, Option<bool>>(3)?.unwrap_or(false);
            match row.get_ref(2)?.as_str().unwrap_or_default() {
                "intent" | "assumed" if mailed => {
                    let detail = row.get_ref(4)?.as_str().unwrap_or_default();
                    mails.push((id, at, detail == REMINDER));
                }
                "mail-intent" => {
                    let detail = row.get_ref(4)?.as_str().unwrap_or_default();
                    mails.push((id, at, detail.starts_with(OWN_REMINDER)));
                }
                "imported" => {
                    history.imported_at = Some(at);
                    mails.push((id, at, false));
                }
                "not-performed" | "mail-due" | "mail-refused" => {
                    let intent: Option<i64> = row.get(5)?;
                    mails.retain(|(mail, ..)| Some(*mail) != intent);
                }
                _ => {}
            }
        }
        history.reminders = mails.iter().filter(|(.., reminder)| *reminder).count() as u64;
        history.last_mail = mails.iter().map(|(_, at, _)| *at).max();
        Ok(history)
    }
}

impl Writer {
    /// Durable when it returns; then, and only then, the reminder may leave.
    pub(crate) fn reminder_intent(
        &self,
        run: &str,
        intent: &ReminderIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.is_in_place() {
            return Ok(Err(NoIntent::Gone));
        }
        self.begin()?;
        let recorded = self.reminder_intent_in_transaction(run, intent);
        match recorded {
            Ok(Ok(recorded)) => self.commit().map(|()| Ok(recorded)),
            other => {
                self.rollback();
                other
            }
        }
        .inspect_err(|_| self.rollback())
    }

    fn reminder_intent_in_transaction(
        &self,
        run: &str,
        intent: &ReminderIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.stands()? {
            return Ok(Err(NoIntent::TakenOver));
        }
        let newest: i64 = self
            .connection()
            .prepare_cached(
                "SELECT coalesce(max(id), 0) FROM event WHERE person IN (SELECT id FROM person WHERE user_id = ?1)",
            )?
            .query_row([&intent.user_id], |row| row.get(0))?;
        if newest != intent.decided_on {
            return Ok(Err(NoIntent::Changed));
        }
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, mails, client_request_id, detail, saw)
                 VALUES (?1, ?2, ?3, ?4, 'intent', 1, ?5, ?6, 'somebody')",
            )?
            .execute(params![
                millis(intent.at),
                run,
                intent.person,
                intent.row,
                intent.client_request_id,
                REMINDER,
            ])?;
        Ok(Ok(IntentId {
            person: intent.person,
            event: self.connection().last_insert_rowid(),
        }))
    }

    /// Durable when it returns. What Graph answered is kept even when another run has taken the ledger over.
    pub(crate) fn reminder_answered(&self, run: &str, answered: &ReminderAnswered) -> Result<()> {
        self.begin()?;
        let kept = self
            .reminder_answered_in_transaction(run, answered)
            .and_then(|()| self.commit());
        if kept.is_err() {
            self.rollback();
        }
        kept
    }

    fn reminder_answered_in_transaction(
        &self,
        run: &str,
        answered: &ReminderAnswered,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(answered.at),
                run,
                answered.intent.person,
                answered.row,
                answered.end.event(),
                answered.intent.event,
                answered.status,
                answered.request_id,
                answered.detail,
            ])?;
        if let Some(link) = &answered.redeem_url {
            self.connection()
                .prepare_cached("UPDATE person SET redeem_url = ?2 WHERE id = ?1")?
                .execute((answered.intent.person, link.expose_secret()))?;
        }
        Ok(())
    }
}
