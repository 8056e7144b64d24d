//! The results as a workbook: something to hand on that loses nothing when it is read again.

use super::*;
use crate::{
    own_files::SUMMARY_TAB,
    results::{RunWords, read_own},
    sheet::{Field, Sheet, SheetOptions},
};
use calamine::{Data, Reader, Xlsx};
use std::io::Read;

fn about() -> About {
    About {
        tenant_id: "t-1".into(),
        run: "20261122-010000-ab".into(),
        words: RunWords {
            tenant: Some("Contoso".into()),
            sheet: Some("hr/guests.xlsx".into()),
            started_at: Some("2026-11-22T01:00:00Z".parse().unwrap()),
        },
        ..About::default()
    }
}

/// Writes these results for a sheet with an address and a note.
fn book(folder: &Path, results: Vec<RowResult>) -> std::path::PathBuf {
    let target = folder.join("guests.results.xlsx");
    let rows: Vec<Result<SheetRow>> = results
        .iter()
        .map(|result| row(result.row, &[&result.email, "=1+1"]))
        .collect();
    let layout = layout(&["E-Mail", "hint"]);
    let mut results = results.into_iter().map(Ok);
    write(&target, &layout, rows.into_iter(), &mut results, &about()).unwrap();
    target
}

fn part(path: &Path, name: &str) -> String {
    let mut package = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    let mut part = package.by_name(name).unwrap();
    part.read_to_string(&mut text).unwrap();
    text
}

fn mixed() -> Vec<RowResult> {
    vec![
        invited(2, "ana@partner.example"),
        RowResult {
            error_code: Some("GL102".into()),
            error: Some("not an e-mail address".into()),
            hint: Some("correct the address".into()),
            ..RowResult::new(3, Outcome::Invalid, "bob.partner.example")
        },
        RowResult::new(4, Outcome::NotAttempted, "cleo@partner.example"),
    ]
}

#[test]
fn numbers_dates_and_links_are_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    // Percent signs as the real links have them.
    let link = format!("{LINK}%3A%2F%2finvitations.microsoft.com%26a&b=%20");
    let mut results = mixed();
    results[0].redeem_url = Some(link.clone().into());
    let path = book(folder.path(), results);
    let mut workbook: Xlsx<_> = calamine::open_workbook(&path).unwrap();
    assert_eq!(workbook.sheet_names(), [SUMMARY_TAB, "results"]);
    let range = workbook.worksheet_range("results").unwrap();
    let column = |ours: &str| {
        RESULT_COLUMNS
            .iter()
            .position(|name| *name == ours)
            .unwrap()
    };
    let first = range.rows().nth(1).unwrap();
    assert_eq!(first[column("row")], Data::Float(2.0));
    let Data::DateTime(at) = &first[column("invited_at")] else {
        panic!("{:?} is no date", first[column("invited_at")]);
    };
    assert_eq!(at.to_ymd_hms_milli(), (2026, 11, 22, 1, 2, 3, 0));
    assert_eq!(first[column("redeem_url")], Data::String(link.clone()));
    let links = workbook.hyperlinks_by_sheet_name("results").unwrap();
    let targets: Vec<_> = links.iter().map(|link| link.target.clone()).collect();
    assert_eq!(targets, [Some(link)]);
}

#[test]
fn the_header_stays_in_view_with_a_filter_and_columns_fit() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = part(&book(folder.path(), mixed()), "xl/worksheets/sheet2.xml");
    assert!(sheet.contains(r#"<autoFilter ref="A1:T4"/>"#), "{sheet}");
    assert!(sheet.contains(r#"state="frozen""#));
    let widths: Vec<f64> = sheet
        .split("<col ")
        .skip(1)
        .map(|col| {
            let after = col.split("width=\"").nth(1).unwrap();
            after.split('"').next().unwrap().parse().unwrap()
        })
        .collect();
    assert!(widths.len() > 5, "{widths:?}");
    assert!(widths.iter().all(|width| (8.0..=51.0).contains(width)));
    assert!(
        widths[0] < widths[2],
        "a number is narrower than an address"
    );
}

#[test]
fn the_page_in_words_says_what_became_of_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = book(folder.path(), mixed());
    let mut workbook: Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let range = workbook.worksheet_range(SUMMARY_TAB).unwrap();
    let lines: Vec<String> = range
        .rows()
        .map(|row| {
            let cells = row.iter().map(ToString::to_string);
            cells
                .filter(|cell| !cell.is_empty())
                .collect::<Vec<_>>()
                .join(" | ")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(!lines.join("").contains('@'));
}

#[test]
fn on_paper_the_results_are_wide_and_end_with_what_people_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = book(folder.path(), mixed());
    let rows = mixed().len() + 1;
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name(name).unwrap(), &mut text).unwrap();
        text
    };
    let names = part("xl/workbook.xml");
    for (name, area) in [
        ("Print_Area", format!("results!$A$1:$H${rows}")),
        ("Print_Titles", "results!$1:$1".to_owned()),
    ] {
        let defined = names.split("<definedName ").find(|it| it.contains(name));
        assert!(defined.is_some_and(|it| it.contains(&area)), "{names}");
    }
    assert_eq!(crate::own_files::RESULT_COLUMNS[7], "mail");
    let table = part("xl/worksheets/sheet2.xml");
    assert!(table.contains("orientation=\"landscape\"") && table.contains("fitToHeight=\"0\""));
    assert!(part("xl/worksheets/sheet1.xml").contains("paperSize=\"9\""));
}

#[test]
fn a_workbook_read_again_says_the_same_to_the_second() {
    let folder = tempfile::tempdir().unwrap();
    let seconds = [0, 1, 59, 60, 3_599, 43_200, 86_399, 90_061, 1_000_000_007];
    let results: Vec<RowResult> = (2..)
        .zip(seconds)
        .map(|(row, second)| RowResult {
            user_id: Some(format!("u-{row}")),
            invited_at: Some(jiff::Timestamp::from_second(second).unwrap()),
            ..invited(row, &format!("p{row}@x.org"))
        })
        .collect();
    let path = book(folder.path(), results);
    let read: Vec<_> = read_own(&path).unwrap().map(|row| row.unwrap()).collect();
    assert_eq!(read.len(), seconds.len());
    for (row, second) in read.iter().zip(seconds) {
        assert_eq!(row.invited_at.map(jiff::Timestamp::as_second), Some(second));
        assert!(row.redeem_url.is_some() && row.outcome == Some(Outcome::Invited));
    }
}

#[test]
fn a_link_that_excel_does_not_take_stays_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let long = format!("{LINK}{}", "a".repeat(2_100));
    let results = vec![RowResult {
        redeem_url: Some(long.clone().into()),
        ..invited(2, "a@x.org")
    }];
    let path = book(folder.path(), results);
    let mut workbook: Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let links = workbook.hyperlinks_by_sheet_name("results").unwrap();
    assert!(links.is_empty());
    let range = workbook.worksheet_range("results").unwrap();
    assert_eq!(range.get((1, 5)), Some(&Data::String(long)));
}

/// The page in words is no sheet of guests, whichever tab an earlier run was told to read.
#[test]
fn a_results_workbook_is_a_sheet_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = book(folder.path(), mixed());
    for tab in [None, Some("People".to_owned()), Some("results".to_owned())] {
        let options = SheetOptions {
            sheet: tab,
            ..SheetOptions::default()
        };
        let sheet = Sheet::open(&path, &options).unwrap();
        assert_eq!(sheet.tab(), Some("results"));
        let email = sheet.header().column_of(Field::Email).unwrap();
        assert_eq!(sheet.header().names[email], "E-Mail");
        let rows: Vec<_> = sheet.rows().unwrap().map(|row| row.unwrap()).collect();
        let addresses: Vec<&str> = rows.iter().map(|row| row.cell(email)).collect();
        assert_eq!(
            addresses,
            [
                "ana@partner.example",
                "bob.partner.example",
                "cleo@partner.example"
            ]
        );
        // The sheet's own column has a name of ours, which made room.
        let hint = sheet
            .header()
            .names
            .iter()
            .position(|name| name == "sheet_hint");
        assert_eq!(rows[0].cell(hint.unwrap()), "=1+1");
    }
}
