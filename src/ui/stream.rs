//! The last step before a terminal, a pipe or a log: only our own colours act on a terminal, whatever a text holds.
//!
//! Must not print; `screen` does.

use super::style::{is_end, style_of};
use crate::{secrets, visible};
use std::{borrow::Cow, fmt::Write};

/// The text as it may be written: marks become colours, and hidden characters are spelled out.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(visible::is_hidden) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<String> = text.split("\r\n").map(shown_line).collect();
    Cow::Owned(lines.join("\r\n"))
}

fn shown_line(line: &str) -> String {
    let mut shown = String::with_capacity(line.len() + 64);
    let mut rest = line;
    while let Some(at) = rest.find(|c| style_of(c).is_some() || is_end(c)) {
        let (before, mark) = rest.split_at(at);
        shown.push_str(&visible::visible(before));
        let mark = mark.chars().next().unwrap_or_default();
        let _ = match style_of(mark) {
            Some(style) => write!(shown, "{style}"),
            None => write!(shown, "{}", anstyle::Reset),
        };
        rest = &rest[at + mark.len_utf8()..];
    }
    shown.push_str(&visible::visible(rest));
    shown
}

/// A log line: without secrets, whoever wrote it, and in one line.
pub(super) fn log_line(line: &str, json: bool) -> String {
    let (line, end) = match line.strip_suffix('\n') {
        Some(line) => (line, "\n"),
        None => (line, ""),
    };
    let line = secrets::masked(line);
    let line = if json {
        visible::json(&line)
    } else {
        visible::visible_line(&line)
    };
    format!("{line}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::{bold, error};

    #[test]
    fn only_our_own_colours_reach_a_terminal() {
        let text = format!("{} {}\n", error("error:"), bold("a\u{1b}[2J\u{202e}b\u{7}"));
        assert_eq!(
            shown(&text),
            "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m \u{1b}[1ma<U+001B>[2J<U+202E>b<U+0007>\u{1b}[0m\n"
        );
        assert_eq!(shown("plain\n"), "plain\n");
    }

    #[test]
    fn a_log_line_stays_one_line() {
        assert_eq!(
            log_line("WARN a\nERROR b\u{1b}[0m\u{9b}\n", false),
            "WARN a ERROR b<U+001B>[0m<U+009B>\n"
        );
        assert_eq!(
            log_line("{\"a\":\"b\u{202e}\u{9b}\"}\n", true),
            "{\"a\":\"b\\u202e\\u009b\"}\n"
        );
    }
}
