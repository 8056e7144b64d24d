//! The mail of our own after a reset: each rendered from its own row, and sent by the mailer, which sends none twice.
//!
//! Must not mail anybody who is not pending when it is their turn.

use super::{Verb, plan::Planned};
use crate::{
    commands::{
        connect::Connection,
        own_mail::{Names, OwnMail, stop_reason},
    },
    directory::read_states,
    engine::ResetOutcome,
    exit::Exit,
    failure::{Failure, Result},
    guest::{Guest, Profile},
    ledger::{AskedBefore, MailKind, Reader, Writer},
    message::{Addressee, Mail, MailEnd, MailStop, Mailer, Sender},
    outcome::{GuestState, Mail as MailState},
    sheet::{Refused, Row},
};
use secrecy::ExposeSecret;
use std::collections::HashMap;

/// A link that stands for the one that is not there yet, to see that every mail can be made.
const NO_LINK: &str = "https://login.microsoftonline.com/redeem?rd=none";

/// What became of the mail of a row.
pub(super) struct MailOf {
    pub mail: MailState,
    pub error: Option<String>,
}

/// The guest as a template sees it.
fn as_guest(planned: &Planned) -> Guest {
    let row = &planned.row;
    Guest {
        row: row.row,
        line: row.line,
        email: row.new_email.clone(),
        display_name: planned.user.display_name.clone(),
        redirect_url: row.redirect_url.clone(),
        send: row.send,
        message: row.message.clone(),
        language: row.language.clone(),
        cc: None,
        sponsors: Vec::new(),
        profile: Profile::default(),
        user_type: None,
        manager: None,
        groups: Vec::new(),
    }
}

impl Verb<'_> {
    /// Makes every mail once, before anything is sent.
    pub(super) fn try_words(
        &self,
        own: &OwnMail,
        planned: &[Planned],
        connection: &Connection,
    ) -> Result<()> {
        let names = Names::of(connection, own);
        let mut wrong = crate::commands::own_mail::Wrong::default();
        self.each_row(planned, |guest, row| {
            let guest = as_guest(guest);
            if let Err(why) = own.render(self.sheet, row, &guest, NO_LINK, &names) {
                wrong.add(&guest, why);
            }
            Ok(())
        })?;
        wrong.or_none()
    }

    fn each_row(
        &self,
        planned: &[Planned],
        mut each: impl FnMut(&Planned, &Row) -> Result<()>,
    ) -> Result<()> {
        let by_row: HashMap<u64, &Planned> =
            planned.iter().map(|guest| (guest.row.row, guest)).collect();
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            if let Some(guest) = by_row.get(&row.number) {
                each(guest, &row)?;
            }
        }
        Ok(())
    }

    /// Sends the mails that are due, in the order of the sheet. A reason to stop is raised in the stop of the run.
    pub(super) async fn send_own_mails(
        &self,
        own: &OwnMail,
        run: &str,
        planned: &[Planned],
        outcomes: &HashMap<u64, ResetOutcome>,
        connection: &Connection,
        (writer, reader): (&Writer, &Reader),
    ) -> Result<HashMap<u64, MailOf>> {
        let session = self.session;
        let stop = &session.stop;
        let signal = stop.signal().clone();
        let pair = (writer, reader);
        let mut mailer = own.mailer(&connection.graph, pair, run, session.clock, signal)?;
        let names = Names::of(connection, own);
        let mut told = HashMap::new();
        let by_row: HashMap<u64, &Planned> =
            planned.iter().map(|guest| (guest.row.row, guest)).collect();
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let Some(guest) = by_row.get(&row.number) else {
                continue;
            };
            let Some(ResetOutcome::Reset(was)) = outcomes.get(&row.number) else {
                continue;
            };
            if was.mail != MailState::Due {
                continue;
            }
            let due = Due {
                own,
                guest,
                row: &row,
                names: &names,
                connection,
                reader,
            };
            if let Some(mail) = self.send_one(&due, &mut mailer).await? {
                told.insert(row.number, mail);
            }
        }
        Ok(told)
    }

    /// None: there is nothing to tell of this mail but that it is due.
    async fn send_one(&self, due: &Due<'_>, mailer: &mut Mailer<'_>) -> Result<Option<MailOf>> {
        let Due {
            own,
            guest,
            row,
            names,
            connection,
            reader,
        } = *due;
        let user_id = &guest.user.id;
        let key = guest.row.new_email.key();
        let history = reader.reset_history(user_id, key)?;
        let known = reader.reset_person(key)?;
        let (Some(done), Some(known)) = (history.done, known) else {
            return Ok(None);
        };
        let kind = MailKind::Reset(done.event);
        let before = reader.own_mail_to(user_id, kind)?;
        let of = |mail| Some(MailOf { mail, error: None });
        if let Some(before) = before.filter(|mail| *mail != MailState::Due) {
            return Ok(of(before));
        }
        let Some(link) = &known.redeem_url else {
            // Redeemed, or the link could not be fetched.
            return Ok(None);
        };
        if self.session.stop.is_raised() {
            return Ok(None);
        }
        let as_guest = as_guest(guest);
        let words = own.render(self.sheet, row, &as_guest, link.expose_secret(), names);
        let words = words.map_err(|why| {
            Failure::new(Exit::SheetRefused, format!("row {}: {why}", row.number)).hint(why.fix)
        })?;
        let mail = Mail {
            from: own.from.clone(),
            reply_to: own.reply_to.clone(),
            to: Sender {
                name: as_guest.display_name.clone(),
                address: as_guest.email.clone(),
            },
            cc: None,
            words,
        };
        let to = Addressee {
            person: known.id,
            user_id: user_id.clone(),
            row: Some(row.number),
            decided_on: known.newest_event,
        };
        let ids = [user_id.clone()];
        let graph = &connection.graph;
        let turn = mailer
            .send(&to, kind, &mail, AskedBefore::default(), async || {
                let states = read_states(graph, &ids).await?;
                let state = states.into_values().next().map(|now| now.state);
                Ok(state.filter(|state| *state != GuestState::Pending))
            })
            .await;
        match turn.stop {
            // Whoever raised the stop has given the reason.
            None | Some(MailStop::Raised) => {}
            Some(stopped) => self.session.stop.raise(stop_reason(stopped, reader)),
        }
        let with = |mail, why: String| {
            Some(MailOf {
                mail,
                error: Some(why),
            })
        };
        Ok(match turn.end {
            None | Some(MailEnd::Changed) => None,
            Some(MailEnd::HandedOver) => of(MailState::HandedOver),
            Some(MailEnd::Unknown { why }) => with(MailState::Unknown, why),
            Some(MailEnd::Due { why } | MailEnd::NotLookedUp { why }) => with(MailState::Due, why),
            Some(MailEnd::Refused { why }) => with(MailState::Refused, why),
            Some(MailEnd::NotWanted(_)) => of(MailState::None),
            Some(MailEnd::Before(state)) => of(state.mail()),
        })
    }
}

/// A mail that is to be sent.
#[derive(Clone, Copy)]
struct Due<'a> {
    own: &'a OwnMail,
    guest: &'a Planned,
    row: &'a Row,
    names: &'a Names,
    connection: &'a Connection,
    reader: &'a Reader,
}
