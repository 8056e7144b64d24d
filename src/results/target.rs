//! Whether a results or to-fix file may be written to a path. This is checked before a run, so that it does not fail
//! after the mails were sent, and again right before the file is put in its place.
//!
//! Must not change an existing file.

use super::workbook::other_form;
use crate::{
    failure::{Failure, Result},
    files::{self, Kind, Refusal},
    own_files::{FileKind, REPORT_MARK},
};
use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

impl FileKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Results => "results",
            Self::ToFix => "to-fix",
            Self::Status | Self::Leavers | Self::Cleanup => "list",
            Self::Report => "report",
        }
    }

    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Results => "--results FILE",
            Self::ToFix => "--to-fix FILE",
            Self::Status | Self::Leavers | Self::Cleanup => "-o FILE",
            Self::Report => "--report FILE, or of `guestlist report` with -o FILE",
        }
    }

    /// Whether the file that is replaced is kept under another name. A page can be made anew at any time, and one more
    /// copy would name people.
    pub(super) fn keeps_previous(self) -> bool {
        self != Self::Report
    }
}

/// What is at a path.
#[derive(Debug)]
pub(super) enum Occupant {
    Nobody,
    /// An empty file: nothing to lose.
    Nothing,
    /// The null device or a terminal.
    Device,
    /// A file that this program wrote.
    Ours,
    /// A file that it did not write.
    Foreign,
    /// A link, a pipe, a folder, or what cannot be looked at.
    Refused(Refusal),
}

/// The path that means standard output.
pub(crate) const STDOUT: &str = "-";

/// Refuses a target that holds anything but a file of ours, that is the sheet itself, or whose folder cannot be
/// written. Removes what a killed run left there.
pub(crate) fn check_target(target: &Path, kind: FileKind, sheet: &Path) -> Result<()> {
    let word = kind.word();
    let another = format!("name another file with {}", kind.flag());
    let refuse = |what: String| Err(Failure::usage(what).hint(another.as_str()));
    if target == Path::new(STDOUT) {
        return match kind {
            FileKind::Results
            | FileKind::Status
            | FileKind::Leavers
            | FileKind::Cleanup
            | FileKind::Report => Ok(()),
            FileKind::ToFix => refuse("only results can go to standard output".to_owned()),
        };
    }
    if same_place(target, sheet) {
        return refuse(format!(
            "the {word} would be written over the sheet itself, {}",
            target.display()
        ));
    }
    if let Some(other) = other_form(target).filter(|_| kind != FileKind::Report) {
        return refuse(format!(
            "the {word} can be written as .xlsx or as text, not as .{other}"
        ));
    }
    match occupant(target, kind) {
        Occupant::Device => return Ok(()),
        Occupant::Foreign => {
            return refuse(format!(
                "{} is there already and was not written by guestlist, so it is not overwritten",
                target.display()
            ));
        }
        Occupant::Refused(Refusal::Io(error)) => {
            return refuse(format!(
                "cannot look at {}, where the {word} would go: {error}",
                target.display()
            ));
        }
        Occupant::Refused(refusal) => {
            let failure = Failure::usage(format!("the {word} path {} {refusal}", target.display()))
                .hint(another);
            return Err(match (kind, &refusal) {
                (FileKind::Results, Refusal::Link(_) | Refusal::NotAFile(Kind::Pipe)) => failure
                    .hint("`-o -` writes the results to standard output, for another program"),
                _ => failure,
            });
        }
        Occupant::Ours if kind.keeps_previous() => previous_is_free(target, kind)?,
        Occupant::Ours | Occupant::Nobody | Occupant::Nothing => {}
    }
    let folder = files::folder_of(target);
    match files::temporary_in(&folder) {
        Ok(_) => {
            files::remove_leftovers(&folder);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::usage(format!(
            "the folder {} does not exist, so the {word} cannot be written there",
            folder.display()
        ))
        .hint(format!("make the folder, or {another}"))),
        Err(error) => refuse(format!(
            "cannot write the {word} into the folder {}: {error}",
            folder.display()
        )),
    }
}

/// The file that is there now will be kept under this name.
pub(crate) fn previous_of(target: &Path) -> PathBuf {
    let mut name = target.file_stem().unwrap_or_default().to_owned();
    name.push(".previous");
    if let Some(extension) = target.extension() {
        name.push(".");
        name.push(extension);
    }
    target.with_file_name(name)
}

fn previous_is_free(target: &Path, kind: FileKind) -> Result<()> {
    let previous = previous_of(target);
    match may_be_replaced(&previous, kind) {
        Ok(()) => Ok(()),
        Err(why) => Err(Failure::usage(format!(
            "the {} that are there now would be kept as {}, which {why}",
            kind.word(),
            previous.display()
        ))
        .hint(format!(
            "move it away, or name another file with {}",
            kind.flag()
        ))),
    }
}

/// Whether the file at a path may be replaced; the error says what it is.
pub(super) fn may_be_replaced(path: &Path, kind: FileKind) -> std::result::Result<(), String> {
    match occupant(path, kind) {
        Occupant::Nobody | Occupant::Nothing | Occupant::Ours => Ok(()),
        Occupant::Foreign => Err("was not written by guestlist".to_owned()),
        Occupant::Device => Err("is a device".to_owned()),
        Occupant::Refused(refusal) => Err(refusal.to_string()),
    }
}

pub(super) fn occupant(target: &Path, kind: FileKind) -> Occupant {
    look(target, kind).unwrap_or_else(Occupant::Refused)
}

fn look(target: &Path, kind: FileKind) -> std::result::Result<Occupant, Refusal> {
    let Some(entry) = files::at(target)? else {
        return Ok(Occupant::Nobody);
    };
    match entry.kind {
        Kind::File if entry.metadata.len() == 0 => return Ok(Occupant::Nothing),
        Kind::File => {}
        Kind::CharacterDevice => {
            files::open_device(target)?;
            return Ok(Occupant::Device);
        }
        Kind::Link => return Err(Refusal::link(target)),
        other => return Err(Refusal::NotAFile(other)),
    }
    let file = files::open_to_look(target)?;
    let ours = if kind == FileKind::Report {
        let mut head = Vec::new();
        file.take(1024).read_to_end(&mut head)?;
        String::from_utf8_lossy(&head).contains(REPORT_MARK)
    } else if super::workbook::is_meant(target) {
        let header = super::workbook::header(file)?;
        FileKind::of(&header) == Some(kind)
    } else {
        let mut head = Vec::new();
        file.take(64 * 1024).read_to_end(&mut head)?;
        let mut candidates = header_candidates(&head).into_iter();
        candidates.any(|names| FileKind::of(&names) == Some(kind))
    };
    Ok(if ours {
        Occupant::Ours
    } else {
        Occupant::Foreign
    })
}

/// The first record that is not a `sep=` line, read with each delimiter that we may have used.
fn header_candidates(head: &[u8]) -> Vec<Vec<String>> {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    b",;\t|"
        .iter()
        .filter_map(|&delimiter| {
            csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .delimiter(delimiter)
                .from_reader(head)
                .byte_records()
                .map_while(std::result::Result::ok)
                .find(|record| !record.get(0).is_some_and(|cell| cell.starts_with(b"sep=")))
                .map(|record| {
                    let text = |cell| String::from_utf8_lossy(cell).into_owned();
                    record.iter().map(text).collect()
                })
        })
        .collect()
}

/// Whether two paths name one file, which need not be there yet.
pub(crate) fn same_place(a: &Path, b: &Path) -> bool {
    let place = |path: &Path| {
        let beside =
            |_| {
                Ok(fs::canonicalize(files::folder_of(path))?
                    .join(path.file_name().unwrap_or_default()))
            };
        fs::canonicalize(path).or_else(beside)
    };
    let places: io::Result<(PathBuf, PathBuf)> = place(a).and_then(|a| Ok((a, place(b)?)));
    places.is_ok_and(|(a, b)| a == b)
}

/// A failure to write after the run. The hints say that no invitation and no link is lost.
pub(super) fn write_failure(target: &Path, kind: FileKind, error: &io::Error) -> Failure {
    let what = format!("cannot write the {} to {}", kind.word(), target.display());
    match kind {
        FileKind::Results | FileKind::ToFix => {}
        FileKind::Status | FileKind::Leavers | FileKind::Cleanup => {
            return Failure::of_io(what, error).hint("the same command writes it again");
        }
        FileKind::Report => {
            return Failure::of_io(what, error)
                .hint("`guestlist report` writes it again, from the ledger");
        }
    }
    Failure::of_io(what, error)
        .hint("nothing is lost: the ledger has every outcome and every link")
        .hint("when this is put right, `guestlist results` writes the file again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    fn refused(target: &Path, kind: FileKind, sheet: &Path) -> String {
        let failure = check_target(target, kind, sheet).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(
            failure.hints[0].contains("name another file"),
            "{:?}",
            failure.hints
        );
        failure.what
    }

    #[test]
    fn a_file_not_ours_is_refused_and_ours_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let sheet = folder.path().join("guests.csv");
        fs::write(&sheet, "email\na@b.org\n").unwrap();
        let target = folder.path().join("guests.results.csv");
        check_target(&target, FileKind::Results, &sheet).unwrap();
        assert!(!target.exists());

        fs::write(&target, "name;salary\nBob;1\n").unwrap();
        let what = refused(&target, FileKind::Results, &sheet);
        assert!(what.contains("not written by guestlist"), "{what}");

        for ours in [
            "row,outcome,email,display_name,user_id\n",
            "\u{feff}sep=;\r\nrow;outcome;email;display_name;user_id\r\n",
            "row\toutcome\temail\tdisplay_name\tuser_id\r",
            "",
        ] {
            fs::write(&target, ours).unwrap();
            check_target(&target, FileKind::Results, &sheet).unwrap();
        }
        fs::write(&target, "email,_row,_code,_problem,_fix\n").unwrap();
        check_target(&target, FileKind::ToFix, &sheet).unwrap();
        refused(&target, FileKind::Results, &sheet);
    }

    #[test]
    fn the_sheet_itself_a_folder_and_a_missing_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sheet = folder.path().join("guests.results.csv");
        fs::write(&sheet, "row,outcome,email,display_name\n").unwrap();
        assert!(refused(&sheet, FileKind::Results, &sheet).contains("over the sheet itself"));
        assert!(refused(folder.path(), FileKind::Results, &sheet).contains("is a folder"));
        let device = Path::new("/dev/zero");
        if device.exists() {
            assert!(refused(device, FileKind::Results, &sheet).contains("is a device"));
        }
        refused(Path::new(STDOUT), FileKind::ToFix, &sheet);
        check_target(Path::new(STDOUT), FileKind::Results, &sheet).unwrap();
        let other = folder.path().join("results.ods");
        assert!(refused(&other, FileKind::Results, &sheet).contains("not as .ods"));
        let nowhere = folder.path().join("no/such/results.csv");
        assert!(refused(&nowhere, FileKind::Results, &sheet).contains("does not exist"));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_may_be_written_to() {
        check_target(
            Path::new("/dev/null"),
            FileKind::Results,
            Path::new("x.csv"),
        )
        .unwrap();
    }
}
