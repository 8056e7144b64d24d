//! A sheet, opened and understood; it holds no rows and can be read again and again.
//!
//! Must not keep the sheet in memory; each reading starts at the beginning of the file.

use super::bytes::{Bytes, Stamp};
use super::catalogue::{
    CHANGED, EMPTY, NO_HEADER_ROW, NO_ROWS, NOT_A_FILE, NOT_FOUND, NOT_TEXT, READ_FAILED,
    UNKNOWN_ENCODING,
};
use super::encoding::{self, Charset};
use super::find::{self, Asked, HeadRecord, Reading};
use super::{Dialect, Field, Header, Problem, Rows, columns, stopped};
use crate::exit::Exit;
use crate::failure::Failure;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tempfile::TempPath;

/// How much of a sheet is looked at to understand it.
const HEAD: usize = 256 * 1024;

/// How a sheet is to be read, where that is not left to itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetOptions {
    pub map: Vec<(Field, String)>,
    pub encoding: Option<String>,
    pub delimiter: Option<u8>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    pub header_row: Option<u64>,
    pub hidden: Option<Hidden>,
}

/// What to do with rows that a filter hides in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    Include,
    Skip,
}

/// The sheet cannot be used: all that is wrong with it as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub problems: Vec<Problem>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut problems = refused.problems.into_iter();
        let Some(first) = problems.next() else {
            return Failure::new(Exit::SheetRefused, "the sheet cannot be used");
        };
        let failure = Failure::new(
            Exit::SheetRefused,
            format!("{} [{}]", first.message, first.code),
        )
        .hint(first.fix);
        problems.fold(failure, |failure, problem| {
            failure.hint(format!("{}; {}", problem.message, problem.fix))
        })
    }
}

/// What makes a sheet the same sheet as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    pub length: u64,
    /// Known after the first complete reading.
    pub hash: Option<u128>,
}

/// A handle; clones are the same sheet.
#[derive(Debug, Clone)]
pub struct Sheet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// How a person calls it.
    name: String,
    /// Standard input is kept in a private file for as long as the sheet is.
    _spooled: Option<TempPath>,
    stamp: Stamp,
    hash: OnceLock<u128>,
    charset: Charset,
    dialect: Dialect,
    header: Header,
    hints: Vec<Problem>,
}

impl Sheet {
    pub fn open(path: &Path, options: &SheetOptions) -> Result<Self, Refused> {
        Self::open_as(path, path.display().to_string(), None, options)
    }

    /// Opens what can be read only once, such as standard input: it is put into a private temporary file first.
    pub fn spool(
        input: &mut dyn Read,
        name: &str,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let failed = |error: io::Error| {
            let message = format!("putting {name} into a temporary file failed: {error}");
            Refused::from(
                Problem::error(READ_FAILED, message)
                    .fix("make room on the disk of temporary files"),
            )
        };
        let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
        io::copy(input, &mut file).map_err(failed)?;
        let spooled = file.into_temp_path();
        let path = spooled.to_path_buf();
        Self::open_as(&path, name.to_owned(), Some(spooled), options)
    }

    fn open_as(
        path: &Path,
        name: String,
        spooled: Option<TempPath>,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let (head, whole, stamp) = read_head(path)?;
        if let Some(kind) = not_text(&head) {
            return Err(kind.into());
        }
        let asked = asked_encoding(options)?;
        let charset = encoding::charset(&head, asked);
        if asked.is_none()
            && charset.bom == 0
            && let Some(utf16) = encoding::looks_like_utf16(&head)
        {
            let problem = Problem::error(
                NOT_TEXT,
                "the sheet looks like UTF-16 without a byte order mark",
            );
            return Err(problem
                .fix(format!(
                    "say so: --encoding {}",
                    utf16.name().to_lowercase()
                ))
                .into());
        }
        let text = encoding::decode_head(&head, charset, whole);
        let asked = Asked {
            delimiter: options.delimiter,
            header_row: options.header_row,
            map: &options.map,
        };
        let reading = find::read(&text, whole, asked).map_err(|problem| *problem)?;
        let Some(at) = reading.header else {
            return Err(no_header(path, charset, &reading, options));
        };
        let HeadRecord {
            row,
            line,
            ref cells,
        } = reading.records[at];
        let (mut header, problems) = columns::understand(cells.clone(), row, line, &options.map);
        header.delimiter = reading.delimiter;
        if problems.iter().any(Problem::is_error) {
            return Err(Refused { problems });
        }
        let sheet = Self(Arc::new(Inner {
            path: path.to_owned(),
            name,
            _spooled: spooled,
            stamp,
            hash: OnceLock::new(),
            charset,
            dialect: Dialect {
                delimiter: reading.delimiter,
                evidence: reading.evidence,
                bom: charset.bom > 0,
                line_end: find::line_end(&text),
                sep_line: find::sep_line(&text).is_some(),
            },
            header,
            hints: problems,
        }));
        match sheet.rows()?.next() {
            None => Err(sheet.no_rows().into()),
            Some(_) => Ok(sheet),
        }
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// How a person calls it: the path, or the name that was given for what was spooled.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name of the encoding, such as `UTF-8`.
    pub fn encoding(&self) -> &'static str {
        self.0.charset.encoding.name()
    }

    pub fn dialect(&self) -> &Dialect {
        &self.0.dialect
    }

    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// What is worth a look about the sheet as a whole; never an error.
    pub fn hints(&self) -> &[Problem] {
        &self.0.hints
    }

    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            length: self.0.stamp.length,
            hash: self.0.hash.get().copied(),
        }
    }

    /// The rows from the first to the last, read from the file as they are asked for.
    pub fn rows(&self) -> Result<Rows, Refused> {
        let (bytes, stamp) =
            Bytes::open(&self.0.path).map_err(|error| cannot_read(&self.0.path, &error))?;
        if stamp != self.0.stamp {
            return Err(changed().into());
        }
        Ok(Rows::new(self.clone(), bytes))
    }

    pub(super) fn charset(&self) -> Charset {
        self.0.charset
    }

    /// Compares a complete reading with the one before; the first one is remembered.
    pub(super) fn same_as_before(&self, hash: u128) -> Result<(), Box<Problem>> {
        if *self.0.hash.get_or_init(|| hash) == hash {
            Ok(())
        } else {
            Err(Box::new(changed()))
        }
    }

    fn no_rows(&self) -> Problem {
        let row = self.0.header.row;
        Problem::error(
            NO_ROWS,
            format!("the sheet has a header in row {row} and no rows below it"),
        )
        .fix("add one row for each person below the header")
    }
}

fn read_head(path: &Path) -> Result<(Vec<u8>, bool, Stamp), Refused> {
    let metadata = std::fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    if !metadata.is_file() {
        let kind = if metadata.is_dir() {
            "a folder"
        } else {
            "not a regular file"
        };
        let fix = if metadata.is_dir() {
            "name the sheet inside it"
        } else {
            "pipe it in: `-` as the sheet reads standard input"
        };
        return Err(
            Problem::error(NOT_A_FILE, format!("{} is {kind}", path.display()))
                .fix(fix)
                .into(),
        );
    }
    let (mut bytes, stamp) = Bytes::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut head = Vec::new();
    let mut whole = false;
    while head.len() < HEAD && !whole {
        whole = bytes
            .append(&mut head)
            .map_err(|error| cannot_read(path, &error))?
            == 0;
    }
    if head.iter().all(u8::is_ascii_whitespace) && whole {
        return Err(empty().into());
    }
    Ok((head, whole, stamp))
}

fn empty() -> Problem {
    Problem::error(EMPTY, "the sheet is empty")
        .fix("save it again, or start from `guestlist template`")
}

pub(super) fn changed() -> Problem {
    Problem::error(CHANGED, "the sheet changed while it was being read")
        .fix("save and close it in the spreadsheet program, then run the command again")
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Problem {
    let path = path.display();
    match error.kind() {
        ErrorKind::NotFound => {
            Problem::error(NOT_FOUND, format!("there is no file {path}")).fix("check the path")
        }
        ErrorKind::PermissionDenied => {
            Problem::error(NOT_FOUND, format!("{path} may not be read by this user"))
                .fix("check the file's permissions, and whether another program holds it open")
        }
        _ => Problem::error(READ_FAILED, format!("reading {path} failed: {error}"))
            .fix("copy the file to a local disk and try again"),
    }
}

fn asked_encoding(
    options: &SheetOptions,
) -> Result<Option<&'static encoding_rs::Encoding>, Refused> {
    let Some(name) = &options.encoding else {
        return Ok(None);
    };
    encoding::by_name(name).map(Some).ok_or_else(|| {
        Problem::error(
            UNKNOWN_ENCODING,
            format!("there is no encoding called `{name}`"),
        )
        .fix("common names are utf-8, windows-1252, windows-1250, iso-8859-15, shift_jis, utf-16le")
        .into()
    })
}

/// Files that are certainly something else, by their first bytes.
fn not_text(head: &[u8]) -> Option<Problem> {
    let (kind, fix) = match head {
        [b'P', b'K', 3, 4, ..] => ("a workbook or another zip archive", "save it as CSV UTF-8"),
        [0xD0, 0xCF, 0x11, 0xE0, ..] => (
            "an old Excel workbook (.xls), or one that is protected by a password",
            "open it, remove the password, and save it as .xlsx or CSV UTF-8",
        ),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF", "export the table itself as CSV UTF-8 or .xlsx"),
        [0x1F, 0x8B, ..] => ("a compressed file", "unpack it first"),
        [b'{', b'\\', b'r', b't', b'f', ..] => (
            "a text document (RTF)",
            "copy the table into a spreadsheet and save it as CSV UTF-8",
        ),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => ("UTF-32 text", "save it as CSV UTF-8"),
        _ if starts_with_html(head) => (
            "a web page",
            "open it in a spreadsheet program and save it as CSV UTF-8 or .xlsx",
        ),
        _ => return None,
    };
    Some(Problem::error(NOT_TEXT, format!("the file is {kind}, not a text sheet")).fix(fix))
}

fn starts_with_html(head: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&head[..head.len().min(64)])
        .trim_start()
        .to_ascii_lowercase();
    ["<!doctype html", "<html", "<table", "<?xml"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

/// There is no row that could be the header: say the most useful thing about what is there.
fn no_header(path: &Path, charset: Charset, reading: &Reading, options: &SheetOptions) -> Refused {
    if let Some(stopped) = &reading.stopped {
        return stopped::problem(stopped, None, charset, path).into();
    }
    if let Some(row) = options.header_row {
        let problem = Problem::error(
            NO_HEADER_ROW,
            format!("row {row} is empty or not there, so it cannot be the header"),
        );
        return problem
            .fix("give --header-row the number that the spreadsheet shows beside the header")
            .into();
    }
    let Some(first) = reading.records.first() else {
        return Rows::first_stop(path, charset, reading.delimiter)
            .unwrap_or_else(empty)
            .into();
    };
    let is_address = |cell: &String| {
        cell.trim()
            .split('@')
            .filter(|part| part.contains('.') || !part.is_empty())
            .count()
            == 2
            && !cell.trim().contains(' ')
    };
    if first.cells.iter().any(is_address) {
        let problem = Problem::error(
            super::catalogue::NO_ADDRESS_COLUMN,
            "the sheet has no header: its first row holds an address already",
        );
        return problem
            .at(first.row, first.line)
            .fix("put a row with the names of the columns above it, such as `email,display_name`")
            .into();
    }
    let (_, mut problems) =
        columns::understand(first.cells.clone(), first.row, first.line, &options.map);
    // What the columns hold tells more than what they are called.
    let holding = (0..first.cells.len()).find(|column| {
        let below: Vec<&String> = reading.records[1..]
            .iter()
            .filter_map(|record| record.cells.get(*column))
            .collect();
        !below.is_empty() && below.iter().filter(|cell| is_address(cell)).count() * 2 > below.len()
    });
    if let (Some(column), Some(problem)) = (
        holding,
        problems
            .iter_mut()
            .find(|p| p.code == super::catalogue::NO_ADDRESS_COLUMN),
    ) {
        let name = first.cells[column].trim();
        problem.fix = format!(
            "column `{name}` holds addresses: --map email=\"{name}\", or rename it to `email`"
        );
    }
    Refused { problems }
}
