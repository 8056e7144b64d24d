//! From settings to what reading and understanding a sheet need.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    guest::{Allow, Rules},
    settings::{Access, Hidden, Settings},
    sheet::{self, Refused, Sheet, SheetOptions},
    ui,
};
use std::{
    io::{BufRead, Read},
    path::Path,
};

pub fn sheet_options(settings: &Settings) -> SheetOptions {
    let sheet = &settings.sheet;
    SheetOptions {
        map: sheet
            .columns
            .iter()
            .map(|map| (map.value.field, map.value.column.clone()))
            .collect(),
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

pub fn rules(settings: &Settings) -> Rules {
    let allow = &settings.invite.allow.value;
    Rules {
        allow: Allow {
            member: allow.contains(&Access::Member),
            manager: allow.contains(&Access::Manager),
            groups: allow.contains(&Access::Groups),
        },
    }
}

/// The sheet that was typed; stdin is put into a private temporary file, because a sheet is read several times.
pub fn open_sheet(typed: &Path, settings: &Settings) -> Result<Sheet> {
    let options = sheet_options(settings);
    if typed == Path::new("-") {
        return Ok(Sheet::spool(
            &mut std::io::stdin().lock(),
            "standard input",
            &options,
        )?);
    }
    match Sheet::open(typed, &options) {
        Err(refused) if hides_rows(&refused) && can_ask(settings) => {
            let hidden = ask_about_hidden_rows(&refused)?;
            let answered = SheetOptions {
                hidden: Some(hidden),
                ..options
            };
            Ok(Sheet::open(typed, &answered)?)
        }
        opened => Ok(opened?),
    }
}

/// Whether hidden rows are all that stands against the sheet.
fn hides_rows(refused: &Refused) -> bool {
    refused
        .problems
        .iter()
        .all(|problem| problem.code == sheet::catalogue::HIDDEN_ROWS)
}

fn can_ask(settings: &Settings) -> bool {
    !settings.invite.yes.value && ui::stdin_is_terminal() && ui::stderr_is_terminal()
}

/// A filter that somebody forgot, or one that says who is meant: only a person knows.
fn ask_about_hidden_rows(refused: &Refused) -> Result<sheet::Hidden> {
    let told = refused
        .problems
        .first()
        .map(|problem| problem.message.as_str())
        .unwrap_or_default();
    ui::tell(format!(
        "{told}\ntype include to take them as well, or skip to leave them out:"
    ));
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .take(64)
        .read_line(&mut answer)
        .map_err(anyhow::Error::from)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "include" => Ok(sheet::Hidden::Include),
        "skip" => Ok(sheet::Hidden::Skip),
        _ => Err(Failure::new(
            Exit::SheetRefused,
            "neither include nor skip: nothing was sent",
        )
        .hint("say it beforehand with --hidden include or --hidden skip")),
    }
}
