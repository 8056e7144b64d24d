//! The page in words before the results: what became of the rows, and what is next.
//!
//! Must not hold an address: whatever holds addresses below a header could be taken for a sheet of guests.

use super::looks::{PAPER, coloured};
use crate::{
    outcome::{Attention, Mail, Outcome, RowResult, ThisRun},
    visible::visible_line,
};
use jiff::Timestamp;
use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// What is the same for every row, for the page in words.
#[derive(Debug, Clone, Default)]
pub struct RunWords {
    /// The name of the tenant.
    pub tenant: Option<String>,
    /// The path of the sheet as it was typed.
    pub sheet: Option<String>,
    pub started_at: Option<Timestamp>,
}

/// As many rows are named; more are counted.
const NAMED: usize = 12;

#[derive(Debug, Default)]
pub(crate) struct WordsPage {
    heading: String,
    about: Vec<String>,
    rows: u64,
    outcomes: BTreeMap<Outcome, u64>,
    attentions: BTreeMap<Attention, u64>,
    not_selected: u64,
    invited_now: u64,
    mails_now: u64,
    links: u64,
    by_hand: Vec<u64>,
}

impl WordsPage {
    pub(super) fn new(words: &RunWords, tenant_id: &str, run: &str) -> Self {
        let sheet = words.sheet.as_deref().map(file_name);
        let begun = words.started_at.map_or(String::new(), |at| {
            format!(", begun on {}", at.strftime("%F %H:%M UTC"))
        });
        let tenant = match &words.tenant {
            Some(name) => format!("Tenant {name} ({tenant_id})"),
            None => format!("Tenant {tenant_id}"),
        };
        Self {
            heading: format!("Results of {}", sheet.unwrap_or("a sheet")),
            about: vec![tenant, format!("Run {run}{begun}")],
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, result: &RowResult, link_is_written: bool) {
        self.rows += 1;
        *self.outcomes.entry(result.outcome).or_default() += 1;
        *self.attentions.entry(result.attention()).or_default() += 1;
        self.not_selected += u64::from(result.this_run == Some(ThisRun::NotSelected));
        if result.this_run == Some(ThisRun::Invited) {
            self.invited_now += 1;
            self.mails_now += u64::from(result.mail == Some(Mail::Requested));
        }
        self.links += u64::from(link_is_written);
        if result.attention() == Attention::Hand && self.by_hand.len() < NAMED {
            self.by_hand.push(result.row);
        }
    }

    fn with(&self, attention: Attention) -> u64 {
        self.attentions.get(&attention).copied().unwrap_or(0)
    }

    fn sentences(&self) -> Vec<String> {
        let (hand, open) = (self.with(Attention::Hand), self.with(Attention::Open));
        let done = self.rows - self.not_selected - hand - open;
        let mut told = vec![match hand + open {
            0 if self.not_selected == 0 => format!("All {} rows are done.", self.rows),
            0 => format!(
                "Of {} rows, {} are done and {} were not selected.",
                self.rows, done, self.not_selected
            ),
            not_done => format!(
                "Of {} rows, {} {} done and {} {} not.",
                self.rows,
                done,
                are(done),
                not_done,
                are(not_done)
            ),
        }];
        told.extend(self.invited());
        if hand > 0 {
            let shown: Vec<String> = self.by_hand.iter().map(u64::to_string).collect();
            let more = hand - shown.len() as u64;
            let rows = match (hand, more) {
                (1, _) => format!("row {}", shown.join(", ")),
                (_, 0) => format!("rows {}", shown.join(", ")),
                _ => format!("rows {} and {} more", shown.join(", "), more),
            };
            told.push(format!(
                "A person must correct {rows}. The column hint says how, and the to-fix file holds only these rows."
            ));
        }
        if open > 0 {
            told.push(format!(
                "{} not done yet: the same command, run again, goes on with what is left.",
                counted(open, "row is", "rows are")
            ));
        }
        told
    }

    fn invited(&self) -> Option<String> {
        let people = counted(self.invited_now, "person was", "people were");
        let mails = match self.mails_now {
            0 => "no mail was asked for".to_owned(),
            n => format!(
                "Microsoft was asked to send {}",
                counted(n, "invitation mail", "invitation mails")
            ),
        };
        (self.invited_now > 0).then(|| format!("{people} invited in this run, and {mails}."))
    }

    fn remarks(&self) -> Vec<&'static str> {
        let mut remarks = vec![
            "The next page has a line for each row of the sheet: what became of it, what to do, then the sheet's own columns. Times are UTC.",
        ];
        if self.links > 0 {
            remarks.push("Each link is for one person: whoever has it can redeem in that person's place. Pass links on only to the people they belong to.");
        }
        remarks
    }

    pub(super) fn write(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        let heading = Format::new().set_bold().set_font_size(16);
        let bold = Format::new().set_bold();
        let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let top = Format::new().set_align(FormatAlign::Top);
        let left = FormatAlign::Left;
        let meaning = wrap.clone().set_align(left).set_indent(1);
        let bold_meaning = bold.clone().set_align(left).set_indent(1);
        let bold_number = bold.clone().set_align(FormatAlign::Right);
        page.set_column_width(0, 18)?;
        page.set_column_width(1, 10)?;
        page.set_column_width(2, 62)?;
        page.write_string_with_format(0, 0, visible_line(&self.heading), &heading)?;
        let mut row = 1;
        for line in &self.about {
            page.write_string(row, 0, visible_line(line))?;
            row += 1;
        }
        row += 1;
        let remarks = self.remarks();
        for line in self.sentences().iter().map(String::as_str) {
            page.merge_range(row, 0, row, 2, line, &wrap)?;
            page.set_row_height(row, height_of(line))?;
            row += 1;
        }
        row += 1;
        for (column, name) in ["What became of it", "Rows", "Meaning"]
            .into_iter()
            .enumerate()
        {
            let look = match column {
                0 => &bold,
                1 => &bold_number,
                _ => &bold_meaning,
            };
            page.write_string_with_format(row, column as u16, name, look)?;
        }
        for (outcome, n) in &self.outcomes {
            row += 1;
            page.write_string_with_format(row, 0, outcome.word(), &coloured(outcome.attention()))?;
            page.write_number_with_format(row, 1, *n as f64, &top)?;
            page.write_string_with_format(row, 2, outcome.meaning(), &meaning)?;
        }
        row += 2;
        for line in remarks {
            page.merge_range(row, 0, row, 2, line, &wrap)?;
            page.set_row_height(row, height_of(line))?;
            row += 1;
        }
        page.set_paper_size(PAPER);
        page.set_print_fit_to_pages(1, 0);
        Ok(())
    }
}

fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn are(n: u64) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// Programs do not fit the height of merged cells to their text.
fn height_of(line: &str) -> f64 {
    const LINE: usize = 95;
    15.0 * line.len().div_ceil(LINE).max(1) as f64 + 1.0
}

/// The last part of a path, whichever system wrote it.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
