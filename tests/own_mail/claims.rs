//! Who must not be mailed: an address that has become another user's, and people of a ledger that was restored.

use super::{by_graph, invite, mail, rows, sent, sheet};
use crate::support::{Ended, Practice, Workdir};

#[test]
fn a_link_does_not_go_to_an_address_that_is_another_users_now() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    let ended = Ended::of(&mut invite(&practice, &workdir, &["--send", "false"]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    practice.post(
        "/people",
        r#"[{"address": "guest-002@partner.example", "standing": "member"}]"#,
    );
    let ended = mail(&practice, &workdir, &[]);
    assert_eq!(sent(&practice).len(), 2, "{}", ended.stderr);
    assert!(rows(&workdir)["guest-002@partner.example"]["mail"] != "handed-over");
}

#[test]
fn from_a_restored_ledger_nobody_is_mailed_for_a_week() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    Ended::of(&mut invite(&practice, &workdir, &["--send", "false"])).expect_code(0);
    workdir
        .run(&["ledger", "backup", "copy.db", "--ledger", "guestlist.db"])
        .expect_code(0);
    mail(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(sent(&practice).len(), 3);
    std::fs::rename(workdir.path("copy.db"), workdir.path("guestlist.db")).unwrap();
    mail(&practice, &workdir, &[])
        .expect_code(5)
        .says("this ledger may be older than its tenant")
        .says("nobody is mailed before");
    assert_eq!(sent(&practice).len(), 3);
}

#[test]
fn whoever_was_forgotten_is_not_mailed_and_is_told_as_forgotten() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", sheet(3));
    Ended::of(&mut invite(&practice, &workdir, &["--send", "false"])).expect_code(0);
    let who = "guest-002@partner.example";
    let forget = ["ledger", "forget", "--ledger", "guestlist.db", "--yes", who];
    workdir.run(&forget).expect_code(0);
    let told = mail(&practice, &workdir, &["--json"]).expect_code(0).json();
    assert_eq!(
        told["left_out"],
        serde_json::json!({"forgotten": 1}),
        "{told}"
    );
    assert_eq!(sent(&practice).len(), 2);
    let rows = rows(&workdir);
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[who]["outcome"], "refused", "{:?}", rows[who]);
    assert_eq!(rows[who]["error"], "forgotten on request");
}
