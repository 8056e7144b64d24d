//! The few colours, and what they mean. Texts carry marks in their place: the screen turns these into colours and
//! spells out everything else that would act, so that no text of others can bring its own.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// The marks: characters that Unicode keeps out of every text.
const BOLD: char = '\u{FDD0}';
const DIM: char = '\u{FDD1}';
const GOOD: char = '\u{FDD2}';
const CARE: char = '\u{FDD3}';
const BAD: char = '\u{FDD4}';
const ERROR: char = '\u{FDD5}';
const WARNING: char = '\u{FDD6}';
const HINT: char = '\u{FDD7}';
const FRAME: char = '\u{FDD8}';
const END: char = '\u{FDEF}';

/// The escape sequence for a mark.
pub(super) fn style_of(mark: char) -> Option<Style> {
    Some(match mark {
        BOLD => Style::new().bold(),
        DIM => Style::new().dimmed(),
        GOOD => AnsiColor::Green.on_default(),
        CARE => AnsiColor::Yellow.on_default(),
        BAD => AnsiColor::Red.on_default(),
        ERROR => AnsiColor::Red.on_default().bold(),
        WARNING => AnsiColor::Yellow.on_default().bold(),
        HINT => AnsiColor::Cyan.on_default().bold(),
        FRAME => AnsiColor::Blue.on_default().bold(),
        _ => return None,
    })
}

pub(super) fn is_end(mark: char) -> bool {
    mark == END
}

fn paint(mark: char, text: impl Display) -> String {
    format!("{mark}{text}{END}")
}

pub(super) fn bold(text: impl Display) -> String {
    paint(BOLD, text)
}

pub(super) fn dim(text: impl Display) -> String {
    paint(DIM, text)
}

pub(super) fn good(text: impl Display) -> String {
    paint(GOOD, text)
}

pub(super) fn care(text: impl Display) -> String {
    paint(CARE, text)
}

pub(super) fn bad(text: impl Display) -> String {
    paint(BAD, text)
}

pub(super) fn error(text: impl Display) -> String {
    paint(ERROR, text)
}

pub(super) fn warning(text: impl Display) -> String {
    paint(WARNING, text)
}

pub(super) fn hint(text: impl Display) -> String {
    paint(HINT, text)
}

/// Lines and arrows around an excerpt.
pub(super) fn frame(text: impl Display) -> String {
    paint(FRAME, text)
}

/// The text without colours.
pub(super) fn plain(text: &str) -> String {
    text.replace(|c| style_of(c).is_some() || is_end(c), "")
}
