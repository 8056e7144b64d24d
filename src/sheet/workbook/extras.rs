//! What calamine does not give for both formats: hidden rows and columns, merged cells, mail links; and for ODS, how many
//! cells a sheet would have in memory, before it is read.
//!
//! Must not look at the cells' values.

use super::{
    bounds::{MAX_CELLS, MAX_TEXT},
    package::{Package, Step, attribute, local, walk},
    trouble::Trouble,
};
use crate::problem::shorten;
use quick_xml::events::BytesStart;
use std::collections::{BTreeMap, HashMap};

const MAILTO: &str = "mailto:";
/// Cells of the rectangles that hold all filled ones: an ODS file is unfolded to them before it can be read.
const MAX_UNFOLDED: u64 = 2 * MAX_CELLS;
/// How much of a formula is shown.
const LONGEST_FORMULA: usize = 1000;

/// Merged cells that are remembered of one tab.
const MOST_MERGED: usize = 10_000;

/// Cells that are shown as one; only the first of them holds something. Rows and columns are zero-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Merged {
    pub rows: (u32, u32),
    pub columns: (u32, u32),
}

/// Positions are zero-based: row, column.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub merged: Vec<Merged>,
    /// First and last row of each hidden stretch.
    pub hidden: Vec<(u32, u32)>,
    /// First and last column of each hidden stretch.
    pub hidden_columns: Vec<(u32, u32)>,
    /// The mail addresses that cells link to.
    pub links: HashMap<(u32, u32), String>,
    /// Formulas whose results the file does not hold.
    pub not_computed: BTreeMap<(u32, u32), String>,
}

impl Extras {
    fn add_merged(&mut self, merged: Option<Merged>) {
        if self.merged.len() < MOST_MERGED {
            self.merged.extend(merged);
        }
    }
}

/// `B3:C5`.
fn area(text: &str) -> Option<Merged> {
    let place = |text: &str| {
        let column = column_number(text)?.checked_sub(1)?;
        let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        Some((digits.parse::<u32>().ok()?.checked_sub(1)?, column))
    };
    let (first, last) = text.split_once(':')?;
    let (first, last) = (place(first)?, place(last)?);
    Some(Merged {
        rows: (first.0, last.0),
        columns: (first.1, last.1),
    })
}

/// The address of a `mailto:` link.
pub(super) fn mail_link(target: &str) -> Option<String> {
    let address = target
        .get(..MAILTO.len())
        .filter(|scheme| scheme.eq_ignore_ascii_case(MAILTO))
        .map(|_| &target[MAILTO.len()..])?;
    Some(address.split('?').next().unwrap_or_default().to_owned())
}

pub(super) fn of_xlsx(package: &mut Package, sheet: &str) -> Result<Extras, Trouble> {
    let Some(part) = package.sheet_parts()?.remove(sheet) else {
        return Err(Trouble::Damaged(format!(
            "sheet `{sheet}` is listed and not there"
        )));
    };
    let mut cells = Cells::default();
    walk(package.xml(&part)?, |step| {
        match step {
            Step::Begin(element) => cells.begin(element),
            Step::ClosesItself => cells.closes_itself(),
            Step::Text(text) => cells.text(text),
            Step::End(name) => cells.end(name),
        }
        Ok(())
    })?;
    Ok(cells.extras)
}

/// Where in an XLSX sheet the reading stands. Rows and columns without a number follow the one before.
#[derive(Default)]
struct Cells {
    extras: Extras,
    /// Counted from 1, as the file does.
    row: u32,
    column: u32,
    formula: Option<String>,
    inside: Inside,
    /// Whether the file holds the result: also an empty text, as spreadsheet programs write it. Libraries that compute
    /// nothing write an element that closes itself.
    has_value: bool,
    /// Whether the cell says that its result is a text.
    is_text: bool,
}

#[derive(Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Elsewhere,
    Formula,
    Value,
}

impl Cells {
    fn begin(&mut self, element: &BytesStart<'_>) {
        match local(element) {
            "col" if is_true(element, "hidden") => {
                let (first, last) = (number(element, "min"), number(element, "max"));
                if let (Some(first @ 1..), Some(last @ 1..)) = (first, last) {
                    self.extras.hidden_columns.push((first - 1, last - 1));
                }
            }
            "row" => {
                self.row = number(element, "r").unwrap_or(self.row.saturating_add(1));
                self.column = 0;
                if is_true(element, "hidden") {
                    let row = self.row.saturating_sub(1);
                    self.extras.hidden.push((row, row));
                }
            }
            "c" => {
                let named = attribute(element, "r").and_then(|place| column_number(&place));
                self.column = named.unwrap_or(self.column.saturating_add(1));
                (self.formula, self.has_value) = (None, false);
                self.is_text = attribute(element, "t").is_some_and(|kind| kind == "str");
            }
            "mergeCell" => self
                .extras
                .add_merged(attribute(element, "ref").as_deref().and_then(area)),
            "f" => {
                self.formula = Some(String::new());
                self.inside = Inside::Formula;
            }
            "v" | "is" => {
                self.inside = Inside::Value;
                self.has_value = true;
            }
            _ => {}
        }
    }

    fn closes_itself(&mut self) {
        if self.inside == Inside::Value {
            self.has_value = self.is_text;
        }
    }

    fn text(&mut self, text: &str) {
        match (&self.inside, &mut self.formula) {
            (Inside::Formula, Some(formula)) if formula.len() < LONGEST_FORMULA => {
                formula.push_str(text);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "f" | "v" | "is" => self.inside = Inside::Elsewhere,
            "c" => {
                let Some(formula) = self.formula.take() else {
                    return;
                };
                let place = (self.row.saturating_sub(1), self.column.saturating_sub(1));
                if !self.has_value {
                    self.extras
                        .not_computed
                        .insert(place, format!("={formula}"));
                } else if let Some(address) = linked_by(&formula) {
                    self.extras.links.insert(place, address);
                }
            }
            _ => {}
        }
    }
}

/// The address in `HYPERLINK("mailto:…")`.
fn linked_by(formula: &str) -> Option<String> {
    let (function, rest) = formula.split_once('(')?;
    let target = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    (function.trim().eq_ignore_ascii_case("HYPERLINK"))
        .then(|| mail_link(target))
        .flatten()
}

fn is_true(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| matches!(value.as_str(), "1" | "true"))
}

/// The column of a place such as `AB12`, counted from 1.
fn column_number(place: &str) -> Option<u32> {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    let number = letters.take(4).fold(0, |number, letter| {
        number * 26 + u32::from(letter - b'A') + 1
    });
    (number > 0).then_some(number)
}

/// The extras of each table of an ODS file.
pub(super) fn of_ods(package: &mut Package) -> Result<HashMap<String, Extras>, Trouble> {
    let mut found = HashMap::new();
    let mut table = Table::default();
    walk(package.xml("content.xml")?, |step| match step {
        Step::Begin(element) => {
            table.begin(element);
            Ok(())
        }
        Step::ClosesItself => Ok(()),
        Step::End(name) => table.end(name, &mut found),
        Step::Text(text) => {
            table.cell_text += text.len() as u64;
            Ok(())
        }
    })?;
    Ok(found)
}

/// Where in an ODS table the reading stands.
#[derive(Default)]
struct Table {
    name: String,
    extras: Extras,
    /// Columns that were described before the rows.
    described: u64,
    row: u64,
    rows: u64,
    column: u64,
    columns: u64,
    /// Cells of this row up to the last one that is not empty.
    filled: u64,
    cell_filled: bool,
    /// The text of this cell, and of this row with what is repeated in it.
    cell_text: u64,
    row_text: u64,
    /// The last row and column with something in them: what lies between is unfolded too.
    last_row: u64,
    last_column: u64,
    /// Of all tables together.
    cells: u64,
    unfolded: u64,
    text: u64,
}

impl Table {
    fn begin(&mut self, element: &BytesStart<'_>) {
        match local(element) {
            "table" => {
                *self = Self {
                    name: attribute(element, "name").unwrap_or_default(),
                    cells: self.cells,
                    unfolded: self.unfolded,
                    text: self.text,
                    ..Self::default()
                };
            }
            "table-column" => {
                let first = self.described;
                self.described += repeated(element, "number-columns-repeated");
                if attribute(element, "visibility")
                    .is_some_and(|seen| matches!(seen.as_str(), "filter" | "collapse"))
                {
                    let last = self.described - 1;
                    self.extras.hidden_columns.push((small(first), small(last)));
                }
            }
            "table-row" => {
                self.rows = repeated(element, "number-rows-repeated");
                (self.column, self.filled, self.row_text) = (0, 0, 0);
                if attribute(element, "visibility")
                    .is_some_and(|seen| matches!(seen.as_str(), "filter" | "collapse"))
                {
                    let last = self.row + self.rows - 1;
                    self.extras.hidden.push((small(self.row), small(last)));
                }
            }
            "table-cell" | "covered-table-cell" => {
                self.columns = repeated(element, "number-columns-repeated");
                let formula = attribute(element, "formula");
                let has_value = attribute(element, "value-type").is_some();
                self.cell_filled = has_value || formula.is_some();
                self.cell_text =
                    attribute(element, "string-value").map_or(0, |text| text.len() as u64);
                let place = (small(self.row), small(self.column));
                self.add_spanned(element, place);
                if let Some(formula) = formula {
                    let formula = formula.strip_prefix("of:").unwrap_or(&formula);
                    if !has_value {
                        self.extras
                            .not_computed
                            .insert(place, shorten(formula, LONGEST_FORMULA));
                    } else if let Some(address) = linked_by(formula.trim_start_matches('=')) {
                        self.extras.links.insert(place, address);
                    }
                }
            }
            "p" => self.cell_filled = true,
            "s" => {
                self.cell_text = self.cell_text.saturating_add(repeated(element, "c"));
            }
            "a" => {
                if let Some(address) =
                    attribute(element, "href").and_then(|target| mail_link(&target))
                {
                    self.extras
                        .links
                        .insert((small(self.row), small(self.column)), address);
                }
            }
            _ => {}
        }
    }

    fn add_spanned(&mut self, element: &BytesStart<'_>, (row, column): (u32, u32)) {
        let rows = repeated(element, "number-rows-spanned");
        let columns = repeated(element, "number-columns-spanned");
        if rows > 1 || columns > 1 {
            self.extras.add_merged(Some(Merged {
                rows: (row, small(u64::from(row) + rows - 1)),
                columns: (column, small(u64::from(column) + columns - 1)),
            }));
        }
    }

    fn end(&mut self, name: &str, found: &mut HashMap<String, Extras>) -> Result<(), Trouble> {
        match name {
            "table-cell" | "covered-table-cell" => {
                self.column += self.columns;
                if self.cell_filled {
                    self.filled = self.column;
                    let text = self.cell_text.saturating_mul(self.columns);
                    self.row_text = self.row_text.saturating_add(text);
                    if self.row_text > MAX_TEXT {
                        return Err(too_much_text());
                    }
                }
            }
            "table-row" => {
                // Empty rows at the end of a sheet are often repeated to the last possible one, and cost nothing.
                if self.filled > 0 {
                    self.cells = self
                        .cells
                        .saturating_add(self.filled.saturating_mul(self.rows));
                }
                self.text = self
                    .text
                    .saturating_add(self.row_text.saturating_mul(self.rows));
                self.row += self.rows;
                if self.filled > 0 {
                    self.last_row = self.row;
                    self.last_column = self.last_column.max(self.filled);
                }
                let unfolded = self.last_row.saturating_mul(self.last_column);
                if self.cells > MAX_CELLS || self.unfolded.saturating_add(unfolded) > MAX_UNFOLDED {
                    return Err(Trouble::TooLarge("more than 2,000,000 cells".to_owned()));
                }
                if self.text > MAX_TEXT {
                    return Err(too_much_text());
                }
            }
            "table" => {
                self.unfolded += self.last_row.saturating_mul(self.last_column);
                found.insert(
                    std::mem::take(&mut self.name),
                    std::mem::take(&mut self.extras),
                );
            }
            _ => {}
        }
        Ok(())
    }
}

fn too_much_text() -> Trouble {
    Trouble::TooLarge("more than 128 MiB of text".to_owned())
}

/// A number that is too large to be read is too large in any case.
fn repeated(element: &BytesStart<'_>, name: &str) -> u64 {
    match attribute(element, name) {
        None => 1,
        Some(number) => number
            .trim()
            .parse()
            .unwrap_or(u64::from(u32::MAX))
            .clamp(1, u64::from(u32::MAX)),
    }
}

fn number(element: &BytesStart<'_>, name: &str) -> Option<u32> {
    attribute(element, name)?.parse().ok()
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
