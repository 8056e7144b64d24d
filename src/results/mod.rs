//! 9 Reporting in files: the outcome of every row, and the rows that must be corrected by hand.
//!
//! Must not know the ledger or the tenant: results come in as rows, and the sheet's own columns are read again from the
//! sheet. Everything is streamed, so that memory does not grow with the sheet.

// In the order of the work. A blank line stands between the modules, so that formatting keeps the order.

mod names; // the default paths

mod target; // whether a path may be written

mod read_back; // an earlier results file, read again

mod kept_links; // its links, so that none is lost

mod layout; // the columns and rows of the sheet

mod merge; // each outcome beside its row

mod write; // the results

mod to_fix; // the rows to correct

mod guest_status; // the state of guests

mod leavers; // who left a sheet

mod cleanup; // who was deleted

mod file; // a table that is written as a whole, CSV or workbook

mod workbook; // the workbook

mod looks; // how its columns look

mod words_page; // the page in words before its table

mod page_file; // a page, written in the same manner

pub(crate) use cleanup::{CleanupLine, write_cleanup};
pub(crate) use file::numbered;
pub(crate) use guest_status::{GuestStatus, StatusFile};
pub(crate) use kept_links::KeptLinks;
pub(crate) use layout::Repaired;
pub use layout::{Column, Layout, SheetRow};
pub(crate) use leavers::{
    Leaver, LeaversList, ListOrigin, guests_of_leavers, read_leavers, write_leavers,
};
pub(crate) use names::{RunKind, default_paths};
pub(crate) use page_file::PageFile;
pub(crate) use read_back::{OwnRow, read_own};
pub(crate) use target::{STDOUT, check_target, previous_of, same_place};
pub(crate) use to_fix::{is_to_be_corrected, needs_a_hand, told};
pub use words_page::RunWords;
pub(crate) use workbook::{
    Book, MAX_COLUMNS as WORKBOOK_COLUMNS, is_meant as is_workbook, other_form as other_workbook,
};
pub use write::{About, write};
pub(crate) use write::{Links, write_with_to_fix};
