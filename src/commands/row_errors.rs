//! What is wrong with which rows of a run, by code, for a screen: never with an address.

use super::CATALOGUES;
use crate::{
    failure::Result,
    ledger::{Reader, RunError},
    ui::RunErrorShown,
};

/// A text that is longer is Graph's own, and the title of its code says the same in our words.
const LONGEST_TEXT: usize = 80;

pub(super) fn errors(reader: &Reader, run: &str) -> Result<Vec<RunErrorShown>> {
    let errors = reader.run_errors(run)?;
    Ok(errors.into_iter().map(shown).collect())
}

fn shown(error: RunError) -> RunErrorShown {
    let title = CATALOGUES
        .iter()
        .copied()
        .flatten()
        .find(|entry| entry.code == error.code)
        .map(|entry| entry.title.to_owned());
    RunErrorShown {
        title,
        text: error
            .text
            .filter(|text| !text.contains('@') && text.chars().count() <= LONGEST_TEXT),
        code: error.code,
        count: error.count,
        rows: error.rows,
    }
}
