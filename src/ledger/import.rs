//! What results files say about people, taken into a ledger that does not know them.
//!
//! It is a claim: what the ledger knows already is never replaced.

use super::{AttemptKind, EventKind, Found, PersonState, Result, Writer, units::millis};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use secrecy::ExposeSecret;

/// What a results file says about a person.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    /// Invited; believed when somebody has seen the guest in this tenant.
    Invited(Found),
    /// There already, with a link that a run fetched.
    Linked(Found),
    /// Asked for, without an answer that tells.
    Asked { at: Timestamp, mails: bool },
}

impl Claim {
    fn user_id(&self) -> Option<&str> {
        match self {
            Self::Invited(found) | Self::Linked(found) => Some(&found.user_id),
            Self::Asked { .. } => None,
        }
    }
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Imported {
    New,
    /// The ledger knows the person already.
    Known,
}

impl Writer {
    /// Takes what a results file says about a person. What is known here already is never replaced.
    pub(crate) fn import(
        &self,
        key: &str,
        email: &str,
        claim: &Claim,
        at: Timestamp,
    ) -> Result<Imported> {
        let known: Option<(i64, String, Option<String>, bool)> = self
            .connection()
            .prepare_cached(
                "SELECT id, state, user_id, redeem_url IS NOT NULL FROM person WHERE key = ?1",
            )?
            .query_row([key], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let person = match &known {
            Some((person, state, user_id, linked)) => {
                let nobody = user_id.is_none()
                    && matches!(
                        PersonState::from_word(state),
                        None | Some(PersonState::Open | PersonState::Refused)
                    );
                let unlinked = !linked
                    && claim
                        .user_id()
                        .is_some_and(|user| user_id.as_deref() == Some(user));
                if !nobody && !unlinked {
                    return Ok(Imported::Known);
                }
                if unlinked {
                    // Only the link is news.
                    self.link(*person, claim)?;
                    return Ok(Imported::Known);
                }
                *person
            }
            None => self
                .connection()
                .prepare_cached(
                    "INSERT INTO person (key, email, state) VALUES (?1, ?2, ?3) RETURNING id",
                )?
                .query_row((key, email, PersonState::Open.word()), |row| row.get(0))?,
        };
        let mut event = self.connection().prepare_cached(
            "INSERT INTO event (at, person, kind, mails, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let (state, found) = match claim {
            Claim::Invited(found) => (PersonState::Claimed, found),
            Claim::Linked(found) => (PersonState::Open, found),
            Claim::Asked {
                at: asked_at,
                mails,
            } => {
                let detail = AttemptKind::Invite.word();
                let kind = EventKind::Assumed.word();
                event.execute(params![millis(*asked_at), person, kind, mails, detail])?;
                self.connection()
                    .prepare_cached("UPDATE person SET state = ?2 WHERE id = ?1")?
                    .execute((person, PersonState::Asked.word()))?;
                return Ok(Imported::New);
            }
        };
        event.execute(params![
            millis(at),
            person,
            EventKind::Imported.word(),
            None::<bool>,
            None::<String>
        ])?;
        self.connection()
            .prepare_cached(
                "UPDATE person SET state = ?2, user_id = ?3, redemption = ?4, mail = ?5, invited_at = ?6 WHERE id = ?1",
            )?
            .execute(params![
                person,
                state.word(),
                found.user_id,
                found.redemption,
                found.mail.word(),
                millis(found.invited_at),
            ])?;
        self.link(person, claim)?;
        Ok(Imported::New)
    }

    fn link(&self, person: i64, claim: &Claim) -> Result<()> {
        if let Claim::Invited(found) | Claim::Linked(found) = claim {
            self.connection()
                .prepare_cached(
                    "UPDATE person SET redeem_url = coalesce(redeem_url, ?2) WHERE id = ?1",
                )?
                .execute((
                    person,
                    found.redeem_url.as_ref().map(ExposeSecret::expose_secret),
                ))?;
        }
        Ok(())
    }

    /// Binds a ledger that knows no tenant yet to the one that an imported file names.
    pub(crate) fn bind(&self, tenant_id: &str, at: Timestamp) -> Result<()> {
        self.connection().execute(
            "INSERT INTO tenant (id, bound_at) VALUES (?1, ?2)",
            (tenant_id, millis(at)),
        )?;
        Ok(())
    }
}
