//! What `check` says about the columns of a sheet: what each is taken for, why, and which are not used.
//!
//! Must not decide anything about a column.

use crate::{
    guest::Rules,
    sheet::{Sheet, Use, column_letter, delimiter_word, plain_name},
    ui::text::{lines, list, pad, plural, printable_line, shorten, width, wrap},
};
use std::fmt::Write as _;

/// What was understood, what is not used, and why.
pub(super) fn mapping_text(name: &str, sheet: &Sheet, rules: &Rules) -> String {
    let (dialect, header) = (sheet.dialect(), sheet.header());
    let mut text = format!("{}\n", printable_line(name));
    if let Some(tab) = sheet.tab() {
        let hidden = sheet.hidden_rows().rows();
        let hidden = if hidden > 0 {
            format!(", {} hidden", plural(hidden, "row"))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "  {:<10} {}, sheet `{}`{hidden}",
            "workbook",
            sheet.encoding(),
            printable_line(tab)
        );
    } else {
        let delimiter = delimiter_word(dialect.delimiter);
        let bom = if dialect.bom {
            " with a byte order mark"
        } else {
            ""
        };
        let _ = writeln!(text, "  {:<10} {}{bom}", "encoding", sheet.encoding());
        let why = match dialect.evidence.as_str() {
            "" => String::new(),
            evidence => format!(": {evidence}"),
        };
        let _ = writeln!(text, "  {:<10} {delimiter}{why}", "delimiter");
    }
    let _ = writeln!(text, "  {:<10} row {}", "header", header.row);
    for (column, used) in header.uses.iter().enumerate() {
        let (to, why) = match used {
            Use::Field(field, _) if !rules.allow.takes(*field) => {
                ("-", "not used without --allow".to_owned())
            }
            Use::Field(field, why) => (field.word(), (*why).to_owned()),
            Use::Underscore => ("-", "ignored: its name begins with _".to_owned()),
            Use::OwnResult => ("-", "ignored: a column of a results file".to_owned()),
            Use::Ignored => ("-", "not used: --ignore or [columns] says so".to_owned()),
            Use::Note => ("-", "not used: a note is never mailed".to_owned()),
            Use::Other => ("-", "not used: kept for templates and results".to_owned()),
            Use::Unnamed => continue,
        };
        let name = pad(&shorten(&printable_line(&header.name(column)), 24), 24);
        let _ = writeln!(text, "  {:<3} {name} {to:<14} {why}", column_letter(column));
    }
    let unnamed = header.uses.iter().filter(|used| **used == Use::Unnamed);
    match unnamed.count() {
        0 => {}
        1 => text.push_str("  1 column has no name: not used, kept for results\n"),
        many => {
            let _ = writeln!(
                text,
                "  {many} columns have no name: not used, kept for results"
            );
        }
    }
    text.push('\n');
    text
}

/// Columns that hold object ids, as their names say. An invitation that carries the id of an internal user turns that user
/// into a guest for good, so no id is ever sent.
pub(in crate::commands) fn object_ids(sheet: &Sheet) -> Option<String> {
    const NAMES: [&str; 7] = [
        "objectid",
        "userid",
        "entraid",
        "entraobjectid",
        "azureadobjectid",
        "aadobjectid",
        "useroid",
    ];
    let header = sheet.header();
    let named: Vec<String> = header
        .unused()
        .filter(|name| NAMES.contains(&plain_name(name).as_str()))
        .map(|name| format!("`{}`", shorten(&printable_line(name.trim()), 40)))
        .collect();
    (!named.is_empty()).then(|| {
        format!(
            "object ids in {} are not used: people are found by their addresses, and an id is never sent with an invitation, because the id of an internal user would turn that user into a guest",
            list(&named)
        )
    })
}

/// Columns that are not used. One of them may be a message under a name that is not known.
pub(super) fn not_used(sheet: &Sheet) -> String {
    let names: Vec<String> = sheet
        .header()
        .unused()
        .map(|name| format!("`{}`", shorten(&printable_line(name.trim()), 40)))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    let line = format!(
        "columns not used: {} (--show-mapping says more)",
        names.join(", ")
    );
    let broken = lines(&line, width(), width() - 2);
    let mut shown = broken.into_iter();
    let most = shown.by_ref().take(3).collect::<Vec<_>>().join("\n  ");
    let more = if shown.next().is_some() { " …" } else { "" };
    let ids = object_ids(sheet).map_or(String::new(), |ids| format!("{}\n", wrap(&ids, 0, 2)));
    format!("{most}{more}\n{ids}")
}
