//! Understands each row: it is a guest, a duplicate of an earlier row, or invalid with its problems.
//!
//! Must not stop at the first problem of a row, and must not keep more of a row than a hash of its address.

use super::{
    Addresses, EmailAddress, Inspected, RowVerdict, Rules, Understood, UnusedColumn,
    address_accounting::{self, AddressAccounting},
    address_syntax::split_at_sign,
    catalogue::{DISPOSABLE_DOMAIN, DUPLICATE, NOT_USED, ROLE_ADDRESS, SAME_PERSON, TYPO_DOMAIN},
    draft::{Draft, Sources},
    first_rows::FirstRows,
    hints,
    layout::Layout,
    record,
    row_problems::RowProblems,
};
use crate::{
    problem::Problem,
    sheet::{Field, Row, Sheet},
};
use std::ops::Range;

/// Understands the rows of one sheet, in order.
pub struct Understanding {
    header_row: u64,
    accounts: AddressAccounting,
    layout: Layout,
    rules: Rules,
    addresses: FirstRows,
    mailboxes: FirstRows,
    last_url: String,
    /// The addresses of some rows in lower case, one after the other.
    keys: String,
}

/// A row that was read, before it is compared with others.
struct Read {
    /// Where its address is in `keys`, if the row is valid.
    key: Option<Range<usize>>,
    shifted: bool,
    problems: Vec<Problem>,
}

impl Understanding {
    pub fn new(sheet: &Sheet, rules: &Rules) -> Self {
        let header = sheet.header();
        Self {
            header_row: header.row,
            accounts: AddressAccounting::new(sheet, rules.allow),
            layout: Layout::new(header),
            rules: rules.clone(),
            addresses: FirstRows::default(),
            mailboxes: FirstRows::default(),
            last_url: String::new(),
            keys: String::new(),
        }
    }

    /// How the addresses of the rows read so far are used.
    pub fn addresses(&self) -> Addresses {
        self.accounts.addresses()
    }

    /// The columns that are not used, those with addresses first. To be asked after the last row.
    pub fn unused_columns(&self) -> Vec<UnusedColumn> {
        self.accounts.unused_columns()
    }

    /// The problems that are reported once for the sheet. To be asked after the last row.
    pub fn sheet_problems(&self) -> Vec<Problem> {
        self.accounts.problems()
    }

    /// Why nobody can be invited: the columns hold something else further down than in the rows that were read when the
    /// sheet was opened. To be asked after the last row.
    pub fn refusals(&self) -> Vec<Problem> {
        self.accounts.refusals()
    }

    /// The message of a row whose text was divided by mistake, joined again, with its column.
    pub fn joined_message(&self, row: &Row) -> Option<(usize, String)> {
        record::joined_message(&self.layout, row)
    }

    /// Hints about columns that give access or power and are not allowed.
    pub fn sheet_hints(&self) -> Vec<Problem> {
        let allow = self.rules.allow;
        [
            (Field::UserType, "member"),
            (Field::Manager, "manager"),
            (Field::Groups, "groups"),
        ]
        .into_iter()
        .filter(|(field, _)| !allow.takes(*field))
        .filter_map(|(field, word)| {
            let name = self.layout.names[self.layout.column(field)?].trim();
            let message = format!("column `{name}` gives access or power, and is not used");
            Some(
                Problem::hint(NOT_USED, message)
                    .column(name)
                    .fix(format!("if it is meant, add --allow {word}")),
            )
        })
        .collect()
    }

    pub fn understand(&mut self, row: &Row) -> Understood {
        let mut problems = Vec::new();
        let mut draft = Draft::default();
        self.keys.clear();
        let inspected = match self.read(row, &mut draft, &mut problems) {
            Some(key) => {
                let text = self
                    .addresses
                    .in_row(&self.keys.as_bytes()[key.clone()], row.number);
                let first = self.addresses.first(text);
                self.compare(row, key, first, &mut problems)
            }
            None => Inspected::Invalid,
        };
        self.accounts.add(row, inspected, draft.shifted);
        for problem in &problems {
            self.accounts.is_told_by_column(problem);
        }
        if let Some(outside) = address_accounting::outside(row, self.header_row) {
            problems.push(outside.at(row.number, row.line));
        }
        let verdict = match inspected {
            Inspected::Guest => draft.guest(row).map(|mut guest| {
                if guest.sponsors.is_empty() {
                    guest.sponsors.extend(self.rules.default_sponsor.clone());
                }
                RowVerdict::Guest(Box::new(guest))
            }),
            Inspected::Duplicate { of_row } => draft.email.as_ref().map(|email| {
                let email: EmailAddress = email.to_owned();
                RowVerdict::Duplicate { of_row, email }
            }),
            Inspected::Invalid => None,
        };
        let column = self.layout.column(Field::Email);
        Understood {
            row: row.number,
            line: row.line,
            email_text: column.map_or("", |column| row.cell(column)).to_owned(),
            display_name: draft.name(),
            verdict: verdict.unwrap_or(RowVerdict::Invalid),
            problems,
        }
    }

    /// Like `understand` for several rows that follow each other, but without guests, so that a million rows are checked
    /// fast. `sheet_problems` reports what concerns all rows.
    pub fn inspect(&mut self, rows: &[Row]) -> Vec<(Inspected, Vec<Problem>)> {
        self.keys.clear();
        let mut read = Vec::with_capacity(rows.len());
        let mut texts = Vec::with_capacity(rows.len());
        for row in rows {
            let (mut draft, mut problems) = (Draft::default(), Vec::new());
            let key = self.read(row, &mut draft, &mut problems);
            if let Some(key) = key.clone() {
                texts.push(
                    self.addresses
                        .in_row(&self.keys.as_bytes()[key], row.number),
                );
            }
            read.push(Read {
                key,
                shifted: draft.shifted,
                problems,
            });
        }
        let firsts: Vec<Option<u64>> = texts
            .into_iter()
            .map(|text| self.addresses.first(text))
            .collect();
        let mut firsts = firsts.into_iter();
        let compared = rows.iter().zip(read).map(|(row, read)| {
            let mut problems = read.problems;
            let inspected = match read.key {
                Some(key) => self.compare(row, key, firsts.next().flatten(), &mut problems),
                None => Inspected::Invalid,
            };
            self.accounts.add(row, inspected, read.shifted);
            problems.retain(|problem| !self.accounts.is_told_by_column(problem));
            (inspected, problems)
        });
        compared.collect()
    }

    /// Reads a row. Its address is added to `keys`, and its place there is returned; none if the row is invalid.
    fn read<'r>(
        &mut self,
        row: &'r Row,
        draft: &mut Draft<'r>,
        list: &mut Vec<Problem>,
    ) -> Option<Range<usize>> {
        if !row.place.is_in_table() {
            return None;
        }
        let mut problems = RowProblems {
            row,
            names: &self.layout.names,
            list,
            failed: false,
        };
        let sources = Sources {
            layout: &self.layout,
            rules: &self.rules,
            last_url: &mut self.last_url,
        };
        draft.read(sources, row, &mut problems);
        let email = draft.email.as_ref().filter(|_| !problems.failed)?;
        let begins = self.keys.len();
        self.keys.push_str(&email.text);
        self.keys[begins..].make_ascii_lowercase();
        Some(begins..self.keys.len())
    }

    /// Compares a valid row with the rows before it; `first` is the earlier row with the same address.
    fn compare(
        &mut self,
        row: &Row,
        key: Range<usize>,
        first: Option<u64>,
        list: &mut Vec<Problem>,
    ) -> Inspected {
        let mut problems = RowProblems {
            row,
            names: &self.layout.names,
            list,
            failed: false,
        };
        let column = self.layout.column(Field::Email).unwrap_or(0);
        if let Some(of_row) = first {
            let message = format!("duplicate of row {of_row}; only row {of_row} is invited");
            problems.at(
                column,
                Problem::hint(DUPLICATE, message).fix("delete one of the two rows"),
            );
            return Inspected::Duplicate { of_row };
        }
        look_twice(&self.keys[key], &mut self.mailboxes, column, &mut problems);
        Inspected::Guest
    }
}

/// Hints about a valid address.
fn look_twice(
    address: &str,
    mailboxes: &mut FirstRows,
    column: usize,
    problems: &mut RowProblems<'_>,
) {
    let (local, domain) = split_at_sign(address).unwrap_or((address, ""));
    if let Some(intended) = hints::intended_domain(domain) {
        let problem = Problem::hint(TYPO_DOMAIN, format!("is {domain} meant to be {intended}?"));
        problems.at(
            column,
            problem.fix("ask the person, and correct the address if it is wrong"),
        );
    }
    if hints::is_role(local) {
        let problem = Problem::hint(
            ROLE_ADDRESS,
            if matches!(
                local,
                "noreply" | "no-reply" | "donotreply" | "do-not-reply"
            ) {
                format!("nobody reads {local}@")
            } else {
                format!("{local}@ is read by an office, not by one person")
            },
        );
        problems.at(
            column,
            problem.fix("use the person's own address if there is one"),
        );
    }
    if hints::is_disposable(domain) {
        let problem = Problem::hint(
            DISPOSABLE_DOMAIN,
            format!("{domain} gives out addresses that vanish"),
        );
        problems.at(column, problem.fix("ask the person for another address"));
    }
    let mut mailbox = String::new();
    if let Some(mailbox) = hints::same_mailbox(local, domain, &mut mailbox)
        && let Some(other) =
            mailboxes.first(mailboxes.in_row(mailbox.as_bytes(), problems.row.number))
    {
        let problem = Problem::hint(
            SAME_PERSON,
            format!("probably the same mailbox as in row {other}"),
        );
        problems.at(column, problem.fix("keep one of the two rows"));
    }
}
