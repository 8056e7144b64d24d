//! Who left a sheet, who would be deleted, and what became of them, on the screen.
//!
//! Must not choose anybody; it shows a choice that was made.

use super::{
    style::{bold, dim},
    text::{list, number, pad, plural_of, printable_line, shorten, wrap},
};
use crate::{outcome::GuestState, results::Leaver};
use jiff::Timestamp;
use std::fmt::Write;

/// How many people the screen lists.
const LISTED: usize = 20;
const ADDRESS: usize = 38;
const SPONSORS: usize = 14;

/// Who is no longer on a sheet.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeaversShown {
    /// As in `guests.csv in Contoso (contoso.com)`.
    pub whom: String,
    /// Who stood on earlier runs and is in the directory, or may be.
    pub people: u64,
    pub leavers: Vec<Leaver>,
    /// What could not be read.
    pub notes: Vec<String>,
}

pub(crate) fn leavers_text(shown: &LeaversShown) -> String {
    let mut text = String::new();
    let left = shown.leavers.len() as u64;
    let title = format!(
        "{} of {} of {} {} no longer on it",
        number(left),
        plural_of(shown.people, "person", "people"),
        printable_line(&shown.whom),
        if left == 1 { "is" } else { "are" },
    );
    let _ = writeln!(text, "{}", bold(wrap(&title, 0, 0)));
    if left > 0 {
        let _ = writeln!(
            text,
            "\n  {}{:<13}{:<12}sponsor",
            pad("guest", ADDRESS),
            "state",
            "last ask"
        );
    }
    for leaver in shown.leavers.iter().take(LISTED) {
        let email = printable_line(&leaver.email);
        let email = shorten(&email, ADDRESS - 1);
        let sponsors = printable_line(&leaver.sponsors.join("; "));
        let line = format!(
            "  {}{:<13}{:<12}{}",
            pad(&email, ADDRESS),
            if leaver.elsewhere {
                "elsewhere"
            } else {
                leaver.state.word()
            },
            day(leaver.last_ask),
            shorten(&sponsors, SPONSORS)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    more(&mut text, left);
    let elsewhere = shown
        .leavers
        .iter()
        .filter(|leaver| leaver.elsewhere)
        .count() as u64;
    if elsewhere > 0 {
        let told = format!(
            "{} on the newest run of another sheet, and `guestlist cleanup` leaves them",
            plural_of(elsewhere, "of them stands", "of them stand")
        );
        let _ = writeln!(text, "\n{}", wrap(&told, 0, 2));
    }
    for note in &shown.notes {
        let _ = writeln!(text, "\n{}", dim(wrap(&printable_line(note), 0, 2)));
    }
    text
}

/// Somebody who would be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeletionLine {
    pub email: String,
    pub state: GuestState,
    pub last_ask: Option<Timestamp>,
}

/// Who would be deleted, and who is left and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeletionsShown {
    /// As in `the ledger guestlist.db in Contoso (contoso.com)`.
    pub whom: String,
    pub people: u64,
    pub due: Vec<DeletionLine>,
    /// The reason as a part of a sentence, and how many.
    pub left_out: Vec<(String, u64)>,
    pub notes: Vec<String>,
}

/// What cannot be taken back, and what can.
pub(crate) const AFTERWARDS: &str = "mails that were sent cannot be recalled, and the links in them lead nowhere afterwards; a deletion can be undone for 30 days, under Deleted users in the Entra admin center";

pub(crate) fn deletions_text(shown: &DeletionsShown) -> String {
    let mut text = String::new();
    let due = shown.due.len() as u64;
    let title = format!(
        "{} of {} of {} would be deleted",
        number(due),
        plural_of(shown.people, "person", "people"),
        printable_line(&shown.whom),
    );
    let _ = writeln!(text, "{}", bold(wrap(&title, 0, 0)));
    if due > 0 {
        let _ = writeln!(text, "\n  {}{:<13}last ask", pad("guest", ADDRESS), "state");
    }
    for line in shown.due.iter().take(LISTED) {
        let email = printable_line(&line.email);
        let email = shorten(&email, ADDRESS - 1);
        let line = format!(
            "  {}{:<13}{}",
            pad(&email, ADDRESS),
            line.state.word(),
            day(line.last_ask)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    more(&mut text, due);
    if due > 0 {
        let _ = writeln!(text, "\n{}", wrap(AFTERWARDS, 0, 2));
    }
    if !shown.left_out.is_empty() {
        let reasons: Vec<String> = shown
            .left_out
            .iter()
            .map(|(why, count)| format!("{} {why}", number(*count)))
            .collect();
        let told = format!("not deleted: {}", list(&reasons));
        let _ = writeln!(text, "\n{}", dim(wrap(&told, 0, 2)));
    }
    for note in &shown.notes {
        let _ = writeln!(text, "\n{}", dim(wrap(&printable_line(note), 0, 2)));
    }
    text
}

/// What became of those who were to go, in one line.
pub(crate) fn deleted_text(deleted: u64, unknown: u64, others: &[(String, u64)]) -> String {
    let mut parts = vec![format!(
        "{} deleted",
        plural_of(deleted, "guest was", "guests were")
    )];
    if unknown > 0 {
        parts.push(format!(
            "{} may have been: the same command looks first",
            number(unknown)
        ));
    }
    parts.extend(
        others
            .iter()
            .map(|(what, count)| format!("{} {what}", number(*count))),
    );
    wrap(&parts.join("; "), 0, 2)
}

fn day(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

fn more(text: &mut String, count: u64) {
    let more = count.saturating_sub(LISTED as u64);
    if more > 0 {
        let _ = writeln!(text, "  and {} more", number(more));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_lists_read_at_80_columns() {
        let at = Some("2026-11-01T00:00:00Z".parse().unwrap());
        let leaver = |email: &str, elsewhere| Leaver {
            email: email.into(),
            state: GuestState::Pending,
            elsewhere,
            last_ask: at,
            sponsors: vec!["mia.keller@northwind.example".into()],
            note: None,
            user_id: None,
        };
        let mut leavers = vec![
            leaver("kim@partner.example", true),
            leaver(&format!("{}@partner.example", "x".repeat(40)), false),
        ];
        leavers.extend((0..30).map(|n| leaver(&format!("guest-{n}@partner.example"), false)));
        let left = leavers_text(&LeaversShown {
            whom: "guests.csv in Contoso (contoso.com)".into(),
            people: 515,
            leavers,
            notes: vec!["who sponsors them cannot be told: the sign-in may not read that".into()],
        });
        let due = (0..22).map(|n| DeletionLine {
            email: format!("guest-{n}@partner.example"),
            state: GuestState::Accepted,
            last_ask: at,
        });
        let would = deletions_text(&DeletionsShown {
            whom: "guests.leavers.csv in Contoso (contoso.com)".into(),
            people: 32,
            due: due.collect(),
            left_out: vec![
                ("were not invited by this ledger".into(), 7),
                ("have redeemed".into(), 3),
            ],
            notes: Vec::new(),
        });
        let end = deleted_text(20, 1, &[("redeemed meanwhile".into(), 1)]);
        let all = plain(&format!("{left}\n{would}\n{end}\n"));
        assert!(all.lines().all(|line| line.width() <= 80), "{all}");
        insta::assert_snapshot!(all);
    }
}
