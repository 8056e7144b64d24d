//! The delimiter, the line end and the byte order mark of a text sheet, so that our files can be written in the same way.

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    Lf,
    CrLf,
    Cr,
}

impl LineEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// The layout of a text sheet. A workbook has the dialect in which a CSV beside it would be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    /// Why this delimiter, in words.
    pub evidence: String,
    pub bom: bool,
    /// The first line end of the sheet.
    pub line_end: LineEnd,
    /// Whether an Excel `sep=` line comes first.
    pub sep_line: bool,
}
