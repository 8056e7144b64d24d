//! What `check` is asked to do.

use super::Preview;
use crate::{cli::Format, guest::Rules, sheet::SheetOptions, ui::problems::Look};
use std::path::PathBuf;

#[derive(Debug)]
pub struct CheckOptions {
    /// `-` is standard input.
    pub sheet: PathBuf,
    pub reading: SheetOptions,
    pub rules: Rules,
    pub format: Format,
    pub show_mapping: bool,
    pub look: Look,
    /// Whether somebody can be asked about hidden rows.
    pub may_ask: bool,
    /// Where to write the sheet with the certain repairs made.
    pub fix: Option<PathBuf>,
    /// The mails that are to be shown, or whose words are to be checked.
    pub preview: Option<Preview>,
    /// For the JSON object: the rows that may be guests of a ledger at hand under a new address.
    pub changed_addresses: Option<serde_json::Value>,
}
