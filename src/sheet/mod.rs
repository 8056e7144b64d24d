//! 1 Reading: the bytes of a sheet become rows.

// From the bytes to the rows. A blank line stands between the modules, so that formatting keeps the order.

mod source; // a sheet that was opened: its header, and its rows as often as they are asked for

mod state; // what its handle and its readers share

mod open; // opens a text or a workbook

mod opened; // what opening found

mod bytes; // the bytes, and whether they changed

mod encoding; // bytes -> text

mod records; // text -> records

mod quotes; // the quotation marks of a record

mod stopped; // why reading stopped

mod workbook; // XLSX and ODS -> tabs of rows

mod open_workbook; // which tab is meant, and what is hidden

mod links; // mail links of its cells

mod merged; // its merged cells

mod header_detection; // the delimiter and the header row

mod open_header; // the header that was found, understood

mod columns; // which column is which field

mod aliases; // the names of columns

pub mod addresses; // addresses in a text, by their form

mod survey; // what the columns hold

mod address_column; // the column of the guests' addresses

mod sheet_errors; // why a sheet cannot be used

mod rows; // the rows, one after the other

mod table_end; // where the table ends

mod mentions; // every address anywhere

mod read_ahead; // the same on a second thread

mod rewrite; // the sheet again, with some cells changed

// What they all use.

mod dialect; // delimiter, line end, byte order mark

mod field; // the fields that a column can hold

pub mod formula; // cells that a program would run

mod header; // the use of each column

mod kinds; // which kinds of bytes a text has

mod options; // how a person wants a sheet to be read

mod refused_sheet; // a sheet that cannot be used

mod row; // one row

mod row_ranges; // row numbers for a message

pub(crate) mod catalogue; // the codes GL001 to GL099 in words

#[cfg(test)]
mod tests;

pub(crate) use address_column::Counts;
pub(crate) use aliases::{field_named, normalise as plain_name};
pub(crate) use dialect::{Dialect, LineEnd};
pub use field::Field;
pub(crate) use header::{Header, Use, column_letter};
pub(crate) use header_detection::delimiter_word;
pub(crate) use kinds::Kinds;
pub(crate) use mentions::Mentions;
pub use options::{Hidden, SheetOptions};
pub(crate) use read_ahead::ReadAhead;
pub use refused_sheet::Refused;
pub(crate) use rewrite::{NotWritten, rewrite_rows};
pub use rewrite::{Repair, rewrite};
pub use row::Row;
pub(crate) use row::{Flaw, Place};
pub(crate) use row_ranges::Stretches;
pub(crate) use rows::Rows;
pub use source::Sheet;
pub(crate) use state::HeadersAgain;
pub(crate) use table_end::swallowed_lines;
