//! How much of a workbook is held in memory.

/// The cells of all tabs together, gaps before a cell included.
pub(super) const MAX_CELLS: u64 = 2_000_000;
/// The text of all cells together.
pub(super) const MAX_TEXT: u64 = 128 * 1024 * 1024;

/// What is left of the bounds, for all tabs of a workbook.
#[derive(Debug)]
pub(super) struct Bounds {
    pub cells: u64,
    pub text: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            cells: MAX_CELLS,
            text: MAX_TEXT,
        }
    }
}
