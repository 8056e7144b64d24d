//! The results file: one line for every row of the sheet, in the sheet's order and manner.
//!
//! Must not decide an outcome or a hint; it writes down what it is given.

use super::{
    file::TableFile,
    kept::KeptLinks,
    layout::{Layout, SheetRow},
    merge::Merge,
    target::{FileKind, write_failure},
};
use crate::{
    failure::Result,
    one_word::OneWord,
    outcome::{Mail, RowResult, ThisRun, Verified},
    sheet::{RESULT_COLUMNS, SHEET_PREFIX},
    visible::visible_line,
};
use clap::ValueEnum;
use secrecy::ExposeSecret;
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

/// Whether redeem links are written into the results. The ledger keeps them in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Links {
    #[default]
    Results,
    None,
}

impl OneWord for Links {}

/// What stands on every row, and what is known of the file that is replaced.
#[derive(Debug, Default)]
pub struct About {
    pub links: Links,
    pub tenant_id: String,
    pub run: String,
    /// Links that only the file knows that is replaced.
    pub kept: KeptLinks,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where it is; another path than asked for when that one was locked.
    pub path: PathBuf,
    pub rows: u64,
    /// What a person should be told about it.
    pub notes: Vec<String>,
}

/// Writes the results. `results` come in the sheet's order, one for each data row; `sheet` gives the
/// same rows again.
pub fn write(
    target: &Path,
    layout: &Layout,
    sheet: impl Iterator<Item = Result<SheetRow>>,
    results: &mut dyn Iterator<Item = Result<RowResult>>,
    about: &About,
) -> Result<Written> {
    let failed = |error| write_failure(target, FileKind::Results, &error);
    let mut file = TableFile::create(target, FileKind::Results, layout).map_err(failed)?;
    let own: Vec<Cow<'_, str>> = names_without_collisions(layout).collect();
    file.record(
        RESULT_COLUMNS
            .into_iter()
            .chain(own.iter().map(AsRef::as_ref)),
    )
    .map_err(failed)?;
    let mut merge = Merge::new(sheet);
    let mut rows = 0;
    for result in results {
        let mut result = result?;
        about.kept.complete(&mut result);
        let row = merge.row_for(&result);
        let ours = cells(&result, about);
        let ours = ours.iter().map(AsRef::as_ref);
        file.record(ours.chain(layout.row_cells(row.as_ref(), &[])))
            .map_err(failed)?;
        rows += 1;
    }
    let note = merge.finish();
    let (path, mut notes) = file.finish().map_err(failed)?;
    notes.extend(note);
    Ok(Written { path, rows, notes })
}

fn cells<'a>(result: &'a RowResult, about: &'a About) -> [Cow<'a, str>; RESULT_COLUMNS.len()] {
    /// Also what an earlier version kept as the server had written it.
    fn text(value: Option<&String>) -> Cow<'_, str> {
        visible_line(value.map_or("", String::as_str))
    }
    fn word(value: Option<&'static str>) -> Cow<'static, str> {
        Cow::Borrowed(value.unwrap_or_default())
    }
    let link = match (&result.redeem_url, about.links) {
        (Some(link), Links::Results) => link.expose_secret(),
        _ => "",
    };
    [
        result.row.to_string().into(),
        result.outcome.word().into(),
        result.email.as_str().into(),
        result.display_name.as_deref().unwrap_or_default().into(),
        text(result.hint.as_ref()),
        link.into(),
        text(result.redemption.as_ref()),
        word(result.mail.map(Mail::word)),
        text(result.error_code.as_ref()),
        text(result.error.as_ref()),
        result
            .invited_at
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            .unwrap_or_default()
            .into(),
        word(result.this_run.map(ThisRun::word)),
        word(result.verified.map(Verified::word)),
        text(result.follow_up.as_ref()),
        text(result.user_id.as_ref()),
        about.tenant_id.as_str().into(),
        about.run.as_str().into(),
        text(result.request_id.as_ref()),
    ]
}

/// The sheet's own names, with a prefix before those that a program would take for ours, and before those that have
/// it already, so that taking one away always gives back what was there.
fn names_without_collisions(layout: &Layout) -> impl Iterator<Item = Cow<'_, str>> {
    layout.kept_names().map(|name| {
        let own = name.trim();
        let ours = |column: &&str| column.eq_ignore_ascii_case(own);
        if own.starts_with(SHEET_PREFIX) || RESULT_COLUMNS.iter().any(ours) {
            Cow::Owned(format!("{SHEET_PREFIX}{own}"))
        } else {
            Cow::Borrowed(name)
        }
    })
}

#[cfg(test)]
mod tests;
