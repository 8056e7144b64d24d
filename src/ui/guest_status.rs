//! Who has come, on the screen: how many are in which state, where the pending ones are, and who has waited longest.
//!
//! Must not count; it shows numbers that are given to it.

use super::{
    style::{bold, care, dim, good},
    text::{number, pad, plural, plural_of, printable_line, shorten, wrap},
};
use crate::{outcome::GuestState, results::GuestStatus};
use std::fmt::Write;

/// The address and its state have to fit beside each other.
const ADDRESS: usize = 40;
const NAME: usize = 38;

/// Guests of one domain, or of one sponsor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GuestGroup {
    pub name: String,
    pub people: u64,
    pub pending: u64,
    pub accepted: u64,
}

/// Everything that the screen shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct StatusShown {
    /// Who is meant, as in `of guests.csv`.
    pub whom: String,
    /// Rows of the sheet that are not among the people, in sentences.
    pub rows_left_out: Vec<String>,
    /// When the states were read; none where nobody had to be read.
    pub read_at: Option<jiff::Timestamp>,
    pub people: u64,
    /// In the order in which they are shown; none of them is empty.
    pub states: Vec<(GuestState, u64)>,
    /// Pending guests by the time since they were invited.
    pub ages: Vec<(&'static str, u64)>,
    /// The largest first, and how many more there are.
    pub domains: Vec<GuestGroup>,
    pub more_domains: u64,
    pub sponsors: Vec<GuestGroup>,
    pub more_sponsors: u64,
    /// What the list is of.
    pub list_title: String,
    pub list: Vec<GuestStatus>,
    pub more_in_list: u64,
}

pub(crate) fn status_text(shown: &StatusShown) -> String {
    let mut text = String::new();
    let read = shown
        .read_at
        .map(|at| format!(", read {}", at.strftime("%Y-%m-%d %H:%M UTC")))
        .unwrap_or_default();
    let people = plural_of(shown.people, "person", "people");
    let title = wrap(
        &format!("{people} {}{read}", printable_line(&shown.whom)),
        0,
        0,
    );
    let _ = writeln!(text, "{}\n", bold(title));
    for (state, count) in &shown.states {
        let percent = (count * 100).checked_div(shown.people).unwrap_or(0);
        let word = pad(state.word(), 14);
        let word = match state {
            GuestState::Accepted => good(word),
            GuestState::Pending => care(word),
            _ => word,
        };
        let _ = writeln!(
            text,
            "  {word}{:>9} {:>4} %  {}",
            number(*count),
            percent,
            dim(meaning(*state))
        );
    }
    for rows in &shown.rows_left_out {
        let _ = writeln!(text, "\n{}", wrap(rows, 0, 2));
    }
    if !shown.ages.is_empty() {
        let _ = writeln!(text, "\n{}", bold("pending, by age"));
        for (age, count) in &shown.ages {
            let _ = writeln!(text, "  {}{:>9}", pad(age, NAME), number(*count));
        }
    }
    groups(&mut text, "domain", &shown.domains, shown.more_domains);
    groups(&mut text, "sponsor", &shown.sponsors, shown.more_sponsors);
    if !shown.list.is_empty() {
        let _ = writeln!(text, "\n{}", bold(&shown.list_title));
        for guest in &shown.list {
            text.push_str(&line(guest));
        }
        if shown.more_in_list > 0 {
            let _ = writeln!(
                text,
                "  and {} more: -o FILE writes all of them",
                number(shown.more_in_list)
            );
        }
    }
    text
}

pub(crate) fn meaning(state: GuestState) -> &'static str {
    match state {
        GuestState::Pending => "has not redeemed",
        GuestState::Accepted => "has redeemed",
        GuestState::Disabled => "blocked from signing in",
        GuestState::Gone => "no longer in the directory",
        GuestState::SelfService => "signed up by themselves",
        GuestState::Member => "an internal account",
        GuestState::Unknown => "nobody can tell yet",
        GuestState::NotInvited => "no invitation is known",
    }
}

fn groups(text: &mut String, what: &str, groups: &[GuestGroup], more: u64) {
    if groups.is_empty() {
        return;
    }
    let head = format!(
        "{}{:>9}{:>9}{:>10}",
        pad(&format!("by {what}"), NAME + 2),
        "people",
        "pending",
        "accepted"
    );
    let _ = writeln!(text, "\n{}", bold(head));
    for group in groups {
        let name = printable_line(&group.name);
        let _ = writeln!(
            text,
            "  {}{:>9}{:>9}{:>10}",
            pad(&shorten(&name, NAME), NAME),
            number(group.people),
            number(group.pending),
            number(group.accepted)
        );
    }
    if more > 0 {
        let _ = writeln!(text, "  and {}", plural(more, &format!("more {what}")));
    }
}

/// One guest in one line: who, what, since when, what was mailed.
fn line(guest: &GuestStatus) -> String {
    let mut facts: Vec<String> = Vec::new();
    match (guest.state, guest.pending_days, guest.since) {
        (GuestState::Pending, Some(days), _) => facts.push(plural(days, "day")),
        (GuestState::Pending, None, _) => facts.push("since when is unknown".to_owned()),
        (GuestState::Accepted, _, Some(since)) => {
            facts.push(since.strftime("%Y-%m-%d").to_string());
        }
        _ => {}
    }
    if guest.reminders > 0 {
        facts.push(plural(guest.reminders, "reminder"));
    }
    facts.extend(guest.note.as_deref().map(printable_line));
    let email = printable_line(&guest.email);
    let start = format!(
        "  {} {} ",
        pad(&shorten(&email, ADDRESS), ADDRESS),
        pad(guest.state.word(), 12)
    );
    format!(
        "{start}{}\n",
        wrap(&facts.join(", "), ADDRESS + 16, ADDRESS + 16)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{outcome::Mail, ui::style::plain};
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_screen_reads_at_80_columns() {
        let guest = |email: &str, days| GuestStatus {
            email: email.into(),
            state: GuestState::Pending,
            since: None,
            invited_at: None,
            pending_days: days,
            mail: Some(Mail::Requested),
            reminders: u64::from(days == Some(61)),
            last_mail: None,
            sponsors: Vec::new(),
            note: None,
            user_id: None,
            read_at: None,
            row: None,
        };
        let group = |name: &str, people, pending| GuestGroup {
            name: name.into(),
            people,
            pending,
            accepted: people - pending,
        };
        let shown = StatusShown {
            rows_left_out: vec![
                "row 7: repeats an address of another row, and counts with that one".to_owned(),
            ],
            whom: "of the ledger guestlist.db in Contoso (contoso.com)".into(),
            read_at: Some("2026-11-26T10:46:00Z".parse().unwrap()),
            people: 10_243,
            states: vec![
                (GuestState::Accepted, 9_001),
                (GuestState::Pending, 1_200),
                (GuestState::Gone, 40),
                (GuestState::SelfService, 2),
            ],
            ages: vec![
                ("under 7 days", 100),
                ("30 to 90 days", 1_099),
                ("unknown", 1),
            ],
            domains: vec![
                group("partner.example", 9_000, 1_000),
                group(&format!("{}.example", "a-very-long-name".repeat(3)), 43, 0),
            ],
            more_domains: 33,
            sponsors: vec![group("anna.berg@northwind.example", 7, 7)],
            more_sponsors: 1,
            list_title: "pending, the oldest first".into(),
            list: vec![
                guest("kim@partner.example", Some(61)),
                guest("lee@partner.example", None),
            ],
            more_in_list: 1_198,
        };
        let text = plain(&status_text(&shown));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
