//! The page about everybody whom the ledger knows: where each of them stands, as it was read last.

use super::{Source, Written};
use crate::{
    commands::status::{
        people::{Pages, Scope},
        report::status_of,
    },
    events::Traffic,
    failure::Result,
    ledger::Reader,
    report::{Chart, HtmlPage, Known, Page, Row, everybody_happened, state_counts},
    results::PageFile,
};
use jiff::Timestamp;
use std::{
    collections::{HashMap, HashSet},
    io,
    path::Path,
};

/// All runs that a ledger can have.
const ALL_RUNS: u32 = u32::MAX;

pub(super) fn write(source: &Source<'_>, target: &Path) -> Result<Written> {
    let reader = source.ledger.reader()?;
    let shown = source.count(&reader, Scope::Everybody)?;
    let runs = reader.runs(ALL_RUNS)?;
    let invitation_runs = runs.iter().filter(|run| run.verb == "invite").count() as u64;
    let first = runs.iter().map(|run| run.started_at).min();
    let mut traffic = Traffic::default();
    for run in &runs {
        traffic.add(&reader.traffic_of(run)?);
    }
    let (names, invited) = names_and_invitations(&reader)?;
    let page = Page::of_everybody(
        &source.about(&reader)?,
        everybody_happened(shown.people, invitation_runs, first),
        state_counts(&shown.states, shown.people),
        Chart::of(&invited, &traffic),
        source.redemption(&shown, ""),
        reader.links()?,
    );
    let failed = |error: io::Error| PageFile::failed(target, &error);
    let mut html = HtmlPage::begin(PageFile::create(target)?, &page).map_err(failed)?;
    let histories = reader.mail_histories()?;
    each_page(&reader, |person| {
        let known = person.known.as_ref();
        let id = known.and_then(|known| known.person);
        let user_id = known.and_then(|known| known.user_id.as_deref());
        let history = histories.of(id, user_id)?;
        let status = status_of(&person, history, source.now);
        let kept = match id {
            Some(id) => reader.person_by_id(id)?,
            None => None,
        };
        let row = Row::of_ledger(
            &Known {
                state: status.state,
                since: status.since,
                email: &status.email,
                name: id.and_then(|id| names.get(&id)).map(String::as_str),
                note: status.note.as_deref(),
                invited_at: status.invited_at,
                mail: status.mail,
                link: kept.as_ref().and_then(|kept| kept.redeem_url.as_ref()),
            },
            source.with_links,
        );
        html.row(&row).map_err(failed)
    })?;
    let (path, notes) = html.finish().map_err(failed)?.finish()?;
    Ok(Written { path, notes })
}

/// What the newest rows call everybody, and when each was invited.
fn names_and_invitations(reader: &Reader) -> Result<(HashMap<i64, String>, Vec<Timestamp>)> {
    let (mut people, mut invited) = (HashSet::new(), Vec::new());
    each_page(reader, |person| {
        if let Some(known) = person.known {
            people.extend(known.person);
            invited.extend(known.invited_at);
        }
        Ok(())
    })?;
    Ok((reader.names_of(&people)?, invited))
}

fn each_page(
    reader: &Reader,
    mut each: impl FnMut(crate::commands::status::people::Person) -> Result<()>,
) -> Result<()> {
    let mut pages: Pages<'_> = Scope::Everybody.pages(reader)?;
    loop {
        let page = pages.next_page()?;
        if page.is_empty() {
            return Ok(());
        }
        for person in page {
            each(person)?;
        }
    }
}
