//! 9 Telling, in files: what became of every row, and which rows need a person's hand.
//!
//! Must not know the ledger or the tenant: results come in as rows, and the sheet's own columns are
//! read again from the sheet. Everything is streamed; nothing here grows with the sheet.

mod file;
mod kept;
mod layout;
mod merge;
mod names;
mod target;
mod to_fix;
mod workbook;
mod write;

pub use file::numbered;
pub use kept::{KeptLinks, OwnRow, read_own};
pub use layout::{Column, Layout, SheetRow};
pub use names::{DRY_RUN, PRACTICE, Paths, RunKind, default_paths};
pub use target::{FileKind, STDOUT, check_target, previous_of, same_place};
pub use to_fix::{needs_a_hand, told, write_to_fix};
pub use workbook::{
    Book, MAX_COLUMNS as WORKBOOK_COLUMNS, is_meant as is_workbook, other_form as other_workbook,
};
pub use write::{About, Links, Written, write};
