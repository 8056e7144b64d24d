//! Resolves the settings, key by key with their defaults, and checks the rules between them.
//!
//! Must not ask a person; the caller does.

use super::{
    Env, Flags, InviteFlags, InviteSettings, Mapping, OwnDomains, PaceSettings, Settings,
    SheetFlags, SheetSettings, Source, Sourced, Units,
    file::SettingsFile,
    layers::Layers,
    ledger_place::{Place, default_ledger, note_on_named},
    message,
    remind::remind,
    tenant,
    values::{ceiling, count, delimiter, duration, outcome, some_duration, switch, words, workers},
    web_page,
};
use crate::{
    engine::{Existing, Precheck},
    failure::{Failure, Result},
    guest::SponsorRef,
    one_word::OneWord,
    pace::Rate,
    results::Links,
    sheet::Field,
    threshold::Threshold,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The settings, with or without the keys of the file that need trust.
pub(super) fn layered(
    flags: &Flags,
    env: &Env<'_>,
    file: Option<&SettingsFile>,
    file_is_trusted: bool,
) -> Result<Settings> {
    let mut layers = Layers::new(env, file, file_is_trusted);
    let sandbox = layers.switch(("invite", "sandbox"), flags.invite.sandbox)?;
    let offline = !flags.scope.meets_tenant();
    if offline || sandbox.value {
        layers.ignore_sections(&["tenant", "auth"]);
    }
    let place = |practice: bool| {
        let name = if practice {
            "guestlist.practice.db"
        } else {
            "guestlist.db"
        };
        default_ledger(name, Path::new(""), practice, env)
    };
    let tenant = tenant::tenant(&mut layers, flags.invite.tenant.clone(), &flags.connection)?;
    let harmless = offline || sandbox.value || tenant.graph_url.value.is_loopback();
    let mut settings = Settings {
        file: None,
        keys: Vec::new(),
        auth: tenant::auth(&mut layers)?,
        invite: invite(&mut layers, &flags.invite, &flags.sheet, sandbox, &place)?,
        remind: remind(&mut layers, &flags.remind, harmless)?,
        pace: pace(&mut layers, harmless)?,
        message: message::message(&mut layers, &flags.message)?,
        smtp: message::smtp(&mut layers)?,
        sheet: sheet(&mut layers, &flags.sheet)?,
        tenant,
    };
    settings.keys = layers.finish()?;
    if settings.invite.rate.value == Rate::Max && !harmless {
        return Err(Failure::usage(format!(
            "rate = \"max\" ({}) is allowed on loopback only, not for {}",
            settings.invite.rate.source, settings.tenant.graph_url.value
        ))
        .hint("leave the rate at auto, or give invitations per second"));
    }
    Ok(settings)
}

fn invite(
    layers: &mut Layers<'_>,
    flags: &InviteFlags,
    sheet: &SheetFlags,
    sandbox: Sourced<bool>,
    place: &dyn Fn(bool) -> Place,
) -> Result<InviteSettings> {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let (ledger, ledger_note) = ledger(layers, flags.ledger.as_ref(), sandbox.value, place)?;
    let settings = InviteSettings {
        dry_run: layers.switch(("invite", "dry_run"), flags.dry_run)?,
        results: layers.path(("invite", "results"), flags.results.clone(), None)?,
        to_fix: layers.path(("invite", "to_fix"), flags.to_fix.clone(), None)?,
        report: layers.path(("invite", "report"), flags.report.clone(), None)?,
        summary: layers.path(("invite", "summary"), flags.summary.clone(), None)?,
        metrics_file: layers.path(("invite", "metrics_file"), flags.metrics_file.clone(), None)?,
        only: layers.list(("invite", "only"), flags.only.clone(), str::parse)?,
        yes: layers.switch(("invite", "yes"), flags.yes)?,
        ledger,
        ledger_note,
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
            Threshold::Percent(50.0),
        )?,
        tolerate: layers.list(("invite", "tolerate"), flags.tolerate.clone(), outcome)?,
        links: layers.value(
            ("invite", "links"),
            flags.links,
            OneWord::from_word,
            Links::Results,
        )?,
        rate: layers.value(("invite", "rate"), flags.rate, str::parse, Rate::Auto)?,
        workers: layers.optional(("invite", "workers"), flags.workers, None, workers)?,
        precheck: layers.value(
            ("invite", "precheck"),
            flags.precheck,
            OneWord::from_word,
            Precheck::Auto,
        )?,
        accept_second_mail: layers
            .switch(("invite", "accept_second_mail"), flags.accept_second_mail)?,
        existing: layers.value(
            ("invite", "existing"),
            flags.existing,
            OneWord::from_word,
            Existing::Skip,
        )?,
        update_existing: layers.switch(("invite", "update_existing"), flags.update_existing)?,
        retry_refused: layers.switch(("invite", "retry_refused"), flags.retry_refused)?,
        again: layers.switch(("invite", "again"), flags.again)?,
        own_domains: layers.value(
            ("invite", "own_domains"),
            flags.own_domains,
            OneWord::from_word,
            OwnDomains::Refuse,
        )?,
        default_sponsor: layers.optional(
            ("invite", "default_sponsor"),
            flags.default_sponsor.clone(),
            None,
            SponsorRef::parse,
        )?,
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
        allow: layers.list(("invite", "allow"), sheet.allow.clone(), OneWord::from_word)?,
        weather: layers.path(("invite", "weather"), flags.weather.clone(), None)?,
        sandbox,
    };
    match &settings.weather {
        Some(weather)
            if weather.source == Source::Flag("--weather".to_owned())
                && !settings.sandbox.value =>
        {
            Err(Failure::usage("--weather needs the practice tenant")
                .hint("add --sandbox, or leave --weather out"))
        }
        _ => Ok(settings),
    }
}

/// The ledger, and what a person should know about its place. The practice tenant has a ledger of its own, unless a flag
/// names one.
fn ledger(
    layers: &mut Layers<'_>,
    flag: Option<&PathBuf>,
    sandbox: bool,
    place: &dyn Fn(bool) -> Place,
) -> Result<(Sourced<PathBuf>, Option<String>)> {
    let named = layers.path_or(("invite", "ledger"), flag.cloned(), "guestlist.db")?;
    if flag.is_some_and(|path| path == Path::new("-")) || named.value == Path::new("-") {
        return Err(Failure::usage(
            "the ledger is a file that is kept: it cannot be standard input or output (`-`)",
        )
        .hint("give --ledger the name of a file, such as guestlist.db"));
    }
    let practice = sandbox && flag.is_none();
    if named.source != Source::Default && !practice {
        let note = note_on_named(&named.value, layers.environment());
        return Ok((named, note));
    }
    let Place { path, note } = place(practice);
    let place = Sourced::new(path, Source::Default);
    layers.in_force(("invite", "ledger"), &place);
    Ok((place, note))
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
        ignore: layers.list(("columns", "ignore"), flags.ignore.clone(), words)?,
        encoding: layers.optional(("sheet", "encoding"), flags.encoding.clone(), None, words)?,
        delimiter: layers.optional(("sheet", "delimiter"), flags.delimiter, None, delimiter)?,
        sheet: layers.optional(("sheet", "sheet"), flags.sheet.clone(), None, words)?,
        header_row: layers.optional(("sheet", "header_row"), flags.header_row, None, count)?,
        hidden: layers.optional(("sheet", "hidden"), flags.hidden, None, OneWord::from_word)?,
    })
}
