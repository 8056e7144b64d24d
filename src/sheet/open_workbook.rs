//! Opens a workbook: finds the sheet that is meant, its hidden rows and columns, and addresses on its other sheets.
//!
//! Must not choose between two sheets that could both be meant.

use super::{
    Dialect, Header, Hidden, LineEnd, Refused, Row, SheetOptions, Stretches,
    bytes::Stamp,
    catalogue::{HIDDEN_ROWS, HIDDEN_SKIPPED, MANY_COLUMNS, NO_SUCH_TAB, OTHER_TABS, WHICH_TAB},
    header_detection::{self, Asked, Reading},
    links::Links,
    open_header::header,
    opened::{Body, Opened, Purpose},
    sheet_errors::{empty, no_header},
    workbook::{self, Tab},
};
use crate::{
    nearest::nearest,
    own_files::{FileKind, RESULT_COLUMNS, SUMMARY_TAB},
    problem::{Problem, shorten},
};
use std::{path::Path, sync::Arc};

pub(super) fn open(
    path: &Path,
    stamp: Stamp,
    options: &SheetOptions,
    purpose: Purpose,
) -> Result<Opened, Refused> {
    let mut book = workbook::read(path)?;
    leave_out_summary(&mut book.tabs);
    let (tab, reading, others) = choose(book.tabs, options, purpose)?;
    let asked_row = options.header_row.is_some();
    let perhaps = || reading.perhaps_header().filter(|_| !asked_row);
    let first = || (purpose == Purpose::Table && !reading.records.is_empty()).then_some(0);
    let Some(at) = reading.header.or_else(perhaps).or_else(first) else {
        return Err(no_header(&reading, options));
    };
    let (header, mut hints) = header(&reading, at, options, purpose)?;
    let mut left_out = others.iter().map(|(_, addresses)| addresses).sum();
    hints.extend(too_many_columns(&header));
    hints.extend(other_tabs(&others, options.sheet.is_some()));
    let hidden_columns = (0..header.names.len())
        .filter(|column| tab.hides_column(*column))
        .collect();
    let below = tab
        .rows
        .iter()
        .filter(|held| header.has_below(held.row.number));
    let mut hidden = Stretches::default();
    below
        .filter(|held| held.hidden && !held.row.is_blank())
        .for_each(|held| hidden.add(held.row.number));
    let mut refusals = Vec::new();
    if hidden.rows() > 0 && options.hidden.is_none() {
        let problem = Problem::error(
            HIDDEN_ROWS,
            format!(
                "{} hidden in the workbook, by a filter or by hand: {hidden}",
                rows_are(hidden.rows()),
            ),
        );
        refusals.push(problem.fix("say what is meant: --hidden include or --hidden skip"));
    }
    let skip = options.hidden == Some(Hidden::Skip);
    if skip && hidden.rows() > 0 {
        hints.push(
            Problem::hint(
                HIDDEN_SKIPPED,
                format!("{} hidden and left out: {hidden}", rows_are(hidden.rows())),
            )
            .fix("take them along with --hidden include"),
        );
    }
    let mut links = Links::new(&header, tab.links);
    let mut last = 0;
    let placed = tab.rows.into_iter().map(|mut held| {
        held.row.after_blank = held.row.number > last + 1;
        if !held.row.is_blank() {
            last = held.row.number;
        }
        held
    });
    let kept = placed.filter(|held| {
        let leave_out = skip && held.hidden;
        if leave_out {
            left_out += held.row.addresses();
        }
        !leave_out
    });
    let rows: Arc<[Row]> = kept.map(|held| links.follow(held.row, &header)).collect();
    left_out += links.not_used();
    hints.extend(links.told(&header));
    Ok(Opened {
        stamp,
        body: Body::Workbook {
            kind: book.kind,
            tab: tab.name,
            rows,
        },
        dialect: Dialect {
            delimiter: reading.delimiter,
            evidence: reading.evidence,
            bom: true,
            line_end: LineEnd::CrLf,
            sep_line: false,
        },
        header,
        hints,
        refusals,
        hidden,
        hidden_columns,
        merged: tab.merged,
        left_out,
    })
}

/// How many columns a workbook can have. The results need room for the sheet's columns and their own.
const MAX_COLUMNS: usize = 16_384;

fn too_many_columns(header: &Header) -> Option<Problem> {
    let columns = header.names.len();
    (columns + RESULT_COLUMNS.len() > MAX_COLUMNS).then(|| {
        let message = format!(
            "with the results beside them, the sheet's {columns} columns do not fit into a workbook"
        );
        Problem::warning(MANY_COLUMNS, message)
            .at(header.row, header.line)
            .fix("look for a stray cell far to the right and delete it, or write the results as text: -o results.csv")
    })
}

fn rows_are(count: u64) -> String {
    if count == 1 {
        "1 row is".to_owned()
    } else {
        format!("{count} rows are")
    }
}

/// Addresses on other sheets of the workbook: a hint if a person named the sheet, else a warning.
fn other_tabs(others: &[(String, u64)], named: bool) -> Option<Problem> {
    let (first, _) = others.first()?;
    let told: Vec<String> = others
        .iter()
        .take(8)
        .map(|(name, addresses)| format!("`{}` ({addresses})", shorten(name, 40)))
        .collect();
    let message = format!(
        "addresses on other sheets of the workbook are not used: {}",
        told.join(", ")
    );
    let problem = if named {
        Problem::hint(OTHER_TABS, message)
    } else {
        Problem::warning(OTHER_TABS, message)
    };
    Some(problem.fix(format!(
        "if another sheet is meant, name it: --sheet \"{first}\""
    )))
}

/// A results workbook begins with a page in words, which is no sheet of guests.
fn leave_out_summary(tabs: &mut Vec<Tab>) {
    let is_results = |tab: &Tab| kind_of(tab) == Some(FileKind::Results);
    if tabs.iter().any(is_results) {
        tabs.retain(|tab| tab.name != SUMMARY_TAB || is_results(tab));
    }
}

/// The file of ours that a tab is.
fn kind_of(tab: &Tab) -> Option<FileKind> {
    let rows = tab.rows.iter().map(|held| &held.row).take(1);
    let first = header_detection::in_rows(rows, Asked::default());
    FileKind::of(&first.records.first()?.cells)
}

/// The tab that is meant, and how many addresses the others hold.
type Chosen = (Tab, Reading, Vec<(String, u64)>);

/// The tab that is meant: the one that was named, or the only visible one with an address column.
fn choose(tabs: Vec<Tab>, options: &SheetOptions, purpose: Purpose) -> Result<Chosen, Refused> {
    let all: Vec<(String, u64)> = tabs
        .iter()
        .map(|tab| (tab.name.clone(), tab.addresses()))
        .filter(|(_, addresses)| *addresses > 0)
        .collect();
    let (tab, reading) = choose_tab(tabs, options, purpose)?;
    let others = all
        .into_iter()
        .filter(|(name, _)| *name != tab.name)
        .collect();
    Ok((tab, reading, others))
}

fn choose_tab(
    mut tabs: Vec<Tab>,
    options: &SheetOptions,
    purpose: Purpose,
) -> Result<(Tab, Reading), Refused> {
    let read = |tab: &Tab| {
        header_detection::in_rows(tab.rows.iter().map(|held| &held.row), Asked::of(options))
    };
    let names: Vec<String> = tabs.iter().map(|tab| tab.name.clone()).collect();
    let ours = |tab: &Tab| kind_of(tab).is_some();
    if purpose == Purpose::ReadBack
        && let Some(at) = tabs.iter().position(ours)
    {
        let tab = tabs.swap_remove(at);
        let reading = read(&tab);
        return Ok((tab, reading));
    }
    let wanted = options.sheet.as_ref();
    if let Some(wanted) = wanted.filter(|_| !matches!(&tabs[..], [only] if ours(only))) {
        let same = |tab: &Tab| tab.name.trim().to_lowercase() == wanted.trim().to_lowercase();
        return match tabs.into_iter().find(same) {
            Some(tab) => {
                let reading = read(&tab);
                Ok((tab, reading))
            }
            None => Err(no_such_tab(wanted, &names).into()),
        };
    }
    let filled = tabs
        .into_iter()
        .filter(|tab| tab.visible && !tab.rows.is_empty());
    let mut read: Vec<(Tab, Reading)> = filled
        .map(|tab| {
            let reading = read(&tab);
            (tab, reading)
        })
        .collect();
    let with_header: Vec<usize> = (0..read.len())
        .filter(|at| read[*at].1.header.is_some())
        .collect();
    match with_header[..] {
        [_, _, ..] => {
            let names: Vec<String> = with_header
                .iter()
                .map(|at| format!("`{}`", read[*at].0.name))
                .collect();
            let problem = Problem::error(
                WHICH_TAB,
                format!(
                    "several sheets of the workbook have an address column: {}",
                    names.join(", ")
                ),
            );
            Err(problem
                .fix(format!(
                    "name the one that is meant: --sheet \"{}\"",
                    read[with_header[0]].0.name
                ))
                .into())
        }
        [at] => Ok(read.swap_remove(at)),
        [] if read.is_empty() => Err(empty().into()),
        [] => Ok(read.swap_remove(0)),
    }
}

fn no_such_tab(wanted: &str, names: &[String]) -> Problem {
    let shown: Vec<String> = names
        .iter()
        .take(12)
        .map(|name| format!("`{name}`"))
        .collect();
    let problem = Problem::error(
        NO_SUCH_TAB,
        format!(
            "the workbook has no sheet `{wanted}`; it has {}",
            shown.join(", ")
        ),
    );
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => problem
            .fix(format!("did you mean --sheet \"{near}\"?"))
            .suggest(near),
        None => problem.fix("copy the sheet's name out of the workbook"),
    }
}
