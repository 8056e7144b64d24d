//! A results file that is there already, read back: for the import, and so that no link gets lost when it is replaced.
//!
//! Must not believe what it reads: rows are what a file says.

use super::workbook;
use crate::{
    files,
    outcome::{Mail, Outcome, RowResult},
    redeem_link::is_redeem_link,
    sheet::formula,
};
use jiff::Timestamp;
use secrecy::SecretString;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

/// A line of a results file, as far as it can be used again.
#[derive(Debug, Clone)]
pub(crate) struct OwnRow {
    /// Where it stands in the file; 2 is the first one.
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

/// The rows of a results file, CSV or workbook. Fails where the file is none.
pub(crate) fn read_own(path: &Path) -> io::Result<Box<dyn Iterator<Item = io::Result<OwnRow>>>> {
    let no_results = |why: &str| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("this is no results file: {why}"),
        )
    };
    let mut records: Box<dyn Iterator<Item = io::Result<(u64, Vec<String>)>>> =
        if workbook::is_meant(path) {
            Box::new(
                (1..)
                    .zip(workbook::rows(path)?)
                    .map(|(line, cells)| Ok((line, cells))),
            )
        } else {
            let reader = csv_reader(path)?
                .ok_or_else(|| no_results("its first column is not called row"))?;
            Box::new(reader.into_records().map(|record| {
                let record = record?;
                let line = record.position().map_or(0, csv::Position::line);
                Ok((line, record.iter().map(str::to_owned).collect()))
            }))
        };
    let header = records
        .next()
        .transpose()?
        .map(|(_, cells)| cells)
        .unwrap_or_default();
    let column = |name: &str| {
        header
            .iter()
            .position(|cell| cell.trim_start_matches('\u{feff}').trim() == name)
    };
    let needed =
        |name: &str| column(name).ok_or_else(|| no_results(&format!("it has no column {name}")));
    let (outcome, email, user_id, redeem_url) = (
        needed("outcome")?,
        needed("email")?,
        needed("user_id")?,
        needed("redeem_url")?,
    );
    let [mail, redemption, invited_at, tenant_id, run] =
        ["mail", "redemption", "invited_at", "tenant_id", "run"].map(column);
    Ok(Box::new(records.map(move |record| {
        let (line, cells) = record?;
        let cell = |column: usize| {
            let text = cells.get(column).map_or("", String::as_str);
            let text = formula::undo(text.trim()).into_owned();
            Some(text).filter(|text| !text.is_empty())
        };
        let optional = |column: Option<usize>| column.and_then(cell);
        Ok(OwnRow {
            line,
            outcome: cell(outcome).as_deref().and_then(Outcome::from_word),
            email: cell(email).unwrap_or_default(),
            user_id: cell(user_id),
            redeem_url: cell(redeem_url)
                .filter(|link| is_redeem_link(link))
                .map(SecretString::from),
            redemption: optional(redemption),
            mail: optional(mail).as_deref().and_then(Mail::from_word),
            invited_at: optional(invited_at).and_then(|at| at.parse().ok()),
            tenant_id: optional(tenant_id),
            run: optional(run),
        })
    })))
}

/// Results are written in the sheet's dialect: the delimiter is whatever follows our first column name.
fn csv_reader(path: &Path) -> io::Result<Option<csv::Reader<BufReader<File>>>> {
    let mut source = BufReader::new(files::open_given(path).map_err(io::Error::other)?);
    let (mut start, mut line) = (0, Vec::new());
    for _ in 0..2 {
        line.clear();
        let read = Read::take(&mut source, 64 * 1024).read_until(b'\n', &mut line)?;
        let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
        if !text.starts_with(b"sep=") {
            break;
        }
        start += read as u64;
    }
    let first = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line);
    let rest = match first.strip_prefix(b"\"row\"") {
        Some(rest) => Some(rest),
        None => first.strip_prefix(b"row"),
    };
    let Some(&delimiter) = rest.and_then(<[u8]>::first) else {
        return Ok(None);
    };
    source.seek(SeekFrom::Start(start))?;
    Ok(Some(
        csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(source),
    ))
}

/// The links of a file that is about to be replaced and that nothing else knows, with the users they belong to.
#[derive(Debug, Default)]
pub struct KeptLinks {
    by_user: HashMap<String, SecretString>,
    /// Of this tenant only: an address may be somebody else's elsewhere.
    by_address: HashMap<String, (String, SecretString)>,
}

impl KeptLinks {
    /// Reads the file at `path`, if it is one of results. `is_known` tells whether a user's link is in the ledger.
    pub fn of(path: &Path, tenant_id: &str, is_known: impl Fn(&str) -> bool) -> Self {
        let mut kept = Self::default();
        if !path.is_file() {
            return kept;
        }
        let Ok(rows) = read_own(path) else {
            return kept;
        };
        for row in rows.map_while(Result::ok) {
            let (Some(user), Some(link)) = (row.user_id, row.redeem_url) else {
                continue;
            };
            let tenant = row.tenant_id.as_deref();
            let here = tenant.is_some_and(|tenant| tenant.eq_ignore_ascii_case(tenant_id));
            if (tenant.is_some() && !here) || is_known(&user) {
                continue;
            }
            if here && !row.email.is_empty() {
                let address = row.email.to_lowercase();
                kept.by_address
                    .insert(address, (user.clone(), link.clone()));
            }
            kept.by_user.insert(user.to_ascii_lowercase(), link);
        }
        kept
    }

    /// Puts a kept link beside its user, where the row has none.
    pub(super) fn complete(&self, result: &mut RowResult) {
        let away = matches!(result.outcome, Outcome::Gone | Outcome::ExistsDeleted);
        if self.by_user.is_empty() || result.redeem_url.is_some() || away {
            return;
        }
        if let Some(user) = &result.user_id {
            result.redeem_url = self.by_user.get(&user.to_ascii_lowercase()).cloned();
        } else if let Some((user, link)) = self.by_address.get(&result.email.to_lowercase()) {
            result.user_id = Some(user.clone());
            result.redeem_url = Some(link.clone());
        }
    }
}
