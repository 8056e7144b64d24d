//! `guestlist doctor [SHEET]`: can this machine, credential and tenant do the job?
//!
//! Changes nothing. After a failed check the other checks are made all the same; `examine` shows their order.

// In the order of the checks. A blank line stands between the modules, so that formatting keeps their order.

mod machine; // settings, proxy, clock, ledger

pub(super) mod needs; // which permissions, and what for

mod tenant; // sign-in, tenant, permissions, policy

mod mail; // who mails the guests, and whether that works

mod sheet; // what the sheet asks for

mod named; // whom and what the sheet names in the tenant

mod common; // what several checks say or need

mod ask_admin; // a mail to an administrator

use super::{
    connect, invite,
    own_mail::OwnMail,
    practice::practice,
    reading_choices, settings_file,
    sheet_options::{WantedSheet, rules},
};
use crate::{
    cli,
    clock::Clock,
    exit::Exit,
    failure::Result,
    pace::{Pace, PaceOptions},
    settings::{Env, Settings},
    ui::{self, Check, Checkup},
};
use common::LookedAt;
use invite::survey::Survey;
use needs::{Needs, SheetIsFor};
use std::path::Path;

pub(crate) fn run(cli: &cli::Cli, typed: &cli::Doctor, env: &Env<'_>) -> Result<Exit> {
    let settings = settings_file::settings(cli, env);
    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
    let doctor = Doctor {
        sheet: typed.sheet.as_deref(),
        env,
        clock: Clock::system(),
        pace: Pace::new(&PaceOptions::default()),
    };
    let mut out = ui::Out::stdout();
    let exit = if typed.ask_admin {
        let mail = runtime.block_on(doctor.ask_admin(&settings?))?;
        out.line(mail.trim_end())?;
        Exit::Done
    } else {
        let checkup = Checkup::new(runtime.block_on(doctor.examine(settings)));
        if typed.json {
            out.json(&checkup)?;
        } else {
            out.line(checkup.text())?;
        }
        checkup.exit
    };
    out.finish()?;
    runtime.shutdown_background();
    Ok(exit)
}

struct Doctor<'a> {
    sheet: Option<&'a Path>,
    env: &'a Env<'a>,
    clock: Clock,
    pace: Pace,
}

/// A sheet is read once for all checks, and once more for the words of mails of our own.
fn look_at(typed: &Path, settings: &Settings) -> Result<LookedAt> {
    let chosen = reading_choices::of_sheet(settings, typed);
    reading_choices::tell(chosen.told.as_ref());
    let sheet = WantedSheet::new(typed, chosen.options, settings).open()?;
    let rules = rules(settings);
    let survey = Survey::of(
        &sheet,
        &rules,
        &crate::engine::Selection::default(),
        settings.invite.send.value,
    )?;
    Ok(LookedAt {
        sheet,
        rules,
        survey,
    })
}

impl Doctor<'_> {
    async fn examine(&self, settings: Result<Settings>) -> Vec<Check> {
        let settings = match settings {
            Ok(settings) => settings,
            Err(failure) => return vec![Check::failed("settings", failure)],
        };
        let mut checks = vec![
            machine::settings(&settings),
            machine::proxy(&settings, self.env),
        ];
        let other = self
            .sheet
            .and_then(|typed| sheet::of_another_verb(typed, &settings));
        let is_for_invite = |_: &&Path| other.is_none();
        let looked_at = self
            .sheet
            .filter(is_for_invite)
            .map(|typed| (typed, look_at(typed, &settings)));
        let (sheet, mut sheet_check) = match looked_at {
            Some((typed, Ok(sheet))) => {
                let check = sheet::counts(&settings, &sheet.survey, typed);
                (Some(sheet), Some(check))
            }
            Some((_, Err(failure))) => (None, Some(Check::failed("sheet", failure))),
            None => (None, None),
        };
        let survey = sheet.as_ref().map(|sheet| &sheet.survey);
        checks.push(machine::cloud(&settings, survey));
        if let Some((verb, guests)) = &other {
            sheet_check = Some(sheet::guests_of(&settings, *verb, guests));
        }
        let verb = other.map_or(SheetIsFor::Invite, |(verb, _)| verb);

        let practice = match practice(&settings).await {
            Ok(practice) => practice,
            Err(failure) => {
                checks.push(Check::failed("sandbox", failure));
                return checks;
            }
        };
        let needs = Needs::of(&settings, survey, verb);
        let reached = {
            let (found, reached) = self.in_tenant(&settings, practice.as_ref(), &needs).await;
            checks.extend(found);
            reached
        };
        let connection = reached.as_ref().map(|reached| &reached.connection);
        checks.push(machine::ledger(&settings, connection));
        let own = OwnMail::of(&settings, self.env);
        let (found, own) = mail::checks(&settings, own, connection).await;
        checks.extend(found);
        checks.extend(sheet_check);
        if let Some(sheet) = &sheet {
            checks.extend(sheet::checks(&settings, sheet, own.as_ref(), connection).await);
        }
        if let Some(sandbox) = practice {
            sandbox.stop().await;
        }
        checks
    }

    /// Everything that only the tenant can answer, and what was reached.
    async fn in_tenant(
        &self,
        settings: &Settings,
        practice: Option<&crate::sandbox::Sandbox>,
        needs: &Needs,
    ) -> (Vec<Check>, Option<connect::Reached>) {
        let signed_in =
            connect::sign_in(settings, self.env, &self.pace, &self.clock, practice).await;
        let signed_in = match signed_in {
            Ok(signed_in) => signed_in,
            Err(failure) => return (vec![Check::failed("sign-in", failure)], None),
        };
        let mut checks = vec![tenant::sign_in(
            &signed_in.identity,
            &signed_in.method.to_string(),
            self.clock.now(),
        )];
        let (graph, identity) = (signed_in.graph.clone(), signed_in.identity.clone());
        let reached = signed_in.reach().await;
        checks.push(machine::clock(graph.skew()));
        let reached = match reached {
            Ok(reached) => {
                let meant = reached.is_meant(settings).await;
                checks.push(tenant::tenant(&reached.connection, settings, meant));
                Some(reached)
            }
            Err(failure) if failure.exit == Exit::TryAgain => {
                // Every other request would wait as long again.
                checks.push(Check::failed("tenant", failure));
                return (checks, None);
            }
            Err(failure) => {
                checks.push(Check::failed("tenant", failure));
                None
            }
        };
        checks.extend(
            reached
                .as_ref()
                .map(|reached| tenant::organization(&reached.connection)),
        );
        checks.push(tenant::may_invite(&identity, graph.method()));
        checks.extend(needs.claimed(&identity, graph.method()));
        checks.extend(tenant::readable(&graph).await);
        checks.push(tenant::policy(&graph, &identity).await);
        (checks, reached)
    }

    /// The mail to an administrator. It needs no sign-in, because the sign-in may be what fails.
    async fn ask_admin(&self, settings: &Settings) -> Result<String> {
        let other = self
            .sheet
            .and_then(|typed| sheet::of_another_verb(typed, settings));
        let sheet = self
            .sheet
            .filter(|_| other.is_none())
            .map(|typed| look_at(typed, settings))
            .transpose()?;
        let practice = practice(settings).await?;
        let signed_in = connect::sign_in(
            settings,
            self.env,
            &self.pace,
            &self.clock,
            practice.as_ref(),
        )
        .await;
        let (identity, method, tenant) = match signed_in {
            Ok(signed_in) => {
                let (identity, method) = (signed_in.identity.clone(), signed_in.method);
                let reached = signed_in.reach().await.ok();
                (
                    Some(identity),
                    Some(method),
                    reached.map(|reached| reached.connection.tenant),
                )
            }
            Err(failure) => {
                ui::tell(format!(
                    "nobody is signed in, so the app is taken from the settings: {failure}"
                ));
                (None, connect::method_meant(settings, self.env), None)
            }
        };
        let authority = match &practice {
            Some(sandbox) => sandbox.url.clone(),
            None => settings.tenant.authority_url.value.to_string(),
        };
        Ok(ask_admin::mail(&ask_admin::About {
            settings,
            identity: identity.as_ref(),
            method,
            tenant: tenant.as_ref(),
            authority: &authority,
            needs: &Needs::of(
                settings,
                sheet.as_ref().map(|sheet| &sheet.survey),
                other.map_or(SheetIsFor::Invite, |(verb, _)| verb),
            ),
        }))
    }
}
