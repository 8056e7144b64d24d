//! A dry run changes nothing, and predicts for each row what the real run then does.

use crate::support::{Guests, Practice, Workdir};

const SHEET: &str = "\
email,display_name,send,sponsors
ada@partner.example,Ada,,
bo@partner.example,Bo,no,
dana.fox@adatum.example,Dana,,
ben.carter@fabrikam.example,Ben,,
nils.dahl@fabrikam.example,Nils,,
tomas.novak@mailbox.example,Tomas,,
jon.park@litware.example,Jon,,
finn.gray@adatum.example,Finn,,
lars.holm@northwind.example,Lars,,
nobody@northwind.example,Nobody,,
cy@partner.example,Cy,,anna.berg@northwind.example
di@partner.example,Di,,no.such.sponsor@northwind.example
Ada@Partner.example,Ada again,,
wrong,Wrong,,
";

/// Of all requests that the tenant has seen, those that are not reads.
fn other_than_reads(practice: &Practice) -> Vec<String> {
    let log = practice.view("/log");
    assert_eq!(log["dropped"], 0);
    let entries = log["entries"].as_array().unwrap();
    assert!(!entries.is_empty());
    let reads = ["token", "batch", "getByIds"];
    entries
        .iter()
        .filter(|entry| entry["method"] != "GET")
        .map(|entry| entry["kind"].as_str().unwrap().to_owned())
        .filter(|kind| !reads.contains(&kind.as_str()))
        .collect()
}

#[test]
fn a_dry_run_foretells_the_real_one_and_sends_nothing() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", SHEET);
    practice
        .run(&workdir, "guests.csv", &["--dry-run"])
        .expect_code(4)
        .says("would be invited");
    assert_eq!(other_than_reads(&practice), [""; 0]);
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(!workdir.exists("guestlist.db"), "not even a ledger");
    assert!(!workdir.exists("guests.results.csv"));
    assert!(!workdir.exists("guests.to-fix.csv"));

    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    let foretold = workdir.table("guests.dry-run.csv");
    let real = workdir.table("guests.results.csv");
    assert_eq!(foretold.0.len(), 14);
    assert_eq!(foretold.0.len(), real.0.len());
    for (foretold, real) in foretold.0.iter().zip(&real.0) {
        let expected = match foretold["outcome"].as_str() {
            "would-invite" => "invited",
            same => same,
        };
        assert_eq!(real["outcome"], expected, "{foretold:?}\n{real:?}");
        for same in ["row", "email", "mail", "error_code", "error"] {
            assert_eq!(
                real[same], foretold[same],
                "{same} of {foretold:?}\n{real:?}"
            );
        }
    }
    assert_eq!(foretold.outcomes()["would-invite"], 3);
}

#[test]
fn a_dry_run_leaves_the_files_and_the_memory_of_a_real_run_alone() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(3).row("wrong", "Wrong"));
    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    let files = ["guests.results.csv", "guests.to-fix.csv"];
    let before = files.map(|file| workdir.read(file));
    let runs = workdir.run(&["runs", "--json"]).json();
    practice.post("/reset", "");

    let told = practice
        .run(&workdir, "guests.csv", &["--dry-run", "--json"])
        .expect_code(4)
        .json();
    assert_eq!(told["outcomes"]["invited"], 3);
    assert_eq!(told["this_run"]["invited"], 0);
    assert_eq!(other_than_reads(&practice), [""; 0]);
    assert_eq!(files.map(|file| workdir.read(file)), before);
    assert_eq!(workdir.run(&["runs", "--json"]).json(), runs);
    assert!(workdir.exists("guests.dry-run.csv"));

    // A person deleted since is foretold as well.
    practice.post("/delete", r#"{"address": "guest-0001@partner.example"}"#);
    practice
        .run(&workdir, "guests.csv", &["--dry-run"])
        .expect_code(4);
    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    assert_eq!(
        workdir.table("guests.dry-run.csv").0[0]["outcome"],
        workdir.table("guests.results.csv").0[0]["outcome"]
    );
}
