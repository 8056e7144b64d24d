//! Who is asked about: everybody in the ledger, the people of a run, or those of a sheet; a page at a time, so that memory
//! does not grow with their number.

use crate::{
    failure::Result,
    guest::{RowVerdict, Rules, Understanding, Understood},
    ledger::{Forgotten, KnownGuest, Reader},
    problem::{Problem, Severity},
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
    /// Forgotten on request, and not invited again since: the ledger knows nothing, and learns nothing.
    pub is_forgotten: bool,
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
            forgotten: reader.forgotten()?,
            left_out: RowsLeftOut::default(),
            skipped: Vec::new(),
        })
    }
}

/// The people of a scope, page by page.
pub(in crate::commands) struct Pages<'a> {
    reader: &'a Reader,
    source: Source<'a>,
    forgotten: Forgotten,
    /// Rows of a sheet that are nobody of their own.
    pub left_out: RowsLeftOut,
    /// Those of the last page, with what is known of them.
    pub skipped: Vec<SkippedRow>,
}

/// A row of a sheet that is nobody of its own.
pub(in crate::commands) struct SkippedRow {
    pub row: u64,
    /// The address as the sheet has it.
    pub email: String,
    pub why: String,
}

/// Rows of a sheet that name nobody, or somebody whom another row names.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct RowsLeftOut {
    pub invalid: Vec<u64>,
    pub duplicate: Vec<u64>,
}

impl SkippedRow {
    fn new(row: &Row, email: String, why: String) -> Self {
        Self {
            row: row.number,
            email,
            why,
        }
    }
}

/// Why a row is nobody of its own; of a guest nothing is said.
fn why_skipped(understood: &Understood) -> String {
    match &understood.verdict {
        RowVerdict::Guest(_) => String::new(),
        RowVerdict::Duplicate { of_row, .. } => {
            format!("repeats the address of row {of_row}, where the state stands")
        }
        RowVerdict::Invalid => {
            let errors = understood.problems.iter();
            let errors = errors.filter(|problem| problem.severity == Severity::Error);
            let mut what: Vec<&str> = Vec::new();
            for problem in errors {
                if !what.contains(&problem.message.as_str()) {
                    what.push(&problem.message);
                }
            }
            format!("invalid on the sheet: {}", what.join("; "))
        }
    }
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
        self.skipped.clear();
        let known = |row, known: KnownGuest| {
            // Whoever was forgotten is taken out of the rows of earlier runs.
            let is_forgotten = known.person.is_none() && known.email.is_empty();
            Person {
                row,
                email: known.email.clone(),
                sponsors: Vec::new(),
                guest: None,
                known: Some(known).filter(|_| !is_forgotten),
                is_forgotten,
            }
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
                    let known = reader.known_guest(&named.key)?;
                    let is_forgotten = known.is_none() && self.forgotten.contains(&named.key);
                    let known = match (known, &named.user_id) {
                        _ if is_forgotten => None,
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
                        is_forgotten,
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
                    let understood = understanding.understand(&row);
                    let why = why_skipped(&understood);
                    let guest = match understood.verdict {
                        RowVerdict::Guest(guest) => guest,
                        RowVerdict::Invalid => {
                            self.left_out.invalid.push(row.number);
                            self.skipped
                                .push(SkippedRow::new(&row, understood.email_text, why));
                            continue;
                        }
                        RowVerdict::Duplicate { .. } => {
                            self.left_out.duplicate.push(row.number);
                            self.skipped
                                .push(SkippedRow::new(&row, understood.email_text, why));
                            continue;
                        }
                    };
                    let email = guest.email.as_str();
                    let known = reader.known_guest(guest.email.key())?;
                    let known = match known {
                        Some(known) if known.user_id.is_some() => Some(known),
                        known => match found.get(&email.to_ascii_lowercase()) {
                            Some(id) => Some(reader.found_guest(email, id.clone())?),
                            None => known,
                        },
                    };
                    let is_forgotten =
                        known.is_none() && self.forgotten.contains(guest.email.key());
                    people.push(Person {
                        row: Some(guest.row),
                        email: guest.email.as_str().to_owned(),
                        sponsors: guest.sponsors.iter().map(ToString::to_string).collect(),
                        known,
                        is_forgotten,
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
