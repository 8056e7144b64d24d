//! What a person finds in a results file.

mod places;
mod workbooks;

use super::{
    super::{check_target, layout::Column},
    *,
};
use crate::{failure::Failure, outcome::Outcome};
use secrecy::SecretString;
use std::fs;

const LINK: &str = "https://login.microsoftonline.com/redeem?rd=x";

fn layout(names: &[&str]) -> Layout {
    Layout {
        columns: names
            .iter()
            .map(|name| Column {
                name: (*name).to_owned(),
                keep: !name.starts_with('_'),
            })
            .collect(),
        delimiter: b',',
        bom: false,
        line_end: "\n",
        sep_line: false,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the sheet gives it")]
fn row(number: u64, cells: &[&str]) -> Result<SheetRow> {
    Ok(SheetRow {
        is_forgotten: false,
        number,
        email: String::new(),
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        loose: Vec::new(),
        repaired: None,
    })
}

fn invited(row: u64, email: &str) -> RowResult {
    RowResult {
        user_id: Some("u-1".into()),
        redeem_url: Some(SecretString::from(LINK)),
        mail: Some(Mail::Requested),
        invited_at: Some("2026-11-22T01:02:03.456Z".parse().unwrap()),
        this_run: Some(ThisRun::Invited),
        verified: Some(Verified::Found),
        ..RowResult::new(row, Outcome::Invited, email)
    }
}

fn write_to(
    target: &Path,
    layout: &Layout,
    sheet: Vec<Result<SheetRow>>,
    results: Vec<RowResult>,
    links: Links,
) -> Written {
    write(
        target,
        layout,
        sheet.into_iter(),
        &mut results.into_iter().map(Ok),
        &About {
            links,
            tenant_id: "t-1".into(),
            run: "r-1".into(),
            ..About::default()
        },
    )
    .unwrap()
}

fn written(
    layout: &Layout,
    sheet: Vec<Result<SheetRow>>,
    results: Vec<RowResult>,
) -> (String, Written) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    let told = write_to(&target, layout, sheet, results, Links::Results);
    (fs::read_to_string(&told.path).unwrap(), told)
}

#[test]
fn every_row_stands_in_the_sheets_order_with_its_own_columns_behind() {
    let (text, told) = written(
        &layout(&["Email", "note", "_code"]),
        vec![
            row(2, &["a@x.org", "hello, you", "GL1"]),
            row(4, &["b@x.org"]),
        ],
        vec![
            invited(2, "a@x.org"),
            RowResult {
                error_code: Some("GL101".into()),
                error: Some("no \"@\"".into()),
                hint: Some("add it".into()),
                ..RowResult::new(4, Outcome::Invalid, "b@x.org")
            },
        ],
    );
    insta::assert_snapshot!(text, @r#"
    row,outcome,email,display_name,hint,redeem_url,redemption,mail,error_code,error,invited_at,this_run,verified,follow_up,user_id,tenant_id,run,request_id,sheet_Email,note
    2,invited,a@x.org,,,https://login.microsoftonline.com/redeem?rd=x,,requested,,,2026-11-22T01:02:03Z,invited,found,,u-1,t-1,r-1,,a@x.org,"hello, you"
    4,invalid,b@x.org,,add it,,,,GL101,"no ""@""",,,,,,t-1,r-1,,b@x.org,
    "#);
    assert_eq!((told.rows, told.notes.len()), (2, 0));
}

#[test]
fn the_sheets_own_manner_is_kept() {
    let sheet = Layout {
        delimiter: b';',
        bom: true,
        line_end: "\r\n",
        sep_line: true,
        ..layout(&["email"])
    };
    let (text, _) = written(
        &sheet,
        vec![row(3, &["a@x.org"])],
        vec![invited(3, "a@x.org")],
    );
    assert!(
        text.starts_with("\u{feff}sep=;\r\nrow;outcome;email;"),
        "{text}"
    );
    assert!(text.ends_with(";sheet_email\r\n3;invited;a@x.org;;;https://login.microsoftonline.com/redeem?rd=x;;requested;;;2026-11-22T01:02:03Z;invited;found;;u-1;t-1;r-1;;a@x.org\r\n"), "{text}");
    assert_eq!(text.matches('\n').count(), 3);

    let old_mac = Layout {
        line_end: "\r",
        ..layout(&["email"])
    };
    let (text, _) = written(
        &old_mac,
        vec![row(2, &["a\rb"])],
        vec![invited(2, "a@x.org")],
    );
    assert_eq!(text.matches('\n').count(), 0);
    assert!(text.ends_with("\"a\rb\"\r"), "{text:?}");
}

#[test]
fn formulas_do_not_run_wherever_they_stand() {
    let (text, _) = written(
        &layout(&["=cmd()", "b"]),
        vec![row(2, &["@SUM(1)", "+1"])],
        vec![RowResult {
            display_name: Some("=HYPERLINK(1)".into()),
            error: Some("\t=1".into()),
            ..RowResult::new(2, Outcome::Failed, "-a@x.org")
        }],
    );
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",'=cmd(),b"), "{text}");
    assert_eq!(
        lines[1],
        "2,failed,'-a@x.org,'=HYPERLINK(1),,,,,,' =1,,,,,,t-1,r-1,,'@SUM(1),'+1"
    );
}

#[test]
fn links_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    let results = vec![invited(2, "a@x.org")];
    write_to(
        &target,
        &layout(&["email"]),
        vec![row(2, &["a@x.org"])],
        results,
        Links::None,
    );
    let text = fs::read_to_string(target).unwrap();
    assert!(
        !text.contains(LINK) && text.contains("2,invited,a@x.org,,,,,requested,"),
        "{text}"
    );
}

#[test]
fn a_name_that_collides_twice_stays_unique() {
    let sheet = layout(&["email", "sheet_email", "note", "note", " Outcome "]);
    let names: Vec<Cow<'_, str>> = names_without_collisions(&sheet).collect();
    assert_eq!(
        names,
        [
            "sheet_email",
            "sheet_sheet_email",
            "note",
            "note",
            "sheet_Outcome"
        ]
    );
}

#[test]
fn a_sheet_that_changed_costs_its_columns_and_never_an_outcome() {
    let results = || {
        vec![
            invited(2, "a@x.org"),
            invited(3, "b@x.org"),
            invited(4, "c@x.org"),
        ]
    };
    let (text, told) = written(
        &layout(&["note"]),
        vec![row(2, &["one"]), row(4, &["three"])],
        results(),
    );
    let ends: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(ends, ["one", "", "three"]);
    assert!(told.notes[0].contains("row 3"), "{:?}", told.notes);

    let gone = Err(Failure::usage("the sheet changed"));
    let (text, told) = written(&layout(&["note"]), vec![row(2, &["one"]), gone], results());
    assert_eq!(text.lines().count(), 4);
    assert!(
        told.notes[0].contains("the sheet changed"),
        "{:?}",
        told.notes
    );

    let late = Err(Failure::usage("the sheet changed"));
    let sheet = vec![row(2, &["one"]), row(3, &["two"]), row(4, &["three"]), late];
    let (_, told) = written(&layout(&["note"]), sheet, results());
    assert!(
        told.notes[0].contains("the sheet changed"),
        "{:?}",
        told.notes
    );
}

#[test]
fn a_workbook_gets_a_workbook_back() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("guests.results.xlsx");
    let ada = "ada@partner.example";
    let mut results = std::iter::once(Ok(RowResult::new(2, Outcome::Invited, ada)));
    let sheet = std::iter::once(row(2, &[ada, "=1+1"]));
    let layout = layout(&["email", "note"]);
    write(&target, &layout, sheet, &mut results, &About::default()).unwrap();
    // Ours is recognised as ours, and may be replaced.
    check_target(&target, FileKind::Results, Path::new("guests.xlsx")).unwrap();

    let mut workbook: calamine::Xlsx<_> = calamine::open_workbook(&target).unwrap();
    let range = calamine::Reader::worksheet_range(&mut workbook, "results").unwrap();
    let cells: Vec<String> = range
        .rows()
        .nth(1)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(cells[..3], ["2", "invited", ada].map(str::to_owned));
    // Made safe, also for a later CSV.
    assert_eq!(cells.last().unwrap(), "'=1+1");
}

#[test]
fn a_link_that_only_the_replaced_file_knows_is_kept_for_its_user() {
    for name in ["r.csv", "r.xlsx"] {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join(name);
        let known = RowResult {
            user_id: Some("u-2".into()),
            ..invited(3, "b@x.org")
        };
        write_to(
            &target,
            &layout(&["email"]),
            vec![row(2, &["a@x.org"]), row(3, &["b@x.org"])],
            vec![invited(2, "a@x.org"), known],
            Links::Results,
        );
        let links = |tenant: &str, results: Vec<RowResult>| -> Vec<String> {
            let about = About {
                kept: KeptLinks::of(&target, tenant, |user| user == "u-2"),
                ..About::default()
            };
            let again = folder.path().join("again.csv");
            let nothing = std::iter::empty();
            let mut results = results.into_iter().map(Ok);
            write(&again, &layout(&[]), nothing, &mut results, &about).unwrap();
            let rows = super::super::read_own(&again).unwrap();
            rows.map(|row| {
                let link = row.unwrap().redeem_url;
                link.map_or_else(String::new, |link| link.expose_secret().to_owned())
            })
            .collect()
        };
        let blank = |row, user: Option<&str>, outcome| RowResult {
            user_id: user.map(str::to_owned),
            ..RowResult::new(row, outcome, "A@x.org")
        };
        let rows = || {
            vec![
                blank(2, Some("U-1"), Outcome::ExistsPending),
                blank(3, Some("u-2"), Outcome::ExistsPending),
                blank(4, Some("u-3"), Outcome::ExistsPending),
                blank(5, None, Outcome::NotAttempted),
                blank(6, Some("u-1"), Outcome::Gone),
            ]
        };
        assert_eq!(links("T-1", rows()), [LINK, "", "", LINK, ""], "{name}");
        assert_eq!(links("t-2", rows()), ["", "", "", "", ""], "{name}");
    }
}
