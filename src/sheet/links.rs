//! Mail links of a workbook's cells: which addresses are read from them, and what is reported.
//!
//! Must not read an address from a link without reporting it.

use super::{Header, Row, Stretches, address_column, catalogue::LINKED_ADDRESS};
use crate::problem::Problem;
use std::collections::HashMap;

/// The mail links of one sheet of a workbook, followed row by row.
pub(super) struct Links {
    /// By zero-based row and column.
    targets: HashMap<(u32, u32), String>,
    /// The column whose cells take their address from a link where they show none.
    column: Option<usize>,
    taken: Stretches,
    different: Stretches,
    elsewhere: Stretches,
    not_used: u64,
}

impl Links {
    pub(super) fn new(header: &Header, targets: HashMap<(u32, u32), String>) -> Self {
        Self {
            targets,
            column: address_column::only_proposed(header),
            taken: Stretches::default(),
            different: Stretches::default(),
            elsewhere: Stretches::default(),
            not_used: 0,
        }
    }

    /// The row, with the address of a link in the column of addresses where the cell shows none.
    pub(super) fn follow(&mut self, row: Row, header: &Header) -> Row {
        if self.targets.is_empty() || !header.has_below(row.number) {
            return row;
        }
        let number = u32::try_from(row.number - 1).unwrap_or(u32::MAX);
        let mut taken = None;
        for column in 0..row.found() {
            let place = (number, u32::try_from(column).unwrap_or(u32::MAX));
            let Some(target) = self.targets.get(&place).map(|target| target.trim()) else {
                continue;
            };
            let shown = row.cell(column);
            if shown.to_lowercase().contains(&target.to_lowercase()) || target.is_empty() {
                continue;
            }
            if self.column == Some(column) && !shown.contains('@') {
                taken = Some((column, target.to_owned()));
                self.taken.add(row.number);
                continue;
            }
            // The row already holds this address.
            if row.text().to_lowercase().contains(&target.to_lowercase()) {
                continue;
            }
            self.not_used += 1;
            let rows = if shown.contains('@') {
                &mut self.different
            } else {
                &mut self.elsewhere
            };
            rows.add(row.number);
        }
        let Some((column, address)) = taken else {
            return row;
        };
        let cells = (0..row.found()).map(|at| {
            if at == column {
                address.as_str()
            } else {
                row.cell(at)
            }
        });
        let mut linked = Row::new(row.number, row.line, row.width(), cells);
        linked.flaw = row.flaw;
        linked.after_blank = row.after_blank;
        linked
    }

    /// Addresses behind links that are not read.
    pub(super) fn not_used(&self) -> u64 {
        self.not_used
    }

    pub(super) fn told(&self, header: &Header) -> Vec<Problem> {
        let kinds = [
            (
                &self.taken,
                "the cell shows a name, and the address is taken from the link behind it",
                "compare the addresses with the names; if one is wrong, type the address into the cell",
            ),
            (
                &self.different,
                "the cell shows one address and links to another; the one that is shown is used",
                "ask which one is right, and type it into the cell without a link",
            ),
            (
                &self.elsewhere,
                "a cell links to an address that stands nowhere in the row, and it is not used",
                "if that person is meant, type the address into the column of addresses",
            ),
        ];
        let told = kinds.into_iter().filter(|(rows, ..)| rows.rows() > 0);
        told.map(|(rows, message, fix)| {
            Problem::warning(LINKED_ADDRESS, format!("{}: {message}", rows.named()))
                .at(header.row, header.line)
                .fix(fix)
        })
        .collect()
    }
}
