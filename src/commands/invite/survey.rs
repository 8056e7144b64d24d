//! The first reading of the sheet: what is in it, before anything is sent.
//!
//! Counts, and keeps only what is small: distinct sponsors and domains, the first few problems.

use super::follow_up_counts::FollowUpCounts;
use crate::{
    directory::{NamedColumns, Wanted},
    engine::Selection,
    failure::Result,
    guest::{Addresses, Guest, RowVerdict, Rules, Understanding, UnusedColumn},
    problem::{Code, Problem, Severity},
    sheet::{
        Field, Hidden, Refused, Sheet,
        catalogue::{ALIAS_WITHOUT_ADDRESSES, COLUMN_BY_CELLS, HIDDEN_SKIPPED, OTHER_TABS},
    },
};
use std::collections::{BTreeMap, HashMap};

/// Problems kept for showing; `check` shows them all.
const SHOWN: usize = 10;

#[derive(Debug, Default)]
pub(in crate::commands) struct Survey {
    pub rows: u64,
    pub guests: u64,
    pub invalid: u64,
    pub duplicates: u64,
    /// Guests whose mail has a message of their own.
    pub worded: u64,
    /// Guests to whom Microsoft is to send a mail.
    pub mailing: u64,
    /// Whoever and whatever the sheet names in the tenant.
    pub wanted: Wanted,
    pub follow_ups: FollowUpCounts,
    pub domains: HashMap<String, u64>,
    /// Rows that --only selects, whatever is wrong with them.
    pub selected_rows: u64,
    /// How many guests are selected, and their domains.
    pub selected: u64,
    selected_domains: HashMap<String, u64>,
    pub languages: HashMap<String, u64>,
    pub errors: Vec<Problem>,
    /// Where the addresses of the sheet went.
    pub addresses: Addresses,
    /// Hosts of landing pages that the sheet names, and how many guests each gets.
    pub landing_hosts: BTreeMap<String, u64>,
    /// Columns that are not used, those with addresses first.
    pub unused_columns: Vec<UnusedColumn>,
    /// Sentences about what is doubtful in the shape of the sheet.
    pub in_doubt: Vec<String>,
}

/// Hints about the whole sheet that change who is invited.
const CHANGE_WHO: [Code; 4] = [
    COLUMN_BY_CELLS,
    ALIAS_WITHOUT_ADDRESSES,
    HIDDEN_SKIPPED,
    OTHER_TABS,
];

/// The host of a web address.
pub(super) fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok()?.host_str().map(str::to_owned)
}

impl Survey {
    /// `send` says whether a row that says nothing about it is mailed.
    pub(crate) fn of(
        sheet: &Sheet,
        rules: &Rules,
        selection: &Selection,
        send: bool,
    ) -> Result<Self> {
        let mut survey = Self::default();
        let header = sheet.header();
        let column = |field| header.column_of(field).map(|column| header.name(column));
        survey.wanted.columns = NamedColumns {
            manager: column(Field::Manager),
            groups: column(Field::Groups),
        };
        let mut understanding = Understanding::new(sheet, rules);
        for row in sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let understood = understanding.understand(&row);
            survey.rows += 1;
            let address = match &understood.verdict {
                RowVerdict::Guest(guest) => Some((guest.email.key(), guest.email.domain())),
                _ => None,
            };
            survey.selected_rows += u64::from(selection.takes(row.number, address));
            match understood.verdict {
                RowVerdict::Guest(guest) => survey.guest(&guest, selection, send),
                RowVerdict::Duplicate { .. } => survey.duplicates += 1,
                RowVerdict::Invalid => {
                    survey.invalid += 1;
                    let errors = understood.problems.into_iter().filter(Problem::is_error);
                    survey
                        .errors
                        .extend(errors.take(SHOWN.saturating_sub(survey.errors.len())));
                }
            }
        }
        let problems = understanding.refusals();
        if !problems.is_empty() {
            return Err(Refused { problems }.into());
        }
        survey.addresses = understanding.addresses();
        survey.unused_columns = understanding.unused_columns();
        let doubts = understanding.sheet_problems();
        survey.in_doubt = sheet
            .hints()
            .iter()
            .chain(&doubts)
            .filter(|problem| {
                problem.severity != Severity::Hint || CHANGE_WHO.contains(&problem.code)
            })
            .map(|problem| problem.message.clone())
            .collect();
        survey.in_doubt.extend(hidden_included(sheet));
        Ok(survey)
    }

    fn guest(&mut self, guest: &Guest, selection: &Selection, send: bool) {
        self.guests += 1;
        let domain = guest.email.domain();
        if selection.takes(guest.row, Some((guest.email.key(), domain))) {
            self.selected += 1;
            *self.selected_domains.entry(domain.to_owned()).or_default() += 1;
        }
        *self
            .domains
            .entry(guest.email.domain().to_owned())
            .or_default() += 1;
        self.wanted.add(guest);
        self.follow_ups.add(guest);
        if let Some(host) = guest.redirect_url.as_deref().and_then(host) {
            *self.landing_hosts.entry(host).or_default() += 1;
        }
        if guest.send.unwrap_or(send) {
            self.mailing += 1;
            self.worded += u64::from(guest.message.is_some());
            if let Some(language) = &guest.language {
                *self.languages.entry(language.clone()).or_default() += 1;
            }
        }
    }

    /// How many guests are in domains that `is_own` knows.
    pub(crate) fn in_own_domains(&self, is_own: impl Fn(&str) -> bool) -> u64 {
        within(&self.domains, is_own)
    }

    /// The same of those who are selected.
    pub(crate) fn selected_in_own_domains(&self, is_own: impl Fn(&str) -> bool) -> u64 {
        within(&self.selected_domains, is_own)
    }
}

/// Hidden rows that are invited too, because a person or the settings said so.
fn hidden_included(sheet: &Sheet) -> Option<String> {
    let hidden = sheet.hidden_rows();
    let included = sheet.options().hidden == Some(Hidden::Include);
    (included && hidden.rows() > 0).then(|| match hidden.rows() {
        1 => format!(
            "{} is hidden in the workbook and is read like every other row",
            hidden.named()
        ),
        _ => format!(
            "{} are hidden in the workbook and are read like all other rows",
            hidden.named()
        ),
    })
}

fn within(domains: &HashMap<String, u64>, is_own: impl Fn(&str) -> bool) -> u64 {
    domains
        .iter()
        .filter(|(domain, _)| is_own(domain))
        .map(|(_, guests)| guests)
        .sum()
}
