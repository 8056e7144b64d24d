//! Hidden rows on a real terminal: asked about, in `check` as in `invite`, and Ctrl-C is an answer too.

use super::corpus::folder;
use crate::support::{Terminal, Workdir};

const PROMPT: &str = "Row 3 (Zoë Hill) is hidden. [i]nclude or [s]kip?";

fn on_a_terminal(arguments: &[&str]) -> Option<(Workdir, Terminal)> {
    asked_about("filtered-xlsx.xlsx", PROMPT, arguments)
}

fn asked_about(book: &str, prompt: &str, arguments: &[&str]) -> Option<(Workdir, Terminal)> {
    let workdir = Workdir::new();
    let book = std::fs::read(folder().join(book)).unwrap();
    workdir.write("people.xlsx", book);
    let command = workdir.command(arguments);
    let mut terminal = Terminal::open(&workdir, &command)?;
    terminal.wait_for(prompt);
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

const BESIDE_A_MISTAKE: &str = "Row 4 (Cy) is hidden. [i]nclude or [s]kip?";

#[test]
fn a_hidden_row_does_not_keep_the_other_mistakes_back() {
    let check = |answer: &str| {
        let (workdir, mut terminal) = asked_about(
            "d3-hidden.xlsx",
            BESIDE_A_MISTAKE,
            &["check", "people.xlsx"],
        )?;
        terminal.type_line(answer);
        Some((workdir, terminal))
    };
    for answer in ["i", "s"] {
        let Some((_workdir, terminal)) = check(answer) else {
            return;
        };
        let (code, screen) = terminal.end();
        assert_eq!(code, 3, "{screen}");
        assert!(screen.contains("more than one @"), "{screen}");
        assert!(!screen.contains("GL023"), "{screen}");
    }
    // No answer is no reason to tell less.
    let Some((_workdir, mut terminal)) = check("what?") else {
        return;
    };
    terminal.wait_for("Please type i (include) or s (skip):");
    terminal.type_line("");
    terminal.type_line("?");
    let (code, screen) = terminal.end();
    assert_eq!(code, 3, "{screen}");
    assert!(screen.contains("more than one @"), "{screen}");
    assert!(screen.contains("GL023"), "{screen}");
    assert!(
        screen.contains("--hidden include or --hidden skip"),
        "{screen}"
    );
}

#[test]
fn invite_without_an_answer_reads_nothing() {
    let arguments = ["invite", "people.xlsx", "--sandbox"];
    let Some((workdir, mut terminal)) = on_a_terminal(&arguments) else {
        return;
    };
    terminal.type_line("");
    terminal.type_line("yes");
    terminal.type_line("no");
    let (code, screen) = terminal.end();
    assert_eq!(code, 3, "{screen}");
    assert!(
        screen.contains("--hidden include or --hidden skip"),
        "{screen}"
    );
    assert!(!workdir.exists("people.practice.xlsx"));
}

#[test]
fn several_hidden_rows_are_asked_about_at_once() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let people = [
        "email",
        "a@p.example",
        "b@p.example",
        "c@p.example",
        "d@p.example",
        "e@p.example",
        "f@p.example",
    ];
    let names = [
        "name", "Anna Ek", "Bo Lund", "Cy Ode", "", "Eve Hart", "Finn Moe",
    ];
    for (row, (email, name)) in (0..).zip(people.iter().zip(names)) {
        sheet.write(row, 0, *email).unwrap();
        sheet.write(row, 1, name).unwrap();
    }
    for row in [2, 4, 5, 6] {
        sheet.set_row_hidden(row).unwrap();
    }
    let workdir = Workdir::new();
    workdir.write("people.xlsx", book.save_to_buffer().unwrap());
    let command = workdir.command(&["check", "people.xlsx"]);
    let Some(mut terminal) = Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for("[s]kip?");
    terminal.type_line("s");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("Rows 3, 5-7 (Bo Lund, d@p.example, Eve Hart and 1 more) are hidden. [i]nclude or [s]kip?"),
        "{screen}"
    );
    assert!(
        words.contains("4 rows are hidden and left out: 3, 5-7"),
        "{screen}"
    );
}
