//! Files of this user that are changed in place: the ledger, its lock, the people of the practice tenant.
//!
//! Must not open a pipe that waits for a reader, and must not write through a link or into another user's file.

use super::entry::{Kind, Refusal, at};
use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    path::Path,
};

/// Who besides its owner may use a file. Outside of Unix access lists decide, and they are not read here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Access {
    pub others_read: bool,
    pub group_writes: bool,
    pub everyone_writes: bool,
}

/// The file at a path, if it is a regular file of this user with one name. None if there is nothing.
pub(crate) fn access(path: &Path) -> Result<Option<Access>, Refusal> {
    let Some(entry) = at(path)? else {
        return Ok(None);
    };
    if entry.kind == Kind::Link {
        return Err(Refusal::link(path));
    }
    is_own(&entry.metadata)?;
    Ok(Some(access_of(&entry.metadata)))
}

/// A regular file of this user, with one name.
fn is_own(metadata: &Metadata) -> Result<(), Refusal> {
    match Kind::of(metadata) {
        Kind::File => owner_and_names(metadata),
        other => Err(Refusal::NotAFile(other)),
    }
}

#[cfg(unix)]
fn owner_and_names(metadata: &Metadata) -> Result<(), Refusal> {
    use std::os::unix::fs::MetadataExt;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Refusal::Owner(metadata.uid()));
    }
    if metadata.nlink() > 1 {
        return Err(Refusal::HardLinks(metadata.nlink()));
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn owner_and_names(_: &Metadata) -> Result<(), Refusal> {
    Ok(())
}

#[cfg(unix)]
fn access_of(metadata: &Metadata) -> Access {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode();
    Access {
        others_read: mode & 0o044 != 0,
        group_writes: mode & 0o020 != 0,
        everyone_writes: mode & 0o002 != 0,
    }
}

#[cfg(not(unix))]
fn access_of(_: &Metadata) -> Access {
    Access::default()
}

/// Opens a file of this user for reading and for adding at its end; makes it where it is missing. Afterwards only this
/// user can use it.
pub(crate) fn open_own(path: &Path) -> Result<File, Refusal> {
    // The path is looked at before it is opened, because opening a device can have side effects.
    access(path)?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    careful(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    is_own(&file.metadata()?)?;
    restrict(&file)?;
    Ok(file)
}

/// Makes a file that must not be there yet, readable by this user only from the first byte on.
pub(crate) fn create_own(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    careful(&mut options);
    options.open(path)
}

/// Opens a regular file of any user for reading; a link is not followed.
pub(crate) fn open_to_look(path: &Path) -> Result<File, Refusal> {
    let mut options = OpenOptions::new();
    options.read(true);
    careful(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    match Kind::of(&file.metadata()?) {
        Kind::File => Ok(file),
        other => Err(Refusal::NotAFile(other)),
    }
}

/// Opens the null device or a terminal for writing; nothing else is a device that may be written to.
pub(crate) fn open_device(path: &Path) -> Result<File, Refusal> {
    let kind = at(path)?.map(|entry| entry.kind);
    if kind == Some(Kind::Link) {
        return Err(Refusal::link(path));
    }
    if kind.is_some_and(|kind| kind != Kind::CharacterDevice) {
        return Err(Refusal::NotAFile(kind.unwrap_or(Kind::OtherDevice)));
    }
    let mut options = OpenOptions::new();
    options.write(true);
    careful(&mut options);
    let file = options.open(path).map_err(|error| refused(path, error))?;
    let metadata = file.metadata()?;
    if is_null(&metadata) || std::io::IsTerminal::is_terminal(&file) {
        Ok(file)
    } else {
        Err(Refusal::NotAFile(Kind::of(&metadata)))
    }
}

#[cfg(unix)]
fn is_null(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    Kind::of(metadata) == Kind::CharacterDevice
        && std::fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev())
}

#[cfg(not(unix))]
fn is_null(metadata: &Metadata) -> bool {
    Kind::of(metadata) == Kind::CharacterDevice
}

/// Makes a file readable and writable by this user only.
#[cfg(unix)]
pub(crate) fn restrict(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let beyond = file.metadata()?.permissions().mode() & 0o177;
    if beyond == 0 {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}

/// Options that follow no link and do not wait, and that make a new file readable by this user only.
#[cfg(unix)]
pub(super) fn careful(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    options.mode(0o600).custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
pub(super) fn careful(_: &mut OpenOptions) {}

#[cfg(unix)]
fn refused(path: &Path, error: io::Error) -> Refusal {
    if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
        Refusal::link(path)
    } else {
        Refusal::Io(error)
    }
}

#[cfg(not(unix))]
fn refused(_: &Path, error: io::Error) -> Refusal {
    Refusal::Io(error)
}
