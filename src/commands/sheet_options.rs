//! From the settings to what is needed to read and understand a sheet; and opening it.

use super::ask;
use crate::{
    failure::Result,
    guest::{Rules, Understanding},
    problem::Problem,
    settings::Settings,
    sheet,
    sheet::{Refused, Sheet, SheetOptions},
    ui::text::{list, number, printable_line, shorten, wrap},
};
use std::{
    io::Read,
    path::{Path, PathBuf},
};

pub(super) fn sheet_options(settings: &Settings) -> SheetOptions {
    let sheet = &settings.sheet;
    SheetOptions {
        map: sheet
            .columns
            .iter()
            .map(|map| (map.value.field, map.value.column.clone()))
            .collect(),
        ignore: sheet.ignore.value.clone(),
        encoding: sheet
            .encoding
            .as_ref()
            .map(|encoding| encoding.value.clone()),
        delimiter: sheet.delimiter.as_ref().map(|delimiter| delimiter.value),
        sheet: sheet.sheet.as_ref().map(|sheet| sheet.value.clone()),
        header_row: sheet.header_row.as_ref().map(|row| row.value),
        hidden: sheet.hidden.as_ref().map(|hidden| hidden.value),
    }
}

pub(super) fn rules(settings: &Settings) -> Rules {
    Rules {
        allow: settings.invite.allow.value.iter().copied().collect(),
        default_sponsor: settings
            .invite
            .default_sponsor
            .as_ref()
            .map(|sponsor| sponsor.value.clone()),
    }
}

/// The sheet that was typed, and how it is to be read.
pub(super) struct WantedSheet {
    typed: PathBuf,
    options: SheetOptions,
    may_ask: bool,
}

impl WantedSheet {
    pub(super) fn new(typed: &Path, options: SheetOptions, settings: &Settings) -> Self {
        Self {
            typed: typed.to_owned(),
            options,
            may_ask: !settings.invite.yes.value && ask::can_ask(),
        }
    }

    pub(super) fn open(&self) -> Result<Sheet> {
        let stdin = &mut std::io::stdin();
        let sheet = open(&self.typed, &self.options, self.may_ask, stdin)??;
        Ok(sheet.or_refused()?)
    }
}

/// Opens a sheet to check it, or says why it cannot be read. Standard input and pipes are put into a private temporary
/// file, because a sheet is read several times. Where somebody can be asked, hidden rows are asked about.
pub(super) fn open(
    typed: &Path,
    options: &SheetOptions,
    may_ask: bool,
    input: &mut dyn Read,
) -> Result<std::result::Result<Sheet, Refused>> {
    if typed == Path::new("-") {
        return Ok(Sheet::spool_to_check(input, "standard input", options));
    }
    if let Some(read) = Sheet::of_pipe(typed, options) {
        return Ok(read);
    }
    let opened = Sheet::open_to_check(typed, options);
    let Ok(sheet) = &opened else {
        return Ok(opened);
    };
    if !may_ask || !hides_rows(sheet) {
        return Ok(opened);
    }
    // Without an answer the sheet is refused, with everything else that is wrong with it.
    let Some(hidden) = ask::choose(&about_hidden_rows(sheet), &HIDDEN_ANSWERS)? else {
        return Ok(opened);
    };
    let answered = SheetOptions {
        hidden: Some(hidden),
        ..options.clone()
    };
    Ok(Sheet::open_to_check(typed, &answered))
}

/// Whether hidden rows are the only reason to refuse the sheet.
fn hides_rows(sheet: &Sheet) -> bool {
    let refusals = sheet.refusals();
    let hidden = |problem: &Problem| problem.code == sheet::catalogue::HIDDEN_ROWS;
    !refusals.is_empty() && refusals.iter().all(hidden)
}

const HIDDEN_ANSWERS: [(&str, sheet::Hidden); 2] = [
    ("include", sheet::Hidden::Include),
    ("skip", sheet::Hidden::Skip),
];
/// How many of the people in hidden rows are named.
const NAMED: usize = 3;

/// A filter may have been forgotten, or it may select the people who are meant. Only a person can know, so the question
/// names some of the hidden people.
fn about_hidden_rows(sheet: &Sheet) -> String {
    let hidden = sheet.hidden_rows();
    let named = people_in_hidden_rows(sheet);
    let more = hidden.rows().saturating_sub(named.len() as u64);
    let people = match (named.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!(" ({})", list(&named)),
        (false, more) => format!(" ({} and {} more)", named.join(", "), number(more)),
    };
    let (rows, are) = if hidden.rows() == 1 {
        ("Row", "is")
    } else {
        ("Rows", "are")
    };
    let question = format!("{rows} {hidden}{people} {are} hidden. [i]nclude or [s]kip?");
    wrap(&question, 0, 0)
}

/// The first few people in hidden rows: their names, or else the texts of their address cells.
fn people_in_hidden_rows(sheet: &Sheet) -> Vec<String> {
    // A sheet that cannot be read is reported after the question.
    let Ok(rows) = sheet.rows() else {
        return Vec::new();
    };
    let mut understanding = Understanding::new(sheet, &Rules::default());
    rows.map_while(std::result::Result::ok)
        .filter(|row| sheet.hidden_rows().names(row.number))
        .take(NAMED)
        .map(|row| {
            let understood = understanding.understand(&row);
            let name = understood.display_name.unwrap_or_default();
            let shown = [name.trim(), understood.email_text.trim(), "no name"]
                .into_iter()
                .find(|text| !text.is_empty())
                .unwrap_or_default();
            shorten(&printable_line(shown), 40).into_owned()
        })
        .collect()
}
