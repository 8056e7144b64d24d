//! What Graph refuses: told with the reason, the address that was added stays, and nothing is sent twice.

use super::{BEN, CHLOE, NEW_BEN, TWO, mails, person, reset, reset_as_app, resets};
use crate::support::{Practice, Workdir};
use serde_json::json;
use std::fmt::Write;

#[test]
fn without_the_permission_for_addresses_nothing_is_changed() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Invite.All\", \"User.ReadWrite.All\", \"Organization.Read.All\"]\n",
    );
    workdir.write("resets.csv", TWO);
    // The token of a signed-in user claims User.ReadWrite.All: three refusals show that it is about everybody.
    workdir.write(
        "resets.csv",
        format!("{TWO}gina.lane@litware.example,gina@newfirm.example,third\n"),
    );
    reset(&practice, &workdir, &[])
        .expect_code(6)
        .says("[GL615]");
    assert_eq!(resets(&practice), 0);
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN]));
}

#[test]
fn without_the_permission_to_reset_the_address_stays_and_the_next_run_goes_on() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Invite.All\", \"User-Mail.ReadWrite.All\", \"User.Read.All\", \"Organization.Read.All\"]\n",
    );
    workdir.write("resets.csv", TWO);
    reset(&practice, &workdir, &[])
        .expect_code(6)
        .says("[GL616]")
        .says("User.ReadWrite.All");
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN, NEW_BEN]));
    assert_eq!((resets(&practice), mails(&practice, NEW_BEN)), (0, 0));
    // Told by the page of the code, too.
    let page = workdir.run(&["explain", "GL616"]).expect_code(0);
    assert!(
        page.stdout.contains("User.ReadWrite.All"),
        "{}",
        page.stdout
    );
}

#[test]
fn an_app_cannot_reset_somebody_with_a_role_and_goes_on_with_the_others() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    practice.post("/role", &format!("{{\"address\": \"{BEN}\"}}"));
    workdir.write("resets.csv", TWO);
    reset_as_app(&practice, &workdir, &[])
        .expect_code(4)
        .says("[GL516]");
    let table = workdir.table("resets.results.csv");
    assert_eq!(
        (&*table.0[0]["outcome"], &*table.0[0]["error_code"]),
        ("refused", "GL516")
    );
    assert_eq!(table.0[1]["outcome"], "reset");
    // A user can.
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!((resets(&practice), mails(&practice, NEW_BEN)), (2, 1));
}

#[test]
fn a_cloud_that_knows_no_resets_is_told_before_and_after_it_was_asked() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "reset_redemption_known = false");
    workdir.write("resets.csv", TWO);
    reset(&practice, &workdir, &[])
        .expect_code(2)
        .says("[GL515]");
    assert_eq!(resets(&practice), 0);
    for closed in [
        "https://graph.eaglex.ic.gov",
        "https://graph.microsoft.scloud",
    ] {
        workdir
            .run(&[
                "reset-redemption",
                "resets.csv",
                "--graph-url",
                closed,
                "-n",
            ])
            .expect_code(2)
            .says("cannot reset a redemption");
    }
}

#[test]
fn twenty_refusals_are_told_each_with_its_address() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let mut people = Vec::new();
    let mut sheet = "email,new_email\n".to_owned();
    for number in 1..=20 {
        people.push(json!({"address": format!("g{number}@old.example"), "standing": "accepted"}));
        let domain = if number % 2 == 0 { "blocked" } else { "sealed" };
        writeln!(sheet, "g{number}@old.example,g{number}@{domain}.example").unwrap();
    }
    practice.post("/people", &json!(people).to_string());
    workdir.write("resets.csv", &sheet);
    let told = reset(&practice, &workdir, &[]).expect_code(4);
    told.says("10 refused");
    let table = workdir.table("resets.results.csv");
    assert_eq!(table.outcomes()["refused"], 20);
    for row in &table.0 {
        assert!(
            !row["error"].is_empty() && row["error_code"].starts_with("GL5"),
            "{row:?}"
        );
    }
    assert_eq!(resets(&practice), 0);
}

#[test]
fn a_refused_reset_says_that_the_address_stays() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "resets.csv",
        format!("email,new_email\n{BEN},ben@blocked.example\n{CHLOE},chloe+x@newfirm.example\n"),
    );
    reset(&practice, &workdir, &[]).expect_code(3);
    workdir.write(
        "resets.csv",
        format!("email,new_email\n{BEN},ben@blocked.example\n"),
    );
    reset(&practice, &workdir, &[]).expect_code(4);
    let row = &workdir.table("resets.results.csv").0[0];
    assert!(row["hint"].contains("stays there"), "{row:?}");
    assert_eq!(
        person(&practice, BEN)["other_mails"],
        json!([BEN, "ben@blocked.example"])
    );
    assert_eq!(person(&practice, BEN)["external_user_state"], "Accepted");
}
