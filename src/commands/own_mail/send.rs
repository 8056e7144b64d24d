//! The mails of a run, in the order of the sheet, each with the words of its own row.

use super::{
    Names, OwnMail,
    hints::{CODE, LEFT_UNKNOWN, NOT_TAKEN, STILL_DUE},
    pending::{LastLooks, NotPending},
};
use crate::{
    clock::Clock,
    directory::Directory,
    engine::{Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    graph::Graph,
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::{AskedBefore, MailKind, Person, Reader, Writer},
    message::{Addressee, Mail, MailEnd, MailStop, Sender},
    outcome::Mail as MailState,
    sheet::{Refused, Sheet},
    ui,
};
use secrecy::ExposeSecret;
use std::collections::{HashMap, HashSet};

/// What became of the mails.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::commands) struct MailTotals {
    pub handed_over: u64,
    pub due: u64,
    pub refused: u64,
    pub unknown: u64,
    /// Not sent, because an earlier mail stands in the way or something has changed.
    pub passed_over: u64,
    /// Not sent, because the guest is no longer pending, or is not in the directory yet.
    pub not_pending: u64,
    /// Not sent, because the guest could not be looked up.
    pub not_looked_up: u64,
}

/// Which mails are sent, and where their outcome is written.
pub(in crate::commands) struct MailsOf<'a> {
    pub own: &'a OwnMail,
    pub graph: &'a Graph,
    pub directory: &'a Directory,
    /// The ledger may be older than its tenant: a mail that it counts as due may have left.
    pub may_be_older: bool,
    pub names: Names,
    pub sheet: &'a Sheet,
    pub rules: &'a Rules,
    pub reader: &'a Reader,
    pub writer: &'a Writer,
    /// The run that sends.
    pub run: &'a str,
    /// The run whose rows are told what became of their mails; none where no results are written.
    pub told_in: Option<&'a str>,
    pub asked_before: AskedBefore,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    pub quiet: bool,
    /// How many are to be sent, for showing.
    pub expected: u64,
}

/// Sends the mails of the rows that `takes` selects. A reason to stop is raised in the stop of the run.
pub(in crate::commands) async fn send(
    mails: &MailsOf<'_>,
    takes: impl FnMut(&Guest, &Person) -> bool,
) -> MailTotals {
    let mut totals = MailTotals::default();
    if let Err(failure) = send_each(mails, takes, &mut totals).await {
        mails.stop.raise(StopReason::OwnMail {
            exit: failure.exit,
            what: failure.what,
            hints: failure.hints,
        });
    }
    totals
}

async fn send_each(
    mails: &MailsOf<'_>,
    takes: impl FnMut(&Guest, &Person) -> bool,
    totals: &mut MailTotals,
) -> Result<()> {
    let chosen = mails.chosen(takes)?;
    let new: HashSet<u64> = mails
        .reader
        .rows_newly_invited(mails.run)?
        .into_iter()
        .collect();
    let kept_back = if mails.may_be_older {
        earlier_mails_stay(&chosen, &new)
    } else {
        HashSet::new()
    };
    let looks = LastLooks::new(mails.directory);
    let signal = mails.stop.signal().clone();
    let pair = (mails.writer, mails.reader);
    let mut mailer = mails
        .own
        .mailer(mails.graph, pair, mails.run, mails.clock, signal)?;
    let mut understanding = Understanding::new(mails.sheet, mails.rules);
    for row in mails.sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
            continue;
        };
        let Some(mail) = chosen.get(&guest.row) else {
            continue;
        };
        // It may have been mailed since, under another address.
        let person = mails.reader.person(guest.email.key())?;
        let Some(person) = person.filter(|person| person.mail == *mail) else {
            totals.passed_over += 1;
            continue;
        };
        let (Some(user_id), Some(link)) = (&person.user_id, &person.redeem_url) else {
            continue;
        };
        if kept_back.contains(&guest.row) {
            totals.not_pending += 1;
            continue;
        }
        let words = mails.own.render(
            mails.sheet,
            &row,
            &guest,
            link.expose_secret(),
            &mails.names,
        );
        let words = words.map_err(|why| {
            Failure::new(Exit::SheetRefused, format!("row {}: {why}", guest.row)).hint(why.fix)
        })?;
        let mail = Mail {
            from: mails.own.from.clone(),
            reply_to: mails.own.reply_to.clone(),
            to: Sender {
                name: guest.display_name.clone(),
                address: guest.email.clone(),
            },
            cc: guest.cc.clone(),
            words,
        };
        let to = Addressee {
            person: person.id,
            user_id: user_id.clone(),
            row: Some(guest.row),
            decided_on: person.newest_event,
        };
        let is_new = new.contains(&guest.row);
        let kind = MailKind::Invitation;
        let turn = mailer
            .send(&to, kind, &mail, mails.asked_before, async || {
                let now = mails.clock.now();
                looks.look(&guest.email, &person, is_new, now).await
            })
            .await;
        if let Some(end) = &turn.end {
            mails.tell(&guest, &person, end, totals)?;
        }
        match turn.stop {
            None => {}
            // Whoever raised the stop has given the reason.
            Some(MailStop::Raised) => break,
            Some(stop) => {
                mails.stop.raise(stop_reason(stop, mails.reader));
                break;
            }
        }
    }
    if looks.were_refused() {
        ui::tell(
            "this sign-in may not read whether guests are still pending: they were mailed all the same",
        );
    }
    if let Some(told_in) = mails.told_in {
        mails.writer.mails_left_due(told_in, STILL_DUE)?;
    }
    Ok(())
}

/// A mail leaves every two seconds.
const TOLD_EVERY: u64 = 30;

impl MailsOf<'_> {
    /// The rows whose people are to be mailed, with what is known of the mail.
    fn chosen(
        &self,
        mut takes: impl FnMut(&Guest, &Person) -> bool,
    ) -> Result<HashMap<u64, Option<MailState>>> {
        let mut chosen = HashMap::new();
        let mut understanding = Understanding::new(self.sheet, self.rules);
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
                continue;
            };
            let person = self.reader.person(guest.email.key())?;
            if let Some(person) = person.filter(|person| takes(&guest, person))
                && person.user_id.is_some()
                && person.redeem_url.is_some()
            {
                chosen.insert(guest.row, person.mail);
            }
        }
        Ok(chosen)
    }

    fn leave_out(&self, guest: &Guest, person: &Person, why: NotPending) -> Result<()> {
        let NotPending::NoMail(word, why) = why else {
            return Ok(());
        };
        if matches!(person.mail, Some(MailState::Due | MailState::Refused)) {
            let of = (self.run, guest.row, person.id);
            self.writer.mail_not_needed(of, word, self.clock.now())?;
        }
        if let Some(told_in) = self.told_in {
            let told = (told_in, guest.row, person.id);
            self.writer.mail_told(told, Some(why), None, None)?;
        }
        Ok(())
    }

    fn tell(
        &self,
        guest: &Guest,
        person: &Person,
        end: &MailEnd<NotPending>,
        totals: &mut MailTotals,
    ) -> Result<()> {
        let (counted, hint, error) = match end {
            MailEnd::HandedOver => (&mut totals.handed_over, None, None),
            MailEnd::Due { why } => (&mut totals.due, Some(STILL_DUE), Some(why)),
            MailEnd::NotLookedUp { why } => (&mut totals.not_looked_up, Some(STILL_DUE), Some(why)),
            MailEnd::Refused { why } => (&mut totals.refused, Some(NOT_TAKEN), Some(why)),
            MailEnd::Unknown { why } => (&mut totals.unknown, Some(LEFT_UNKNOWN), Some(why)),
            MailEnd::NotWanted(why) => {
                totals.not_pending += 1;
                return self.leave_out(guest, person, *why);
            }
            MailEnd::Before(_) | MailEnd::Changed => {
                totals.passed_over += 1;
                return Ok(());
            }
        };
        *counted += 1;
        if let Some(told_in) = self.told_in {
            let code = error.map(|_| CODE);
            self.writer.mail_told(
                (told_in, guest.row, person.id),
                hint,
                code,
                error.map(String::as_str),
            )?;
        }
        if !self.quiet && self.expected > 0 {
            let done = totals.handed_over + totals.due + totals.refused + totals.unknown;
            if done.is_multiple_of(TOLD_EVERY) {
                let (done, all) = (ui::text::number(done), ui::text::number(self.expected));
                ui::tell(format!("mails: {done} of {all}"));
            }
        }
        Ok(())
    }
}

/// The rows that a ledger which may be older than its tenant leaves as they are: their mails may have left.
fn earlier_mails_stay(
    chosen: &HashMap<u64, Option<MailState>>,
    new: &HashSet<u64>,
) -> HashSet<u64> {
    let earlier: HashSet<u64> = chosen
        .keys()
        .copied()
        .filter(|row| !new.contains(row))
        .collect();
    if !earlier.is_empty() {
        let mails = ui::text::plural(earlier.len() as u64, "mail");
        ui::tell(format!(
            "{mails} of earlier runs stay due: this ledger may be older than its tenant, and they may have left"
        ));
    }
    earlier
}

/// Why no further mail is sent, as the reason of the run.
pub(in crate::commands) fn stop_reason(stop: MailStop, reader: &Reader) -> StopReason {
    let mail = |exit, what: String, hint: String| StopReason::OwnMail {
        exit,
        what,
        hints: vec![hint],
    };
    match stop {
        // Whoever raised it has given the reason.
        MailStop::Raised => StopReason::Interrupted,
        MailStop::TakenOver => StopReason::TakenOver {
            by: reader.holder().unwrap_or_default(),
        },
        MailStop::LedgerGone => StopReason::LedgerGone,
        MailStop::Ledger(error) => (&error).into(),
        MailStop::Graph(fault) => StopReason::of(&fault).unwrap_or(StopReason::Refused {
            exit: fault.exit(),
            fault,
        }),
        MailStop::Server(failure) => StopReason::OwnMail {
            exit: failure.exit,
            what: failure.what,
            hints: failure.hints,
        },
        MailStop::DailyCap { cap, room_at } => mail(
            Exit::CapReached,
            format!(
                "the mailbox has sent {} mails in 24 hours, as many as [message] per_day allows",
                ui::text::number(cap)
            ),
            format!("there is room again at {}", room_at.strftime("%F %T UTC")),
        ),
        MailStop::Stuck => StopReason::Unreachable {
            why: "no mail came further for 15 minutes".to_owned(),
        },
        MailStop::NotTaken { in_a_row, why } => mail(
            Exit::TryAgain,
            format!("{in_a_row} mails in a row were not taken, the last one because: {why}"),
            "look for what they have in common: the sender, the words, or the mail server"
                .to_owned(),
        ),
    }
}
