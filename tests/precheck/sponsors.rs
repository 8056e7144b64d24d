//! Sponsors that cannot be looked up, for a temporary reason or because a permission is missing. The sheet is not wrong then.

use super::Tenant;
use crate::support::{Table, Workdir};

const BY_ADDRESS: &str = "anna.berg@northwind.example";
const BY_GROUP: &str = "group:Project Atlas";
/// Somebody's, perhaps: whether it is known is for Graph to say.
const BY_ID: &str = "0b5c7ab2-4d4e-4f0f-8f4e-0c1d2e3f4a5b";

fn rows(weather: &str, sponsors: &[&str]) -> Table {
    let tenant = Tenant::of(0, weather);
    let workdir = Workdir::new();
    let text: String = sponsors
        .iter()
        .enumerate()
        .map(|(row, sponsor)| format!("p{row}@partner.example,{sponsor}\n"))
        .collect();
    workdir.write("guests.csv", format!("email,sponsors\n{text}"));
    tenant.run(&workdir, &["--dry-run"]);
    workdir.table("guests.dry-run.csv")
}

#[track_caller]
fn failed_for_now(weather: &str, sponsor: &str) {
    let row = rows(weather, &[sponsor]).0.remove(0);
    assert_eq!(row["outcome"], "failed", "{sponsor}: {row:?}");
    assert_eq!(row["error_code"], "GL303", "{sponsor}: {row:?}");
    assert!(row["hint"].contains("the next run"), "{sponsor}: {row:?}");
}

#[test]
fn trouble_that_passes_makes_the_row_failed_and_not_invalid() {
    std::thread::scope(|scope| {
        for (kind, sponsor) in [
            ("users", BY_ADDRESS),
            ("directoryObjects", BY_ID),
            ("groups", BY_GROUP),
            ("groups", &format!("group:{BY_ID}")),
        ] {
            let sponsor = sponsor.to_owned();
            scope.spawn(move || {
                let fault = |status: u16, count: u32| {
                    format!(
                        "[[script]]\nkind = \"{kind}\"\ncount = {count}\nfault = \"unavailable\"\nstatus = {status}\n"
                    )
                };
                failed_for_now(&fault(501, 1), &sponsor);
                failed_for_now(&fault(503, 20), &sponsor);
            });
        }
    });
}

#[test]
fn an_id_goes_through_without_the_permission_and_a_name_says_which_it_needs() {
    let weather = "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.ReadBasic.All\", \"User.Read.All\"]";
    let group_by_id = format!("group:{BY_ID}");
    let table = rows(weather, &[&group_by_id, BY_GROUP, BY_ADDRESS]);
    let outcomes: Vec<&str> = table.0.iter().map(|row| &*row["outcome"]).collect();
    assert_eq!(
        outcomes,
        ["would-invite", "failed", "would-invite"],
        "{table:?}"
    );
    assert_eq!(table.0[1]["error_code"], "GL306");
    for said in [&table.0[1]["error"], &table.0[1]["hint"]] {
        assert!(
            said.contains("Group.Read.All or GroupMember.Read.All"),
            "{said}"
        );
    }
}

#[test]
fn nobody_is_still_a_mistake_of_the_sheet() {
    let table = rows(
        "",
        &["no.such@northwind.example", "group:No such group", BY_ID],
    );
    for row in &table.0 {
        assert_eq!(row["outcome"], "invalid", "{row:?}");
    }
}
