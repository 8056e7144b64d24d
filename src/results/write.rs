//! The results file: one line for every row of the sheet, in the sheet's order and manner.
//!
//! Must not decide an outcome or a hint; it writes down what it is given.

use super::{
    file::{TableFile, Written},
    kept_links::KeptLinks,
    layout::{Layout, SheetRow},
    merge::Merge,
    target::write_failure,
    to_fix::ToFix,
    words_page::{RunWords, WordsPage},
};
use crate::{
    failure::Result,
    one_word::OneWord,
    outcome::{FollowUp, Mail, RowResult, ThisRun, Verified},
    own_files::{FileKind, RESULT_COLUMNS, SHEET_PREFIX},
    visible::visible_line,
};
use clap::ValueEnum;
use secrecy::ExposeSecret;
use std::{borrow::Cow, path::Path};

/// Whether redeem links are written into the results. The ledger keeps them in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Links {
    #[default]
    Results,
    None,
}

impl OneWord for Links {}

/// What is the same for every row of a results file.
#[derive(Debug, Default)]
pub struct About {
    pub links: Links,
    pub tenant_id: String,
    pub run: String,
    /// For people: what the run was about.
    pub words: RunWords,
    /// Links that are only in the file that will be replaced.
    pub kept: KeptLinks,
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
    let (written, _) = write_with_to_fix(target, None, layout, sheet, results, about)?;
    Ok(written)
}

/// Writes the results and, where `to_fix` names a file, the rows that a person must correct, in one pass over the sheet.
/// There is no to-fix file when there is nothing to fix.
pub(crate) fn write_with_to_fix(
    target: &Path,
    to_fix: Option<&Path>,
    layout: &Layout,
    sheet: impl Iterator<Item = Result<SheetRow>>,
    results: &mut dyn Iterator<Item = Result<RowResult>>,
    about: &About,
) -> Result<(Written, Option<Written>)> {
    let failed = |error| write_failure(target, FileKind::Results, &error);
    let mut file = TableFile::create(target, FileKind::Results, layout).map_err(failed)?;
    let own: Vec<Cow<'_, str>> = names_without_collisions(layout).collect();
    file.record(
        RESULT_COLUMNS
            .into_iter()
            .chain(own.iter().map(AsRef::as_ref)),
    )
    .map_err(failed)?;
    // A failure to write the rows to fix must not cost the results, so it is reported after they are in their place.
    let mut fixing = Ok(to_fix.map(|path| ToFix::new(path, layout)));
    let mut words = WordsPage::new(&about.words, &about.tenant_id, &about.run);
    let mut merge = Merge::new(sheet);
    let mut rows = 0;
    for result in results {
        let mut result = result?;
        about.kept.complete(&mut result);
        let row = merge.row_for(&result);
        if let (true, Some(row)) = (result.email.is_empty(), &row) {
            result.email.clone_from(&row.email);
        }
        let has_link = about.links == Links::Results && result.redeem_url.is_some();
        words.add(&result, has_link);
        let ours = cells(&result, about);
        let ours = ours.iter().map(AsRef::as_ref);
        file.record(ours.chain(layout.cells(row.as_ref())))
            .map_err(failed)?;
        if let Ok(Some(to_fix)) = &mut fixing
            && let Err(failure) = to_fix.add(&result, row.as_ref())
        {
            fixing = Err(failure);
        }
        rows += 1;
    }
    let note = merge.finish();
    let (path, mut notes) = file.finish_with(&words).map_err(failed)?;
    notes.extend(note);
    let fixing = fixing?.map(ToFix::finish).transpose()?.flatten();
    Ok((Written { path, rows, notes }, fixing))
}

fn cells<'a>(result: &'a RowResult, about: &'a About) -> [Cow<'a, str>; RESULT_COLUMNS.len()] {
    /// An earlier version kept the text of a server as it was, so control characters are made visible here.
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
        word(result.follow_up.map(FollowUp::word)),
        text(result.user_id.as_ref()),
        about.tenant_id.as_str().into(),
        about.run.as_str().into(),
        text(result.request_id.as_ref()),
    ]
}

/// The sheet's own column names. A name that equals one of ours gets a prefix, and so does a name that begins with the
/// prefix, so that removing one prefix always gives back the name.
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
