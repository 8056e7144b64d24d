//! The audit trail: an intent before each attempt, its answer afterwards, and what follows for the person.
//!
//! An intent is refused where another run has taken the ledger over or has written about the person meanwhile.

use super::{
    AttemptEnd, AttemptKind, InvitationAttempt, PersonState, PriorLookup, Reader, Result, Writer,
    units::{millis, timestamp},
};
use crate::outcome::Mail;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use secrecy::{ExposeSecret, SecretString};

/// The `detail` of an intent that is a reminder.
pub(super) const REMINDER: &str = "remind";

/// Why there is no intent, and so nothing may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoIntent {
    /// Another run has taken the ledger over.
    TakenOver,
    /// The ledger's file was deleted, moved or replaced.
    Gone,
    /// Another run has learnt something about the person since it was decided to ask.
    Changed,
}

/// An ask about to leave.
#[derive(Debug, Clone)]
pub(crate) struct Intent {
    pub row: u64,
    pub key: String,
    pub email: String,
    pub kind: AttemptKind,
    pub mails: bool,
    pub at: Timestamp,
    /// By the look-up before it.
    pub saw: PriorLookup,
    pub client_request_id: String,
    /// Where the guest lands, and the language of the mail: a reminder says the same.
    pub redirect_url: Option<String>,
    pub language: Option<String>,
    /// The newest event about the person when it was decided to ask.
    pub decided_on: i64,
    /// Not about to leave: an ask that a run unknown to this ledger may have made.
    pub assumed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IntentId {
    pub person: i64,
    pub event: i64,
}

/// What Graph said about a guest, to be kept.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub user_id: String,
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Mail,
    pub invited_at: Timestamp,
}

/// An answer (or none) to an intent, or what reading concluded later.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub intent: IntentId,
    pub row: u64,
    pub at: Timestamp,
    /// The event's kind: `invited`, `probed`, `relinked`, `not-performed`, `throttled`, `unknown`,
    /// `settled`, `follow-up`.
    pub kind: &'static str,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// A code or a reason; never an address, a link or a raw text.
    pub detail: Option<String>,
    /// Where the person stands now.
    pub state: PersonState,
    /// What reading concluded about the mail, where there is no new answer to say it.
    pub mail: Option<Mail>,
    pub found: Option<Found>,
    pub refusal: Option<RefusedAttempt>,
}

/// Graph's no for one person.
#[derive(Debug, Clone)]
pub(crate) struct RefusedAttempt {
    pub code: String,
    /// Graph's own words.
    pub error: String,
    /// A hash of what was asked for.
    pub content: String,
}

impl Writer {
    /// Within a transaction, after [`Writer::stands`] was asked in it.
    pub(crate) fn intent(
        &self,
        run: &str,
        intent: &Intent,
    ) -> Result<std::result::Result<IntentId, NoIntent>> {
        let known: Option<i64> = self
            .connection()
            .prepare_cached("SELECT id FROM person WHERE key = ?1")?
            .query_row([&intent.key], |row| row.get(0))
            .optional()?;
        if let Some(person) = known
            && self.others_after(person, intent.decided_on, run)?
        {
            return Ok(Err(NoIntent::Changed));
        }
        let person = self
            .connection()
            .prepare_cached(
                "INSERT INTO person (key, email, state, redirect_url, language) VALUES (?1, ?2, 'asked', ?3, ?4)
                 ON CONFLICT (key) DO UPDATE SET state = 'asked', email = excluded.email,
                    redirect_url = coalesce(excluded.redirect_url, redirect_url),
                    language = coalesce(excluded.language, language) RETURNING id",
            )?
            .query_row(
                (&intent.key, &intent.email, &intent.redirect_url, &intent.language),
                |row| row.get(0),
            )?;
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
                if intent.assumed { "assumed" } else { "intent" },
                intent.mails,
                intent.client_request_id,
                intent.kind.word(),
                intent.saw.word(),
            ])?;
        Ok(Ok(IntentId {
            person,
            event: self.connection().last_insert_rowid(),
        }))
    }

    /// Whether another run has written about the person after this event.
    pub(super) fn others_after(&self, person: i64, event: i64, run: &str) -> Result<bool> {
        Ok(self
            .connection()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE person = ?1 AND id > ?2 AND run IS NOT ?3)")?
            .query_row((person, event, run), |row| row.get(0))?)
    }

    /// `stands`: whether the run still has the ledger. Without it only what Graph answered is taken; what the run
    /// concluded is the newer run's to conclude, and where the person stands too.
    pub(crate) fn answered(&self, run: &str, answered: &Answered, stands: bool) -> Result<()> {
        let person = answered.intent.person;
        let concluded = matches!(answered.kind, "settled" | "follow-up");
        if !stands && concluded {
            return Ok(());
        }
        let late = !stands && self.others_after(person, answered.intent.event, run)?;
        self.connection()
            .prepare_cached(
                "INSERT INTO event (at, run, person, row, kind, intent, status, request_id, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                millis(answered.at),
                run,
                person,
                answered.row,
                answered.kind,
                answered.intent.event,
                answered.status,
                answered.request_id,
                answered.detail,
            ])?;
        if let Some(found) = &answered.found {
            self.connection()
                .prepare_cached(
                    "UPDATE person SET state = ?2, redeem_url = coalesce(?4, CASE WHEN user_id = ?3 THEN redeem_url END),
                        verified = CASE WHEN user_id = ?3 THEN verified END, user_id = ?3, redemption = ?5,
                        mail = coalesce((SELECT CASE state WHEN 'intent' THEN 'unknown' ELSE state END FROM own_mail
                            WHERE own_mail.user_id = ?3 AND kind = 'invitation' ORDER BY id DESC LIMIT 1), ?6),
                        invited_at = ?7, request_id = ?8, error_code = NULL, error = NULL
                     WHERE id = ?1",
                )?
                .execute(params![
                    person,
                    answered.state.word(),
                    found.user_id,
                    found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                    found.redemption,
                    found.mail.word(),
                    millis(found.invited_at),
                    answered.request_id,
                ])?;
        } else if !late {
            let refusal = answered.refusal.as_ref();
            let (code, error) = (
                refusal.map(|refusal| &refusal.code),
                refusal.map(|refusal| &refusal.error),
            );
            self.connection()
                .prepare_cached(
                    "UPDATE person SET state = ?2, error_code = coalesce(?3, error_code), error = coalesce(?4, error),
                        request_id = coalesce(?5, request_id), mail = coalesce(?6, mail) WHERE id = ?1",
                )?
                .execute(params![
                    person,
                    answered.state.word(),
                    code,
                    error,
                    answered.request_id,
                    answered.mail.map(Mail::word)
                ])?;
            if let Some(refusal) = refusal {
                self.connection()
                    .prepare_cached(
                        "INSERT OR IGNORE INTO refused_content (person, content) VALUES (?1, ?2)",
                    )?
                    .execute((person, &refusal.content))?;
            }
        }
        Ok(())
    }
}

impl Reader {
    /// The asks of a person whose effect is not known, oldest first.
    pub(crate) fn open_attempts(&self, person: i64) -> Result<Vec<InvitationAttempt>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT id, kind, at, mails, intent, detail, saw FROM event WHERE person = ?1 ORDER BY id",
        )?;
        let mut rows = statement.query([person])?;
        let mut open: Vec<(i64, InvitationAttempt)> = Vec::new();
        while let Some(row) = rows.next()? {
            let at = timestamp(row.get(2)?);
            let answered: Option<i64> = row.get(4)?;
            let mut ended = |end| {
                for (intent, ask) in &mut open {
                    if Some(*intent) == answered {
                        ask.end = end;
                    }
                }
            };
            match row.get_ref(1)?.as_str().unwrap_or_default() {
                // A reminder leaves nothing to settle: without an answer it counts as a mail.
                "intent" if row.get_ref(5)?.as_str().is_ok_and(|kind| kind == REMINDER) => {}
                kind @ ("intent" | "assumed") => {
                    let ask = InvitationAttempt {
                        kind: AttemptKind::from_word(row.get_ref(5)?.as_str().unwrap_or_default()),
                        at,
                        mails: row.get(3)?,
                        saw: PriorLookup::from_word(row.get_ref(6)?.as_str().ok()),
                        end: AttemptEnd::Open,
                        assumed: kind == "assumed",
                    };
                    open.push((row.get(0)?, ask));
                }
                "unknown" => ended(AttemptEnd::GivenUp(at)),
                "throttled" => ended(AttemptEnd::Throttled(at)),
                "probed" => ended(AttemptEnd::Answered(at)),
                "not-performed" => open.retain(|(intent, _)| Some(*intent) != answered),
                "invited" | "relinked" | "settled" => open.clear(),
                _ => {}
            }
        }
        Ok(open.into_iter().map(|(_, ask)| ask).collect())
    }

    /// Whether everything was added to a guest that the newest invitation could not carry.
    pub(crate) fn followed_up(&self, person: i64) -> Result<bool> {
        let newest: Option<(String, Option<String>)> = self
            .connection()
            .prepare_cached(
                "SELECT kind, detail FROM event WHERE person = ?1 AND kind IN ('invited', 'follow-up')
                 ORDER BY id DESC LIMIT 1",
            )?
            .query_row([person], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(newest
            .is_some_and(|(kind, detail)| kind == "follow-up" && detail.as_deref() == Some("done")))
    }

    /// When POSTs to /invitations were made since `since`, oldest first; those that never left do not count.
    pub(crate) fn asks_since(&self, since: Timestamp) -> Result<Vec<Timestamp>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT at FROM event AS asked WHERE kind = 'intent' AND at > ?1
                AND NOT EXISTS (SELECT 1 FROM event AS answer WHERE answer.person = asked.person
                    AND answer.intent = asked.id AND answer.kind = 'not-performed' AND answer.status IS NULL)
             ORDER BY at",
        )?;
        let times = statement.query_map([millis(since)], |row| row.get::<_, i64>(0))?;
        Ok(times
            .collect::<rusqlite::Result<Vec<_>>>()?
            .into_iter()
            .map(timestamp)
            .collect())
    }

    /// Whether Graph has refused this content for the person before; none when no content is remembered.
    pub(crate) fn was_refused(&self, person: i64, content: &str) -> Result<Option<bool>> {
        Ok(self
            .connection()
            .prepare_cached("SELECT max(content = ?2) FROM refused_content WHERE person = ?1")?
            .query_row((person, content), |row| row.get(0))?)
    }
}
