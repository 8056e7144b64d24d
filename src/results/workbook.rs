//! Writes an XLSX workbook with one sheet, whose header is bold and always in view.
//!
//! Must not know what the columns mean. Rows go to a temporary file at once, so that memory does not grow with them.

use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Write},
    path::Path,
};

/// What a sheet takes (Excel specifications and limits).
pub(crate) const MAX_COLUMNS: usize = 16_384;
/// What a cell takes (Excel specifications and limits).
const LONGEST_CELL: usize = 32_767;
const COLUMN_WIDTH: f64 = 22.0;
/// A larger workbook is not opened to find out whether it is ours, and so counts as not ours.
const LARGEST_LOOKED_AT: u64 = 256 * 1024 * 1024;

/// Whether a path asks for a workbook.
pub(crate) fn is_meant(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("xlsx"))
}

/// The extension of a workbook format that is not written. A file of another format under such a name would look damaged.
pub(crate) fn other_form(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?;
    ["ods", "xls", "xlsm", "xlsb", "xltx", "xltm"]
        .into_iter()
        .find(|other| extension.eq_ignore_ascii_case(other))
}

pub(crate) struct Book {
    workbook: Workbook,
    bold: Format,
    header: u32,
    row: u32,
}

impl Book {
    /// `header` is the index of the header's row.
    pub(crate) fn new(tab: &str, header: u32) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        let sheet = workbook
            .add_worksheet_with_constant_memory()
            .map_err(failed)?;
        // Other programs allow names that XLSX does not allow; then the default name is kept.
        let _ = sheet.set_name(tab);
        sheet.set_freeze_panes(header + 1, 0).map_err(failed)?;
        Ok(Self {
            workbook,
            bold: Format::new().set_bold(),
            header,
            row: 0,
        })
    }

    /// Leaves rows empty until the one with this index.
    pub(crate) fn skip_to(&mut self, row: u32) {
        self.row = self.row.max(row);
    }

    pub(crate) fn record<'a>(
        &mut self,
        cells: impl Iterator<Item = Cow<'a, str>>,
    ) -> io::Result<()> {
        let row = self.row;
        let bold = (row == self.header).then(|| self.bold.clone());
        let sheet = self.workbook.worksheet_from_index(0).map_err(failed)?;
        for (column, cell) in cells.enumerate() {
            let column = u16::try_from(column).map_err(io::Error::other)?;
            write_cell(sheet, row, column, &cell, bold.as_ref()).map_err(failed)?;
        }
        self.row += 1;
        Ok(())
    }

    pub(crate) fn save(mut self, to: &mut impl Write) -> io::Result<()> {
        let whole = self.workbook.save_to_buffer().map_err(failed)?;
        to.write_all(&whole)?;
        to.flush()
    }
}

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &str,
    bold: Option<&Format>,
) -> Result<(), XlsxError> {
    if let Some(bold) = bold {
        sheet.set_column_width(column, COLUMN_WIDTH)?;
        sheet.write_string_with_format(row, column, cell, bold)?;
    } else if column == 0
        && let Ok(number) = cell.parse::<u32>()
        && number.to_string() == cell
    {
        sheet.write_number(row, column, number)?;
    } else if !cell.is_empty() {
        let end = cell
            .char_indices()
            .map(|(at, _)| at)
            .nth(LONGEST_CELL)
            .unwrap_or(cell.len());
        sheet.write_string(row, column, &cell[..end])?;
    }
    Ok(())
}

/// The first row of a workbook, where it is one.
pub(super) fn header(file: File) -> io::Result<Vec<String>> {
    if file.metadata()?.len() > LARGEST_LOOKED_AT {
        return Ok(Vec::new());
    }
    let Ok(mut workbook) = Xlsx::new(BufReader::new(file)) else {
        return Ok(Vec::new());
    };
    let Some(name) = workbook.sheet_names().first().cloned() else {
        return Ok(Vec::new());
    };
    let Ok(mut cells) = workbook.worksheet_cells_reader(&name) else {
        return Ok(Vec::new());
    };
    let mut header = Vec::new();
    while let Ok(Some(cell)) = cells.next_cell() {
        if cell.get_position().0 > 0 {
            break;
        }
        header.push(match cell.get_value() {
            DataRef::String(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            _ => String::new(),
        });
    }
    Ok(header)
}

fn failed(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}
