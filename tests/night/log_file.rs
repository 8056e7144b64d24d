//! `--log-file`: every event is in the file, the screen stays as it is, and no file of anybody is harmed.

use super::questions::night;
use crate::support::{Ended, Guests, Practice, Workdir};

#[test]
fn the_file_has_the_events_and_the_screen_stays_as_it_is() {
    let night = night(&["-q", "--log-file", "night.log", "--log-format", "json"]);
    let log = night.workdir.read("night.log");
    let rows = log
        .lines()
        .filter(|line| line.contains("\"event\":\"row\""));
    assert_eq!(rows.count(), 39, "-q is about the screen");
    assert!(
        !night.ended.stderr.contains("\"ts\""),
        "{}",
        night.ended.stderr
    );
    assert!(night.ended.stderr.contains("support ticket"));
    assert!(!log.contains("@partner.example"));

    // The next night is added.
    let mut again = night.practice.invite_as_app(
        &night.workdir,
        "guests.csv",
        &["--log-file", "night.log", "--log-format", "json"],
    );
    Ended::of(&mut again).expect_code(7);
    let both = night.workdir.read("night.log");
    assert!(both.starts_with(&log));
    let starts = both.lines().filter(|line| line.contains("\"run-start\""));
    assert_eq!(starts.count(), 2);
}

#[test]
fn a_file_that_cannot_be_a_log_is_refused_before_anything_is_sent() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    let practice = Practice::start(&workdir, "");
    for (file, why) in [
        ("guests.csv", "holds something else than a log"),
        ("none/night.log", "cannot be opened"),
    ] {
        practice
            .run(&workdir, "guests.csv", &["--log-file", file])
            .expect_code(2)
            .says(why);
    }
    assert_eq!(practice.view("/invitations")["total"], 0);
    assert_eq!(workdir.read("guests.csv"), Guests::new().people(1).text());
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed_and_only_the_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    workdir.write("other.txt", "");
    std::os::unix::fs::symlink(workdir.path("other.txt"), workdir.path("link.log")).unwrap();
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, "guests.csv", &["--log-file", "link.log"])
        .expect_code(2)
        .says("is a link");
    practice
        .run(&workdir, "guests.csv", &["--log-file", "night.log"])
        .expect_code(0);
    assert_eq!(workdir.read("other.txt"), "");
    let mode = std::fs::metadata(workdir.path("night.log"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[test]
fn every_verb_that_asks_a_tenant_begins_and_ends_its_log() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(3));
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    workdir.write(
        "resets.csv",
        "email,new_email\nguest-0001@partner.example,new-0001@partner.example\n",
    );
    for (verb, code) in [
        (&["status"][..], 0),
        (
            &[
                "remind",
                "--yes",
                "--max-mails",
                "5",
                "--older-than",
                "0d",
                "--every",
                "0d",
            ],
            0,
        ),
        (
            &[
                "reset-redemption",
                "resets.csv",
                "--yes",
                "--max-resets",
                "5",
            ],
            0,
        ),
        (&["leavers", "guests.csv"], 0),
        (
            &[
                "cleanup",
                "--older-than",
                "0d",
                "--yes",
                "--max-deletes",
                "5",
            ],
            0,
        ),
    ] {
        let file = format!("{}.log", verb[0]);
        let more = ["--log-file", &file, "--log-format", "json"];
        let ended = Ended::of(&mut practice.verb(&workdir, &[verb, &more].concat()));
        let log = workdir.read(&file);
        let told = |event: &str| log.matches(&format!("\"event\":\"{event}\"")).count();
        assert_eq!(ended.code, code, "{}\n{log}", ended.stderr);
        for event in ["run-start", "sign-in", "tenant", "run-end"] {
            assert_eq!(told(event), 1, "{event} of {}: {log}", verb[0]);
        }
        if ["remind", "reset-redemption", "cleanup"].contains(&verb[0]) {
            assert!(told("row") > 0, "{}: {log}", verb[0]);
        }
        assert!(!log.contains("partner.example"), "{log}");
    }
}
