//! Large tenants: how many requests it takes to look everybody up, and that the cheaper strategy is chosen.
//!
//! `GUESTLIST_LONG=1 cargo test --test guestlist precheck::size -- --nocapture` prints the figures for 100,000
//! people and 5,000 rows.

use super::{Tenant, tenant::Cost};
use crate::support::Workdir;
use std::fmt::Write;

/// Every other row is somebody of the crowd, the others are new.
fn sheet(rows: u32) -> String {
    (1..=rows).fold("email\n".to_owned(), |mut sheet, row| {
        let _ = match row % 2 {
            0 => writeln!(sheet, "GUEST-{row:06}@crowd.example"),
            _ => writeln!(sheet, "new-{row:06}@partner.example"),
        };
        sheet
    })
}

fn rehearse(tenant: &Tenant, rows: u32, way: &str) -> Cost {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(rows));
    let (told, cost) = tenant.measure(&workdir, &["--dry-run", "--precheck", way]);
    assert_eq!(
        told["outcomes"]["exists-accepted"],
        rows / 2,
        "{way}: {told}"
    );
    assert_eq!(
        told["outcomes"]["would-invite"],
        rows.div_ceil(2),
        "{way}: {told}"
    );
    cost
}

/// Beside looking up: the tenant itself, two policies, the deleted.
const ASIDE: u64 = 4;

#[test]
fn a_snapshot_of_thousands_is_a_few_pages() {
    let tenant = Tenant::of(3_000, "");
    // 3,021 people are 4 pages; 1,000 rows are 50 batches.
    assert_eq!(rehearse(&tenant, 1_000, "each").requests, ASIDE + 50);
    assert_eq!(rehearse(&tenant, 1_000, "snapshot").requests, ASIDE + 4);
    assert_eq!(rehearse(&tenant, 1_000, "auto").requests, ASIDE + 1 + 4);
    // 80 rows are 4 batches: no snapshot for them.
    assert_eq!(rehearse(&tenant, 80, "auto").requests, ASIDE + 1 + 4);
    tenant.post("/reset", "");
    rehearse(&tenant, 80, "auto");
    assert_eq!(tenant.requests("batch"), 4);
    // For one batch of rows nobody is counted.
    assert_eq!(rehearse(&tenant, 20, "auto").requests, ASIDE + 1);
}

#[test]
fn a_walk_that_is_lost_starts_again() {
    let lost = "[[script]]\nkind = \"users\"\nskip = 2\nfault = \"page_token_lost\"\n";
    let tenant = Tenant::of(3_000, lost);
    rehearse(&tenant, 100, "snapshot");
    // Two pages, the lost third, and all four again.
    assert_eq!(tenant.requests("users"), 7);
}

#[test]
fn a_directory_that_cannot_be_read_as_a_whole_is_asked_row_by_row() {
    let broken = "[[script]]\nkind = \"users\"\nskip = 2\nfault = \"unavailable\"\nstatus = 501\n";
    let tenant = Tenant::of(3_000, broken);
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet(100));
    tenant
        .run(&workdir, &["--dry-run", "--precheck", "snapshot"])
        .expect_code(0)
        .says("could not be read as a whole");
    let table = workdir.table("guests.dry-run.csv");
    assert_eq!(table.outcomes()["exists-accepted"], 50);
    assert_eq!((tenant.requests("users"), tenant.requests("batch")), (3, 5));
}

#[test]
fn a_thousand_new_guests_cost_no_more_than_a_tenth_more_requests() {
    for way in ["auto", "each"] {
        let tenant = Tenant::of(0, "");
        let workdir = Workdir::new();
        let sheet = (1..=1_000).fold("email\n".to_owned(), |mut sheet, row| {
            let _ = writeln!(sheet, "new-{row:06}@partner.example");
            sheet
        });
        workdir.write("guests.csv", sheet);
        let (told, cost) = tenant.measure(&workdir, &["--precheck", way]);
        assert_eq!(told["this_run"]["invited"], 1_000, "{told}");
        assert!(cost.requests <= 1_100, "{way}: {}", cost.requests);
        println!("1,000 new guests, {way}: {} requests", cost.requests);
    }
}

#[test]
fn a_hundred_thousand_people() {
    if std::env::var("GUESTLIST_LONG").is_err() {
        return;
    }
    let tenant = Tenant::of(100_000, "");
    let mut figures = Vec::new();
    for way in ["each", "snapshot", "auto"] {
        let cost = rehearse(&tenant, 5_000, way);
        println!(
            "100,000 people, 5,000 rows, {way}: {} requests, {:.1} s, {:.0} MB",
            cost.requests,
            cost.took.as_secs_f64(),
            cost.memory.unwrap_or(0) as f64 / 1e6,
        );
        figures.push(cost);
    }
    let [each, snapshot, auto] = figures.try_into().ok().expect("three ways");
    // 101 pages in place of 250 batches.
    assert_eq!(
        (each.requests, snapshot.requests, auto.requests),
        (ASIDE + 250, ASIDE + 101, ASIDE + 102)
    );
    if let (Some(each), Some(snapshot)) = (each.memory, snapshot.memory) {
        assert!(snapshot < each + 48_000_000, "{snapshot} beside {each}");
    }
}
