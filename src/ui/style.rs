//! The few colours, and what they mean. Texts always carry them; the screen takes them out where they
//! are not wanted.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const CARE: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

pub fn bold(text: impl Display) -> String {
    paint(BOLD, text)
}

pub fn dim(text: impl Display) -> String {
    paint(DIM, text)
}

pub fn good(text: impl Display) -> String {
    paint(GOOD, text)
}

pub fn care(text: impl Display) -> String {
    paint(CARE, text)
}

pub fn bad(text: impl Display) -> String {
    paint(BAD, text)
}

pub fn error(text: impl Display) -> String {
    paint(ERROR, text)
}

pub fn hint(text: impl Display) -> String {
    paint(HINT, text)
}

/// The text without colours.
#[cfg(test)]
pub fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
