//! Large sheets whose columns look different further down, and what is told once about a whole sheet.

use crate::support::Workdir;
use std::fmt::Write as _;

/// A sheet with more text before the rows that matter than is looked at when a sheet is opened.
fn large(header: &str, first: impl Fn(usize) -> String, then: impl Fn(usize) -> String) -> String {
    const ROWS: usize = 40_000;
    let mut text = format!("{header}\n");
    for row in 0..ROWS {
        writeln!(text, "{}", first(row)).unwrap();
    }
    assert!(text.len() > 2 * 1024 * 1024, "{}", text.len());
    for row in 0..4 * ROWS {
        writeln!(text, "{}", then(row)).unwrap();
    }
    text
}

const FILLER: &str = "a remark that fills the row with some more text";

fn codes(workdir: &Workdir, name: &str) -> (i32, Vec<String>) {
    let ended = workdir.run(&["check", name, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let problems = json["problems"].as_array().unwrap();
    let codes = problems
        .iter()
        .map(|problem| problem["code"].as_str().unwrap().to_owned());
    let mut codes: Vec<String> = codes.collect();
    codes.sort();
    codes.dedup();
    (ended.code, codes)
}

#[test]
fn all_rows_decide_which_column_holds_the_guests() {
    let workdir = Workdir::new();
    // The attendees' addresses begin where the buyer's begin to repeat.
    workdir.write(
        "orders.csv",
        large(
            "email,attendee email,remark",
            |row| format!("buyer{row}@partner.example,,{FILLER}"),
            |row| {
                format!(
                    "buyer{}@partner.example,person{row}@guest.example,{FILLER}",
                    row % 9
                )
            },
        ),
    );
    assert_eq!(
        codes(&workdir, "orders.csv"),
        (3, vec!["GL028".into(), "GL033".into(), "GL120".into()])
    );
    let said = workdir.run(&["invite", "orders.csv", "--sandbox", "--dry-run"]);
    assert!(
        said.stderr.contains("GL028") && said.stderr.contains("--map email=\"attendee email\""),
        "{}",
        said.stderr
    );
    // No name says anything, and the addresses come late.
    workdir.write(
        "late.csv",
        large(
            "who,whom,remark",
            |row| format!("{row},,{FILLER}"),
            |row| format!("{row},person{row}@guest.example,{FILLER}"),
        ),
    );
    let (_, told) = codes(&workdir, "late.csv");
    assert!(told.contains(&"GL031".to_owned()), "{told:?}");
    // What is clear stays clear.
    workdir.write(
        "clear.csv",
        large(
            "email,private email,remark",
            |row| format!("person{row}@guest.example,p{row}@home.example,{FILLER}"),
            |row| format!("other{row}@guest.example,o{row}@home.example,{FILLER}"),
        ),
    );
    assert_eq!(codes(&workdir, "clear.csv"), (0, vec!["GL033".into()]));
}

/// A row that holds an address is a person's, also where no row above it can be a header.
#[test]
fn a_person_is_never_taken_for_the_header() {
    let workdir = Workdir::new();
    let mut text = "email name\n".to_owned();
    for row in 0..80 {
        writeln!(text, "{row},person{row}@guest.example,Name").unwrap();
    }
    workdir.write("s.csv", text);
    let ended = workdir.run(&["check", "s.csv"]).expect_code(3);
    assert!(ended.stdout.contains("error["), "{}", ended.stdout);
    workdir.write(
        "t.csv",
        (0..80).fold(String::new(), |text, row| {
            format!("{text}{row},person{row}@guest.example,Name\n")
        }),
    );
    let ended = workdir.run(&["check", "t.csv"]).expect_code(3);
    assert!(ended.stdout.contains("error[GL005]"), "{}", ended.stdout);
}

#[test]
fn a_misspelt_path_is_answered_with_the_sheet_beside_it() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\nanna@partner.example\n");
    for typed in ["guest.csv", "Gusets.csv", "guests.xlsx"] {
        let ended = workdir.run(&["check", typed]).expect_code(3);
        assert!(
            ended.stdout.contains("did you mean guests.csv?"),
            "{}",
            ended.stdout
        );
        assert!(
            ended.stdout.contains("next: guestlist check guests.csv"),
            "{}",
            ended.stdout
        );
        assert!(
            !ended.stdout.contains("correct the errors"),
            "{}",
            ended.stdout
        );
    }
    let ended = workdir.run(&["check", "elsewhere.ods"]).expect_code(3);
    assert!(
        ended.stdout.contains("check the name and the folder"),
        "{}",
        ended.stdout
    );
    workdir
        .run(&["invite", "guest.csv", "--sandbox"])
        .expect_code(3)
        .says("did you mean guests.csv?");
}

#[test]
fn what_only_the_tenant_knows_is_said() {
    let workdir = Workdir::new();
    workdir.write(
        "s.csv",
        "email,sponsors\nanna@partner.example,mia@northwind.example\n",
    );
    let ended = workdir.run(&["check", "s.csv"]).expect_code(0);
    let said = "sponsors are looked up when the tenant is reached";
    assert!(ended.stdout.contains(said), "{}", ended.stdout);
    let json = workdir.run(&["check", "s.csv", "--format", "json"]).json();
    assert_eq!(json["needs_tenant"], serde_json::json!(["sponsors"]));
    workdir.write("plain.csv", "email\nanna@partner.example\n");
    let ended = workdir.run(&["check", "plain.csv"]).expect_code(0);
    assert!(!ended.stdout.contains("looked up"), "{}", ended.stdout);
}

#[test]
fn a_header_that_comes_again_is_told_though_nothing_follows() {
    let workdir = Workdir::new();
    workdir.write(
        "s.csv",
        "email,name\nanna@partner.example,Anna\nemail,name\nemail,name\n",
    );
    let ended = workdir.run(&["check", "s.csv"]).expect_code(0);
    assert!(
        ended.stdout.contains("rows 3, 4 are the header again"),
        "{}",
        ended.stdout
    );
}

#[test]
fn one_bad_cell_is_one_problem_and_a_nul_is_called_so() {
    let workdir = Workdir::new();
    workdir.write("s.csv", b"email,name\nan\0na@partner.example,Anna\n");
    let json = workdir.run(&["check", "s.csv", "--format", "json"]).json();
    let problems = json["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0]["message"]
            .as_str()
            .unwrap()
            .contains("a NUL character"),
        "{problems:?}"
    );
}

#[test]
fn a_private_column_and_a_repeated_address_are_one_warning() {
    let workdir = Workdir::new();
    workdir.write(
        "s.csv",
        "email,name,private email\na@partner.example,A,a@home.example\nb@partner.example,B,\na@partner.example,A,a@home.example\n",
    );
    let json = workdir.run(&["check", "s.csv", "--format", "json"]).json();
    let of = |severity: &str| {
        let problems = json["problems"].as_array().unwrap().iter();
        problems
            .filter(|problem| problem["severity"] == severity)
            .count()
    };
    assert_eq!((of("error"), of("warning")), (0, 1), "{json}");
    // A column that a person leaves unused is no longer told, and its addresses are still counted.
    let json = workdir
        .run(&[
            "check",
            "s.csv",
            "--format",
            "json",
            "--ignore",
            "private email",
        ])
        .json();
    let problems = json["problems"].as_array().unwrap();
    assert!(
        problems
            .iter()
            .all(|problem| problem["severity"] != "warning"),
        "{json}"
    );
    assert_eq!(
        (&json["addresses"]["total"], &json["addresses"]["not_used"]),
        (&5.into(), &2.into())
    );
    let ended = workdir
        .run(&["check", "s.csv", "--ignore", "privat email"])
        .expect_code(3);
    assert!(
        ended
            .stdout
            .contains("did you mean --ignore \"private email\"?"),
        "{}",
        ended.stdout
    );
}

#[test]
fn landing_hosts_that_are_not_the_settings_are_listed() {
    let workdir = Workdir::new();
    workdir.write(
        "s.csv",
        "email,landing page\na@partner.example,https://portal.partner.example/x\nb@partner.example,\n",
    );
    workdir
        .run(&["invite", "s.csv", "--sandbox", "--dry-run"])
        .says("the sheet sends guests to portal.partner.example (1)");
}
