//! `guestlist status --sponsors`: guests without a sponsor, or with one whose account is disabled or deleted.
//!
//! The links from guests to sponsors are read twenty guests in a request, the sponsors themselves a thousand in a request.

use super::{
    people::Scope,
    read_states::{StateReader, cut},
};
use crate::{
    cli,
    commands::connect::Connection,
    exit::Exit,
    failure::Result,
    graph::ListedSponsor,
    ledger::MailHistory,
    outcome::GuestState,
    results::{GuestStatus, STDOUT, StatusFile},
    ui::{self, text},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

/// How many the screen lists.
const LISTED: usize = 20;

/// What was found about the guests of a scope.
pub(super) struct SponsorsFound {
    guests: u64,
    sponsors: u64,
    without: u64,
    disabled: u64,
    deleted: u64,
    /// The guests whom nobody vouches for any more, each with what is wrong.
    affected: Vec<GuestStatus>,
}

/// A guest and the ids of the sponsors.
struct Sponsored {
    guest: GuestStatus,
    sponsors: Vec<ListedSponsor>,
}

pub(super) async fn find(reading: &StateReader<'_>, scope: Scope<'_>) -> Result<SponsorsFound> {
    let reader = reading.ledger.reader()?;
    let mut pages = scope.pages(&reader)?;
    let mut sponsored = Vec::new();
    let mut distinct: HashSet<String> = HashSet::new();
    loop {
        let page = pages.next_page()?;
        if page.is_empty() {
            break;
        }
        let count = page.len() as u64;
        let mut by_id: HashMap<String, GuestStatus> = HashMap::new();
        let mut ids = Vec::with_capacity(page.len());
        for person in page {
            let guest =
                super::report::status_of(&person, MailHistory::default(), reading.clock.now());
            if let Some(id) = &guest.user_id {
                let id = id.to_ascii_lowercase();
                if !by_id.contains_key(&id) {
                    ids.push(id.clone());
                }
                by_id.insert(id, guest);
            }
        }
        for (id, sponsors) in reading.graph.sponsors_of(&ids).await.map_err(cut)? {
            let Some(guest) = by_id.remove(&id.to_ascii_lowercase()) else {
                continue;
            };
            let users = sponsors.iter().filter(|sponsor| !sponsor.is_group);
            distinct.extend(users.map(|sponsor| sponsor.id.to_ascii_lowercase()));
            sponsored.push(Sponsored { guest, sponsors });
        }
        reading
            .progress
            .send_modify(|progress| progress.done += count);
    }
    let ids: Vec<String> = distinct.into_iter().collect();
    let states = crate::directory::read_states(reading.graph, &ids)
        .await
        .map_err(cut)?;
    let missing: Vec<String> = ids
        .iter()
        .filter(|id| !states.contains_key(*id))
        .cloned()
        .collect();
    let found_after_all = crate::directory::confirm_gone(reading.graph, &missing)
        .await
        .map_err(cut)?;
    let state = |id: &str| {
        let id = id.to_ascii_lowercase();
        states
            .get(&id)
            .or_else(|| found_after_all.get(&id))
            .map_or(GuestState::Gone, |now| now.state)
    };
    let mut found = SponsorsFound {
        guests: sponsored.len() as u64,
        sponsors: ids.len() as u64,
        without: 0,
        disabled: 0,
        deleted: 0,
        affected: Vec::new(),
    };
    for Sponsored {
        mut guest,
        sponsors,
    } in sponsored
    {
        let of = |wanted: GuestState| {
            let users = sponsors.iter().filter(|sponsor| !sponsor.is_group);
            users.filter(|sponsor| state(&sponsor.id) == wanted).count()
        };
        let (disabled, deleted) = (of(GuestState::Disabled), of(GuestState::Gone));
        let mut wrong = Vec::new();
        if sponsors.is_empty() {
            found.without += 1;
            wrong.push("no sponsor".to_owned());
        }
        found.disabled += u64::from(disabled > 0);
        found.deleted += u64::from(deleted > 0);
        let all = sponsors.len() as u64;
        let of_all = |count: usize, what: &str| match (count as u64, all) {
            (1, 1) => format!("the sponsor is {what}"),
            (count, all) => format!("{count} of {all} sponsors {what}"),
        };
        if disabled > 0 {
            wrong.push(of_all(disabled, "disabled"));
        }
        if deleted > 0 {
            wrong.push(of_all(deleted, "deleted"));
        }
        if !wrong.is_empty() {
            guest.note = Some(wrong.join(", "));
            guest.sponsors = sponsors.into_iter().map(|sponsor| sponsor.id).collect();
            found.affected.push(guest);
        }
    }
    Ok(found)
}

pub(super) fn tell(
    typed: &cli::Status,
    found: &SponsorsFound,
    whom: &str,
    connection: &Connection,
    target: Option<&Path>,
) -> Result<Exit> {
    if let Some(target) = target {
        let mut file = StatusFile::create(target)?;
        for guest in &found.affected {
            file.guest(guest)?;
        }
        super::finish(Some(file), false)?;
    }
    let requests = connection.graph.requests();
    let mut out = ui::Out::stdout();
    if typed.json {
        let value: Value = json!({
            "tenant": {"id": connection.tenant.id, "name": connection.tenant.name},
            "guests_read": found.guests,
            "sponsors_read": found.sponsors,
            "without_sponsor": found.without,
            "sponsor_disabled": found.disabled,
            "sponsor_deleted": found.deleted,
            "guests": found.affected,
            "requests": {"total": requests.total, "throttled": requests.throttled},
            "exit_code": Exit::Done.code(),
        });
        out.json(&value)?;
    } else if target != Some(Path::new(STDOUT)) {
        out.line(screen(found, whom))?;
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn screen(found: &SponsorsFound, whom: &str) -> String {
    let guests = text::plural(found.guests, "guest");
    let sponsors = text::plural(found.sponsors, "sponsor");
    let mut lines = vec![
        text::wrap(&format!("{guests} {whom}, with {sponsors}"), 0, 0),
        String::new(),
    ];
    for (what, count) in [
        ("without a sponsor", found.without),
        ("with a disabled sponsor", found.disabled),
        ("with a deleted sponsor", found.deleted),
    ] {
        lines.push(format!("  {what:<28}{:>9}", text::number(count)));
    }
    if !found.affected.is_empty() {
        lines.push(String::new());
    }
    for guest in found.affected.iter().take(LISTED) {
        let email = text::printable_line(&guest.email);
        let note = guest.note.as_deref().unwrap_or_default();
        lines.push(format!(
            "  {} {note}",
            text::pad(&text::shorten(&email, 44), 44)
        ));
    }
    let more = found.affected.len().saturating_sub(LISTED) as u64;
    if more > 0 {
        lines.push(format!(
            "  and {} more: -o FILE writes all of them",
            text::number(more)
        ));
    }
    lines.join("\n")
}
