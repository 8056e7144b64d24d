//! Finds where a table ends: a repeated header, another header, or a row that divides the sheet.
//!
//! Must not decide about a row, and must not keep rows; `rows` looks ahead if that is needed.

use super::{
    Field, Header, Place, Row, Use, addresses,
    aliases::{Meaning, meaning, normalise},
};
use memchr::{memchr, memchr3};

/// Placeholders for a value that is not known yet; they are never headings.
const PLACEHOLDERS: [&str; 12] = [
    "anonymous",
    "anonym",
    "n/a",
    "na",
    "none",
    "tbd",
    "tba",
    "unknown",
    "unbekannt",
    "keine",
    "fehlt",
    "folgt",
];

/// What a row is, beside its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A row with a place.
    Row,
    /// A row that divides the sheet if addresses follow below it.
    PerhapsDivides,
    /// The header again, with the same columns in the same order.
    SameHeader,
}

/// Follows the rows below the header, in order.
#[derive(Debug)]
pub(super) struct Shape {
    email: Option<usize>,
    /// Columns of a to-fix file that say what is wrong with a row; they are not part of it.
    ours: Vec<usize>,
    names: Vec<String>,
    /// The first row that perhaps divides the sheet.
    pending: Option<u64>,
    /// The row that divided it.
    divided: Option<u64>,
}

impl Shape {
    pub(super) fn new(header: &Header) -> Self {
        let mut names: Vec<String> = header.names.iter().map(|name| normalise(name)).collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        Self {
            email: header.column_of(Field::Email),
            ours: (0..header.uses.len())
                .filter(|column| header.uses[*column] == Use::Underscore)
                .collect(),
            names,
            pending: None,
            divided: None,
        }
    }

    /// Gives a row its place.
    pub(super) fn see(&mut self, row: &mut Row) -> Seen {
        if let Some(divided) = self.divided {
            row.place = Place::Below { row: divided };
            return Seen::Row;
        }
        let Some(email) = self.email else {
            return Seen::Row;
        };
        let cell = row.cell(email);
        if self.pending.is_none() && is_address_at_first_sight(cell) {
            return Seen::Row;
        }
        if row.holds_address() {
            if let Some(pending) = self.pending {
                self.divided = Some(pending);
                row.place = Place::Below { row: pending };
            }
            return Seen::Row;
        }
        if let Some(same) = self.header_again(row, email) {
            if same {
                return Seen::SameHeader;
            }
            let by = self.pending.unwrap_or(row.number);
            self.divided = Some(by);
            row.place = if by == row.number {
                Place::OtherHeader
            } else {
                Place::Below { row: by }
            };
            return Seen::Row;
        }
        if self.pending.is_none() && self.perhaps_divides(row, email) {
            self.pending = Some(row.number);
            return Seen::PerhapsDivides;
        }
        Seen::Row
    }

    /// Whether a row without an address is made of header names, and whether they are those of the sheet's own header.
    fn header_again(&self, row: &Row, email: usize) -> Option<bool> {
        let own = self.names.get(email)?;
        let (mut filled, mut known, mut names_address) = (0, 0, false);
        for (_, cell) in self.filled(row) {
            let name = normalise(cell);
            let meant = meaning(cell);
            filled += 1;
            known +=
                usize::from(meant.is_some() || (!name.is_empty() && self.names.contains(&name)));
            names_address |= name == *own || meant == Some(Meaning::Field(Field::Email));
        }
        if !names_address {
            return None;
        }
        let width = self.names.len().max(row.found());
        let mut columns = (0..width).filter(|column| !self.ours.contains(column));
        let same = columns.all(|column| {
            self.names.get(column).map_or("", String::as_str) == normalise(row.cell(column))
        });
        // A single name beside cells of other kinds is a value: some people prefer `Email`.
        (same || (known >= 2 && known * 2 >= filled)).then_some(same)
    }

    /// Whether a row has a text of its own and nothing else: in the address column, after a blank row, or before a colon.
    fn perhaps_divides(&self, row: &Row, email: usize) -> bool {
        let mut filled = self.filled(row);
        let (Some((column, text)), None) = (filled.next(), filled.next()) else {
            return false;
        };
        let is_title = row.after_blank || text.ends_with([':', '：']) || is_drawn_as_a_line(text);
        (column == email || is_title) && is_words(text)
    }

    /// The filled cells of the sheet's own columns.
    fn filled<'r>(&self, row: &'r Row) -> impl Iterator<Item = (usize, &'r str)> {
        row.filled()
            .filter(|(column, _)| !self.ours.contains(column))
    }
}

/// Whether a cell is certainly no heading: it has an at sign and no space.
fn is_address_at_first_sight(cell: &str) -> bool {
    let cell = cell.as_bytes();
    memchr(b'@', cell).is_some() && memchr3(b' ', b'\n', b'\r', cell).is_none()
}

/// `--- Waiting list ---`, `== Cancelled ==`: the marks of a line on both sides, or three of them before the text.
fn is_drawn_as_a_line(text: &str) -> bool {
    let is_mark = |c: &char| matches!(c, '-' | '=' | '*' | '#' | '_' | '~' | '–' | '—' | '─');
    let before = text.chars().take_while(is_mark).count();
    let after = text.chars().rev().take_while(is_mark).count();
    before >= 3 || (before > 0 && after > 0)
}

/// Words, and not an address with a slip in it, a formula, an error value or a placeholder.
fn is_words(text: &str) -> bool {
    let one = !text.contains(char::is_whitespace);
    let slip = addresses::has_at_sign(text) && !addresses::is_sentence(text)
        || one && text.trim_end_matches('.').contains('.');
    !slip
        && text.chars().any(char::is_alphabetic)
        && !text.starts_with(['=', '#'])
        && !PLACEHOLDERS.contains(&text.to_lowercase().as_str())
}

/// The lines inside a cell that look like rows of the sheet: a delimiter divides them, and one of their cells is an
/// address. A delimiter with a space behind it is a comma in a letter.
pub(crate) fn swallowed_lines(row: &Row, delimiter: u8) -> impl Iterator<Item = &str> {
    let delimiter = char::from(delimiter);
    (0..row.found())
        .map(|column| row.cell(column))
        .filter(|cell| cell.contains(['\n', '\r']) && addresses::has_at_sign(cell))
        .flat_map(|cell| cell.split(['\n', '\r']))
        .filter(move |line| {
            let prose = line
                .match_indices(delimiter)
                .all(|(at, found)| line[at + found.len()..].starts_with(' '));
            !prose && line.split(delimiter).any(addresses::holds)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(header: &str, rows: &[&str]) -> String {
        let names: Vec<String> = header.split('|').map(str::to_owned).collect();
        let (header, _) = super::super::columns::understand(names, 1, 1, &[], &[]);
        let mut shape = Shape::new(&header);
        let mut blank = false;
        let mut told = String::new();
        for (index, cells) in rows.iter().enumerate() {
            if cells.is_empty() {
                blank = true;
                continue;
            }
            let number = index as u64 + 2;
            let mut row = Row::new(number, number, header.names.len(), cells.split('|'));
            row.after_blank = std::mem::take(&mut blank);
            told.push(match (shape.see(&mut row), row.place) {
                (Seen::SameHeader, _) => 'h',
                (Seen::PerhapsDivides, _) => '?',
                (Seen::Row, Place::OtherHeader) => 'H',
                (Seen::Row, Place::Below { .. }) => 'b',
                (Seen::Row, _) => '.',
            });
        }
        told
    }

    #[test]
    fn headers_that_come_again_are_known_by_their_names() {
        assert_eq!(
            places("email|name", &["a@x.org|A", "Mail|Name", "b@x.org|B"]),
            ".Hb"
        );
        assert_eq!(
            places("email|name", &["a@x.org|A", "Email|name", "b@x.org|B"]),
            ".h."
        );
        assert_eq!(
            places(
                "email|assistant",
                &["a@x.org|k@y.org", "assistant|email", "l@y.org|b@x.org"]
            ),
            ".Hb"
        );
        assert_eq!(places("email", &["a@x.org", "email", "b@x.org"]), ".h.");
        assert_eq!(
            places(
                "Contact|name|email",
                &["Phone|A|a@x.org", "Email|B|", "Email|C|c@x.org"]
            ),
            "..."
        );
    }

    #[test]
    fn a_text_of_its_own_divides_where_addresses_follow() {
        assert_eq!(
            places("email|name", &["a@x.org|A", "Do not invite:|", "b@x.org|B"]),
            ".?b"
        );
        assert_eq!(
            places("email|name", &["a@x.org|A", "|Team B", "b@x.org|B"]),
            "..."
        );
        assert_eq!(
            places("email|name", &["a@x.org|A", "|--- Team B ---", "b@x.org|B"]),
            ".?b"
        );
        assert_eq!(
            places(
                "email|name",
                &["a@x.org|A", "", "|Team B", "b@x.org|B", "c@x.org|C"]
            ),
            ".?bb"
        );
        assert_eq!(
            places(
                "email|name",
                &["a@x.org|A", "|Left:", "Total|2", "b@x.org|B"]
            ),
            ".?.b"
        );
        for row in [
            "lars.moe.example|",
            "anna@|",
            "#N/A|",
            "-|",
            "n/a|",
            "Total|2",
        ] {
            assert_eq!(
                places("email|name", &["a@x.org|A", row, "b@x.org|B"]),
                "...",
                "{row}"
            );
        }
    }

    #[test]
    fn lines_of_the_sheets_own_shape_are_told_from_a_letter() {
        let lines = |cell: &str, delimiter: u8| {
            let row = Row::new(2, 2, 2, ["a@x.org", cell]);
            swallowed_lines(&row, delimiter).count()
        };
        assert_eq!(
            lines(
                "Liebe Anna\nben@x.org;Lieber Ben\ncora@x.org;Liebe Cora",
                b';'
            ),
            2
        );
        assert_eq!(
            lines(
                "Dear Anna,\nask Kim (kim@x.org) for the key, or\nMia, mia@x.org, +49 1",
                b','
            ),
            0
        );
    }
}
