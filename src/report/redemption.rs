//! Who has redeemed, by domain and age, once that was read.
//!
//! Must not count; it shows numbers that are given to it.

use crate::{
    outcome::GuestState,
    ui::{
        GuestGroup, StatusShown, guest_state_meaning,
        text::{number, plural, plural_of},
    },
};
use serde::Serialize;

#[derive(Debug, Default, Serialize)]
pub(crate) struct Redemption {
    told: Vec<String>,
    tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
struct Table {
    columns: Vec<&'static str>,
    lines: Vec<Line>,
    more: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    numbers: Vec<String>,
    /// In thousandths of the whole.
    share: u64,
}

impl Redemption {
    /// `command` is the one that reads who has redeemed.
    pub(crate) fn of(shown: &StatusShown, command: &str) -> Self {
        let Some(read_at) = shown.read_at else {
            return Self {
                told: vec![format!(
                    "Nobody has looked yet who has redeemed: `{command}` reads it from the tenant, and the next report shows it by domain and age."
                )],
                tables: Vec::new(),
            };
        };
        let states = shown.states.iter();
        let states: Vec<String> = states
            .map(|(state, n)| {
                format!(
                    "{} {} ({})",
                    number(*n),
                    state.word(),
                    guest_state_meaning(*state)
                )
            })
            .collect();
        let accepted: u64 = shown
            .states
            .iter()
            .filter(|(state, _)| *state == GuestState::Accepted)
            .map(|(_, n)| n)
            .sum();
        let people = plural_of(shown.people, "person", "people");
        let percent = (accepted * 100).checked_div(shown.people).unwrap_or(0);
        let told = vec![
            format!(
                "Of {people}, {} redeemed ({percent} %). This was read on {}, and `{command}` reads it again.",
                plural_of(accepted, "has", "have"),
                read_at.strftime("%F %H:%M UTC")
            ),
            format!("All states: {}.", states.join(", ")),
        ];
        let waiting: u64 = shown.ages.iter().map(|(_, n)| n).sum();
        let ages = Table {
            columns: vec!["Pending, by time since the invitation", "People"],
            lines: shown
                .ages
                .iter()
                .map(|(age, n)| Line {
                    name: (*age).to_owned(),
                    numbers: vec![number(*n)],
                    share: thousandths(*n, waiting),
                })
                .collect(),
            more: None,
        };
        let tables = [
            groups("Domain", "domain", &shown.domains, shown.more_domains),
            ages,
            groups("Sponsor", "sponsor", &shown.sponsors, shown.more_sponsors),
        ];
        Self {
            told,
            tables: tables
                .into_iter()
                .filter(|table| !table.lines.is_empty())
                .collect(),
        }
    }
}

fn groups(title: &'static str, what: &str, groups: &[GuestGroup], more: u64) -> Table {
    Table {
        columns: vec![title, "People", "Pending", "Redeemed"],
        lines: groups
            .iter()
            .map(|group| Line {
                name: group.name.clone(),
                numbers: [group.people, group.pending, group.accepted]
                    .map(number)
                    .to_vec(),
                share: thousandths(group.accepted, group.people),
            })
            .collect(),
        more: (more > 0).then(|| format!("and {}", plural(more, &format!("smaller {what}")))),
    }
}

pub(super) fn thousandths(n: u64, of: u64) -> u64 {
    (n * 1_000).checked_div(of).unwrap_or(0)
}
