//! How a person wants a sheet to be read.
//!
//! Must not read anything.

use super::Field;
use crate::one_word::OneWord;
use clap::ValueEnum;

/// How a person wants a sheet to be read; what is not given is found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetOptions {
    pub map: Vec<(Field, String)>,
    /// Columns that are left unused.
    pub ignore: Vec<String>,
    pub encoding: Option<String>,
    pub delimiter: Option<u8>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    pub header_row: Option<u64>,
    pub hidden: Option<Hidden>,
}

/// What to do with rows that a filter hides in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hidden {
    Include,
    Skip,
}

impl OneWord for Hidden {}
