//! Finds the settings file, and reads the settings with or without its keys that need trust.
//!
//! Must not ask a person; the caller does.

use super::{
    Doubt, Env, FileInForce, Flags, Settings, Source, Standing, file::SettingsFile,
    layers::KeyInForce, resolve::layered, trust,
};
use crate::failure::{Failure, Result};
use std::path::{Path, PathBuf};

/// The settings file that is read when it exists and no other file is named.
pub(super) const FILE: &str = "guestlist.toml";
const NAMED_BY_FLAG: &str = "--config";
const NAMED_BY_VARIABLE: &str = "GUESTLIST_CONFIG";

/// The result of reading the settings.
#[derive(Debug)]
pub(crate) enum Reading {
    Settled(Box<Settings>),
    /// The command uses keys of a file that is not trusted yet.
    Untrusted(Box<Untrusted>),
}

/// A settings file that was found and is not trusted, with the settings as they would be if it were.
#[derive(Debug)]
pub(crate) struct Untrusted {
    /// The settings as they are once the file is trusted.
    settings: Settings,
    file: SettingsFile,
    pub doubt: Doubt,
    /// The keys of the file that need trust and that the command would use.
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

    /// The failure of a command when nobody can be asked.
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
            "the settings file {path} {}; this command would use these keys of it: {}",
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

/// The settings when nobody can be asked. `guestlist.toml` is looked for in `folder`.
pub fn resolve(flags: &Flags, env: &Env<'_>, folder: &Path) -> Result<Settings> {
    match read(flags, env, folder)? {
        Reading::Settled(settings) => Ok(*settings),
        Reading::Untrusted(untrusted) => Err(untrusted.failure()),
    }
}

/// Resolves all layers. If a file was found that is not trusted, its keys that need trust are left out, or the result
/// says that a person has to be asked.
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
    /// The keys that need trust.
    pub keys: Vec<KeyInForce>,
    /// The settings of the file alone, without flags and environment.
    pub settings: Settings,
    /// The file in which the trust is remembered.
    pub kept_in: PathBuf,
}

/// Trusts the file in the folder as it is now. Flags and environment are ignored, because the file is trusted alone.
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

/// The settings file, and the flag or variable that named it.
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
    // When it is not known whether the file exists, it is read, and the error says why not.
    if here.try_exists().unwrap_or(true) {
        return Ok(Some((SettingsFile::read(&here)?, None)));
    }
    Ok(None)
}
