//! What must be true whatever happened: the practice tenant's own counts, held against the results.

use crate::support::{Practice, Table, Workdir};
use std::collections::{HashMap, HashSet};

/// Nothing but the faults that a test names.
pub(super) const SHEET: &str = "guests.csv";
pub(super) const RESULTS: &str = "guests.results.csv";

/// A sheet of `rows` guests of one domain, `p0001@…` and on.
pub(super) fn sheet(workdir: &Workdir, rows: usize) {
    let mut text = String::from("email,display_name\n");
    for row in 1..=rows {
        text += &format!("p{row:04}@partner.example,Person {row}\n");
    }
    workdir.write(SHEET, text);
}

/// The same, with what an invitation cannot carry.
pub(super) fn sheet_with_follow_ups(workdir: &Workdir, rows: usize) {
    let mut text = String::from("email,display_name,company,manager,groups\n");
    for row in 1..=rows {
        text += &format!(
            "p{row:04}@partner.example,Person {row},Partner {row},anna.berg@northwind.example,Project Atlas;Partner Managers\n"
        );
    }
    workdir.write(SHEET, text);
}

/// Everybody has what the sheet names beside the invitation, and each change was made once.
#[track_caller]
pub(super) fn followed_up(practice: &Practice, table: &Table) {
    each_change_once(practice);
    let anna = &practice.view("/people?address=anna.berg@northwind.example")["people"][0];
    for row in &table.0 {
        let address = &row["email"];
        let person = &practice.view(&format!("/people?address={address}"))["people"][0];
        let groups = person["groups"].as_array().map_or(0, Vec::len);
        let told = || format!("{row:?}\n{person:#}\n{}", changes(practice, address));
        assert_eq!(row["follow_up"], "done", "{}", told());
        assert_eq!(person["company_name"], row["company"], "{}", told());
        assert_eq!(person["manager"], anna["id"], "{}", told());
        assert_eq!(groups, 2, "{}", told());
    }
}

/// No guest was changed twice in the same way.
#[track_caller]
pub(super) fn each_change_once(practice: &Practice) {
    let book = practice.view("/follow-ups");
    let mut made: HashMap<String, Vec<String>> = HashMap::new();
    for request in book["requests"].as_array().unwrap() {
        if request["done"] == true {
            let of = ["kind", "user_id", "target", "fields"];
            let change = of.map(|key| request[key].to_string()).join(" ");
            made.entry(change).or_default().push(request.to_string());
        }
    }
    let twice: Vec<_> = made.values().filter(|made| made.len() > 1).collect();
    assert!(twice.is_empty(), "made twice:\n{twice:#?}");
}

/// Every request that asked to change a person.
pub(super) fn changes(practice: &Practice, address: &str) -> String {
    practice.view(&format!("/follow-ups?address={address}"))["requests"].to_string()
}

/// What a finished sheet looks like from outside.
#[derive(Debug, Default)]
pub(super) struct Proof {
    pub invited: usize,
    /// Rows whose mail nobody can tell of.
    pub unsure: usize,
}

/// Mails by address, as the tenant counted them.
pub(super) fn mails(practice: &Practice) -> HashMap<String, usize> {
    let view = practice.view("/mails");
    view["addresses"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(address, mails)| (address.clone(), mails.as_array().unwrap().len()))
        .collect()
}

/// How many people got more than one mail.
pub(super) fn mailed_twice(practice: &Practice) -> usize {
    mails(practice).values().filter(|count| **count > 1).count()
}

/// Nobody mailed twice, and nobody asked again after an unknown answer without a look in between.
#[track_caller]
pub(super) fn nobody_twice(practice: &Practice) {
    let twice: Vec<_> = mails(practice)
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .collect();
    let stories: Vec<String> = twice
        .iter()
        .map(|(address, count)| format!("{count} mails: {}", story(practice, address)))
        .collect();
    assert!(twice.is_empty(), "mailed twice:\n{}", stories.join("\n"));
    let unchecked = practice.view("/invitations")["unchecked"].clone();
    let unchecked: Vec<String> = serde_json::from_value(unchecked).unwrap();
    let stories: Vec<String> = unchecked
        .iter()
        .map(|address| story(practice, address))
        .collect();
    assert!(
        unchecked.is_empty(),
        "asked again without a look:\n{}",
        stories.join("\n")
    );
}

/// A finished sheet: every row is invited, with a link that leads to its own guest, and its mail is as the results say.
#[track_caller]
pub(super) fn finished(practice: &Practice, table: &Table, rows: usize) -> Proof {
    nobody_twice(practice);
    assert_eq!(table.0.len(), rows, "one line a row");
    let numbers: HashSet<&str> = table.0.iter().map(|row| row["row"].as_str()).collect();
    assert_eq!(numbers.len(), rows, "each row once");
    let mails = mails(practice);
    let mut proof = Proof::default();
    for row in &table.0 {
        let address = &row["email"];
        let told = || format!("{row:?}\n{}", story(practice, address));
        assert_eq!(row["outcome"], "invited", "{}", told());
        link_leads_to(practice, row);
        let count = mails.get(address).copied().unwrap_or(0);
        match row["mail"].as_str() {
            "requested" => assert_eq!(count, 1, "{}", told()),
            "unknown" => proof.unsure += 1,
            other => panic!("mail is {other:?}: {}", told()),
        }
        proof.invited += 1;
    }
    proof
}

/// The link of a row is one that the tenant gave, and for this guest.
#[track_caller]
pub(super) fn link_leads_to(practice: &Practice, row: &HashMap<String, String>) {
    let url: String = url::form_urlencoded::byte_serialize(row["redeem_url"].as_bytes()).collect();
    let link = practice.view(&format!("/links?url={url}"));
    assert_eq!(link["known"], true, "{row:?}");
    assert_eq!(link["user_id"].as_str().unwrap(), row["user_id"], "{row:?}");
}

/// Everything the tenant saw of one person, for a failure's message.
pub(super) fn story(practice: &Practice, address: &str) -> String {
    format!(
        "{address}\n  posts {}\n  log {}",
        practice.view(&format!("/invitations?address={address}"))["addresses"],
        practice.view(&format!("/log?address={address}"))["entries"],
    )
}
