//! A sheet of a thousand as it comes: some wrong, some twice, some there already.

use crate::support::{Guests, Practice, Workdir};
use std::collections::HashSet;

const WRONG: [&str; 10] = [
    "",
    "no-at-sign.example",
    "two@at@signs.example",
    "space in@local.example",
    "nobody@",
    "@partner.example",
    "dot.@partner.example",
    "double..dot@partner.example",
    "a@partner.example; b@partner.example",
    "jos\u{e9}@partner.example",
];

#[test]
fn every_row_of_a_mixed_thousand_is_accounted_for_and_the_corrected_rest_ends_well() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let standings = ["accepted", "pending", "member", "disabled", "stateless"];
    let there: Vec<_> = (1..=100)
        .map(|number| {
            let (address, standing) = (Guests::address(number), standings[number % 5]);
            serde_json::json!({"address": address, "standing": standing})
        })
        .collect();
    practice.post("/people", &serde_json::json!(there).to_string());
    let mut guests = Guests::new().people(985);
    for number in 501..=505 {
        guests = guests.row(&Guests::address(number).to_uppercase(), "Again");
    }
    for wrong in WRONG {
        guests = guests.row(wrong, "Wrong");
    }
    workdir.write("guests.csv", &guests);

    let told = practice
        .run(&workdir, "guests.csv", &["--rate", "max", "--json"])
        .expect_code(4)
        .says("guestlist invite guests.to-fix.csv")
        .json();
    let outcomes = &told["outcomes"];
    assert_eq!(told["rows"], 1_000);
    let sum: u64 = outcomes
        .as_object()
        .unwrap()
        .values()
        .map(|rows| rows.as_u64().unwrap())
        .sum();
    assert_eq!(sum, 1_000, "{outcomes}");
    for (outcome, rows) in [
        ("invited", 885),
        ("invalid", 10),
        ("duplicate", 5),
        ("exists-accepted", 40),
        ("exists-pending", 20),
        ("exists-member", 20),
        ("exists-disabled", 20),
    ] {
        assert_eq!(outcomes[outcome], rows, "{outcome} in {outcomes}");
    }
    let requests = told["requests"]["total"].as_f64().unwrap();
    assert!(
        requests <= 885.0 * 1.1,
        "{requests} requests for 885 guests"
    );

    let table = workdir.table("guests.results.csv");
    assert_eq!(table.outcomes().values().sum::<usize>(), 1_000);
    let rows: HashSet<&str> = table.0.iter().map(|row| row["row"].as_str()).collect();
    assert_eq!(rows.len(), 1_000);
    assert!(
        table
            .with_outcome("invited")
            .all(|row| !row["redeem_url"].is_empty() && row["verified"] == "found")
    );
    for row in table.with_outcome("invalid") {
        assert!(
            row["error_code"].starts_with("GL") && !row["hint"].is_empty(),
            "{row:?}"
        );
    }

    // A person corrects what is to fix, and runs that file.
    let to_fix = workdir.table("guests.to-fix.csv");
    assert_eq!(to_fix.0.len(), 10);
    let mut corrected = csv::Writer::from_path(workdir.path("guests.to-fix.csv")).unwrap();
    let columns = ["email", "display_name", "_row", "_code", "_problem", "_fix"];
    corrected.write_record(columns).unwrap();
    for (number, row) in to_fix.0.iter().enumerate() {
        let email = format!("corrected-{number}@partner.example");
        let rest = columns[1..].iter().map(|column| row[*column].as_str());
        corrected
            .write_record(std::iter::once(email.as_str()).chain(rest))
            .unwrap();
    }
    corrected.flush().unwrap();
    drop(corrected);
    let told = practice
        .run(&workdir, "guests.to-fix.csv", &["--rate", "max", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["this_run"]["invited"], 10);
    assert_eq!(told["to_fix"], serde_json::Value::Null);

    // And the whole sheet again, mended: nobody is asked twice.
    let mended: String = guests
        .text()
        .lines()
        .take(991)
        .map(|line| format!("{line}\n"))
        .collect();
    workdir.write("guests.csv", mended);
    let corrected = workdir.read("guests.to-fix.csv");
    let told = practice
        .run(&workdir, "guests.csv", &["--rate", "max", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["to_fix"], serde_json::Value::Null);
    assert_eq!(
        workdir.read("guests.to-fix.csv"),
        corrected,
        "a person's work stays"
    );
    assert!(!workdir.exists("guests.to-fix-2.csv"));
    assert_eq!(practice.view("")["invitations"], 895);
    assert_eq!(practice.view("/mails")["total"], 895);
}
