//! Random tables with random damage, in random dialects: every address of the file is accounted for, and nobody is
//! invited without a word who is not a guest of the table as it was before the damage.

use guestlist::guest::{RowVerdict, Rules, Understanding};
use guestlist::sheet::{Refused, Sheet, SheetOptions, addresses};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What happens to a table on its way.
#[derive(Debug, Clone)]
enum Damage {
    /// The same header again, before a row.
    SameHeader(usize),
    /// A header with the columns in another order and a table under it, before a row.
    OtherTable(usize),
    /// A row that divides, before a row.
    Divider(usize),
    /// The cell of a note is opened with a quotation mark that is closed two rows further down.
    Swallows(usize),
    /// The headings of the address and the assistant are swapped.
    SwappedHeadings,
    /// A row loses its first cell.
    Cut(usize),
    /// A row loses one delimiter.
    LostDelimiter(usize),
    /// A mark stands before the address of a row.
    Mark(usize, char),
    /// Rows of people stand above the header.
    Above,
    None,
}

#[derive(Debug, Clone)]
struct Dialect {
    delimiter: char,
    line_end: &'static str,
    quote_all: bool,
    bom: bool,
}

const HEADER: [&str; 4] = ["email", "name", "assistant", "note"];

fn damages() -> impl Strategy<Value = Damage> {
    let row = 0usize..8;
    prop_oneof![
        row.clone().prop_map(Damage::SameHeader),
        row.clone().prop_map(Damage::OtherTable),
        row.clone().prop_map(Damage::Divider),
        row.clone().prop_map(Damage::Swallows),
        Just(Damage::SwappedHeadings),
        row.clone().prop_map(Damage::Cut),
        row.clone().prop_map(Damage::LostDelimiter),
        (row, prop::sample::select(vec!['\'', '`', '•', '"']))
            .prop_map(|(row, mark)| Damage::Mark(row, mark)),
        Just(Damage::Above),
        Just(Damage::None),
    ]
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let delimiters = prop::sample::select(vec![',', ';', '\t', '|']);
    let line_ends = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    (delimiters, line_ends, any::<bool>(), any::<bool>()).prop_map(
        |(delimiter, line_end, quote_all, bom)| Dialect {
            delimiter,
            line_end,
            quote_all,
            bom,
        },
    )
}

fn guest(row: usize) -> String {
    format!("guest{row}@partner.example")
}

fn assistant(row: usize) -> String {
    format!("assistant{}@agency.example", row % 3)
}

impl Dialect {
    fn line(&self, cells: &[String]) -> String {
        let special = [self.delimiter, '"', '\n', '\r'];
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| {
                if self.quote_all || cell.contains(special) {
                    format!("\"{}\"", cell.replace('"', "\"\""))
                } else {
                    cell.clone()
                }
            })
            .collect();
        cells.join(&self.delimiter.to_string())
    }

    fn write(&self, rows: usize, damage: &Damage) -> String {
        let owned = |cells: &[&str]| {
            cells
                .iter()
                .map(|cell| (*cell).to_owned())
                .collect::<Vec<_>>()
        };
        let person = |row: usize| {
            vec![
                guest(row),
                format!("Guest {row}"),
                assistant(row),
                format!("note {row}"),
            ]
        };
        let mut lines = Vec::new();
        let mut header = owned(&HEADER);
        if matches!(damage, Damage::SwappedHeadings) {
            header.swap(0, 2);
        }
        if matches!(damage, Damage::Above) {
            lines.push(self.line(&[assistant(0), "Above".to_owned()]));
        }
        lines.push(self.line(&header));
        let mut other = false;
        for row in 0..rows {
            match damage {
                Damage::SameHeader(at) if *at == row => lines.push(self.line(&header)),
                Damage::OtherTable(at) if *at == row => {
                    other = true;
                    lines.push(self.line(&owned(&["assistant", "note", "name", "email"])));
                }
                Damage::Divider(at) if *at == row => {
                    lines.push(self.line(&owned(&["Do not invite:", "", "", ""])));
                }
                _ => {}
            }
            let mut cells = person(row);
            if other {
                cells = vec![
                    cells[2].clone(),
                    cells[3].clone(),
                    cells[1].clone(),
                    cells[0].clone(),
                ];
            }
            let line = match damage {
                Damage::Cut(at) if *at == row => self.line(&cells[1..]),
                Damage::LostDelimiter(at) if *at == row => {
                    let joined = format!("{}{}", cells[0], cells[1]);
                    self.line(&[joined, cells[2].clone(), cells[3].clone()])
                }
                Damage::Mark(at, mark) if *at == row => {
                    cells[0].insert(0, *mark);
                    self.line(&cells)
                }
                Damage::Swallows(at) if *at == row => {
                    let line = self.line(&cells[..3]);
                    format!("{line}{}\"open", self.delimiter)
                }
                Damage::Swallows(at) if *at + 2 == row => {
                    let line = self.line(&cells[..3]);
                    format!("{line}{}closed\"", self.delimiter)
                }
                _ => self.line(&cells),
            };
            lines.push(line);
        }
        let bom = if self.bom { "\u{FEFF}" } else { "" };
        format!("{bom}{}{}", lines.join(self.line_end), self.line_end)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_address_has_its_place_and_nobody_is_invited_by_mistake(
        dialect in dialects(),
        rows in 3usize..12,
        damage in damages(),
    ) {
        let text = dialect.write(rows, &damage);
        let sheet = match Sheet::spool_to_check(&mut text.as_bytes(), "damaged", &SheetOptions::default()) {
            Ok(sheet) => sheet,
            Err(Refused { problems }) => {
                prop_assert!(!problems.is_empty());
                return Ok(());
            }
        };
        let guests: BTreeSet<String> = (0..rows).map(guest).collect();
        let mut understanding = Understanding::new(&sheet, &Rules::default());
        let mut strangers = Vec::new();
        for row in sheet.rows().unwrap() {
            let Ok(row) = row else {
                // Nothing can be invited from a sheet that cannot be read to its end.
                return Ok(());
            };
            let understood = understanding.understand(&row);
            if let RowVerdict::Guest(guest) = &understood.verdict
                && !guests.contains(guest.email.as_str())
                && understood.problems.is_empty()
            {
                strangers.push((row.number, guest.email.as_str().to_owned()));
            }
        }
        let told: Vec<String> = understanding.sheet_problems().into_iter().map(|problem| problem.message).collect();
        // Swapped headings concern every row alike, and are told by column.
        let by_column = matches!(damage, Damage::SwappedHeadings)
            && told.iter().any(|message| message.contains("`assistant`"));
        for (number, address) in strangers {
            let named = told.iter().any(|message| {
                message.split(|c: char| !c.is_ascii_digit()).any(|word| word == number.to_string())
            });
            prop_assert!(
                named || by_column || !sheet.refusals().is_empty(),
                "{address} in row {number} would be invited without a word\n{text}\n{told:?}"
            );
        }
        let places = understanding.addresses();
        prop_assert!(
            places.total >= addresses::count(&text),
            "{} addresses of {}\n{text}",
            places.total,
            addresses::count(&text)
        );
        let sum = places.guests + places.duplicates + places.invalid + places.cc + places.sponsors
            + places.managers + places.in_texts + places.not_used;
        prop_assert_eq!(places.total, sum);
    }
}
