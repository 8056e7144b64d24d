//! What a person finds in a to-fix file.

use super::{super::layout::Column, *};
use std::fs;

fn layout() -> Layout {
    let column = |name: &str, keep| Column {
        name: name.to_owned(),
        keep,
    };
    Layout {
        columns: vec![
            column("E-Mail", true),
            column("_code", false),
            column("Name", true),
        ],
        delimiter: b';',
        bom: false,
        line_end: "\r\n",
        sep_line: false,
    }
}

fn sheet() -> impl Iterator<Item = Result<SheetRow>> {
    (2..6).map(|number| {
        Ok(SheetRow {
            is_forgotten: false,
            number,
            email: String::new(),
            cells: vec![
                format!("p{number}@x.org"),
                "old".into(),
                format!("=N{number}"),
            ],
            loose: Vec::new(),
            repaired: None,
        })
    })
}

fn results(outcomes: [Outcome; 4]) -> impl Iterator<Item = Result<RowResult>> {
    outcomes.into_iter().zip(2..).map(|(outcome, row)| {
        let mut result = RowResult::new(row, outcome, "x");
        if outcome == Outcome::Invalid {
            result.error_code = Some("GL101".into());
            result.error = Some("no at sign".into());
            result.hint = Some("write it".into());
        }
        Ok(result)
    })
}

fn written(
    target: &Path,
    results: impl Iterator<Item = Result<RowResult>>,
) -> Result<Option<Written>> {
    let layout = layout();
    let mut to_fix = ToFix::new(target, &layout);
    for (result, row) in results.zip(sheet()) {
        to_fix.add(&result?, Some(&row?))?;
    }
    to_fix.finish()
}

#[test]
fn the_rows_that_need_a_hand_stand_there_as_in_the_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("guests.to-fix.csv");
    let outcomes = [
        Outcome::Invited,
        Outcome::Invalid,
        Outcome::Failed,
        Outcome::Gone,
    ];
    let told = written(&target, results(outcomes)).unwrap().unwrap();
    assert_eq!((told.rows, told.notes.len()), (2, 0));
    assert_eq!(
        fs::read_to_string(&target).unwrap(),
        "E-Mail;Name;_row;_code;_problem;_fix\r\n\
         p3@x.org;'=N3;3;GL101;no at sign;write it\r\n\
         p5@x.org;'=N5;5;;was invited once and is no longer in the directory;\r\n"
    );
}

#[test]
fn nothing_to_fix_leaves_no_file_and_retires_an_old_one_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("guests.to-fix.csv");
    let fine = [Outcome::Invited; 4];
    assert_eq!(written(&target, results(fine)).unwrap(), None);
    assert!(!target.exists());

    let bad = [Outcome::Invalid; 4];
    written(&target, results(bad)).unwrap().unwrap();
    assert_eq!(written(&target, results(fine)).unwrap(), None);
    assert!(!target.exists());
    assert!(folder.path().join("guests.to-fix.previous.csv").exists());
}

#[test]
fn somebody_elses_file_is_left_alone_when_there_is_nothing_to_fix() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("mine.csv");
    fs::write(&target, "a,b\n").unwrap();
    let fine = [Outcome::Invited; 4];
    written(&target, results(fine)).unwrap();
    assert_eq!(fs::read_to_string(&target).unwrap(), "a,b\n");
}
