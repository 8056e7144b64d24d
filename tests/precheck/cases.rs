//! The people whom a careless look-up misses, found by all strategies alike.

use super::Tenant;
use crate::support::{Guests, Table, Workdir};

/// Each address, and what becomes of its row in a dry run.
const CASES: [(&str, &str); 18] = [
    // Only in otherMails, of a guest and of a member.
    ("hugo.stone@litware.example", "exists-accepted"),
    ("tomas.novak@mailbox.example", "exists-member"),
    // Only in proxyAddresses, with `smtp:`.
    ("ida.west@litware.example", "exists-accepted"),
    ("sofia.rossi@mailbox.example", "exists-member"),
    // Only by the name that was derived from it.
    ("jon.park@litware.example", "exists-accepted"),
    // In other case, there and here.
    ("karl.maier@ADATUM.example", "exists-pending"),
    ("DANA.FOX@adatum.example", "exists-pending"),
    // With an apostrophe.
    ("liam.o'brien@fabrikam.example", "exists-accepted"),
    // Disabled, and a guest all the same.
    ("finn.gray@adatum.example", "exists-disabled"),
    // Deleted, and restorable.
    ("mona.reed@fabrikam.example", "exists-deleted"),
    ("Pia.O'Malley@fabrikam.example", "exists-deleted"),
    // Invited as a Member; made before invitations had a state; the same mail as an internal user.
    ("nils.dahl@fabrikam.example", "exists-accepted"),
    ("gina.lane@litware.example", "exists-accepted"),
    ("ines.costa@oldbrand.example", "exists-member"),
    // Longer than a filter takes in default mode.
    (LONG, "exists-pending"),
    // Nobody: one like an apostrophe away, one in the tenant's own domain, one whose domain is kept out.
    ("liam.obrien@fabrikam.example", "would-invite"),
    ("nobody@northwind.example", "refused"),
    ("anyone@blocked.example", "refused"),
];

const LONG: &str = "a.very.long.name.that.somebody.has@one.department.of.an.organization.with.a.very.long.name.indeed.in.a.country.with.long.names.fabrikam.example";

fn sheet() -> Guests {
    CASES
        .iter()
        .fold(Guests::new().people(10), |guests, (email, _)| {
            guests.row(email, "Somebody")
        })
}

fn tenant(weather: &str) -> Tenant {
    let tenant = Tenant::of(0, weather);
    let people = format!(
        r#"[{{"address": "{LONG}", "standing": "pending"}}, {{"address": "pia.o'malley@fabrikam.example", "standing": "deleted"}}]"#
    );
    tenant.post("/people", &people);
    tenant
}

/// Every row's outcome and user, in a dry run of this way.
fn looked_up(tenant: &Tenant, way: &str) -> Table {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet());
    tenant
        .run(&workdir, &["--dry-run", "--precheck", way])
        .expect_code(4);
    workdir.table("guests.dry-run.csv")
}

#[track_caller]
fn as_expected(table: &Table, way: &str) {
    assert_eq!(table.0.len(), CASES.len() + 10);
    for (email, outcome) in CASES {
        let row = table.0.iter().find(|row| row["email"] == email).unwrap();
        assert_eq!(row["outcome"], outcome, "{way}: {row:?}");
        assert_eq!(
            row["user_id"].is_empty(),
            !outcome.starts_with("exists"),
            "{way}: {row:?}"
        );
        assert!(!row["hint"].is_empty(), "{way}: {row:?}");
    }
}

#[test]
fn all_strategies_find_the_hardest_cases_alike() {
    let tenant = tenant("");
    let each = looked_up(&tenant, "each");
    as_expected(&each, "each");
    assert_eq!((tenant.requests("batch"), tenant.requests("users")), (2, 0));

    tenant.post("/reset", "");
    let snapshot = looked_up(&tenant, "snapshot");
    as_expected(&snapshot, "snapshot");
    assert_eq!((tenant.requests("batch"), tenant.requests("users")), (0, 1));

    tenant.post("/reset", "");
    let auto = looked_up(&tenant, "auto");
    // One request to count, one to read everybody.
    assert_eq!((tenant.requests("batch"), tenant.requests("users")), (0, 2));

    let facts = |table: &Table| -> Vec<[String; 6]> {
        let columns = [
            "row",
            "outcome",
            "user_id",
            "redemption",
            "error_code",
            "hint",
        ];
        let facts = |row: &std::collections::HashMap<String, String>| {
            columns.map(|column| row[column].clone())
        };
        table.0.iter().map(facts).collect()
    };
    assert_eq!(facts(&each), facts(&snapshot));
    assert_eq!(facts(&each), facts(&auto));
}

#[test]
fn a_deleted_guest_is_told_and_not_asked_for() {
    let tenant = tenant("");
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        Guests::new().row("Mona.Reed@fabrikam.example", "Mona"),
    );
    for _ in 0..2 {
        tenant.run(&workdir, &[]).expect_code(4);
        let row = &workdir.table("guests.results.csv").0[0];
        assert_eq!(row["outcome"], "exists-deleted");
        assert_eq!(row["error_code"], "GL305");
        assert!(row["hint"].contains("restore the user"), "{row:?}");
        let people = tenant.view("/people?address=mona.reed@fabrikam.example");
        assert_eq!(row["user_id"], people["people"][0]["id"].as_str().unwrap());
    }
    assert_eq!(tenant.requests("invitations"), 0);

    // Somebody has restored her.
    tenant.post(
        "/people",
        r#"[{"address": "mona.reed@fabrikam.example", "standing": "accepted"}]"#,
    );
    tenant.run(&workdir, &[]).expect_code(0);
    assert_eq!(
        workdir.table("guests.results.csv").0[0]["outcome"],
        "exists-accepted"
    );
}

#[test]
fn without_the_right_to_read_the_deleted_the_run_says_so_once_and_goes_on() {
    let unreadable =
        "[[script]]\nkind = \"deleted\"\ncount = 9\nfault = \"unavailable\"\nstatus = 501\n";
    let tenant = tenant(unreadable);
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(45));
    let ended = tenant.run(&workdir, &[]).expect_code(0);
    assert_eq!(
        ended.stderr.matches("cannot tell who was deleted").count(),
        1,
        "{}",
        ended.stderr
    );
    assert_eq!(tenant.requests("deleted"), 1);
    assert_eq!(tenant.requests("invitations"), 45);
}

#[test]
fn who_is_not_looked_up_costs_no_reading() {
    let tenant = tenant("");
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(25));
    tenant.run(&workdir, &[]).expect_code(0);
    tenant.post("/reset", "");
    // Everybody is known as invited: nobody is looked up, deleted or not.
    tenant.run(&workdir, &[]).expect_code(0);
    for kind in ["users", "batch", "deleted"] {
        assert_eq!(tenant.requests(kind), 0, "{kind}");
    }
}

#[test]
fn the_derived_name_is_found_without_knowing_the_tenants_domains() {
    let tenant = tenant("organization_readable = false\n");
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        Guests::new().row("jon.park@litware.example", "Jon"),
    );
    tenant
        .run(&workdir, &["--dry-run", "--precheck", "snapshot"])
        .expect_code(0);
    assert_eq!(
        workdir.table("guests.dry-run.csv").0[0]["outcome"],
        "exists-accepted"
    );
}
