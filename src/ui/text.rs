//! Text for a terminal: numbers, plurals, durations and lists in words; how wide a text is, where it is broken into lines,
//! and where it is cut off.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width of texts where no terminal has another one.
const USUAL_WIDTH: usize = 80;

/// Lines that are longer are tiring to read, and shorter ones have no room for a table.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=120;

static WIDTH: AtomicUsize = AtomicUsize::new(USUAL_WIDTH);

/// The width that every text of ours fits into.
pub(crate) fn width() -> usize {
    WIDTH.load(Relaxed)
}

/// From now on texts are as wide as the terminal, within reason. The program says so once, at its start; a text in a test
/// has the usual width.
pub fn fit_to_terminal() {
    if let Some((terminal_size::Width(columns), _)) = terminal_size::terminal_size() {
        let columns = usize::from(columns).clamp(*WIDTHS.start(), *WIDTHS.end());
        WIDTH.store(columns, Relaxed);
    }
}

/// `1234567` as `1,234,567`.
pub(crate) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 row`, `2 rows`: for words that take an s.
pub(crate) fn plural(n: u64, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{} {one}s", number(n))
    }
}

/// `1 person`, `2 people`: for all others.
pub(crate) fn plural_of(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// Two units at most: `0.4 s`, `12 s`, `1 min 5 s`, `2 h 3 min`, `3 days 4 h`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let two = |big: u64, unit: &str, small: u64, small_unit: &str| {
        if small == 0 {
            format!("{big} {unit}")
        } else {
            format!("{big} {unit} {small} {small_unit}")
        }
    };
    match seconds {
        0 => format!("{:.1} s", duration.as_secs_f64()),
        1..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..172_800 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "days", seconds % 86_400 / 3_600, "h"),
    }
}

/// An estimate, as exact as it can be meant: `a few seconds`, `40 s`, `3 min`, `2 h 10 min`.
pub(crate) fn estimate(duration_left: Duration) -> String {
    match duration_left.as_secs() {
        0..=4 => "a few seconds".to_owned(),
        seconds @ 5..=55 => format!("{} s", seconds.div_ceil(5) * 5),
        seconds @ 56..=3_570 => format!("{} min", (seconds + 30) / 60),
        seconds => duration(Duration::from_secs((seconds + 150) / 300 * 300)),
    }
}

/// What others wrote, safe to show: see [`crate::visible`].
pub(crate) use crate::visible::visible as printable;

/// The same in one line: for names and paths.
pub(crate) fn printable_line(text: &str) -> String {
    crate::visible::visible_line(text).into_owned()
}

/// The first `max` columns of the text, with an ellipsis when there is more.
pub(crate) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    if text.width() <= max {
        return Cow::Borrowed(text);
    }
    let mut short = String::new();
    for c in text.chars() {
        if short.width() + c.width().unwrap_or(0) + 1 > max {
            break;
        }
        short.push(c);
    }
    short.push('…');
    Cow::Owned(short)
}

/// The last `max` columns of the text, with an ellipsis before them when there is more: for paths, which end with what
/// tells them apart.
pub(crate) fn shorten_start(text: &str, max: usize) -> Cow<'_, str> {
    if text.width() <= max {
        return Cow::Borrowed(text);
    }
    let mut used = 1;
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > max {
            break;
        }
        from = at;
    }
    Cow::Owned(format!("…{}", &text[from..]))
}

/// The text filled up with spaces to `width` columns, as a terminal counts them.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// Breaks paragraphs into lines of at most [`width`]; lines after the first begin with `indent` spaces. A word that is too
/// long has a line of its own. What stands in backticks is a command to be copied, and counts as one word.
pub(crate) fn wrap(text: &str, first_indent: usize, indent: usize) -> String {
    let mut first = width().saturating_sub(first_indent);
    let rest = width().saturating_sub(indent);
    let mut wrapped = Vec::new();
    for paragraph in super::practice::advised(text).split('\n') {
        wrapped.extend(fill(pieces(paragraph), first, rest, LongWords::Kept));
        first = rest;
    }
    wrapped.join(&format!("\n{}", " ".repeat(indent)))
}

/// Breaks words into lines of at most `first` columns for the first line, and `rest` for the others. A word that is too
/// long is broken.
pub(crate) fn lines(text: &str, first: usize, rest: usize) -> Vec<String> {
    fill(text.split_whitespace(), first, rest, LongWords::Broken)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LongWords {
    Kept,
    Broken,
}

/// As many words on each line as there is room for; at least one line.
fn fill<'t>(
    words: impl IntoIterator<Item = &'t str>,
    first: usize,
    rest: usize,
    long: LongWords,
) -> Vec<String> {
    let (mut full, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in words {
        let mut room = if full.is_empty() { first } else { rest }.max(1);
        if used > 0 && used + 1 + word.width() > room {
            full.push(std::mem::take(&mut line));
            (used, room) = (0, rest.max(1));
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let width = c.width().unwrap_or(0);
            if long == LongWords::Broken && used > 0 && used + width > room {
                full.push(std::mem::take(&mut line));
                (used, room) = (0, rest.max(1));
            }
            line.push(c);
            used += width;
        }
    }
    full.push(line);
    full
}

/// Words, and whole commands with the punctuation behind them.
fn pieces(paragraph: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = None;
    let mut in_command = false;
    for (i, c) in paragraph.char_indices() {
        if c == '`' {
            in_command = !in_command;
        }
        if c == ' ' && !in_command {
            if let Some(start) = start.take() {
                pieces.push(&paragraph[start..i]);
            }
        } else if start.is_none() {
            start = Some(i);
        }
    }
    if let Some(start) = start {
        pieces.push(&paragraph[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_grouped() {
        let numbers = [0, 7, 999, 1_000, 12_345, 1_234_567].map(number);
        assert_eq!(numbers, ["0", "7", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn one_is_one_and_none_are_many() {
        assert_eq!(
            [plural(0, "row"), plural(1, "row"), plural(2_000, "row")],
            ["0 rows", "1 row", "2,000 rows"]
        );
        assert_eq!(plural_of(1, "person", "people"), "1 person");
        assert_eq!(plural_of(2, "person", "people"), "2 people");
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(
            [
                list::<&str>(&[]),
                list(&["a"]),
                list(&["a", "b"]),
                list(&["a", "b", "c"])
            ],
            ["", "a", "a and b", "a, b and c"]
        );
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let of = |seconds| duration(Duration::from_secs(seconds));
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(
            [of(12), of(60), of(65), of(3_600), of(7_380), of(273_600)],
            [
                "12 s",
                "1 min",
                "1 min 5 s",
                "1 h",
                "2 h 3 min",
                "3 days 4 h"
            ]
        );
        let about = |seconds| estimate(Duration::from_secs(seconds));
        assert_eq!(
            [about(2), about(37), about(56), about(100), about(7_700)],
            ["a few seconds", "40 s", "1 min", "2 min", "2 h 10 min"]
        );
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(pad("李", 4), "李  ");
        assert_eq!(shorten("李李李", 5), "李李…");
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten_start("lists/guests.csv", 11), "…guests.csv");
        assert_eq!(shorten_start("abc", 3), "abc");
    }

    #[test]
    fn commands_stay_in_one_piece() {
        let text = "when this is put right, run the same command again with the ledger named, that is `guestlist invite guests.csv --ledger /srv/ledgers/guestlist.db`, and it goes on.";
        assert_eq!(
            wrap(text, 6, 6),
            "when this is put right, run the same command again with the ledger named,\n      \
             that is `guestlist invite guests.csv --ledger /srv/ledgers/guestlist.db`,\n      \
             and it goes on."
        );
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word_and_keeps_the_width(words in prop::collection::vec("[a-z]{1,20}", 0..60), indent in 0_usize..10) {
            let text = words.join(" ");
            let wrapped = wrap(&text, indent, indent);
            prop_assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), words);
            for line in wrapped.lines() {
                prop_assert!(line.width() <= USUAL_WIDTH);
            }
        }
    }
}
