//! Who would be reminded, as a list, and what became of them.
//!
//! Must not choose anybody; it shows a choice that was made.

use super::{
    style::{bold, dim},
    text::{list, number, pad, plural, plural_of, printable_line, shorten, wrap},
};
use jiff::Timestamp;
use std::fmt::Write;

/// How many people the screen lists.
const LISTED: usize = 20;
const ADDRESS: usize = 44;

/// Somebody who is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReminderLine {
    pub email: String,
    pub days: u64,
    pub reminders: u64,
    pub last_mail: Option<Timestamp>,
}

/// Who is due, and who is left out and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct RemindersShown {
    /// As in `the ledger guestlist.db in Contoso (contoso.com)`.
    pub whom: String,
    /// Who carries the mail.
    pub by: String,
    pub pending: u64,
    /// What is mailed where the ledger does not know what the invitation said.
    pub assumed: Option<String>,
    pub due: Vec<ReminderLine>,
    /// The reason as a part of a sentence, and how many.
    pub left_out: Vec<(String, u64)>,
}

pub(crate) fn reminders_text(shown: &RemindersShown) -> String {
    let mut text = String::new();
    let due = shown.due.len() as u64;
    let title = format!(
        "{} of {} of {} {} due for a reminder by {}",
        number(due),
        plural(shown.pending, "pending guest"),
        printable_line(&shown.whom),
        if due == 1 { "is" } else { "are" },
        printable_line(&shown.by),
    );
    let _ = writeln!(text, "{}", bold(wrap(&title, 0, 0)));
    if due > 0 {
        let _ = writeln!(
            text,
            "\n  {}{:>9}{:>12}{:>12}",
            pad("guest", ADDRESS),
            "invited",
            "reminded",
            "last mail"
        );
    }
    for line in shown.due.iter().take(LISTED) {
        let email = printable_line(&line.email);
        let times = match line.reminders {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            n => plural(n, "time"),
        };
        let last = line
            .last_mail
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "  {}{:>9}{times:>12}{last:>12}",
            pad(&shorten(&email, ADDRESS), ADDRESS),
            plural(line.days, "day")
        );
    }
    let more = due.saturating_sub(LISTED as u64);
    if more > 0 {
        let _ = writeln!(text, "  and {} more", number(more));
    }
    if let Some(assumed) = &shown.assumed {
        let _ = writeln!(text, "\n{}", wrap(&printable_line(assumed), 0, 2));
    }
    if !shown.left_out.is_empty() {
        let reasons: Vec<String> = shown
            .left_out
            .iter()
            .map(|(why, count)| format!("{} {why}", number(*count)))
            .collect();
        let told = format!("not reminded: {}", list(&reasons));
        let _ = writeln!(text, "\n{}", dim(wrap(&told, 0, 2)));
    }
    text
}

/// What became of those who were due, in one line.
pub(crate) fn reminded_text(reminded: u64, unknown: u64, others: &[(String, u64)]) -> String {
    let mut parts = vec![format!(
        "{} mailed",
        plural_of(reminded, "guest was", "guests were")
    )];
    if unknown > 0 {
        parts.push(format!(
            "{} may have been, and {} as mailed",
            number(unknown),
            if unknown == 1 { "counts" } else { "count" }
        ));
    }
    parts.extend(
        others
            .iter()
            .map(|(what, count)| format!("{} {what}", number(*count))),
    );
    wrap(&parts.join("; "), 0, 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_list_reads_at_80_columns() {
        let line = |email: &str, reminders| ReminderLine {
            email: email.into(),
            days: 61,
            reminders,
            last_mail: Some("2026-11-01T00:00:00Z".parse().unwrap()),
        };
        let mut due = vec![
            line("kim@partner.example", 0),
            line(&format!("{}@partner.example", "x".repeat(40)), 2),
        ];
        due.extend((0..30).map(|n| line(&format!("guest-{n}@partner.example"), 1)));
        let shown = RemindersShown {
            whom: "the ledger guestlist.db in Contoso (contoso.com)".into(),
            by: "Microsoft's mail".into(),
            pending: 241,
            assumed: None,
            due,
            left_out: vec![
                ("were invited less than 14d ago".into(), 26),
                ("were mailed within the last 7d".into(), 100),
                ("were reminded 2 times already".into(), 80),
            ],
        };
        let text = plain(&reminders_text(&shown));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        let end = reminded_text(30, 1, &[("have redeemed meanwhile".into(), 1)]);
        insta::assert_snapshot!(format!("{text}\n{end}\n"));
    }
}
