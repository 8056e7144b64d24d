//! A sheet that was opened: its header, its format, and where its rows are read from.
//!
//! Must not read anything.

use super::{Dialect, Header, Row, Stretches, bytes::Stamp, encoding::Charset, workbook::Merged};
use crate::problem::Problem;
use std::sync::Arc;

/// A sheet that was opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub stamp: Stamp,
    pub body: Body,
    pub dialect: Dialect,
    pub header: Header,
    /// Hints and warnings; never errors.
    pub hints: Vec<Problem>,
    /// Errors because of which nobody can be invited until a person has decided something.
    pub refusals: Vec<Problem>,
    /// Rows below the header that the spreadsheet program does not show.
    pub hidden: Stretches,
    /// Columns that it does not show.
    pub hidden_columns: Vec<usize>,
    /// Cells that it shows as one.
    pub merged: Vec<Merged>,
    /// Addresses that are not read at all: on other sheets of a workbook, in hidden rows that are left out, behind links
    /// of cells that show something else.
    pub left_out: u64,
}

/// Where the rows are read from.
#[derive(Debug)]
pub(super) enum Body {
    /// Read from the file each time.
    Text(Charset),
    /// Held in memory, within the bounds of `workbook`.
    Workbook {
        kind: &'static str,
        tab: String,
        rows: Arc<[Row]>,
    },
}

/// What a sheet is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Its columns are understood: people are invited from it, or it is checked.
    Invite,
    /// It is a table with columns of its own, which are taken as they stand.
    Table,
    /// It is a file of our own, whose columns are known.
    ReadBack,
}
