//! One tab of a workbook, built cell by cell within bounds.
//!
//! Must not store empty rows. The empty cells before a filled one count against the bounds.

use super::{
    bounds::Bounds,
    extras::{Extras, Merged},
    trouble::Trouble,
};
use crate::sheet::{Flaw, Row, formula};
use std::collections::{BTreeMap, HashMap};

/// As many as a spreadsheet program has (Excel specifications and limits).
const MAX_ROWS: u32 = 1_048_576;
/// A row as it is held, and whether the spreadsheet program shows it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub row: Row,
    pub hidden: bool,
}

#[derive(Debug)]
pub(crate) struct Tab {
    pub name: String,
    pub visible: bool,
    /// Rows with something in them, in ascending order.
    pub rows: Vec<Held>,
    /// The addresses that cells link to, by zero-based row and column.
    pub links: HashMap<(u32, u32), String>,
    /// First and last column of each stretch that the spreadsheet program does not show.
    pub hidden_columns: Vec<(u32, u32)>,
    pub merged: Vec<Merged>,
}

impl Tab {
    /// How many addresses it mentions.
    pub(crate) fn addresses(&self) -> u64 {
        self.rows.iter().map(|held| held.row.addresses()).sum()
    }

    pub(crate) fn hides_column(&self, column: usize) -> bool {
        let column = column as u32;
        self.hidden_columns
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&column))
    }
}

pub(super) struct Builder<'b> {
    tab: Tab,
    hidden: Vec<(u32, u32)>,
    not_computed: BTreeMap<(u32, u32), String>,
    bounds: &'b mut Bounds,
}

impl<'b> Builder<'b> {
    pub(super) fn new(name: String, visible: bool, extras: Extras, bounds: &'b mut Bounds) -> Self {
        let tab = Tab {
            name,
            visible,
            rows: Vec::new(),
            links: extras.links,
            hidden_columns: extras.hidden_columns,
            merged: extras.merged,
        };
        Self {
            tab,
            hidden: extras.hidden,
            not_computed: extras.not_computed,
            bounds,
        }
    }

    /// Adds a cell; cells come row by row, from left to right.
    pub(super) fn add(&mut self, place: (u32, u32), text: &str) -> Result<(), Trouble> {
        self.add_formulas(|formula| formula < place)?;
        self.put(place, text)
    }

    /// Adds formulas without results as they are written: such a cell is not an empty one.
    fn add_formulas(&mut self, come_now: impl Fn((u32, u32)) -> bool) -> Result<(), Trouble> {
        while let Some(first) = self
            .not_computed
            .first_entry()
            .filter(|first| come_now(*first.key()))
        {
            let (place, formula) = first.remove_entry();
            self.put(place, &formula)?;
            if let Some(Held { row, .. }) = self.tab.rows.last_mut() {
                row.flaw = Some(Flaw::NotComputed);
            }
        }
        Ok(())
    }

    fn put(&mut self, (row, column): (u32, u32), text: &str) -> Result<(), Trouble> {
        if text.is_empty() {
            return Ok(());
        }
        if row >= MAX_ROWS {
            return Err(Trouble::TooLarge("more than 1,048,576 rows".to_owned()));
        }
        let number = u64::from(row) + 1;
        let last = self.tab.rows.last().map_or(0, |held| held.row.number);
        if number < last {
            return Err(Trouble::Damaged(format!(
                "row {number} comes after row {last}"
            )));
        }
        if number > last {
            let hidden = self.is_hidden(row);
            let row = Row::new(number, number, 0, []);
            self.tab.rows.push(Held { row, hidden });
        }
        let Some(Held { row, .. }) = self.tab.rows.last_mut() else {
            return Ok(());
        };
        let gap = (column as usize).checked_sub(row.found());
        let Some(gap) = gap else {
            return Err(Trouble::Damaged(format!(
                "a cell of row {number} comes twice"
            )));
        };
        let take = |left: u64, cost: u64, what: &str| {
            left.checked_sub(cost)
                .ok_or_else(|| Trouble::TooLarge(what.to_owned()))
        };
        self.bounds.cells = take(
            self.bounds.cells,
            gap as u64 + 1,
            "more than 2,000,000 cells",
        )?;
        self.bounds.text = take(
            self.bounds.text,
            text.len() as u64,
            "more than 128 MiB of text",
        )?;
        for _ in 0..gap {
            row.push("");
        }
        row.push(&formula::undo(text));
        Ok(())
    }

    /// Hidden stretches come in ascending order.
    fn is_hidden(&self, row: u32) -> bool {
        let at = self.hidden.partition_point(|(_, last)| *last < row);
        self.hidden.get(at).is_some_and(|(first, _)| *first <= row)
    }

    pub(super) fn finish(mut self) -> Result<Tab, Trouble> {
        self.add_formulas(|_| true)?;
        Ok(self.tab)
    }
}
