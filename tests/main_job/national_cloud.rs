//! Clouds that lack a part of the invitation API: sponsors are added afterwards, or the cloud is refused.

use crate::support::{Ended, Practice, Workdir};
use std::process::Command;

/// China takes no sponsors inside invitations; what stands for it here would.
fn in_china(command: &mut Command) -> Ended {
    Ended::of(command.env("GUESTLIST_TENANT_CLOUD", "china"))
}

const SHEET: &str = "\
email,sponsors
ada@partner.example,anna.berg@northwind.example;group:Project Atlas
bo@partner.example,priya.shah@northwind.example
cy@partner.example,
";

fn sponsors(practice: &Practice, address: &str) -> usize {
    let seen = practice.view(&format!("/people?address={address}"));
    seen["people"][0]["sponsors"].as_array().unwrap().len()
}

fn requests(practice: &Practice) -> i64 {
    practice.view("/requests")["kinds"]["sponsors"]["requests"]
        .as_i64()
        .unwrap_or(0)
}

#[test]
fn sponsors_are_added_after_the_invitation_and_once() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", SHEET);
    // Guests are seen by id only after a while: the first tries come too early.
    let practice = Practice::start(&workdir, "[replication]\nby_id_ms = 700");
    in_china(&mut practice.invite(&workdir, "guests.csv", &[])).expect_code(0);
    let table = workdir.table("guests.results.csv");
    let told: Vec<[&str; 2]> = table
        .0
        .iter()
        .map(|row| [row["outcome"].as_str(), row["follow_up"].as_str()])
        .collect();
    assert_eq!(
        told,
        [["invited", "done"], ["invited", "done"], ["invited", ""]]
    );
    // Whoever invites is a sponsor where none is named inside the invitation.
    assert_eq!(sponsors(&practice, "ada@partner.example"), 3);
    assert_eq!(sponsors(&practice, "bo@partner.example"), 2);
    let asked = requests(&practice);
    assert!(asked > 3, "no try came too early: {asked}");

    in_china(&mut practice.invite(&workdir, "guests.csv", &[])).expect_code(0);
    assert_eq!(requests(&practice), asked);
    assert_eq!(
        workdir.table("guests.results.csv").0[0]["follow_up"],
        "done"
    );
    assert_eq!(practice.view("/mails")["total"], 3);
}

#[test]
fn sponsors_that_may_not_be_added_make_the_row_unfinished_until_they_may() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,sponsors\nada@partner.example,anna.berg@northwind.example\n",
    );
    let practice = Practice::start(
        &workdir,
        "[permissions]\napp = [\"User.Invite.All\", \"User.Read.All\"]",
    );
    let run = |more: &[&str]| in_china(&mut practice.invite_as_app(&workdir, "guests.csv", more));
    run(&[])
        .expect_code(4)
        .says("the sponsors of 1 guest were not added");
    let row = workdir.table("guests.results.csv").0[0].clone();
    assert_eq!(
        (row["outcome"].as_str(), row["follow_up"].as_str()),
        ("invited", "failed")
    );
    assert!(
        row["hint"].contains("sponsor was not added") && !row["error_code"].is_empty(),
        "{row:?}"
    );
    run(&["--tolerate", "invited"]).expect_code(0);

    practice.post("/weather", "");
    run(&[]).expect_code(0);
    let row = workdir.table("guests.results.csv").0[0].clone();
    assert_eq!(
        (row["follow_up"].as_str(), row["error_code"].as_str()),
        ("done", "")
    );
    assert_eq!(sponsors(&practice, "ada@partner.example"), 1);
    assert_eq!(practice.view("/mails")["total"], 1);
}

#[test]
fn a_cloud_without_invitations_is_refused_before_anybody_is_asked() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", SHEET);
    let arguments = [
        "invite",
        "guests.csv",
        "--yes",
        "--tenant",
        "contoso.example",
        "--graph-url",
        "https://graph.svc.sovcloud.sg",
        "--ledger",
        "guestlist.db",
        "--new-ledger",
    ];
    workdir
        .run(&arguments)
        .expect_code(2)
        .says("has no guest invitations");
}
