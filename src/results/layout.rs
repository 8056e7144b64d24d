//! What these files need to know of the sheet: its columns, its manner of writing, its rows.
//!
//! Plain data, so that any kind of sheet can be told in it. Must not read anything.

/// The columns of a list of guests who have come or not, in their order.
pub(crate) const STATUS_COLUMNS: [&str; 13] = [
    "email",
    "state",
    "since",
    "invited_at",
    "pending_days",
    "mail",
    "reminders",
    "last_mail",
    "sponsors",
    "note",
    "user_id",
    "read_at",
    "row",
];

/// A column of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Columns that this program wrote into an earlier file are left out.
    pub keep: bool,
}

/// How the sheet is written, so that what we write looks like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub columns: Vec<Column>,
    pub delimiter: u8,
    /// Whether a byte order mark comes first. We always write UTF-8: set it as well for a sheet in
    /// another encoding, so that spreadsheet programs recognise ours.
    pub bom: bool,
    pub line_end: &'static str,
    /// Whether an Excel `sep=` line comes before the header.
    pub sep_line: bool,
}

/// One row of the sheet, read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// The number that a spreadsheet program shows beside it.
    pub number: u64,
    /// Whose row it is; empty where its address is not sound.
    pub email: String,
    /// One for each column of the layout; missing ones count as empty.
    pub cells: Vec<String>,
    /// Cells that stand under no heading, or under headings that cannot be believed. They are written behind
    /// everything else, so that reading the file again finds the same mistake.
    pub loose: Vec<String>,
}

impl Layout {
    /// The names of the columns that are kept, in order.
    pub(super) fn kept_names(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|column| column.keep)
            .map(|column| column.name.as_str())
    }

    /// The cells below them, empty where the row is too short or missing; then `between`, then the loose cells.
    pub(super) fn row_cells<'a>(
        &'a self,
        row: Option<&'a SheetRow>,
        between: &'a [&'a str],
    ) -> impl Iterator<Item = &'a str> {
        let loose = row.map_or(&[][..], |row| &row.loose);
        self.kept_cells(row)
            .chain(between.iter().copied())
            .chain(loose.iter().map(String::as_str))
    }

    fn kept_cells<'a>(&'a self, row: Option<&'a SheetRow>) -> impl Iterator<Item = &'a str> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.keep)
            .map(move |(i, _)| {
                row.and_then(|row| row.cells.get(i))
                    .map_or("", String::as_str)
            })
    }
}
