//! Servers' texts where they become ours: without characters that act on a screen, without secrets, and of a bounded
//! length, so that nothing later has to think of it.
//!
//! Must not be used for what is sent on: tokens, links and challenges.

use crate::{
    secrets,
    visible::{has_hidden, is_hidden, visible_line},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use std::borrow::Cow;

/// Names, states and ids are far below this.
const LONGEST_NAME: usize = 256;
/// More of a text is not looked at.
const LONGEST_READ: usize = 16 * 1024;
/// Nor of a body, for words that are known: an error is not read any further either.
const LONGEST_SEARCHED: usize = 256 * 1024;

/// What a server, or a tool, said: one line that can be shown, kept and logged.
pub(super) fn clean(text: &str, limit: usize) -> String {
    // Every answer has such ids, and nothing has to be taken out of them.
    if is_guid(text) && text.len() <= limit {
        return text.to_owned();
    }
    let read = secrets::masked(cut(text.trim(), LONGEST_READ));
    cut(&visible_line(&read), limit).to_owned()
}

/// Whether a text is a GUID as Microsoft writes it. Nothing that is kept secret has that form.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// At most so many bytes, cut where a character ends.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// What was said, for recognising known words in it: lower case, without blanks, line breaks, quotation marks, tags, colours
/// of a terminal and invisible characters, and with entities resolved, so that it does not matter how a program printed the
/// words. Not for showing.
pub(super) fn squeezed(text: &str) -> String {
    let read = cut(text, LONGEST_SEARCHED);
    let mut plain = without_tags(&without_colours(read));
    // A page may quote a page.
    for _ in 0..2 {
        if !plain.contains('&') {
            break;
        }
        plain = without_tags(&without_entities(&plain));
    }
    plain
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_hidden(*c) && !is_dress(*c))
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' => '-',
            c => c,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Quotation marks, and what programs put around the lines of a message: the bar of PowerShell, the backslash of a quoted text.
fn is_dress(c: char) -> bool {
    matches!(
        c,
        '"' | '\'' | '`' | '\u{b4}' | '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '|' | '\\'
    )
}

/// Without the sequences that colour a text on a terminal (ECMA-48, CSI … m).
fn without_colours(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "\u{1b}[";
    if !text.contains(BEGIN) {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split(BEGIN);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(
            part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';')
                .trim_start_matches('m'),
        );
    }
    Cow::Owned(plain)
}

/// A page without its markup, for showing: enough to recognise who wrote it.
pub(super) fn page_text(html: &str) -> String {
    let plain = without_entities(&without_tags(html));
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A blank in place of each tag, and of what a browser does not show. A `<` that begins no tag stays.
fn without_tags(text: &str) -> String {
    /// What begins so is not shown up to its end.
    const UNSEEN: [(&str, &str); 4] = [
        ("<!--", "-->"),
        ("<style", "</style>"),
        ("<script", "</script>"),
        ("<", ">"),
    ];
    // An end that is not there is looked for only once.
    let mut missing = [false; UNSEEN.len()];
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let tag = &rest[at..];
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let end = UNSEEN
            .iter()
            .zip(&mut missing)
            .filter(|((begin, _), missing)| is_tag && !**missing && starts_with(tag, begin))
            .find_map(|((_, end), missing)| {
                let found = after(tag, end);
                *missing = found.is_none();
                found
            });
        let (instead, taken) = end.map_or(("<", 1), |end| (" ", end));
        plain.push_str(instead);
        rest = &tag[taken..];
    }
    plain.push_str(rest);
    plain
}

/// Whatever the case.
fn starts_with(text: &str, what: &str) -> bool {
    text.as_bytes()
        .get(..what.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(what.as_bytes()))
}

/// Where the first `what` ends, whatever its case.
fn after(text: &str, what: &str) -> Option<usize> {
    let found = text
        .as_bytes()
        .windows(what.len())
        .position(|part| part.eq_ignore_ascii_case(what.as_bytes()))?;
    Some(found + what.len())
}

/// The characters that entities stand for: all numbers, and the names that occur in sentences.
fn without_entities(text: &str) -> String {
    const LONGEST_ENTITY: usize = 10;
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name = rest
            .bytes()
            .take(LONGEST_ENTITY)
            .position(|byte| byte == b';')
            .map(|end| &rest[..end]);
        match name.and_then(|name| Some((name, entity(name)?))) {
            Some((name, c)) => {
                plain.push(c);
                rest = &rest[name.len() + 1..];
            }
            None => plain.push('&'),
        }
    }
    plain.push_str(rest);
    plain
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "shy" => '\u{AD}',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        _ => return None,
    })
}

/// Reads an answer. Hidden characters in its strings are spelled out, whatever field they stand in.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    // Outside of strings JSON has no backslash, and inside only before what is escaped.
    let is_plain =
        !body.contains(&b'\\') && std::str::from_utf8(body).is_ok_and(|text| !has_hidden(text));
    if is_plain {
        return serde_json::from_slice(body);
    }
    let mut value: Value = serde_json::from_slice(body)?;
    spell_out(&mut value);
    serde_json::from_value(value)
}

fn spell_out(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible_line(text).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(spell_out),
        Value::Object(fields) => fields.values_mut().for_each(spell_out),
        _ => {}
    }
}

/// A name, a state or an id that is shown or kept.
pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(clean(&text, LONGEST_NAME))
}

/// A name of ours in the form in which a server's names are read, for comparing the two.
pub(crate) fn cleaned_name(text: &str) -> String {
    clean(text, LONGEST_NAME)
}

/// The same where there may be none.
pub(crate) fn optional_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.map(|text| clean(&text, LONGEST_NAME)))
}

/// At most `limit` bytes of `bytes` as text, cut where a character ends; broken bytes become U+FFFD.
pub(super) fn bounded_text(bytes: &[u8], limit: usize) -> String {
    let mut end = limit.min(bytes.len());
    // Step back off the middle of a character, at most its three following bytes.
    while end < bytes.len() && end > 0 && limit - end < 3 && bytes[end] & 0b1100_0000 == 0b1000_0000
    {
        end -= 1;
    }
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::wire::{DirectoryUser, Organization};
    use proptest::{collection::vec, prelude::*};

    const HOSTILE: &str = r#"{"id":"1","displayName":"Con\u001b]0;x\u0007to\u202eso\u009b","mail":"a\u200b@b.example",
        "externalUserState":"Accep\u001b[2Jted\r\nforged","verifiedDomains":[{"name":"c\u202e.example"}]}"#;

    #[test]
    fn no_field_of_an_answer_can_act_on_a_screen() {
        let organization: Organization = from_json(HOSTILE.as_bytes()).unwrap();
        assert_eq!(
            organization.display_name.as_deref(),
            Some("Con<U+001B>]0;x<U+0007>to<U+202E>so<U+009B>")
        );
        assert_eq!(organization.verified_domains[0].name, "c<U+202E>.example");
        let user: DirectoryUser = from_json(HOSTILE.as_bytes()).unwrap();
        assert_eq!(user.mail.as_deref(), Some("a<U+200B>@b.example"));
        assert_eq!(
            user.external_user_state.as_deref(),
            Some("Accep<U+001B>[2Jted forged")
        );
        // Written out rather than escaped, it is the same.
        let raw = HOSTILE
            .replace("\\u202e", "\u{202e}")
            .replace("\\u009b", "\u{9b}")
            .replace("\\u200b", "\u{200b}");
        assert_eq!(from_json::<DirectoryUser>(raw.as_bytes()).unwrap(), user);
    }

    #[test]
    fn names_are_bounded_and_hold_no_secret() {
        let long = format!(
            r#"{{"id":"1","displayName":"client_secret=abc {}"}}"#,
            "ü".repeat(5_000)
        );
        let organization: Organization = from_json(long.as_bytes()).unwrap();
        let name = organization.display_name.unwrap();
        assert!(
            name.len() <= LONGEST_NAME && name.starts_with("client_secret=(secret)"),
            "{name}"
        );
    }

    #[test]
    fn the_same_words_are_recognised_in_any_dress() {
        for dressed in [
            "Due to suspicious  activity.",
            "DUE TO\r\nsuspicious\tactivity.",
            "due to\u{a0}suspicious\u{202f}activity.",
            "due to suspi\u{ad}cious\u{200b}activity.",
            "<html><style>p > b { color: red }</style><p>due<br/>to <b>suspicious</b>\n<i>activity.</i></p>",
            "due to suspicious&nbsp;activity&#46;",
            "due to suspicious&#xA0;&#32;activity.",
            "&lt;p&gt;due to suspicious&amp;nbsp;activity.&lt;/p&gt;",
            "<!-- a > b --><script>if (a < b) { c() }</script>due to suspicious activity.",
            "\u{1b}[31;1m   | due to \u{201c}suspicious\u{201d}\u{1b}[0m\n     | 'activity'.",
        ] {
            assert_eq!(squeezed(dressed), "duetosuspiciousactivity.", "{dressed}");
        }
        // What only looks like markup stays.
        for text in [
            "a<1&c>d",
            "at&t;&unknown;&",
            "<",
            "&#x110000;",
            "<p",
            "<!--",
            "<style>p",
        ] {
            let kept = text.strip_prefix("<style>").unwrap_or(text);
            assert_eq!(squeezed(text), kept);
        }
        assert_eq!(squeezed("cross\u{2011}tenant"), "cross-tenant");
    }

    #[test]
    fn a_page_full_of_tags_that_never_end_is_read_in_no_time() {
        let began = std::time::Instant::now();
        for piece in ["<a", "<!--", "<style", "<script>", "&#", "&amp;", "<"] {
            squeezed(&piece.repeat(LONGEST_SEARCHED / piece.len()));
        }
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }

    proptest! {
        #[test]
        fn of_no_text_a_blank_or_something_hidden_is_left(text in "(\\PC|\\s|[<>&;#a-z]){0,60}") {
            let said = squeezed(&text);
            prop_assert!(!said.contains(char::is_whitespace) && !said.contains(is_hidden));
        }
    }

    #[test]
    fn what_is_no_json_is_refused_as_before() {
        for body in [&b"{"[..], b"\xff", b"{\"id\":\"\x1b\"}", b"\\"] {
            assert!(from_json::<Value>(body).is_err());
        }
    }

    #[test]
    fn text_is_cut_where_a_character_ends() {
        assert_eq!(bounded_text("grüße".as_bytes(), 3), "gr");
        assert_eq!(bounded_text("grüße".as_bytes(), 4), "grü");
        assert_eq!(bounded_text("🙂🙂".as_bytes(), 7), "🙂");
        assert_eq!(bounded_text(b"abc", 10), "abc");
        assert_eq!(bounded_text(&[0x80; 9], 5).chars().count(), 2);
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_allowed(bytes in vec(any::<u8>(), 0..60), limit in 0_usize..64) {
            prop_assert!(bounded_text(&bytes, limit).chars().count() <= limit);
        }

        #[test]
        fn text_that_is_text_stays_so(text in "\\PC{0,40}", limit in 0_usize..64) {
            let cut = bounded_text(text.as_bytes(), limit);
            prop_assert!(text.starts_with(&cut) && cut.len() <= limit);
        }
    }
}
