//! What a run told about each row of its sheet, and the results that come of it.
//!
//! A row keeps what its run saw; the person behind it tells what is known by now.

use super::{
    PersonState, Reader, Result, Writer,
    units::{timestamp, word},
};
use crate::outcome::{FollowUp, Mail, Outcome, RowResult, ThisRun, Verified};
use jiff::Timestamp;
use rusqlite::{Row, params};
use secrecy::SecretString;

/// Somebody invited who has not been seen in the directory yet.
#[derive(Debug, Clone)]
pub(crate) struct Unverified {
    pub row: u64,
    pub person: i64,
    pub user_id: String,
    pub invited_at: Option<Timestamp>,
}

/// What is open about the guests of a run who count as invited: how many were confirmed by Graph and never appeared, and
/// how many of the others have a mail in each of these states.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OpenEnds {
    pub missing: u64,
    pub due: u64,
    pub refused: u64,
    pub unknown: u64,
}

impl Writer {
    pub(crate) fn row(&self, run: &str, person: Option<i64>, result: &RowResult) -> Result<()> {
        self.connection()
            .prepare_cached(
                "INSERT OR REPLACE INTO row (run, row, person, outcome, email, display_name, user_id, redemption, mail,
                    error_code, error, hint, this_run, verified, follow_up, request_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            )?
            .execute(params![
                run,
                result.row,
                person,
                result.outcome.word(),
                result.email,
                result.display_name,
                result.user_id,
                result.redemption,
                result.mail.map(Mail::word),
                result.error_code,
                result.error,
                result.hint,
                result.this_run.map(crate::outcome::ThisRun::word),
                result.verified.map(Verified::word),
                result.follow_up.map(FollowUp::word),
                result.request_id,
            ])?;
        Ok(())
    }
}

impl Reader {
    pub(crate) fn open_ends(&self, run: &str) -> Result<OpenEnds> {
        let mut statement = self.connection().prepare_cached(
            "SELECT person.verified IS 'missing', person.mail, count(*) FROM row JOIN person ON person.id = row.person
             WHERE row.run = ?1 AND row.outcome = 'invited'
                AND (person.verified = 'missing' OR person.mail IN ('due', 'refused', 'unknown'))
             GROUP BY 1, 2",
        )?;
        let mut rows = statement.query([run])?;
        let mut ends = OpenEnds::default();
        while let Some(row) = rows.next()? {
            let guests: u64 = row.get(2)?;
            if row.get(0)? {
                ends.missing += guests;
                continue;
            }
            match word(row.get(1)?, Mail::from_word) {
                Some(Mail::Due) => ends.due += guests,
                Some(Mail::Refused) => ends.refused += guests,
                Some(Mail::Unknown) => ends.unknown += guests,
                _ => {}
            }
        }
        Ok(ends)
    }

    /// People of a run who count as invited and have not been seen in the directory yet, a page at a time.
    pub(crate) fn unverified(
        &self,
        run: &str,
        after_row: u64,
        page: usize,
    ) -> Result<Vec<Unverified>> {
        let mut statement = self.connection().prepare_cached(
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
        let mut statement = self.connection().prepare_cached(
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
        follow_up: word(row.get(12)?, FollowUp::from_word),
        request_id: row.get(13)?,
    };
    let state = word(row.get(21)?, PersonState::from_word);
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
