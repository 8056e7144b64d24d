//! A results file is a sheet again: whatever stood in a cell stands there still, in CSV and in a workbook.

use guestlist::{
    About, Column, Layout, Outcome, RESULT_COLUMNS, RowResult, SHEET_PREFIX, Sheet, SheetOptions,
    SheetRow, write,
};
use proptest::prelude::*;
use std::path::Path;

/// Every script, emoji, what a spreadsheet would run, what only looks as if it had been made safe, line breaks, and
/// the escapes of the XLSX format itself.
fn cells() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\\PC{0,12}",
        2 => "['=+@\t;|, -]{0,5}[a-z1-9]{0,3}",
        1 => "[a-z,;|\"\n]{0,8}",
        // What would be a formula where another delimiter splits the cell, and what looks as if it was made safe.
        2 => "[ab]?[;,|\t\n][ \"']{0,2}[=+@-][a1;|'=]{0,5}",
        1 => "[a-z \u{00A0}\u{200B}]{0,4}",
        1 => prop::sample::select(vec!["_x000D_", "_x0041_b", "👩‍👩‍👧‍👦 שלום", "0049", "1e5", "é e\u{301}", "&amp;<b>", "\r", "a\r\nb\rc", ""])
            .prop_map(str::to_owned),
    ]
}

fn layouts() -> impl Strategy<Value = (Layout, &'static str)> {
    let name = prop_oneof![
        4 => "[=+'@]{0,2}[a-zäλ ]{1,6}".prop_map(String::from),
        // Names that are ours, or that make room for ours.
        1 => prop::sample::select(vec!["outcome", "sheet_outcome", "sheet_sheet_row", "hint", "sheet_"]).prop_map(str::to_owned),
    ];
    let names = prop::collection::vec(name, 1..4);
    let delimiters = prop::sample::select(vec![b',', b';', b'\t', b'|']);
    let line_ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let files = prop::sample::select(vec!["r.csv", "r.xlsx"]);
    (
        names,
        delimiters,
        line_ends,
        any::<bool>(),
        any::<bool>(),
        files,
    )
        .prop_map(|(names, delimiter, line_end, bom, sep_line, file)| {
            let all = std::iter::once("email".to_owned()).chain(names.into_iter().enumerate().map(
                |(at, name)| match name.as_str() {
                    "outcome" | "hint" => name,
                    room if room.starts_with(SHEET_PREFIX) => name,
                    _ => format!("{name} {at}"),
                },
            ));
            let columns = all.map(|name| Column { name, keep: true }).collect();
            (
                Layout {
                    columns,
                    delimiter,
                    bom,
                    line_end,
                    sep_line,
                },
                file,
            )
        })
}

fn write_rows(target: &Path, layout: &Layout, rows: &[Vec<String>]) {
    let width = layout.columns.len();
    let sheet = rows.iter().enumerate().map(|(at, cells)| {
        Ok(SheetRow {
            is_forgotten: false,
            number: at as u64 + 2,
            email: String::new(),
            loose: Vec::new(),
            repaired: None,
            cells: std::iter::once(format!("a{at}@x.org"))
                .chain(cells.iter().cloned())
                .take(width)
                .collect(),
        })
    });
    let mut results = (0..rows.len()).map(|at| {
        Ok(RowResult::new(
            at as u64 + 2,
            Outcome::Invited,
            format!("a{at}@x.org"),
        ))
    });
    write(target, layout, sheet, &mut results, &About::default()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cells_and_names_come_back_as_they_were((layout, file) in layouts(), rows in prop::collection::vec(prop::collection::vec(cells(), 3), 1..6)) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(file);
        write_rows(&target, &layout, &rows);
        let sheet = Sheet::open(&target, &SheetOptions::default()).map_err(|refused| TestCaseError::fail(format!("{refused:?}")))?;
        let own = RESULT_COLUMNS.len() + 1;
        let names: Vec<&str> = layout.columns[1..].iter().map(|column| column.name.as_str()).collect();
        let given = sheet.header().names[own..].iter().map(|name| name.strip_prefix(SHEET_PREFIX).unwrap_or(name));
        prop_assert_eq!(given.collect::<Vec<_>>(), names);
        let found = sheet.rows().unwrap().map(|row| {
            let row = row.unwrap();
            (0..layout.columns.len() - 1).map(|column| row.cell(own + column).to_owned()).collect::<Vec<_>>()
        });
        let expected: Vec<Vec<String>> = rows.iter().map(|row| row[..layout.columns.len() - 1].to_vec()).collect();
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
