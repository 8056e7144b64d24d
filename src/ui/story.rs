//! One person's whole story on the screen: what happened and when, the state now, the next step, a text to forward.
//!
//! Must not decide what an event means; it lays out what is given to it.

use super::{
    style::{bold, dim},
    text::{printable_line, wrap},
};
use std::fmt::Write;

const TIME: usize = 18;
const WORD: usize = 10;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoryLine {
    pub at: jiff::Timestamp,
    pub what: String,
    /// Ids for support, in a line of their own.
    pub ids: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Story {
    pub email: String,
    /// Where the person stands on a sheet, the newest first.
    pub places: Vec<String>,
    pub lines: Vec<StoryLine>,
    /// The words before the state, the link and the next step.
    pub facts: Vec<(&'static str, String)>,
    pub forward: String,
}

pub(crate) fn story_text(story: &Story) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", bold(printable_line(&story.email)));
    for place in &story.places {
        let _ = writeln!(text, "  {}", wrap(&printable_line(place), 2, 2));
    }
    if !story.lines.is_empty() {
        text.push('\n');
    }
    for line in &story.lines {
        let at = line.at.strftime("%Y-%m-%d %H:%M");
        let what = wrap(&printable_line(&line.what), TIME + 2, TIME + 2);
        let _ = writeln!(text, "  {at}  {what}");
        if !line.ids.is_empty() {
            let ids = wrap(&printable_line(&line.ids), TIME + 2, TIME + 2);
            let _ = writeln!(text, "{}{}", " ".repeat(TIME + 2), dim(ids));
        }
    }
    text.push('\n');
    for (word, fact) in &story.facts {
        // A link stays in one piece, to be copied.
        let fact = if fact.starts_with("https://") || fact.starts_with("http://") {
            printable_line(fact)
        } else {
            wrap(&printable_line(fact), WORD, WORD)
        };
        let _ = writeln!(text, "  {word:<8}{fact}");
    }
    if !story.forward.is_empty() {
        let _ = writeln!(text, "\n{}", bold("to forward"));
        for paragraph in story.forward.lines() {
            let line = if paragraph.starts_with("http") {
                printable_line(paragraph)
            } else {
                wrap(&printable_line(paragraph), 2, 2)
            };
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_story_reads_from_top_to_bottom() {
        let line = |at: &str, what: &str, ids: &str| StoryLine {
            at: at.parse().unwrap(),
            what: what.into(),
            ids: ids.into(),
        };
        let story = Story {
            email: "kim@partner.example".into(),
            places: vec!["row 17 of guests.csv, run 20261102-031500-aa01".into()],
            lines: vec![
                line(
                    "2026-11-02T03:15:01Z",
                    "Graph was asked to invite, with a mail; signed in as mia.keller@northwind.example on build-7",
                    "client-request-id 11111111-2222-4333-8444-555555555555",
                ),
                line("2026-11-02T03:16:41Z", "no answer came", ""),
            ],
            facts: vec![
                ("now", "pending for 24 days, read just now".into()),
                (
                    "next",
                    "`guestlist remind guests.csv --older-than 14d` would mail this guest again"
                        .into(),
                ),
            ],
            forward: "You were invited.\nPlease look for a mail.".into(),
        };
        let text = plain(&story_text(&story));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }
}
