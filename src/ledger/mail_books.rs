//! Questions about mails of our own: which are still to be sent, from which mailbox they left, and when.
//!
//! Reads only.

use super::{
    Reader, Result,
    units::{millis, timestamp},
};
use crate::outcome::Mail;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

impl Reader {
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
