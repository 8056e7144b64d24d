//! The end of a run as Markdown, for the page of a CI job. It says the same as the summary on the screen.
//!
//! Must not hold an address or a link.

use super::Summary;
use crate::{
    exit::Exit,
    failure::Failure,
    ui::run_page::{Exactly, problem_lines},
    ui::text::{number, printable, printable_line},
};
use std::fmt::Write;

/// How a file begins that this program wrote.
pub(crate) const FIRST: &str = "<!-- guestlist -->\n";
const NO_LINK: &str = "&#8203;";

impl Summary<'_> {
    pub(crate) fn markdown(&self, exit: Exit) -> String {
        let mut text = format!("{FIRST}### {}\n\n", escaped(&self.head()));
        let _ = writeln!(text, "{}\n", verdict(exit));
        text.push_str("| rows | outcome | meaning |\n|---:|---|---|\n");
        for (&outcome, &n) in self.report.outcomes.iter().filter(|(_, n)| **n > 0) {
            let meaning = escaped(&self.meaning_of(outcome, n));
            let _ = writeln!(text, "| {} | `{}` | {meaning} |", number(n), outcome.word());
        }
        text.push('\n');
        for (name, value) in self.places() {
            let _ = writeln!(text, "- **{name}**: {}", escaped(&value));
        }
        for note in self.notes {
            let _ = writeln!(text, "- **note**: {}", escaped(&printable_line(note)));
        }
        for problem in problem_lines(self.problems, Exactly::Titles) {
            let _ = writeln!(text, "- **problem**: {}", escaped(&problem));
        }
        if let Some(why) = self.stopped {
            let _ = writeln!(text, "\n**Stopped**: {}", paragraph(why));
        }
        for (what, command) in self.next() {
            let _ = writeln!(text, "\n**Next**: {}", escaped(&what));
            if let Some(command) = command {
                let _ = writeln!(text, "\n{}", code(command));
            }
        }
        text
    }
}

/// A run that ended with an error, before it began or under way.
pub(crate) fn failure_markdown(failure: &Failure) -> String {
    let mut text = format!(
        "{FIRST}### guestlist ended with an error\n\n{}\n\n**Error**: {}\n",
        verdict(failure.exit),
        paragraph(&failure.what)
    );
    for hint in &failure.hints {
        let _ = writeln!(text, "\n- {}", paragraph(hint));
    }
    text
}

fn verdict(exit: Exit) -> String {
    format!("Exit code {}: {}.", exit.code(), exit.meaning())
}

/// Text whose special characters are shown as they are. What stands in backticks stays code.
fn escaped(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    let paired = pieces.len() % 2 == 1;
    let mut escaped = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if at > 0 {
            escaped.push_str(if paired { "`" } else { "\\`" });
        }
        if paired && at % 2 == 1 {
            escaped.push_str(piece);
            continue;
        }
        for c in piece.chars() {
            if matches!(
                c,
                '\\' | '|' | '<' | '>' | '&' | '*' | '_' | '[' | ']' | '#' | '~' | '$'
            ) {
                escaped.push('\\');
            }
            // A space without width: neither a mention, nor an address that becomes a link by itself.
            if begins_link(&escaped, c) {
                escaped.push_str(NO_LINK);
            }
            escaped.push(c);
            if c == '@' {
                escaped.push_str(NO_LINK);
            }
        }
    }
    escaped
}

/// Whether this character after this text would make GitHub write a link.
fn begins_link(text: &str, c: char) -> bool {
    let before: &[&str] = match c {
        '.' => &["www"],
        ':' => &["http", "https", "ftp", "mailto", "xmpp"],
        _ => &[],
    };
    let text = text.to_ascii_lowercase();
    before.iter().any(|word| text.ends_with(word))
}

/// Lines that stay lines: none of them becomes an item of a list, a heading or a rule.
fn paragraph(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_start();
        let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
        if line.starts_with(['-', '+', '=']) {
            format!("\\{}", escaped(line))
        } else if number.len() < line.len() && number.starts_with(['.', ')']) {
            let digits = &line[..line.len() - number.len()];
            format!("{digits}\\{}", escaped(number))
        } else {
            escaped(line)
        }
    };
    let lines: Vec<String> = printable(text).lines().map(line).collect();
    lines.join("  \n")
}

/// A command to be copied. The fence is longer than any row of backticks in it.
fn code(command: &str) -> String {
    let longest = command
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sh\n{command}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{
        RunErrorShown,
        run_report::{TenantReport, sample},
    };
    use std::collections::BTreeSet;

    #[test]
    fn a_run_as_markdown() {
        let report = sample();
        let notes = ["see `mail` = due in the results".to_owned()];
        let problems = [RunErrorShown::sample()];
        let summary = Summary {
            report: &report,
            dry_run: false,
            stopped: Some("the tenant is blocked\nask Microsoft"),
            first: None,
            again: "guestlist invite guests.csv",
            fix: Some("guestlist invite 'guests `a`.to-fix.csv'"),
            by_hand: &BTreeSet::new(),
            when_done: None,
            problems: &problems,
            notes: &notes,
        };
        insta::assert_snapshot!(summary.markdown(Exit::SomeRowsNotDone));
    }

    #[test]
    fn a_run_that_did_not_begin_as_markdown() {
        let failure = Failure::new(Exit::Permission, "the client secret has expired")
            .hint("make a new one with `az ad app credential reset`");
        insta::assert_snapshot!(failure_markdown(&failure));
    }

    #[test]
    fn names_of_others_cannot_make_markup() {
        let mut report = sample();
        report.tenant = TenantReport {
            id: None,
            name: Some("<img src=x> | [a](b) `*c*".into()),
        };
        let summary = Summary {
            report: &report,
            dry_run: true,
            stopped: None,
            first: None,
            again: "guestlist invite guests.csv",
            fix: None,
            by_hand: &BTreeSet::new(),
            when_done: None,
            problems: &[],
            notes: &[],
        };
        let text = summary.markdown(Exit::Done);
        assert!(
            text.contains(r"\<img src=x\> \| \[a\](b) \`\*c\*"),
            "{text}"
        );
    }

    #[test]
    fn names_of_others_mention_nobody_and_lead_nowhere() {
        for (name, shown) in [
            ("@octocat", "@&#8203;octocat"),
            ("HTTPS://evil.example", "HTTPS&#8203;://evil.example"),
            ("www.evil.example", "www&#8203;.evil.example"),
            ("a:b.c", "a:b.c"),
            ("$x$", r"\$x\$"),
        ] {
            assert_eq!(escaped(name), shown);
        }
        let lines = paragraph("why\n- a\n1. b\n2026) c\n=== d\n  + e\n3 f");
        let expected = [
            "why",
            r"\- a",
            r"1\. b",
            r"2026\) c",
            r"\=== d",
            r"\+ e",
            "3 f",
        ];
        assert_eq!(lines, expected.join("  \n"));
    }
}
