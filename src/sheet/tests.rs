//! What a user would notice about reading: rows, places, and one clear problem where it cannot be done.

use super::*;
use std::io::Write;

fn open_with(bytes: &[u8], options: &SheetOptions) -> Result<Sheet, Refused> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let (_, path) = file.keep().unwrap();
    let opened = Sheet::open(&path, options);
    if opened.is_err() {
        std::fs::remove_file(&path).unwrap();
    }
    opened
}

/// `row:line cell|cell` for each row; the problem that stopped the reading comes last.
fn read_with(bytes: &[u8], options: &SheetOptions) -> Vec<String> {
    let sheet = match open_with(bytes, options) {
        Ok(sheet) => sheet,
        Err(refused) => {
            return refused
                .problems
                .iter()
                .map(|p| format!("{} {}", p.code, p.message))
                .collect();
        }
    };
    let rows: Vec<String> = sheet
        .rows()
        .unwrap()
        .map(|row| match row {
            Ok(row) => {
                let cells: Vec<&str> = row.cells().collect();
                format!("{}:{} {}", row.number, row.line, cells.join("|"))
            }
            Err(problem) => format!("{} {}", problem.code, problem.message),
        })
        .collect();
    std::fs::remove_file(sheet.path()).unwrap();
    rows
}

fn read(text: &str) -> Vec<String> {
    read_with(text.as_bytes(), &SheetOptions::default())
}

#[test]
fn each_line_end_ends_one_line() {
    for end in ["\n", "\r\n", "\r"] {
        let text = [
            "email,name",
            "a@x.org,A",
            "",
            "b@x.org,\"two",
            "lines\"",
            "c@x.org,C",
            "",
        ]
        .join(end);
        let multi = format!("4:4 b@x.org|two{end}lines");
        assert_eq!(
            read(&text),
            ["2:2 a@x.org|A", multi.as_str(), "5:6 c@x.org|C"],
            "{end:?}"
        );
    }
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    let text = "email,name\n\n,,\r\na@x.org,A\r\r\nb@x.org,B";
    assert_eq!(read(text), ["4:4 a@x.org|A", "6:6 b@x.org|B"]);
}

#[test]
fn an_excel_sep_line_is_obeyed_and_is_not_a_row() {
    assert_eq!(
        read("sep=;\r\nemail;name\r\na@x.org;Müller, A\r\n"),
        ["2:3 a@x.org|Müller, A"]
    );
}

#[test]
fn titles_above_the_header_are_passed_over() {
    assert_eq!(
        read("Guests of the fair;;\n;;\nE-Mail;Name;Team\na@x.org;A;1\n"),
        ["4:4 a@x.org|A|1"]
    );
}

#[test]
fn the_portal_template_is_read_without_its_version_and_example() {
    let text = "version:v1.0,,,\nAdresse [inviteeEmail] Erforderlich,URL [inviteRedirectURL],Senden [sendEmail],Text [customizedMessageBody]\n\
        Beispiel: lstokes@fabrikam.com,https://myapplications.microsoft.com,TRUE,Hallo\na@x.org,https://x.org,TRUE,\"Hi, you\"\n";
    assert_eq!(read(text), ["4:4 a@x.org|https://x.org|TRUE|Hi, you"]);
}

#[test]
fn byte_order_marks_are_proof() {
    let text = "email\tname\r\na@x.org\tMüller 🙂\r\n";
    let wide = |encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(0xFEFF)
            .chain(text.encode_utf16())
            .flat_map(encode)
            .collect()
    };
    let utf8 = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [utf8, wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
        assert_eq!(
            read_with(&bytes, &SheetOptions::default()),
            ["2:2 a@x.org|Müller 🙂"]
        );
    }
}

#[test]
fn bytes_that_are_not_text_are_named_and_never_replaced() {
    let text = b"email;name\na@x.org;A\nb@x.org;M\xFCller-L\xFCdenscheidt\n";
    let sheet = open_with(text, &SheetOptions::default()).unwrap();
    let problem = sheet.rows().unwrap().find_map(Result::err).unwrap();
    assert_eq!(
        (problem.row, problem.line, problem.column.as_deref()),
        (Some(3), Some(3), Some("name"))
    );
    assert!(
        problem.message.contains("byte 0xFC at offset 30"),
        "{}",
        problem.message
    );
    assert_eq!(problem.suggestion.as_deref(), Some("windows-1252"));
    assert_eq!(problem.text.as_deref(), Some("Müller-Lüdenscheidt"));
    let named = SheetOptions {
        encoding: Some("Windows-1252".into()),
        ..SheetOptions::default()
    };
    assert_eq!(
        read_with(text, &named),
        ["2:2 a@x.org|A", "3:3 b@x.org|Müller-Lüdenscheidt"]
    );
}

#[test]
fn a_lone_surrogate_in_utf16_is_named_by_row_and_offset() {
    let units: Vec<u16> = "\u{FEFF}email,name\na@x.org,A"
        .encode_utf16()
        .chain([0xD800, 0x0041])
        .collect();
    let bytes: Vec<u8> = units.iter().copied().flat_map(u16::to_le_bytes).collect();
    let read = read_with(&bytes, &SheetOptions::default());
    let expected = format!(
        "GL009 bytes 0x00 0xD8 at offset {}, in column `name`: not text in UTF-16LE",
        (units.len() - 2) * 2
    );
    assert_eq!(read, [expected]);
}

#[test]
fn an_unclosed_quote_is_named_where_it_opens() {
    assert_eq!(
        read("email,name\na@x.org,\"A\nb@x.org,B\n"),
        ["GL012 the quotation mark that opens column `name` in row 2 (line 2) is never closed"]
    );
    let mut huge = b"email,name\na@x.org,A\nb@x.org,\"B\n".to_vec();
    for n in 0..200_000 {
        writeln!(huge, "guest{n}@x.org,C").unwrap();
    }
    assert_eq!(
        read_with(&huge, &SheetOptions::default()),
        [
            "2:2 a@x.org|A",
            "GL012 the quotation mark that opens column `name` in row 3 (line 3) is never closed"
        ]
    );
}

#[test]
fn a_cell_of_two_megabytes_is_one_clear_problem() {
    let text = format!("email,name\na@x.org,A\nb@x.org,{}\n", "x".repeat(2_000_000));
    assert_eq!(
        read(&text),
        ["2:2 a@x.org|A", "GL013 row 3 (line 3) has more than 1 MiB"]
    );
    assert_eq!(
        read(&"x".repeat(2_000_000)),
        ["GL013 row 1 (line 1) has more than 1 MiB"]
    );
}

#[test]
fn a_quote_that_swallows_rows_is_noticed() {
    let sheet = open_with(
        b"email,message\na@x.org,\"Hello\nb@x.org,\"Hi\"\nc@x.org,\"two\nlines\"\n",
        &SheetOptions::default(),
    )
    .unwrap();
    let flaws: Vec<_> = sheet.rows().unwrap().map(|row| row.unwrap().flaw).collect();
    assert_eq!(flaws, [Some(Flaw::SwallowedRows), None]);
    let at_the_end = b"email,message\na@x.org,\"Hello\nb@x.org,\"Hi\"";
    let sheet = open_with(at_the_end, &SheetOptions::default()).unwrap();
    let last = sheet.rows().unwrap().last().unwrap().unwrap();
    assert_eq!(last.flaw, Some(Flaw::SwallowedRows));
}

#[test]
fn what_is_no_sheet_is_one_clear_problem() {
    let code = |bytes: &[u8]| {
        let refused = open_with(bytes, &SheetOptions::default()).unwrap_err();
        assert_eq!(refused.problems.len(), 1, "{refused:?}");
        assert!(!refused.problems[0].fix.is_empty());
        refused.problems[0].code.as_str()
    };
    assert_eq!(code(b""), "GL003");
    assert_eq!(code(b" \r\n\n"), "GL003");
    assert_eq!(code(b"email,name\n"), "GL004");
    assert_eq!(code(b"email,name\n\n,,\n"), "GL004");
    assert_eq!(code(b"Vorname;Nachname\nA;B\n"), "GL005");
    assert_eq!(code(b"email,mail\na@x.org,b@x.org\n"), "GL006");
    assert_eq!(code(b"%PDF-1.7 ..."), "GL011");
    assert_eq!(code(b"e\0m\0a\0i\0l\0\n\0a\0@\0x\0"), "GL011");
    assert_eq!(code(b"email;name|x,email\na;b|c,d\n"), "GL008");
    let missing = Sheet::open(
        std::path::Path::new("no/such/file.csv"),
        &SheetOptions::default(),
    )
    .unwrap_err();
    assert_eq!(missing.problems[0].code.as_str(), "GL001");
    let folder = Sheet::open(std::path::Path::new("."), &SheetOptions::default()).unwrap_err();
    assert_eq!(folder.problems[0].code.as_str(), "GL002");
}

#[test]
fn a_sheet_without_a_header_and_one_with_an_unknown_one_are_told_apart() {
    let first = open_with(b"anna@x.org,Anna\nbo@x.org,Bo\n", &SheetOptions::default()).unwrap_err();
    assert!(first.problems[0].message.contains("no header"), "{first:?}");
    let second = open_with(
        b"Kontakt;Team\nanna@x.org;1\nbo@x.org;2\n",
        &SheetOptions::default(),
    )
    .unwrap();
    assert!(
        second.hints()[0].fix.contains("--map email=\"Kontakt\""),
        "{second:?}"
    );
    let third = open_with(b"Kontakt;Team\nAnna;1\nBo;2\n", &SheetOptions::default());
    assert_eq!(third.unwrap_err().problems[0].code.as_str(), "GL005");
}

#[test]
fn a_sheet_that_changes_between_two_readings_is_noticed() {
    let sheet = open_with(b"email,name\na@x.org,A\n", &SheetOptions::default()).unwrap();
    assert_eq!(sheet.rows().unwrap().count(), 1);
    let modified = std::fs::metadata(sheet.path()).unwrap().modified().unwrap();
    std::fs::write(sheet.path(), b"email,name\nb@x.org,A\n").unwrap();
    // Even where the clock of the file system does not show it.
    std::fs::File::options()
        .write(true)
        .open(sheet.path())
        .unwrap()
        .set_modified(modified)
        .unwrap();
    let last = sheet.rows().unwrap().last().unwrap();
    assert_eq!(last.unwrap_err().code.as_str(), "GL014");
    std::fs::write(sheet.path(), b"email,name\nb@x.org,Bert\n").unwrap();
    assert_eq!(
        sheet.rows().err().unwrap().problems[0].code.as_str(),
        "GL014"
    );
}

#[test]
fn cells_that_were_made_safe_come_back_as_they_were() {
    assert_eq!(
        read("email,name\na@x.org,'=1+1\nb@x.org,'t Hooft\n"),
        ["2:2 a@x.org|=1+1", "3:3 b@x.org|'t Hooft"]
    );
}
