//! The mails of a run, in the order of the sheet, each with the words of its own row.

use super::{
    Names, OwnMail,
    pending::{NotPending, not_pending},
};
use crate::{
    clock::Clock,
    directory::Directory,
    engine::{Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    graph::Graph,
    guest::{EmailAddress, Guest, RowVerdict, Rules, Understanding},
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
) -> Result<MailTotals> {
    let mut totals = MailTotals::default();
    let chosen = mails.chosen(takes)?;
    let Some(not_pending) = mails.not_pending(&chosen).await? else {
        return Ok(totals);
    };
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
        let Some(mail) = chosen.get(&guest.row).map(|(_, person)| person.mail) else {
            continue;
        };
        // It may have been mailed since, under another address.
        let person = mails.reader.person(guest.email.key())?;
        let Some(person) = person.filter(|person| person.mail == mail) else {
            continue;
        };
        let (Some(user_id), Some(link)) = (&person.user_id, &person.redeem_url) else {
            continue;
        };
        if let Some(why) = not_pending.get(&user_id.to_ascii_lowercase()) {
            mails.leave_out(&guest, &person, *why)?;
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
        let end = mailer
            .send(&to, MailKind::Invitation, &mail, mails.asked_before)
            .await;
        match end {
            Ok(end) => mails.tell(&guest, &person, &end, &mut totals)?,
            // Whoever raised the stop has given the reason.
            Err(MailStop::Raised) => break,
            Err(stop) => {
                mails.stop.raise(stop_reason(stop, mails.reader));
                break;
            }
        }
    }
    if let Some(told_in) = mails.told_in {
        mails.writer.mails_left_due(told_in, STILL_DUE)?;
    }
    Ok(totals)
}

/// A mail leaves every two seconds.
const TOLD_EVERY: u64 = 30;

const STILL_DUE: &str =
    "is invited; the mail with the link has not left yet: the same command sends it";

impl MailsOf<'_> {
    /// The people of the sheet who are to be mailed, by row.
    fn chosen(
        &self,
        mut takes: impl FnMut(&Guest, &Person) -> bool,
    ) -> Result<HashMap<u64, (EmailAddress, Person)>> {
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
                chosen.insert(guest.row, (guest.email.clone(), person));
            }
        }
        Ok(chosen)
    }

    /// Who of them is not mailed. Whoever this very run has invited is pending. None: the run is to stop.
    async fn not_pending(
        &self,
        chosen: &HashMap<u64, (EmailAddress, Person)>,
    ) -> Result<Option<HashMap<String, NotPending>>> {
        let new = self.reader.rows_newly_invited(self.run)?;
        let new: HashSet<u64> = new.into_iter().collect();
        let earlier: Vec<(EmailAddress, Person)> = chosen
            .iter()
            .filter(|(row, _)| !new.contains(row))
            .map(|(_, invited)| invited.clone())
            .collect();
        if earlier.is_empty() {
            return Ok(Some(HashMap::new()));
        }
        if self.may_be_older {
            let people = ui::text::plural(earlier.len() as u64, "mail");
            ui::tell(format!(
                "{people} of earlier runs stay due: this ledger may be older than its tenant, and they may have left"
            ));
            let kept = earlier
                .iter()
                .filter_map(|(_, person)| person.user_id.as_ref());
            return Ok(Some(
                kept.map(|id| (id.to_ascii_lowercase(), NotPending::NotSeenYet))
                    .collect(),
            ));
        }
        match not_pending(self.directory, &earlier, self.clock.now()).await {
            Ok(Some(told)) => Ok(Some(told)),
            Ok(None) => {
                let people = ui::text::plural_of(earlier.len() as u64, "person was", "people were");
                ui::tell(format!(
                    "{people} invited by an earlier run, and this sign-in may not read whether they are still pending: they are mailed all the same"
                ));
                Ok(Some(HashMap::new()))
            }
            Err(_) if self.stop.is_raised() => Ok(None),
            Err(fault) => Err(Failure::from(fault).hint(
                "before a mail that was due is sent, the guest is looked up: no mail was sent",
            )),
        }
    }

    fn leave_out(&self, guest: &Guest, person: &Person, why: NotPending) -> Result<()> {
        let NotPending::NoMail(why) = why else {
            return Ok(());
        };
        if matches!(person.mail, Some(MailState::Due | MailState::Refused)) {
            self.writer.mail_not_needed(person.id)?;
            if let Some(told_in) = self.told_in {
                let told = (told_in, guest.row, person.id);
                self.writer.mail_told(told, Some(why), None, None)?;
            }
        }
        Ok(())
    }

    fn tell(
        &self,
        guest: &Guest,
        person: &Person,
        end: &MailEnd,
        totals: &mut MailTotals,
    ) -> Result<()> {
        let (counted, hint, error) = match end {
            MailEnd::HandedOver => (&mut totals.handed_over, None, None),
            MailEnd::Due { why } => (&mut totals.due, Some(STILL_DUE), Some(why)),
            MailEnd::Refused { why } => (
                &mut totals.refused,
                Some(
                    "is invited; the mail with the link was refused: correct what `error` says, then `guestlist mail` with --retry-refused sends it",
                ),
                Some(why),
            ),
            MailEnd::Unknown { why } => (
                &mut totals.unknown,
                Some(
                    "is invited; nobody can tell whether the mail with the link left: `guestlist mail` with --include-unknown sends it again",
                ),
                Some(why),
            ),
            MailEnd::Before(_) | MailEnd::Changed => {
                totals.passed_over += 1;
                return Ok(());
            }
        };
        *counted += 1;
        if let Some(told_in) = self.told_in {
            let code = error.map(|_| "mail");
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
        MailStop::NotTaken { in_a_row, why } => mail(
            Exit::TryAgain,
            format!("{in_a_row} mails in a row were not taken, the last one because: {why}"),
            "look for what they have in common: the sender, the words, or the mail server"
                .to_owned(),
        ),
    }
}
