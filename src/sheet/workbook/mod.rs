//! A workbook (XLSX or ODS) becomes tabs of rows, held in memory within stated bounds.
//!
//! Must not know what the cells mean, and must not unpack a part before its size is known.

mod bounds;
mod extras;
mod package;
mod tab;
#[cfg(test)]
mod tests;
mod text;
mod trouble;

pub(super) use extras::Merged;
pub(super) use tab::Tab;

use super::{
    Refused,
    catalogue::{DAMAGED_WORKBOOK, NOT_TEXT, PROTECTED, WORKBOOK_TOO_LARGE},
};
use crate::problem::Problem;
use calamine::{Ods, OdsError, Reader, SheetVisible, Xlsx, XlsxError};
use package::{Kind, Package};
use std::{fs::File, io::BufReader, path::Path};
use tab::Builder;
use trouble::Trouble;

/// All tabs of a workbook that hold something.
#[derive(Debug)]
pub(super) struct Workbook {
    /// `XLSX` or `ODS`.
    pub kind: &'static str,
    pub tabs: Vec<Tab>,
}

pub(super) fn read(path: &Path) -> Result<Workbook, Refused> {
    let problem = |trouble| match trouble {
        Trouble::Protected => Problem::error(PROTECTED, "the workbook is protected by a password")
            .fix("open it, remove the password, and save it again"),
        Trouble::TooLarge(what) => Problem::error(
            WORKBOOK_TOO_LARGE,
            format!("the workbook is too large: {what}"),
        )
        .fix("save the sheet as CSV UTF-8, which has no such bound"),
        Trouble::NotAWorkbook(kind) => {
            Problem::error(NOT_TEXT, format!("the file is {kind}, not a sheet"))
                .fix("save the sheet as .xlsx, .ods or CSV UTF-8")
        }
        Trouble::Damaged(why) => {
            Problem::error(DAMAGED_WORKBOOK, format!("the workbook is damaged: {why}"))
                .fix("open it in the spreadsheet program and save it again, as .xlsx or CSV UTF-8")
        }
    };
    read_or_trouble(path).map_err(|trouble| problem(trouble).into())
}

fn read_or_trouble(path: &Path) -> Result<Workbook, Trouble> {
    let mut package = Package::open(path)?;
    let file = BufReader::new(crate::files::open_given(path).map_err(Trouble::damaged)?);
    match package.kind {
        Kind::Xlsx => Ok(Workbook {
            kind: "XLSX",
            tabs: read_xlsx(&mut package, file)?,
        }),
        Kind::Ods => Ok(Workbook {
            kind: "ODS",
            tabs: read_ods(&mut package, file)?,
        }),
    }
}

fn read_xlsx(package: &mut Package, file: BufReader<File>) -> Result<Vec<Tab>, Trouble> {
    let failed = |error: XlsxError| match error {
        XlsxError::Password => Trouble::Protected,
        other => Trouble::damaged(other),
    };
    let mut book = Xlsx::new(file).map_err(failed)?;
    let mut bounds = bounds::Bounds::default();
    let mut tabs = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.typ != calamine::SheetType::WorkSheet {
            continue;
        }
        let mut extras = extras::of_xlsx(package, &sheet.name)?;
        for link in book
            .hyperlinks_by_sheet_name(&sheet.name)
            .unwrap_or_default()
        {
            if let Some(address) = link.target.as_deref().and_then(extras::mail_link) {
                extras.links.insert(link.range.start, address);
            }
        }
        let mut builder = Builder::new(
            sheet.name.clone(),
            sheet.visible == SheetVisible::Visible,
            extras,
            &mut bounds,
        );
        let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(failed)?;
        while let Some(cell) = cells.next_cell().map_err(failed)? {
            builder.add(cell.get_position(), &text::of_ref(cell.get_value()))?;
        }
        tabs.push(builder.finish()?);
    }
    Ok(tabs)
}

fn read_ods(package: &mut Package, file: BufReader<File>) -> Result<Vec<Tab>, Trouble> {
    // The size is checked before the sheet is read, because a few bytes can stand for a billion cells.
    let mut extras = extras::of_ods(package)?;
    let failed = |error: OdsError| match error {
        OdsError::Password => Trouble::Protected,
        OdsError::CellLimitExceeded { .. } => Trouble::TooLarge("too many cells".to_owned()),
        other => Trouble::damaged(other),
    };
    let mut book = Ods::new(file).map_err(failed)?;
    let mut bounds = bounds::Bounds::default();
    let mut tabs = Vec::new();
    for sheet in book.sheets_metadata().to_vec() {
        let extras = extras.remove(&sheet.name).unwrap_or_default();
        let range = book.worksheet_range(&sheet.name).map_err(failed)?;
        let mut builder = Builder::new(
            sheet.name.clone(),
            sheet.visible == SheetVisible::Visible,
            extras,
            &mut bounds,
        );
        let (top, left) = range.start().unwrap_or((0, 0));
        for (row, column, value) in range.used_cells() {
            builder.add((top + row as u32, left + column as u32), &text::of(value))?;
        }
        tabs.push(builder.finish()?);
    }
    Ok(tabs)
}
