//! What `check` says of a sheet to a person: the problems in groups, how the sheet stands, and what to do next.
//!
//! Must not decide anything about a row.

use super::{
    super::reading_choices::as_flags,
    CheckOptions, Fixed,
    columns::{mapping_text, not_used},
    counts::{SheetCounts, count, needs_tenant},
};
use crate::{
    guest,
    problem::{Entry, Severity},
    sheet::{
        self, Refused, Sheet,
        catalogue::{NOT_A_FILE, NOT_FOUND, READ_FAILED},
    },
    ui::{
        problems::ProblemScreen,
        text::{lines, list, number, plural, printable_line, width},
    },
};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

const CATALOGUES: &[&[Entry]] = &[sheet::catalogue::ENTRIES, guest::catalogue::ENTRIES];

pub(super) fn write(
    options: &CheckOptions,
    name: &str,
    opened: &std::result::Result<Sheet, Refused>,
    fixed: Option<&Fixed<'_>>,
    out: &mut dyn Write,
    errors: &mut bool,
) -> io::Result<()> {
    let mut screen = ProblemScreen::new(name, options.look, CATALOGUES);
    let counts = match opened {
        Err(refused) => {
            refused
                .problems
                .iter()
                .cloned()
                .for_each(|problem| screen.add(problem));
            None
        }
        Ok(sheet) => {
            if options.show_mapping {
                out.write_all(mapping_text(name, sheet, &options.rules).as_bytes())?;
            }
            Some(count(sheet, &options.rules, &mut |problem, row| {
                match row {
                    Some(row) => screen.add_in_row(problem, row, sheet.header()),
                    None => screen.add(problem),
                }
                Ok(())
            })?)
        }
    };
    *errors = screen.count(Severity::Error) > 0;
    out.write_all(screen.text().as_bytes())?;
    if let Ok(sheet) = opened
        && !options.show_mapping
    {
        out.write_all(not_used(sheet).as_bytes())?;
    }
    let not_there = opened.as_ref().err().and_then(not_there);
    let needs_tenant = match opened {
        Ok(sheet) => needs_tenant(sheet, &options.rules),
        Err(_) => Vec::new(),
    };
    let summary = summary(name, counts, &screen, &needs_tenant);
    out.write_all(summary.as_bytes())?;
    if let Some(fixed) = fixed {
        out.write_all(fixed.line().as_bytes())?;
    }
    // Whoever had the sheet repaired goes on with the repaired one.
    let name = match fixed {
        Some(fixed) => fixed.path.display().to_string(),
        None => name.to_owned(),
    };
    let reading = match opened {
        Ok(sheet) => sheet.options(),
        Err(_) => &options.reading,
    };
    let flags = as_flags(reading);
    out.write_all(next(&name, &flags, &screen, not_there.as_ref()).as_bytes())
}

/// Where there is no sheet to correct: the path that was perhaps meant.
struct NotThere {
    meant: Option<String>,
}

fn not_there(refused: &Refused) -> Option<NotThere> {
    let codes = [NOT_FOUND, NOT_A_FILE, READ_FAILED];
    let problem = refused
        .problems
        .iter()
        .find(|problem| codes.contains(&problem.code))?;
    Some(NotThere {
        meant: problem.suggestion.clone(),
    })
}

/// Lines of which all but the first are indented.
fn indented(text: &str) -> String {
    format!("{}\n", lines(text, width(), width() - 2).join("\n  "))
}

/// How the sheet stands.
fn summary(
    name: &str,
    counts: Option<SheetCounts>,
    screen: &ProblemScreen<'_>,
    needs_tenant: &[&str],
) -> String {
    let count = |severity: Severity| match screen.count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.word())),
        many => Some(format!("{} {}s", number(many), severity.word())),
    };
    let mut parts = Vec::new();
    if let Some(counts) = counts {
        parts.push(plural(counts.rows, "row"));
        if counts.stopped {
            parts.push("reading ended there, so nothing can be invited".to_owned());
        } else if counts.refused {
            parts.push("nobody can be invited until that is decided".to_owned());
        } else if counts.guests == counts.rows {
            parts.push("all can be invited".to_owned());
        } else {
            parts.push(format!("{} can be invited", number(counts.guests)));
        }
        if counts.duplicates > 0 {
            parts.push(plural(counts.duplicates, "duplicate"));
        }
    }
    if let Some(mut errors) = count(Severity::Error) {
        if let Some(counts) = counts.filter(|counts| counts.invalid > 0) {
            let _ = write!(errors, " in {}", plural(counts.invalid, "row"));
        }
        parts.push(errors);
    }
    parts.extend(
        [Severity::Warning, Severity::Hint]
            .into_iter()
            .filter_map(count),
    );
    let mut text = indented(&format!("{name}: {}", parts.join(", ")));
    if let Some(counts) = counts.filter(|counts| counts.addresses.total > 0) {
        text.push_str(&indented(&counts.addresses.told(number)));
    }
    if !needs_tenant.is_empty() && counts.is_some_and(|counts| counts.guests > 0) {
        let names = list(needs_tenant);
        let _ = writeln!(text, "{names} are looked up when the tenant is reached");
    }
    text
}

/// The last line: what to do next. `flags` tell how the sheet is read.
fn next(
    name: &str,
    flags: &str,
    screen: &ProblemScreen<'_>,
    not_there: Option<&NotThere>,
) -> String {
    let typed = |name: &str| {
        let name = printable_line(name);
        if name.contains(' ') {
            format!("\"{name}\"")
        } else {
            name
        }
    };
    let sheet = match flags {
        "" => typed(name),
        flags => format!("{} {}", typed(name), printable_line(flags)),
    };
    if let Some(not_there) = not_there {
        match &not_there.meant {
            Some(meant) => format!("next: guestlist check {}\n", typed(meant)),
            None => String::new(),
        }
    } else if screen.count(Severity::Error) == 0 {
        format!("next: guestlist invite {sheet} --dry-run\n")
    } else {
        format!(
            "next: correct the errors, then guestlist check {sheet}\n      (a code in brackets is explained by guestlist explain CODE)\n"
        )
    }
}
