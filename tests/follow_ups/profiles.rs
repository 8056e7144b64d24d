//! Profiles: one request for each guest, made once.

use super::books::{made, nothing_twice, person, requests};
use crate::support::{Practice, Workdir};

const SHEET: &str = "\
email,first_name,last_name,company,department,job_title,usage_location
ada@partner.example,Ada,Byron,Partner AG,Sales,Head of Sales,DE
bo@partner.example,,,Partner AG,,,
cy@partner.example,,,,,,
";

#[test]
fn a_profile_is_set_by_one_request_and_once() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", SHEET);
    let practice = Practice::start(&workdir, "[replication]\nwrites_ms = 900\n");
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    let told: Vec<String> = workdir
        .table("guests.results.csv")
        .0
        .iter()
        .map(|row| row["follow_up"].clone())
        .collect();
    assert_eq!(told, ["done", "done", ""]);
    let ada = person(&practice, "ada@partner.example");
    assert_eq!(
        [
            "given_name",
            "surname",
            "company_name",
            "department",
            "job_title",
            "usage_location"
        ]
        .map(|name| ada[name].as_str().unwrap_or_default().to_owned()),
        ["Ada", "Byron", "Partner AG", "Sales", "Head of Sales", "DE"]
    );
    assert_eq!(made(&practice, "profile"), 2);
    assert!(requests(&practice, "profile").len() > 2, "no try was early");
    let asked = requests(&practice, "profile").len();

    let again = practice
        .run(&workdir, "guests.csv", &["--json"])
        .expect_code(0);
    assert_eq!(again.json()["this_run"]["follow_ups"]["profile"]["done"], 0);
    assert_eq!(requests(&practice, "profile").len(), asked);
    assert_eq!(
        workdir.table("guests.results.csv").0[0]["follow_up"],
        "done"
    );

    // A cell that changed is set, and nothing else.
    workdir.write("guests.csv", SHEET.replace("Sales,Head", "Purchasing,Head"));
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    let all = requests(&practice, "profile");
    let last = &all.last().unwrap()["fields"];
    assert_eq!(*last, serde_json::json!({"department": "Purchasing"}));
    assert_eq!(all.len(), asked + 1);
    nothing_twice(&practice);
    assert_eq!(practice.view("/mails")["total"], 3);
}

#[test]
fn without_the_permission_one_request_is_sent_and_the_run_is_not_a_failure() {
    let workdir = Workdir::new();
    let rows: String = (1..=50)
        .map(|n| format!("p{n:02}@partner.example,Partner AG\n"))
        .collect();
    workdir.write("guests.csv", format!("email,company\n{rows}"));
    let practice = Practice::start(
        &workdir,
        "[permissions]\napp = [\"User.Invite.All\", \"User.Read.All\"]",
    );
    let run = || {
        let mut command =
            practice.invite_as_app(&workdir, "guests.csv", &["--rate", "max", "--workers", "8"]);
        crate::support::Ended::of(&mut command)
    };
    run()
        .expect_code(0)
        .says("User.ReadUpdate.All or User.ReadWrite.All")
        .says("the profile of 50 guests was not set");
    assert_eq!(requests(&practice, "profile").len(), 1);
    let row = workdir.table("guests.results.csv").0[7].clone();
    assert_eq!(row["follow_up"], "partial");
    assert!(row["hint"].contains("the company was not set"), "{row:?}");
    run().expect_code(0);
    assert_eq!(requests(&practice, "profile").len(), 2, "one row probes");

    practice.post("/weather", "");
    run().expect_code(0);
    assert_eq!(made(&practice, "profile"), 50);
    assert_eq!(practice.view("/mails")["total"], 50);
    assert!(
        workdir
            .table("guests.results.csv")
            .0
            .iter()
            .all(|row| row["follow_up"] == "done")
    );
    nothing_twice(&practice);
}

#[test]
fn a_refusal_of_everybody_is_learnt_and_that_of_one_guest_is_not() {
    let workdir = Workdir::new();
    let rows: String = (1..=20)
        .map(|n| format!("p{n:02}@partner.example,Partner AG\n"))
        .collect();
    workdir.write("guests.csv", format!("email,company\n{rows}"));
    let practice = Practice::start(&workdir, "[refusals]\nuser_updates = true\n");
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .says("although it has the permission");
    assert_eq!(requests(&practice, "profile").len(), 1);
    nothing_twice(&practice);
}
