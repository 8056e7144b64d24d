//! From settings to what reading and understanding a sheet need.

use crate::{
    failure::Result,
    guest::{Allow, Rules},
    settings::{Access, Hidden, Settings},
    sheet::{self, Sheet, SheetOptions},
};
use std::path::Path;

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
    let opened = if typed == Path::new("-") {
        Sheet::spool(&mut std::io::stdin().lock(), "standard input", &options)
    } else {
        Sheet::open(typed, &options)
    };
    Ok(opened?)
}
