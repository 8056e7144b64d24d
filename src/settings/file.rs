//! Reads a settings file into flat keys with their lines.
//!
//! Must not know which keys exist, and must not print a value, because a line may hold a secret by mistake.

use crate::{
    children,
    failure::{Failure, Result},
    files,
};
use std::{
    collections::BTreeMap,
    fs::Metadata,
    io::Read,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// No settings file is larger; a sheet that is given by mistake may be.
const LONGEST: u64 = 1024 * 1024;

/// The value of a key before it is interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    Text(String),
    List(Vec<String>),
    Table(BTreeMap<String, String>),
}

#[derive(Debug)]
pub(super) struct Entry {
    pub section: String,
    pub key: String,
    pub raw: Raw,
    pub line: usize,
}

#[derive(Debug)]
pub(super) struct SettingsFile {
    pub path: PathBuf,
    /// In the order of their lines.
    pub entries: Vec<Entry>,
    /// Of the file that was read; another file may be at its path by now.
    pub metadata: Option<Metadata>,
}

impl SettingsFile {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let wrong =
            |why: String| Failure::usage(format!("the settings file {} {why}", path.display()));
        let unreadable = |error: std::io::Error| {
            wrong(format!("cannot be read: {error}")).hint(
                "settings are a regular file, or a link to one: correct what stands there, or name another file with --config",
            )
        };
        let file = files::open_given(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(LONGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if bytes.len() as u64 > LONGEST {
            return Err(
                wrong("is larger than 1 MiB, so it is not a settings file".to_owned())
                    .hint("a sheet is named without a flag; --config names the settings"),
            );
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| wrong("is not UTF-8 text".to_owned()).hint("save it as UTF-8"))?;
        let parsed = Self::parse(path, text.strip_prefix('\u{feff}').unwrap_or(&text))?;
        Ok(Self {
            metadata: Some(metadata),
            ..parsed
        })
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        let at = |offset: usize, what: &str| {
            let line = line_of(text, offset);
            Failure::usage(format!("{}:{line}: {what}", path.display()))
        };
        let document = DeTable::parse(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), error.message()))?;
        let mut entries = Vec::new();
        for (section, table) in document.get_ref() {
            let name: &str = section.get_ref();
            let DeValue::Table(table) = table.get_ref() else {
                let what = format!("`{name}` stands outside of any section");
                return Err(
                    at(section.span().start, &what).hint("put it below a line like [invite]")
                );
            };
            for (key, value) in table {
                let raw = raw(value.get_ref()).ok_or_else(|| {
                    let what = format!("`{}` cannot hold such a value", key.get_ref());
                    at(key.span().start, &what)
                })?;
                if let Raw::Table(place) = &raw
                    && let Some(variable) = place.get("env")
                {
                    // The variable may hold a secret even if the setting turns out to be wrong.
                    children::withhold(variable);
                }
                entries.push(Entry {
                    section: name.to_owned(),
                    key: key.get_ref().to_string(),
                    raw,
                    line: line_of(text, key.span().start),
                });
            }
        }
        entries.sort_by_key(|entry| entry.line);
        Ok(Self {
            path: path.to_owned(),
            entries,
            metadata: None,
        })
    }

    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.section == section && entry.key == key)
    }

    /// The folder that relative paths in the file are relative to.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count() + 1
}

fn raw(value: &DeValue<'_>) -> Option<Raw> {
    Some(match value {
        DeValue::Array(items) => Raw::List(
            items
                .iter()
                .map(|item| scalar(item.get_ref()))
                .collect::<Option<_>>()?,
        ),
        DeValue::Table(table) => Raw::Table(
            table
                .iter()
                .map(|(key, value)| Some((key.get_ref().to_string(), scalar(value.get_ref())?)))
                .collect::<Option<_>>()?,
        ),
        one => Raw::Text(scalar(one)?),
    })
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SettingsFile> {
        SettingsFile::parse(Path::new("guestlist.toml"), text)
    }

    #[test]
    fn keys_know_their_line() {
        let file = parse("[tenant]\n\nid = \"contoso.com\"\r\n[invite]\nallow = [\"member\"]\nmax_invites = 1_000\n")
            .unwrap();
        let entry = file.get("tenant", "id").unwrap();
        assert_eq!(
            (entry.line, &entry.raw),
            (3, &Raw::Text("contoso.com".into()))
        );
        let entry = file.get("invite", "allow").unwrap();
        assert_eq!(
            (entry.line, &entry.raw),
            (5, &Raw::List(vec!["member".into()]))
        );
        let entry = file.get("invite", "max_invites").unwrap();
        assert_eq!(entry.raw, Raw::Text("1000".into()));
    }

    #[test]
    fn mistakes_name_the_line_and_not_the_value() {
        let failure = parse("[auth]\nclient_secret = s3cret\n").unwrap_err();
        assert!(failure.what.starts_with("guestlist.toml:2: "), "{failure}");
        assert!(!failure.what.contains("s3cret"), "{failure}");
        let failure = parse("rate = 5\n").unwrap_err();
        assert_eq!(
            failure.what,
            "guestlist.toml:1: `rate` stands outside of any section"
        );
        let failure = parse("[invite]\n\nrate = 2026-01-01\n").unwrap_err();
        assert!(
            failure.what.starts_with("guestlist.toml:3: `rate`"),
            "{failure}"
        );
        assert!(
            parse("[a]\nb = 1\nb = 2\n")
                .unwrap_err()
                .what
                .contains(":3:")
        );
    }

    #[test]
    fn what_is_not_a_settings_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let none = SettingsFile::read(folder.path()).unwrap_err();
        assert!(none.what.ends_with("it is a folder, not a file"), "{none}");
        let missing = SettingsFile::read(&folder.path().join("none.toml")).unwrap_err();
        assert!(missing.what.contains("cannot be read"), "{missing}");
        let path = folder.path().join("utf16.toml");
        std::fs::write(&path, b"\xff\xfe[\0").unwrap();
        assert!(
            SettingsFile::read(&path)
                .unwrap_err()
                .what
                .ends_with("is not UTF-8 text")
        );
        std::fs::write(&path, "\u{feff}[invite]\nrate = 5\n").unwrap();
        assert_eq!(SettingsFile::read(&path).unwrap().entries.len(), 1);
    }
}
