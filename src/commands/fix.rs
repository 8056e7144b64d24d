//! `guestlist check SHEET --fix FILE`: the sheet with the certain repairs made.
//!
//! Must not overwrite anything, and must not repair what is doubtful.

use crate::{
    failure::{Failure, Result},
    files,
    guest::{Rules, Understanding, catalogue::UNQUOTED_MESSAGE},
    problem::{Problem, Severity},
    results::{self, Book},
    sheet::{NotWritten, Repair, Row, Sheet, rewrite, rewrite_rows},
};
use std::{
    io::{BufWriter, Write},
    path::Path,
};

/// Checked before the sheet is read, so that a refusal comes at once.
pub(super) fn may_write(path: &Path) -> Result<()> {
    if path == Path::new("-") {
        return Err(Failure::usage("--fix writes a file, not standard output")
            .hint("give --fix the name of a new file"));
    }
    if files::at(path).is_ok_and(|entry| entry.is_some()) {
        let failure = Failure::usage(format!(
            "{} exists already, and nothing is overwritten",
            path.display()
        ));
        return Err(failure.hint("give --fix the name of a new file"));
    }
    if let Some(other) = results::other_workbook(path) {
        return Err(Failure::usage(format!("--fix does not write .{other}"))
            .hint("give it a name that ends in .xlsx for a workbook, or in .csv"));
    }
    let folder = files::folder_of(path);
    if !folder.is_dir() {
        return Err(
            Failure::usage(format!("there is no folder {}", folder.display()))
                .hint("make the folder, or name another file with --fix"),
        );
    }
    files::temporary_in(&folder).map(drop).map_err(|error| {
        let name = path.file_name().unwrap_or_default().display();
        Failure::usage(format!(
            "cannot write {}, because this user may not make a file in the folder {}: {error}",
            path.display(),
            folder.display()
        ))
        .hint(format!(
            "name a file in a folder where you may write, such as --fix ../{name}"
        ))
    })
}

/// Writes the repaired sheet and gives the number of repaired cells.
pub(super) fn write(sheet: &Sheet, rules: &Rules, path: &Path) -> Result<u64> {
    may_write(path)?;
    let as_workbook = results::is_workbook(path);
    if as_workbook && sheet.tab().is_none() {
        return Err(
            Failure::usage("the sheet is text, and --fix keeps it as it is")
                .hint("give --fix a name that ends in .csv"),
        );
    }
    let failed =
        |error: std::io::Error| Failure::of_io(format!("cannot write {}", path.display()), &error);
    files::remove_leftovers(&files::folder_of(path));
    // The file is complete or does not exist.
    let file = files::temporary_in(&files::folder_of(path)).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let mut understanding = Understanding::new(sheet, rules);
    let mut repair = |row: &Row| {
        let inspected = understanding.inspect(std::slice::from_ref(row));
        repairs(inspected.into_iter().flat_map(|(_, problems)| problems))
    };
    let repaired = if as_workbook {
        write_workbook(sheet, &mut repair, &mut out)
    } else {
        rewrite(sheet, &mut repair, &mut out)
    };
    let repaired = repaired.map_err(|error| match error {
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

/// The one sheet that was read, every row in its place; its cells become text.
fn write_workbook(
    sheet: &Sheet,
    repair: &mut dyn FnMut(&Row) -> Repair,
    out: &mut impl Write,
) -> std::result::Result<u64, NotWritten> {
    let index = |row: u64| u32::try_from(row.saturating_sub(1)).map_err(std::io::Error::other);
    let tab = sheet.tab().unwrap_or_default();
    let mut book = Book::new(tab, index(sheet.header().row)?)?;
    let repaired = rewrite_rows(sheet, repair, &mut |number, cells| {
        book.skip_to(index(number)?);
        book.record(cells.iter().cloned())
    })?;
    book.save_alone(out)?;
    Ok(repaired)
}

/// The repairs that are certain: warnings that know the value to put there.
pub(super) fn repairs(problems: impl Iterator<Item = Problem>) -> Repair {
    let mut repair = Repair::default();
    for problem in problems.filter(|problem| problem.severity == Severity::Warning) {
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
    use crate::{exit::Exit, sheet::SheetOptions};

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
    fn a_workbook_stays_one_and_its_rows_stay_where_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name: &str| folder.path().join(name);
        let mut book = Book::new("People", 2).unwrap();
        let mut put = |index, cells: &[&str]| {
            book.skip_to(index);
            book.record(cells.iter().map(|cell| (*cell).into()))
                .unwrap();
        };
        put(0, &["Guests of the fair"]);
        put(2, &["E-Mail", "Name"]);
        put(4, &["mailto:a@x.org", "'=Bo"]);
        put(7, &["b@x.org", "Ünal 🙂"]);
        book.save_alone(&mut std::fs::File::create(made("in.xlsx")).unwrap())
            .unwrap();
        let sheet = Sheet::open(&made("in.xlsx"), &SheetOptions::default()).unwrap();
        assert_eq!(
            write(&sheet, &Rules::default(), &made("out.xlsx")).unwrap(),
            1
        );
        let again = Sheet::open(&made("out.xlsx"), &SheetOptions::default()).unwrap();
        assert_eq!((again.tab(), again.header().row), (Some("People"), 3));
        let rows: Vec<(u64, String, String)> = again
            .rows()
            .unwrap()
            .map(|row| row.unwrap())
            .map(|row| (row.number, row.cell(0).to_owned(), row.cell(1).to_owned()))
            .collect();
        assert_eq!(
            rows,
            [
                (5, "a@x.org".to_owned(), "=Bo".to_owned()),
                (8, "b@x.org".to_owned(), "Ünal 🙂".to_owned())
            ]
        );
        for refused in ["out.ods", "out.XLS"] {
            let failure = write(&sheet, &Rules::default(), &made(refused)).unwrap_err();
            assert!(
                failure.to_string().contains("--fix does not write"),
                "{failure}"
            );
        }
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
