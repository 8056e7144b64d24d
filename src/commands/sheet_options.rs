//! From settings to what reading and understanding a sheet need.

use super::ask;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    guest::{Allow, Rules},
    problem::Problem,
    settings::{Access, Hidden, Settings},
    sheet,
    sheet::{Refused, Sheet, SheetOptions},
    ui,
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
        hidden: sheet.hidden.as_ref().map(|hidden| match hidden.value {
            Hidden::Include => sheet::Hidden::Include,
            Hidden::Skip => sheet::Hidden::Skip,
        }),
    }
}

pub(super) fn rules(settings: &Settings) -> Rules {
    let allow = &settings.invite.allow.value;
    Rules {
        allow: Allow {
            member: allow.contains(&Access::Member),
            manager: allow.contains(&Access::Manager),
            groups: allow.contains(&Access::Groups),
        },
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
    match &opened {
        Ok(sheet) if may_ask && hides_rows(sheet) => {
            let answered = SheetOptions {
                hidden: Some(ask_about_hidden_rows(sheet)?),
                ..options.clone()
            };
            Ok(Sheet::open_to_check(typed, &answered))
        }
        _ => Ok(opened),
    }
}

/// Whether hidden rows are all that stands against the sheet.
fn hides_rows(sheet: &Sheet) -> bool {
    let refusals = sheet.refusals();
    let hidden = |problem: &Problem| problem.code == sheet::catalogue::HIDDEN_ROWS;
    !refusals.is_empty() && refusals.iter().all(hidden)
}

/// A filter that somebody forgot, or one that says who is meant: only a person knows.
fn ask_about_hidden_rows(sheet: &Sheet) -> Result<sheet::Hidden> {
    let told = sheet
        .refusals()
        .first()
        .map(|problem| problem.message.as_str())
        .unwrap_or_default();
    ui::tell(told);
    let answers = [
        ("include", sheet::Hidden::Include),
        ("skip", sheet::Hidden::Skip),
    ];
    if let Some(hidden) = ask::choose("include them, or skip them?", &answers)? {
        return Ok(hidden);
    }
    Err(Failure::new(
        Exit::SheetRefused,
        "neither include nor skip: the sheet was not read",
    )
    .hint("say it beforehand with --hidden include or --hidden skip"))
}
