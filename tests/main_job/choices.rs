//! A choice that a person makes for a sheet holds for later commands too. Also: the tenant's own people, and rows without
//! a sponsor.

use crate::support::Workdir;

/// Nobody can tell by themselves which of these columns is meant.
const TWO_COLUMNS: &str = "Email,Guest e-mail,Notiz\n\
    kim@asker.example,anna@partner.example,eins\n\
    kim@asker.example,bo@partner.example,zwei\n\
    kim@asker.example,cy@partner.example,drei\n\
    lee@asker.example,dora,vier\n";

#[test]
fn a_sheet_is_read_as_the_run_before_read_it() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", TWO_COLUMNS);
    let plain = ["invite", "guests.csv", "--sandbox"];
    workdir.run(&plain).expect_code(3);
    workdir
        .run(&[plain.as_slice(), &["--map", "email=Guest e-mail"]].concat())
        .expect_code(4);
    // Nothing is said any more: the same people.
    let again = workdir
        .run(&plain)
        .expect_code(4)
        .says("the sheet is read as run");
    let again = again.says("--map email=\"Guest e-mail\"");
    assert!(
        again.stderr.contains("all in earlier runs"),
        "{}",
        again.stderr
    );
    assert_eq!(
        workdir.table("guests.practice.csv").outcomes()["invited"],
        3
    );

    // The results are written whole.
    std::fs::remove_file(workdir.path("guests.practice.csv")).unwrap();
    workdir.run(&["results", "--sandbox"]).expect_code(0);
    let results = workdir.table("guests.practice.csv");
    let notes: Vec<&str> = results.0.iter().map(|row| row["Notiz"].as_str()).collect();
    assert_eq!(notes, ["eins", "zwei", "drei", "vier"]);

    // The to-fix file is of the same sheet, and is understood in the same way.
    let to_fix = "guests.practice.to-fix.csv";
    workdir.write(
        to_fix,
        workdir
            .read(to_fix)
            .replace(",dora,", ",dora@partner.example,"),
    );
    workdir
        .run(&["invite", to_fix, "--sandbox"])
        .expect_code(0)
        .says("read the one that it comes from");
    workdir.run(&plain).expect_code(0);

    // A flag counts more than what is remembered; and so does another sheet.
    workdir
        .run(&[plain.as_slice(), &["--map", "email=Email", "-n"]].concat())
        .expect_code(0);
    workdir.write("other.csv", TWO_COLUMNS);
    workdir
        .run(&["invite", "other.csv", "--sandbox"])
        .expect_code(3);
}

#[test]
fn hidden_rows_stay_left_out_when_the_results_are_written_again() {
    let workdir = Workdir::new();
    let sheet = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/corpus/filtered-xlsx.xlsx"
    );
    std::fs::copy(sheet, workdir.path("guests.xlsx")).unwrap();
    workdir
        .run(&["invite", "guests.xlsx", "--sandbox"])
        .expect_code(3);
    let first = workdir.run(&["invite", "guests.xlsx", "--sandbox", "--hidden", "skip"]);
    assert!(
        first.stderr.contains("guests.practice.xlsx"),
        "{}",
        first.stderr
    );
    let again = workdir.run(&["results", "--sandbox"]).expect_code(0);
    assert!(!again.stderr.contains("left out"), "{}", again.stderr);
    workdir
        .run(&["invite", "guests.xlsx", "--sandbox"])
        .says("--hidden skip");
}

const INSIDERS: &str = include_str!("../corpus/h1-mostly-insiders.csv");

#[test]
fn a_sheet_mostly_of_insiders_is_refused_or_they_are_left_out() {
    let workdir = Workdir::new();
    workdir.write("share.csv", INSIDERS);
    let run = ["invite", "share.csv", "--sandbox"];
    workdir
        .run(&run)
        .expect_code(3)
        .says("3 of 4 people on the sheet")
        .says("--own-domains skip");
    let skipped = workdir.run(&[run.as_slice(), &["--own-domains", "skip"]].concat());
    let skipped = skipped
        .says("3 rows are left out: their addresses are in Northwind Practice's own domains");
    assert_eq!(
        skipped.stderr.matches("left out").count(),
        1,
        "{}",
        skipped.stderr
    );
    let results = workdir.table("share.practice.csv");
    assert_eq!(results.outcomes()["invited"], 1);
    assert!(
        results
            .with_outcome("invited")
            .all(|row| row["email"] == "anna@partner.example")
    );
}

#[test]
fn only_counts_for_the_share_of_insiders() {
    let workdir = Workdir::new();
    workdir.write("share.csv", INSIDERS);
    let only = |what: &str| workdir.run(&["invite", "share.csv", "--sandbox", "--only", what]);
    only("@partner.example").expect_code(0);
    only("mia.keller@northwind.example")
        .expect_code(3)
        .says("1 of 1 people selected by --only");
}

#[test]
fn a_default_sponsor_stands_in_where_a_row_names_none() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,sponsors\na@partner.example,\nb@partner.example,priya.shah@northwind.example\n",
    );
    let run = ["invite", "guests.csv", "--sandbox", "--default-sponsor"];
    workdir
        .run(&[run.as_slice(), &["who"]].concat())
        .expect_code(2);
    workdir
        .run(&[run.as_slice(), &["nobody@northwind.example"]].concat())
        .expect_code(4);
    let results = workdir.table("guests.practice.csv");
    let codes: Vec<&str> = results
        .0
        .iter()
        .map(|row| row["error_code"].as_str())
        .collect();
    assert_eq!(codes, ["GL301", ""]);
    workdir.write(
        "guestlist.toml",
        "[invite]\ndefault_sponsor = \"mia.keller@northwind.example\"\n",
    );
    workdir
        .run(&[
            "invite",
            "guests.csv",
            "--sandbox",
            "--config",
            "guestlist.toml",
        ])
        .expect_code(0);
}
