//! Managers and groups are looked up before anything is sent: what cannot be used is told with its reason, and what may not
//! be read waits for the permission.

use super::books::{made, person, requests};
use crate::support::{Ended, Practice, Workdir};
use serde_json::Value;

const ALLOW: [&str; 2] = ["--allow", "manager,groups"];

/// The id of the first group with this name.
fn group_id(practice: &Practice, name: &str) -> String {
    let groups = practice.view("/groups");
    let mut groups = groups["groups"].as_array().unwrap().iter();
    let group = groups.find(|group| group["display_name"] == name).unwrap();
    group["id"].as_str().unwrap().to_owned()
}

fn members(practice: &Practice, name: &str) -> usize {
    let groups = practice.view("/groups");
    let groups = groups["groups"].as_array().unwrap().iter();
    let of_name = groups.filter(|group| group["display_name"] == name);
    of_name
        .map(|group| group["members"].as_array().unwrap().len())
        .sum()
}

#[test]
fn what_cannot_be_used_is_told_before_anything_is_sent() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let twin = group_id(&practice, "Twins");
    let rows = [
        (
            "Führung",
            "nobody@northwind.example",
            "",
            "GL307",
            "column `Führung`: the manager nobody@northwind.example is not in this tenant",
        ),
        ("", "Nobody Known", "", "GL307", "the manager Nobody Known"),
        (
            "",
            "ben.carter@fabrikam.example",
            "",
            "GL309",
            "is a guest of this tenant",
        ),
        (
            "",
            "",
            "Nowhere",
            "GL310",
            "column `Gruppen`: the group Nowhere is not in this tenant",
        ),
        (
            "",
            "",
            "Project Atlas, Field Team",
            "GL310",
            "the group Project Atlas, Field Team",
        ),
        ("", "", "Twins", "GL311", &twin),
        ("", "", "All Guests", "GL312", "a rule decides who is in it"),
        ("", "", "Head Office", "GL312", "on-premises directory"),
        ("", "", "Tenant Admins", "GL312", "can be given roles"),
        (
            "",
            "",
            "newsletter@northwind.example",
            "GL312",
            "distribution list",
        ),
        (
            "",
            "",
            "Project Atlas; Site Security",
            "GL312",
            "mail-enabled security group",
        ),
    ];
    let cells = rows
        .iter()
        .enumerate()
        .map(|(row, (_, manager, groups, ..))| {
            format!("p{row}@partner.example,{manager},\"{groups}\"\n")
        });
    let sheet: String = cells.collect();
    workdir.write("guests.csv", format!("email,Führung,Gruppen\n{sheet}"));
    let map = [
        "--map",
        "manager=Führung",
        "--map",
        "groups=Gruppen",
        "--max-invalid",
        "100%",
    ];
    let run = [&ALLOW[..], &map].concat();
    practice.run(&workdir, "guests.csv", &run).expect_code(4);
    let results = workdir.table("guests.results.csv");
    for (row, (_, _, _, code, said)) in results.0.iter().zip(rows) {
        assert_eq!(row["outcome"], "invalid", "{row:?}");
        assert_eq!(row["error_code"], code, "{row:?}");
        assert!(row["error"].contains(said), "{said}: {row:?}");
        assert!(!row["hint"].is_empty(), "{row:?}");
    }
    assert!(
        results.0[4]["hint"].contains("semicolons"),
        "{:?}",
        results.0[4]
    );
    let twins = &results.0[5]["error"];
    assert!(
        twins.contains("security group") && twins.contains("Microsoft 365 group"),
        "{twins}"
    );
    assert_eq!(practice.view("/invitations")["total"], 0);
    assert!(
        practice.view("/follow-ups")["requests"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let to_fix = workdir.read("guests.to-fix.csv");
    assert!(to_fix.contains("GL312"), "{to_fix}");
}

#[test]
fn managers_and_groups_are_found_by_name_address_and_id() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let atlas = group_id(&practice, "Project Atlas");
    let anna = person(&practice, "anna.berg@northwind.example")["id"].clone();
    let anna_id = anna.as_str().unwrap();
    let sheet = format!(
        "email,manager,groups\n\
         a@partner.example,anna.berg@northwind.example,project atlas;{atlas}\n\
         b@partner.example,Anna Berg,atlas@northwind.example;group:Partner Managers\n\
         c@partner.example,{anna_id},{atlas}; field@northwind.example\n"
    );
    workdir.write("guests.csv", sheet);
    let ended = practice.run(&workdir, "guests.csv", &ALLOW).expect_code(0);
    ended.says("set after the invitation: manager and groups (3 rows)");
    for address in [
        "a@partner.example",
        "b@partner.example",
        "c@partner.example",
    ] {
        assert_eq!(person(&practice, address)["manager"], anna, "{address}");
    }
    assert_eq!(members(&practice, "Project Atlas"), 3);
    assert_eq!(members(&practice, "Partner Managers"), 1);
    assert_eq!(members(&practice, "Field Team"), 1);
    let asked = requests(&practice, "group").len();
    assert_eq!(asked, 5, "one request for each guest and group");
    let results = workdir.table("guests.results.csv");
    assert!(results.0.iter().all(|row| row["follow_up"] == "done"));
    assert!(results.0[2]["hint"].contains("Teams may take up to a day"));

    practice.run(&workdir, "guests.csv", &ALLOW).expect_code(0);
    assert_eq!(requests(&practice, "group").len(), asked);
}

#[test]
fn with_the_least_permissions_everybody_is_invited_and_the_same_command_goes_on_later() {
    let workdir = Workdir::new();
    let rows: String = (1..=20)
        .map(|n| format!("p{n}@partner.example,Partner AG,anna.berg@northwind.example,Project Atlas;Partner Managers\n"))
        .collect();
    workdir.write(
        "guests.csv",
        format!("email,company,manager,groups\n{rows}"),
    );
    let practice = Practice::start(
        &workdir,
        "[permissions]\napp = [\"User.Invite.All\", \"User.Read.All\"]",
    );
    let run = |code: i32| {
        let fast = ["--rate", "max", "--workers", "8"];
        let more = [&ALLOW[..], &fast].concat();
        Ended::of(&mut practice.invite_as_app(&workdir, "guests.csv", &more)).expect_code(code)
    };
    let mut first = run(4);
    for said in [
        "2 groups of the sheet can be used: the sign-in lacks the permission GroupMember.Read.All",
        "the groups of 20 guests will have to wait: the token does not hold GroupMember.ReadWrite.All",
        "the manager of 20 guests will have to wait: the token does not hold User.ReadWrite.All",
        "the profile of 20 guests will have to wait: the token does not hold User.ReadUpdate.All or User.ReadWrite.All",
    ] {
        first = first.says(said);
    }
    let results = workdir.table("guests.results.csv");
    for row in &results.0 {
        assert_eq!(
            [&*row["outcome"], &*row["mail"]],
            ["invited", "requested"],
            "{row:?}"
        );
        assert_ne!(row["follow_up"], "done", "{row:?}");
        assert!(
            row["hint"].contains("the group Partner Managers"),
            "{row:?}"
        );
        assert!(row["hint"].contains("GroupMember.Read.All"), "{row:?}");
    }
    let probes = |kind: &str| requests(&practice, kind).len();
    assert_eq!(
        [probes("profile"), probes("manager"), probes("group")],
        [1, 1, 0]
    );

    run(4);
    assert_eq!(
        [probes("profile"), probes("manager"), probes("group")],
        [2, 2, 0]
    );

    practice.post("/weather", "");
    run(0);
    assert_eq!(made(&practice, "group"), 40);
    assert_eq!(made(&practice, "manager"), 20);
    assert_eq!(made(&practice, "profile"), 20);
    assert_eq!(practice.view("/mails")["total"], 20);
    let results = workdir.table("guests.results.csv");
    assert!(results.0.iter().all(|row| row["follow_up"] == "done"));
}

#[test]
fn a_group_that_is_gone_later_is_told_beside_the_invitation() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,groups\na@partner.example,Project Atlas\n",
    );
    practice.run(&workdir, "guests.csv", &ALLOW).expect_code(0);
    workdir.write(
        "guests.csv",
        "email,groups\na@partner.example,Project Atlas; Nowhere\n",
    );
    practice.run(&workdir, "guests.csv", &ALLOW).expect_code(4);
    let row: &Value = &serde_json::json!(workdir.table("guests.results.csv").0[0]);
    assert_eq!(row["outcome"], "invited");
    assert_eq!(row["follow_up"], "partial");
    assert!(
        row["hint"]
            .as_str()
            .unwrap()
            .contains("the group Nowhere is not in this tenant"),
        "{row}"
    );
    assert_eq!(practice.view("/mails")["total"], 1);
}

#[test]
fn trouble_that_passes_makes_the_row_failed_and_a_wrong_default_sponsor_is_told_once() {
    let workdir = Workdir::new();
    let weather =
        "[[script]]\nkind = \"groups\"\ncount = 20\nfault = \"unavailable\"\nstatus = 503\n";
    let practice = Practice::start(&workdir, weather);
    workdir.write(
        "guests.csv",
        "email,groups\na@partner.example,Project Atlas\n",
    );
    let run = [&ALLOW[..], &["--dry-run"]].concat();
    practice.run(&workdir, "guests.csv", &run).expect_code(4);
    let row = &workdir.table("guests.dry-run.csv").0[0];
    assert_eq!(
        [&*row["outcome"], &*row["error_code"]],
        ["failed", "GL303"],
        "{row:?}"
    );

    let run = ["--dry-run", "--default-sponsor", "nobody@northwind.example"];
    let ended = practice.run(&workdir, "guests.csv", &run).expect_code(4);
    let told = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let said = "the default sponsor nobody@northwind.example (from --default-sponsor) is not in this tenant";
    assert_eq!(told.matches(said).count(), 1, "{told}");
    assert!(
        told.contains("not used: groups; --allow groups uses groups, which gives access or power"),
        "{told}"
    );
}
