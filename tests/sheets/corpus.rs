//! Each sheet of `tests/corpus` has a snapshot beside it of what must come out of it: encoding, delimiter, mapping,
//! rows, verdicts and problems. Where it is read with options, they stand in an `.options` file.

use guestlist::{
    Allow, Field, Hidden, Problem, Refused, RowVerdict, Rules, Sheet, SheetOptions, Understanding,
};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

#[test]
fn every_sheet_of_the_corpus_gives_what_is_written_beside_it() {
    let mut sheets: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension().is_some_and(|extension| {
                !["snap", "new", "options"]
                    .iter()
                    .any(|ours| extension == *ours)
            })
        })
        .collect();
    sheets.sort();
    assert!(sheets.len() >= 60, "only {} sheets", sheets.len());
    insta::with_settings!({
        snapshot_path => folder(),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        for sheet in &sheets {
            let name = sheet.file_stem().unwrap().to_str().unwrap();
            insta::assert_snapshot!(name, tell(sheet));
        }
    });
}

/// Everything that is read and understood, as text.
fn tell(path: &Path) -> String {
    let mut text = String::new();
    let options = std::fs::read_to_string(path.with_extension("options")).unwrap_or_default();
    let (reading, rules) = parse(&options);
    match Sheet::open_to_check(path, &reading) {
        Ok(sheet) => tell_sheet(&sheet, &rules, &mut text),
        Err(Refused { problems }) => problems
            .iter()
            .for_each(|problem| tell_problem(problem, &mut text)),
    }
    // Paths differ from machine to machine.
    text.replace(&*path.to_string_lossy(), "SHEET")
}

fn tell_sheet(sheet: &Sheet, rules: &Rules, text: &mut String) {
    let (header, dialect) = (sheet.header(), sheet.dialect());
    let mapping: Vec<String> = header
        .mapping
        .iter()
        .map(|(field, column)| format!("{field}={}", header.name(*column)))
        .collect();
    let delimiter = char::from(dialect.delimiter);
    writeln!(
        text,
        "{} {delimiter:?} {:?} bom={} header={}:{}",
        sheet.encoding(),
        dialect.line_end,
        dialect.bom,
        header.row,
        header.line
    )
    .unwrap();
    writeln!(text, "mapping: {}", mapping.join(", ")).unwrap();
    let mut understanding = Understanding::new(sheet, rules);
    let hints = understanding.sheet_hints();
    sheet
        .refusals()
        .iter()
        .chain(sheet.hints())
        .chain(&hints)
        .for_each(|problem| tell_problem(problem, text));
    for row in sheet.rows().unwrap() {
        let row = match row {
            Ok(row) => row,
            Err(problem) => return tell_problem(&problem, text),
        };
        let cells: Vec<String> = row
            .cells()
            .map(|cell| shorten(&format!("{cell:?}")))
            .collect();
        let understood = understanding.understand(&row);
        let verdict = match &understood.verdict {
            RowVerdict::Guest(guest) => format!(
                "guest {} {:?}",
                guest.email.as_str(),
                guest.display_name.as_deref().unwrap_or_default()
            ),
            RowVerdict::Duplicate { of_row, .. } => format!("duplicate of {of_row}"),
            RowVerdict::Invalid => "invalid".to_owned(),
        };
        writeln!(
            text,
            "{}:{} [{}] {verdict}",
            row.number,
            row.line,
            cells.join(" ")
        )
        .unwrap();
        understood
            .problems
            .iter()
            .for_each(|problem| tell_problem(problem, text));
    }
    understanding
        .sheet_problems()
        .iter()
        .for_each(|problem| tell_problem(problem, text));
    let addresses = understanding.addresses();
    writeln!(text, "{}", addresses.told(|count| count.to_string())).unwrap();
    if !sheet.refusals().is_empty() {
        writeln!(text, "nobody is invited").unwrap();
    }
}

fn tell_problem(problem: &Problem, text: &mut String) {
    let place = match (problem.row, problem.line) {
        (Some(row), Some(line)) => format!(" {row}:{line}"),
        _ => String::new(),
    };
    let column = problem
        .column
        .as_ref()
        .map_or_else(String::new, |column| format!(" `{column}`"));
    let suggestion = problem
        .suggestion
        .as_ref()
        .map_or_else(String::new, |value| {
            format!(" => {}", shorten(&format!("{value:?}")))
        });
    writeln!(
        text,
        "  {}[{}]{place}{column}: {}{suggestion}",
        problem.severity.word(),
        problem.code,
        problem.message
    )
    .unwrap();
}

fn shorten(text: &str) -> String {
    guestlist::shorten(text, 60)
}

/// The flags of `check`, as far as the corpus needs them.
fn parse(line: &str) -> (SheetOptions, Rules) {
    let mut options = SheetOptions::default();
    let mut rules = Rules::default();
    let mut words = words(line).into_iter();
    while let (Some(flag), Some(value)) = (words.next(), words.next()) {
        match flag.as_str() {
            "--delimiter" => options.delimiter = value.bytes().next(),
            "--header-row" => options.header_row = value.parse().ok(),
            "--ignore" => options.ignore.push(value),
            "--encoding" => options.encoding = Some(value),
            "--sheet" => options.sheet = Some(value),
            "--hidden" => {
                let skip = value == "skip";
                options.hidden = Some(if skip { Hidden::Skip } else { Hidden::Include });
            }
            "--allow" => {
                let named = |word: &str| value.split(',').any(|named| named == word);
                rules.allow = Allow {
                    member: named("member"),
                    manager: named("manager"),
                    groups: named("groups"),
                };
            }
            "--map" => {
                let (field, column) = value.split_once('=').unwrap();
                options
                    .map
                    .push((Field::from_word(field).unwrap(), column.to_owned()));
            }
            other => unreachable!("unknown flag {other}"),
        }
    }
    (options, rules)
}

/// Words between spaces; quotation marks keep spaces together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.trim().chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}
