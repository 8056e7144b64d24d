//! A sheet in, invitations out, results back.

use crate::support::{Practice, Workdir};

#[test]
fn an_app_invites_everybody_on_a_sheet() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,display_name\nada@partner.example,Ada\nbo@partner.example,Bo\n",
    );
    let mut command = practice.invite_as_app(&workdir, "guests.csv", &[]);
    crate::support::Ended::of(&mut command).expect_code(0);
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.outcomes()["invited"], 2);
    for row in table.with_outcome("invited") {
        assert!(row["redeem_url"].starts_with("https://"), "{row:?}");
    }
    assert_eq!(practice.view("/mails")["total"], 2);
}
