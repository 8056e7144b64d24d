//! Who was invited from a sheet and is no longer on it.

use super::{change, cleanup, deletions, invite, ledger, sheet, verb};
use crate::support::{Guests, Practice, Workdir};

#[test]
fn whoever_is_nowhere_on_the_sheet_has_left() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=30));
    invite(&workdir, &practice);
    change(&practice, "accept", &Guests::address(30));
    // 26 has a slip in the address, 27 stands in a note, 28 beside another one, 29 and 30 are gone.
    let mut now = sheet(1..=25).text().to_owned();
    now.push_str("guest-0026@@partner.example,two signs\n");
    now.push_str(",ask guest-0027@partner.example\n");
    now.push_str("\"guest-0001@partner.example; guest-0028@partner.example\",two\n");
    workdir.write("guests.csv", &now);
    let told = verb(&workdir, &practice, &["leavers", "guests.csv", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["people"], 30);
    let who: Vec<&str> = told["leavers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leaver| leaver["email"].as_str().unwrap())
        .collect();
    assert_eq!(who, [Guests::address(29), Guests::address(30)]);
    assert_eq!(told["leavers"][0]["state"], "pending");
    assert_eq!(told["leavers"][1]["state"], "accepted");
    assert!(told["leavers"][0]["last_ask"].is_string());
    assert_eq!(
        told["leavers"][0]["sponsors"][0], "mia.keller@northwind.example",
        "{told}"
    );
    // The list, and nothing in the tenant.
    let list = workdir.table("guests.leavers.csv");
    assert_eq!(list.0.len(), 3);
    assert_eq!(list.0[2]["email"], "(end of the list)");
    assert_eq!(list.0[0]["tenant_id"], practice.tenant);
    assert_eq!(deletions(&practice)["total"], 0);
}

#[test]
fn whoever_stands_on_the_sheet_under_a_new_address_has_not_left() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=20));
    invite(&workdir, &practice);
    // 18 stands there under a new address, 19 under one with a slip, 20 has left; none of them is known yet.
    let now = sheet(1..=17)
        .row("eighteen@new-firm.example", "guest  18")
        .row("nineteen@@new-firm.example", "Guest 19");
    workdir.write("guests.csv", now);
    let words = ["leavers", "guests.csv", "--json"];
    let told = verb(&workdir, &practice, &words).expect_code(0).json();
    let leavers = told["leavers"].as_array().unwrap();
    assert_eq!(leavers.len(), 1, "{told}");
    assert_eq!(leavers[0]["email"], Guests::address(20));
    let note = told["notes"][0].as_str().unwrap();
    for part in [
        "guest-0018@partner.example is probably row 19",
        "row 20",
        "reset-redemption",
    ] {
        assert!(note.contains(part), "{note}");
    }
    assert_eq!(workdir.table("guests.leavers.csv").0.len(), 2);
    cleanup(&workdir, &practice, &["guests.leavers.csv"]).expect_code(0);
    assert_eq!(deletions(&practice)["total"], 1);
}

#[test]
fn doctor_says_whether_the_list_can_be_deleted() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=12));
    invite(&workdir, &practice);
    workdir.write("guests.csv", sheet(1..=11));
    verb(&workdir, &practice, &["leavers", "guests.csv"]).expect_code(0);
    let check = |name: &str| {
        let told = verb(
            &workdir,
            &practice,
            &["doctor", "guests.leavers.csv", "--json"],
        )
        .json();
        let checks = told["checks"].as_array().unwrap().clone();
        checks
            .into_iter()
            .find(|check| check["name"] == name)
            .unwrap()
    };
    assert_eq!(check("delete")["verdict"], "pass", "{}", check("delete"));
    let told = check("sheet")["message"].as_str().unwrap().to_owned();
    assert!(
        told.contains("a list of `guestlist leavers` with 1 guest"),
        "{told}"
    );
    let mail = verb(
        &workdir,
        &practice,
        &["doctor", "guests.leavers.csv", "--ask-admin"],
    );
    let (must, _) = mail.stdout.split_once("not necessary").unwrap();
    assert!(must.contains("User.DeleteRestore.All"), "{}", mail.stdout);
    assert_eq!(deletions(&practice)["total"], 0);
}

#[test]
fn a_sheet_that_was_cut_short_is_refused() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=20));
    invite(&workdir, &practice);
    workdir.write("guests.csv", sheet(1..=15));
    verb(&workdir, &practice, &["leavers", "guests.csv"])
        .expect_code(3)
        .says("5 of 20 people who stood on earlier runs are nowhere on guests.csv: more than 10%");
    assert!(!workdir.exists("guests.leavers.csv"));
    verb(
        &workdir,
        &practice,
        &["leavers", "guests.csv", "--max-leavers", "4"],
    )
    .expect_code(3);
    verb(
        &workdir,
        &practice,
        &["leavers", "guests.csv", "--max-leavers", "5"],
    )
    .expect_code(0)
    .says("nothing was changed");
    assert_eq!(workdir.table("guests.leavers.csv").0.len(), 6);
}

#[test]
fn whoever_stands_on_another_sheet_is_elsewhere_and_other_names_are_told_by_their_run() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=20));
    invite(&workdir, &practice);
    workdir.write("team.csv", sheet([20]));
    practice
        .run(&workdir, "team.csv", &["--rate", "max"])
        .expect_code(0);
    // Next month's sheet has another name.
    workdir.write("december.csv", sheet(1..=18));
    verb(&workdir, &practice, &["leavers", "december.csv"])
        .expect_code(2)
        .says("the ledger knows no run that invited from december.csv");
    let run: String = ledger(&workdir)
        .query_row("SELECT id FROM run WHERE sheet = 'guests.csv'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let told = verb(
        &workdir,
        &practice,
        &["leavers", "december.csv", "--since", &run, "--json"],
    )
    .expect_code(0)
    .json();
    let elsewhere: Vec<bool> = told["leavers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|leaver| leaver["elsewhere"].as_bool().unwrap())
        .collect();
    assert_eq!(elsewhere, [false, true], "{told}");
    let shown = verb(
        &workdir,
        &practice,
        &["leavers", "december.csv", "--since", &run, "-q"],
    )
    .expect_code(0);
    assert!(
        shown.stdout.contains("2 of 20 people of december.csv"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("1 of them stands on the newest run"),
        "{}",
        shown.stdout
    );
    verb(
        &workdir,
        &practice,
        &["leavers", "december.csv", "--since", "20260101-000000-abcd"],
    )
    .expect_code(2);
}
