//! Who gets the first mail, and why the others on the sheet do not: every row is one or the other.
//!
//! Decides from what the ledger knows and from the states that were read a moment ago; whoever is to be mailed is looked
//! up once more right before the mail.

use crate::{
    cli,
    commands::{
        asked_before::{AskNow, Changes, with_template_of_last_mail},
        connect::Connection,
        own_mail::{self, Names, OwnMail},
    },
    directory::read_states,
    engine::Selection,
    failure::Result,
    graph::Class,
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::{Person, PersonState, Reader},
    outcome::{GuestState, Mail},
    sheet::{Refused, Sheet},
};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

/// Why somebody on the sheet is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    Invalid,
    Duplicate,
    NotSelected,
    NoMailWanted,
    Forgotten,
    NeverInvited,
    NotKnownAsInvited,
    Mailed,
    Refused,
    MayHaveBeenMailed,
    NotKnownAsSilent,
    NoLink,
    Disabled,
    Redeemed,
    StateUnknown,
    NotInDirectory,
}

impl LeftOut {
    /// One stable word for `--json`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::NotSelected => "not-selected",
            Self::NoMailWanted => "no-mail-wanted",
            Self::Forgotten => "forgotten",
            Self::NeverInvited => "never-invited",
            Self::NotKnownAsInvited => "not-known-as-invited",
            Self::Mailed => "mailed",
            Self::Refused => "refused",
            Self::MayHaveBeenMailed => "may-have-been-mailed",
            Self::NotKnownAsSilent => "not-known-as-silent",
            Self::NoLink => "no-link",
            Self::Disabled => "disabled",
            Self::Redeemed => "redeemed",
            Self::StateUnknown => "state-unknown",
            Self::NotInDirectory => "not-in-directory",
        }
    }

    /// As a part of a sentence, after the number of people or rows.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Invalid => "cannot be used: `guestlist check` says why",
            Self::Duplicate => "repeat an address of another row",
            Self::NotSelected => "are not selected by --only",
            Self::NoMailWanted => "are to get no mail, as the sheet says",
            Self::Forgotten => "were forgotten on request",
            Self::NeverInvited => "were never invited",
            Self::NotKnownAsInvited => "are not known as invited: `guestlist invite` comes first",
            Self::Mailed => "have been mailed",
            Self::Refused => "were refused: --retry-refused mails them",
            Self::MayHaveBeenMailed => "may have been mailed: --include-unknown mails them again",
            Self::NotKnownAsSilent => "are not known as invited silently",
            Self::NoLink => "have no link",
            Self::Disabled => "are blocked from signing in",
            Self::Redeemed => "have redeemed already",
            Self::StateUnknown => "are in a state that the directory does not tell",
            Self::NotInDirectory => "are not in the directory, or not yet",
        }
    }
}

/// Somebody who is to be mailed.
pub(super) struct Target {
    pub row: u64,
    pub name: String,
    pub email: String,
    pub user_id: String,
    pub mail: Mail,
}

/// Who is mailed, and why the others are not.
#[derive(Default)]
pub(super) struct Targets {
    /// All rows of the sheet.
    pub rows: u64,
    pub people: Vec<Target>,
    /// What their mails say otherwise than was asked for earlier.
    pub changes: Vec<String>,
    pub left_out: BTreeMap<LeftOut, u64>,
}

impl Targets {
    fn leave_out(&mut self, why: LeftOut) {
        *self.left_out.entry(why).or_default() += 1;
    }

    /// Leaves out whoever is no longer pending: a link is worth nothing to them.
    pub(super) async fn keep_pending(&mut self, connection: &Connection) -> Result<()> {
        let ids: Vec<String> = self
            .people
            .iter()
            .map(|target| target.user_id.clone())
            .collect();
        let states = match read_states(&connection.graph, &ids).await {
            // Nobody can tell, which the sending says.
            Err(fault) if fault.class == Class::Permission => return Ok(()),
            states => states?,
        };
        let left_out = &mut self.left_out;
        self.people.retain(|target| {
            let now = states.get(&target.user_id.to_ascii_lowercase());
            let why = match now.map(|now| now.state) {
                Some(GuestState::Pending) => return true,
                Some(GuestState::Disabled) => LeftOut::Disabled,
                Some(GuestState::Accepted) => LeftOut::Redeemed,
                Some(_) => LeftOut::StateUnknown,
                None => LeftOut::NotInDirectory,
            };
            *left_out.entry(why).or_default() += 1;
            false
        });
        Ok(())
    }
}

/// How people are chosen.
pub(super) struct Choice<'a> {
    pub typed: &'a cli::Mail,
    pub own: &'a OwnMail,
    pub sheet: &'a Sheet,
    pub rules: &'a Rules,
    pub selection: &'a Selection,
    pub reader: &'a Reader,
    pub names: &'a Names,
}

impl Choice<'_> {
    /// The people of the sheet whose mail has not left, each with words that can be sent.
    pub(super) fn targets(&self) -> Result<Targets> {
        let mut targets = Targets::default();
        let mut wrong = own_mail::Wrong::default();
        let mut changes = Changes::default();
        let forgotten = self.reader.forgotten()?;
        let mut understanding = Understanding::new(self.sheet, self.rules);
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            targets.rows += 1;
            let guest = match understanding.understand(&row).verdict {
                RowVerdict::Guest(guest) => guest,
                RowVerdict::Duplicate { .. } => {
                    targets.leave_out(LeftOut::Duplicate);
                    continue;
                }
                RowVerdict::Invalid => {
                    targets.leave_out(LeftOut::Invalid);
                    continue;
                }
            };
            let person = self.reader.person(guest.email.key())?;
            let (person, mail) = match self.takes(&guest, person.as_ref()) {
                Ok(taken) => taken,
                Err(LeftOut::NeverInvited) if forgotten.contains(guest.email.key()) => {
                    targets.leave_out(LeftOut::Forgotten);
                    continue;
                }
                Err(why) => {
                    targets.leave_out(why);
                    continue;
                }
            };
            let (Some(user_id), Some(link)) = (&person.user_id, &person.redeem_url) else {
                targets.leave_out(LeftOut::NoLink);
                continue;
            };
            let link = link.expose_secret();
            if let Err(why) = self.own.render(self.sheet, &row, &guest, link, self.names) {
                wrong.add(&guest, why);
            }
            self.compare(&mut changes, &guest)?;
            targets.people.push(Target {
                row: guest.row,
                name: guest.display_name.clone().unwrap_or_default(),
                email: guest.email.as_str().to_owned(),
                user_id: user_id.clone(),
                mail,
            });
        }
        wrong.or_none()?;
        targets.changes = changes.told();
        Ok(targets)
    }

    fn compare(&self, changes: &mut Changes, guest: &Guest) -> Result<()> {
        let Some(then) = self.reader.known_guest(guest.email.key())? else {
            return Ok(());
        };
        let language = guest.language.as_deref();
        let words = &self.own.words;
        let now = AskNow {
            redirect_url: words.landing_page(guest),
            language,
            words: words.templates.fingerprint(language),
        };
        let then = with_template_of_last_mail(self.reader, then)?;
        changes.compare(guest.row, &then, &now);
        Ok(())
    }

    /// Whether a person is to be mailed, or why not.
    fn takes<'p>(
        &self,
        guest: &Guest,
        person: Option<&'p Person>,
    ) -> std::result::Result<(&'p Person, Mail), LeftOut> {
        let address = (guest.email.key(), guest.email.domain());
        if !self.selection.takes(guest.row, Some(address)) {
            return Err(LeftOut::NotSelected);
        }
        if guest.send == Some(false) {
            return Err(LeftOut::NoMailWanted);
        }
        let person = person.ok_or(LeftOut::NeverInvited)?;
        if person.state != PersonState::Invited {
            return Err(LeftOut::NotKnownAsInvited);
        }
        match person.mail {
            Some(mail @ (Mail::None | Mail::Due)) => Ok((person, mail)),
            Some(mail @ Mail::Refused) if self.typed.retry_refused => Ok((person, mail)),
            Some(mail @ Mail::Unknown) if self.typed.include_unknown => Ok((person, mail)),
            Some(Mail::Refused) => Err(LeftOut::Refused),
            Some(Mail::Unknown) => Err(LeftOut::MayHaveBeenMailed),
            Some(Mail::Requested | Mail::HandedOver) => Err(LeftOut::Mailed),
            None => Err(LeftOut::NotKnownAsSilent),
        }
    }
}
