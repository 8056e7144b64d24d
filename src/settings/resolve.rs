//! The settings, key by key with their defaults, and the rules between them.

use super::{
    Env, Existing, InviteSettings, Links, Mapping, MessageSettings, PaceSettings, Precheck, Rate,
    Settings, Share, SheetSettings, Source, Sourced, Units, WhenDropped,
    file::SettingsFile,
    layers::{Asked, Layers},
    one_of, tenant,
    values::{ceiling, count, delimiter, duration, outcome, some_duration, switch, words, workers},
    web_page,
};
use crate::{
    cli::{Flags, InviteFlags, SheetFlags},
    failure::{Failure, Result},
    sheet::Field,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Read when it is there, unless `--config` names another.
const FILE: &str = "guestlist.toml";

/// Puts the layers together. `folder` is where `guestlist.toml` is looked for.
pub fn resolve(flags: &Flags, env: &Env<'_>, folder: &Path) -> Result<Settings> {
    resolve_noting(flags, env, folder).map(|(settings, _)| settings)
}

/// The settings, and every key there is.
pub(super) fn resolve_noting(
    flags: &Flags,
    env: &Env<'_>,
    folder: &Path,
) -> Result<(Settings, Vec<Asked>)> {
    let mut layers = Layers::new(env, settings_file(flags.config.as_deref(), folder)?);
    let sandbox = layers.switch(("invite", "sandbox"), flags.invite.sandbox)?;
    if flags.offline || sandbox.value {
        layers.turn_deaf_to(&["tenant", "auth"]);
    }
    let tenant = tenant::tenant(&mut layers, flags.invite.tenant.clone(), &flags.connection)?;
    let harmless = flags.offline || sandbox.value || tenant.graph_url.value.is_loopback();
    let settings = Settings {
        auth: tenant::auth(&mut layers)?,
        invite: invite(&mut layers, &flags.invite, &flags.sheet, sandbox)?,
        pace: pace(&mut layers, harmless)?,
        message: MessageSettings {
            when_dropped: layers.value(
                ("message", "when_dropped"),
                None,
                one_of,
                WhenDropped::Refuse,
            )?,
        },
        sheet: sheet(&mut layers, &flags.sheet)?,
        tenant,
    };
    let asked = layers.finish()?;
    if settings.invite.rate.value == Rate::Max && !harmless {
        return Err(Failure::usage(format!(
            "a rate without a target ({}) is for loopback only, not for {}",
            settings.invite.rate.source, settings.tenant.graph_url.value
        ))
        .hint("leave the rate at auto, or give invitations per second"));
    }
    Ok((settings, asked))
}

fn settings_file(named: Option<&Path>, folder: &Path) -> Result<Option<SettingsFile>> {
    let here = folder.join(FILE);
    match named {
        Some(path) => SettingsFile::read(path).map(Some),
        // What cannot be looked for is there: reading says what is wrong.
        None if here.try_exists().unwrap_or(true) => SettingsFile::read(&here).map(Some),
        None => Ok(None),
    }
}

fn invite(
    layers: &mut Layers<'_>,
    flags: &InviteFlags,
    sheet: &SheetFlags,
    sandbox: Sourced<bool>,
) -> Result<InviteSettings> {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let settings = InviteSettings {
        dry_run: layers.switch(("invite", "dry_run"), flags.dry_run)?,
        results: layers.path(("invite", "results"), flags.results.clone(), None)?,
        to_fix: layers.path(("invite", "to_fix"), flags.to_fix.clone(), None)?,
        only: layers.list(("invite", "only"), flags.only.clone(), str::parse)?,
        yes: layers.switch(("invite", "yes"), flags.yes)?,
        ledger: ledger(layers, flags.ledger.as_ref(), sandbox.value)?,
        new_ledger: layers.switch(("invite", "new_ledger"), flags.new_ledger)?,
        max_invites: layers.optional(("invite", "max_invites"), flags.max_invites, None, count)?,
        daily_cap: layers.optional(("invite", "daily_cap"), flags.daily_cap, None, count)?,
        cap_wait: layers.value(
            ("invite", "cap_wait"),
            flags.cap_wait,
            duration,
            minutes(90),
        )?,
        max_duration: layers.optional(
            ("invite", "max_duration"),
            flags.max_duration,
            None,
            some_duration,
        )?,
        max_invalid: layers.optional(
            ("invite", "max_invalid"),
            flags.max_invalid,
            None,
            str::parse,
        )?,
        max_failures: layers.value(
            ("invite", "max_failures"),
            flags.max_failures,
            str::parse,
            Share::Percent(50.0),
        )?,
        tolerate: layers.list(("invite", "tolerate"), flags.tolerate.clone(), outcome)?,
        links: layers.value(("invite", "links"), flags.links, one_of, Links::Results)?,
        rate: layers.value(("invite", "rate"), flags.rate, str::parse, Rate::Auto)?,
        workers: layers.optional(("invite", "workers"), flags.workers, None, workers)?,
        precheck: layers.value(
            ("invite", "precheck"),
            flags.precheck,
            one_of,
            Precheck::Auto,
        )?,
        accept_second_mail: layers
            .switch(("invite", "accept_second_mail"), flags.accept_second_mail)?,
        existing: layers.value(
            ("invite", "existing"),
            flags.existing,
            one_of,
            Existing::Skip,
        )?,
        retry_refused: layers.switch(("invite", "retry_refused"), flags.retry_refused)?,
        again: layers.switch(("invite", "again"), flags.again)?,
        settle: layers.value(("invite", "settle"), flags.settle, duration, minutes(1))?,
        ask_again_after: layers.value(
            ("invite", "ask_again_after"),
            flags.ask_again_after,
            duration,
            minutes(2),
        )?,
        send: layers.value(("invite", "send"), flags.send, switch, true)?,
        redirect_url: layers.value(
            ("invite", "redirect_url"),
            flags.redirect_url.clone(),
            web_page,
            "https://myapplications.microsoft.com".to_owned(),
        )?,
        allow: layers.list(("invite", "allow"), sheet.allow.clone(), one_of)?,
        weather: layers.path(("invite", "weather"), flags.weather.clone(), None)?,
        sandbox,
    };
    match &settings.weather {
        Some(weather)
            if weather.source == Source::Flag("--weather".to_owned())
                && !settings.sandbox.value =>
        {
            Err(
                Failure::usage("there is weather in the practice tenant only")
                    .hint("add --sandbox, or leave --weather out"),
            )
        }
        _ => Ok(settings),
    }
}

/// Practice has a ledger of its own, whatever ledger the settings name for the real tenant.
fn ledger(
    layers: &mut Layers<'_>,
    flag: Option<&PathBuf>,
    sandbox: bool,
) -> Result<Sourced<PathBuf>> {
    let named = layers.path_or(("invite", "ledger"), flag.cloned(), "guestlist.db")?;
    if sandbox && flag.is_none() {
        let practice = PathBuf::from("guestlist.practice.db");
        return Ok(Sourced::new(practice, Source::Default));
    }
    Ok(named)
}

fn pace(layers: &mut Layers<'_>, harmless: bool) -> Result<PaceSettings> {
    let settings = PaceSettings {
        invites_per_5s: layers.value(
            ("pace", "invites_per_5s"),
            None,
            ceiling,
            PaceSettings::INVITES_PER_5S,
        )?,
        writes_per_150s: layers.value(
            ("pace", "writes_per_150s"),
            None,
            ceiling,
            PaceSettings::WRITES_PER_150S,
        )?,
        resource_units_per_10s: layers.value(
            ("pace", "resource_units_per_10s"),
            None,
            str::parse,
            Units::ByTenantSize,
        )?,
    };
    if harmless {
        return Ok(settings);
    }
    let units = match settings.resource_units_per_10s.value {
        Units::ByTenantSize => PaceSettings::RESOURCE_UNITS_PER_10S,
        Units::Fixed(units) => units,
    };
    for (key, value, documented, source) in [
        (
            "invites_per_5s",
            settings.invites_per_5s.value,
            PaceSettings::INVITES_PER_5S,
            &settings.invites_per_5s.source,
        ),
        (
            "writes_per_150s",
            settings.writes_per_150s.value,
            PaceSettings::WRITES_PER_150S,
            &settings.writes_per_150s.source,
        ),
        (
            "resource_units_per_10s",
            units,
            PaceSettings::RESOURCE_UNITS_PER_10S,
            &settings.resource_units_per_10s.source,
        ),
    ] {
        if value == 0 || value > documented {
            return Err(Failure::usage(format!(
                "[pace] {key} = {value}, {source}: off loopback a ceiling can only be lowered, from {documented}"
            )));
        }
    }
    Ok(settings)
}

fn sheet(layers: &mut Layers<'_>, flags: &SheetFlags) -> Result<SheetSettings> {
    let mut columns = Vec::new();
    for &field in Field::ALL {
        let mut mapped = flags.map.iter().filter(|mapping| mapping.field == field);
        let flag = mapped.next().map(|mapping| mapping.column.clone());
        if mapped.next().is_some() {
            return Err(Failure::usage(format!(
                "--map names a column for {field} twice"
            )));
        }
        if let Some(column) = layers.optional(("columns", field.word()), flag, None, words)? {
            let mapping = Mapping {
                field,
                column: column.value,
            };
            columns.push(Sourced::new(mapping, column.source));
        }
    }
    Ok(SheetSettings {
        columns,
        encoding: layers.optional(("sheet", "encoding"), flags.encoding.clone(), None, words)?,
        delimiter: layers.optional(("sheet", "delimiter"), flags.delimiter, None, delimiter)?,
        sheet: layers.optional(("sheet", "sheet"), flags.sheet.clone(), None, words)?,
        header_row: layers.optional(("sheet", "header_row"), flags.header_row, None, count)?,
        hidden: layers.optional(("sheet", "hidden"), flags.hidden, None, one_of)?,
    })
}
