//! `guestlist check SHEET --fix FILE`: the sheet with the certain repairs made.
//!
//! Must not overwrite anything, and must not repair what is doubtful.

use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::guest::{Rules, Understanding, catalogue::UNQUOTED_MESSAGE};
use crate::sheet::{NotWritten, Problem, Repair, Row, Severity, Sheet, rewrite};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes the repaired sheet and gives the number of repaired cells.
pub fn write(sheet: &Sheet, rules: &Rules, path: &Path) -> Result<u64> {
    if path.exists() {
        let failure = Failure::usage(format!(
            "{} exists already, and nothing is overwritten",
            path.display()
        ));
        return Err(failure.hint("give --fix the name of a new file"));
    }
    let workbook = path.extension().is_some_and(|extension| {
        ["xlsx", "ods", "xls"]
            .iter()
            .any(|other| extension.eq_ignore_ascii_case(other))
    });
    if workbook {
        return Err(Failure::usage("--fix writes text, not a workbook")
            .hint("give it a name that ends in .csv"));
    }
    let failed = |error: std::io::Error| {
        Failure::new(
            Exit::Unexpected,
            format!("writing {} failed: {error}", path.display()),
        )
    };
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    // Complete or not there at all.
    let file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let mut understanding = Understanding::new(sheet.header(), rules);
    let mut problems = Vec::new();
    let mut repair = |row: &Row| {
        understanding.inspect(row, &mut problems);
        repairs(&mut problems)
    };
    let repaired = rewrite(sheet, &mut repair, &mut out).map_err(|error| match error {
        NotWritten::Sheet(refused) => refused.into(),
        NotWritten::Io(error) => failed(error),
    })?;
    out.flush().map_err(failed)?;
    let file = out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(path)
        .map_err(|error| failed(error.error))?;
    Ok(repaired)
}

/// The repairs that are certain: warnings that know the value to put there.
fn repairs(problems: &mut Vec<Problem>) -> Repair {
    let mut repair = Repair::default();
    for problem in problems
        .drain(..)
        .filter(|problem| problem.severity == Severity::Warning)
    {
        repair.drop_extra |= problem.code == UNQUOTED_MESSAGE;
        if let (Some(column), Some(value)) = (problem.cell, problem.suggestion) {
            repair.cells.push((column, value));
        }
    }
    repair
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::SheetOptions;

    fn fixed(bytes: &[u8], encoding: Option<&str>) -> (u64, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
        std::fs::write(&from, bytes).unwrap();
        let options = SheetOptions {
            encoding: encoding.map(str::to_owned),
            ..SheetOptions::default()
        };
        let sheet = Sheet::open(&from, &options).unwrap();
        let count = write(&sheet, &Rules::default(), &to).unwrap();
        assert_eq!(
            write(&sheet, &Rules::default(), &to).unwrap_err().exit,
            Exit::Usage
        );
        (count, std::fs::read(&to).unwrap())
    }

    #[test]
    fn repaired_cells_change_and_nothing_else_does() {
        let before = "sep=;\r\nTitle;;\r\n\r\nE-Mail;\"Name\";Nachricht\r\n mailto:a@x.org;\"Anna\nMeier\";Hi; you\r\n\r\n\"b@x.org\";'=Bo; \r\nbad@;\"x\";\r\n";
        let after = "sep=;\r\nTitle;;\r\n\r\nE-Mail;\"Name\";Nachricht\r\na@x.org;Anna Meier;\"Hi; you\"\r\n\r\n\"b@x.org\";'=Bo; \r\nbad@;\"x\";\r\n";
        let (count, bytes) = fixed(before.as_bytes(), None);
        assert_eq!(
            (count, String::from_utf8(bytes).unwrap().as_str()),
            (3, after)
        );
    }

    #[test]
    fn the_encoding_stays_what_it_was() {
        let (count, bytes) = fixed(b"email;name\n<a@x.org>;M\xFCller", Some("windows-1252"));
        assert_eq!(
            (count, bytes.as_slice()),
            (1, b"email;name\na@x.org;M\xFCller".as_slice())
        );
        let wide =
            |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
        let (_, bytes) = fixed(&wide("\u{FEFF}email\tname\r a@x.org\t🙂\r"), None);
        assert_eq!(bytes, wide("\u{FEFF}email\tname\ra@x.org\t🙂\r"));
    }
}
