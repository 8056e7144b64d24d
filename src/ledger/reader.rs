//! Questions asked of the ledger. Reads only; sees what was committed.

use super::{
    AttemptEnd, AttemptKind, InvitationAttempt, Person, PersonState, PriorLookup, Result,
    RunRecord, Tenant, millis, timestamp,
};
use crate::outcome::{Mail, Outcome, RowResult, ThisRun, Verified};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::SecretString;
use std::collections::{HashMap, HashSet};

#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
}

/// Somebody invited who has not been seen in the directory yet.
#[derive(Debug, Clone)]
pub(crate) struct Unverified {
    pub row: u64,
    pub person: i64,
    pub user_id: String,
    pub invited_at: Option<Timestamp>,
}

pub(super) fn tenant(connection: &Connection) -> Result<Option<Tenant>> {
    Ok(connection
        .query_row("SELECT id, name FROM tenant", [], |row| {
            Ok(Tenant {
                id: row.get(0)?,
                name: row.get(1)?,
            })
        })
        .optional()?)
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn tenant(&self) -> Result<Option<Tenant>> {
        tenant(&self.connection)
    }

    pub(crate) fn person(&self, key: &str) -> Result<Option<Person>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT id, state, user_id, redeem_url, redemption, mail, invited_at, error_code, error, request_id,
                    verified, verified_at, (SELECT coalesce(max(event.id), 0) FROM event WHERE person = person.id)
                 FROM person WHERE key = ?1",
            )?
            .query_row([key], person)
            .optional()?)
    }

    pub(crate) fn person_by_id(&self, id: i64) -> Result<Option<Person>> {
        let key: Option<String> = self
            .connection
            .prepare_cached("SELECT key FROM person WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        key.map_or(Ok(None), |key| self.person(&key))
    }

    /// Whether the link of a user is here.
    pub(crate) fn knows_link(&self, user_id: &str) -> Result<bool> {
        Ok(self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM person WHERE user_id = ?1 AND redeem_url IS NOT NULL)")?
            .query_row([user_id], |row| row.get(0))?)
    }

    /// The people whose asks have not been settled.
    pub(crate) fn unsettled(&self) -> Result<HashSet<String>> {
        let mut statement = self
            .connection
            .prepare("SELECT key FROM person WHERE state = ?1")?;
        let keys = statement.query_map([PersonState::Asked.word()], |row| row.get(0))?;
        Ok(keys.collect::<std::result::Result<_, _>>()?)
    }

    /// The asks of a person whose effect is not known, oldest first.
    pub(crate) fn open_attempts(&self, person: i64) -> Result<Vec<InvitationAttempt>> {
        let mut statement = self.connection.prepare_cached(
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
            .connection
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
        let mut statement = self.connection.prepare_cached(
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

    pub(crate) fn people(&self) -> Result<u64> {
        Ok(self
            .connection
            .query_row("SELECT count(*) FROM person", [], |row| row.get(0))?)
    }

    /// How many invitations were seen in the directory afterwards.
    pub(crate) fn verified(&self) -> Result<u64> {
        Ok(self.connection.query_row(
            "SELECT count(*) FROM person WHERE verified = 'found'",
            [],
            |row| row.get(0),
        )?)
    }

    /// Invitations since then that nobody has seen in the directory yet, by the ids of their users: the newest ones.
    pub(crate) fn unseen(&self, since: Timestamp, most: usize) -> Result<HashMap<String, i64>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT user_id, id FROM person WHERE state = 'invited' AND user_id IS NOT NULL AND invited_at > ?1
                AND verified IS NOT 'found' ORDER BY invited_at DESC LIMIT ?2",
        )?;
        let people = statement.query_map(params![millis(since), most], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// Until when the tenant asked not to be asked.
    pub(crate) fn wait_until(&self) -> Result<Option<Timestamp>> {
        let until: Option<Option<i64>> = self
            .connection
            .query_row("SELECT wait_until FROM tenant", [], |row| row.get(0))
            .optional()?;
        Ok(until.flatten().map(timestamp))
    }

    pub(crate) fn runs(&self, newest: u32) -> Result<Vec<RunRecord>> {
        let mut statement = self.connection.prepare(
            "SELECT id, verb, sheet, started_at, ended_at, exit_code, report, reading FROM run ORDER BY started_at DESC, id DESC LIMIT ?1",
        )?;
        Ok(statement
            .query_map([newest], run)?
            .collect::<rusqlite::Result<_>>()?)
    }

    pub(crate) fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        Ok(self
            .connection
            .query_row(
                "SELECT id, verb, sheet, started_at, ended_at, exit_code, report, reading FROM run WHERE id = ?1",
                [id],
                run,
            )
            .optional()?)
    }

    /// The generation of the newest run.
    pub(crate) fn generation(&self) -> Result<i64> {
        Ok(self
            .connection
            .prepare_cached("SELECT generation FROM guard")?
            .query_row([], |row| row.get(0))?)
    }

    /// Who has the ledger, or had it last.
    pub(crate) fn holder(&self) -> Option<String> {
        super::lock::holder_of(&self.connection)
    }

    /// Whether Graph has refused this content for the person before; none when no content is remembered.
    pub(crate) fn was_refused(&self, person: i64, content: &str) -> Result<Option<bool>> {
        Ok(self
            .connection
            .prepare_cached("SELECT max(content = ?2) FROM refused_content WHERE person = ?1")?
            .query_row((person, content), |row| row.get(0))?)
    }

    /// How many people of a run were confirmed by Graph and never appeared.
    pub(crate) fn missing(&self, run: &str) -> Result<u64> {
        Ok(self.connection.query_row(
            "SELECT count(*) FROM row JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.outcome = 'invited' AND person.verified = 'missing'",
            [run],
            |row| row.get(0),
        )?)
    }

    /// People of a run who count as invited and have not been seen in the directory yet, a page at a time.
    pub(crate) fn unverified(
        &self,
        run: &str,
        after_row: u64,
        page: usize,
    ) -> Result<Vec<Unverified>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT row.row, person.id, person.user_id, person.invited_at FROM row JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.row > ?2 AND row.outcome = 'invited' AND person.verified IS NOT 'found'
                AND person.user_id IS NOT NULL ORDER BY row.row LIMIT ?3",
        )?;
        let people = statement.query_map(params![run, after_row, page], |row| {
            Ok(Unverified {
                row: row.get(0)?,
                person: row.get(1)?,
                user_id: row.get(2)?,
                invited_at: row.get::<_, Option<i64>>(3)?.map(timestamp),
            })
        })?;
        Ok(people.collect::<rusqlite::Result<_>>()?)
    }

    /// The results of a run in the sheet's order, handed on one at a time in pages: memory does not grow with the sheet.
    pub(crate) fn results<'a>(
        &'a self,
        run: &'a str,
    ) -> impl Iterator<Item = Result<RowResult>> + 'a {
        let mut page: std::vec::IntoIter<RowResult> = Vec::new().into_iter();
        let mut after: Option<u64> = Some(0);
        std::iter::from_fn(move || {
            loop {
                if let Some(result) = page.next() {
                    after = after.map(|_| result.row);
                    return Some(Ok(result));
                }
                match self.results_page(run, after?) {
                    Ok(rows) if rows.is_empty() => {
                        after = None;
                        return None;
                    }
                    Ok(rows) => page = rows.into_iter(),
                    Err(error) => {
                        after = None;
                        return Some(Err(error));
                    }
                }
            }
        })
    }

    fn results_page(&self, run: &str, after: u64) -> Result<Vec<RowResult>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT row.row, row.outcome, row.email, row.display_name, row.user_id, row.redemption, row.mail,
                row.error_code, row.error, row.hint, row.this_run, row.verified, row.follow_up, row.request_id,
                person.user_id, person.redeem_url, person.redemption, person.mail, person.invited_at, person.verified,
                person.request_id, person.state, person.id
             FROM row LEFT JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.row > ?2 ORDER BY row.row LIMIT 500",
        )?;
        let mut results = Vec::new();
        let mut rows = statement.query(params![run, after])?;
        while let Some(row) = rows.next()? {
            let (mut result, state) = row_result(row)?;
            let person: Option<i64> = row.get(22)?;
            let claimed = state == Some(PersonState::Claimed);
            let unsettled = (result.outcome == Outcome::Unknown && !claimed)
                || (result.this_run == Some(ThisRun::NotSelected)
                    && state == Some(PersonState::Asked));
            if unsettled && let Some(person) = person {
                let asks = self.open_attempts(person)?;
                result.invited_at = asks.first().map(|ask| ask.at).or(result.invited_at);
                let silent = !asks.is_empty() && asks.iter().all(|ask| !ask.mails);
                result.mail = Some(if silent { Mail::None } else { Mail::Unknown });
            }
            results.push(result);
        }
        Ok(results)
    }
}

fn word<T>(text: Option<String>, from: impl Fn(&str) -> Option<T>) -> Option<T> {
    text.and_then(|text| from(&text))
}

fn person(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: row.get(0)?,
        state: PersonState::from_word(&row.get::<_, String>(1)?),
        user_id: row.get(2)?,
        redeem_url: row.get::<_, Option<String>>(3)?.map(SecretString::from),
        redemption: row.get(4)?,
        mail: word(row.get(5)?, Mail::from_word),
        invited_at: row.get::<_, Option<i64>>(6)?.map(timestamp),
        error_code: row.get(7)?,
        error: row.get(8)?,
        request_id: row.get(9)?,
        verified: word(row.get(10)?, Verified::from_word),
        verified_at: row.get::<_, Option<i64>>(11)?.map(timestamp),
        newest_event: row.get(12)?,
    })
}

fn run(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    Ok(RunRecord {
        id: row.get(0)?,
        verb: row.get(1)?,
        sheet: row.get(2)?,
        started_at: timestamp(row.get(3)?),
        ended_at: row.get::<_, Option<i64>>(4)?.map(timestamp),
        exit_code: row.get(5)?,
        report: row.get(6)?,
        reading: row.get(7)?,
    })
}

/// A row tells what its run saw; the person behind it tells what is known by now, and where that person stands.
fn row_result(row: &Row<'_>) -> rusqlite::Result<(RowResult, Option<PersonState>)> {
    let outcome = Outcome::from_word(&row.get::<_, String>(1)?).unwrap_or(Outcome::Unknown);
    let mut result = RowResult {
        row: row.get(0)?,
        outcome,
        email: row.get(2)?,
        display_name: row.get(3)?,
        user_id: row.get(4)?,
        redeem_url: None,
        redemption: row.get(5)?,
        mail: word(row.get(6)?, Mail::from_word),
        error_code: row.get(7)?,
        error: row.get(8)?,
        hint: row.get(9)?,
        invited_at: None,
        this_run: word(row.get(10)?, ThisRun::from_word),
        verified: word(row.get(11)?, Verified::from_word),
        follow_up: row.get(12)?,
        request_id: row.get(13)?,
    };
    let state = row
        .get::<_, Option<String>>(21)?
        .map(|word| PersonState::from_word(&word));
    let ours = matches!(state, Some(PersonState::Invited | PersonState::Claimed));
    let known: Option<String> = row.get(14)?;
    // A link belongs to one user: never shown beside another one's id.
    let same = match (&result.user_id, &known) {
        (Some(told), Some(known)) => told.eq_ignore_ascii_case(known),
        (told, known) => told.is_none() && known.is_some(),
    };
    if same && outcome != Outcome::ExistsDeleted {
        result.user_id = known;
        if ours || outcome == Outcome::ExistsPending {
            result.invited_at = row.get::<_, Option<i64>>(18)?.map(timestamp);
        }
        // The link of somebody who was deleted leads nowhere. A claim may be about another tenant's guest.
        if outcome != Outcome::Gone || state == Some(PersonState::Claimed) {
            result.redeem_url = row.get::<_, Option<String>>(15)?.map(SecretString::from);
        }
    }
    let not_selected = ours && result.this_run == Some(ThisRun::NotSelected);
    let claimed = state == Some(PersonState::Claimed) && outcome == Outcome::Unknown;
    if outcome == Outcome::Invited || not_selected || claimed {
        result.redemption = row.get::<_, Option<String>>(16)?.or(result.redemption);
        result.mail = word(row.get(17)?, Mail::from_word).or(result.mail);
        result.verified = word(row.get(19)?, Verified::from_word).or(result.verified);
        if result.request_id.is_none() {
            result.request_id = row.get(20)?;
        }
    }
    Ok((result, state))
}
