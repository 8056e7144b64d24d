//! `-q`: nothing when all is well, and a line or two when something is not.

use crate::support::{Guests, Practice, Workdir};

#[test]
fn nothing_when_all_is_well_and_a_line_when_a_row_must_be_corrected() {
    let workdir = Workdir::new();
    workdir.write("m.csv", Guests::new().people(2));
    let practice = Practice::start(&workdir, "");
    let ended = practice.run(&workdir, "m.csv", &["-q"]).expect_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    workdir.write(
        "m.csv",
        Guests::new().people(2).row("nobody at x", "Nobody"),
    );
    let ended = practice.run(&workdir, "m.csv", &["-q"]).expect_code(4);
    assert_eq!(ended.stderr, "1 row must be corrected: m.to-fix.csv\n");
}

#[test]
fn what_was_not_done_is_counted_and_the_way_on_is_told() {
    let workdir = Workdir::new();
    workdir.write(
        "m.csv",
        Guests::new()
            .people(4)
            .row("anyone@blocked.example", "Anyone"),
    );
    let practice = Practice::start(&workdir, "");
    let ended = practice
        .run(&workdir, "m.csv", &["-q", "--max-invites", "2"])
        .expect_code(8);
    let first = ended.stderr.lines().next().unwrap_or_default();
    assert_eq!(
        first, "1 row must be corrected: m.to-fix.csv",
        "{}",
        ended.stderr
    );
    assert!(
        ended
            .stderr
            .contains("\nnot done: 2 not-attempted; the same command goes on: see m.results.csv\n"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--max-invites"), "{}", ended.stderr);
}
