//! A secret in the settings is a reference: the name of an environment variable or of a file.
//!
//! The secret is read at the last moment, into a type that does not print it.

use super::Env;
use crate::{
    failure::{Failure, Result},
    files, secrets,
};
use secrecy::SecretString;
use std::{
    collections::BTreeMap,
    fmt,
    io::Read,
    path::{Path, PathBuf},
};

/// Longer than any secret; a larger file was named by mistake.
const LONGEST: u64 = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    Env(String),
    File(PathBuf),
}

impl SecretRef {
    /// Understands `{ env = "…" }` and `{ file = "…" }`.
    pub(super) fn from_table(
        table: &BTreeMap<String, String>,
        folder: &Path,
    ) -> std::result::Result<Self, String> {
        let mut entries = table.iter();
        match (entries.next(), entries.next()) {
            (Some((key, name)), None) if key == "env" && !name.is_empty() => {
                Ok(Self::Env(name.clone()))
            }
            (Some((key, path)), None) if key == "file" && !path.is_empty() => {
                Ok(Self::File(folder.join(path)))
            }
            _ => Err("write { env = \"NAME\" } or { file = \"PATH\" }".to_owned()),
        }
    }

    pub fn read(&self, env: &Env) -> Result<SecretString> {
        let secret = match self {
            Self::Env(name) => env(name)
                .filter(|value| !value.is_empty())
                .map(SecretString::from)
                .ok_or_else(|| {
                    Failure::usage(format!("the environment variable {name} holds no secret"))
                        .hint(format!("set {name}, or name another place in the settings"))
                }),
            Self::File(path) => read_file(path),
        }?;
        secrets::remember(&secret);
        Ok(secret)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}

fn read_file(path: &Path) -> Result<SecretString> {
    let unreadable = |why: &dyn fmt::Display| {
        Failure::usage(format!(
            "the secret file {} cannot be read: {why}",
            path.display()
        ))
        .hint("a secret stands alone in a regular file, or behind a link to one: correct the file, or its name in the settings")
    };
    let file = files::open_given(path).map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    if is_open_to_all(&metadata) {
        tracing::warn!(
            "the secret file {} can be read by every user of this machine; chmod 600 keeps it private",
            path.display()
        );
    }
    let mut text = String::new();
    let read = file.take(LONGEST + 1).read_to_string(&mut text);
    if read.map_err(|error| unreadable(&error))? as u64 > LONGEST {
        return Err(unreadable(&"it is too long for a secret"));
    }
    match text.trim_start_matches('\u{feff}').trim() {
        "" => Err(unreadable(&"it is empty")),
        secret => Ok(SecretString::from(secret)),
    }
}

#[cfg(unix)]
fn is_open_to_all(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.mode() & 0o004 != 0
}

/// Outside of Unix, access lists decide who can read a file, and the metadata does not show them.
#[cfg(not(unix))]
fn is_open_to_all(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn table(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn references_have_one_place() {
        let folder = Path::new("etc");
        let file = SecretRef::from_table(&table(&[("file", "secret.txt")]), folder);
        assert_eq!(file, Ok(SecretRef::File("etc/secret.txt".into())));
        let both = table(&[("file", "a"), ("env", "B")]);
        assert!(SecretRef::from_table(&both, folder).is_err());
        assert!(SecretRef::from_table(&table(&[("keyring", "a")]), folder).is_err());
        assert!(SecretRef::from_table(&table(&[]), folder).is_err());
    }

    #[test]
    fn a_file_is_trimmed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "\u{feff} s3cret \r\n").unwrap();
        let secret = SecretRef::File(path).read(&|_| None).unwrap();
        assert_eq!(secret.expose_secret(), "s3cret");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everyone_can_read_is_noticed() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        let open = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(file.path(), permissions).unwrap();
            is_open_to_all(&file.as_file().metadata().unwrap())
        };
        assert!(open(0o644));
        assert!(!open(0o600) && !open(0o640));
    }

    #[test]
    fn what_holds_no_secret_is_a_usage_error() {
        let folder = tempfile::tempdir().unwrap();
        let empty = folder.path().join("empty");
        std::fs::write(&empty, "\n").unwrap();
        for reference in [
            SecretRef::Env("APP_SECRET".into()),
            SecretRef::File(empty),
            SecretRef::File(folder.path().join("missing")),
        ] {
            let failure = reference.read(&|_| Some(String::new())).unwrap_err();
            assert_eq!(failure.exit, crate::exit::Exit::Usage);
        }
    }
}
