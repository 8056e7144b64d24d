//! Log lines beside the progress bar, on a real terminal.

use crate::support::{Guests, Practice, Terminal, Workdir};

#[test]
fn a_log_line_is_never_torn_by_the_bar() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(40));
    let practice = Practice::start(&workdir, "[latency]\nmin_ms = 20\nmax_ms = 60\n");
    let command = practice.invite(&workdir, "guests.csv", &["-v", "--rate", "max"]);
    let Some(terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    let (code, screen, raw) = terminal.end_raw();
    assert_eq!(code, 0, "{screen}");
    assert!(
        String::from_utf8_lossy(&raw).contains("inviting"),
        "the bar was there"
    );
    let rows: Vec<&str> = screen
        .lines()
        .filter(|line| line.contains(" row row="))
        .collect();
    assert_eq!(rows.len(), 40, "{screen}");
    for line in rows {
        let (time, rest) = line.split_once(" INFO  row row=").unwrap();
        assert!(time.starts_with("20") && time.len() == 24, "{line:?}");
        assert!(rest.contains(" outcome=invited "), "{line:?}");
    }
}
