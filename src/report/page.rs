//! Everything that stands above the table and below it, as the templates take it.
//!
//! Must not hold a redeem link.

use super::{
    chart::Chart,
    happened::{RunFacts, run_happened, run_next},
    problems::{Catalogue, Problem, problems},
    redemption::{Redemption, thousandths},
    tally::Tally,
};
use crate::{
    outcome::{Attention, GuestState},
    ui::{
        guest_state_meaning,
        text::{number, plural_of},
    },
};
use jiff::Timestamp;
use serde::Serialize;

/// Whose page it is, and when and by what it was made.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// The name and the id of the tenant, where the ledger belongs to one.
    pub tenant: Option<(Option<String>, String)>,
    pub ledger: String,
    pub now: Timestamp,
    pub version: &'static str,
    pub with_links: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Page {
    title: String,
    subtitle: String,
    notices: Vec<String>,
    happened: Vec<String>,
    next: Vec<String>,
    counts_title: &'static str,
    count_column: &'static str,
    word_column: &'static str,
    not_done: &'static str,
    counts: Vec<Count>,
    problems: Vec<Problem>,
    chart: Option<Chart>,
    redemption: Redemption,
    table_title: &'static str,
    number_column: &'static str,
    caption: &'static str,
    caution: String,
    #[serde(skip)]
    pub(super) made: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Count {
    word: &'static str,
    number: String,
    meaning: &'static str,
    tone: Attention,
    share: u64,
}

impl Page {
    /// The page about a run.
    pub(crate) fn of_run(
        about: &About,
        run: &RunFacts,
        tally: &Tally,
        catalogue: Catalogue<'_>,
        chart: Option<Chart>,
        redemption: Redemption,
    ) -> Self {
        let sheet = run.sheet.as_deref().map_or("a sheet", file_name);
        let mut subtitle = format!("Run {} of {sheet}", run.id);
        subtitle.push_str(&tenant_id(about));
        let counts = tally.outcomes.iter().map(|(outcome, n)| Count {
            word: outcome.word(),
            number: number(*n),
            meaning: outcome.meaning(),
            tone: outcome.attention(),
            share: thousandths(*n, tally.rows),
        });
        Self {
            title: format!("Guests of {}", tenant_name(about)),
            subtitle,
            notices: run.notices(),
            happened: run_happened(run, tally),
            next: run_next(run, tally),
            counts_title: "Outcomes",
            count_column: "Rows",
            word_column: "Outcome",
            not_done: "everything that is not done",
            counts: counts.collect(),
            problems: problems(tally, catalogue),
            chart,
            redemption,
            table_title: "Every row",
            number_column: "Row",
            caption: "The rows in the order of the sheet. Times are UTC.",
            caution: caution(about, tally.links),
            made: made(about),
        }
    }

    /// The page about everybody whom the ledger knows.
    pub(crate) fn of_everybody(
        about: &About,
        happened: Vec<String>,
        counts: Vec<Count>,
        chart: Option<Chart>,
        redemption: Redemption,
        links: u64,
    ) -> Self {
        let mut subtitle = format!("Everybody in the ledger {}", about.ledger);
        subtitle.push_str(&tenant_id(about));
        Self {
            title: format!("Guests of {}", tenant_name(about)),
            subtitle,
            notices: Vec::new(),
            happened,
            next: Vec::new(),
            counts_title: "Where they stand",
            count_column: "People",
            word_column: "State",
            not_done: "everybody who waits or needs a look",
            counts,
            problems: Vec::new(),
            chart,
            redemption,
            table_title: "Everybody",
            number_column: "",
            caption: "In the order in which the ledger came to know them. Times are UTC.",
            caution: caution(about, links),
            made: made(about),
        }
    }
}

/// The states of everybody, as the page shows them.
pub(crate) fn state_counts(states: &[(GuestState, u64)], people: u64) -> Vec<Count> {
    let count = |(state, n): &(GuestState, u64)| Count {
        word: state.word(),
        number: number(*n),
        meaning: guest_state_meaning(*state),
        tone: state.attention(),
        share: thousandths(*n, people),
    };
    states.iter().map(count).collect()
}

fn tenant_name(about: &About) -> String {
    match &about.tenant {
        Some((Some(name), _)) => name.clone(),
        Some((None, id)) => format!("the tenant {id}"),
        None => "a tenant".to_owned(),
    }
}

fn tenant_id(about: &About) -> String {
    match &about.tenant {
        Some((Some(_), id)) => format!(" · tenant {id}"),
        _ => String::new(),
    }
}

/// The last part of a path, whichever system wrote it.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn caution(about: &About, links: u64) -> String {
    match (about.with_links, links) {
        (_, 0) => "This page names people: pass it on only to those who may see them.".to_owned(),
        (true, links) => format!(
            "This page holds {}. Whoever has one can redeem in that person's place: pass the page on only to those who may, and delete it afterwards.",
            plural_of(links, "redeem link", "redeem links")
        ),
        (false, _) => "This page names people: pass it on only to those who may see them. The redeem links are masked; they stand in the results, and --with-links writes them here.".to_owned(),
    }
}

fn made(about: &About) -> Vec<String> {
    vec![format!(
        "Made by guestlist {} on {} from the ledger {}. The page asks nothing of any other place and can be kept as it is.",
        about.version,
        about.now.strftime("%F %H:%M UTC"),
        about.ledger
    )]
}
