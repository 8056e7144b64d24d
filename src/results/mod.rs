//! 9 Telling, in files: what became of every row, and which rows must be corrected by hand.
//!
//! Must not know the ledger or the tenant: results come in as rows, and the sheet's own columns are
//! read again from the sheet. Everything is streamed; nothing here grows with the sheet.

mod file;
mod guest_status;
mod kept;
mod layout;
mod merge;
mod names;
mod target;
mod to_fix;
mod workbook;
mod write;

pub(crate) use file::numbered;
pub(crate) use guest_status::{GuestStatus, StatusFile};
pub(crate) use kept::{KeptLinks, OwnRow, read_own};
pub use layout::{Column, Layout, SheetRow};
pub(crate) use names::{DRY_RUN, PRACTICE, RunKind, default_paths};
pub(crate) use target::{FileKind, STDOUT, check_target, previous_of, same_place};
pub(crate) use to_fix::{needs_a_hand, told, write_to_fix};
pub(crate) use workbook::{
    Book, MAX_COLUMNS as WORKBOOK_COLUMNS, is_meant as is_workbook, other_form as other_workbook,
};
pub(crate) use write::Links;
pub use write::{About, write};
