//! The settings, key by key with their defaults, and the rules between them.

use super::{
    Doubt, Env, FileInForce, Flags, InviteFlags, InviteSettings, Mapping, OwnDomains, PaceSettings,
    Settings, SheetFlags, SheetSettings, Source, Sourced, Standing, Units,
    file::SettingsFile,
    layers::{KeyInForce, Layers},
    ledger_place::{Place, default_ledger, note_on_named},
    message,
    remind::remind,
    tenant, trust,
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

/// Read when it is there, unless another file is named.
pub(super) const FILE: &str = "guestlist.toml";
const NAMED_BY_FLAG: &str = "--config";
const NAMED_BY_VARIABLE: &str = "GUESTLIST_CONFIG";

/// What the settings come to.
#[derive(Debug)]
pub(crate) enum Reading {
    Settled(Box<Settings>),
    /// They use keys of a file that nobody trusts yet.
    Untrusted(Box<Untrusted>),
}

/// A file that was found and is not trusted, with what it would bring.
#[derive(Debug)]
pub(crate) struct Untrusted {
    /// What the settings are once the file is trusted.
    settings: Settings,
    file: SettingsFile,
    pub doubt: Doubt,
    /// What the command would use of it and needs trust.
    pub keys: Vec<KeyInForce>,
}

impl Untrusted {
    pub(crate) fn path(&self) -> &Path {
        &self.file.path
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Trusts the file from now on.
    pub(crate) fn trust(mut self, env: &Env<'_>) -> Result<Settings> {
        trust::remember(&self.file, env)?;
        if let Some(file) = &mut self.settings.file {
            file.standing = Standing::Trusted;
        }
        Ok(self.settings)
    }

    /// Why the command cannot go on without anybody to ask.
    pub(crate) fn failure(&self) -> Failure {
        let path = self.file.path.display();
        let keys: Vec<String> = self
            .keys
            .iter()
            .map(|key| {
                let line = key.trusts_line.unwrap_or_default();
                format!("[{}] {} (line {line})", key.section, key.key)
            })
            .collect();
        let failure = Failure::usage(format!(
            "the settings file {path} {}; this command would use of it: {}",
            self.doubt,
            keys.join(", ")
        ));
        let failure = if self.doubt.can_be_lifted() {
            failure.hint("look at it; if it is yours, `guestlist config trust` in this folder trusts it from now on")
        } else {
            failure.hint(format!(
                "make it a file that only you can change (`chown`, `chmod go-w {path}`), then `guestlist config trust` in this folder trusts it"
            ))
        };
        failure.hint(format!(
            "or name it: a file given by --config {path} or GUESTLIST_CONFIG is used as it is; nothing was sent"
        ))
    }
}

/// The settings, where nobody can be asked. `folder` is where `guestlist.toml` is looked for.
pub fn resolve(flags: &Flags, env: &Env<'_>, folder: &Path) -> Result<Settings> {
    match read(flags, env, folder)? {
        Reading::Settled(settings) => Ok(*settings),
        Reading::Untrusted(untrusted) => Err(untrusted.failure()),
    }
}

/// Puts the layers together. Of a file that was found and is not trusted, keys that need trust are left out, or the
/// answer is that somebody has to be asked.
pub(crate) fn read(flags: &Flags, env: &Env<'_>, folder: &Path) -> Result<Reading> {
    let Some((file, named)) = settings_file(flags.config.as_deref(), env, folder)? else {
        return Ok(settled(layered(flags, env, None, true)?));
    };
    let mut settings = layered(flags, env, Some(&file), true)?;
    let in_force = |standing| {
        Some(FileInForce {
            path: file.path.clone(),
            standing,
            left_out: Vec::new(),
        })
    };
    if let Some(by) = named {
        settings.file = in_force(Standing::Named(by));
        return Ok(settled(settings));
    }
    let used =
        |key: &&KeyInForce| key.trusts_line.is_some() && flags.scope.uses((key.section, key.key));
    let keys: Vec<KeyInForce> = settings.keys.iter().filter(used).cloned().collect();
    if keys.is_empty() {
        settings = layered(flags, env, Some(&file), false)?;
        settings.file = in_force(Standing::Harmless);
        return Ok(settled(settings));
    }
    let Some(doubt) = trust::doubt(&file, env)? else {
        settings.file = in_force(Standing::Trusted);
        return Ok(settled(settings));
    };
    settings.file = in_force(Standing::Untrusted(doubt.clone()));
    let sandbox = &settings.invite.sandbox;
    let practice = sandbox.value && !matches!(sandbox.source, Source::File { .. });
    if practice || flags.scope.never_asks() {
        let mut without = layered(flags, env, Some(&file), false)?;
        without.file = settings.file.map(|file| FileInForce {
            left_out: keys,
            ..file
        });
        return Ok(settled(without));
    }
    Ok(Reading::Untrusted(Box::new(Untrusted {
        settings,
        file,
        doubt,
        keys,
    })))
}

/// A file that was trusted just now.
#[derive(Debug)]
pub(crate) struct TrustedFile {
    pub path: PathBuf,
    /// What needed trust, and what the file alone comes to.
    pub keys: Vec<KeyInForce>,
    pub settings: Settings,
    /// Where that is remembered.
    pub kept_in: PathBuf,
}

/// Trusts the file in the folder as it is now, whatever the environment sets beside it.
pub(crate) fn trust_found(
    config: Option<&Path>,
    env: &Env<'_>,
    folder: &Path,
) -> Result<TrustedFile> {
    let (file, named) = settings_file(config, env, folder)?.ok_or_else(|| {
        Failure::usage(format!("there is no {FILE} in the current folder"))
            .hint("go to the folder that holds it, or name a settings file with --config: such a file is used as it is")
    })?;
    if let Some(by) = named {
        return Err(Failure::usage(format!(
            "the settings file {} is named by {by}, and used as it is: there is nothing to trust",
            file.path.display()
        ))
        .hint(format!(
            "leave {by} away to trust {FILE} in the current folder"
        )));
    }
    let settings = layered(&Flags::default(), &|_| None, Some(&file), true)?;
    let keys = settings.keys.iter();
    let keys: Vec<KeyInForce> = keys
        .filter(|key| key.trusts_line.is_some())
        .cloned()
        .collect();
    if let Some(doubt) = file.metadata.as_ref().and_then(trust::doubt_about_access) {
        return Err(Untrusted {
            settings,
            file,
            doubt,
            keys,
        }
        .failure());
    }
    Ok(TrustedFile {
        kept_in: trust::remember(&file, env)?,
        path: file.path,
        keys,
        settings,
    })
}

fn settled(settings: Settings) -> Reading {
    Reading::Settled(Box::new(settings))
}

/// The layers with or without what needs trust.
fn layered(
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
        remind: remind(&mut layers, &flags.remind)?,
        pace: pace(&mut layers, harmless)?,
        message: message::message(&mut layers)?,
        smtp: message::smtp(&mut layers)?,
        sheet: sheet(&mut layers, &flags.sheet)?,
        tenant,
    };
    settings.keys = layers.finish()?;
    if settings.invite.rate.value == Rate::Max && !harmless {
        return Err(Failure::usage(format!(
            "a rate without a target ({}) is for loopback only, not for {}",
            settings.invite.rate.source, settings.tenant.graph_url.value
        ))
        .hint("leave the rate at auto, or give invitations per second"));
    }
    Ok(settings)
}

/// The file, and what named it.
fn settings_file(
    named: Option<&Path>,
    env: &Env<'_>,
    folder: &Path,
) -> Result<Option<(SettingsFile, Option<&'static str>)>> {
    let by_variable = env(NAMED_BY_VARIABLE).filter(|name| !name.trim().is_empty());
    let named = match (named, by_variable) {
        (Some(path), _) => Some((path.to_owned(), NAMED_BY_FLAG)),
        (None, Some(name)) => Some((PathBuf::from(name), NAMED_BY_VARIABLE)),
        (None, None) => None,
    };
    if let Some((path, by)) = named {
        return Ok(Some((SettingsFile::read(&path)?, Some(by))));
    }
    let here = folder.join(FILE);
    // What cannot be looked for is there: reading says what is wrong.
    if here.try_exists().unwrap_or(true) {
        return Ok(Some((SettingsFile::read(&here)?, None)));
    }
    Ok(None)
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
            Err(
                Failure::usage("there is weather in the practice tenant only")
                    .hint("add --sandbox, or leave --weather out"),
            )
        }
        _ => Ok(settings),
    }
}

/// Practice has a ledger of its own, whatever ledger the settings name for the real tenant. With the ledger comes what
/// is to be said about its place.
fn ledger(
    layers: &mut Layers<'_>,
    flag: Option<&PathBuf>,
    sandbox: bool,
    place: &dyn Fn(bool) -> Place,
) -> Result<(Sourced<PathBuf>, Option<String>)> {
    let named = layers.path_or(("invite", "ledger"), flag.cloned(), "guestlist.db")?;
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
