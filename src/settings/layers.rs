//! Resolves one key at a time. Precedence: a flag, an environment variable, the settings file, the `AZURE_*` family.
//!
//! A key exists when it was resolved here once; any other key of a settings file is unknown. Must not know what a key is
//! for.

use super::{
    Env, SecretRef, Source, Sourced,
    file::{Raw, SettingsFile},
    needs_trust::needs_trust,
    written::{NOT_SET, Written},
};
use crate::{
    failure::{Failure, Result},
    nearest::nearest,
};
use std::path::PathBuf;

/// The section and the name of a key.
pub(super) type Key = (&'static str, &'static str);

pub(super) type Parse<T> = fn(&str) -> std::result::Result<T, String>;

pub(super) struct Layers<'a> {
    env: &'a Env<'a>,
    file: Option<&'a SettingsFile>,
    /// Whether the keys of the file that need trust are used.
    file_is_trusted: bool,
    /// Sections that are ignored entirely, flags included.
    ignored_sections: &'static [&'static str],
    known_keys: Vec<KeyInForce>,
}

/// A key that was resolved, with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInForce {
    pub section: &'static str,
    pub key: &'static str,
    /// As it would be written in a settings file; empty when nothing is set.
    pub value: String,
    pub source: Source,
    /// The line of the settings file that gave the value, if the key needs trust.
    pub trusts_line: Option<usize>,
}

impl KeyInForce {
    pub fn is_set(&self) -> bool {
        self.value != NOT_SET
    }
}

impl<'a> Layers<'a> {
    pub(super) fn new(
        env: &'a Env<'a>,
        file: Option<&'a SettingsFile>,
        file_is_trusted: bool,
    ) -> Self {
        Self {
            env,
            file,
            file_is_trusted,
            ignored_sections: &[],
            known_keys: Vec::new(),
        }
    }

    pub(super) fn environment(&self) -> &'a Env<'a> {
        self.env
    }

    pub(super) fn ignore_sections(&mut self, sections: &'static [&'static str]) {
        self.ignored_sections = sections;
    }

    /// A value that may be missing.
    pub(super) fn optional<T: Written>(
        &mut self,
        key: Key,
        flag: Option<T>,
        azure: Option<&'static str>,
        parse: Parse<T>,
    ) -> Result<Option<Sourced<T>>> {
        let picked = self.first_given(key, flag, azure, parse)?;
        self.note_optional(key, picked.as_ref());
        Ok(picked)
    }

    pub(super) fn value<T: Written>(
        &mut self,
        key: Key,
        flag: Option<T>,
        parse: Parse<T>,
        default: T,
    ) -> Result<Sourced<T>> {
        let picked = self.first_given(key, flag, None, parse)?;
        let picked = picked.unwrap_or_else(|| Sourced::new(default, Source::Default));
        self.note(key, picked.value.written(), &[&picked.source]);
        Ok(picked)
    }

    /// A flag can only switch a setting on.
    pub(super) fn switch(&mut self, key: Key, flag: bool) -> Result<Sourced<bool>> {
        self.value(key, flag.then_some(true), super::values::switch, false)
    }

    /// Every value that was given, in the order of precedence.
    pub(super) fn all<T: Written>(
        &mut self,
        key: Key,
        flag: Option<T>,
        azure: Option<&'static str>,
        parse: Parse<T>,
    ) -> Result<Vec<Sourced<T>>> {
        let all = self.all_given(key, flag, azure, parse);
        let all = all.into_iter().collect::<Result<Vec<_>>>()?;
        let sources: Vec<&Source> = all.iter().map(|one| &one.source).collect();
        let first = all.first().map(|one| one.value.written());
        self.note(key, first.unwrap_or_else(|| NOT_SET.to_owned()), &sources);
        Ok(all)
    }

    /// Several values; commas separate them in an environment variable.
    pub(super) fn list<T: Written>(
        &mut self,
        key: Key,
        flags: Vec<T>,
        parse: Parse<T>,
    ) -> Result<Sourced<Vec<T>>> {
        let picked = match self.raw(key, None).into_iter().next() {
            _ if !flags.is_empty() => Sourced::new(flags, flag_of(key)),
            None => Sourced::new(Vec::new(), Source::Default),
            Some((raw, source)) => {
                let items = match raw {
                    Raw::Text(text) => text.split(',').map(str::to_owned).collect(),
                    Raw::List(items) => items,
                    Raw::Table(_) => return Err(wrong(key, &source, "is a list, not a table")),
                };
                let items = items.iter().filter(|item| !item.trim().is_empty());
                let values = items
                    .map(|item| parse(item))
                    .collect::<std::result::Result<_, _>>();
                Sourced::new(values.map_err(|why| wrong(key, &source, &why))?, source)
            }
        };
        self.note(key, picked.value.written(), &[&picked.source]);
        Ok(picked)
    }

    /// A path in a settings file is relative to the file.
    pub(super) fn path(
        &mut self,
        key: Key,
        flag: Option<PathBuf>,
        azure: Option<&'static str>,
    ) -> Result<Option<Sourced<PathBuf>>> {
        let picked = self.path_given(key, flag, azure)?;
        self.note_optional(key, picked.as_ref());
        Ok(picked)
    }

    pub(super) fn path_or(
        &mut self,
        key: Key,
        flag: Option<PathBuf>,
        default: &str,
    ) -> Result<Sourced<PathBuf>> {
        let named = self.path_given(key, flag, None)?;
        let picked = named.unwrap_or_else(|| Sourced::new(default.into(), Source::Default));
        self.note(key, picked.value.written(), &[&picked.source]);
        Ok(picked)
    }

    fn path_given(
        &self,
        key: Key,
        flag: Option<PathBuf>,
        azure: Option<&'static str>,
    ) -> Result<Option<Sourced<PathBuf>>> {
        let parse: Parse<PathBuf> = |text| super::values::words(text).map(PathBuf::from);
        let mut picked = self.first_given(key, flag, azure, parse)?;
        if let (
            Some(Sourced {
                value,
                source: Source::File { .. },
            }),
            Some(file),
        ) = (&mut picked, self.file)
        {
            *value = file.folder().join(&*value);
        }
        Ok(picked)
    }

    /// A secret is given by reference; a secret written into the settings is refused.
    pub(super) fn secret(
        &mut self,
        key: Key,
        azure: Option<&'static str>,
    ) -> Result<Option<Sourced<SecretRef>>> {
        let (section, name) = key;
        let picked = match self.raw(key, azure).into_iter().next() {
            None => None,
            Some((_, source @ Source::Environment(_))) => {
                Some((SecretRef::Env(variable(key)), source))
            }
            Some((_, source @ Source::Azure(_))) => {
                Some((SecretRef::Env(azure.unwrap_or_default().to_owned()), source))
            }
            Some((Raw::Table(table), source)) => {
                let folder = self
                    .file
                    .map_or(std::path::Path::new(""), SettingsFile::folder);
                let reference = SecretRef::from_table(&table, folder);
                Some((reference.map_err(|why| wrong(key, &source, &why))?, source))
            }
            Some((_, source)) => {
                return Err(wrong(key, &source, "a secret is not written into settings")
                    .hint(format!(
                        "write {name} = {{ env = \"NAME\" }} or {name} = {{ file = \"PATH\" }} below [{section}]"
                    ))
                    .hint("whoever could read this file knows the secret now: make a new one"));
            }
        };
        let picked = picked.map(|(value, source)| Sourced::new(value, source));
        self.note_optional(key, picked.as_ref());
        Ok(picked)
    }

    /// A secret that is read from one environment variable only.
    pub(super) fn token(&self, section: &'static str, name: &str) -> Option<Sourced<SecretRef>> {
        let said = self.is_enabled((section, "")) && self.said(name).is_some();
        said.then(|| {
            let reference = SecretRef::Env(name.to_owned());
            Sourced::new(reference, Source::Environment(name.to_owned()))
        })
    }

    /// Refuses a key of the settings file that is not known.
    pub(super) fn finish(self) -> Result<Vec<KeyInForce>> {
        let Some(file) = self.file else {
            return Ok(self.known_keys);
        };
        for entry in &file.entries {
            let (section, key) = (entry.section.as_str(), entry.key.as_str());
            let here = |asked: &&KeyInForce| asked.section == section;
            if self
                .known_keys
                .iter()
                .filter(here)
                .any(|asked| asked.key == key)
            {
                continue;
            }
            let at = format!("{}:{}", file.path.display(), entry.line);
            if !self.known_keys.iter().any(|asked| here(&asked)) {
                let failure = Failure::usage(format!("{at}: unknown section [{section}]"));
                let sections = self.known_keys.iter().map(|asked| asked.section);
                return Err(match nearest(section, sections) {
                    Some(known) => failure.hint(format!("did you mean [{known}]?")),
                    None => failure,
                });
            }
            let failure = Failure::usage(format!("{at}: unknown key `{key}` in [{section}]"));
            let elsewhere = self.known_keys.iter().find(|asked| asked.key == key);
            let near = nearest(
                key,
                self.known_keys.iter().filter(here).map(|asked| asked.key),
            );
            return Err(match (elsewhere, near) {
                (Some(asked), _) => {
                    failure.hint(format!("`{key}` belongs below [{}]", asked.section))
                }
                (None, Some(known)) => failure.hint(format!("did you mean `{known}`?")),
                (None, None) => failure,
            });
        }
        Ok(self.known_keys)
    }

    fn first_given<T>(
        &self,
        key: Key,
        flag: Option<T>,
        azure: Option<&'static str>,
        parse: Parse<T>,
    ) -> Result<Option<Sourced<T>>> {
        let all = self.all_given(key, flag, azure, parse);
        all.into_iter().next().transpose()
    }

    fn all_given<T>(
        &self,
        key: Key,
        flag: Option<T>,
        azure: Option<&'static str>,
        parse: Parse<T>,
    ) -> Vec<Result<Sourced<T>>> {
        let flag = flag.filter(|_| self.is_enabled(key));
        let flag = flag.map(|value| Ok(Sourced::new(value, flag_of(key))));
        let rest = self
            .raw(key, azure)
            .into_iter()
            .map(|(raw, source)| match raw {
                Raw::Text(text) => match parse(&text) {
                    Ok(value) => Ok(Sourced::new(value, source)),
                    Err(why) => Err(wrong(key, &source, &why)),
                },
                Raw::List(_) | Raw::Table(_) => Err(wrong(key, &source, "takes one value")),
            });
        flag.into_iter().chain(rest).collect()
    }

    /// The values from everything but the flag, in the order of precedence.
    fn raw(&self, key: Key, azure: Option<&'static str>) -> Vec<(Raw, Source)> {
        if !self.is_enabled(key) {
            return Vec::new();
        }
        let variable = variable(key);
        let own = self
            .said(&variable)
            .map(|text| (Raw::Text(text), Source::Environment(variable)));
        let may_use = self.file_is_trusted || !needs_trust(key);
        let file = self.file.filter(|_| may_use).and_then(|file| {
            let entry = file.get(key.0, key.1)?;
            let path = file.path.clone();
            Some((
                entry.raw.clone(),
                Source::File {
                    path,
                    line: entry.line,
                },
            ))
        });
        let shared = azure.and_then(|name| {
            self.said(name)
                .map(|text| (Raw::Text(text), Source::Azure(name)))
        });
        own.into_iter().chain(file).chain(shared).collect()
    }

    /// An empty variable counts as missing.
    fn said(&self, name: &str) -> Option<String> {
        (self.env)(name).filter(|value| !value.trim().is_empty())
    }

    fn is_enabled(&self, (section, _): Key) -> bool {
        !self.ignored_sections.contains(&section)
    }

    /// Records a value that does not come from the layers alone, such as a host that follows from the cloud.
    pub(super) fn in_force<T: Written>(&mut self, (section, key): Key, value: &Sourced<T>) {
        let same = |asked: &&mut KeyInForce| asked.section == section && asked.key == key;
        if let Some(asked) = self.known_keys.iter_mut().find(same) {
            asked.value = value.value.written();
            asked.source = value.source.clone();
            asked.trusts_line = trusts_line((section, key), [&value.source]);
        }
    }

    fn note_optional<T: Written>(&mut self, key: Key, picked: Option<&Sourced<T>>) {
        match picked {
            Some(picked) => self.note(key, picked.value.written(), &[&picked.source]),
            None => self.note(key, NOT_SET.to_owned(), &[]),
        }
    }

    /// The first source gave the value; the others were compared with it.
    fn note(&mut self, key: Key, value: String, sources: &[&Source]) {
        self.known_keys.push(KeyInForce {
            section: key.0,
            key: key.1,
            value,
            source: sources
                .first()
                .map_or(Source::Default, |source| (*source).clone()),
            trusts_line: trusts_line(key, sources.iter().copied()),
        });
    }
}

/// The line of the settings file among the sources, if the key needs trust.
fn trusts_line<'s>(key: Key, sources: impl IntoIterator<Item = &'s Source>) -> Option<usize> {
    let mut lines = sources.into_iter().filter_map(|source| match source {
        Source::File { line, .. } => Some(*line),
        _ => None,
    });
    lines.next().filter(|_| needs_trust(key))
}

/// `GUESTLIST_INVITE_MAX_INVITES`
fn variable((section, name): Key) -> String {
    format!("GUESTLIST_{section}_{name}").to_uppercase()
}

fn flag_of(key: Key) -> Source {
    Source::Flag(match key {
        ("tenant", "id") => "--tenant".to_owned(),
        ("columns", "ignore") => "--ignore".to_owned(),
        ("columns", _) => "--map".to_owned(),
        ("message", "template") => "--message-file".to_owned(),
        (_, name) => format!("--{}", name.replace('_', "-")),
    })
}

fn wrong((section, name): Key, source: &Source, why: &str) -> Failure {
    Failure::usage(format!("[{section}] {name}, {source}: {why}"))
}
