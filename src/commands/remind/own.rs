//! Reminders in our own words: each rendered from its own row, and sent by the mailer, which sends none twice.
//!
//! Must not mail anybody who is not pending when it is their turn.

use crate::{
    clock::Clock,
    commands::{
        connect::Connection,
        own_mail::{Names, OwnMail, stop_reason},
    },
    directory::Directory,
    engine::{
        GuestToRemind, LastLook, ReminderLimits, ReminderOutcome, ReminderReport, ReminderTotals,
        Stop, StopReason, StopRules, last_look,
    },
    exit::Exit,
    failure::{Failure, Result},
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::{AskedBefore, Ledger, MailKind, Reader, RunStart},
    message::{Addressee, Mail, MailEnd, MailStop, Mailer, Sender},
    sheet::{Refused, Row, Sheet},
};
use secrecy::ExposeSecret;
use std::collections::HashMap;
use tokio::sync::watch;

/// Everything that reminding in our own words needs.
pub(super) struct OwnReminders<'a> {
    pub own: &'a OwnMail,
    pub start: RunStart,
    pub ledger: &'a Ledger,
    pub generation: i64,
    pub guests: Vec<GuestToRemind>,
    pub limits: ReminderLimits,
    pub sheet: &'a Sheet,
    pub rules: &'a Rules,
    pub connection: &'a Connection,
    pub clock: &'a Clock,
    pub stop: &'a Stop,
    pub tally: watch::Sender<ReminderTotals>,
}

impl OwnReminders<'_> {
    /// In the order of the sheet, until all are through or the verb is to stop.
    pub(super) async fn send(self) -> Result<ReminderReport> {
        let reader = self.ledger.reader()?;
        let writer = self.ledger.writer(Some(self.generation))?;
        writer.start_run(&self.start)?;
        let places: HashMap<u64, usize> = self
            .guests
            .iter()
            .enumerate()
            .filter_map(|(place, guest)| Some((guest.row?, place)))
            .collect();
        let mut outcomes = vec![ReminderOutcome::NotAttempted; self.guests.len()];
        let mut mailer = self.own.mailer(
            &self.connection.graph,
            (&writer, &reader),
            &self.start.id,
            self.clock,
            self.stop.signal().clone(),
        )?;
        let mut turn = Turn {
            job: &self,
            directory: Directory::new(
                self.connection.graph.clone(),
                self.connection.domains.clone(),
            ),
            names: Names::of(self.connection, self.own),
            reader: &reader,
            left: self.limits.caps.in_this_run,
            stop_rules: StopRules::new(self.limits.max_failures),
        };
        let mut understanding = Understanding::new(self.sheet, self.rules);
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
                continue;
            };
            let Some(place) = places.get(&guest.row).copied() else {
                continue;
            };
            if self.stop.is_raised() {
                break;
            }
            let guest_turn = turn.take(&row, &guest, &self.guests[place], &mut mailer);
            if let Some(outcome) = Box::pin(guest_turn).await? {
                outcome.log(&self.guests[place]);
                self.tally.send_modify(|totals| totals.count(&outcome));
                outcomes[place] = outcome;
            }
        }
        drop(mailer);
        Ok(ReminderReport {
            outcomes,
            stopped_by: self.stop.reason(),
            somebody_else: None,
            writer,
        })
    }
}

/// What the turn of each guest needs.
struct Turn<'a> {
    job: &'a OwnReminders<'a>,
    directory: Directory,
    names: Names,
    reader: &'a Reader,
    /// How many may still be sent in this run.
    left: Option<u64>,
    stop_rules: StopRules,
}

impl Turn<'_> {
    /// None: the verb is to stop, and it is not known that anything left.
    async fn take(
        &mut self,
        row: &Row,
        guest: &Guest,
        due: &GuestToRemind,
        mailer: &mut Mailer<'_>,
    ) -> Result<Option<ReminderOutcome>> {
        let OwnReminders {
            own, limits, stop, ..
        } = self.job;
        if self.left == Some(0) {
            let cap = limits.caps.in_this_run.unwrap_or_default();
            stop.raise(StopReason::MaxInvites { cap });
            return Ok(None);
        }
        let history = self.reader.mail_history(&due.user_id)?;
        if due.is_not_due(&history, limits, self.job.clock.now()) {
            return Ok(Some(ReminderOutcome::MailedMeanwhile));
        }
        let person = self.reader.person_by_id(due.person)?.filter(|person| {
            let user_id = person.user_id.as_ref();
            user_id.is_some_and(|id| id.eq_ignore_ascii_case(&due.user_id))
        });
        let Some((decided_on, link)) =
            person.and_then(|person| Some((person.newest_event, person.redeem_url?)))
        else {
            return Ok(Some(ReminderOutcome::MailNotSent(
                "the link is gone".to_owned(),
            )));
        };
        let words = own
            .render(
                self.job.sheet,
                row,
                guest,
                link.expose_secret(),
                &self.names,
            )
            .map_err(|why| {
                Failure::new(Exit::SheetRefused, format!("row {}: {why}", guest.row)).hint(why.fix)
            })?;
        let mail = Mail {
            from: own.from.clone(),
            reply_to: own.reply_to.clone(),
            to: Sender {
                name: guest.display_name.clone(),
                address: due.email.clone(),
            },
            cc: None,
            words,
        };
        let to = Addressee {
            person: due.person,
            user_id: due.user_id.clone(),
            row: due.row,
            decided_on,
        };
        let number = u32::try_from(history.reminders + 1).unwrap_or(u32::MAX);
        // A refusal keeps the next one off for as long as a mail would; then it is tried again.
        let asked_before = AskedBefore {
            unknown_too: false,
            refused_too: true,
        };
        let kind = MailKind::Reminder(number);
        let directory = &self.directory;
        let turn = mailer
            .send(&to, kind, &mail, asked_before, async || {
                let seen = last_look(directory, &due.user_id, &due.email).await?;
                Ok(match seen {
                    LastLook::Pending { .. } => None,
                    LastLook::State(state) => Some(ReminderOutcome::State(state)),
                    LastLook::AddressOfAnother | LastLook::AddressOfNobody => {
                        Some(ReminderOutcome::AddressMoved)
                    }
                })
            })
            .await;
        let outcome = turn.end.map(|end| self.outcome(end));
        match turn.stop {
            // Whoever raised the stop has given the reason.
            None | Some(MailStop::Raised) => {}
            Some(stopped) => stop.raise(stop_reason(stopped, self.reader)),
        }
        Ok(outcome)
    }

    /// What became of a mail; too many that go wrong end the verb.
    fn outcome(&mut self, end: MailEnd<ReminderOutcome>) -> ReminderOutcome {
        let well = match &end {
            MailEnd::HandedOver => Some(true),
            MailEnd::Due { .. } | MailEnd::Refused { .. } | MailEnd::Unknown { .. } => Some(false),
            _ => None,
        };
        if let Some(reason) = well.and_then(|well| self.stop_rules.ended(well)) {
            self.job.stop.raise(reason);
        }
        if matches!(end, MailEnd::HandedOver | MailEnd::Unknown { .. }) {
            self.left = self.left.map(|left| left.saturating_sub(1));
        }
        match end {
            MailEnd::HandedOver => ReminderOutcome::Reminded,
            MailEnd::Unknown { .. } => ReminderOutcome::Unknown,
            MailEnd::Due { why } | MailEnd::Refused { why } => ReminderOutcome::MailNotSent(why),
            MailEnd::NotWanted(outcome) => outcome,
            MailEnd::NotLookedUp { why } => ReminderOutcome::NotLookedUp(why),
            MailEnd::Before(_) | MailEnd::Changed => ReminderOutcome::MailedMeanwhile,
        }
    }
}
