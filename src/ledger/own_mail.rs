//! What the ledger remembers of mails of our own: the intent before a mail leaves, and the answer after it.
//!
//! At most one mail of a kind may have left for a user, whatever address the user stands under; the rule is kept inside
//! the transaction of the intent.

use super::{
    Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::outcome::Mail;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// Which mail it is. For each kind a user is mailed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailKind {
    /// The first mail, with the redeem link.
    Invitation,
    /// The reminder of that number, counted from 1.
    Reminder(u32),
}

impl MailKind {
    pub(crate) fn word(self) -> String {
        match self {
            Self::Invitation => "invitation".to_owned(),
            Self::Reminder(number) => format!("reminder-{number}"),
        }
    }

    fn from_word(word: &str) -> Self {
        let number = word.strip_prefix("reminder-");
        number
            .and_then(|number| number.parse().ok())
            .map_or(Self::Invitation, Self::Reminder)
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

    fn from_word(word: &str) -> Self {
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

/// A mail as the ledger tells it.
#[derive(Debug, Clone)]
#[expect(dead_code, reason = "the story of a person tells it")]
pub(crate) struct OwnMail {
    pub kind: MailKind,
    pub state: OwnMailState,
    pub run: String,
    pub mailbox: String,
    pub message_id: String,
    pub language: Option<String>,
    pub at: Timestamp,
    pub status: Option<u16>,
    pub request_id: Option<String>,
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
    /// A row that was newly invited and is mailed has no hint.
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
                 WHERE run = ?1 AND row = ?2 AND person = ?3",
            )?
            .execute(params![run, row, person, hint, error_code, error])?;
        Ok(())
    }

    /// The first mail of a person who was not mailed is no longer to be sent. A run that has lost the ledger says nothing.
    pub(crate) fn mail_not_needed(&self, person: i64) -> Result<()> {
        if self.stands()? {
            self.connection()
                .prepare_cached(
                    "UPDATE person SET mail = 'none' WHERE id = ?1 AND mail IN ('due', 'refused')",
                )?
                .execute([person])?;
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
        Ok(states.last().map(|state| state.mail()))
    }

    /// What became of the first mail stands with everybody who is that user.
    fn tell_people(&self, mail: i64) -> Result<()> {
        let mail = self
            .connection()
            .prepare_cached("SELECT person, user_id, kind, state FROM own_mail WHERE id = ?1")?
            .query_row([mail], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                ))
            })?;
        let (person, user_id, kind, state) = mail;
        if MailKind::from_word(&kind) == MailKind::Invitation {
            self.index_users()?;
            self.connection()
                .prepare_cached("UPDATE person SET mail = ?3 WHERE user_id = ?1 OR id = ?2")?
                .execute((
                    user_id,
                    person,
                    OwnMailState::from_word(&state).mail().word(),
                ))?;
        }
        Ok(())
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

impl Reader {
    /// The mails of our own to a user, oldest first.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the story of a person tells them")
    )]
    pub(crate) fn own_mails(&self, user_id: &str) -> Result<Vec<OwnMail>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT kind, state, run, mailbox, message_id, language, at, status, request_id, detail
             FROM own_mail WHERE user_id = ?1 ORDER BY id",
        )?;
        let mails = statement.query_map([user_id], own_mail)?;
        Ok(mails.collect::<rusqlite::Result<_>>()?)
    }

    /// The rows of a run whose people are invited and whose mail is in one of these states, in their order.
    pub(crate) fn rows_with_mail(&self, run: &str, states: &[Mail]) -> Result<Vec<u64>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT row.row, person.mail FROM row JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.outcome = 'invited' AND person.mail IN ('due', 'refused', 'unknown')
                AND person.verified IS NOT 'missing' ORDER BY row.row",
        )?;
        let mut rows = statement.query([run])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mail = Mail::from_word(row.get_ref(1)?.as_str().unwrap_or_default());
            if mail.is_some_and(|mail| states.contains(&mail)) {
                found.push(row.get(0)?);
            }
        }
        Ok(found)
    }

    /// How many people of a run are invited and have mails that are due, refused and unknown, in this order.
    pub(crate) fn unsent_mails(&self, run: &str) -> Result<[u64; 3]> {
        let states = [Mail::Due, Mail::Refused, Mail::Unknown].map(Mail::word);
        let mut statement = self.connection().prepare_cached(
            "SELECT person.mail, count(*) FROM row JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.outcome = 'invited' AND person.mail IN ('due', 'refused', 'unknown')
                AND person.verified IS NOT 'missing' GROUP BY person.mail",
        )?;
        let mut rows = statement.query([run])?;
        let mut counts = [0; 3];
        while let Some(row) = rows.next()? {
            let mail = row.get_ref(0)?.as_str().unwrap_or_default();
            if let Some(at) = states.iter().position(|state| *state == mail) {
                counts[at] = row.get(1)?;
            }
        }
        Ok(counts)
    }

    /// The hash of the template that the last invitation by mail to a user was made with.
    pub(crate) fn last_template(&self, user_id: &str) -> Result<Option<String>> {
        let template = self
            .connection()
            .prepare_cached(
                "SELECT template FROM own_mail WHERE user_id = ?1 AND kind = 'invitation' ORDER BY id DESC LIMIT 1",
            )?
            .query_row([user_id], |row| row.get(0))
            .optional()?;
        Ok(template)
    }

    /// The rows whose people a run has invited itself.
    pub(crate) fn rows_newly_invited(&self, run: &str) -> Result<Vec<u64>> {
        let mut statement = self
            .connection()
            .prepare_cached("SELECT row FROM row WHERE run = ?1 AND this_run = 'invited'")?;
        let rows = statement.query_map([run], |row| row.get(0))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// When a mail was last about to leave from a mailbox.
    pub(crate) fn last_mail_from(&self, mailbox: &str) -> Result<Option<Timestamp>> {
        let at: Option<Option<i64>> = self
            .connection()
            .prepare_cached("SELECT max(at) FROM own_mail WHERE mailbox = ?1")?
            .query_row([mailbox], |row| row.get(0))
            .optional()?;
        Ok(at.flatten().map(timestamp))
    }

    /// When mails were about to leave from a mailbox since then, oldest first; without those that were not taken.
    pub(crate) fn mails_since(&self, mailbox: &str, since: Timestamp) -> Result<Vec<Timestamp>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT at FROM own_mail WHERE mailbox = ?1 AND at > ?2 AND state NOT IN ('due', 'refused') ORDER BY at",
        )?;
        let times = statement.query_map(params![mailbox, millis(since)], |row| row.get(0))?;
        let times = times.collect::<rusqlite::Result<Vec<i64>>>()?;
        Ok(times.into_iter().map(timestamp).collect())
    }
}

fn own_mail(row: &Row<'_>) -> rusqlite::Result<OwnMail> {
    Ok(OwnMail {
        kind: MailKind::from_word(row.get_ref(0)?.as_str().unwrap_or_default()),
        state: OwnMailState::from_word(row.get_ref(1)?.as_str().unwrap_or_default()),
        run: row.get(2)?,
        mailbox: row.get(3)?,
        message_id: row.get(4)?,
        language: row.get(5)?,
        at: timestamp(row.get(6)?),
        status: row.get(7)?,
        request_id: row.get(8)?,
        detail: row.get(9)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Claim, Found, Ledger, NewLedger};

    struct Book {
        _folder: tempfile::TempDir,
        ledger: Ledger,
        writer: Writer,
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// A ledger with two addresses of one user.
    fn book() -> Book {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), NewLedger::Allowed).unwrap();
        let writer = ledger.writer(None).unwrap();
        for key in ["ana@x.org", "a.silva@x.org"] {
            let found = Found {
                user_id: "u1".into(),
                redeem_url: None,
                redemption: None,
                mail: Mail::Due,
                invited_at: at(1),
            };
            writer
                .import(key, key, &Claim::Invited(found), at(1))
                .unwrap();
        }
        Book {
            _folder: folder,
            ledger,
            writer,
        }
    }

    impl Book {
        fn intend(
            &self,
            person: i64,
            kind: MailKind,
            message_id: &str,
            asked_before: AskedBefore,
        ) -> std::result::Result<MailIntentId, NoMailIntent> {
            let newest = self.ledger.reader().unwrap().person_by_id(person).unwrap();
            let intent = MailIntent {
                person,
                user_id: "u1".into(),
                row: Some(2),
                kind,
                mailbox: "desk@contoso.com".into(),
                message_id: message_id.into(),
                language: Some("de".into()),
                template: "hash".into(),
                at: at(100),
                decided_on: newest.unwrap().newest_event,
                asked_before,
            };
            self.writer.mail_intent("run", &intent).unwrap()
        }

        fn answer(&self, id: MailIntentId, state: OwnMailState) {
            let answer = MailAnswer {
                state,
                at: at(101),
                status: Some(202),
                request_id: None,
                detail: None,
            };
            self.writer.mail_answered("run", id, &answer).unwrap();
        }

        fn mail(&self, key: &str) -> Option<Mail> {
            let person = self.ledger.reader().unwrap().person(key).unwrap();
            person.unwrap().mail
        }
    }

    const PLAIN: AskedBefore = AskedBefore {
        unknown_too: false,
        refused_too: false,
    };

    #[test]
    fn a_user_with_two_addresses_is_mailed_once() {
        let book = book();
        let id = book.intend(1, MailKind::Invitation, "m1", PLAIN).unwrap();
        assert_eq!(book.mail("a.silva@x.org"), Some(Mail::Unknown));
        let second = book.intend(2, MailKind::Invitation, "m2", PLAIN);
        assert_eq!(second, Err(NoMailIntent::Before(OwnMailState::Intent)));
        book.answer(id, OwnMailState::HandedOver);
        for decided in [
            PLAIN,
            AskedBefore {
                unknown_too: true,
                refused_too: true,
            },
        ] {
            let second = book.intend(2, MailKind::Invitation, "m3", decided);
            assert_eq!(second, Err(NoMailIntent::Before(OwnMailState::HandedOver)));
        }
        book.intend(2, MailKind::Reminder(1), "m4", PLAIN).unwrap();
        let mails = book.ledger.reader().unwrap().own_mails("U1").unwrap();
        let told: Vec<_> = mails.iter().map(|mail| (mail.kind, mail.state)).collect();
        assert_eq!(
            told,
            [
                (MailKind::Invitation, OwnMailState::HandedOver),
                (MailKind::Reminder(1), OwnMailState::Intent)
            ]
        );
    }

    #[test]
    fn what_was_not_taken_is_sent_again_and_what_may_have_left_only_by_decision() {
        let book = book();
        let unknown_too = AskedBefore {
            unknown_too: true,
            ..PLAIN
        };
        let refused_too = AskedBefore {
            refused_too: true,
            ..PLAIN
        };
        let id = book.intend(1, MailKind::Invitation, "m1", PLAIN).unwrap();
        book.answer(id, OwnMailState::Due);
        let id = book.intend(1, MailKind::Invitation, "m2", PLAIN).unwrap();
        book.answer(id, OwnMailState::Refused);
        assert!(
            book.intend(1, MailKind::Invitation, "m3", unknown_too)
                .is_err()
        );
        let id = book
            .intend(1, MailKind::Invitation, "m3", refused_too)
            .unwrap();
        book.answer(id, OwnMailState::Unknown);
        assert!(
            book.intend(1, MailKind::Invitation, "m4", refused_too)
                .is_err()
        );
        book.intend(1, MailKind::Invitation, "m4", unknown_too)
            .unwrap();
        let reader = book.ledger.reader().unwrap();
        let since = reader.mails_since("Desk@contoso.com", at(0)).unwrap();
        assert_eq!(since.len(), 2, "an unknown one and an intent");
        assert_eq!(
            reader.last_mail_from("desk@CONTOSO.com").unwrap(),
            Some(at(100))
        );
    }

    #[test]
    fn a_run_that_has_lost_the_ledger_intends_nothing() {
        let book = book();
        let late = book.ledger.writer(Some(-1)).unwrap();
        let intent = MailIntent {
            person: 1,
            user_id: "u1".into(),
            row: None,
            kind: MailKind::Invitation,
            mailbox: "desk@contoso.com".into(),
            message_id: "m".into(),
            language: None,
            template: String::new(),
            at: at(1),
            decided_on: i64::MAX,
            asked_before: PLAIN,
        };
        assert_eq!(
            late.mail_intent("late", &intent).unwrap(),
            Err(NoMailIntent::TakenOver)
        );
    }
}
