//! Problems that rows share, each with its cure.
//!
//! Must not decide what is wrong: rows bring a code, and the catalogues know it.

use super::{
    groups::{Group, Key, NAMED},
    tally::Tally,
};
use crate::{
    outcome::{Attention, Mail, Outcome},
    problem::Entry,
    ui::text::{list, number, plural},
};
use serde::Serialize;

/// Finds what is known about a code.
pub(crate) type Catalogue<'c> = &'c dyn Fn(&str) -> Option<&'static Entry>;

/// A problem as the page shows it.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    tone: Attention,
    number: String,
    title: String,
    code: Option<String>,
    meaning: String,
    fix: String,
    who: &'static str,
    texts: Vec<String>,
    about: &'static str,
    rows: String,
    #[serde(skip)]
    count: u64,
}

/// Those that a person must cure first, and of these the most frequent first.
pub(super) fn problems(tally: &Tally, catalogue: Catalogue<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = tally
        .groups
        .iter()
        .map(|(key, group)| problem(key, group, catalogue))
        .collect();
    problems.sort_by(|a, b| a.tone.cmp(&b.tone).then_with(|| b.count.cmp(&a.count)));
    problems
}

fn problem(key: &Key, group: &Group, catalogue: Catalogue<'_>) -> Problem {
    let (title, meaning, fix, who) = match key {
        Key::Code(code) => match catalogue(code) {
            Some(entry) => (
                entry.title.to_owned(),
                entry.meaning.to_owned(),
                entry.fix.to_owned(),
                entry.who,
            ),
            None => (
                "an error without an explanation of ours".to_owned(),
                String::new(),
                "Give its text to `guestlist explain`.".to_owned(),
                "",
            ),
        },
        Key::Outcome(outcome) => (
            outcome.meaning().to_owned(),
            String::new(),
            cure(*outcome).to_owned(),
            "",
        ),
        Key::FollowUp => (
            "something that an invitation cannot carry is missing".to_owned(),
            "These people are invited. Their profile, sponsors, manager or groups are not complete yet.".to_owned(),
            "See what each row says; the same command goes on with it.".to_owned(),
            "whoever runs the command",
        ),
        Key::Mail(mail) => mail_words(*mail),
    };
    let mut texts: Vec<(&String, &u64)> = group.texts.iter().collect();
    texts.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    Problem {
        tone: group.tone,
        number: number(group.count),
        title,
        code: match key {
            Key::Code(code) => Some(code.clone()),
            _ => None,
        },
        meaning,
        fix,
        who,
        texts: texts.into_iter().map(|(text, _)| text.clone()).collect(),
        about: if group.count == 1 {
            "this row"
        } else {
            "these rows"
        },
        rows: rows(&group.rows, group.count),
        count: group.count,
    }
}

fn cure(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Invalid => {
            "Correct the row in the sheet, or in the to-fix file; then invite it again."
        }
        Outcome::Unknown => {
            "Run the same command again: it finds out first what became of these people, and mails nobody twice."
        }
        Outcome::Refused => {
            "Read what Microsoft said; when that is put right, --retry-refused asks again."
        }
        Outcome::ExistsDeleted => {
            "Restore the deleted account, or purge it; then run the same command again."
        }
        Outcome::Gone => "Ask why the guest was removed; --again invites the person once more.",
        _ => "Run the same command again: it goes on with these rows.",
    }
}

fn mail_words(mail: Mail) -> (String, String, String, &'static str) {
    let (title, meaning, fix) = match mail {
        Mail::Due => (
            "the mail with the link has not left yet",
            "These people are invited, and nothing has told them so.",
            "Run the same command again, or `guestlist mail` with the sheet: it sends the mails that are due.",
        ),
        Mail::Refused => (
            "the mail with the link was refused",
            "These people are invited, and a mail server refuses the mail to them.",
            "Correct what the row says; then `guestlist mail` with --retry-refused sends it.",
        ),
        _ => (
            "nobody can tell whether the mail was sent",
            "These people are invited. The answer that would say whether a mail left was lost, so no second one was sent.",
            "Ask one of them; `guestlist mail` with --include-unknown sends it again.",
        ),
    };
    (
        title.to_owned(),
        meaning.to_owned(),
        fix.to_owned(),
        "whoever runs the command",
    )
}

/// `row 17`, `rows 17, 44 and 92`, `rows 2, 3, 4 and 97 more`.
pub(super) fn rows(named: &[u64], count: u64) -> String {
    let shown: Vec<String> = named.iter().take(NAMED).map(u64::to_string).collect();
    let more = count.saturating_sub(shown.len() as u64);
    match (shown.len(), more) {
        (0, _) => plural(count, "row"),
        (1, 0) => format!("row {}", shown.join("")),
        (_, 0) => format!("rows {}", list(&shown)),
        (_, more) => format!("rows {} and {} more", shown.join(", "), number(more)),
    }
}
