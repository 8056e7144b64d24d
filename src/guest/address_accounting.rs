//! Counts where every address of a sheet went, and collects what is reported once for all rows.
//!
//! Must not decide about a row, and must not keep rows: only counts, and the first row numbers.

mod messages;

pub(super) use messages::outside;

use super::{Allow, Inspected};
use crate::{
    problem::{Problem, shorten},
    sheet::{Counts, Field, Kinds, Place, Row, Sheet, Stretches, Use, addresses, column_letter},
};
use serde::Serialize;

/// How the addresses of a sheet are used. Each address is counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Addresses {
    pub total: u64,
    /// Of guests, each in its own row.
    pub guests: u64,
    /// Of rows that repeat an earlier one.
    pub duplicates: u64,
    /// In invalid rows, which are reported one by one.
    pub invalid: u64,
    pub cc: u64,
    pub sponsors: u64,
    pub managers: u64,
    /// Mentioned in a text: a message, a note, a title.
    pub in_texts: u64,
    /// In columns that are not used.
    pub not_used: u64,
}

impl Addresses {
    /// `54 addresses: 40 guests, 10 sponsors, 4 not used`.
    pub fn told(&self, number: impl Fn(u64) -> String) -> String {
        let places = [
            (self.guests, "guest", "guests"),
            (self.duplicates, "duplicate", "duplicates"),
            (self.invalid, "invalid", "invalid"),
            (self.cc, "cc", "cc"),
            (self.sponsors, "sponsor", "sponsors"),
            (self.managers, "manager", "managers"),
            (self.in_texts, "in texts", "in texts"),
            (self.not_used, "not used", "not used"),
        ];
        let told: Vec<String> = places
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| {
                format!("{} {}", number(count), if count == 1 { one } else { many })
            })
            .collect();
        let word = if self.total == 1 {
            "address"
        } else {
            "addresses"
        };
        if told.is_empty() {
            format!("{} {word}", number(self.total))
        } else {
            format!("{} {word}: {}", number(self.total), told.join(", "))
        }
    }
}

/// A column that no field uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnusedColumn {
    pub name: String,
    /// How many of its cells hold an address.
    pub addresses: u64,
}

/// What a column's addresses are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Guest,
    Cc,
    Sponsor,
    Manager,
    /// Not used, because a manager has power and `--allow manager` was not given.
    ManagerNotAllowed,
    Text,
    NotUsed,
    /// Not used because a person said so, or because the column is ours.
    Ignored,
}

/// A row that divides the sheet, with the rows below it, which are reported together.
#[derive(Debug)]
struct Cover {
    row: u64,
    line: u64,
    text: String,
    other_header: bool,
    rows: Stretches,
    addresses: u64,
}

#[derive(Debug)]
pub(super) struct AddressAccounting {
    sheet: Sheet,
    /// Rows of the table: all, invalid ones, duplicates.
    rows: u64,
    invalid: u64,
    duplicates: u64,
    addresses: Addresses,
    roles: Vec<Role>,
    header: (u64, u64),
    names: Vec<(String, String)>,
    /// A row with fewer cells is short. None in a workbook, where each row ends at its last filled cell.
    named_width: Option<usize>,
    /// Cells with addresses, for each column that is not used; the last one is for cells beyond the header.
    unused: Vec<u64>,
    /// The same for managers, where they are not allowed.
    managers_not_used: u64,
    allow: Allow,
    /// Rows in which a name stands where an address is expected, by column.
    named: Vec<(usize, Stretches)>,
    above: Stretches,
    above_addresses: u64,
    cover: Option<Cover>,
    short: Stretches,
    lost: Stretches,
    lost_text: String,
    texts: Vec<usize>,
}

impl AddressAccounting {
    pub(super) fn new(sheet: &Sheet, allow: Allow) -> Self {
        let header = sheet.header();
        let role = |used: &Use| match used {
            Use::Field(Field::Email, _) => Role::Guest,
            Use::Field(Field::Cc, _) => Role::Cc,
            Use::Field(Field::Sponsors, _) => Role::Sponsor,
            Use::Field(Field::Manager, _) if !allow.takes(Field::Manager) => {
                Role::ManagerNotAllowed
            }
            Use::Field(Field::Manager, _) => Role::Manager,
            Use::Field(..) | Use::Note => Role::Text,
            Use::Other | Use::Unnamed => Role::NotUsed,
            Use::Ignored | Use::Underscore | Use::OwnResult => Role::Ignored,
        };
        let names = [
            Field::DisplayName,
            Field::FirstName,
            Field::LastName,
            Field::Company,
            Field::Department,
            Field::JobTitle,
        ];
        Self {
            sheet: sheet.clone(),
            rows: 0,
            invalid: 0,
            duplicates: 0,
            addresses: Addresses {
                total: sheet.passed_over() + sheet.left_out(),
                in_texts: sheet.passed_over(),
                not_used: sheet.left_out(),
                ..Addresses::default()
            },
            roles: header.uses.iter().map(role).collect(),
            header: (header.row, header.line),
            names: (0..header.names.len())
                .map(|column| (header.name(column), header.typed(column)))
                .collect(),
            named_width: header.delimiter.map(|_| header.named_width()),
            unused: vec![0; header.names.len() + 1],
            managers_not_used: 0,
            allow,
            named: header
                .hardly_addresses
                .iter()
                .map(|column| (*column, Stretches::default()))
                .collect(),
            above: Stretches::default(),
            above_addresses: 0,
            cover: None,
            short: Stretches::default(),
            lost: Stretches::default(),
            lost_text: String::new(),
            texts: names
                .into_iter()
                .filter_map(|field| header.column_of(field))
                .collect(),
        }
    }

    pub(super) fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The columns that are not used, those with addresses first, each with how many of its cells hold one.
    pub(super) fn unused_columns(&self) -> Vec<UnusedColumn> {
        let header = self.sheet.header();
        let columns = header.uses.iter().zip(&self.unused).enumerate();
        let mut unused: Vec<UnusedColumn> = columns
            .filter_map(|(column, (used, cells))| {
                let addresses = match used {
                    Use::Other | Use::Note => *cells,
                    Use::Unnamed if *cells > 0 => *cells,
                    Use::Field(Field::Manager, _) if !self.allow.manager => self.managers_not_used,
                    Use::Field(field, _) if !self.allow.takes(*field) => 0,
                    _ => return None,
                };
                let name = self.unused_label(column);
                Some(UnusedColumn { name, addresses })
            })
            .collect();
        let beyond = header.uses.len();
        if self.unused[beyond] > 0 {
            unused.push(UnusedColumn {
                name: self.unused_label(beyond),
                addresses: self.unused[beyond],
            });
        }
        unused.sort_by_key(|column| std::cmp::Reverse(column.addresses));
        unused
    }

    fn unused_label(&self, column: usize) -> String {
        match self.names.get(column) {
            Some((name, _)) if *name == column_letter(column) => format!("column {name}"),
            Some((name, _)) => shorten(name, 40),
            None => "cells beyond the header".to_owned(),
        }
    }

    /// Why nobody can be invited, now that all rows were seen.
    pub(super) fn refusals(&self) -> Vec<Problem> {
        self.sheet.doubts_of_all_rows(Counts {
            rows: self.rows,
            invalid: self.invalid,
            duplicates: self.duplicates,
            unused: &self.unused,
        })
    }

    /// Counts a row by its verdict; `shifted` if its cells are probably under wrong headings.
    pub(super) fn add(&mut self, row: &Row, inspected: Inspected, shifted: bool) {
        if !row.place.is_in_table() {
            self.add_outside(row);
            return;
        }
        self.rows += 1;
        match inspected {
            Inspected::Guest => {}
            Inspected::Duplicate { .. } => self.duplicates += 1,
            Inspected::Invalid => self.invalid += 1,
        }
        let usable = inspected != Inspected::Invalid;
        if usable && self.named_width.is_some_and(|width| row.found() < width) {
            self.short.add(row.number);
        }
        let kinds = row.kinds();
        if kinds.has(Kinds::AT_SIGN | Kinds::NOT_ASCII) {
            self.add_cells(row, inspected, shifted);
        }
        if kinds.has(Kinds::QUESTION_MARK) {
            self.look_for_lost_letters(row);
        }
    }

    fn add_cells(&mut self, row: &Row, inspected: Inspected, shifted: bool) {
        for (column, cell) in row.cells_with_at() {
            let role = match self.roles.get(column) {
                // The row is reported as invalid, so its addresses count as invalid.
                _ if shifted => Role::Guest,
                Some(role) => *role,
                None if inspected == Inspected::Invalid => Role::Guest,
                None => Role::NotUsed,
            };
            let invited = role == Role::Guest && inspected != Inspected::Invalid;
            let (mut number, holds) = match role {
                Role::Guest if invited && !has_several_at_signs(cell) => (1, true),
                Role::NotUsed => addresses::counted(cell),
                _ => (addresses::count(cell), false),
            };
            if invited && number != 1 {
                // One of them is invited. A name that is the address itself is a text: `a@x.org <a@x.org>`.
                let others = number.saturating_sub(1);
                self.addresses.in_texts += others;
                self.addresses.total += others;
                number = 1;
            }
            self.addresses.total += number;
            let place = match (role, inspected) {
                (Role::Guest, Inspected::Guest) => &mut self.addresses.guests,
                (Role::Guest, Inspected::Duplicate { .. }) => &mut self.addresses.duplicates,
                (Role::Guest, Inspected::Invalid) => &mut self.addresses.invalid,
                (Role::Cc, _) => &mut self.addresses.cc,
                (Role::Sponsor, _) => &mut self.addresses.sponsors,
                (Role::Manager, _) => &mut self.addresses.managers,
                (Role::NotUsed, _) if holds => {
                    let last = self.unused.len() - 1;
                    self.unused[column.min(last)] += 1;
                    &mut self.addresses.not_used
                }
                (Role::Text | Role::NotUsed, _) => &mut self.addresses.in_texts,
                (Role::ManagerNotAllowed, _) => {
                    self.managers_not_used += u64::from(number > 0);
                    &mut self.addresses.not_used
                }
                (Role::Ignored, _) => &mut self.addresses.not_used,
            };
            *place += number;
        }
    }

    fn add_outside(&mut self, row: &Row) {
        let number = row.addresses();
        self.addresses.total += number;
        self.addresses.invalid += number;
        if row.place == Place::AboveHeader {
            self.above.add(row.number);
            self.above_addresses += number;
            return;
        }
        let begins = matches!(row.place, Place::Divides | Place::OtherHeader);
        if begins && self.cover.is_none() {
            let texts: Vec<&str> = row.filled().map(|(_, cell)| cell).take(4).collect();
            self.cover = Some(Cover {
                row: row.number,
                line: row.line,
                text: shorten(&texts.join(", "), 60),
                other_header: row.place == Place::OtherHeader,
                rows: Stretches::default(),
                addresses: 0,
            });
        }
        // If the first address comes further below the dividing row than the rows that are read ahead, the dividing row was
        // already told by itself.
        if let (None, Place::Below { row: by }) = (&self.cover, row.place) {
            self.cover = Some(Cover {
                row: by,
                line: row.line,
                text: format!("row {by}"),
                other_header: false,
                rows: Stretches::default(),
                addresses: 0,
            });
        }
        if let Some(cover) = &mut self.cover {
            if !begins {
                cover.rows.add(row.number);
            }
            cover.addresses += number;
        }
    }

    fn look_for_lost_letters(&mut self, row: &Row) {
        let lost = self
            .texts
            .iter()
            .map(|column| row.cell(*column))
            .find(|cell| has_lost_letter(cell));
        if let Some(cell) = lost {
            if self.lost.rows() == 0 {
                self.lost_text = shorten(cell.trim(), 40);
            }
            self.lost.add(row.number);
        }
    }

    /// Whether a problem is reported once for its column instead of row by row.
    pub(super) fn is_told_by_column(&mut self, problem: &Problem) -> bool {
        let (Some(column), Some(row), true) = (problem.cell, problem.row, problem.is_error())
        else {
            return false;
        };
        match self.named.iter_mut().find(|(named, _)| *named == column) {
            Some((_, rows)) => {
                rows.add(row);
                true
            }
            None => false,
        }
    }
}

fn has_several_at_signs(cell: &str) -> bool {
    memchr::memchr(b'@', cell.as_bytes()) != memchr::memrchr(b'@', cell.as_bytes())
}

/// A question mark inside a word, or before one in small letters: `J?rgen`, `?sterreich`.
fn has_lost_letter(cell: &str) -> bool {
    let mut before: Option<char> = None;
    let mut chars = cell.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek();
        let inside = before.is_some_and(char::is_alphabetic)
            && next.is_some_and(|next| next.is_alphabetic());
        let begins =
            before.is_none_or(char::is_whitespace) && next.is_some_and(|next| next.is_lowercase());
        if c == '?' && (inside || begins) {
            return true;
        }
        before = Some(c);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_are_told_in_one_line() {
        let addresses = Addresses {
            total: 54,
            guests: 40,
            sponsors: 10,
            not_used: 4,
            ..Addresses::default()
        };
        assert_eq!(
            addresses.told(|count| count.to_string()),
            "54 addresses: 40 guests, 10 sponsors, 4 not used"
        );
    }

    #[test]
    fn a_lost_letter_is_told_from_a_question() {
        for cell in ["J?rgen", "M?ller", "?sterreich"] {
            assert!(has_lost_letter(cell), "{cell}");
        }
        for cell in ["Who? Anna", "Anna?", "?", "Anna ?"] {
            assert!(!has_lost_letter(cell), "{cell}");
        }
    }
}
