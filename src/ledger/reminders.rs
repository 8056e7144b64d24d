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
use std::collections::HashMap;

/// The event of a user whom a reminder meant for somebody else may have mailed.
const MAILED_INSTEAD: &str = "mailed-instead";
/// How the kind of a reminder by a mail of our own begins.
const OWN_REMINDER: &str = "reminder-";

/// The mails that a person has got, or may have got.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MailHistory {
    /// How many reminders.
    pub reminders: u64,
    /// How many of them have no answer that tells whether the mail went out.
    pub untold: u64,
    /// When the last mail of any kind was asked for.
    pub last_mail: Option<Timestamp>,
    /// When a reminder to the person was last refused.
    pub refused_at: Option<Timestamp>,
    /// When the person was taken over from a results file.
    pub imported_at: Option<Timestamp>,
    /// The newest event about the user when this was read.
    pub newest_event: i64,
}

impl MailHistory {
    /// When the person may have been mailed last, to keep reminders apart. What was imported may have been followed by
    /// mails that nobody here knows of.
    pub(crate) fn may_have_been_mailed_at(&self) -> Option<Timestamp> {
        self.last_mail.max(self.imported_at)
    }
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
    /// Nothing was sent, or Graph says no to everybody.
    NotPerformed,
    /// Graph said no to this guest: nothing was sent.
    Refused,
    /// Graph asked to wait. No look-up can tell whether the mail left before it did: it holds the next one off, and does
    /// not use up a reminder.
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
            Self::Refused => "reminder-refused",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer to a reminder, or that none came.
#[derive(Debug, Clone)]
pub(crate) struct ReminderAnswered {
    pub intent: IntentId,
    /// The user who was meant.
    pub user_id: String,
    pub row: Option<u64>,
    pub at: Timestamp,
    pub end: ReminderEnd,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code; never an address or a link.
    pub detail: Option<String>,
    /// The newest link, where the answer held one for this guest.
    pub redeem_url: Option<SecretString>,
    /// The user whom the answer named, where that is another one: that user may have been mailed.
    pub mailed_instead: Option<String>,
}

/// A mail that may be out.
struct PossibleMail {
    intent: i64,
    at: Timestamp,
    reminder: bool,
    /// Whether an answer says that it was taken.
    told: bool,
}

impl PossibleMail {
    fn new(intent: i64, at: Timestamp, reminder: bool) -> Self {
        Self {
            intent,
            at,
            reminder,
            told: false,
        }
    }
}

impl Reader {
    /// Of a user, under whatever addresses the ledger knows them. It looks at everybody: of many users
    /// [`mail_histories`](Self::mail_histories) finds it faster.
    pub(crate) fn mail_history(&self, user_id: &str) -> Result<MailHistory> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT id FROM person WHERE user_id = ?1")?;
        let persons = statement.query_map([user_id], |row| row.get(0))?;
        self.history_of(&persons.collect::<rusqlite::Result<Vec<i64>>>()?)
    }

    /// To be asked for the histories of many users.
    pub(crate) fn mail_histories(&self) -> Result<MailHistories<'_>> {
        let mut statement = self.connection().prepare(
            "SELECT user_id, id FROM person WHERE user_id IN
                (SELECT user_id FROM person WHERE user_id IS NOT NULL GROUP BY user_id HAVING count(*) > 1)",
        )?;
        let mut shared: HashMap<String, Vec<i64>> = HashMap::new();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            shared.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        Ok(MailHistories {
            reader: self,
            shared,
        })
    }

    fn history_of(&self, persons: &[i64]) -> Result<MailHistory> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, at, kind, mails, detail, intent FROM event
             WHERE person IN (SELECT value FROM json_each(?1)) ORDER BY id",
        )?;
        let persons: Vec<String> = persons.iter().map(i64::to_string).collect();
        let mut rows = statement.query([format!("[{}]", persons.join(","))])?;
        let mut mails: Vec<PossibleMail> = Vec::new();
        let mut history = MailHistory::default();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            history.newest_event = id;
            let at = timestamp(row.get(1)?);
            let mailed = row.get::<_, Option<bool>>(3)?.unwrap_or(false);
            match row.get_ref(2)?.as_str().unwrap_or_default() {
                "intent" | "assumed" if mailed => {
                    let detail = row.get_ref(4)?.as_str().unwrap_or_default();
                    mails.push(PossibleMail::new(id, at, detail == REMINDER));
                }
                "mail-intent" => {
                    let detail = row.get_ref(4)?.as_str().unwrap_or_default();
                    let reminder = detail.starts_with(OWN_REMINDER);
                    mails.push(PossibleMail::new(id, at, reminder));
                }
                MAILED_INSTEAD => mails.push(PossibleMail::new(id, at, true)),
                "imported" => history.imported_at = Some(at),
                answer => {
                    let intent: Option<i64> = row.get(5)?;
                    if answer == "reminder-refused" {
                        history.refused_at = history.refused_at.max(Some(at));
                    }
                    let mail = mails.iter_mut().find(|mail| Some(mail.intent) == intent);
                    if answer == "mail-refused" && mail.as_ref().is_some_and(|mail| mail.reminder) {
                        history.refused_at = history.refused_at.max(Some(at));
                    }
                    match (answer, mail) {
                        (
                            "not-performed" | "reminder-refused" | "reset-refused" | "mail-due"
                            | "mail-refused",
                            _,
                        ) => {
                            mails.retain(|mail| Some(mail.intent) != intent);
                        }
                        ("throttled", Some(mail)) => mail.reminder = false,
                        ("reminded" | "mail-handed-over", Some(mail)) => mail.told = true,
                        _ => {}
                    }
                }
            }
        }
        let reminders = mails.iter().filter(|mail| mail.reminder);
        history.reminders = reminders.clone().count() as u64;
        history.untold = reminders.filter(|mail| !mail.told).count() as u64;
        history.last_mail = mails.iter().map(|mail| mail.at).max();
        Ok(history)
    }
}

/// The mail histories of many users: it knows beforehand which users have several addresses in the ledger.
pub(crate) struct MailHistories<'r> {
    reader: &'r Reader,
    shared: HashMap<String, Vec<i64>>,
}

impl MailHistories<'_> {
    /// `person` is one address of the user, where the ledger knows one.
    pub(crate) fn of(&self, person: Option<i64>, user_id: Option<&str>) -> Result<MailHistory> {
        let Some(user_id) = user_id else {
            return Ok(MailHistory::default());
        };
        if let Some(persons) = self.shared.get(user_id) {
            return self.reader.history_of(persons);
        }
        match person {
            Some(person) if self.is_user(person, user_id)? => self.reader.history_of(&[person]),
            _ => self.reader.mail_history(user_id),
        }
    }

    fn is_user(&self, person: i64, user_id: &str) -> Result<bool> {
        let mut statement = self.reader.connection().prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM person WHERE id = ?1 AND user_id = ?2)",
        )?;
        Ok(statement.query_row((person, user_id), |row| row.get(0))?)
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
            // A link belongs to one user, whoever the person is by now.
            self.connection()
                .prepare_cached(
                    "UPDATE person SET redeem_url = ?2 WHERE id = ?1 AND user_id = ?3 COLLATE NOCASE",
                )?
                .execute((
                    answered.intent.person,
                    link.expose_secret(),
                    &answered.user_id,
                ))?;
        }
        if let Some(user_id) = &answered.mailed_instead {
            self.remember_mail_to(run, answered, user_id)?;
        }
        Ok(())
    }

    /// A reminder may have gone to another user than the one who was meant: whoever that is here is not mailed again soon.
    fn remember_mail_to(
        &self,
        run: &str,
        answered: &ReminderAnswered,
        user_id: &str,
    ) -> Result<()> {
        self.index_users()?;
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, kind, status, request_id)
                 SELECT ?1, ?2, min(id), ?3, ?4, ?5 FROM person WHERE user_id = ?6 COLLATE NOCASE HAVING min(id) IS NOT NULL",
            )?
            .execute(params![
                millis(answered.at),
                run,
                MAILED_INSTEAD,
                answered.status,
                answered.request_id,
                user_id,
            ])?;
        self.connection()
            .prepare_cached(
                "UPDATE person SET mail = 'requested'
                 WHERE user_id = ?1 COLLATE NOCASE AND mail IN ('none', 'due', 'refused', 'unknown')",
            )?
            .execute([user_id])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::{Claim, Found, Ledger, NewLedger},
        outcome::Mail,
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn an_answer_for_another_user_is_remembered_for_that_user_and_gives_nobody_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), NewLedger::Allowed).unwrap();
        let writer = ledger.writer(None).unwrap();
        for (key, user_id) in [("ana@x.org", "U1"), ("bo@x.org", "u2")] {
            let found = Found {
                user_id: user_id.into(),
                redeem_url: Some(format!("https://{key}").into()),
                redemption: None,
                mail: Mail::None,
                invited_at: at(1),
            };
            writer
                .import(key, key, &Claim::Invited(found), at(1))
                .unwrap();
        }
        let reader = ledger.reader().unwrap();
        let history = reader.mail_history("u1").unwrap();
        assert_eq!(history.newest_event, 0, "ids are kept as they came");
        let history = reader.mail_history("U1").unwrap();
        let histories = reader.mail_histories().unwrap();
        for person in [Some(1), Some(2), None] {
            let same = histories.of(person, Some("U1")).unwrap();
            assert_eq!(same.newest_event, history.newest_event, "{person:?}");
        }
        assert_eq!(histories.of(Some(1), None).unwrap().newest_event, 0);
        let intent = ReminderIntent {
            person: 1,
            user_id: "U1".into(),
            row: None,
            at: at(100),
            client_request_id: "c".into(),
            decided_on: history.newest_event,
        };
        let intent = writer.reminder_intent("run", &intent).unwrap().unwrap();
        let answered = ReminderAnswered {
            intent,
            user_id: "somebody whom the person was before".into(),
            row: None,
            at: at(101),
            end: ReminderEnd::SomebodyElse,
            status: Some(201),
            request_id: None,
            detail: None,
            redeem_url: Some("https://other".to_owned().into()),
            mailed_instead: Some("U2".into()),
        };
        writer.reminder_answered("run", &answered).unwrap();
        let history = reader.mail_history("u2").unwrap();
        assert_eq!((history.reminders, history.last_mail), (1, Some(at(101))));
        let of = |key: &str| reader.person(key).unwrap().unwrap();
        assert_eq!(of("bo@x.org").mail, Some(Mail::Requested));
        assert_eq!(of("ana@x.org").mail, Some(Mail::None));
        let link = of("ana@x.org").redeem_url.unwrap();
        assert_eq!(link.expose_secret(), "https://ana@x.org");
    }
}
