//! The question before a real run: collects what it shows, and ends the run unless a person agrees.

use super::{
    super::{
        connect::Connection,
        own_mail::{Names, OwnMail},
        settings_file::Particulars,
    },
    execute::{self, Rehearsed},
    follow_up_counts::FollowUpCounts,
    forecast,
    prepared::Prepared,
    ready::{self, Ready},
    stop_message::{self, Stopped},
    survey::Survey,
};
use crate::{
    engine::{Existing, RunTotals, Stop},
    failure::{Failure, Result},
    guest::{Guest, RowVerdict, Understanding},
    message::Delivery,
    outcome::Outcome,
    sheet::{Refused, Row},
    ui,
    ui::{Answer, FirstMail, MailPlan, Question, RunErrorShown, TenantShown, Words, text},
};
use std::{cmp::Reverse, collections::BTreeMap, path::Path};

/// Rehearses the run, shows what would happen, and returns only when a person agrees.
pub(super) async fn ask(prepared: &Prepared<'_>, ready: &Ready) -> Result<()> {
    let rehearsed = execute::rehearse(prepared, ready).await?;
    if let Some(reason) = rehearsed.end.stopped_by {
        return Err(stop_message::stopped(&Stopped {
            reason: &reason,
            tenant: &ready.connection.tenant.id,
            asked_today: 0,
            left: 0,
            now: prepared.clock.now(),
        }));
    }
    let afterwards = afterwards(prepared, &rehearsed.changed)?;
    if afterwards.is_none() && sends_nothing(prepared, &rehearsed) {
        ready::announce_unasked(prepared);
        return Ok(());
    }
    let mails = Mails::of(prepared, &ready.connection, &rehearsed.mailed)?;
    let about = About {
        typed: prepared.typed,
        survey: &prepared.survey,
        afterwards,
        rehearsed: &rehearsed.end.tally,
        newly_mailed: rehearsed.newly_mailed,
        connection: &ready.connection,
        own_mail: prepared.own_mail.as_ref(),
        mails,
        particulars: Particulars::of(prepared.settings),
        problems: rehearsed.problems,
        warnings: &[ready.warnings.as_slice(), rehearsed.end.notes.as_slice()].concat(),
        takes: forecast::forecast(prepared, &rehearsed.end.tally)?.map(|forecast| forecast.words),
    };
    about.ask(&prepared.stop).await
}

/// Whether nothing is sent beside changes of guests: nobody is left to invite, no unknown row is to be settled, and no link
/// or mail is due.
fn sends_nothing(prepared: &Prepared<'_>, rehearsed: &Rehearsed) -> bool {
    let tally = &rehearsed.end.tally;
    let relinks = prepared.settings.invite.existing.value == Existing::Relink;
    tally.of(Outcome::WouldInvite) == 0
        && tally.of(Outcome::Unknown) == 0
        && rehearsed.mailed.is_empty()
        && !(relinks && tally.of(Outcome::ExistsPending) > 0)
}

/// What the guests of these rows get that an invitation cannot carry, and how many of them.
fn afterwards(prepared: &Prepared<'_>, rows: &[u64]) -> Result<Option<String>> {
    if prepared.asked_afterwards().is_none() {
        return Ok(None);
    }
    let mut counts = FollowUpCounts::default();
    let mut understanding = Understanding::new(&prepared.sheet, &prepared.rules);
    for row in prepared.sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let understood = understanding.understand(&row);
        if let RowVerdict::Guest(guest) = understood.verdict
            && rows.binary_search(&row.number).is_ok()
        {
            counts.add(&guest);
        }
    }
    Ok(counts.told(prepared.sheet.header(), "guest"))
}

/// The mails that would go out.
struct Mails {
    count: u64,
    first: Option<FirstMail>,
    languages: Vec<(String, u64)>,
}

impl Mails {
    /// `rows` are those that would be mailed. Who that is stands on the sheet.
    fn of(prepared: &Prepared<'_>, connection: &Connection, rows: &[u64]) -> Result<Self> {
        let mut mails = Self {
            count: rows.len() as u64,
            first: None,
            languages: Vec::new(),
        };
        let mut languages: BTreeMap<String, u64> = BTreeMap::new();
        let mut understanding = Understanding::new(&prepared.sheet, &prepared.rules);
        for row in prepared.sheet.rows()?.take_while(|_| !rows.is_empty()) {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
                continue;
            };
            if rows.binary_search(&row.number).is_err() {
                continue;
            }
            if let Some(language) = &guest.language {
                *languages.entry(language.clone()).or_default() += 1;
            }
            if mails.first.is_none() {
                mails.first = Some(first_mail(prepared, connection, &row, &guest));
            }
        }
        mails.languages.extend(languages);
        mails.languages.sort_by_key(|(_, mails)| Reverse(*mails));
        Ok(mails)
    }
}

fn first_mail(
    prepared: &Prepared<'_>,
    connection: &Connection,
    row: &Row,
    guest: &Guest,
) -> FirstMail {
    let of_template = || {
        let names = Names::of_microsoft(connection);
        let words = prepared.words.as_ref()?;
        words.of_row(&prepared.sheet, row, guest, &names).ok()
    };
    let words = if prepared.own_mail.is_some() {
        Words::OfOurs {
            sheet: prepared.typed.display().to_string(),
        }
    } else if Delivery::of(&connection.identity) == Delivery::Dropped {
        Words::OfMicrosoft
    } else {
        of_template()
            .or_else(|| guest.message.clone())
            .map_or(Words::OfMicrosoft, Words::These)
    };
    FirstMail {
        to: guest.email.as_str().to_owned(),
        cc: guest.cc.as_ref().map(|cc| cc.as_str().to_owned()),
        words,
    }
}

/// What the question is about.
struct About<'a> {
    typed: &'a Path,
    survey: &'a Survey,
    afterwards: Option<String>,
    rehearsed: &'a RunTotals,
    connection: &'a Connection,
    newly_mailed: u64,
    own_mail: Option<&'a OwnMail>,
    mails: Mails,
    particulars: Particulars,
    problems: Vec<RunErrorShown>,
    warnings: &'a [String],
    takes: Option<String>,
}

impl About<'_> {
    async fn ask(self, stop: &Stop) -> Result<()> {
        let question = self.question();
        let answering = tokio::task::spawn_blocking(move || {
            // Stderr is not locked meanwhile, so that Ctrl-C can print its message.
            question.ask(&mut std::io::stdin().lock(), &mut ui::Messages)
        });
        let answer = tokio::select! {
            biased;
            () = stop.raised() => return Err(stop_message::before_anything_was_sent(stop)),
            answer = answering => answer.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?,
        };
        match answer {
            Answer::Yes => Ok(()),
            Answer::No(why) => Err(Failure::usage(why)),
        }
    }

    fn question(&self) -> Question {
        let (tally, survey, connection) = (self.rehearsed, self.survey, self.connection);
        let new = tally.of(Outcome::WouldInvite);
        let here = [
            Outcome::Invited,
            Outcome::ExistsPending,
            Outcome::ExistsAccepted,
            Outcome::ExistsMember,
            Outcome::ExistsDisabled,
        ];
        let counted = |outcome: Outcome| (outcome, tally.of(outcome));
        let reasons = [
            (Outcome::Invalid, "invalid on the sheet"),
            (Outcome::Duplicate, "duplicates on the sheet"),
            (
                Outcome::Refused,
                "refused by Microsoft, or by a policy of the tenant",
            ),
            (
                Outcome::ExistsDeleted,
                "deleted in the tenant not long ago: restore or purge first",
            ),
            (Outcome::Gone, "invited once and gone from the directory"),
            (Outcome::Failed, "could not be looked up"),
        ];
        let mut not_invited: Vec<(String, u64)> = reasons
            .into_iter()
            .map(|(outcome, why)| (why.to_owned(), tally.of(outcome)))
            .collect();
        not_invited.push(("not selected by --only".to_owned(), tally.not_selected));
        not_invited.retain(|(_, rows)| *rows > 0);
        let mut domains: Vec<String> = connection.domain.iter().cloned().collect();
        domains.extend(
            connection
                .domains
                .own()
                .iter()
                .filter(|own| Some(*own) != connection.domain.as_ref())
                .cloned(),
        );
        Question {
            tenant: TenantShown {
                id: connection.tenant.id.clone(),
                name: connection.tenant.name.clone(),
                domains,
            },
            identity: connection.signed_in_as(),
            sheet: self.typed.display().to_string(),
            rows: survey.rows,
            addresses: survey.addresses.told(text::number),
            settings_file: self.particulars.file.clone(),
            hosts: self.particulars.hosts.clone(),
            landing: self.particulars.landing.clone(),
            members: self.particulars.members.clone(),
            new,
            here: here
                .into_iter()
                .map(counted)
                .filter(|(_, rows)| *rows > 0)
                .collect(),
            not_invited,
            unanswered: tally.of(Outcome::Unknown),
            mail: MailPlan {
                mailed: self.mails.count,
                silent: new.saturating_sub(self.newly_mailed),
                by: self.own_mail.map_or_else(
                    || "Microsoft, in the name of the tenant".to_owned(),
                    OwnMail::by,
                ),
                languages: self.mails.languages.clone(),
            },
            afterwards: self.afterwards.clone(),
            unused_columns: survey
                .unused_columns
                .iter()
                .map(|column| (column.name.clone(), column.addresses))
                .collect(),
            first_mail: self.mails.first.clone(),
            problems: self.problems.clone(),
            warnings: self.warnings.to_vec(),
            takes: self.takes.clone(),
        }
    }
}
