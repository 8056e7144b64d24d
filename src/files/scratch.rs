//! Temporary files, and what killed runs left of them.
//!
//! A temporary file is locked for as long as it is in use; the system releases the lock when the process ends, however it
//! ends. What nobody has locked is a leftover, and the next start removes it. Must not remove anything else.

use super::{
    entry::{Kind, at},
    own::{access, careful, create_own},
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use tempfile::{Builder, NamedTempFile, TempDir};

const FILE_PREFIX: &str = ".guestlist-";
const FILE_SUFFIX: &str = ".tmp";
const FOLDER_PREFIX: &str = "guestlist-run-";
const LOCK: &str = "in-use";
/// Random letters in a name; earlier versions took fewer.
const RANDOM: usize = 8;
const SHORTEST: usize = 6;
/// Another start may take what was just made for a leftover, in the instant before it is locked: then once more.
const ATTEMPTS: usize = 5;

/// The names that a folder of temporary files can hold; nothing else is removed from it.
const CONTENTS: [&str; 8] = [
    "sheet",
    "rehearsal.db",
    "rehearsal.db-wal",
    "rehearsal.db-shm",
    "rehearsal.db-journal",
    "rehearsal.db.lock",
    "practice-ca.pem",
    LOCK,
];

/// A temporary file for this user only. It goes away when dropped.
pub(crate) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    for _ in 0..ATTEMPTS {
        let file = Builder::new()
            .prefix(FILE_PREFIX)
            .suffix(FILE_SUFFIX)
            .rand_bytes(RANDOM)
            .tempfile_in(folder)
            .map_err(|error| match error.get_ref() {
                // The crate wraps the error to add a random path, which tells a reader nothing.
                Some(_) => io::Error::from(error.kind()),
                None => error,
            })?;
        if is_locked(file.as_file()) && at(file.path())?.is_some() {
            return Ok(file);
        }
    }
    Err(taken())
}

/// The same for a file that SQLite opens as well. Elsewhere than on Linux the lock would keep SQLite out. Without it
/// another start may take the file for a leftover, where the system lets it: then it cannot get its name, and that is
/// told.
pub(crate) fn temporary_database_in(folder: &Path) -> io::Result<NamedTempFile> {
    let file = temporary_in(folder)?;
    if !cfg!(target_os = "linux") {
        file.as_file().unlock()?;
    }
    Ok(file)
}

/// Removes the temporary files that killed runs of this user left in a folder, with what SQLite keeps beside them.
pub(crate) fn remove_leftovers(folder: &Path) {
    for path in named(folder, FILE_PREFIX, FILE_SUFFIX) {
        // The lock is held until the file is removed, so that no other process can lock it in between.
        if let Some(_held) = unused(&path) {
            for suffix in ["-wal", "-shm", "-journal", ""] {
                let mut name = path.clone().into_os_string();
                name.push(suffix);
                let _ = fs::remove_file(name);
            }
        }
    }
}

/// A private folder for what one run needs and nobody else may see. It goes away when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    _lock: File,
}

impl Scratch {
    /// Removes what killed runs left, too.
    pub(crate) fn new() -> io::Result<Self> {
        Self::remove_leftovers();
        for _ in 0..ATTEMPTS {
            let mut builder = Builder::new();
            builder.prefix(FOLDER_PREFIX).rand_bytes(RANDOM);
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o700));
            }
            let folder = builder.tempdir()?;
            let lock = match create_own(&folder.path().join(LOCK)) {
                Ok(lock) => lock,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            if is_locked(&lock) && at(&folder.path().join(LOCK))?.is_some() {
                return Ok(Self {
                    folder,
                    _lock: lock,
                });
            }
        }
        Err(taken())
    }

    /// The place of a sheet that can be read only once.
    pub(crate) fn sheet(&self) -> PathBuf {
        self.folder.path().join(CONTENTS[0])
    }

    /// The place of the copy of a ledger that a dry run uses.
    pub(crate) fn rehearsal(&self) -> PathBuf {
        self.folder.path().join(CONTENTS[1])
    }

    /// The certificate that clients of a practice tenant are to trust.
    pub(crate) fn practice_authority(&self) -> PathBuf {
        self.folder.path().join("practice-ca.pem")
    }

    /// Removes the folders that killed runs of this user left.
    pub(crate) fn remove_leftovers() {
        for folder in named(&std::env::temp_dir(), FOLDER_PREFIX, "") {
            let is_folder = at(&folder).is_ok_and(|entry| {
                entry.is_some_and(|entry| entry.kind == Kind::Folder && is_mine(&entry.metadata))
            });
            if !is_folder {
                continue;
            }
            match unused(&folder.join(LOCK)) {
                Some(_held) => {
                    for name in CONTENTS {
                        let _ = fs::remove_file(folder.join(name));
                    }
                }
                None if !matches!(at(&folder.join(LOCK)), Ok(None)) => continue,
                None => {}
            }
            // Only if it is empty.
            let _ = fs::remove_dir(&folder);
        }
    }
}

/// Locked by this process now, or not to be locked at all on this file system.
fn is_locked(file: &File) -> bool {
    !matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock))
}

/// A file of this user that nobody has locked, locked now.
fn unused(path: &Path) -> Option<File> {
    access(path).ok().flatten()?;
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    careful(&mut options);
    let file = options.open(path).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// The paths in a folder whose names were made here.
fn named(folder: &Path, prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let name = entry.file_name();
            let random = name
                .to_str()
                .and_then(|name| name.strip_prefix(prefix)?.strip_suffix(suffix));
            random.is_some_and(|random| {
                random.len() >= SHORTEST && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
            })
        })
        .map(|entry| entry.path())
        .collect()
}

#[cfg(unix)]
fn is_mine(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_mine(_: &fs::Metadata) -> bool {
    true
}

fn taken() -> io::Error {
    io::Error::other("other runs took every temporary file that was made; try again")
}
