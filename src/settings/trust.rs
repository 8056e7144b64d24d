//! Whether a settings file that was found in the current folder is trusted.
//!
//! What was trusted is kept in the user's data folder: the file's own path, and a SHA-256 of the keys that need trust,
//! so that harmless edits change nothing. Must not ask anybody, and must not judge a file that was named.

use super::{
    Env, create_user_folder,
    file::{Entry, Raw, SettingsFile},
    needs_trust::needs_trust,
    user_folder,
};
use crate::{
    failure::{Failure, Result},
    files::{self, Refusal},
};
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Write as _},
    fs, io,
    path::{Path, PathBuf},
};

const STORE: &str = "trusted-settings.json";
/// Enough for thousands of settings files.
const LONGEST_STORE: u64 = 1024 * 1024;

/// Why a file is not trusted. The text continues a sentence that begins with the file's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    NeverTrusted,
    Changed,
    Owner(u32),
    WorldWritable,
    GroupWritable(u32),
}

impl Doubt {
    /// Whether a person can trust the file as it is. Otherwise somebody else could change it afterwards.
    pub fn can_be_lifted(&self) -> bool {
        matches!(self, Self::NeverTrusted | Self::Changed)
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverTrusted => {
                f.write_str("was found in the current folder and has not been trusted yet")
            }
            Self::Changed => {
                f.write_str("was trusted earlier, and keys that need trust were changed since")
            }
            Self::Owner(owner) => {
                write!(
                    f,
                    "belongs to another user of this machine (number {owner})"
                )
            }
            Self::WorldWritable => f.write_str("can be changed by every user of this machine"),
            Self::GroupWritable(group) => write!(
                f,
                "can be changed by the members of a group that is not this user's own (number {group})"
            ),
        }
    }
}

/// Whether another user may change the file.
pub(super) fn doubt_about_access(metadata: &fs::Metadata) -> Option<Doubt> {
    #[cfg(unix)]
    {
        use rustix::process::{getegid, geteuid};
        use std::os::unix::fs::MetadataExt;
        let (owner, group, mode) = (metadata.uid(), metadata.gid(), metadata.mode());
        if owner != 0 && owner != geteuid().as_raw() {
            return Some(Doubt::Owner(owner));
        }
        if mode & 0o002 != 0 {
            return Some(Doubt::WorldWritable);
        }
        if mode & 0o020 != 0 && group != getegid().as_raw() {
            return Some(Doubt::GroupWritable(group));
        }
    }
    // Elsewhere access lists decide, and they do not show in the metadata.
    #[cfg(not(unix))]
    let _ = metadata;
    None
}

/// What is remembered about a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Trusted {
    path: PathBuf,
    sha256: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Store {
    files: Vec<Trusted>,
}

/// Why the file is not trusted; `None` when it is.
pub(super) fn doubt(file: &SettingsFile, env: &Env<'_>) -> Result<Option<Doubt>> {
    if let Some(doubt) = file.metadata.as_ref().and_then(doubt_about_access) {
        return Ok(Some(doubt));
    }
    let Some(folder) = user_folder(env) else {
        return Ok(Some(Doubt::NeverTrusted));
    };
    let identity = identity(file)?;
    let store = Store::read(&folder.join(STORE))?;
    let same_path = |known: &&Trusted| known.path == identity.path;
    Ok(match store.files.iter().find(same_path) {
        Some(known) if known.sha256 == identity.sha256 => None,
        Some(_) => Some(Doubt::Changed),
        None => Some(Doubt::NeverTrusted),
    })
}

/// Trusts the file as it was read, and returns the path of the file in which the trust is kept.
pub(super) fn remember(file: &SettingsFile, env: &Env<'_>) -> Result<PathBuf> {
    let folder = user_folder(env).ok_or_else(|| {
        Failure::usage(
            "there is no folder in which trust could be kept: the environment names no home folder",
        )
        .hint(format!(
            "set HOME, or name the file each time with --config {} or GUESTLIST_CONFIG",
            file.path.display()
        ))
    })?;
    let identity = identity(file)?;
    let path = folder.join(STORE);
    let mut store = Store::read(&path)?;
    store.files.retain(|known| known.path != identity.path);
    store.files.push(identity);
    store.write(&folder, &path).map_err(|error| {
        Failure::usage(format!("cannot write {}: {error}", path.display())).hint(format!(
            "make the folder writable, or name the settings each time with --config {} or GUESTLIST_CONFIG",
            file.path.display()
        ))
    })?;
    Ok(path)
}

impl Store {
    fn read(path: &Path) -> Result<Self> {
        let wrong = |why: &dyn fmt::Display| {
            Failure::usage(format!(
                "{}, which holds the settings files that are trusted, {why}",
                path.display()
            ))
            .hint("delete it; `guestlist config trust` makes it anew, file by file")
        };
        let unreadable = |why: &dyn fmt::Display| wrong(&format!("cannot be read: {why}"));
        // Whoever can write to this file can make any settings file trusted.
        match files::access(path) {
            Ok(Some(access)) if access.everyone_writes => {
                return Err(wrong(&Refusal::WorldWritable));
            }
            Ok(_) | Err(Refusal::Io(_)) => {}
            Err(refusal) => return Err(wrong(&refusal)),
        }
        match files::read_given(path, LONGEST_STORE) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable(&error)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            // A home folder that is not a folder, such as /dev/null, holds no file.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Self::default()),
            Err(error) => Err(unreadable(&error)),
        }
    }

    /// A temporary file can be read by this user only, and is renamed into place.
    fn write(&self, folder: &Path, path: &Path) -> io::Result<()> {
        create_user_folder(folder)?;
        files::remove_leftovers(folder);
        let mut file = files::temporary_in(folder)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

fn identity(file: &SettingsFile) -> Result<Trusted> {
    let real = |path: &Path| {
        let path = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        fs::canonicalize(path).map_err(|error| {
            Failure::usage(format!(
                "the settings file {} cannot be found again: {error}",
                file.path.display()
            ))
        })
    };
    let folder = real(file.folder())?;
    Ok(Trusted {
        path: real(&file.path)?,
        sha256: fingerprint(&file.entries, &folder),
    })
}

/// A hash of the keys that need trust, in a fixed order. The folder is part of it, because paths are relative to it.
fn fingerprint(entries: &[Entry], folder: &Path) -> String {
    let mut entries: Vec<&Entry> = entries
        .iter()
        .filter(|entry| needs_trust((&entry.section, &entry.key)))
        .collect();
    entries.sort_by_key(|entry| (&entry.section, &entry.key));
    let mut digest = digest::Context::new(&digest::SHA256);
    // Each part is preceded by its length, so that two different lists never give the same bytes.
    let mut add = |part: &[u8]| {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    };
    add(folder.as_os_str().as_encoded_bytes());
    for entry in entries {
        add(entry.section.as_bytes());
        add(entry.key.as_bytes());
        match &entry.raw {
            Raw::Text(text) => {
                add(b"text");
                add(text.as_bytes());
            }
            Raw::List(items) => {
                add(b"list");
                add(&(items.len() as u64).to_be_bytes());
                for item in items {
                    add(item.as_bytes());
                }
            }
            Raw::Table(table) => {
                add(b"table");
                add(&(table.len() as u64).to_be_bytes());
                for (key, value) in table {
                    add(key.as_bytes());
                    add(value.as_bytes());
                }
            }
        }
    }
    let mut text = String::new();
    for byte in digest.finish().as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let file = SettingsFile::parse(Path::new("guestlist.toml"), text).unwrap();
        fingerprint(&file.entries, Path::new("/home/ada"))
    }

    #[test]
    fn harmless_edits_change_nothing_and_others_do() {
        let before = of("[tenant]\nid = \"contoso.com\"\n[invite]\nallow = [\"member\"]\n");
        let harmless = "# Mine\n[pace]\ninvites_per_5s = 10\n[columns]\nemail = \"Mail\"\n[invite]\nmax_invites = 5\nallow = [\"member\"]\n\n[tenant]\nid = \"contoso.com\"\n";
        assert_eq!(of(harmless), before);
        for other in [
            "[tenant]\nid = \"fabrikam.com\"\n[invite]\nallow = [\"member\"]\n",
            "[tenant]\nid = \"contoso.com\"\n",
            "[tenant]\nid = \"contoso.com\"\n[invite]\nallow = \"member\"\n",
            "[tenant]\nid = \"contoso.com\"\ngraph_url = \"https://evil.example\"\n[invite]\nallow = [\"member\"]\n",
        ] {
            assert_ne!(of(other), before, "{other}");
        }
        let file = SettingsFile::parse(Path::new("x"), "[tenant]\nid = \"contoso.com\"\n").unwrap();
        assert_ne!(
            fingerprint(&file.entries, Path::new("/home/ada")),
            fingerprint(&file.entries, Path::new("/home/eve"))
        );
    }
}
