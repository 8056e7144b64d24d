//! The page about a run: its rows are read twice, once to be counted and once to be written.

use super::{Source, Written, entry};
use crate::{
    commands::{own_mail, status::people::Scope},
    failure::{Failure, Result},
    ledger::{Reader, RunRecord},
    outcome::{RowResult, ThisRun},
    own_files::Rehearsal,
    report::{Chart, HtmlPage, Page, Row, RunFacts, Tally},
    results::PageFile,
    ui::RunReport,
};
use std::{io, path::Path};

/// What the ledger remembers of a run.
pub(in crate::commands) fn facts(reader: &Reader, run: &RunRecord) -> Result<RunFacts> {
    let mut facts = RunFacts {
        id: run.id.clone(),
        sheet: run.sheet.clone(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        rehearsal: Rehearsal::of_run(&run.id),
        traffic: reader.traffic_of(run)?,
        ..RunFacts::default()
    };
    let report = run.report.as_deref().map(serde_json::from_str::<RunReport>);
    if let Some(Ok(report)) = report {
        facts.add(&report);
    }
    // What the ledger says for itself stands above what a report of an earlier version lacks.
    facts.exit_code = run.exit_code;
    Ok(facts)
}

pub(in crate::commands) fn write(
    source: &Source<'_>,
    facts: &RunFacts,
    target: &Path,
) -> Result<Written> {
    let reader = source.ledger.reader()?;
    let mut tally = Tally::default();
    let mut invited = Vec::new();
    for result in results(&reader, &facts.id) {
        let result = result?;
        tally.add(&result);
        if result.this_run == Some(ThisRun::Invited) {
            invited.extend(result.invited_at);
        }
    }
    let shown = source.count(&reader, Scope::Run(&facts.id))?;
    let redemption = source.redemption(&shown, &format!(" --run {}", facts.id));
    let page = Page::of_run(
        &source.about(&reader)?,
        facts,
        &tally,
        &entry,
        Chart::of(&invited, &facts.traffic),
        redemption,
    );
    let failed = |error: io::Error| PageFile::failed(target, &error);
    let mut html = HtmlPage::begin(PageFile::create(target)?, &page).map_err(failed)?;
    for result in results(&reader, &facts.id) {
        let result = result?;
        let read = match &result.user_id {
            Some(user_id) => reader.kept_state(user_id)?,
            None => None,
        };
        let state = read.map(|read| (read.state, read.since));
        let row = Row::of_run(&result, state, source.with_links);
        html.row(&row).map_err(failed)?;
    }
    let (path, notes) = html.finish().map_err(failed)?.finish()?;
    Ok(Written { path, notes })
}

fn results<'a>(reader: &'a Reader, run: &'a str) -> impl Iterator<Item = Result<RowResult>> + 'a {
    let rows = reader.results(run);
    rows.map(|row| row.map(own_mail::up_to_date).map_err(Failure::from))
}
