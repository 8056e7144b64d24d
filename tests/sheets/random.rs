//! Random tables, written in random dialects and encodings, must come back cell by cell.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use guestlist::{Row, Sheet, SheetOptions};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Dialect {
    delimiter: char,
    line_end: &'static str,
    quote_all: bool,
    sep_line: bool,
    bom: bool,
    encoding: &'static Encoding,
    final_line_end: bool,
}

fn dialects() -> impl Strategy<Value = Dialect> {
    (
        prop::sample::select(vec![',', ';', '\t', '|']),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec![UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252]),
        any::<bool>(),
    )
        .prop_map(
            |(delimiter, line_end, quote_all, sep_line, bom, encoding, final_line_end)| Dialect {
                delimiter,
                line_end,
                quote_all,
                sep_line,
                bom,
                encoding,
                final_line_end,
            },
        )
}

/// Cells of every kind; all of them can be written in Windows-1252, so that each table fits each encoding.
fn cells() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9 äöüßÉñ€.-]{0,12}",
        1 => "[a-z,;|\t\"'=+@éü ]{0,10}",
        1 => "[a-z\n\r\"]{1,6}",
        1 => Just(String::new()),
    ]
}

fn tables() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1usize..6)
        .prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cells(), width), 1..12))
}

impl Dialect {
    fn cell(&self, cell: &str) -> String {
        let special = [self.delimiter, '"', '\n', '\r'];
        if self.quote_all || cell.contains(special) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    }

    fn write(&self, table: &[Vec<String>]) -> Vec<u8> {
        let mut lines = Vec::new();
        if self.sep_line {
            lines.push(format!("sep={}", self.delimiter));
        }
        for row in table {
            let cells: Vec<String> = row.iter().map(|cell| self.cell(cell)).collect();
            lines.push(cells.join(&self.delimiter.to_string()));
        }
        let mut text = lines.join(self.line_end);
        if self.final_line_end {
            text.push_str(self.line_end);
        }
        let wide = self.encoding == UTF_16LE || self.encoding == UTF_16BE;
        // UTF-16 is only known by its byte order mark.
        if wide || (self.bom && self.encoding == UTF_8) {
            text.insert(0, '\u{FEFF}');
        }
        if !wide {
            return self.encoding.encode(&text).0.into_owned();
        }
        let bytes = |unit: u16| {
            if self.encoding == UTF_16LE {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        };
        text.encode_utf16().flat_map(bytes).collect()
    }
}

/// The rows as they must come back: undone where they were made safe, blank ones left out.
fn expected(table: &[Vec<String>]) -> Vec<Vec<String>> {
    table[1..]
        .iter()
        .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
        .map(|row| {
            row.iter()
                .map(|cell| guestlist::formula::undo(cell).into_owned())
                .collect()
        })
        .collect()
}

fn read(bytes: &[u8], encoding: &'static Encoding) -> Result<Vec<Row>, String> {
    let options = SheetOptions {
        encoding: (encoding == WINDOWS_1252).then(|| "windows-1252".to_owned()),
        ..SheetOptions::default()
    };
    match Sheet::spool(&mut &bytes[..], "table", &options) {
        Ok(sheet) => sheet
            .rows()
            .map_err(|refused| format!("{refused:?}"))?
            .map(|row| row.map_err(|problem| problem.message))
            .collect(),
        // A table of blank rows is a header alone.
        Err(refused) if refused.problems[0].code.as_str() == "GL004" => Ok(Vec::new()),
        Err(refused) => Err(format!("{refused:?}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_table_comes_back_cell_by_cell(mut dialect in dialects(), mut table in tables()) {
        let width = table[0].len();
        if width == 1 {
            // Nothing tells the delimiter of a sheet with one column, so it is the usual one.
            dialect.delimiter = ',';
        }
        table[0] = (0..width).map(|column| if column == 0 { "email".to_owned() } else { format!("x{column}") }).collect();
        let rows = read(&dialect.write(&table), dialect.encoding).map_err(TestCaseError::fail)?;
        let found: Vec<Vec<String>> = rows.iter().map(|row| row.cells().map(str::to_owned).collect()).collect();
        prop_assert_eq!(found, expected(&table));
    }

    #[test]
    fn rows_and_lines_ascend_and_lines_never_lag_behind_rows(dialect in dialects(), mut table in tables()) {
        let width = table[0].len();
        table[0] = (0..width).map(|column| if column == 0 { "email".to_owned() } else { format!("x{column}") }).collect();
        let rows = read(&dialect.write(&table), dialect.encoding).map_err(TestCaseError::fail)?;
        for pair in rows.windows(2) {
            prop_assert!(pair[0].number < pair[1].number && pair[0].line < pair[1].line);
        }
        for row in rows {
            prop_assert!(row.line >= row.number);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_never_crash(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let with_header = [b"email,name\n".as_slice(), &bytes].concat();
        for sheet in [bytes, with_header] {
            if let Ok(sheet) = Sheet::spool(&mut &sheet[..], "bytes", &SheetOptions::default()) {
                let _ = sheet.rows().map(Iterator::count);
            }
        }
    }
}
