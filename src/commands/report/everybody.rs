//! The page about everybody whom the ledger knows: where each of them stands, as it was read last.

use super::{Source, Written, chart};
use crate::{
    commands::status::{
        people::{Pages, Scope},
        report::status_of,
    },
    failure::Result,
    ledger::{MailHistory, Reader},
    report::{HtmlPage, Known, Page, Row, everybody_happened, state_counts},
    results::PageFile,
};
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
    let invited = runs.iter().filter(|run| run.verb == "invite");
    let first = runs.iter().map(|run| run.started_at).min();
    let page = Page::of_everybody(
        &source.about(&reader)?,
        everybody_happened(shown.people, invited.count() as u64, first),
        state_counts(&shown.states, shown.people),
        chart(&reader, None)?,
        source.redemption(&shown, ""),
        reader.links()?,
    );
    let names = names(&reader)?;
    let failed = |error: io::Error| PageFile::failed(target, &error);
    let mut html = HtmlPage::begin(PageFile::create(target)?, &page).map_err(failed)?;
    each_page(&reader, |person| {
        let known = person.known.as_ref();
        let id = known.and_then(|known| known.person);
        let user_id = known.and_then(|known| known.user_id.as_deref());
        let history = match user_id {
            Some(user_id) => reader.mail_history(user_id)?,
            None => MailHistory::default(),
        };
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

/// What the newest rows call everybody.
fn names(reader: &Reader) -> Result<HashMap<i64, String>> {
    let mut people = HashSet::new();
    each_page(reader, |person| {
        people.extend(person.known.and_then(|known| known.person));
        Ok(())
    })?;
    Ok(reader.names_of(&people)?)
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
