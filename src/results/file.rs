//! Writes a table as a whole or not at all: into a temporary file that is made durable and then renamed. It is a
//! workbook if the path ends in `.xlsx`, else CSV.
//!
//! Must not know what the columns mean.

use super::{
    layout::Layout,
    target::{Occupant, STDOUT, may_be_replaced, occupant, previous_of},
    words_page::WordsPage,
    workbook::{self, Book},
};
use crate::{files, own_files::FileKind, sheet::formula::make_safe, visible::visible};
use std::{
    fs,
    io::{self, BufWriter, ErrorKind, IsTerminal, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// Where the bytes are written.
pub(super) enum Place {
    Temporary(NamedTempFile),
    /// The null device or a terminal, which a file cannot replace.
    Device(fs::File),
    /// A reader that closes standard output is not a failure.
    Stdout {
        closed: bool,
    },
}

/// Standard output itself: what is written there is made safe to show where it is a terminal ([`TableFile::record`]).
#[expect(clippy::disallowed_methods, reason = "here the table is the data")]
fn stdout() -> io::Stdout {
    io::stdout()
}

impl Place {
    pub(super) fn of(target: &Path, kind: FileKind) -> io::Result<Self> {
        Ok(if target == Path::new(STDOUT) {
            Self::Stdout { closed: false }
        } else if matches!(occupant(target, kind), Occupant::Device) {
            Self::Device(files::open_device(target).map_err(io::Error::other)?)
        } else {
            Self::Temporary(files::temporary_in(&files::folder_of(target))?)
        })
    }

    /// Makes the file durable and puts it in its place. Returns where it is, and what a person should know about that.
    pub(super) fn finish(
        mut self,
        target: PathBuf,
        kind: FileKind,
    ) -> io::Result<(PathBuf, Vec<String>)> {
        self.flush()?;
        let Self::Temporary(temporary) = self else {
            return Ok((target, Vec::new()));
        };
        temporary.as_file().sync_all()?;
        let placed = put(temporary, &target, kind)?;
        files::sync_folder(&files::folder_of(&target));
        Ok(placed)
    }
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Temporary(file) => file.write(bytes),
            Self::Device(file) => in_time(|| file.write(bytes)),
            Self::Stdout { closed: true } => Ok(bytes.len()),
            Self::Stdout { closed } => match stdout().write(bytes) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    *closed = true;
                    Ok(bytes.len())
                }
                written => written,
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Temporary(file) => file.flush(),
            Self::Device(file) => in_time(|| file.flush()),
            Self::Stdout { .. } => match stdout().flush() {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                flushed => flushed,
            },
        }
    }
}

/// Writes to a terminal. A terminal that was stopped (Ctrl-S) is waited for, but not for ever: the invitations are sent,
/// and the ledger holds the results.
fn in_time<T>(mut write: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let end = Instant::now() + PATIENCE;
    loop {
        match write() {
            Err(error) if error.kind() == ErrorKind::WouldBlock && Instant::now() < end => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

/// The error of the file itself, without the wrapper of the CSV writer, so that a full disk can be recognised.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The format of the file.
enum Form {
    Csv(Box<csv::Writer<BufWriter<Place>>>),
    Workbook(Box<Book>, Place),
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it is; another path than the one asked for if that one could not be replaced.
    pub path: PathBuf,
    pub rows: u64,
    /// What a person should be told about it.
    pub notes: Vec<String>,
}

pub(super) struct TableFile {
    form: Form,
    /// Whether a terminal shows the cells, so that control characters in them must be made visible.
    on_terminal: bool,
    target: PathBuf,
    kind: FileKind,
}

impl TableFile {
    pub(super) fn create(target: &Path, kind: FileKind, layout: &Layout) -> io::Result<Self> {
        let place = Place::of(target, kind)?;
        let on_terminal = match &place {
            Place::Temporary(_) => false,
            Place::Device(file) => file.is_terminal(),
            Place::Stdout { .. } => stdout().is_terminal(),
        };
        let form = if workbook::is_meant(target) {
            Form::Workbook(Box::new(Book::of_kind(kind)?), place)
        } else {
            Form::Csv(Box::new(csv_writer(place, layout)?))
        };
        Ok(Self {
            form,
            on_terminal,
            target: target.to_owned(),
            kind,
        })
    }

    pub(super) fn record<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(csv) => {
                for cell in cells {
                    let cell = make_safe(cell);
                    if self.on_terminal {
                        csv.write_field(visible(&cell).as_bytes()).map_err(plain)?;
                    } else {
                        csv.write_field(cell.as_bytes()).map_err(plain)?;
                    }
                }
                csv.write_record(None::<&[u8]>).map_err(plain)
            }
            Form::Workbook(book, _) => book.record(cells.map(make_safe)),
        }
    }

    /// Makes the file durable and puts it in its place. Returns where it is, and what a person should know about that.
    pub(super) fn finish(self) -> io::Result<(PathBuf, Vec<String>)> {
        self.finish_with(&WordsPage::default())
    }

    /// The same with a page in words, where the file is a workbook of results.
    pub(super) fn finish_with(self, words: &WordsPage) -> io::Result<(PathBuf, Vec<String>)> {
        let Self {
            form, target, kind, ..
        } = self;
        let place = match form {
            Form::Csv(csv) => csv
                .into_inner()
                .map_err(|error| copy_of(error.error()))?
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?,
            Form::Workbook(book, mut place) => {
                book.save(words, &mut place)?;
                place
            }
        };
        place.finish(target, kind)
    }
}

/// Looks again at what is at the target, and puts the file there or beside it. Only a file of ours is replaced, and only
/// if it can be kept as the previous one.
fn put(
    temporary: NamedTempFile,
    target: &Path,
    kind: FileKind,
) -> io::Result<(PathBuf, Vec<String>)> {
    let word = kind.word();
    let shown = target.display();
    let (temporary, why) = match occupant(target, kind) {
        Occupant::Nobody => match temporary.persist_noclobber(target) {
            Ok(_) => return Ok((target.to_owned(), Vec::new())),
            Err(refused) => (
                refused.file,
                format!("{shown} could not be made ({})", refused.error),
            ),
        },
        Occupant::Nothing => match replace(temporary, target) {
            Ok(()) => return Ok((target.to_owned(), Vec::new())),
            Err(kept) => kept,
        },
        Occupant::Ours => match keep_previous(target, kind) {
            Ok(()) => match replace(temporary, target) {
                Ok(()) => return Ok((target.to_owned(), Vec::new())),
                Err(kept) => kept,
            },
            Err(error) => (
                temporary,
                format!("the file that was at {shown} could not be kept ({error}), so it stays"),
            ),
        },
        Occupant::Foreign => (
            temporary,
            format!("{shown} was put there during the run, not by guestlist, so it stays"),
        ),
        Occupant::Device => (temporary, format!("{shown} is a device now")),
        Occupant::Refused(refusal) => (temporary, format!("{shown} {refusal}")),
    };
    let path = persist_beside(temporary, target)?;
    let note = format!("{why}: the {word} are in {}", path.display());
    Ok((path, vec![note]))
}

/// Replaces what is there; on failure returns the temporary file and the reason.
fn replace(
    temporary: NamedTempFile,
    target: &Path,
) -> std::result::Result<(), (NamedTempFile, String)> {
    temporary.persist(target).map(drop).map_err(|refused| {
        let why = format!(
            "{} could not be replaced ({}), perhaps because another program has it open",
            target.display(),
            refused.error
        );
        (refused.file, why)
    })
}

fn csv_writer(place: Place, layout: &Layout) -> io::Result<csv::Writer<BufWriter<Place>>> {
    let mut out = BufWriter::new(place);
    if layout.bom {
        out.write_all("\u{feff}".as_bytes())?;
    }
    if layout.sep_line {
        out.write_all(b"sep=")?;
        out.write_all(&[layout.delimiter])?;
        out.write_all(layout.line_end.as_bytes())?;
    }
    let terminator = match layout.line_end {
        "\r\n" => csv::Terminator::CRLF,
        "\r" => csv::Terminator::Any(b'\r'),
        _ => csv::Terminator::Any(b'\n'),
    };
    Ok(csv::WriterBuilder::new()
        .delimiter(layout.delimiter)
        .terminator(terminator)
        // A row with loose cells is longer than the header.
        .flexible(true)
        .from_writer(out))
}

/// Keeps the file of ours that is at the target as `NAME.previous.EXT`, readable by this user only.
fn keep_previous(target: &Path, kind: FileKind) -> io::Result<()> {
    if !kind.keeps_previous() {
        return Ok(());
    }
    let previous = place_for_previous(target, kind)?;
    // A second name comes first, so that the results exist at every moment. Where hard links do not exist, it is renamed.
    let _ = fs::remove_file(&previous);
    fs::hard_link(target, &previous).or_else(|_| fs::rename(target, &previous))
}

/// Takes a file of ours away from its place, and keeps it as the previous one.
pub(super) fn retire(target: &Path, kind: FileKind) -> io::Result<()> {
    if matches!(occupant(target, kind), Occupant::Ours) {
        fs::rename(target, place_for_previous(target, kind)?)?;
    }
    Ok(())
}

fn place_for_previous(target: &Path, kind: FileKind) -> io::Result<PathBuf> {
    let previous = previous_of(target);
    may_be_replaced(&previous, kind)
        .map_err(|why| io::Error::other(format!("{} {why}", previous.display())))?;
    match files::open_to_look(target)
        .map_err(io::Error::other)
        .and_then(|file| files::restrict(&file))
    {
        // The file belongs to somebody else, who could read it before.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
        done => done?,
    }
    Ok(previous)
}

/// Puts the file under the first free `NAME-2.EXT`, `NAME-3.EXT` …
fn persist_beside(mut file: NamedTempFile, target: &Path) -> io::Result<PathBuf> {
    let mut number = 2;
    loop {
        let path = numbered(target, number);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(refused) if path.exists() && number < 1_000 => {
                file = refused.file;
                number += 1;
            }
            Err(refused) => return Err(refused.error),
        }
    }
}

/// `NAME-2.EXT` and so on, for a file that cannot have the name that was asked for.
pub(crate) fn numbered(target: &Path, number: u32) -> PathBuf {
    let mut name = target.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
