//! What the hints say of people who are there already, beyond the outcome; and of sponsors who can hardly vouch.

use super::Tenant;
use crate::support::{Practice, Workdir};

const PEOPLE: &str = r#"[
    {"address": "desk@partner.example", "standing": "internal-guest"},
    {"address": "sam@partner.example", "standing": "self-service"},
    {"address": "eve@partner.example", "standing": "email-verified"}
]"#;

/// Each address, its outcome, and what its hint says.
const CASES: [(&str, &str, &str); 8] = [
    (
        "desk@partner.example",
        "exists-member",
        "created here and not invited",
    ),
    ("sam@partner.example", "exists-accepted", "self-service"),
    (
        "eve@partner.example",
        "exists-accepted",
        "proved the address by mail",
    ),
    (
        "gina.lane@litware.example",
        "exists-accepted",
        "without a redemption state",
    ),
    (
        "hugo.stone@litware.example",
        "exists-accepted",
        "one of otherMails",
    ),
    (
        "ida.west@litware.example",
        "exists-accepted",
        "one of proxyAddresses",
    ),
    (
        "jon.park@litware.example",
        "exists-accepted",
        "invited or signs in with",
    ),
    (
        "office@contact.example",
        "exists-pending",
        "no mail address for this guest",
    ),
];

#[test]
fn the_hint_says_how_somebody_came_to_be_there_and_was_found() {
    let tenant = Tenant::of(0, "");
    tenant.post("/people", PEOPLE);
    let workdir = Workdir::new();
    // A contact has this address, so the guest gets no mail address.
    workdir.write("guests.csv", "email\noffice@contact.example\n");
    tenant
        .run(&workdir, &[])
        .expect_code(0)
        .says("1 new guest has no mail address in the directory (row 2)");
    let rows: String = CASES
        .iter()
        .map(|(address, ..)| format!("{address}\n"))
        .collect();
    for way in ["each", "snapshot"] {
        let workdir = Workdir::new();
        workdir.write("guests.csv", format!("email\n{rows}"));
        tenant.run(&workdir, &["--dry-run", "--precheck", way]);
        let table = workdir.table("guests.dry-run.csv");
        for (row, (address, outcome, said)) in table.0.iter().zip(CASES) {
            assert_eq!(
                (&*row["email"], &*row["outcome"]),
                (address, outcome),
                "{way}: {row:?}"
            );
            assert!(row["hint"].contains(said), "{way}: {row:?}");
        }
    }
}

#[test]
fn somebody_found_by_the_mail_address_gets_no_word_about_it() {
    let tenant = Tenant::of(0, "");
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email\nben.carter@fabrikam.example\nanna.berg@northwind.example\nz@partner.example\n",
    );
    tenant.run(&workdir, &["--dry-run"]);
    for row in &workdir.table("guests.dry-run.csv").0 {
        assert!(!row["hint"].contains("another address"), "{row:?}");
    }
}

#[test]
fn sponsors_who_are_guests_pending_or_blocked_are_told_before_the_run() {
    let tenant = Tenant::of(0, "");
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,sponsors\n\
         a@partner.example,ben.carter@fabrikam.example\n\
         b@partner.example,dana.fox@adatum.example\n\
         c@partner.example,lars.holm@northwind.example\n\
         d@partner.example,anna.berg@northwind.example\n",
    );
    let ended = tenant
        .run(&workdir, &["--dry-run"])
        .says("1 user is named as sponsor and guests themselves: ben.carter@fabrikam.example")
        .says("blocked from signing in: lars.holm@northwind.example")
        .says("not redeemed their own invitation yet: dana.fox@adatum.example");
    assert!(!ended.stderr.contains("anna.berg"), "{}", ended.stderr);
}

/// An invitation that carried this id would turn the member into a guest for good.
#[test]
fn the_object_id_of_an_internal_user_is_never_sent() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "anna.csv",
        "email\nanna.berg@northwind.example\nz@partner.example\n",
    );
    practice.run(&workdir, "anna.csv", &["--dry-run"]);
    let id = workdir.table("anna.dry-run.csv").0[0]["user_id"].clone();
    assert_eq!(id.len(), 36);
    workdir.write(
        "guests.csv",
        format!("email,user_id,objectId\nanna.new@partner.example,{id},{id}\n"),
    );
    let check = workdir.run(&["check", "guests.csv"]);
    assert!(check.stdout.contains("object ids"), "{}", check.stdout);
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    let row = workdir.table("guests.results.csv").0.remove(0);
    assert_eq!(row["outcome"], "invited");
    assert_ne!(row["user_id"], id);
    practice.run(&workdir, "anna.csv", &["--dry-run"]);
    assert_eq!(
        workdir.table("anna.dry-run.csv").0[0]["outcome"],
        "exists-member"
    );
}
