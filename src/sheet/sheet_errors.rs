//! The errors of a sheet that cannot be used at all, with what to do.
//!
//! Must not open or read a sheet; only the file names of its folder are read.

use super::{
    Refused, SheetOptions, addresses,
    catalogue::{
        CHANGED, EMPTY, NO_ADDRESS_COLUMN, NO_HEADER_ROW, NOT_FOUND, NOT_TEXT, PROTECTED,
        READ_FAILED, RECORD_TOO_LARGE,
    },
    columns,
    header_detection::Reading,
};
use crate::{nearest::nearest, problem::Problem};
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

pub(super) fn empty() -> Problem {
    Problem::error(EMPTY, "the sheet is empty")
        .fix("save it again, or start from `guestlist template`")
}

pub(super) fn first_row_too_large() -> Problem {
    Problem::error(
        RECORD_TOO_LARGE,
        "the first row has more than 256 KiB, so it cannot be the header",
    )
    .fix("look at that row: a missing line end or quotation mark is the usual cause")
}

pub(super) fn changed() -> Problem {
    Problem::error(CHANGED, "the sheet changed while it was being read")
        .fix("save and close it in the spreadsheet program, then run the command again")
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Problem {
    let shown = path.display();
    match error.kind() {
        ErrorKind::NotFound => {
            let problem = Problem::error(NOT_FOUND, format!("there is no file {shown}"));
            match alike(path).as_deref().and_then(Path::to_str) {
                Some(alike) => problem.fix(format!("did you mean {alike}?")).suggest(alike),
                None => problem.fix(instead_of_a_file(&shown.to_string())),
            }
        }
        ErrorKind::PermissionDenied => {
            Problem::error(NOT_FOUND, format!("{shown} may not be read by this user"))
                .fix("check the file's permissions, and whether another program holds it open")
        }
        _ => Problem::error(READ_FAILED, format!("reading {shown} failed: {error}"))
            .fix("copy the file to a local disk and try again"),
    }
}

/// What to do where something else than a path was probably typed.
fn instead_of_a_file(typed: &str) -> &'static str {
    if typed.contains("://") {
        "download the sheet first, and name the file on this computer"
    } else if typed.contains('@') && !typed.contains(['/', '\\']) {
        "that is an address, and a sheet is needed: `guestlist template` prints an empty one; with a sheet, --only takes an address"
    } else {
        "check the name and the folder; a name with blanks needs quotation marks"
    }
}

/// The sheet beside a path that is not there which has nearly the same name, or the same with another extension.
fn alike(path: &Path) -> Option<PathBuf> {
    /// A folder with more files than this is not searched to its end.
    const MOST_FILES: usize = 2_000;
    const SHEETS: [&str; 6] = ["csv", "tsv", "tab", "txt", "xlsx", "ods"];
    let wanted = path.file_name()?.to_str()?.to_lowercase();
    let parent = path.parent().unwrap_or(Path::new(""));
    let folder = if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(MOST_FILES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let extension = Path::new(name).extension().and_then(|word| word.to_str());
            let is_sheet = extension
                .is_some_and(|word| SHEETS.iter().any(|known| known.eq_ignore_ascii_case(word)));
            // A results or to-fix file is not the sheet that was meant.
            is_sheet
                && ![".results.", ".to-fix.", ".dry-run.", ".practice."]
                    .iter()
                    .any(|ours| name.contains(ours))
        })
        .collect();
    names.sort();
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .to_lowercase()
    };
    let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let same_stem = || lower.iter().position(|name| stem(name) == stem(&wanted));
    let near = || {
        let near = nearest(&wanted, lower.iter().map(String::as_str))?;
        lower.iter().position(|name| name == near)
    };
    let at = same_stem().or_else(near)?;
    Some(parent.join(&names[at]))
}

/// Files that are certainly something else, by their first bytes.
pub(super) fn not_text(head: &[u8]) -> Option<Problem> {
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) && holds_encrypted_package(head) {
        let problem = Problem::error(PROTECTED, "the workbook is protected by a password");
        return Some(problem.fix("open it, remove the password, and save it again"));
    }
    let (kind, fix) = match head {
        [0xD0, 0xCF, 0x11, 0xE0, ..] => (
            "an old Excel workbook (.xls)",
            "open it and save it as .xlsx or CSV UTF-8",
        ),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF", "export the table itself as CSV UTF-8 or .xlsx"),
        [0x89, b'P', b'N', b'G', ..] | [0xFF, 0xD8, 0xFF, ..] => {
            ("a picture", "export the table itself as CSV UTF-8 or .xlsx")
        }
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

/// An encrypted XLSX file is a stream of this name inside the old container format (MS-OFFCRYPTO).
fn holds_encrypted_package(head: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    head.windows(name.len()).any(|window| window == name)
}

fn starts_with_html(head: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&head[..head.len().min(64)])
        .trim_start()
        .to_ascii_lowercase();
    ["<!doctype html", "<html", "<table", "<?xml"]
        .iter()
        .any(|tag| start.starts_with(tag))
}

/// Why no row can be the header: the most useful explanation for the rows that were found.
pub(super) fn no_header(reading: &Reading, options: &SheetOptions) -> Refused {
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
        return empty().into();
    };
    if first.cells.iter().any(|cell| addresses::holds(cell)) {
        let problem = Problem::error(
            NO_ADDRESS_COLUMN,
            "the sheet has no header: its first row holds an address already",
        );
        return problem
            .at(first.row, first.line)
            .fix("put a row with the names of the columns above it, such as `email,display_name`")
            .into();
    }
    let (_, mut problems) = columns::understand(
        first.cells.clone(),
        first.row,
        first.line,
        &options.map,
        &options.ignore,
    );
    problems.retain(Problem::is_error);
    if problems.is_empty() {
        let mut problem = columns::no_address_column(&first.cells).at(first.row, first.line);
        problem.fix +=
            "; if the names of the columns stand further down, --header-row N says where";
        problems.push(problem);
    }
    Refused { problems }
}
