//! Resets of a redemption: two calls for a guest, each with its intent and its answer, and what is not known of them.
//!
//! The person of a reset is the guest under the new address. A reset never makes anybody a guest whom this ledger invited:
//! it leaves where the person stands as it is.

use super::{
    IntentId, NoIntent, PersonState, Reader, Result, Writer,
    events::{RESET, RESET_LINK},
    units::{millis, timestamp},
};
use crate::outcome::Mail;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

/// The state of a guest as the directory showed it before the redemption was reset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StateBefore {
    /// `PendingAcceptance`, `Accepted` or another word; none where the directory gave none.
    pub state: Option<String>,
    pub changed_at: Option<Timestamp>,
}

impl StateBefore {
    fn word(&self) -> String {
        let at = self.changed_at.map(|at| millis(at).to_string());
        format!(
            "{} {}",
            self.state.as_deref().unwrap_or("-"),
            at.as_deref().unwrap_or("-")
        )
    }

    fn from_word(word: &str) -> Self {
        let (state, at) = word.split_once(' ').unwrap_or((word, "-"));
        Self {
            state: Some(state.to_owned()).filter(|state| state != "-"),
            changed_at: at.parse().ok().map(timestamp),
        }
    }
}

/// What is about to be sent for a guest.
#[derive(Debug, Clone)]
pub(crate) enum ResetCall {
    /// The new address joins the other addresses.
    Address,
    Reset {
        mails: bool,
        before: StateBefore,
    },
    Link,
}

/// A call that is about to leave.
#[derive(Debug, Clone)]
pub(crate) struct ResetIntent {
    pub call: ResetCall,
    pub user_id: String,
    /// The new address, for comparing and as it is sent.
    pub key: String,
    pub email: String,
    pub row: u64,
    pub at: Timestamp,
    pub client_request_id: String,
    /// The newest event about the guest when it was decided to send.
    pub decided_on: i64,
}

/// What became of a call, or what reading has shown of an earlier one.
#[derive(Debug, Clone)]
pub(crate) enum ResetEnd {
    AddressAdded,
    /// Graph said no to the address; nothing was changed.
    AddressRefused,
    AddressUnknown,
    /// The 201 of a reset: its link, what Graph says of the redemption, and the mail.
    Reset {
        link: SecretString,
        redemption: String,
        mail: Mail,
    },
    /// The 201 of a silent reset that was made for its link.
    Linked {
        link: SecretString,
    },
    /// The directory shows that a reset without an answer was performed.
    Performed {
        mail: Mail,
    },
    /// It shows that nothing happened.
    NothingHappened,
    /// Graph answered for another user.
    SomebodyElse,
    /// The request did not leave, or Graph says no to everybody.
    NotPerformed,
    /// Graph said no to this guest.
    Refused,
    Throttled,
    Unknown,
}

impl ResetEnd {
    fn mail(&self) -> Option<Mail> {
        match self {
            Self::Reset { mail, .. } | Self::Performed { mail } => Some(*mail),
            _ => None,
        }
    }

    fn event(&self) -> &'static str {
        match self {
            Self::AddressAdded => "address-added",
            Self::AddressRefused => "address-refused",
            Self::AddressUnknown => "address-unknown",
            Self::Reset { .. } => "reset",
            Self::Linked { .. } => "reset-linked",
            Self::Performed { .. } => "reset-performed",
            Self::NothingHappened => "reset-not-performed",
            Self::SomebodyElse => "somebody-else",
            Self::NotPerformed => "not-performed",
            Self::Refused => "reset-refused",
            Self::Throttled => "throttled",
            Self::Unknown => "unknown",
        }
    }
}

/// An answer, or that none came, or what reading has shown.
#[derive(Debug, Clone)]
pub(crate) struct ResetAnswered {
    pub person: i64,
    /// None for what reading has shown.
    pub intent: Option<IntentId>,
    pub row: u64,
    pub at: Timestamp,
    pub end: ResetEnd,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code; never an address or a link. Of a reset that was performed, what it did about the mail is kept instead.
    pub detail: Option<String>,
}

/// A reset whose effect is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenReset {
    intent: i64,
    pub at: Timestamp,
    pub mails: bool,
    pub before: StateBefore,
    /// When the answer was given up or Graph asked to wait; none where the run was killed.
    pub ended: Option<Timestamp>,
    pub throttled: bool,
}

#[cfg(test)]
impl OpenReset {
    pub(crate) fn for_test(at: Timestamp, mails: bool, throttled: bool) -> Self {
        Self {
            intent: 0,
            at,
            mails,
            before: StateBefore::default(),
            ended: throttled.then_some(at),
            throttled,
        }
    }
}

/// A reset that was performed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DoneReset {
    /// Of the new address.
    pub person: i64,
    pub at: Timestamp,
    /// Which one it is, for the mail of our own that follows it.
    pub event: i64,
    /// What the reset itself did about the mail: `Due` where one of our own is to follow.
    pub mail: Mail,
}

/// What the ledger knows of the resets of a user.
#[derive(Debug, Clone, Default)]
pub(crate) struct ResetHistory {
    /// The newest reset that was performed.
    pub done: Option<DoneReset>,
    /// The asks of which it is not known what they did, oldest first, and whose they are.
    pub open: Vec<(i64, OpenReset)>,
    /// Addresses that were added since then, which a reading may not show yet.
    pub added: Vec<(String, Timestamp)>,
    /// The newest event about the user or about the new address.
    pub newest_event: i64,
}

/// Who has an address, as far as the ledger knows.
#[derive(Debug, Clone)]
pub(crate) struct ResetPerson {
    pub id: i64,
    pub state: PersonState,
    pub user_id: Option<String>,
    pub redeem_url: Option<SecretString>,
    pub newest_event: i64,
}

const ABOUT: &str = "person IN (SELECT id FROM person WHERE user_id = ?1 OR key = ?2)";

impl Reader {
    /// The resets of a user. `key`: the address that it is to get.
    pub(crate) fn reset_history(&self, user_id: &str, key: &str) -> Result<ResetHistory> {
        let mut statement = self.connection().prepare_cached(&format!(
            "SELECT id, person, at, kind, mails, detail, intent, saw,
                (SELECT email FROM person WHERE person.id = event.person)
             FROM event WHERE {ABOUT} ORDER BY id"
        ))?;
        let mut rows = statement.query((user_id, key))?;
        let mut history = ResetHistory::default();
        while let Some(row) = rows.next()? {
            let (id, person): (i64, i64) = (row.get(0)?, row.get(1)?);
            history.newest_event = id;
            let at = timestamp(row.get(2)?);
            let intent: Option<i64> = row.get(6)?;
            match row.get_ref(3)?.as_str().unwrap_or_default() {
                "intent" if row.get_ref(5)?.as_str().is_ok_and(|detail| detail == RESET) => {
                    history.done = None;
                    let before = row.get_ref(7)?.as_str().unwrap_or_default();
                    let open = OpenReset {
                        intent: id,
                        at,
                        mails: row.get::<_, Option<bool>>(4)?.unwrap_or(false),
                        before: StateBefore::from_word(before),
                        ended: None,
                        throttled: false,
                    };
                    history.open.push((person, open));
                }
                "reset" | "reset-performed" => {
                    let mail = Mail::from_word(row.get_ref(5)?.as_str().unwrap_or_default());
                    history.done = Some(DoneReset {
                        person,
                        at,
                        event: id,
                        mail: mail.unwrap_or(Mail::None),
                    });
                    history.open.clear();
                }
                "reset-not-performed" => history.open.clear(),
                "reset-refused" | "not-performed" => {
                    history.open.retain(|(_, open)| Some(open.intent) != intent);
                }
                kind @ ("throttled" | "unknown") => {
                    for (_, open) in &mut history.open {
                        if Some(open.intent) == intent {
                            open.ended = Some(at);
                            open.throttled = kind == "throttled";
                        }
                    }
                }
                "address-added" | "address-unknown" => {
                    history.added.push((row.get(8)?, at));
                }
                _ => {}
            }
        }
        Ok(history)
    }

    /// Who has this address, by its key.
    pub(crate) fn reset_person(&self, key: &str) -> Result<Option<ResetPerson>> {
        Ok(self.person(key)?.map(|person| ResetPerson {
            id: person.id,
            state: person.state,
            user_id: person.user_id,
            redeem_url: person.redeem_url,
            newest_event: person.newest_event,
        }))
    }

    /// Whether a reset of this user was asked for, whatever became of it: such a guest has redeemed once.
    pub(crate) fn was_reset(&self, user_id: &str) -> Result<bool> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM event JOIN person ON person.id = event.person
                 WHERE person.user_id = ?1 AND (event.kind LIKE 'reset%' OR event.detail = ?2))",
            )?
            .query_row([user_id, RESET], |row| row.get(0))?)
    }

    /// The newest address that a user was reset to, if any run of this ledger did that.
    pub(crate) fn reset_to(&self, user_id: &str) -> Result<Option<String>> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT person.email FROM event JOIN person ON person.id = event.person
                 WHERE person.user_id = ?1 AND event.kind IN ('reset', 'reset-performed') ORDER BY event.id DESC LIMIT 1",
            )?
            .query_row([user_id], |row| row.get(0))
            .optional()?)
    }
}

impl Writer {
    /// Durable when it returns; then, and only then, the request may leave.
    pub(crate) fn reset_intent(
        &self,
        run: &str,
        intent: &ResetIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.is_in_place() {
            return Ok(Err(NoIntent::Gone));
        }
        self.index_users()?;
        self.begin()?;
        let recorded = self.reset_intent_in_transaction(run, intent);
        match recorded {
            Ok(Ok(recorded)) => self.commit().map(|()| Ok(recorded)),
            other => {
                self.rollback();
                other
            }
        }
        .inspect_err(|_| self.rollback())
    }

    fn reset_intent_in_transaction(
        &self,
        run: &str,
        intent: &ResetIntent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        if !self.stands()? {
            return Ok(Err(NoIntent::TakenOver));
        }
        let newest: i64 = self
            .connection()
            .prepare_cached(&format!(
                "SELECT coalesce(max(id), 0) FROM event WHERE {ABOUT}"
            ))?
            .query_row((&intent.user_id, &intent.key), |row| row.get(0))?;
        if newest != intent.decided_on {
            return Ok(Err(NoIntent::Changed));
        }
        self.connection()
            .prepare_cached(
                "INSERT INTO person (key, email, state, user_id) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET user_id = ?4",
            )?
            .execute((
                &intent.key,
                &intent.email,
                PersonState::Open.word(),
                &intent.user_id,
            ))?;
        let person: i64 = self
            .connection()
            .prepare_cached("SELECT id FROM person WHERE key = ?1")?
            .query_row([&intent.key], |row| row.get(0))?;
        let (kind, mails, detail, before) = match &intent.call {
            ResetCall::Address => ("address-intent", None, None, None),
            ResetCall::Reset { mails, before } => {
                ("intent", Some(*mails), Some(RESET), Some(before.word()))
            }
            ResetCall::Link => ("intent", Some(false), Some(RESET_LINK), None),
        };
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, mails, client_request_id, detail, saw)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(intent.at),
                run,
                person,
                intent.row,
                kind,
                mails,
                intent.client_request_id,
                detail,
                before,
            ])?;
        Ok(Ok(IntentId {
            person,
            event: self.connection().last_insert_rowid(),
        }))
    }

    /// Durable when it returns. What Graph answered is kept even when another run has taken the ledger over.
    pub(crate) fn reset_answered(&self, run: &str, answered: &ResetAnswered) -> Result<()> {
        self.begin()?;
        let kept = self
            .reset_answered_in_transaction(run, answered)
            .and_then(|()| self.commit());
        if kept.is_err() {
            self.rollback();
        }
        kept
    }

    fn reset_answered_in_transaction(&self, run: &str, answered: &ResetAnswered) -> Result<()> {
        let concluded = answered.intent.is_none();
        if concluded && !self.stands()? {
            return Ok(());
        }
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(answered.at),
                run,
                answered.person,
                answered.row,
                answered.end.event(),
                answered.intent.map(|intent| intent.event),
                answered.status,
                answered.request_id,
                answered
                    .end
                    .mail()
                    .map(Mail::word)
                    .or(answered.detail.as_deref()),
            ])?;
        let person = answered.person;
        match &answered.end {
            ResetEnd::Reset {
                link,
                redemption,
                mail,
            } => {
                self.new_link(person, Some(link), Some(redemption))?;
                self.reset_mail(person, *mail)
            }
            ResetEnd::Linked { link } => self.new_link(person, Some(link), None),
            // The links from before lead nowhere any more.
            ResetEnd::Performed { mail } => {
                self.new_link(person, None, None)?;
                self.reset_mail(person, *mail)
            }
            _ => Ok(()),
        }
    }

    /// The link of a user after a reset, whatever addresses the user stands under.
    fn new_link(
        &self,
        person: i64,
        link: Option<&SecretString>,
        redemption: Option<&str>,
    ) -> Result<()> {
        self.connection()
            .prepare_cached(
                "UPDATE person SET redeem_url = ?2, redemption = coalesce(?3, 'PendingAcceptance')
                 WHERE user_id = (SELECT user_id FROM person WHERE id = ?1)",
            )?
            .execute((person, link.map(ExposeSecret::expose_secret), redemption))?;
        Ok(())
    }

    /// What is known of the mail of a reset; the first mail of an invitation stands with the address that was invited.
    fn reset_mail(&self, person: i64, mail: Mail) -> Result<()> {
        self.connection()
            .prepare_cached("UPDATE person SET mail = ?2 WHERE id = ?1 AND state = 'open'")?
            .execute((person, mail.word()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Claim, Found, Ledger, NewLedger};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    struct Book {
        _folder: tempfile::TempDir,
        ledger: Ledger,
        writer: Writer,
    }

    /// A ledger that knows a guest under the old address.
    fn book() -> Book {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), NewLedger::Allowed).unwrap();
        let writer = ledger.writer(None).unwrap();
        let found = Found {
            user_id: "u1".into(),
            redeem_url: Some("https://old".into()),
            redemption: None,
            mail: Mail::Requested,
            invited_at: at(1),
        };
        writer
            .import("old@x.org", "old@x.org", &Claim::Invited(found), at(1))
            .unwrap();
        Book {
            _folder: folder,
            ledger,
            writer,
        }
    }

    impl Book {
        fn history(&self) -> ResetHistory {
            let reader = self.ledger.reader().unwrap();
            reader.reset_history("u1", "new@y.org").unwrap()
        }

        fn intend(&self, call: ResetCall) -> IntentId {
            let intent = ResetIntent {
                call,
                user_id: "u1".into(),
                key: "new@y.org".into(),
                email: "New@y.org".into(),
                row: 2,
                at: at(10),
                client_request_id: "c".into(),
                decided_on: self.history().newest_event,
            };
            self.writer.reset_intent("run", &intent).unwrap().unwrap()
        }

        fn answer(&self, intent: IntentId, end: ResetEnd) {
            let answered = ResetAnswered {
                person: intent.person,
                intent: Some(intent),
                row: 2,
                at: at(11),
                end,
                status: None,
                request_id: None,
                detail: None,
            };
            self.writer.reset_answered("run", &answered).unwrap();
        }
    }

    fn ask() -> ResetCall {
        ResetCall::Reset {
            mails: true,
            before: StateBefore {
                state: Some("Accepted".into()),
                changed_at: Some(at(5)),
            },
        }
    }

    #[test]
    fn a_reset_is_open_until_it_is_answered_and_makes_nobody_ours() {
        let book = book();
        let address = book.intend(ResetCall::Address);
        book.answer(address, ResetEnd::AddressAdded);
        assert_eq!(book.history().added[0].0, "New@y.org");
        let intent = book.intend(ask());
        let open = book.history().open;
        assert_eq!(open.len(), 1);
        assert_eq!(open[0].1.before.changed_at, Some(at(5)));
        book.answer(intent, ResetEnd::Unknown);
        assert_eq!(book.history().open[0].1.ended, Some(at(11)));
        let reader = book.ledger.reader().unwrap();
        assert_eq!(reader.asks_since(at(0)).unwrap().len(), 1);
        assert!(reader.open_attempts(intent.person).unwrap().is_empty());
        let again = book.intend(ask());
        let done = ResetEnd::Reset {
            link: "https://new".into(),
            redemption: "PendingAcceptance".into(),
            mail: Mail::Requested,
        };
        book.answer(again, done);
        let history = book.history();
        assert!(history.open.is_empty());
        let done = history.done.unwrap();
        assert_eq!((done.person, done.mail), (intent.person, Mail::Requested));
        let new = reader.person("new@y.org").unwrap().unwrap();
        assert_eq!(
            (new.state, new.mail),
            (PersonState::Open, Some(Mail::Requested))
        );
        let old = reader.person("old@x.org").unwrap().unwrap();
        assert_eq!(old.redeem_url.unwrap().expose_secret(), "https://new");
        assert_eq!(reader.reset_to("u1").unwrap().as_deref(), Some("New@y.org"));
        let mails = reader.mail_history("u1").unwrap();
        assert_eq!((mails.last_mail, mails.reminders), (Some(at(10)), 0));
    }

    #[test]
    fn a_reset_is_not_intended_on_old_news() {
        let book = book();
        let stale = ResetIntent {
            call: ask(),
            user_id: "u1".into(),
            key: "new@y.org".into(),
            email: "new@y.org".into(),
            row: 2,
            at: at(10),
            client_request_id: "c".into(),
            decided_on: book.history().newest_event - 1,
        };
        let refused = book.writer.reset_intent("run", &stale).unwrap();
        assert_eq!(refused.err(), Some(NoIntent::Changed));
        assert!(
            book.ledger
                .reader()
                .unwrap()
                .person("new@y.org")
                .unwrap()
                .is_none()
        );
    }
}
