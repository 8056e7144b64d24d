//! Counts what the columns of a sheet hold, once, when it is opened.
//!
//! Must not decide anything; `address_column` does.

use super::{Field, Header, Row, Use, addresses};
use crate::problem::Problem;
use std::{
    collections::{
        HashMap,
        hash_map::{DefaultHasher, Entry},
    },
    hash::{Hash, Hasher},
};

/// How much text is surveyed when a sheet is opened: some ten thousand rows. `Sheet::doubts_of_all_rows` compares the
/// result with all rows after they were read.
const FIRST: usize = 2 * 1024 * 1024;
/// Pairs of addresses that are remembered for finding repeated ones.
const MOST_REPEATS: usize = 4_000_000;

/// How much of a sheet is surveyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    First,
    All,
}

/// What one column holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Column {
    /// Cells with something in them.
    pub filled: u64,
    /// Cells that hold an address; for sponsors and managers, also an object id or a group.
    pub holding: u64,
    /// Rows in which it holds another address than the proposed column, or one where that holds none.
    pub different: u64,
    /// Rows that repeat an address of the proposed column beside a different one here.
    pub beside_repeated: u64,
}

#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Rows of the table, and rows outside of it.
    pub rows: u64,
    pub outside: u64,
    pub columns: Vec<Column>,
    /// Addresses in rows that are not people: titles, the header, the template's example.
    pub passed_over: u64,
    /// Whether reading ended with a problem, which is reported when the rows are read.
    pub stopped: bool,
    /// Whether no row was left out.
    pub whole: bool,
}

impl Survey {
    /// `proposed` is the column that a name proposes; `next` reads the next row, and returns false at the end.
    pub(super) fn of(
        header: &Header,
        proposed: Option<usize>,
        extent: Extent,
        mut next: impl FnMut(&mut Row) -> Result<bool, Box<Problem>>,
    ) -> Self {
        let mut survey = Self {
            columns: vec![Column::default(); header.names.len()],
            ..Self::default()
        };
        let mut repeats = Repeats::default();
        let mut row = Row::default();
        let mut read = 0;
        while extent == Extent::All || read <= FIRST {
            match next(&mut row) {
                Ok(true) => {}
                Ok(false) => {
                    survey.whole = true;
                    break;
                }
                Err(_) => {
                    survey.stopped = true;
                    break;
                }
            }
            read += row.text().len();
            if row.place.is_in_table() {
                survey.rows += 1;
                survey.add(&row, &header.uses, proposed, &mut repeats);
            } else {
                survey.outside += 1;
            }
        }
        survey
    }

    fn add(&mut self, row: &Row, uses: &[Use], proposed: Option<usize>, repeats: &mut Repeats) {
        let first = |column: usize| addresses::first(row.cell(column)).map(str::to_ascii_lowercase);
        let guest = proposed.and_then(first);
        let mut beside = Vec::new();
        for (column, (counts, used)) in self.columns.iter_mut().zip(uses).enumerate() {
            let cell = row.cell(column).trim();
            if cell.is_empty() {
                continue;
            }
            counts.filled += 1;
            let holds = if addresses::has_at_sign(cell) {
                addresses::holds(cell)
            } else {
                matches!(used, Use::Field(Field::Sponsors | Field::Manager, _))
                    && names_somebody(cell)
            };
            counts.holding += u64::from(holds);
            if holds && used.is_without_role() && proposed.is_some() {
                let here = first(column);
                counts.different += u64::from(here != guest);
                beside.push((column, fingerprint(&here)));
            }
        }
        if !beside.is_empty()
            && let Some(guest) = &guest
        {
            for column in repeats.add(fingerprint(guest), &beside) {
                self.columns[column].beside_repeated += 1;
            }
        }
    }
}

/// Whether a cell names a sponsor without an address: by an object id or a group.
fn names_somebody(cell: &str) -> bool {
    let entry = cell.split(';').next().unwrap_or_default().trim();
    uuid::Uuid::parse_str(entry).is_ok()
        || entry
            .split_once(':')
            .is_some_and(|(word, _)| word.trim().eq_ignore_ascii_case("group"))
}

fn fingerprint(text: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// What stood beside an address of the proposed column when it was first seen, for each column.
#[derive(Default)]
struct Repeats(HashMap<(u64, usize), u64>);

impl Repeats {
    /// The columns in which a repeated address stands beside a different one than before.
    fn add(&mut self, guest: u64, beside: &[(usize, u64)]) -> impl Iterator<Item = usize> {
        beside.iter().filter_map(move |(column, here)| {
            let full = self.0.len() >= MOST_REPEATS;
            match self.0.entry((guest, *column)) {
                Entry::Vacant(entry) => {
                    if !full {
                        entry.insert(*here);
                    }
                    None
                }
                Entry::Occupied(entry) => (entry.get() != here).then_some(*column),
            }
        })
    }
}
