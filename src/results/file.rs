//! A table that appears whole or not at all: written beside its place, made durable, renamed. A workbook where the
//! path ends in `.xlsx`, CSV everywhere else.
//!
//! Must not know what the columns mean.

use super::layout::Layout;
use super::target::{self, FileKind, Occupant};
use super::workbook::{self, Book};
use crate::sheet::formula::make_safe;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Where the bytes go until the file is whole.
enum Place {
    Temporary(NamedTempFile),
    /// Something that cannot be renamed over, such as `/dev/null`.
    Device(fs::File),
}

impl Write for Place {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Temporary(file) => file.write(bytes),
            Self::Device(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Temporary(file) => file.flush(),
            Self::Device(file) => file.flush(),
        }
    }
}

/// In which form the cells are kept.
enum Form {
    Csv(Box<csv::Writer<BufWriter<Place>>>),
    Workbook(Box<Book>, Place),
}

pub struct TableFile {
    form: Form,
    /// As it was asked for, to be told.
    asked: PathBuf,
    /// What is replaced: behind a link, the file that it points to.
    target: PathBuf,
    kind: FileKind,
}

impl TableFile {
    pub fn create(target: &Path, kind: FileKind, layout: &Layout) -> io::Result<Self> {
        let asked = target.to_owned();
        let target = if target.is_symlink() {
            fs::canonicalize(target)?
        } else {
            asked.clone()
        };
        let place = if target::is_device(&target) {
            Place::Device(fs::OpenOptions::new().write(true).open(&target)?)
        } else {
            Place::Temporary(target::temporary_in(&target::folder_of(&target))?)
        };
        let form = if workbook::is_meant(&asked) {
            Form::Workbook(Box::new(Book::new(kind.word(), 0)?), place)
        } else {
            Form::Csv(Box::new(csv_writer(place, layout)?))
        };
        Ok(Self {
            form,
            asked,
            target,
            kind,
        })
    }

    pub fn record<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(csv) => {
                for cell in cells {
                    csv.write_field(make_safe(cell).as_bytes())?;
                }
                csv.write_record(None::<&[u8]>)?;
                Ok(())
            }
            Form::Workbook(book, _) => book.record(cells.map(make_safe)),
        }
    }

    /// Makes the file durable and puts it in its place: where it is now, and what there is to say.
    pub fn finish(self) -> io::Result<(PathBuf, Vec<String>)> {
        let Self {
            form,
            asked,
            target,
            kind,
        } = self;
        let place = match form {
            Form::Csv(csv) => csv
                .into_inner()
                .map_err(|error| copy_of(error.error()))?
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?,
            Form::Workbook(book, mut place) => {
                book.save(&mut place)?;
                place
            }
        };
        let temporary = match place {
            Place::Device(_) => return Ok((asked, Vec::new())),
            Place::Temporary(file) => file,
        };
        temporary.as_file().sync_all()?;
        let mut notes = Vec::new();
        if let Err(error) = keep_previous(&target, kind) {
            notes.push(format!(
                "the file that was at {} could not be kept: {error}",
                target.display()
            ));
        }
        let path = match temporary.persist(&target) {
            Ok(_) => asked,
            Err(refused) => {
                let path = persist_beside(refused.file, &target)?;
                notes.push(format!(
                    "{} could not be replaced ({}), perhaps because another program has it open: the {} are in {}",
                    asked.display(),
                    refused.error,
                    kind.word(),
                    path.display()
                ));
                path
            }
        };
        sync_folder(&target::folder_of(&target));
        Ok((path, notes))
    }
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
        // Loose cells make a row longer than the header.
        .flexible(true)
        .from_writer(out))
}

/// Keeps a file of ours as `NAME.previous`; one generation.
pub fn keep_previous(target: &Path, kind: FileKind) -> io::Result<()> {
    if target::occupant(target, kind)? != Occupant::Ours {
        return Ok(());
    }
    let mut previous = target.as_os_str().to_owned();
    previous.push(".previous");
    let previous = PathBuf::from(previous);
    if target::occupant(&previous, kind)? == Occupant::Foreign {
        return Err(io::Error::other(format!(
            "{} was not written by guestlist",
            previous.display()
        )));
    }
    // A second name first, so that there is no instant without results; a rename where links do not exist.
    let _ = fs::remove_file(&previous);
    fs::hard_link(target, &previous).or_else(|_| fs::rename(target, &previous))
}

/// Puts the file under the first free `NAME-2.EXT`, `NAME-3.EXT` …
fn persist_beside(mut file: NamedTempFile, target: &Path) -> io::Result<PathBuf> {
    let stem = target.file_stem().unwrap_or_default().to_string_lossy();
    let extension = target
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()))
        .unwrap_or_default();
    let mut number = 2;
    loop {
        let path = target.with_file_name(format!("{stem}-{number}{extension}"));
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

/// A rename is durable when its folder is. Where folders cannot be opened there is nothing to do.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn copy_of(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
