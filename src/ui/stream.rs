//! The last step before a terminal, a pipe or a log: only our own colours act on a terminal, whatever a text holds.
//!
//! Must not print; `screen` does.

use super::style::{is_end, style_of};
use crate::visible;
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
}
