//! Finds addresses in a text by their form: how many a text mentions, and whether a cell holds nothing else.
//!
//! Must not say whether an address can be invited; `guest` does.

use memchr::{memchr, memchr2_iter, memrchr};

/// The at signs: the plain one, and those of East Asian keyboards.
const AT_SIGNS: [char; 3] = ['@', '＠', '﹫'];
/// The first byte of the others.
const WIDE: u8 = 0xEF;

/// Whether a text has an at sign. This is a cheap test: a text without one holds no address.
pub fn has_at_sign(text: &str) -> bool {
    memchr(b'@', text.as_bytes()).is_some() || (!text.is_ascii() && at_signs(text).next().is_some())
}

/// How many addresses a cell mentions, and whether it holds nothing else: what [`count`] and [`holds`] say.
pub fn counted(cell: &str) -> (u64, bool) {
    if is_plain(cell) {
        return (1, true);
    }
    (spans(cell).count() as u64, holds(cell))
}

/// How many addresses a text mentions.
pub fn count(text: &str) -> u64 {
    if is_plain(text) {
        return 1;
    }
    spans(text).count() as u64
}

/// One address in plain letters and nothing else, as nearly every cell with an at sign has it.
fn is_plain(cell: &str) -> bool {
    let cell = cell.as_bytes();
    let Some(at) = memchr(b'@', cell) else {
        return false;
    };
    let (local, domain) = (&cell[..at], &cell[at + 1..]);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let edge = |text: &[u8]| text.first().is_some_and(u8::is_ascii_alphanumeric);
    let top = |dot: usize| domain.get(dot + 1).is_some_and(u8::is_ascii_alphabetic);
    edge(local)
        && edge(domain)
        && local.iter().all(plain)
        && domain.iter().all(plain)
        && memrchr(b'.', domain).is_some_and(top)
}

/// All addresses in a text.
pub(super) fn all(text: &str) -> impl Iterator<Item = &str> {
    spans(text).map(|(start, end)| &text[start..end])
}

/// The first address in a text.
pub fn first(text: &str) -> Option<&str> {
    spans(text).next().map(|(start, end)| &text[start..end])
}

/// Whether a cell holds an address: one can be read from it after the certain repairs, or several can. A sentence that
/// mentions one does not.
pub fn holds(cell: &str) -> bool {
    if is_plain(cell) {
        return true;
    }
    let mut rest = 0;
    let mut found = false;
    let mut bracketed = true;
    let mut apart = true;
    for (start, end) in spans(cell) {
        found = true;
        let between = cell.get(rest..start).unwrap_or_default();
        apart &= is_separator(between);
        bracketed &= between.ends_with('<') && cell[end..].starts_with('>');
        rest = end;
    }
    found && (bracketed || (apart && is_separator(&cell[rest..])))
}

/// Whether a text mentions an address among at least two words: it is a sentence then, and no slip.
pub fn is_sentence(text: &str) -> bool {
    let word = |word: &&str| !has_at_sign(word) && word.chars().any(char::is_alphabetic);
    count(text) > 0 && !holds(text) && text.split_whitespace().filter(word).count() >= 2
}

/// Where the at signs are.
fn at_signs(text: &str) -> impl Iterator<Item = (usize, char)> {
    memchr2_iter(b'@', WIDE, text.as_bytes()).filter_map(move |at| {
        let sign = text.get(at..)?.chars().next()?;
        AT_SIGNS.contains(&sign).then_some((at, sign))
    })
}

/// Where the addresses begin and end.
fn spans(text: &str) -> impl Iterator<Item = (usize, usize)> {
    at_signs(text).filter_map(|(at, sign)| {
        let start = local_part(&text[..at])?;
        let after = at + sign.len_utf8();
        Some((start, after + domain(&text[after..])?))
    })
}

/// Where the part before the at sign begins.
fn local_part(before: &str) -> Option<usize> {
    let mut begins = None;
    let mut letters = false;
    for (at, c) in before.char_indices().rev() {
        if !stands_in_local_part(c) {
            break;
        }
        letters |= c.is_alphanumeric();
        begins = Some(at);
    }
    begins.filter(|_| letters)
}

/// Where a domain ends: two labels at least, and a letter behind a dot.
fn domain(after: &str) -> Option<usize> {
    let mut end = 0;
    let mut whole = false;
    let mut before = '.';
    for (at, c) in after.char_indices() {
        let dot = matches!(c, '.' | '．');
        if !(dot || c.is_alphanumeric() || matches!(c, '-' | '_') || is_invisible(c)) {
            break;
        }
        if c.is_alphanumeric() {
            end = at + c.len_utf8();
            whole |= c.is_alphabetic() && matches!(before, '.' | '．') && at > 0;
        }
        if at == 0 && !c.is_alphanumeric() && !is_invisible(c) {
            return None;
        }
        before = c;
    }
    whole.then_some(end)
}

fn stands_in_local_part(c: char) -> bool {
    c.is_alphanumeric() || "._-+'`’!#$%&*=^~".contains(c) || is_invisible(c)
}

/// Invisible characters that are copied along with an address.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Whether a text can stand before, between or behind addresses without saying anything.
fn is_separator(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "mailto", "smtp", "and", "or", "und", "oder", "et", "ou", "y", "e", "en", "og",
    ];
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_wherever_they_stand() {
        for (text, number) in [
            ("anna@partner.example", 1),
            ("bo@partner.example ::: bo.lind@home.example", 2),
            ("ask Kim (kim@northwind.example) for the key.", 1),
            ("jürgen.groß@müller.de", 1),
            ("anna＠partner．example", 1),
            ("f.nielsen\u{200B}@wingtip.example", 1),
            ("a@b.co,c@d.org;e@f.net", 3),
            ("anna@localhost, @example.org, 3 @ 5.00, anna@1.2.3.4", 0),
            ("no address", 0),
        ] {
            assert_eq!(count(text), number, "{text}");
            assert_eq!(has_at_sign(text), text.contains(AT_SIGNS), "{text}");
        }
        assert_eq!(first("x <a.b@c-d.org>."), Some("a.b@c-d.org"));
    }

    #[test]
    fn a_cell_holds_addresses_and_a_sentence_mentions_them() {
        for cell in [
            "anna@partner.example",
            " anna@partner.example; ",
            "mailto:anna@partner.example",
            "Anna Meier <anna@partner.example>",
            "Meier, Anna <anna@partner.example>; Lind, Bo <bo@partner.example>",
            "bo@partner.example ::: bo.lind@home.example",
            "'anna@partner.example",
            "• anna@partner.example",
            "a@x.org und b@x.org",
        ] {
            assert!(holds(cell), "{cell}");
        }
        for cell in [
            "ask kim@northwind.example",
            "Questions? mail helpdesk@northwind.example",
            "Anna",
            "",
        ] {
            assert!(!holds(cell), "{cell}");
        }
    }
}
