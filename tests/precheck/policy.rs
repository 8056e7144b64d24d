//! Who may invite, and whom: read before anything is sent, where the sign-in may read it.

use super::Tenant;
use crate::support::{Guests, Workdir};

fn workdir() -> Workdir {
    let workdir = Workdir::new();
    let guests = Guests::new()
        .people(2)
        .row("eve@blocked.example", "Eve")
        .row("Mallory@Blocked.example", "Mallory");
    workdir.write("guests.csv", guests);
    workdir
}

#[test]
fn where_nobody_may_invite_the_run_refuses_in_a_rehearsal_too() {
    let tenant = Tenant::of(0, "allow_invites_from = \"none\"\n");
    for more in [&["--dry-run"][..], &[]] {
        let workdir = workdir();
        tenant
            .run(&workdir, more)
            .expect_code(7)
            .says("Northwind Practice lets nobody invite guests")
            .says("GL601")
            .says("who can: a Privileged Role Administrator or Global Administrator");
        assert!(!workdir.exists("guests.results.csv"));
    }
    assert_eq!(tenant.requests("invitations") + tenant.requests("batch"), 0);
}

#[test]
fn a_domain_on_the_deny_list_is_refused_without_asking() {
    let tenant = Tenant::of(0, "");
    let workdir = workdir();
    tenant.run(&workdir, &[]).expect_code(4);
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.outcomes()["refused"], 2);
    for row in table.with_outcome("refused") {
        assert_eq!(row["error_code"], "GL304");
        assert!(row["error"].contains("blocked.example"), "{row:?}");
    }
    assert_eq!(tenant.requests("invitations"), 2);
    assert_eq!(tenant.requests("policies"), 2);
}

#[test]
fn what_may_not_be_read_is_left_to_graph() {
    let tenant = Tenant::of(
        0,
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.ReadWrite.All\"]\n",
    );
    let workdir = workdir();
    let ended = tenant.run(&workdir, &[]).expect_code(4);
    assert!(!ended.stderr.contains("GL611"), "{}", ended.stderr);
    let table = workdir.table("guests.results.csv");
    let codes: Vec<&str> = table
        .with_outcome("refused")
        .map(|row| row["error_code"].as_str())
        .collect();
    assert_eq!(codes, ["GL512", "GL512"]);
    assert_eq!(tenant.requests("policies"), 2);
}
