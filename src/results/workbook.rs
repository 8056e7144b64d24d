//! Writes an XLSX workbook: one sheet with a table, whose header is bold and always in view, and before it, where there
//! is one, a page in words.
//!
//! Must not know what the columns mean. Rows go to a temporary file at once, so that memory does not grow with them.

use super::{
    looks::{Look, PAPER, PERCENT, Pen},
    words_page::WordsPage,
};
use crate::own_files::{FileKind, RESULT_COLUMNS, SUMMARY_TAB};
use calamine::{DataRef, Reader, Xlsx};
use rust_xlsxwriter::{Workbook, XlsxError};
use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufReader, Cursor, Read, Write},
    path::Path,
};
use unicode_width::UnicodeWidthStr;
use zip::{ZipArchive, ZipWriter};

/// What a sheet takes (Excel specifications and limits).
pub(crate) const MAX_COLUMNS: usize = 16_384;
/// What a cell takes (Excel specifications and limits).
const LONGEST_CELL: usize = 32_767;
/// Columns are as wide as what stands in them, between these bounds. Sentences are broken into lines.
const NARROWEST: usize = 8;
const WIDEST: usize = 48;
const WIDEST_LINK: usize = 24;
/// The arrow of a filter.
const ARROW: usize = 3;
/// A larger workbook is not opened to find out whether it is ours, and so counts as not ours.
const LARGEST_LOOKED_AT: u64 = 256 * 1024 * 1024;
/// On paper the results end with the column `mail`: what follows is for programs, and would make the rest too small to
/// read.
const PRINTED: &str = "mail";

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
    /// The index of the sheet with the table.
    table: usize,
    pen: Pen,
    /// The file of ours that it is; none for a person's own sheet, which gets no filter and no colours.
    kind: Option<FileKind>,
    columns: Vec<Column>,
    header: u32,
    row: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Column {
    look: Look,
    width: usize,
}

impl Book {
    /// A person's own sheet. `header` is the index of the header's row.
    pub(crate) fn new(tab: &str, header: u32) -> io::Result<Self> {
        Self::with(Workbook::new(), tab, header, None)
    }

    /// A file of ours; the results have a page in words before them.
    pub(super) fn of_kind(kind: FileKind) -> io::Result<Self> {
        let mut workbook = Workbook::new();
        if kind == FileKind::Results {
            let words = workbook.add_worksheet();
            words.set_name(SUMMARY_TAB).map_err(failed)?;
        }
        Self::with(workbook, kind.word(), 0, Some(kind))
    }

    fn with(
        mut workbook: Workbook,
        tab: &str,
        header: u32,
        kind: Option<FileKind>,
    ) -> io::Result<Self> {
        let table = workbook.worksheets().len();
        let sheet = workbook
            .add_worksheet_with_constant_memory()
            .map_err(failed)?;
        // Other programs allow names that XLSX does not allow; then the default name is kept.
        let _ = sheet.set_name(tab);
        sheet.set_freeze_panes(header + 1, 0).map_err(failed)?;
        sheet.set_landscape().set_paper_size(PAPER);
        sheet.set_print_fit_to_pages(1, 0);
        sheet.set_repeat_rows(header, header).map_err(failed)?;
        sheet.set_footer("&L&A&R&P / &N");
        sheet.set_margins(0.4, 0.4, 0.5, 0.6, 0.3, 0.3);
        Ok(Self {
            workbook,
            table,
            pen: Pen::new(),
            kind,
            columns: Vec::new(),
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
        let is_header = row == self.header;
        let sheet = self
            .workbook
            .worksheet_from_index(self.table)
            .map_err(failed)?;
        for (at, cell) in cells.enumerate() {
            let place = u16::try_from(at).map_err(io::Error::other)?;
            if self.columns.len() <= at {
                self.columns.resize(at + 1, Column::default());
            }
            let column = &mut self.columns[at];
            let cell = shortened(&cell);
            if is_header {
                column.look = match self.kind {
                    Some(kind) => Look::of(kind, at, cell),
                    None if at == 0 => Look::Number,
                    None => Look::Plain,
                };
                column.width = column.width.max(cell.width() + ARROW);
                sheet
                    .write_string_with_format(row, place, cell, &self.pen.header)
                    .map_err(failed)?;
            } else if !cell.is_empty() {
                column.see(cell);
                self.pen
                    .write(sheet, (row, place), column.look, cell)
                    .map_err(failed)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    /// A workbook without a page in words.
    pub(crate) fn save_alone(self, to: &mut impl Write) -> io::Result<()> {
        self.save(&WordsPage::default(), to)
    }

    /// `words` stand on the page before the table, where it has one.
    pub(super) fn save(mut self, words: &WordsPage, to: &mut impl Write) -> io::Result<()> {
        let sheet = self
            .workbook
            .worksheet_from_index(self.table)
            .map_err(failed)?;
        for (at, column) in self.columns.iter().enumerate() {
            let place = u16::try_from(at).map_err(io::Error::other)?;
            let width = column.width.clamp(NARROWEST, WIDEST);
            sheet
                .set_column_width(place, width as f64 + 1.0)
                .map_err(failed)?;
        }
        let last = u16::try_from(self.columns.len().saturating_sub(1)).map_err(io::Error::other)?;
        if self.kind.is_some() && self.row > 0 {
            let end = self.row.saturating_sub(1).max(self.header);
            sheet
                .autofilter(self.header, 0, end, last)
                .map_err(failed)?;
            let ours = RESULT_COLUMNS.iter().position(|name| *name == PRINTED);
            if let (Some(FileKind::Results), Some(printed)) = (self.kind, ours) {
                let printed = u16::try_from(printed).map_err(io::Error::other)?.min(last);
                sheet
                    .set_print_area(self.header, 0, end, printed)
                    .map_err(failed)?;
            }
        }
        if self.table > 0 {
            let page = self.workbook.worksheet_from_index(0).map_err(failed)?;
            words.write(page).map_err(failed)?;
        }
        let whole = self.workbook.save_to_buffer().map_err(failed)?;
        if self.pen.links > 0 {
            return with_links_as_they_are(&whole, to);
        }
        to.write_all(&whole)?;
        to.flush()
    }
}

/// Copies a workbook, and gives the targets of its links their percent signs back.
fn with_links_as_they_are(whole: &[u8], to: &mut impl Write) -> io::Result<()> {
    let mut from = ZipArchive::new(Cursor::new(whole))?;
    let mut copy = ZipWriter::new(Cursor::new(Vec::with_capacity(whole.len())));
    for at in 0..from.len() {
        let part = from.by_index_raw(at)?;
        if !part.name()?.ends_with(".rels") {
            copy.raw_copy_file(part)?;
            continue;
        }
        let (name, options) = (part.name()?.into_owned(), part.options());
        drop(part);
        let mut text = String::new();
        from.by_index(at)?.read_to_string(&mut text)?;
        copy.start_file(name, options)?;
        copy.write_all(text.replace(PERCENT, "%").as_bytes())?;
    }
    to.write_all(copy.finish()?.get_ref())?;
    to.flush()
}

impl Column {
    /// Makes room for a cell.
    fn see(&mut self, cell: &str) {
        if self.width >= WIDEST {
            return;
        }
        let width = match self.look {
            Look::Link => WIDEST_LINK.min(cell.len()),
            // `2026-11-26 02:00:00 UTC`
            Look::Time => 23,
            _ => cell.lines().map(UnicodeWidthStr::width).max().unwrap_or(0),
        };
        self.width = self.width.max(width);
    }
}

/// As much of a text as a cell takes.
fn shortened(cell: &str) -> &str {
    match cell.char_indices().nth(LONGEST_CELL) {
        Some((end, _)) => &cell[..end],
        None => cell,
    }
}

/// The first row of the table of a workbook, where it is one.
pub(super) fn header(file: File) -> io::Result<Vec<String>> {
    if file.metadata()?.len() > LARGEST_LOOKED_AT {
        return Ok(Vec::new());
    }
    let Ok(mut workbook) = Xlsx::new(BufReader::new(file)) else {
        return Ok(Vec::new());
    };
    let names = workbook.sheet_names();
    let Some(name) = names.into_iter().find(|name| name != SUMMARY_TAB) else {
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
