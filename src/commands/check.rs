//! `guestlist check SHEET`: everything that is wrong with a sheet, in one pass, without a tenant or a network.
//!
//! Must not keep the problems of a million rows: they are written, or become groups, as they are found.

use super::{
    columns::{mapping_text, not_used},
    explain::written,
    fix, sheet_options,
};
use crate::{
    cli::Format,
    exit::Exit,
    failure::Result,
    guest::{self, Addresses, Inspected, Rules, Understanding},
    problem::{Entry, Problem, Severity},
    sheet,
    sheet::{
        Field, ReadAhead, Refused, Row, Sheet, SheetOptions,
        catalogue::{NOT_A_FILE, NOT_FOUND, READ_FAILED},
    },
    ui::{
        problems::{Look, ProblemScreen, wrap},
        text::{number, plural, printable_line},
    },
    visible,
};
use serde_json::{Map, Value, json};
use std::{
    fmt::Write as _,
    io::{self, BufWriter, Read, Write},
    path::PathBuf,
};

pub(super) const WIDTH: usize = 80;
const CATALOGUES: &[&[Entry]] = &[sheet::catalogue::ENTRIES, guest::catalogue::ENTRIES];

#[derive(Debug, Clone)]
pub struct CheckOptions {
    /// `-` is standard input.
    pub sheet: PathBuf,
    pub reading: SheetOptions,
    pub rules: Rules,
    pub format: Format,
    pub show_mapping: bool,
    pub look: Look,
    /// Whether somebody can be asked about hidden rows.
    pub may_ask: bool,
    /// Where to write the sheet with the certain repairs made.
    pub fix: Option<PathBuf>,
}

/// How many rows are what.
#[derive(Debug, Clone, Copy, Default)]
struct RunTotals {
    rows: u64,
    addresses: Addresses,
    guests: u64,
    duplicates: u64,
    errors: u64,
    /// Whether the sheet could not be read to its end.
    stopped: bool,
    /// Whether a person has to decide something before anybody can be invited.
    refused: bool,
}

pub fn check(options: &CheckOptions, input: &mut dyn Read, out: &mut dyn Write) -> Result<Exit> {
    let name = options.sheet.display().to_string();
    if let Some(path) = &options.fix {
        fix::may_write(path)?;
    }
    let opened = sheet_options::open(&options.sheet, &options.reading, options.may_ask, input)?;
    let mut out = BufWriter::new(out);
    let mut errors = false;
    let done = match options.format {
        Format::Json => check_as_json(options, &name, &opened, &mut out, &mut errors),
        Format::Text => check_as_text(options, &name, &opened, &mut out, &mut errors),
    };
    if let (Some(path), Ok(sheet)) = (&options.fix, &opened) {
        let fixed = fix::write(sheet, &options.rules, path)?;
        if options.format == Format::Text {
            let form = match sheet.tab() {
                Some(_) => "; the one sheet, as text, without its formats and formulas",
                None => "",
            };
            let line = format!(
                "fixed: {} ({} repaired{form})\n",
                path.display(),
                plural(fixed, "cell")
            );
            written(out.write_all(line.as_bytes()))?;
        }
    }
    written(done.and_then(|()| out.flush()))?;
    Ok(if errors {
        Exit::SheetRefused
    } else {
        Exit::Done
    })
}

/// Walks over all rows once; every problem is handed out with its row, if it has one.
fn walk(
    sheet: &Sheet,
    rules: &Rules,
    tell: &mut dyn FnMut(Problem, Option<&Row>) -> io::Result<()>,
) -> io::Result<RunTotals> {
    let mut tally = RunTotals {
        refused: !sheet.refusals().is_empty(),
        ..RunTotals::default()
    };
    let mut understanding = Understanding::new(sheet, rules);
    for problem in sheet
        .refusals()
        .iter()
        .chain(sheet.hints())
        .cloned()
        .chain(understanding.sheet_hints())
    {
        tell(problem, None)?;
    }
    let mut rows = match sheet.rows() {
        Ok(rows) => ReadAhead::of(rows),
        Err(refused) => {
            refused
                .problems
                .into_iter()
                .try_for_each(|problem| tell(problem, None))?;
            tally.stopped = true;
            return Ok(tally);
        }
    };
    loop {
        let batch = match rows.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => break,
            Err(problem) => {
                tell(*problem, None)?;
                tally.stopped = true;
                break;
            }
        };
        for (row, (inspected, problems)) in batch.iter().zip(understanding.inspect(batch)) {
            tally.rows += 1;
            match inspected {
                Inspected::Guest => tally.guests += 1,
                Inspected::Duplicate { .. } => tally.duplicates += 1,
                Inspected::Invalid => tally.errors += 1,
            }
            for problem in problems {
                tell(problem, Some(row))?;
            }
        }
    }
    tally.addresses = understanding.addresses();
    let refusals = if tally.stopped {
        Vec::new()
    } else {
        understanding.refusals()
    };
    tally.refused |= !refusals.is_empty();
    for problem in refusals.into_iter().chain(understanding.sheet_problems()) {
        tell(problem, None)?;
    }
    Ok(tally)
}

fn check_as_text(
    options: &CheckOptions,
    name: &str,
    opened: &std::result::Result<Sheet, Refused>,
    out: &mut dyn Write,
    errors: &mut bool,
) -> io::Result<()> {
    let mut screen = ProblemScreen::new(name, options.look, CATALOGUES);
    let tally = match opened {
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
            Some(walk(sheet, &options.rules, &mut |problem, row| {
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
    let summary = summary(name, tally, &screen, &needs_tenant, not_there.as_ref());
    out.write_all(summary.as_bytes())
}

/// What the sheet names that only the tenant knows: whether it is there cannot be checked here.
fn needs_tenant(sheet: &Sheet, rules: &Rules) -> Vec<&'static str> {
    let named = [
        (Field::Sponsors, "sponsors"),
        (Field::Manager, "managers"),
        (Field::Groups, "groups"),
    ];
    let used =
        |field: &Field| sheet.header().column_of(*field).is_some() && rules.allow.takes(*field);
    named
        .into_iter()
        .filter(|(field, _)| used(field))
        .map(|(_, word)| word)
        .collect()
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

/// The last lines: how the sheet stands, and what to do next.
fn summary(
    name: &str,
    tally: Option<RunTotals>,
    screen: &ProblemScreen<'_>,
    needs_tenant: &[&str],
    not_there: Option<&NotThere>,
) -> String {
    let count = |severity: Severity| match screen.count(severity) {
        0 => None,
        1 => Some(format!("1 {}", severity.word())),
        many => Some(format!("{} {}s", number(many), severity.word())),
    };
    let mut parts = Vec::new();
    if let Some(tally) = tally {
        parts.push(plural(tally.rows, "row"));
        if tally.stopped {
            parts.push("reading ended there, so nothing can be invited".to_owned());
        } else if tally.refused {
            parts.push("nobody can be invited until that is decided".to_owned());
        } else if tally.guests == tally.rows {
            parts.push("all can be invited".to_owned());
        } else {
            parts.push(format!("{} can be invited", number(tally.guests)));
        }
        if tally.duplicates > 0 {
            parts.push(plural(tally.duplicates, "duplicate"));
        }
    }
    if let Some(mut errors) = count(Severity::Error) {
        if let Some(tally) = tally.filter(|tally| tally.errors > 0) {
            let _ = write!(errors, " in {}", plural(tally.errors, "row"));
        }
        parts.push(errors);
    }
    parts.extend(
        [Severity::Warning, Severity::Hint]
            .into_iter()
            .filter_map(count),
    );
    let lines = wrap(&format!("{name}: {}", parts.join(", ")), WIDTH, WIDTH - 2);
    let mut text = format!("{}\n", lines.join("\n  "));
    if let Some(tally) = tally.filter(|tally| tally.addresses.total > 0) {
        let lines = wrap(&tally.addresses.told(number), WIDTH, WIDTH - 2);
        let _ = writeln!(text, "{}", lines.join("\n  "));
    }
    if !needs_tenant.is_empty() && tally.is_some_and(|tally| tally.guests > 0) {
        let names = match needs_tenant {
            [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
            names => names.join(""),
        };
        let _ = writeln!(text, "{names} are looked up when the tenant is reached");
    }
    let typed = |name: &str| {
        let name = printable_line(name);
        if name.contains(' ') {
            format!("\"{name}\"")
        } else {
            name
        }
    };
    let sheet = typed(name);
    let next = if let Some(not_there) = not_there {
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
    };
    text.push_str(&next);
    text
}

fn check_as_json(
    options: &CheckOptions,
    name: &str,
    opened: &std::result::Result<Sheet, Refused>,
    out: &mut dyn Write,
    errors: &mut bool,
) -> io::Result<()> {
    let (encoding, delimiter, mapping) = match opened {
        Ok(sheet) => {
            let header = sheet.header();
            let mapping: Map<String, Value> = header
                .mapping
                .iter()
                .filter(|(field, _)| options.rules.allow.takes(*field))
                .map(|(field, column)| (field.word().to_owned(), json!(header.name(*column))))
                .collect();
            (
                json!(sheet.encoding()),
                json!(
                    header
                        .delimiter
                        .map(|delimiter| char::from(delimiter).to_string())
                ),
                Value::Object(mapping),
            )
        }
        Err(_) => (Value::Null, Value::Null, json!({})),
    };
    // Written piece by piece, so that the problems of a million rows need no memory; the counts are known last.
    write!(
        out,
        "{{\"sheet\":{},\"encoding\":{encoding},\"delimiter\":{delimiter},\"mapping\":{},\"problems\":[",
        visible::json(&json!(name).to_string()),
        visible::json(&mapping.to_string())
    )?;
    let mut first = true;
    let mut tell = |problem: Problem, _: Option<&Row>| {
        *errors |= problem.is_error();
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        let problem = serde_json::to_string(&problem).map_err(io::Error::from)?;
        out.write_all(visible::json(&problem).as_bytes())
    };
    let tally = match opened {
        Ok(sheet) => walk(sheet, &options.rules, &mut tell)?,
        Err(refused) => refused
            .problems
            .iter()
            .cloned()
            .try_for_each(|problem| tell(problem, None))
            .map(|()| RunTotals::default())?,
    };
    let addresses = serde_json::to_string(&tally.addresses)?;
    let needs_tenant = match opened {
        Ok(sheet) => json!(needs_tenant(sheet, &options.rules)),
        Err(_) => json!([]),
    };
    writeln!(
        out,
        "],\"rows\":{},\"addresses\":{addresses},\"needs_tenant\":{needs_tenant}}}",
        tally.rows
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(sheet: &str, format: Format) -> CheckOptions {
        CheckOptions {
            sheet: sheet.into(),
            reading: SheetOptions::default(),
            rules: Rules::default(),
            format,
            show_mapping: false,
            fix: None,
            may_ask: false,
            look: Look {
                colour: false,
                width: 80,
            },
        }
    }

    fn checked(options: &CheckOptions, input: &str) -> (Exit, String) {
        let mut out = Vec::new();
        let exit = check(options, &mut input.as_bytes(), &mut out).unwrap();
        (exit, String::from_utf8(out).unwrap())
    }

    fn sample(name: &str) -> String {
        format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn the_samples_are_what_they_say() {
        for (name, rows, exit) in [
            ("guests.csv", 25, Exit::Done),
            ("semicolon.csv", 5, Exit::Done),
            ("portal.csv", 3, Exit::Done),
            ("messy.csv", 30, Exit::SheetRefused),
        ] {
            let (code, text) = checked(&options(&sample(name), Format::Json), "");
            let json: Value = serde_json::from_str(&text).unwrap();
            assert_eq!((code, &json["rows"]), (exit, &json!(rows)), "{name}");
        }
        let (_, text) = checked(&options(&sample("guests.csv"), Format::Text), "");
        // The folder's name decides where the lines break.
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains(
                "guests.csv: 25 rows, all can be invited 55 addresses: 25 guests, 2 cc, 28 sponsors sponsors are looked up when the tenant is reached next: guestlist invite "
            ),
            "{text}"
        );
    }

    #[test]
    fn the_json_has_the_documented_keys() {
        let (exit, text) = checked(&options("-", Format::Json), "E-Mail;Name\nanna@;Anna\n");
        let json: Value = serde_json::from_str(&text).unwrap();
        let mut keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        assert_eq!(
            keys,
            [
                "addresses",
                "delimiter",
                "encoding",
                "mapping",
                "needs_tenant",
                "problems",
                "rows",
                "sheet"
            ]
        );
        assert_eq!(
            (exit, &json["delimiter"], &json["mapping"]),
            (
                Exit::SheetRefused,
                &json!(";"),
                &json!({"email": "E-Mail", "display_name": "Name"})
            )
        );
        let problem = &json["problems"][0];
        assert_eq!(
            (
                &problem["code"],
                &problem["row"],
                &problem["column"],
                &problem["text"]
            ),
            (
                &json!("GL102"),
                &json!(2),
                &json!("E-Mail"),
                &json!("anna@")
            )
        );
    }

    #[test]
    fn a_sheet_that_cannot_be_used_is_refused_in_both_formats() {
        let (exit, text) = checked(&options("no/such.csv", Format::Text), "");
        assert_eq!(exit, Exit::SheetRefused);
        assert!(
            text.starts_with("error[GL001]: there is no file no/such.csv\n"),
            "{text}"
        );
        let (exit, text) = checked(&options("-", Format::Json), "");
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (exit, &json["problems"][0]["code"], &json["encoding"]),
            (Exit::SheetRefused, &json!("GL003"), &Value::Null)
        );
    }

    #[test]
    fn the_mapping_says_what_is_used_and_why() {
        let shown = CheckOptions {
            show_mapping: true,
            ..options("-", Format::Text)
        };
        let (_, text) = checked(&shown, "E-Mail,Notiz,_code,Team\na@x.org,,,\n");
        let squeezed: Vec<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert!(
            squeezed.contains(&"A E-Mail email known by its name".to_owned()),
            "{text}"
        );
        assert!(
            squeezed.contains(&"B Notiz - not used: a note is never mailed".to_owned()),
            "{text}"
        );
        assert!(
            squeezed.contains(&"C _code - ignored: its name begins with _".to_owned()),
            "{text}"
        );
    }
}
