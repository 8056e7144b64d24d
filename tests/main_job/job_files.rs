//! `--summary` and `--metrics-file`: what a job reads after a run, however it ended.

use crate::support::{Ended, Guests, Practice, Workdir};
use std::collections::BTreeSet;

/// The value of a series whose name and labels begin so.
fn value(metrics: &str, series: &str) -> Option<f64> {
    let sample = metrics.lines().find(|line| line.starts_with(series))?;
    sample.rsplit(' ').next()?.parse().ok()
}

#[test]
fn a_job_learns_how_each_run_ended() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(5));
    let files = ["--summary", "s.md", "--metrics-file", "m.prom"];
    practice.run(&workdir, "guests.csv", &files).expect_code(0);
    let (summary, first) = (workdir.read("s.md"), workdir.read("m.prom"));
    assert!(
        summary.contains("| 5 | `invited` | all in this run |"),
        "{summary}"
    );
    assert!(summary.contains("Exit code 0"), "{summary}");
    assert_eq!(value(&first, "guestlist_last_run_exit_code{"), Some(0.0));
    assert_eq!(value(&first, "guestlist_last_run_invitations{"), Some(5.0));
    let success = value(&first, "guestlist_last_success_timestamp_seconds{").unwrap();
    assert!(
        first.contains("sheet=\"guests.csv\",outcome=\"invited\"} 5\n"),
        "{first}"
    );
    for text in [&summary, &first] {
        assert!(!text.contains('@') && !text.contains("ticket"), "{text}");
    }

    // A rehearsal changes no number, and the next sheet cannot be read at all.
    practice
        .run(
            &workdir,
            "guests.csv",
            &[&files[..], &["--dry-run"]].concat(),
        )
        .expect_code(0);
    assert_eq!(workdir.read("m.prom"), first);
    assert!(workdir.read("s.md").contains("dry run"));
    workdir.write("guests.csv", "name\nKim\n");
    practice.run(&workdir, "guests.csv", &files).expect_code(3);
    let (summary, last) = (workdir.read("s.md"), workdir.read("m.prom"));
    assert!(
        summary.contains("Exit code 3: the sheet is refused."),
        "{summary}"
    );
    assert_eq!(value(&last, "guestlist_last_run_exit_code{"), Some(3.0));
    assert_eq!(value(&last, "guestlist_last_run_invitations{"), None);
    let kept = value(&last, "guestlist_last_success_timestamp_seconds{");
    assert_eq!(kept, Some(success), "the last success is not forgotten");
}

#[cfg(unix)]
#[test]
fn the_collector_may_read_the_numbers_and_nobody_else_the_summary() {
    use std::os::unix::fs::PermissionsExt;
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    workdir
        .run(&[
            "invite",
            "guests.csv",
            "--sandbox",
            "--summary",
            "s.md",
            "--metrics-file",
            "m.prom",
        ])
        .expect_code(0);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(workdir.path(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode("s.md"), mode("m.prom")), (0o600, 0o644));
}

#[test]
fn nothing_of_others_is_written_over() {
    let workdir = Workdir::new();
    workdir
        .write("guests.csv", Guests::new().people(1))
        .write("notes.md", "# Notes\n")
        .write("node.prom", "node_load1 1\n");
    let refused = |arguments: &[&str], what: &str| {
        let command = [&["invite", "guests.csv", "--sandbox"], arguments].concat();
        workdir.run(&command).expect_code(2).says(what);
    };
    refused(&["--summary", "notes.md"], "was not written by guestlist");
    refused(
        &["--metrics-file", "node.prom"],
        "was not written by guestlist",
    );
    refused(&["--summary", "guests.csv"], "needs for something else");
    refused(
        &["--summary", "guests.practice.csv"],
        "needs for something else",
    );
    refused(
        &["--metrics-file", "guestlist.practice.db"],
        "needs for something else",
    );
    refused(&["--summary", "-"], "cannot be standard output");
    refused(&["--summary", "no/such/folder/s.md"], "cannot write");
    refused(
        &["--summary", "one", "--metrics-file", "one"],
        "the same file",
    );
    assert_eq!(workdir.read("notes.md"), "# Notes\n");
    assert_eq!(workdir.read("guests.csv"), Guests::new().people(1).text());
    assert!(
        !workdir.exists("guestlist.practice.db"),
        "nothing was begun"
    );
}

#[test]
fn the_summary_of_a_step_on_github_is_added_to_what_the_step_said_before() {
    let workdir = Workdir::new();
    workdir
        .write("guests.csv", Guests::new().people(2))
        .write("step.md", "Before.\n");
    let mut command =
        workdir.command(&["invite", "guests.csv", "--sandbox", "--summary", "step.md"]);
    command.env("GITHUB_STEP_SUMMARY", "step.md");
    Ended::of(&mut command).expect_code(0);
    let text = workdir.read("step.md");
    assert!(
        text.starts_with("Before.\n\n<!-- guestlist -->\n### "),
        "{text}"
    );
}

#[test]
fn the_samples_describe_every_metric_and_no_other() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    workdir
        .run(&[
            "invite",
            "guests.csv",
            "--sandbox",
            "--metrics-file",
            "m.prom",
        ])
        .expect_code(0);
    let metrics = workdir.read("m.prom");
    let written: BTreeSet<&str> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let page = include_str!("../../samples/nightly/README.md");
    let described: BTreeSet<&str> = page
        .lines()
        .filter(|line| line.starts_with("| `guestlist_"))
        .flat_map(|line| {
            line.split('`')
                .filter(|word| word.starts_with("guestlist_"))
        })
        .collect();
    assert_eq!(written, described);
    let alerts = include_str!("../../samples/nightly/alerts.yml");
    let used: BTreeSet<&str> = alerts
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("guestlist_"))
        .collect();
    assert!(used.len() > 4 && used.is_subset(&written), "{used:?}");
}
