//! 1 Reading: the bytes of a sheet become rows.

mod ahead;
mod aliases;
mod bytes;
pub mod catalogue;
mod columns;
mod dialect;
mod encoding;
mod field;
mod find;
pub mod formula;
mod header;
mod nearest;
mod open;
mod own_files;
mod problem;
mod records;
mod refuse;
mod rewrite;
mod row;
mod rows;
mod source;
mod stopped;
#[cfg(test)]
mod tests;
mod workbook;

pub use ahead::Ahead;
pub use dialect::{Dialect, LineEnd};
pub use field::Field;
pub use find::delimiter_word;
pub use header::{Header, Use, column_letter};
pub use nearest::nearest;
pub use own_files::{RESULT_COLUMNS, SHEET_PREFIX, TO_FIX_COLUMNS};
pub(crate) use problem::codes;
pub use problem::{Code, Entry, Problem, Severity, shorten};
pub use rewrite::{NotWritten, Repair, rewrite, rewrite_rows};
pub use row::{Flaw, Row};
pub use rows::Rows;
pub use source::{Hidden, Refused, Sheet, SheetOptions};
