//! One sheet in three formats is one sheet; many problems of a kind are one problem with many rows.

use super::corpus::folder;
use guestlist::{
    CheckOptions, Exit, Format, Guest, Look, RowVerdict, Rules, Sheet, SheetOptions, Understanding,
    check,
};
use serde_json::Value;
use std::io::Write;

fn guests(file: &str, encoding: Option<&str>) -> Vec<Guest> {
    let options = SheetOptions {
        encoding: encoding.map(str::to_owned),
        ..SheetOptions::default()
    };
    let sheet = Sheet::open(&folder().join(file), &options).unwrap();
    let mut understanding = Understanding::new(&sheet, &Rules::default());
    let understood = sheet
        .rows()
        .unwrap()
        .map(|row| understanding.understand(&row.unwrap()));
    understood
        .map(|row| match row.verdict {
            RowVerdict::Guest(guest) => *guest,
            other => unreachable!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_same_sheet_in_three_formats_gives_the_same_guests() {
    let csv = guests("three-formats-csv.csv", Some("windows-1252"));
    assert_eq!(csv.len(), 3);
    assert_eq!(csv[0].display_name.as_deref(), Some("Jürgen Groß"));
    assert_eq!(csv, guests("three-formats-xlsx.xlsx", None));
    assert_eq!(csv, guests("three-formats-ods.ods", None));
}

#[test]
fn one_error_in_a_thousand_is_found_grouped_and_complete() {
    let mut sheet = tempfile::NamedTempFile::new().unwrap();
    writeln!(sheet, "email,display_name").unwrap();
    for row in 2..=20_001 {
        let at = if row % 1000 == 0 { "" } else { "@" };
        writeln!(sheet, "guest{row}{at}example.org,Guest {row}").unwrap();
    }
    let checked = |format| {
        let options = CheckOptions {
            sheet: sheet.path().to_owned(),
            reading: SheetOptions::default(),
            rules: Rules::default(),
            format,
            show_mapping: false,
            look: Look {
                colour: false,
                width: 80,
            },
            changed_addresses: None,
            fix: None,
            preview: None,
            may_ask: false,
        };
        let mut out = Vec::new();
        let exit = check(&options, &mut std::io::empty(), &mut out).unwrap();
        assert_eq!(exit, Exit::SheetRefused);
        String::from_utf8(out).unwrap()
    };
    let text = checked(Format::Text);
    assert!(
        text.contains("error[GL102]: 20 rows: not an e-mail address"),
        "{text}"
    );
    assert!(text.contains("rows: 1000, 2000, 3000"), "{text}");
    assert!(
        text.contains("20,000 rows, 19,980 can be invited, 20 errors in 20 rows"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&checked(Format::Json)).unwrap();
    let rows: Vec<u64> = json["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["row"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, (1..=20).map(|n| n * 1000).collect::<Vec<u64>>());
}
