//! A results file, read back: by the import, and before it is replaced.
//!
//! Must not believe what it reads: a row is what a file says.

use crate::{
    outcome::{Mail, Outcome},
    own_files::FileKind,
    problem::Problem,
    redeem_link::is_redeem_link,
    sheet::{Row, Rows, Sheet},
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use secrecy::SecretString;
use std::path::Path;

/// A row of a results file, as far as it can be used again.
#[derive(Debug, Clone)]
pub(crate) struct OwnRow {
    /// The line on which it begins; in a workbook its row.
    pub line: u64,
    pub outcome: Option<Outcome>,
    pub email: String,
    pub user_id: Option<String>,
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Option<Mail>,
    pub invited_at: Option<Timestamp>,
    /// Not in files of earlier versions.
    pub tenant_id: Option<String>,
    pub run: Option<String>,
}

/// Opens a results file in any form in which a sheet can be read, or says why that is not possible.
pub(crate) fn read_own(path: &Path) -> Result<OwnRows, String> {
    let sheet = Sheet::open_own(path).map_err(|refused| {
        let why: Vec<String> = refused.problems.iter().map(why).collect();
        why.join("; ")
    })?;
    let names = &sheet.header().names;
    if FileKind::of(names) != Some(FileKind::Results) {
        return Err(
            "this is no results file: its first columns are not row, outcome, email and display_name"
                .to_owned(),
        );
    }
    let column = |ours: &str| names.iter().position(|name| name.trim() == ours);
    let needed = |ours: &str| {
        column(ours).ok_or_else(|| format!("this is no results file: it has no column {ours}"))
    };
    let columns = Columns {
        outcome: needed("outcome")?,
        email: needed("email")?,
        user_id: needed("user_id")?,
        redeem_url: needed("redeem_url")?,
        redemption: column("redemption"),
        mail: column("mail"),
        invited_at: column("invited_at"),
        tenant_id: column("tenant_id"),
        run: column("run"),
    };
    let rows = sheet
        .rows()
        .map_err(|refused| refused.problems.iter().map(why).collect::<String>())?;
    Ok(OwnRows { rows, columns })
}

fn why(problem: &Problem) -> String {
    format!("{} ({})", problem.message, problem.fix)
}

struct Columns {
    outcome: usize,
    email: usize,
    user_id: usize,
    redeem_url: usize,
    redemption: Option<usize>,
    mail: Option<usize>,
    invited_at: Option<usize>,
    tenant_id: Option<usize>,
    run: Option<usize>,
}

pub(crate) struct OwnRows {
    rows: Rows,
    columns: Columns,
}

impl OwnRows {
    /// The rows of users whom `is_known` does not know, in any tenant; the file is read up to its first flaw.
    pub(super) fn of_unknown(
        self,
        is_known: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = OwnRow> {
        let Self { rows, columns } = self;
        rows.map_while(Result::ok).filter_map(move |row| {
            let user = row.cell(columns.user_id).trim();
            (!user.is_empty() && !is_known(user)).then(|| columns.read(&row))
        })
    }
}

impl Columns {
    fn read(&self, row: &Row) -> OwnRow {
        let cell = |column: usize| {
            let text = row.cell(column).trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let optional = |column: Option<usize>| column.and_then(cell);
        OwnRow {
            line: row.line,
            outcome: Outcome::from_word(row.cell(self.outcome).trim()),
            email: cell(self.email).unwrap_or_default(),
            user_id: cell(self.user_id),
            redeem_url: cell(self.redeem_url)
                .filter(|link| is_redeem_link(link))
                .map(SecretString::from),
            redemption: optional(self.redemption),
            mail: optional(self.mail).as_deref().and_then(Mail::from_word),
            invited_at: optional(self.invited_at).and_then(|at| time(&at)),
            tenant_id: optional(self.tenant_id),
            run: optional(self.run),
        }
    }
}

/// A time as it was written. In a workbook it is a date, which is UTC and has no zone beside it.
fn time(text: &str) -> Option<Timestamp> {
    let in_utc = |time: DateTime| TimeZone::UTC.to_timestamp(time).ok();
    text.parse()
        .ok()
        .or_else(|| text.parse().ok().and_then(in_utc))
}

impl Iterator for OwnRows {
    type Item = Result<OwnRow, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(match row {
            Ok(row) => Ok(self.columns.read(&row)),
            Err(problem) => Err(why(&problem)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        outcome::RowResult,
        results::{About, Column, Layout, SheetRow, write},
    };

    /// A results file as it is written for a sheet with two address columns and two rows.
    fn written(path: &Path) {
        let column = |name: &str| Column {
            name: name.to_owned(),
            keep: true,
        };
        let layout = Layout {
            columns: vec![
                column("E-Mail"),
                column("Sponsor"),
                column("Sponsors"),
                column("email"),
            ],
            delimiter: b';',
            bom: true,
            line_end: "\r\n",
            sep_line: true,
        };
        let address = |number: u64| format!("=p{number}@x.org");
        let rows = (2..4).map(|number| {
            Ok(SheetRow {
                is_forgotten: false,
                number,
                email: String::new(),
                cells: vec![
                    address(number),
                    "s@x.org".into(),
                    "t@x.org".into(),
                    "u@x.org".into(),
                ],
                loose: vec!["a cell without a heading".into()],
                repaired: None,
            })
        });
        let mut results = (2..4).map(|number| {
            Ok(RowResult {
                redeem_url: Some(
                    "https://login.microsoftonline.com/redeem?rd=1"
                        .to_owned()
                        .into(),
                ),
                user_id: Some(format!("u-{number}")),
                mail: Some(Mail::Requested),
                ..RowResult::new(number, Outcome::Invited, address(number))
            })
        });
        let about = About {
            tenant_id: "t-1".into(),
            run: "20260101-000000-ab".into(),
            ..About::default()
        };
        write(path, &layout, rows, &mut results, &about).unwrap();
    }

    #[test]
    fn a_workbook_brings_the_same_rows_as_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str| -> Vec<String> {
            let path = folder.path().join(name);
            written(&path);
            let rows = read_own(&path).unwrap();
            rows.map(|row| {
                let row = row.unwrap();
                assert!(row.redeem_url.is_some());
                format!(
                    "{:?} {} {:?} {:?} {:?} {:?}",
                    row.outcome, row.email, row.user_id, row.mail, row.tenant_id, row.run
                )
            })
            .collect()
        };
        let text = read("guests.results.csv");
        assert_eq!(text.len(), 2);
        assert!(
            text[1].starts_with("Some(Invited) =p3@x.org Some(\"u-3\")"),
            "{text:?}"
        );
        assert_eq!(read("guests.results.xlsx"), text);
    }

    #[test]
    fn what_is_no_results_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guests.csv");
        std::fs::write(&path, "email,name\na@b.org,Ana\n").unwrap();
        let why = read_own(&path).err().unwrap();
        assert!(why.starts_with("this is no results file"), "{why}");
        std::fs::write(
            &path,
            "row,outcome,email,display_name\n2,invited,a@b.org,\n",
        )
        .unwrap();
        let why = read_own(&path).err().unwrap();
        assert_eq!(why, "this is no results file: it has no column user_id");
    }
}
