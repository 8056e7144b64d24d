//! What is at a path itself, and why it is not used.
//!
//! Must not open anything.

use std::{
    fmt, fs,
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
    Link,
    Pipe,
    Socket,
    /// A device that reads and writes characters, such as a terminal or `/dev/null`.
    CharacterDevice,
    OtherDevice,
}

impl Kind {
    pub fn of(metadata: &Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            special(kind)
        }
    }
}

#[cfg(unix)]
fn special(kind: fs::FileType) -> Kind {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        Kind::Pipe
    } else if kind.is_socket() {
        Kind::Socket
    } else if kind.is_char_device() {
        Kind::CharacterDevice
    } else {
        Kind::OtherDevice
    }
}

#[cfg(not(unix))]
fn special(_: fs::FileType) -> Kind {
    Kind::CharacterDevice
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "a file",
            Self::Folder => "a folder",
            Self::Link => "a link",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::CharacterDevice | Self::OtherDevice => "a device",
        })
    }
}

/// What is at a path.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub kind: Kind,
    pub metadata: Metadata,
}

/// What is at the path itself; a link is not followed. A link whose target is missing is a link.
pub(crate) fn at(path: &Path) -> io::Result<Option<Entry>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(Entry {
            kind: Kind::of(&metadata),
            metadata,
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The identity of the file at a path, to compare it with another look. None if there is no file.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path).ok()?;
    Some(FileId(metadata.dev(), metadata.ino()))
}

/// Outside of Unix a file that is in use cannot be replaced, so it is enough to know that it exists.
#[cfg(not(unix))]
pub(crate) fn identity(path: &Path) -> Option<FileId> {
    fs::symlink_metadata(path).ok().map(|_| FileId(0, 0))
}

/// A device and a number on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

/// Why a path is not written to. The text continues a sentence that begins with the file's name.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("is a link{}", to(.0.as_ref()))]
    Link(Option<PathBuf>),
    #[error("is {0}, not a file")]
    NotAFile(Kind),
    #[error("has {0} names (hard links), and could be written through any of them")]
    HardLinks(u64),
    #[error("belongs to another user of this machine (number {0})")]
    Owner(u32),
    #[error("can be written by every user of this machine")]
    WorldWritable,
    #[error("cannot be opened: {0}")]
    Io(#[from] io::Error),
}

fn to(target: Option<&PathBuf>) -> String {
    target.map_or_else(String::new, |target| format!(" to {}", target.display()))
}

impl Refusal {
    /// A link at this path.
    pub fn link(path: &Path) -> Self {
        Self::Link(fs::read_link(path).ok())
    }

    /// What to do about it, and who can.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Link(_) => {
                "name the file itself: what is written is never written through a link"
            }
            Self::NotAFile(_) => "name another path, or take away what stands there",
            Self::HardLinks(_) => {
                "keep one of its names and delete the others (`find -samefile` lists them)"
            }
            Self::Owner(_) => {
                "run as the user to whom it belongs, or have an administrator give it to this user with `chown`"
            }
            Self::WorldWritable => {
                "find out who wrote to it; if it is sound, take the right away with `chmod 600`"
            }
            Self::Io(_) => "make the folder, make it writable, or name another path",
        }
    }
}
