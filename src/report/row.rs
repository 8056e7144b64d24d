//! One line of the table.
//!
//! Must not show a redeem link that was not asked for, or one that is no link.

use crate::{
    outcome::{Attention, GuestState, Mail, RowResult},
    redeem_link::is_redeem_link,
};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct Row<'r> {
    number: Option<u64>,
    word: &'static str,
    tone: Attention,
    email: &'r str,
    name: Option<&'r str>,
    hint: Option<&'r str>,
    error: Option<String>,
    invited: String,
    mail: &'static str,
    redeemed: String,
    link: Option<&'r str>,
    has_link: bool,
}

/// Somebody of the ledger, as a line of the table about everybody.
#[derive(Debug)]
pub(crate) struct Known<'r> {
    pub state: GuestState,
    pub since: Option<Timestamp>,
    pub email: &'r str,
    pub name: Option<&'r str>,
    pub note: Option<&'r str>,
    pub invited_at: Option<Timestamp>,
    pub mail: Option<Mail>,
    pub link: Option<&'r SecretString>,
}

impl<'r> Row<'r> {
    /// A row of a run. `state` is what was read about the guest last.
    pub(crate) fn of_run(
        result: &'r RowResult,
        state: Option<(GuestState, Option<Timestamp>)>,
        with_links: bool,
    ) -> Self {
        let error = match (&result.error_code, &result.error) {
            (Some(code), Some(error)) => Some(format!("{code}: {error}")),
            (code, error) => error.clone().or_else(|| code.clone()),
        };
        let link = result.redeem_url.as_ref();
        Self {
            number: Some(result.row),
            word: result.outcome.word(),
            tone: result.attention(),
            email: &result.email,
            name: result.display_name.as_deref(),
            hint: result.hint.as_deref(),
            error,
            invited: result.invited_at.map(minute).unwrap_or_default(),
            mail: result.mail.map(Mail::word).unwrap_or_default(),
            redeemed: match state {
                Some((state, since)) => state_since(state, since),
                None => at_invitation(result.redemption.as_deref()),
            },
            link: shown(link, with_links),
            has_link: link.is_some(),
        }
    }

    pub(crate) fn of_ledger(known: &Known<'r>, with_links: bool) -> Self {
        Self {
            number: None,
            word: known.state.word(),
            tone: known.state.attention(),
            email: known.email,
            name: known.name,
            hint: known.note,
            error: None,
            invited: known.invited_at.map(minute).unwrap_or_default(),
            mail: known.mail.map(Mail::word).unwrap_or_default(),
            redeemed: match known.state {
                GuestState::Accepted => state_since(known.state, known.since),
                _ => String::new(),
            },
            link: shown(known.link, with_links),
            has_link: known.link.is_some(),
        }
    }
}

fn shown(link: Option<&SecretString>, with_links: bool) -> Option<&str> {
    link.filter(|_| with_links)
        .map(ExposeSecret::expose_secret)
        .filter(|link| is_redeem_link(link))
}

fn state_since(state: GuestState, since: Option<Timestamp>) -> String {
    match since {
        Some(since) => format!("{}, {}", state.word(), since.strftime("%F")),
        None => state.word().to_owned(),
    }
}

/// What Graph said when it was asked to invite.
fn at_invitation(redemption: Option<&str>) -> String {
    match redemption {
        Some("PendingAcceptance") => GuestState::Pending.word().to_owned(),
        Some("Accepted" | "Completed") => GuestState::Accepted.word().to_owned(),
        other => other.unwrap_or_default().to_owned(),
    }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%F %H:%M").to_string()
}
