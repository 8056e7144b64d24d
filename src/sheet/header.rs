//! What each column of a sheet is used for, and why.
//!
//! Must not interpret the rows; `guest` does.

use super::{Field, aliases::normalise};
use crate::problem::shorten;

/// What a column is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// A field; the text says why.
    Field(Field, &'static str),
    /// Its name begins with `_`: ignored.
    Underscore,
    /// A column that this program wrote into a results file: ignored.
    OwnResult,
    /// Left unused with `--ignore` or in `[columns]`.
    Ignored,
    /// A note, remark or comment: kept, never mailed.
    Note,
    /// Kept, given to message templates, returned in the results.
    Other,
    /// No name.
    Unnamed,
}

impl Use {
    /// Whether the name of the column has no known meaning, so that its cells may decide.
    pub fn is_without_role(&self) -> bool {
        matches!(self, Self::Other | Self::Unnamed)
    }
}

/// The header of a sheet, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The row and line of the header itself.
    pub row: u64,
    pub line: u64,
    /// All columns, as the sheet has them.
    pub names: Vec<String>,
    /// What each column is used for; as long as `names`.
    pub uses: Vec<Use>,
    /// The columns that have a meaning.
    pub mapping: Vec<(Field, usize)>,
    /// Rows of Microsoft's own bulk-invite template that are its example, and nobody.
    pub examples: Vec<u64>,
    /// Columns where addresses are expected and hardly any cell holds one: told once, not row by row.
    pub hardly_addresses: Vec<usize>,
    /// What stands between the cells, for putting a text together again that holds it; nothing does in a workbook.
    pub delimiter: Option<u8>,
}

impl Header {
    /// Whether a row with this number is below the header and not the template's example.
    pub(super) fn has_below(&self, row: u64) -> bool {
        row > self.row && !self.examples.contains(&row)
    }

    pub fn column_of(&self, field: Field) -> Option<usize> {
        self.mapping
            .iter()
            .find_map(|(mapped, column)| (*mapped == field).then_some(*column))
    }

    /// How many columns have something in their heading, counted up to the last one.
    pub fn named_width(&self) -> usize {
        self.names
            .iter()
            .rposition(|name| !name.trim().is_empty())
            .map_or(0, |last| last + 1)
    }

    /// A column as a person would point at it: its name and its letter.
    pub(super) fn label(&self, column: usize) -> String {
        match self.names.get(column).map(|name| name.trim()) {
            Some(name) if !name.is_empty() => {
                format!("`{}` ({})", shorten(name, 40), column_letter(column))
            }
            _ => format!("column {}", column_letter(column)),
        }
    }

    /// What to type after `--map FIELD=` or `--ignore`: the name where it is enough, else the letter.
    pub fn typed(&self, column: usize) -> String {
        const LONGEST: usize = 60;
        let name = self.names.get(column).map_or("", |name| name.trim());
        let same = self
            .names
            .iter()
            .filter(|other| normalise(other) == normalise(name));
        if name.is_empty()
            || name.len() > LONGEST
            || name.contains(['"', '\n', '\r'])
            || same.count() > 1
        {
            column_letter(column)
        } else {
            format!("\"{name}\"")
        }
    }

    /// The name that the sheet gives to a column; its letter where it has none.
    pub fn name(&self, column: usize) -> String {
        match self.names.get(column).map(|name| name.trim()) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => column_letter(column),
        }
    }

    /// The columns that no field uses, apart from those that are ignored on purpose.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        self.names
            .iter()
            .zip(&self.uses)
            .filter(|(_, used)| matches!(used, Use::Other | Use::Note))
            .map(|(name, _)| name.as_str())
    }
}

/// The letters that a spreadsheet program shows above a column: `A` for 0, `AA` for 26.
pub(crate) fn column_letter(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_that_a_spreadsheet_shows() {
        let letters = [0, 25, 26, 51, 52, 701, 702].map(column_letter);
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
