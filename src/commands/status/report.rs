//! What the ledger knows about everybody who is meant, counted, listed and written.
//!
//! Must not ask the tenant: whoever had to be read was read before.

use super::people::{Person, RowsLeftOut, Scope};
use crate::{
    engine::is_over,
    failure::Result,
    ledger::{KnownGuest, MailHistory, PersonState, Reader},
    outcome::{GuestState, Verified},
    results::{GuestStatus, StatusFile},
    ui::{GuestGroup, StatusShown, text},
};
use jiff::Timestamp;
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::Duration,
};

/// How many groups and people the screen shows.
const GROUPS: usize = 10;
const LISTED: usize = 20;

/// Who is counted and listed.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::commands) struct Filter {
    pub pending: bool,
    pub older_than: Option<Duration>,
    pub unverified: bool,
}

impl Filter {
    fn takes_everybody(&self) -> bool {
        !self.pending && self.older_than.is_none() && !self.unverified
    }

    fn takes(&self, person: &Person, guest: &GuestStatus, now: Timestamp) -> bool {
        let known = person.known.as_ref();
        let old = self.older_than.is_none_or(|age| {
            known
                .and_then(invited)
                .is_some_and(|at| is_over(at, age, now))
        });
        let unseen = known.is_some_and(|known| {
            known.user_id.is_some()
                && known.verified != Some(Verified::Found)
                && matches!(guest.state, GuestState::Gone | GuestState::Unknown)
        });
        (!self.pending || guest.state == GuestState::Pending) && old && (!self.unverified || unseen)
    }
}

/// When a guest was invited: as the ledger knows, and not before the directory had the guest, as our clock may have been
/// wrong then. A date that nobody knows makes nobody old.
pub(in crate::commands) fn invited(known: &KnownGuest) -> Option<Timestamp> {
    let created_at = known.read.and_then(|read| read.created_at);
    known
        .invited_at
        .filter(|at| *at > Timestamp::UNIX_EPOCH)
        .max(created_at)
}

/// Everything about one person, with the state as it was read last.
pub(in crate::commands) fn status_of(
    person: &Person,
    history: MailHistory,
    now: Timestamp,
) -> GuestStatus {
    let known = person.known.as_ref();
    let read = known.and_then(|known| known.read);
    let has_user = known.is_some_and(|known| known.user_id.is_some());
    let is_asked = known.is_some_and(|known| known.standing == PersonState::Asked);
    let state = match (read, has_user) {
        _ if person.is_forgotten => GuestState::Unknown,
        (Some(read), true) => read.state,
        (None, true) => GuestState::Unknown,
        // Asked for without a certain answer: a mail may be there already.
        (_, false) if is_asked => GuestState::Unknown,
        (_, false) => GuestState::NotInvited,
    };
    let mut guest = GuestStatus {
        email: person.email.clone(),
        state,
        since: read.and_then(|read| read.since),
        invited_at: known.and_then(|known| known.invited_at),
        pending_days: None,
        mail: known.and_then(|known| known.mail),
        reminders: history.reminders,
        last_mail: history.last_mail,
        sponsors: person.sponsors.clone(),
        note: None,
        user_id: known.and_then(|known| known.user_id.clone()),
        read_at: read.map(|read| read.read_at),
        row: person.row,
    };
    if state == GuestState::Pending {
        guest.pending_days = known
            .and_then(invited)
            .map(|at| u64::try_from(now.duration_since(at).as_hours() / 24).unwrap_or(0));
    }
    guest.note = match state {
        _ if person.is_forgotten => Some("forgotten on request, so that nothing is known"),
        GuestState::NotInvited => match known.map(|known| known.standing) {
            Some(PersonState::Refused) => Some("refused by Graph"),
            _ => None,
        },
        GuestState::Unknown if !has_user && is_asked => {
            Some("asked, and it is not known yet what came of it")
        }
        GuestState::Unknown if read.is_none() => Some("not read yet"),
        GuestState::Unknown
            if known.is_some_and(|known| known.verified != Some(Verified::Found)) =>
        {
            Some("not seen in the directory, or without a state there")
        }
        _ => None,
    }
    .map(str::to_owned);
    let deleted = known.and_then(|known| known.deleted.as_ref());
    if let (GuestState::Gone, Some((at, run))) = (state, deleted) {
        let at = at.strftime("%Y-%m-%d %H:%M UTC");
        guest.note = Some(format!("deleted by `guestlist cleanup` at {at}, run {run}"));
    }
    guest
}

/// What came of going through everybody.
pub(in crate::commands) struct Report {
    pub shown: StatusShown,
    /// Everybody who is meant, for `--json`.
    pub guests: Vec<GuestStatus>,
    /// Rows of the sheet that are not among the people.
    pub left_out: RowsLeftOut,
}

/// What is wanted beside the numbers.
pub(in crate::commands) struct Wanted<'w> {
    pub file: Option<&'w mut StatusFile>,
    /// Whether everybody is to be handed back too.
    pub all: bool,
}

pub(in crate::commands) fn report(
    reader: &Reader,
    scope: Scope<'_>,
    filter: Filter,
    now: Timestamp,
    mut wanted: Wanted<'_>,
) -> Result<Report> {
    let mut totals = Totals {
        lists_all: filter.unverified,
        ..Totals::default()
    };
    let mut guests = Vec::new();
    let mut forgotten = Vec::new();
    let histories = reader.mail_histories()?;
    let mut pages = scope.pages(reader)?;
    loop {
        let page = pages.next_page()?;
        let is_last = page.is_empty();
        // Rows without a state are in no group of people that a filter names.
        let skipped = std::mem::take(&mut pages.skipped);
        let mut skipped = skipped
            .into_iter()
            .filter(|_| filter.takes_everybody())
            .peekable();
        for person in page {
            if let Some(file) = wanted.file.as_deref_mut() {
                while let Some(row) = skipped.next_if(|row| Some(row.row) < person.row) {
                    file.row_without_state(row.row, &row.email, &row.why)?;
                }
            }
            if person.is_forgotten {
                forgotten.extend(person.row);
            }
            let known = person.known.as_ref();
            let history = histories.of(
                known.and_then(|known| known.person),
                known.and_then(|known| known.user_id.as_deref()),
            )?;
            let guest = status_of(&person, history, now);
            if !filter.takes(&person, &guest, now) {
                continue;
            }
            totals.count(&guest);
            if let Some(file) = wanted.file.as_deref_mut() {
                file.guest(&guest)?;
            }
            if wanted.all {
                guests.push(guest);
            }
        }
        if let Some(file) = wanted.file.as_deref_mut() {
            for row in skipped {
                file.row_without_state(row.row, &row.email, &row.why)?;
            }
        }
        if is_last {
            break;
        }
    }
    let left_out = pages.left_out;
    let mut rows_told = left_out.told();
    rows_told.extend(named(
        &forgotten,
        "forgotten on request, so that the ledger knows nothing of the person",
        "forgotten on request, so that the ledger knows nothing of these people",
    ));
    Ok(Report {
        shown: StatusShown {
            rows_left_out: rows_told,
            ..totals.shown()
        },
        guests,
        left_out,
    })
}

/// Rows that are named; more are counted.
const NAMED: usize = 10;

/// The rows and what is said of one of them, or of several; none without a row.
fn named(rows: &[u64], what: &str, these: &str) -> Option<String> {
    let shown: Vec<String> = rows.iter().take(NAMED).map(u64::to_string).collect();
    let more = rows.len().saturating_sub(shown.len()) as u64;
    let rows = match (rows.len(), more) {
        (0, _) => return None,
        (1, _) => return Some(format!("row {}: {what}", shown.join(""))),
        (_, 0) => format!("rows {}", text::list(&shown)),
        (_, more) => format!("rows {} and {} more", shown.join(", "), text::number(more)),
    };
    Some(format!("{rows}: {these}"))
}

impl RowsLeftOut {
    /// One sentence for each kind.
    fn told(&self) -> Vec<String> {
        let invalid = named(
            &self.invalid,
            "invalid on the sheet, so nobody is counted for it (`guestlist check` says why)",
            "invalid on the sheet, so nobody is counted for them (`guestlist check` says why)",
        );
        let duplicate = named(
            &self.duplicate,
            "repeats an address of another row, and counts with that one",
            "repeat an address of another row, and count with that one",
        );
        [invalid, duplicate].into_iter().flatten().collect()
    }
}

const AGES: [(&str, u64); 5] = [
    ("under 7 days", 7),
    ("7 to 13 days", 14),
    ("14 to 29 days", 30),
    ("30 to 89 days", 90),
    ("90 days and more", u64::MAX),
];
const UNKNOWN_AGE: &str = "unknown";

#[derive(Default)]
struct Totals {
    people: u64,
    read_at: Option<Timestamp>,
    states: HashMap<GuestState, u64>,
    ages: [u64; AGES.len() + 1],
    domains: HashMap<String, GuestGroup>,
    sponsors: HashMap<String, GuestGroup>,
    /// Whether everybody is listed, and not only those who are pending.
    lists_all: bool,
    listed: u64,
    /// The ones who have waited longest; the youngest of them goes first.
    oldest: BinaryHeap<Reverse<Waiting>>,
}

/// A pending guest, by age.
struct Waiting(GuestStatus);

impl Waiting {
    fn order(&self) -> (u64, Reverse<&str>) {
        (self.0.pending_days.unwrap_or(0), Reverse(&self.0.email))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl Totals {
    fn count(&mut self, guest: &GuestStatus) {
        self.people += 1;
        // Of several readings the oldest is told: everything is at least as new.
        self.read_at = match (self.read_at, guest.read_at) {
            (Some(known), Some(at)) => Some(known.min(at)),
            (known, at) => known.or(at),
        };
        *self.states.entry(guest.state).or_default() += 1;
        // Of people who were forgotten, runs keep no address.
        if let Some((_, domain)) = guest.email.rsplit_once('@') {
            add(&mut self.domains, &domain.to_ascii_lowercase(), guest.state);
        }
        for sponsor in &guest.sponsors {
            add(&mut self.sponsors, sponsor, guest.state);
        }
        if guest.state == GuestState::Pending {
            let age = match guest.pending_days {
                Some(days) => AGES.iter().position(|(_, under)| days < *under),
                None => Some(AGES.len()),
            };
            self.ages[age.unwrap_or(AGES.len() - 1)] += 1;
        } else if !self.lists_all {
            return;
        }
        self.listed += 1;
        self.oldest.push(Reverse(Waiting(guest.clone())));
        if self.oldest.len() > LISTED {
            self.oldest.pop();
        }
    }

    fn shown(self) -> StatusShown {
        let states = GuestState::ALL
            .iter()
            .filter_map(|state| Some((*state, *self.states.get(state)?)))
            .collect();
        let names = AGES.iter().map(|(name, _)| *name).chain([UNKNOWN_AGE]);
        let ages = names
            .zip(self.ages)
            .filter(|(_, count)| *count > 0)
            .collect();
        let (domains, more_domains) = largest(self.domains);
        let (sponsors, more_sponsors) = largest(self.sponsors);
        let list: Vec<GuestStatus> = self
            .oldest
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(Waiting(guest))| guest)
            .collect();
        StatusShown {
            whom: String::new(),
            rows_left_out: Vec::new(),
            read_at: self.read_at,
            people: self.people,
            states,
            ages,
            domains,
            more_domains,
            sponsors,
            more_sponsors,
            list_title: if self.lists_all {
                "never seen in the directory".to_owned()
            } else {
                "pending, the oldest first".to_owned()
            },
            more_in_list: self.listed.saturating_sub(list.len() as u64),
            list,
        }
    }
}

fn add(groups: &mut HashMap<String, GuestGroup>, name: &str, state: GuestState) {
    if !groups.contains_key(name) {
        groups.insert(
            name.to_owned(),
            GuestGroup {
                name: name.to_owned(),
                ..GuestGroup::default()
            },
        );
    }
    if let Some(group) = groups.get_mut(name) {
        group.people += 1;
        group.pending += u64::from(state == GuestState::Pending);
        group.accepted += u64::from(state == GuestState::Accepted);
    }
}

fn largest(groups: HashMap<String, GuestGroup>) -> (Vec<GuestGroup>, u64) {
    let mut groups: Vec<GuestGroup> = groups.into_values().collect();
    groups.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
    let more = groups.len().saturating_sub(GROUPS) as u64;
    groups.truncate(GROUPS);
    (groups, more)
}
