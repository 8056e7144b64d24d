//! Files that are read: sheets, settings, secrets, certificates, weather. They may be reached by links and belong to
//! other users, as with a volume that Kubernetes mounts.
//!
//! Must not wait for ever: a pipe into which nobody writes is an error.

use super::entry::Kind;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Cursor, ErrorKind, Read},
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// How long to wait for a program that writes into a pipe.
const PATIENCE: Duration = Duration::from_secs(10);
const CHUNK: usize = 64 * 1024;

/// Opens the regular file behind a path, for reading.
pub(crate) fn open_given(path: &Path) -> io::Result<File> {
    match open(path)? {
        (file, Kind::File) => Ok(file),
        (_, other) => Err(not_a_file(other)),
    }
}

/// Opens the pipe at a path, which can be read only once; none if the path is not a pipe. Waits a while for a writer.
pub(crate) fn open_pipe(path: &Path) -> io::Result<Option<Box<dyn Read + Send>>> {
    if Kind::of(&fs::metadata(path)?) != Kind::Pipe {
        return Ok(None);
    }
    match open(path)? {
        (file, Kind::Pipe) => Ok(Some(started(file, PATIENCE)?)),
        _ => Ok(None),
    }
}

fn open(path: &Path) -> io::Result<(File, Kind)> {
    // The path is looked at before it is opened, because opening a device can have side effects.
    let kind = Kind::of(&fs::metadata(path)?);
    if !matches!(kind, Kind::File | Kind::Pipe) {
        return Err(not_a_file(kind));
    }
    let mut options = OpenOptions::new();
    options.read(true);
    without_waiting(&mut options);
    let file = options.open(path)?;
    let kind = Kind::of(&file.metadata()?);
    Ok((file, kind))
}

fn not_a_file(kind: Kind) -> io::Error {
    io::Error::other(format!("it is {kind}, not a file"))
}

/// Opens a regular file and reads all of it. What is longer than `longest` bytes is refused.
pub(crate) fn read_given(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_given(path)?
        .take(longest + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::other(format!(
            "it is too long: more than {} KiB",
            longest.div_ceil(1024)
        )));
    }
    Ok(bytes)
}

/// The same for UTF-8 text.
pub(crate) fn read_given_text(path: &Path, longest: u64) -> io::Result<String> {
    String::from_utf8(read_given(path, longest)?)
        .map_err(|_| io::Error::other("it is not UTF-8 text"))
}

/// A pipe, once somebody has opened its other end. Without a writer reading ends at once, with a writer that has not
/// written yet it would have to wait: that is how the two are told apart.
fn started(mut file: File, patience: Duration) -> io::Result<Box<dyn Read + Send>> {
    const PAUSE: Duration = Duration::from_millis(20);
    let end = Instant::now() + patience;
    let mut first = vec![0; CHUNK];
    let read = loop {
        match file.read(&mut first) {
            Ok(0) if Instant::now() >= end => {
                return Err(io::Error::new(
                    ErrorKind::TimedOut,
                    format!(
                        "it is a pipe, and nobody has written into it for {} s",
                        patience.as_secs()
                    ),
                ));
            }
            Ok(0) => thread::sleep(PAUSE),
            Ok(read) => break read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break 0,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    };
    first.truncate(read);
    // From here on reading takes as long as the writer needs, as with standard input.
    waiting(&file)?;
    Ok(Box::new(Cursor::new(first).chain(file)))
}

#[cfg(unix)]
fn without_waiting(options: &mut OpenOptions) {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    options.custom_flags(flags.bits().cast_signed());
}

#[cfg(not(unix))]
fn without_waiting(_: &mut OpenOptions) {}

#[cfg(unix)]
fn waiting(file: &File) -> io::Result<()> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    let flags = fcntl_getfl(file)?;
    Ok(fcntl_setfl(file, flags - OFlags::NONBLOCK)?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn waiting(_: &File) -> io::Result<()> {
    Ok(())
}
