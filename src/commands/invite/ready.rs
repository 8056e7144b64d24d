//! What a run has to know of its tenant before anything is sent: who is signed in and where, what the tenant allows, and
//! who the sponsors, managers and groups are. The ledger is bound to the tenant and locked for this run.
//!
//! Sends no invitation and changes nothing in the tenant.

use super::{
    super::{
        asked_before::Resumed,
        check::columns::object_ids,
        connect::{Connection, connect, unreached},
        own_mail::{Names, OwnMail, word_warnings},
        settings_file::Particulars,
    },
    ledger,
    prepared::Prepared,
    refusals,
    stop_message::unless_stopped,
    waits, warnings,
};
use crate::{
    directory::{Directory, InvitationPolicy, NamedObjects},
    failure::Result,
    ledger::{RunLock, SilentFirst},
    settings::Env,
    ui,
};
use std::sync::Arc;

pub(super) struct Ready {
    pub connection: Connection,
    pub directory: Directory,
    pub named: Arc<NamedObjects>,
    /// None in a dry run.
    pub lock: Option<RunLock>,
    pub silent_first: Option<SilentFirst>,
    /// What a person should know before and after the run.
    pub warnings: Vec<String>,
}

impl Ready {
    pub(super) async fn new(prepared: &Prepared<'_>, env: &Env<'_>) -> Result<Self> {
        let Prepared {
            settings,
            survey,
            ledger,
            pace,
            clock,
            stop,
            ..
        } = prepared;
        let connecting = connect(settings, env, pace, clock, prepared.practice.as_ref());
        let connection = unless_stopped(stop, connecting)
            .await
            .inspect_err(|_| waits::keep(ledger, pace, clock))?;
        let own_people = refusals::own_people(settings, survey, &connection)?;
        let policy = async { Ok(InvitationPolicy::read(&connection.graph).await) };
        let policy = unless_stopped(stop, policy).await?;
        refusals::invitations_are_off(&policy, &connection)?;
        let mut warnings = match &prepared.own_mail {
            Some(own) => {
                unless_stopped(stop, own.probe(&connection)).await?;
                words(prepared, own)?
            }
            None => refusals::words_will_arrive(settings, prepared.worded(), &connection)?,
        };
        warnings.extend(warnings::languages_without_template(prepared));
        warnings.extend(warnings::external_tenant(prepared, &connection));
        warnings.extend(own_people);
        warnings.extend(survey.in_doubt.iter().cloned());
        warnings.extend(warnings::nobody_selected(prepared));
        warnings.extend(warnings::landing_hosts(survey, settings));
        warnings.extend(object_ids(&prepared.sheet));

        let lock = prepared.lock()?;
        ledger.bind(&connection.tenant, clock.now())?;
        warnings.extend(
            lock.iter()
                .filter_map(|lock| lock.note().map(str::to_owned)),
        );
        let silent_first = silent_first(prepared)?;
        warnings
            .extend(silent_first.and_then(|silent| warnings::silent_first(silent, clock.now())));
        announce(prepared, &connection);
        warnings.extend(told_now(prepared, changes(prepared, &connection)?));

        let domains = connection.domains.clone().with_rules(policy.domains);
        let directory = Directory::new(connection.graph.clone(), domains);
        let named = async { Ok(NamedObjects::resolve(&directory, survey.wanted.clone()).await?) };
        let named = Arc::new(unless_stopped(stop, named).await?);
        warnings.extend(warnings::cannot_be_read(&named, &survey.wanted));
        warnings.extend(warnings::default_sponsor(&named, &survey.wanted, settings));
        warnings.extend(warnings::doubtful_sponsors(&named.sponsors));
        warnings.extend(warnings::missing_permissions(
            &survey.follow_ups,
            &connection.identity,
        ));
        Ok(Self {
            connection,
            directory,
            named,
            lock,
            silent_first,
            warnings,
        })
    }

    /// For a run whose time was over before the tenant was reached: nothing can be sent through this connection.
    pub(super) fn unreached(prepared: &Prepared<'_>) -> Result<Self> {
        let Prepared {
            settings,
            ledger,
            pace,
            clock,
            ..
        } = prepared;
        let lock = prepared.lock()?;
        let connection = unreached(settings, pace, clock, ledger.tenant()?)?;
        Ok(Self {
            directory: Directory::new(connection.graph.clone(), connection.domains.clone()),
            connection,
            named: Arc::default(),
            lock,
            silent_first: None,
            warnings: Vec::new(),
        })
    }
}

/// What is to be said of the words of our own mails before the first one leaves: in the question, or now where nobody is
/// asked.
fn words(prepared: &Prepared<'_>, own: &OwnMail) -> Result<Vec<String>> {
    let reader = prepared.ledger.reader()?;
    let told = word_warnings(own, &prepared.sheet, &prepared.rules, &reader, |guest| {
        prepared.is_mailed(guest)
    })?;
    Ok(told_now(prepared, told))
}

/// What earlier runs asked with otherwise than this one would, for the rows that are not through.
fn changes(prepared: &Prepared<'_>, connection: &Connection) -> Result<Vec<String>> {
    let reader = prepared.ledger.reader()?;
    let names = match &prepared.own_mail {
        Some(own) => Names::of(connection, own),
        None => Names::of_microsoft(connection),
    };
    let resumed = Resumed {
        sheet: &prepared.sheet,
        rules: &prepared.rules,
        reader: &reader,
        words: &prepared.words_from(),
        names: &names,
        redirect_url: &prepared.options.redirect_url,
    };
    resumed.changes(|guest| prepared.is_mailed(guest))
}

/// Gives warnings back for the question; where nobody is asked, they are told now.
fn told_now(prepared: &Prepared<'_>, told: Vec<String>) -> Vec<String> {
    if prepared.is_asked() {
        return told;
    }
    if !prepared.output.quiet {
        for warning in told {
            ui::tell(ui::text::wrap(&format!("warning: {warning}"), 0, 2));
        }
    }
    Vec::new()
}

/// Until when people who are not found are invited silently first, because this ledger may not know every earlier run.
fn silent_first(prepared: &Prepared<'_>) -> Result<Option<SilentFirst>> {
    let Prepared {
        typed,
        settings,
        targets,
        ledger,
        clock,
        ..
    } = prepared;
    if prepared.options.dry_run || settings.invite.sandbox.value {
        return Ok(None);
    }
    let results =
        ledger::results_beside(typed, targets).chain(ledger::results_of_runs(ledger, Some(typed))?);
    let unknown = ledger::unknown_runs(ledger, results)?;
    Ok(ledger.silent_first(unknown, clock.now())?)
}

/// The lines about settings, tenant and sign-in that every run begins with. The question says more of them.
fn announce(prepared: &Prepared<'_>, connection: &Connection) {
    if !prepared.output.quiet {
        if !prepared.is_asked() {
            for line in Particulars::of(prepared.settings).lines(false) {
                ui::tell(ui::text::wrap(&line, 0, 2));
            }
        }
        let tenant = &connection.tenant;
        let name = tenant.name.as_deref().unwrap_or(&tenant.id);
        let domain = connection
            .domain
            .as_deref()
            .map(|domain| format!(", {domain}"))
            .unwrap_or_default();
        ui::tell(format!("tenant {name}{domain}"));
        ui::tell(format!("signed in as {}", connection.signed_in_as()));
        if !prepared.is_asked() {
            announce_columns(prepared);
        }
        if !connection.organization_read {
            ui::tell(
                "the tenant's own domains are not known, because this sign-in may not read them",
            );
        }
    }
    if prepared.ledger.access().group_writes {
        ui::tell(format!(
            "the group of {0} can write to it: `chmod 600 {0}` keeps the ledger private",
            prepared.settings.invite.ledger.value.display()
        ));
    }
}

/// What the sheet asks for beside the invitation, and the columns that are used for nothing.
fn announce_columns(prepared: &Prepared<'_>) {
    let columns = [
        ("set after the invitation", prepared.asked_afterwards()),
        ("not used", prepared.told_not_used()),
    ];
    for (what, told) in columns {
        if let Some(told) = told {
            ui::tell(ui::text::wrap(&format!("{what}: {told}"), 0, 2));
        }
    }
}

/// The same lines for a run that asks nothing after all, because nobody is left to ask about.
pub(super) fn announce_unasked(prepared: &Prepared<'_>) {
    if prepared.output.quiet {
        return;
    }
    for line in Particulars::of(prepared.settings).lines(false) {
        ui::tell(ui::text::wrap(&line, 0, 2));
    }
    announce_columns(prepared);
}
