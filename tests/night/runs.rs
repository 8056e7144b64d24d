//! `guestlist runs ID`: what happened last night, on a page and as JSON.

use super::questions::night;
use crate::support::{Ended, Guests, Practice, Workdir};

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
    Ended::of(&mut practice.verb(&workdir, &remind)).expect_code(0);
    let page = workdir
        .run(&["runs", "last", "--ledger", "guestlist.db"])
        .expect_code(0)
        .stdout;
    assert!(page.starts_with("remind "), "{page}");
    assert!(page.contains("ended well (exit 0)"), "{page}");
    assert!(page.contains("2  reminded"), "{page}");
}

#[test]
fn a_night_without_a_sign_in_or_a_network_is_among_the_runs() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2));
    let practice = Practice::start(&workdir, "");
    practice
        .invite_as_app(&workdir, "guests.csv", &[])
        .status()
        .unwrap();
    let before = workdir.read("guests.results.csv");
    // Without a ledger none is made.
    let mut elsewhere = practice.invite_bare(&workdir, "guests.csv", &["--ledger", "other.db"]);
    Ended::of(elsewhere.env("GUESTLIST_ACCESS_TOKEN", "expired")).expect_code(2);
    assert!(!workdir.exists("other.db"));
    let mut refused = practice.invite_as_app(&workdir, "guests.csv", &[]);
    Ended::of(refused.env("AZURE_CLIENT_SECRET", "old")).expect_code(6);
    let mut reminders = practice.verb(
        &workdir,
        &["remind", "--yes", "--max-mails", "5", "--older-than", "0d"],
    );
    Ended::of(reminders.env("GUESTLIST_ACCESS_TOKEN", "expired")).expect_code(6);
    let url = practice.url.clone();
    let mut unreached = practice.invite_as_app(&workdir, "guests.csv", &[]);
    drop(practice);
    Ended::of(&mut unreached).expect_code(5);

    let runs = workdir
        .run(&["runs", "--json", "--ledger", "guestlist.db"])
        .expect_code(0)
        .json();
    let told: Vec<(&str, u64)> = runs["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| {
            let exit = run["exit_code"].as_u64().unwrap();
            (run["verb"].as_str().unwrap(), exit)
        })
        .collect();
    let mut sorted = told.clone();
    sorted.sort_unstable();
    assert_eq!(
        sorted,
        [
            ("invite", 0),
            ("invite (not begun)", 5),
            ("invite (not begun)", 6),
            ("remind (not begun)", 6),
        ],
        "{told:?}"
    );
    let page = |exit: u64| {
        let run = runs["runs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|run| run["exit_code"] == exit && run["verb"] == "invite (not begun)");
        let id = run.unwrap()["run"].as_str().unwrap();
        workdir
            .run(&["runs", id, "--ledger", "guestlist.db"])
            .expect_code(0)
            .stdout
    };
    let refused = page(6);
    assert!(refused.contains("ended with exit 6"), "{refused}");
    assert!(refused.contains("secret"), "{refused}");
    assert!(!page(5).contains("longer wait"), "{}", page(5));
    assert!(
        page(5).contains(url.trim_start_matches("http://")),
        "{}",
        page(5)
    );
    // The results are still those of the run that had some.
    workdir
        .run(&["results", "--run", "last", "--ledger", "guestlist.db"])
        .expect_code(0);
    assert_eq!(workdir.read("guests.results.csv"), before);
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
