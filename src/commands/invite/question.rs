//! The question before a real run: gathers what it shows, and heeds the answer.

use super::{
    super::{connect::Connection, settings_file::Particulars},
    survey::Survey,
};
use crate::{
    engine::{RunTotals, Stop},
    failure::{Failure, Result},
    graph::{Identity, IdentityKind},
    message::Delivery,
    outcome::Outcome,
    settings::Settings,
    ui,
    ui::{Answer, FirstMail, MailPlan, Question, TenantShown, text},
};
use std::path::Path;

pub(super) fn is_asked(settings: &Settings, dry_run: bool) -> bool {
    !dry_run && !settings.invite.yes.value && !settings.invite.sandbox.value
}

/// What the question is about.
pub(super) struct About<'a> {
    pub typed: &'a Path,
    pub survey: &'a Survey,
    /// What a rehearsal found.
    pub rehearsed: &'a RunTotals,
    pub connection: &'a Connection,
    pub particulars: Particulars,
    pub warnings: &'a [String],
}

pub(super) async fn ask(about: About<'_>, stop: &Stop) -> Result<()> {
    let question = about.question();
    let answering = tokio::task::spawn_blocking(move || {
        // Stderr is not locked while the answer is awaited: Ctrl-C has to be able to say something.
        question.ask(&mut std::io::stdin().lock(), &mut ui::Messages)
    });
    let answer = tokio::select! {
        biased;
        () = stop.raised() => return Err(super::stop_message::before_anything_was_sent(stop)),
        answer = answering => answer.map_err(anyhow::Error::from)?.map_err(anyhow::Error::from)?,
    };
    match answer {
        Answer::Yes => Ok(()),
        Answer::No(why) => Err(Failure::usage(why)),
    }
}

impl About<'_> {
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
            identity: identity(&connection.identity, connection.method),
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
                by: "Microsoft, in the name of the tenant".to_owned(),
                languages,
            },
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
                    words: guest
                        .message
                        .clone()
                        .filter(|_| Delivery::of(&connection.identity) != Delivery::Dropped),
                }),
            warnings: self.warnings.to_vec(),
            takes: None,
        }
    }
}

pub(super) fn identity(identity: &Identity, method: &str) -> String {
    let name = identity
        .name
        .as_deref()
        .or(identity.app_id.as_deref())
        .unwrap_or("somebody whom the token does not name");
    match identity.kind {
        IdentityKind::AppOnly => format!("the app {name} ({method})"),
        IdentityKind::Delegated => format!("{name} ({method})"),
        IdentityKind::Unknown => {
            format!("{name} ({method}; the token does not say whether user or app)")
        }
    }
}

/// Which tenant, and who asks, for every run.
pub(super) fn announce(connection: &Connection) {
    let domain = connection
        .domain
        .as_deref()
        .map(|domain| format!(", {domain}"))
        .unwrap_or_default();
    let tenant = connection
        .tenant
        .name
        .as_deref()
        .unwrap_or(&connection.tenant.id);
    ui::tell(format!("tenant {tenant}{domain}"));
    ui::tell(format!(
        "signed in as {}",
        identity(&connection.identity, connection.method)
    ));
    if !connection.organization_read {
        ui::tell("the tenant's own domains cannot be told: the sign-in may not read them");
    }
}
