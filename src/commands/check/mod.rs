//! `guestlist check SHEET`: everything that is wrong with a sheet, in one pass, without a tenant or a network.

mod columns; // what each column is taken for

mod options; // what is asked for

mod counts; // one pass over all rows: problems are passed on, rows are counted

mod json; // as one JSON object

mod screen; // as text for a person

mod preview; // the mails as they would be made

#[cfg(test)]
mod tests;

use super::{explain::written, fix, sheet_options};
use crate::{cli::Format, exit::Exit, failure::Result, ui::text::plural};
pub use options::CheckOptions;
pub use preview::Preview;
use std::io::{BufWriter, Read, Write};

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
    let done = match options.format {
        Format::Json => json::write(
            options,
            &name,
            &opened,
            mails.as_ref(),
            &mut out,
            &mut errors,
        ),
        Format::Text => screen::write(options, &name, &opened, &mut out, &mut errors),
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
