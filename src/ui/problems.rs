//! Problems as a good compiler shows them: place, excerpt with a caret, what is wrong, how to fix it; many of a
//! kind become one.
//!
//! Must not find problems, and must not keep more of them than it shows.

use super::{
    excerpt::{Excerpt, excerpt},
    style::{bold, error, frame, hint, plain, warning},
    text::{lines, number, printable_line, shorten},
};
use crate::{
    problem::{Entry, Problem, Severity},
    sheet::{Header, Row, Stretches},
};
use std::{collections::BTreeMap, fmt::Write};
use unicode_width::UnicodeWidthStr;

/// Up to this many problems of one kind are shown one by one.
const EACH: usize = 3;
/// How many problems of a group are shown with their advice.
const EACH_ADVICE: usize = 8;

/// How the screen is written.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub colour: bool,
    pub width: usize,
}

impl Look {
    fn paint(self, painted: String) -> String {
        if self.colour {
            painted
        } else {
            plain(&painted)
        }
    }
}

fn coloured(severity: Severity, text: &str) -> String {
    match severity {
        Severity::Error => error(text),
        Severity::Warning => warning(text),
        Severity::Hint => hint(text),
    }
}

/// Collects the problems of a sheet and shows them, errors first.
pub(crate) struct ProblemScreen<'a> {
    sheet: String,
    look: Look,
    catalogues: &'a [&'a [Entry]],
    groups: BTreeMap<(Severity, &'static str, Option<String>), Group>,
    counts: [u64; 3],
}

#[derive(Default)]
struct Group {
    count: u64,
    shown: Vec<(Problem, Option<Excerpt>)>,
    rows: Stretches,
    /// Whether fixes or messages differ from row to row. `advice` then holds the first few of them.
    fix_differs: bool,
    words_differ: bool,
    advice: Vec<(u64, String)>,
}

/// One of many in a line: what stands there and what could, or else what is wrong.
fn advice(problem: &Problem) -> String {
    match (&problem.text, &problem.suggestion) {
        (Some(text), Some(suggestion)) => format!(
            "{} -> {}",
            shorten(&printable_line(text), 30),
            shorten(&printable_line(suggestion), 40)
        ),
        _ => shorten(&printable_line(&problem.message), 100).into_owned(),
    }
}

impl<'a> ProblemScreen<'a> {
    /// `sheet` is how the sheet is called in front of a line number.
    pub(crate) fn new(sheet: impl Into<String>, look: Look, catalogues: &'a [&'a [Entry]]) -> Self {
        Self {
            sheet: sheet.into(),
            look,
            catalogues,
            groups: BTreeMap::new(),
            counts: [0; 3],
        }
    }

    /// How many there are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> u64 {
        self.counts[severity as usize]
    }

    /// Adds a problem of the whole sheet.
    pub(crate) fn add(&mut self, problem: Problem) {
        self.insert(problem, |_| None);
    }

    /// Adds a problem of a row.
    pub(crate) fn add_in_row(&mut self, problem: Problem, row: &Row, header: &Header) {
        let width = self.look.width;
        self.insert(problem, |problem| {
            let gutter = row.number.to_string().len() + 3;
            Some(excerpt(
                row,
                problem.cell?,
                header.delimiter.unwrap_or(b','),
                width.saturating_sub(gutter),
            ))
        });
    }

    fn insert(&mut self, problem: Problem, excerpt: impl FnOnce(&Problem) -> Option<Excerpt>) {
        self.counts[problem.severity as usize] += 1;
        let key = (
            problem.severity,
            problem.code.as_str(),
            problem.column.clone(),
        );
        let group = self.groups.entry(key).or_default();
        group.count += 1;
        if let Some(row) = problem.row {
            group.rows.add(row);
            if group.advice.len() < EACH_ADVICE {
                group.advice.push((row, advice(&problem)));
            }
        }
        if let Some((first, _)) = group.shown.first() {
            group.fix_differs |= first.fix != problem.fix;
            group.words_differ |= first.message != problem.message;
        }
        if group.shown.len() < EACH {
            let excerpt = excerpt(&problem);
            group.shown.push((problem, excerpt));
        }
    }

    /// Everything, in the order in which it should be read.
    pub(crate) fn text(&self) -> String {
        let mut groups: Vec<_> = self.groups.iter().collect();
        let first_row = |group: &Group| group.shown.first().and_then(|(problem, _)| problem.row);
        groups.sort_by_key(|((severity, _, _), group)| (*severity, first_row(group)));
        let mut text = String::new();
        for ((severity, code, _), group) in groups {
            if group.count as usize <= EACH {
                for (problem, excerpt) in &group.shown {
                    self.heading(&mut text, *severity, code, &problem.message);
                    self.body(&mut text, problem, excerpt.as_ref());
                    text.push('\n');
                }
            } else {
                self.grouped(&mut text, *severity, code, group);
            }
        }
        text
    }

    /// Many of a kind: how many, one of them in full, and where the others are.
    fn grouped(&self, text: &mut String, severity: Severity, code: &str, group: &Group) {
        let Some((problem, excerpt)) = group.shown.first() else {
            return;
        };
        let entry = self
            .catalogues
            .iter()
            .flat_map(|entries| entries.iter())
            .find(|entry| entry.code == code);
        let title = entry.map_or(problem.message.as_str(), |entry| entry.title);
        self.heading(
            text,
            severity,
            code,
            &format!("{} rows: {title}", number(group.count)),
        );
        let gutter = gutter(problem);
        let label = format!("{gutter} {} ", self.look.paint(frame("=")));
        if group.fix_differs || group.words_differ {
            // Advice for one row may be wrong for the others.
            let general = Problem {
                fix: match entry.filter(|_| group.fix_differs) {
                    Some(entry) => entry.fix.to_owned(),
                    None => problem.fix.clone(),
                },
                suggestion: None,
                ..problem.clone()
            };
            self.body(text, &general, excerpt.as_ref());
            for (row, advice) in &group.advice {
                let line = format!("row {row}: {advice}");
                self.wrapped(text, &label, gutter.len() + 3, &line, "row ".len());
            }
        } else {
            self.body(text, problem, excerpt.as_ref());
        }
        let rows = format!("rows: {}", group.rows);
        self.wrapped(text, &label, gutter.len() + 3, &rows, "rows: ".len());
        text.push('\n');
    }

    fn heading(&self, text: &mut String, severity: Severity, code: &str, message: &str) {
        let head = format!("{}[{code}]", severity.word());
        let message = lines(
            &printable_line(message),
            self.look.width.saturating_sub(head.len() + 2),
            self.look.width.saturating_sub(4),
        );
        for (index, line) in message.iter().enumerate() {
            let line = self.look.paint(bold(line));
            let _ = match index {
                0 => writeln!(
                    text,
                    "{}: {line}",
                    self.look.paint(coloured(severity, &head))
                ),
                _ => writeln!(text, "    {line}"),
            };
        }
    }

    fn body(&self, text: &mut String, problem: &Problem, excerpt: Option<&Excerpt>) {
        let gutter = gutter(problem);
        let bar = self.look.paint(frame("|"));
        let _ = writeln!(
            text,
            "{gutter}{} {}",
            self.look.paint(frame("-->")),
            self.place(problem)
        );
        if let (Some(excerpt), Some(row)) = (excerpt, problem.row) {
            let beside = self
                .look
                .paint(frame(format!("{row:>width$}", width = gutter.len())));
            let carets = self.look.paint(coloured(
                problem.severity,
                &"^".repeat(excerpt.to - excerpt.from),
            ));
            let _ = writeln!(text, "{gutter} {bar}");
            let _ = writeln!(text, "{beside} {bar} {}", excerpt.text);
            let _ = writeln!(text, "{gutter} {bar} {}{carets}", " ".repeat(excerpt.from));
        }
        if !problem.fix.is_empty() {
            let label = format!(
                "{gutter} {} {}: ",
                self.look.paint(frame("=")),
                self.look.paint(bold("help"))
            );
            self.wrapped(text, &label, gutter.len() + 9, &problem.fix, 0);
        }
        if let Some(suggestion) = problem
            .suggestion
            .as_deref()
            .filter(|value| !problem.fix.contains(*value) && !value.contains('\n'))
        {
            let label = format!(
                "{gutter} {} {}: ",
                self.look.paint(frame("=")),
                self.look.paint(bold("read as"))
            );
            let label = if problem.severity == Severity::Warning {
                label
            } else {
                label.replace("read as", "perhaps")
            };
            self.wrapped(text, &label, gutter.len() + 12, suggestion, 0);
        }
    }

    fn place(&self, problem: &Problem) -> String {
        let mut place = self.sheet.clone();
        if let Some(line) = problem.line {
            let _ = write!(place, ":{line}");
        }
        if let Some(row) = problem.row {
            let _ = write!(place, ", row {row}");
        }
        if let Some(column) = &problem.column {
            let used = place.width() + ", column ``".len() + gutter(problem).len() + 4;
            let room = self.look.width.saturating_sub(used).max(12);
            let _ = write!(
                place,
                ", column `{}`",
                shorten(&printable_line(column), room)
            );
        }
        place
    }

    /// A labelled text; lines after the first stand under its beginning.
    fn wrapped(
        &self,
        text: &mut String,
        label: &str,
        label_width: usize,
        words: &str,
        indent: usize,
    ) {
        let room = self.look.width.saturating_sub(label_width);
        for (index, line) in lines(&printable_line(words), room, room.saturating_sub(indent))
            .iter()
            .enumerate()
        {
            let _ = match index {
                0 => writeln!(text, "{label}{line}"),
                _ => writeln!(text, "{}{line}", " ".repeat(label_width + indent)),
            };
        }
    }
}

/// As wide as its row number.
fn gutter(problem: &Problem) -> String {
    " ".repeat(problem.row.map_or(1, |row| row.to_string().len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Code;

    const ENTRIES: &[Entry] = &[Entry {
        code: "GL900",
        title: "a kind of slip",
        meaning: "",
        fix: "",
        who: "",
    }];

    fn header() -> Header {
        Header {
            row: 1,
            line: 1,
            names: vec!["name".into(), "email".into()],
            uses: Vec::new(),
            mapping: Vec::new(),
            examples: Vec::new(),
            hardly_addresses: Vec::new(),
            delimiter: Some(b','),
        }
    }

    fn screen(rows: impl IntoIterator<Item = u64>) -> String {
        let look = Look {
            colour: false,
            width: 60,
        };
        let catalogues = [ENTRIES];
        let mut screen = ProblemScreen::new("guests.csv", look, &catalogues);
        for number in rows {
            let row = Row::new(number, number + 1, 2, ["Anna", "anna@"]);
            let problem = Problem::error(Code("GL900"), "nothing after the @")
                .column("email")
                .fix("put the part after the @ there, which is called a domain");
            let mut problem = problem.at(number, number + 1);
            problem.cell = Some(1);
            screen.add_in_row(problem, &row, &header());
        }
        screen.text()
    }

    #[test]
    fn one_problem_has_its_place_its_excerpt_and_its_cure() {
        let expected = "\
error[GL900]: nothing after the @
 --> guests.csv:8, row 7, column `email`
  |
7 | Anna,anna@
  |      ^^^^^
  = help: put the part after the @ there, which is called a
          domain

";
        assert_eq!(screen([7]), expected);
    }

    #[test]
    fn many_of_a_kind_are_one_with_their_rows() {
        let text = screen([7, 8, 9, 10, 12, 1500]);
        assert!(
            text.starts_with("error[GL900]: 6 rows: a kind of slip\n"),
            "{text}"
        );
        assert!(text.contains("\n  = rows: 7-10, 12, 1500\n"), "{text}");
        assert_eq!(text.matches("-->").count(), 1);
        let text = screen((1..2000).step_by(2));
        assert!(text.contains(" 47 and 976\n"), "{text}");
        assert!(text.lines().all(|line| line.width() <= 60), "{text}");
    }

    #[test]
    fn colour_only_when_asked() {
        assert_eq!(screen([7]), plain(&screen([7])));
    }
}
