//! `guestlist check SHEET`: everything that is wrong with a sheet, in one pass, without a tenant or a network.

pub(super) mod columns; // what each column is taken for

mod options; // what is asked for

mod counts; // one pass over all rows: problems are passed on, rows are counted

mod json; // as one JSON object

mod screen; // as text for a person

mod preview; // the mails as they would be made

#[cfg(test)]
mod tests;

use super::{explain::written, fix, sheet_options};
use crate::{
    cli::Format,
    exit::Exit,
    failure::Result,
    ui::text::{plural, printable_line},
};
pub use options::CheckOptions;
pub use preview::Preview;
use std::{
    io::{BufWriter, Read, Write},
    path::Path,
};

/// The sheet with the certain repairs made, as it was written.
struct Fixed<'a> {
    path: &'a Path,
    cells: u64,
    is_workbook: bool,
}

impl Fixed<'_> {
    fn line(&self) -> String {
        let form = if self.is_workbook {
            "; the one sheet, as text, without its formats and formulas"
        } else {
            ""
        };
        format!(
            "fixed: {} ({} repaired{form})\n",
            printable_line(&self.path.display().to_string()),
            plural(self.cells, "cell")
        )
    }
}

pub fn check(options: &CheckOptions, input: &mut dyn Read, out: &mut dyn Write) -> Result<Exit> {
    let name = options.sheet.display().to_string();
    if let Some(path) = &options.fix {
        fix::may_write(path)?;
    }
    let opened = sheet_options::open(&options.sheet, &options.reading, options.may_ask, input)?;
    let mut out = BufWriter::new(out);
    let mut errors = false;
    // In one object with the rest: rows without words refuse it before anything is written.
    let mails = match (&options.preview, &opened, options.format) {
        (Some(preview), Ok(sheet), Format::Json) => Some(preview.json(sheet, &options.rules)?),
        _ => None,
    };
    let fixed = match (&options.fix, &opened) {
        (Some(path), Ok(sheet)) => Some(Fixed {
            path,
            cells: fix::write(sheet, &options.rules, path)?,
            is_workbook: sheet.tab().is_some(),
        }),
        _ => None,
    };
    let done = match options.format {
        Format::Json => json::write(
            options,
            &name,
            &opened,
            mails.as_ref(),
            &mut out,
            &mut errors,
        ),
        Format::Text => screen::write(
            options,
            &name,
            &opened,
            fixed.as_ref(),
            &mut out,
            &mut errors,
        ),
    };
    let done = done.and_then(|()| out.flush());
    written(done)?;
    if let (Some(preview), Ok(sheet), Format::Text) = (&options.preview, &opened, options.format) {
        let mails = preview.text(sheet, &options.rules)?;
        written(out.write_all(mails.as_bytes()).and_then(|()| out.flush()))?;
    }
    Ok(if errors {
        Exit::SheetRefused
    } else {
        Exit::Done
    })
}
