//! Who was deleted, and who was left and why, as a file.
//!
//! Must not decide anything; it writes down what it is given.

use super::{file::TableFile, layout::Layout, target::write_failure};
use crate::{
    failure::Result,
    own_files::{CLEANUP_COLUMNS, FileKind},
    visible::visible_line,
};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// One person who was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct CleanupLine {
    pub email: String,
    /// One word: what became of the person.
    pub deletion: &'static str,
    /// A plain sentence.
    pub why: String,
    pub last_ask: Option<Timestamp>,
    pub user_id: Option<String>,
    pub row: Option<u64>,
}

/// Writes the list; it appears whole or not at all. Returns where it is, and what there is to say about it.
pub(crate) fn write_cleanup(
    target: &Path,
    lines: &[CleanupLine],
) -> Result<(PathBuf, Vec<String>)> {
    let layout = Layout {
        columns: Vec::new(),
        delimiter: b',',
        bom: false,
        line_end: "\n",
        sep_line: false,
    };
    let failed = |error| write_failure(target, FileKind::Cleanup, &error);
    let mut file = TableFile::create(target, FileKind::Cleanup, &layout).map_err(failed)?;
    file.record(CLEANUP_COLUMNS.into_iter()).map_err(failed)?;
    for line in lines {
        let at = line
            .last_ask
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let cells: [String; CLEANUP_COLUMNS.len()] = [
            line.email.clone(),
            line.deletion.to_owned(),
            visible_line(&line.why).into_owned(),
            at.unwrap_or_default(),
            line.user_id.clone().unwrap_or_default(),
            line.row.map(|row| row.to_string()).unwrap_or_default(),
        ];
        file.record(cells.iter().map(String::as_str))
            .map_err(failed)?;
    }
    file.finish().map_err(failed)
}
