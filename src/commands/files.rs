//! Results and to-fix files of a run: the ledger's rows beside the sheet's own columns.

use crate::{
    failure::{Failure, Result},
    ledger::{Ledger, LedgerError},
    results::{self, Column, Layout, Links, SheetRow},
    sheet::{Refused, Sheet, Use},
};
use std::path::{Path, PathBuf};

pub struct Files {
    pub results: PathBuf,
    pub to_fix: Option<PathBuf>,
    pub notes: Vec<String>,
}

/// Writes what a run did. Without the sheet (gone, or changed since) the files hold the ledger's columns alone.
pub fn write(
    ledger: &Ledger,
    run: &str,
    sheet: Option<&Sheet>,
    results: &Path,
    to_fix: Option<&Path>,
    links: Links,
) -> Result<Files> {
    let layout = sheet.map_or_else(bare, layout);
    let reader = ledger.reader()?;
    let rows = || {
        reader
            .results(run)
            .map(|row| row.map_err(|error: LedgerError| Failure::from(error)))
    };
    let written = results::write(results, &layout, sheet_rows(sheet)?, &mut rows(), links)?;
    let mut notes = written.notes;
    let fixing = match to_fix {
        Some(path) => results::write_to_fix(path, &layout, sheet_rows(sheet)?, &mut rows())?,
        None => None,
    };
    let to_fix = fixing.map(|written| {
        notes.extend(written.notes);
        written.path
    });
    Ok(Files {
        results: written.path,
        to_fix,
        notes,
    })
}

fn layout(sheet: &Sheet) -> Layout {
    let header = sheet.header();
    let dialect = sheet.dialect();
    Layout {
        columns: header
            .names
            .iter()
            .zip(&header.uses)
            .map(|(name, used)| Column {
                name: name.clone(),
                keep: !matches!(used, Use::OwnResult | Use::Underscore),
            })
            .collect(),
        delimiter: dialect.delimiter,
        bom: dialect.bom || sheet.encoding() != "UTF-8",
        line_end: dialect.line_end.as_str(),
        sep_line: dialect.sep_line,
    }
}

fn bare() -> Layout {
    Layout {
        columns: Vec::new(),
        delimiter: b',',
        bom: false,
        line_end: "\n",
        sep_line: false,
    }
}

fn sheet_rows(sheet: Option<&Sheet>) -> Result<Box<dyn Iterator<Item = Result<SheetRow>>>> {
    let Some(sheet) = sheet else {
        return Ok(Box::new(std::iter::empty()));
    };
    Ok(Box::new(sheet.rows()?.map(|row| {
        let row = row.map_err(Refused::from)?;
        Ok(SheetRow {
            number: row.number,
            cells: row.cells().map(str::to_owned).collect(),
        })
    })))
}
