//! What is refused to everybody is asked for once a run, and the others go on.

use super::books::{made, nothing_twice, requests};
use crate::support::{Practice, Workdir};

const ALLOW: [&str; 4] = ["--allow", "manager,groups", "--rate", "max"];

fn sheet(rows: usize) -> String {
    let rows = (1..=rows).map(|row| {
        format!("p{row:02}@partner.example,Partner AG,anna.berg@northwind.example,Project Atlas;Partner Managers\n")
    });
    format!("email,company,manager,groups\n{}", rows.collect::<String>())
}

#[test]
fn a_group_that_refuses_is_asked_once_a_run_and_the_other_one_goes_on() {
    for (refusal, said) in [
        ("groups_without_guests", "this group takes no guests"),
        ("full_groups", "the group is full"),
        ("groups", "does not let this sign-in add members"),
    ] {
        let workdir = Workdir::new();
        workdir.write("guests.csv", sheet(20));
        let weather = format!("[refusals]\n{refusal} = [\"Project Atlas\"]\n");
        let practice = Practice::start(&workdir, &weather);
        practice
            .run(&workdir, "guests.csv", &ALLOW)
            .expect_code(4)
            .says(said)
            .says("20 guests were not added to the group Project Atlas");
        assert_eq!(made(&practice, "group"), 20, "{refusal}");
        assert_eq!(requests(&practice, "group").len(), 21, "{refusal}");
        assert_eq!(made(&practice, "profile"), 20);
        let row = workdir.table("guests.results.csv").0[11].clone();
        assert_eq!(row["follow_up"], "partial");
        assert!(
            row["hint"].contains("not added to the group Project Atlas"),
            "{row:?}"
        );

        practice.run(&workdir, "guests.csv", &ALLOW).expect_code(4);
        assert_eq!(requests(&practice, "group").len(), 22, "one row probes");
        practice.post("/weather", "");
        practice.run(&workdir, "guests.csv", &ALLOW).expect_code(0);
        assert_eq!(made(&practice, "group"), 40);
        nothing_twice(&practice);
    }
}

#[test]
fn a_manager_who_is_deleted_meanwhile_is_told_and_keeps_nobody_waiting() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(20));
    let practice = Practice::start(&workdir, "[refusals]\nmanagers = true\n");
    practice
        .run(&workdir, "guests.csv", &ALLOW)
        .expect_code(4)
        .says("the manager of 20 guests was not set");
    assert_eq!(requests(&practice, "manager").len(), 1);
    practice.post("/weather", "");
    practice.post("/delete", r#"{"address": "anna.berg@northwind.example"}"#);
    practice.run(&workdir, "guests.csv", &ALLOW).expect_code(4);
    assert_eq!(made(&practice, "manager"), 0);
    let row = workdir.table("guests.results.csv").0[3].clone();
    assert_eq!(row["outcome"], "invited", "{row:?}");
    assert!(
        row["hint"].contains("manager") || row["error"].contains("manager"),
        "{row:?}"
    );
    nothing_twice(&practice);
}
