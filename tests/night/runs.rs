//! `guestlist runs ID`: what happened last night, on a page and as JSON.

use super::questions::night;
use crate::support::{Guests, Practice, Workdir};

#[test]
fn a_bad_night_on_a_page() {
    let night = night(&[]);
    let workdir = &night.workdir;
    let json = workdir
        .run(&["runs", "last", "--json", "--ledger", "guestlist.db"])
        .expect_code(0)
        .json();
    assert_eq!(json["exit_code"], 7);
    assert_eq!(json["stopped_by"], "tenant-refused");
    assert_eq!(json["throttles"]["invitation"]["count"], 2);
    assert_eq!(
        json["throttles"]["invitation"]["longest_retry_after_seconds"],
        1.5
    );
    assert_eq!(
        json["throttles"]["invitation"]["rows"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(json["waits"]["retry-after"]["seconds"].as_f64().unwrap() >= 1.5);
    assert_eq!(json["stops"][0]["code"], "GL600");
    assert!(json["command"].as_str().unwrap().contains("--settle 3s"));
    assert!(
        json["signed_in"]
            .as_str()
            .unwrap()
            .contains("client-secret")
    );
    assert!(!json.to_string().contains(&night.practice.client_secret));
    let errors: Vec<&str> = json["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect();
    assert!(
        errors.contains(&"GL304") && errors.contains(&"GL102"),
        "{errors:?}"
    );
    let id = json["run"].as_str().unwrap();
    let page = workdir
        .run(&["runs", id, "--ledger", "guestlist.db"])
        .expect_code(0)
        .stdout;
    for told in [
        "the tenant refuses invitations as a whole",
        "signed in  the app ",
        "command    guestlist invite guests.csv --yes",
        "throttled  2 invitations, at most 1.5 s to wait",
        "tenant-refused [GL600]",
        "GL304 the tenant does not allow guests from this domain: row 6",
        "guests.to-fix.csv",
    ] {
        assert!(page.contains(told), "no {told:?}:\n{page}");
    }
    // The beginning of an id is enough.
    workdir
        .run(&["runs", &id[..id.len() - 1], "--ledger", "guestlist.db"])
        .expect_code(0);
    workdir
        .run(&["runs", "nope", "--ledger", "guestlist.db"])
        .expect_code(2)
        .says("knows no run nope")
        .says("`guestlist runs` lists the runs");
}

#[test]
fn runs_of_other_verbs_have_a_page_too() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2));
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    let remind = [
        "remind",
        "--yes",
        "--max-mails",
        "5",
        "--older-than",
        "0d",
        "--every",
        "0d",
    ];
    crate::support::Ended::of(&mut practice.verb(&workdir, &remind)).expect_code(0);
    let page = workdir
        .run(&["runs", "last", "--ledger", "guestlist.db"])
        .expect_code(0)
        .stdout;
    assert!(page.starts_with("remind "), "{page}");
    assert!(page.contains("ended well (exit 0)"), "{page}");
    assert!(page.contains("2  reminded"), "{page}");
}

#[test]
fn a_ledger_without_a_run_does_not_send_a_person_round_in_a_circle() {
    let workdir = Workdir::new();
    workdir.run(&["ledger", "new"]).expect_code(0);
    let ended = workdir.run(&["runs", "last"]).expect_code(2);
    assert!(!ended.stderr.contains("lists"), "{}", ended.stderr);
    ended.says("knows no run yet").says("--ledger");
}

#[test]
fn a_dash_is_no_ledger_and_takes_no_personal_data() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    workdir
        .run(&["invite", "guests.csv", "--sandbox", "--ledger", "-"])
        .expect_code(2)
        .says("cannot be standard input or output");
    assert!(!workdir.path("-").exists());
    workdir.run(&["ledger", "new"]).expect_code(0);
    workdir
        .run(&["ledger", "forget", "a@b.example", "--export", "-"])
        .expect_code(2)
        .says("nothing was forgotten");
    workdir
        .run(&["ledger", "backup", "-"])
        .expect_code(2)
        .says("`guestlist ledger backup FILE`");
}

#[test]
fn a_selection_of_nobody_is_told() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2));
    workdir
        .run(&["invite", "guests.csv", "--sandbox", "--only", "9999"])
        .says("--only selects nobody");
}
