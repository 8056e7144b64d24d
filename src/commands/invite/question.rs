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
    ready::Ready,
    stop_message::{self, Stopped},
    survey::Survey,
};
use crate::{
    engine::{Existing, RunTotals, Stop},
    failure::{Failure, Result},
    guest::{RowVerdict, Understanding},
    message::Delivery,
    outcome::Outcome,
    sheet::Refused,
    ui,
    ui::{Answer, FirstMail, MailPlan, Question, TenantShown, text},
};
use std::path::Path;

/// Rehearses the run, shows what would happen, and returns only when a person agrees.
pub(super) async fn ask(prepared: &Prepared<'_>, ready: &Ready) -> Result<()> {
    let Rehearsed {
        end: rehearsed,
        changed,
    } = execute::rehearse(prepared, ready).await?;
    if let Some(reason) = rehearsed.stopped_by {
        return Err(stop_message::stopped(&Stopped {
            reason: &reason,
            tenant: &ready.connection.tenant.id,
            asked_today: 0,
            left: 0,
            now: prepared.clock.now(),
        }));
    }
    if sends_nothing(prepared, &rehearsed.tally) {
        return Ok(());
    }
    let about = About {
        typed: prepared.typed,
        survey: &prepared.survey,
        afterwards: afterwards(prepared, &changed)?,
        rehearsed: &rehearsed.tally,
        connection: &ready.connection,
        own_mail: prepared.own_mail.as_ref(),
        first_words: first_words(prepared, &ready.connection)?,
        particulars: Particulars::of(prepared.settings),
        warnings: &[ready.warnings.as_slice(), rehearsed.notes.as_slice()].concat(),
        takes: forecast::forecast(prepared, &rehearsed.tally)?.map(|forecast| forecast.words),
    };
    about.ask(&prepared.stop).await
}

/// Whether the run only reads: nobody is left to invite, no unknown row is to be settled, and no link or mail is due.
fn sends_nothing(prepared: &Prepared<'_>, rehearsed: &RunTotals) -> bool {
    rehearsed.of(Outcome::WouldInvite) == 0
        && rehearsed.of(Outcome::Unknown) == 0
        && prepared.own_mail.is_none()
        && prepared.settings.invite.existing.value != Existing::Relink
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

fn first_words(prepared: &Prepared<'_>, connection: &Connection) -> Result<Option<String>> {
    let (Some(words), Some(first)) = (&prepared.words, &prepared.survey.first_mailed) else {
        return Ok(None);
    };
    let names = Names::of_microsoft(connection);
    for row in prepared.sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        if row.number == first.row {
            return Ok(words.of_row(&prepared.sheet, &row, first, &names).ok());
        }
    }
    Ok(None)
}

/// What the question is about.
struct About<'a> {
    typed: &'a Path,
    survey: &'a Survey,
    afterwards: Option<String>,
    rehearsed: &'a RunTotals,
    connection: &'a Connection,
    own_mail: Option<&'a OwnMail>,
    /// Those of a template, in the first mail of Microsoft's.
    first_words: Option<String>,
    particulars: Particulars,
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
            Outcome::ExistsDeleted,
        ];
        let counted = |outcome: Outcome| (outcome, tally.of(outcome));
        let reasons = [
            (Outcome::Invalid, "invalid on the sheet"),
            (Outcome::Duplicate, "duplicates on the sheet"),
            (Outcome::Refused, "refused"),
            (Outcome::Gone, "invited once and gone from the directory"),
            (Outcome::Failed, "could not be looked up"),
        ];
        let mut not_invited: Vec<(String, u64)> = reasons
            .into_iter()
            .map(|(outcome, why)| (why.to_owned(), tally.of(outcome)))
            .collect();
        not_invited.push(("not selected by --only".to_owned(), tally.not_selected));
        not_invited.retain(|(_, rows)| *rows > 0);
        let mailed = tally.would_mail;
        let mut languages: Vec<(String, u64)> = survey
            .languages
            .iter()
            .map(|(name, rows)| (name.clone(), *rows))
            .collect();
        languages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
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
            mail: MailPlan {
                mailed,
                silent: new.saturating_sub(mailed),
                by: self.own_mail.map_or_else(
                    || "Microsoft, in the name of the tenant".to_owned(),
                    OwnMail::by,
                ),
                languages,
            },
            afterwards: self.afterwards.clone(),
            unused_columns: survey
                .unused_columns
                .iter()
                .map(|column| (column.name.clone(), column.addresses))
                .collect(),
            first_mail: survey
                .first_mailed
                .as_ref()
                .filter(|_| mailed > 0)
                .map(|guest| FirstMail {
                    to: guest.email.as_str().to_owned(),
                    cc: guest.cc.as_ref().map(|cc| cc.as_str().to_owned()),
                    words: self
                        .first_words
                        .clone()
                        .or_else(|| guest.message.clone())
                        .filter(|_| Delivery::of(&connection.identity) != Delivery::Dropped),
                }),
            warnings: self.warnings.to_vec(),
            takes: self.takes.clone(),
        }
    }
}
