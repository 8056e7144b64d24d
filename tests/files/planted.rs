//! Something at the path of a file that the program reads or writes.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

/// A user that no test runs as.
pub(super) const SOMEBODY: u32 = 65_533;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planted {
    Pipe,
    Link,
    HardLink,
    Somebodys,
    Readable,
    Device,
    Folder,
}

pub(super) const ALL: [Planted; 7] = [
    Planted::Pipe,
    Planted::Link,
    Planted::HardLink,
    Planted::Somebodys,
    Planted::Readable,
    Planted::Device,
    Planted::Folder,
];

impl Planted {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Pipe => "a pipe",
            Self::Link => "a link to it",
            Self::HardLink => "a second hard link",
            Self::Somebodys => "another user's",
            Self::Readable => "readable by others",
            Self::Device => "a device",
            Self::Folder => "a folder",
        }
    }

    /// Whether the file itself is there, in some way, so that it may be used.
    pub(super) fn is_the_file(self) -> bool {
        matches!(self, Self::HardLink | Self::Somebodys | Self::Readable)
    }

    /// Puts it where the file is now; what the file held is in `victim` where another name leads to it. False where
    /// this user may not.
    pub(super) fn plant(self, place: &Path, victim: &Path) -> bool {
        match self {
            Self::Pipe => {
                fs::remove_file(place).unwrap();
                pipe(place);
            }
            Self::Link => {
                fs::rename(place, victim).unwrap();
                symlink(victim, place).unwrap();
            }
            Self::HardLink => fs::hard_link(place, victim).unwrap(),
            Self::Somebodys => return chown(place),
            Self::Readable => {
                fs::set_permissions(place, fs::Permissions::from_mode(0o644)).unwrap();
            }
            Self::Device => {
                fs::remove_file(place).unwrap();
                return device(place);
            }
            Self::Folder => {
                fs::remove_file(place).unwrap();
                fs::create_dir(place).unwrap();
            }
        }
        true
    }
}

pub(super) fn pipe(place: &Path) {
    let made = Command::new("mkfifo").arg(place).status();
    assert!(made.unwrap().success());
}

fn chown(place: &Path) -> bool {
    std::os::unix::fs::chown(place, Some(SOMEBODY), Some(SOMEBODY)).is_ok()
}

/// `/dev/zero` by another name.
fn device(place: &Path) -> bool {
    let made = Command::new("mknod")
        .arg(place)
        .args(["c", "1", "5"])
        .output();
    // Where devices are switched off the file is there and cannot be opened.
    made.is_ok_and(|made| made.status.success()) && fs::File::open(place).is_ok()
}

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    kind: &'static str,
    inode: u64,
}

impl Standing {
    pub(super) fn at(place: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(place).ok()?;
        let kind = metadata.file_type();
        let kind = if kind.is_symlink() {
            "link"
        } else if kind.is_fifo() {
            "pipe"
        } else if kind.is_dir() {
            "folder"
        } else if kind.is_char_device() {
            "device"
        } else {
            "file"
        };
        Some(Self {
            kind,
            inode: metadata.ino(),
        })
    }

    pub(super) fn is_file(&self) -> bool {
        self.kind == "file"
    }

    pub(super) fn is_the_same_file(&self, other: &Self) -> bool {
        self.inode == other.inode
    }
}

pub(super) fn mode(place: &Path) -> u32 {
    fs::metadata(place).unwrap().permissions().mode() & 0o777
}

/// Every entry of a folder whose name begins so.
pub(super) fn named(folder: &Path, beginning: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(beginning))
        .map(|entry| entry.path())
        .collect()
}
