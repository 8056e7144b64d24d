//! Hidden rows on a real terminal: asked about, in `check` as in `invite`, and Ctrl-C is an answer too.

use super::corpus::folder;
use crate::support::{Terminal, Workdir};

const PROMPT: &str = "include them, or skip them?";

fn on_a_terminal(arguments: &[&str]) -> Option<(Workdir, Terminal)> {
    let workdir = Workdir::new();
    let book = std::fs::read(folder().join("filtered-xlsx.xlsx")).unwrap();
    workdir.write("people.xlsx", book);
    let command = workdir.command(arguments);
    let mut terminal = Terminal::open(&workdir, &command)?;
    terminal.wait_for(PROMPT);
    Some((workdir, terminal))
}

#[test]
fn check_asks_until_it_has_an_answer() {
    let Some((_workdir, mut terminal)) = on_a_terminal(&["check", "people.xlsx"]) else {
        return;
    };
    terminal.type_line("what?");
    terminal.type_line("skip");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(
        screen.contains("1 row is hidden and left out: 3"),
        "{screen}"
    );
    assert!(screen.contains("2 rows, all can be invited"), "{screen}");
}

#[test]
fn invite_takes_them_along_when_told_so() {
    let arguments = ["invite", "people.xlsx", "--sandbox"];
    let Some((workdir, mut terminal)) = on_a_terminal(&arguments) else {
        return;
    };
    terminal.type_line("include");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("3  invited"), "{screen}");
    assert!(
        workdir.exists("people.practice.xlsx"),
        "a workbook for a workbook"
    );
}

#[test]
fn ctrl_c_at_the_question_leaves_at_once() {
    let arguments = ["invite", "people.xlsx", "--sandbox"];
    let Some((workdir, mut terminal)) = on_a_terminal(&arguments) else {
        return;
    };
    terminal.type_keys("\u{3}");
    let (code, screen) = terminal.end();
    assert_eq!(code, 130, "{screen}");
    assert!(!workdir.exists("people.practice.xlsx"));
}
