//! Who is asked about: everybody in the ledger, the people of a run, or those of a sheet; a page at a time, so that memory
//! does not grow with their number.

use crate::{
    failure::Result,
    guest::{RowVerdict, Rules, Understanding},
    ledger::{KnownGuest, Reader},
    problem::Problem,
    sheet::{Refused, Row, Sheet},
};
use std::collections::HashMap;

/// As many as one request reads.
const PAGE: usize = 1_000;

/// Somebody who is asked about.
pub(in crate::commands) struct Person {
    pub row: Option<u64>,
    pub email: String,
    /// As the sheet names them.
    pub sponsors: Vec<String>,
    /// What the sheet says of this person, where there is a sheet.
    pub guest: Option<Box<crate::guest::Guest>>,
    pub known: Option<KnownGuest>,
}

#[derive(Clone, Copy)]
pub(in crate::commands) enum Scope<'a> {
    Everybody,
    Run(&'a str),
    Sheet(&'a Sheet, &'a Rules),
    Chosen(&'a [Chosen]),
}

/// Somebody whom another list names.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Chosen {
    pub row: Option<u64>,
    pub email: String,
    /// In small letters.
    pub key: String,
    /// The user, where no run of this ledger invited the person.
    pub user_id: Option<String>,
}

impl<'a> Scope<'a> {
    /// What a reading of these people is remembered under.
    pub(super) fn name(self) -> String {
        match self {
            Self::Everybody => "everybody".to_owned(),
            Self::Run(run) => format!("run {run}"),
            // Never continued: the list may be another one next time.
            Self::Chosen(_) => format!("chosen {}", uuid::Uuid::new_v4()),
            Self::Sheet(sheet, _) => match sheet.place() {
                Some(place) => format!("sheet {}", place.display()),
                None => "sheet -".to_owned(),
            },
        }
    }

    pub(in crate::commands) fn pages(self, reader: &'a Reader) -> Result<Pages<'a>> {
        let source = match self {
            Self::Everybody => Source::Everybody { after: 0 },
            Self::Run(run) => Source::Run { run, after: 0 },
            Self::Chosen(chosen) => Source::Chosen { chosen },
            Self::Sheet(sheet, rules) => Source::Sheet {
                found: match sheet.place() {
                    Some(place) => reader.found_on_sheet(&place.display().to_string())?,
                    None => HashMap::new(),
                },
                rows: Box::new(sheet.rows()?),
                understanding: Box::new(Understanding::new(sheet, rules)),
            },
        };
        Ok(Pages {
            reader,
            source,
            left_out: RowsLeftOut::default(),
        })
    }
}

/// The people of a scope, page by page.
pub(in crate::commands) struct Pages<'a> {
    reader: &'a Reader,
    source: Source<'a>,
    /// Rows of a sheet that are nobody of their own.
    pub left_out: RowsLeftOut,
}

/// Rows of a sheet that name nobody, or somebody whom another row names.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct RowsLeftOut {
    pub invalid: Vec<u64>,
    pub duplicate: Vec<u64>,
}

enum Source<'a> {
    Everybody {
        after: i64,
    },
    Run {
        run: &'a str,
        after: u64,
    },
    Chosen {
        chosen: &'a [Chosen],
    },
    Sheet {
        /// Whom a run found in the directory already.
        found: HashMap<String, String>,
        rows: Box<dyn Iterator<Item = std::result::Result<Row, Problem>> + 'a>,
        understanding: Box<Understanding>,
    },
}

impl Pages<'_> {
    /// The next page; empty at the end.
    pub(in crate::commands) fn next_page(&mut self) -> Result<Vec<Person>> {
        let reader = self.reader;
        let known = |row, known: KnownGuest| Person {
            row,
            email: known.email.clone(),
            sponsors: Vec::new(),
            guest: None,
            known: Some(known),
        };
        match &mut self.source {
            Source::Everybody { after } => {
                let people = reader.known_guests(*after, PAGE)?;
                *after = people.last().and_then(|last| last.person).unwrap_or(*after);
                Ok(people.into_iter().map(|guest| known(None, guest)).collect())
            }
            Source::Run { run, after } => {
                let people = reader.known_guests_of_run(run, *after, PAGE)?;
                *after = people.last().map_or(*after, |(row, _)| *row);
                let people = people.into_iter();
                Ok(people.map(|(row, guest)| known(Some(row), guest)).collect())
            }
            Source::Chosen { chosen } => {
                let (page, rest) = chosen.split_at(chosen.len().min(PAGE));
                *chosen = rest;
                let mut people = Vec::with_capacity(page.len());
                for named in page {
                    let known = match (reader.known_guest(&named.key)?, &named.user_id) {
                        (Some(known), _) if known.user_id.is_some() => Some(known),
                        (_, Some(id)) => Some(reader.found_guest(&named.email, id.clone())?),
                        (known, None) => known,
                    };
                    people.push(Person {
                        row: named.row,
                        email: named.email.clone(),
                        sponsors: Vec::new(),
                        guest: None,
                        known,
                    });
                }
                Ok(people)
            }
            Source::Sheet {
                found,
                rows,
                understanding,
            } => {
                let mut people = Vec::new();
                for row in rows {
                    let row = row.map_err(Refused::from)?;
                    let guest = match understanding.understand(&row).verdict {
                        RowVerdict::Guest(guest) => guest,
                        RowVerdict::Invalid => {
                            self.left_out.invalid.push(row.number);
                            continue;
                        }
                        RowVerdict::Duplicate { .. } => {
                            self.left_out.duplicate.push(row.number);
                            continue;
                        }
                    };
                    let email = guest.email.as_str();
                    let known = match reader.known_guest(guest.email.key())? {
                        Some(known) if known.user_id.is_some() => Some(known),
                        known => match found.get(&email.to_ascii_lowercase()) {
                            Some(id) => Some(reader.found_guest(email, id.clone())?),
                            None => known,
                        },
                    };
                    people.push(Person {
                        row: Some(guest.row),
                        email: guest.email.as_str().to_owned(),
                        sponsors: guest.sponsors.iter().map(ToString::to_string).collect(),
                        known,
                        guest: Some(guest),
                    });
                    if people.len() == PAGE {
                        break;
                    }
                }
                Ok(people)
            }
        }
    }
}
