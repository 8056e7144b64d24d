//! What calamine does not tell: rows that a filter hides, and mail links behind cells. And for ODS, how much a
//! sheet unfolds to, before it is unfolded.
//!
//! Must not look at the cells' values.

use super::Trouble;
use super::package::{Package, Step, attribute, each_element, local, walk};
use super::tab::MAX_CELLS;
use quick_xml::events::BytesStart;
use std::collections::HashMap;

/// Positions are zero-based: row, column.
#[derive(Debug, Default)]
pub struct Extras {
    /// First and last row of each hidden stretch.
    pub hidden: Vec<(u32, u32)>,
    pub links: HashMap<(u32, u32), String>,
}

pub fn of_xlsx(package: &mut Package, sheet: &str) -> Result<Extras, Trouble> {
    let mut extras = Extras::default();
    let Some(part) = package.sheet_parts()?.remove(sheet) else {
        return Err(Trouble::Damaged(format!(
            "sheet `{sheet}` is listed and not there"
        )));
    };
    let mut row = 0;
    each_element(package.xml(&part)?, |element| {
        if local(element) == "row" {
            // A row without a number follows the one before.
            row = number(element, "r").unwrap_or(row + 1);
            if attribute(element, "hidden")
                .is_some_and(|hidden| matches!(hidden.as_str(), "1" | "true"))
            {
                let row = row.saturating_sub(1);
                extras.hidden.push((row, row));
            }
        }
        Ok(())
    })?;
    Ok(extras)
}

/// The extras of each table of an ODS file.
pub fn of_ods(package: &mut Package) -> Result<HashMap<String, Extras>, Trouble> {
    let mut found = HashMap::new();
    let mut table = Table::default();
    walk(package.xml("content.xml")?, |step| match step {
        Step::Begin(element) => table.begin(element),
        Step::End(name) => table.end(name, &mut found),
    })?;
    Ok(found)
}

/// Where in an ODS table the reading stands.
#[derive(Default)]
struct Table {
    name: String,
    extras: Extras,
    row: u64,
    rows: u64,
    column: u64,
    columns: u64,
    /// Cells of this row up to the last one that is not empty.
    filled: u64,
    cell_filled: bool,
    cells: u64,
    spaces: u64,
}

impl Table {
    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), Trouble> {
        match local(element) {
            "table" => {
                *self = Self {
                    name: attribute(element, "name").unwrap_or_default(),
                    cells: self.cells,
                    spaces: self.spaces,
                    ..Self::default()
                };
            }
            "table-row" => {
                self.rows = repeated(element, "number-rows-repeated");
                (self.column, self.filled) = (0, 0);
                if attribute(element, "visibility")
                    .is_some_and(|seen| matches!(seen.as_str(), "filter" | "collapse"))
                {
                    let last = self.row + self.rows - 1;
                    self.extras.hidden.push((small(self.row), small(last)));
                }
            }
            "table-cell" | "covered-table-cell" => {
                self.columns = repeated(element, "number-columns-repeated");
                self.cell_filled = attribute(element, "value-type").is_some()
                    || attribute(element, "formula").is_some();
            }
            "p" => self.cell_filled = true,
            "s" => {
                self.spaces += repeated(element, "c");
                if self.spaces > MAX_CELLS {
                    return Err(Trouble::TooLarge("millions of spaces".to_owned()));
                }
            }
            "a" => {
                if let Some(target) =
                    attribute(element, "href").filter(|target| target.starts_with("mailto:"))
                {
                    self.extras
                        .links
                        .insert((small(self.row), small(self.column)), target);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str, found: &mut HashMap<String, Extras>) -> Result<(), Trouble> {
        match name {
            "table-cell" | "covered-table-cell" => {
                self.column += self.columns;
                if self.cell_filled {
                    self.filled = self.column;
                }
            }
            "table-row" => {
                // Empty rows at the end of a sheet are often repeated to the last possible one, and cost nothing.
                if self.filled > 0 {
                    self.cells = self
                        .cells
                        .saturating_add(self.filled.saturating_mul(self.rows));
                }
                if self.cells > MAX_CELLS {
                    return Err(Trouble::TooLarge(format!("more than {MAX_CELLS} cells")));
                }
                self.row += self.rows;
            }
            "table" => {
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
