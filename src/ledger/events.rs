//! The audit trail: an intent before each attempt, its answer afterwards, and what follows for the person.
//!
//! An intent is refused where another run has taken the ledger over or has written about the person meanwhile.

use super::{
    AttemptEnd, AttemptKind, InvitationAttempt, PersonState, PriorLookup, Reader, Result, Writer,
    units::{millis, timestamp, word},
};
use crate::outcome::{Mail, words};
use jiff::Timestamp;
use rusqlite::params;
use secrecy::{ExposeSecret, SecretString};

/// The `detail` of an intent that is a reminder.
pub(super) const REMINDER: &str = "remind";
/// Of an intent that resets a redemption.
pub(super) const RESET: &str = "reset";
/// The same, silent, after a reset whose answer was lost: it fetches the link.
pub(super) const RESET_LINK: &str = "reset-link";

words! {
    /// What an event tells about an invitation attempt, or about the person. Other parts of the ledger add kinds of their
    /// own, which say nothing about attempts.
    pub(crate) EventKind {
        /// An attempt is about to leave.
        Intent = "intent",
        /// A run that this ledger does not know may have made an attempt.
        Assumed = "assumed",
        /// The 201 of the invitation that the row asks for.
        Invited = "invited",
        /// The 201 of a silent attempt that fetched a link.
        Relinked = "relinked",
        /// The 201 of a silent attempt that was made to find out what an earlier one did.
        Probed = "probed",
        /// The request did not leave, or Graph answered that it was not performed.
        NotPerformed = "not-performed",
        /// Graph asked to wait.
        Throttled = "throttled",
        /// There is no answer, or none that tells what became of the attempt.
        Unknown = "unknown",
        /// What was concluded about attempts without an answer, by looking the person up.
        Settled = "settled",
        /// Sponsors that an earlier version added after the invitation. Today's follow-ups have a table of their own.
        FollowUp = "follow-up",
        /// A results file told of the person.
        Imported = "imported",
    }
}

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
    /// A hash of the words of the mail; none where none goes out.
    pub words: Option<String>,
    /// The newest event about the person when it was decided to ask.
    pub decided_on: i64,
    /// Not about to leave: an ask that a run unknown to this ledger may have made.
    pub assumed: bool,
}

/// An intent that is in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IntentId {
    pub person: i64,
    pub(super) event: i64,
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
    pub person: i64,
    /// What it answers; none for a conclusion about attempts of an earlier run, and for what followed an invitation.
    pub intent: Option<IntentId>,
    pub row: u64,
    pub at: Timestamp,
    pub kind: EventKind,
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
        let Some(person) = self.person_to_ask(run, intent)? else {
            return Ok(Err(NoIntent::Changed));
        };
        let kind = if intent.assumed {
            EventKind::Assumed
        } else {
            EventKind::Intent
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
                kind.word(),
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

    /// The person as asked; none where another run has written about them since it was decided to ask.
    fn person_to_ask(&self, run: &str, intent: &Intent) -> Result<Option<i64>> {
        let asked = PersonState::Asked.word();
        let new = self
            .connection()
            .prepare_cached(
                "INSERT INTO person (key, email, state, redirect_url, language, words) VALUES (?1, ?2, ?5, ?3, ?4, ?6)
                 ON CONFLICT (key) DO NOTHING",
            )?
            .execute((&intent.key, &intent.email, &intent.redirect_url, &intent.language, asked, &intent.words))?;
        if new > 0 {
            return Ok(Some(self.connection().last_insert_rowid()));
        }
        let person = self
            .connection()
            .prepare_cached("SELECT id FROM person WHERE key = ?1")?
            .query_row([&intent.key], |row| row.get(0))?;
        if self.others_after(person, intent.decided_on, run)? {
            return Ok(None);
        }
        self.connection()
            .prepare_cached(
                "UPDATE person SET state = ?5, email = ?2, redirect_url = coalesce(?3, redirect_url),
                    language = coalesce(?4, language), words = coalesce(?6, words) WHERE id = ?1",
            )?
            .execute((person, &intent.email, &intent.redirect_url, &intent.language, asked, &intent.words))?;
        Ok(Some(person))
    }

    /// Whether another run has written about the person after this event.
    pub(super) fn others_after(&self, person: i64, event: i64, run: &str) -> Result<bool> {
        Ok(self
            .connection()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM event WHERE person = ?1 AND id > ?2 AND run IS NOT ?3)")?
            .query_row((person, event, run), |row| row.get(0))?)
    }

    /// `stands`: whether the run still has the ledger. If another run has taken it, only Graph's answers are written.
    /// Conclusions and the person's state are left to the newer run.
    pub(crate) fn answered(&self, run: &str, answered: &Answered, stands: bool) -> Result<()> {
        let person = answered.person;
        let intent = answered.intent.map(|intent| intent.event);
        let concluded = answered.kind == EventKind::Settled;
        if !stands && concluded {
            return Ok(());
        }
        let late = !stands && self.others_after(person, intent.unwrap_or(0), run)?;
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
                answered.kind.word(),
                intent,
                answered.status,
                answered.request_id,
                answered.detail,
            ])?;
        if let Some(found) = &answered.found {
            // Where Microsoft sends no mail, one of our own may have been sent before.
            let mail = match found.mail {
                Mail::Requested => Mail::Requested,
                silent => self.first_mail_to(&found.user_id)?.unwrap_or(silent),
            };
            self.connection()
                .prepare_cached(
                    "UPDATE person SET state = ?2, follows_up = CASE WHEN ?2 = 'invited' THEN 1 ELSE follows_up END,
                        redeem_url = coalesce(?4, CASE WHEN user_id = ?3 THEN redeem_url END),
                        verified = CASE WHEN user_id = ?3 THEN verified END, user_id = ?3, redemption = ?5,
                        mail = ?6, deleted_at = NULL,
                        invited_at = ?7, request_id = ?8, error_code = NULL, error = NULL
                     WHERE id = ?1",
                )?
                .execute(params![
                    person,
                    answered.state.word(),
                    found.user_id,
                    found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                    found.redemption,
                    mail.word(),
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
                    "UPDATE person SET state = ?2, follows_up = CASE WHEN ?2 = 'invited' THEN 1 ELSE follows_up END,
                        error_code = coalesce(?3, error_code), error = coalesce(?4, error),
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
            let Some(kind) = word(row.get(1)?, EventKind::from_word) else {
                continue;
            };
            match kind {
                // A reminder leaves nothing to settle: without an answer it counts as a mail. A reset invites nobody.
                EventKind::Intent
                    if row
                        .get_ref(5)?
                        .as_str()
                        .is_ok_and(|kind| [REMINDER, RESET, RESET_LINK].contains(&kind)) => {}
                EventKind::Intent | EventKind::Assumed => {
                    let ask = InvitationAttempt {
                        kind: word(row.get(5)?, AttemptKind::from_word)
                            .unwrap_or(AttemptKind::Invite),
                        at,
                        mails: row.get(3)?,
                        saw: PriorLookup::from_word(row.get_ref(6)?.as_str().ok()),
                        end: AttemptEnd::Open,
                        assumed: kind == EventKind::Assumed,
                    };
                    open.push((row.get(0)?, ask));
                }
                EventKind::Unknown => ended(AttemptEnd::GivenUp(at)),
                EventKind::Throttled => ended(AttemptEnd::Throttled(at)),
                EventKind::Probed => ended(AttemptEnd::Answered(at)),
                EventKind::NotPerformed => open.retain(|(intent, _)| Some(*intent) != answered),
                EventKind::Invited | EventKind::Relinked | EventKind::Settled => open.clear(),
                EventKind::FollowUp | EventKind::Imported => {}
            }
        }
        Ok(open.into_iter().map(|(_, ask)| ask).collect())
    }

    /// When POSTs to /invitations were made since `since`, oldest first; those that never left do not count.
    pub(crate) fn asks_since(&self, since: Timestamp) -> Result<Vec<Timestamp>> {
        let mut statement = self.connection().prepare_cached(
            // The kind of an intent is spelled out, as its index is for that kind alone.
            "SELECT at FROM event AS asked WHERE kind = 'intent' AND at > ?1
                AND NOT EXISTS (SELECT 1 FROM event AS answer WHERE answer.person = asked.person
                    AND answer.intent = asked.id AND answer.kind = ?2 AND answer.status IS NULL)
             ORDER BY at",
        )?;
        let not_performed = EventKind::NotPerformed.word();
        let times =
            statement.query_map((millis(since), not_performed), |row| row.get::<_, i64>(0))?;
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
