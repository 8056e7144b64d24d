//! Characters that act instead of being seen: control, direction and invisible format characters, and how they are
//! spelled out.
//!
//! Everything that others wrote passes here before it is shown, and servers' texts already where they come in.

use std::{borrow::Cow, fmt::Write};

/// Whether a character could move a cursor, turn the writing round or hide from a reader. Line feeds and tabs are
/// left to the caller; the joiners, which several scripts need inside words, are no danger.
pub(crate) fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{00AD}' // soft hyphen
        | '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' // direction
        | '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{180E}' | '\u{200B}' | '\u{FEFF}' // blanks without width
        | '\u{2028}' | '\u{2029}' // further line ends
        | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FFF0}'..='\u{FFFB}' // invisible operators
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E007F}' // beams, tags
        | '\u{FDD0}'..='\u{FDEF}' // never text: this program's own marks for colours
        => true,
        c => c.is_control(),
    }
}

/// Whether a text has such a character. Nearly every text is plain ASCII, which is known without looking at characters.
pub(crate) fn has_hidden(text: &str) -> bool {
    let is_odd = |byte: u8| !matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    let odd = text
        .bytes()
        .fold(0, |odd, byte| odd | u8::from(is_odd(byte)));
    odd != 0 && text.contains(is_hidden)
}

/// The text with hidden characters spelled out, such as `<U+202E>`. Line feeds and tabs stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    replaced(text, |c, spelled| {
        let _ = write!(spelled, "<U+{:04X}>", u32::from(c));
    })
}

/// The same in one line.
pub(crate) fn visible_line(text: &str) -> Cow<'_, str> {
    match visible(text) {
        line if line.contains(['\n', '\t']) => Cow::Owned(line.replace(['\n', '\t'], " ")),
        line => line,
    }
}

/// JSON whose hidden characters are escaped. Inside JSON they can stand in strings only, where the escape means
/// the same.
pub(crate) fn json(json: &str) -> Cow<'_, str> {
    replaced(json, |c, escaped| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

fn replaced(text: &str, spell: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !has_hidden(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            c if is_hidden(c) => spell(c, &mut shown),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_acts_is_spelled_out_and_writing_stays() {
        assert_eq!(
            visible("a\u{1b}[31mb\u{7}c\u{9b}2Jd\u{202e}e\u{200f}f\r\ng\th"),
            "a<U+001B>[31mb<U+0007>c<U+009B>2Jd<U+202E>e<U+200F>f\ng\th"
        );
        for writing in [
            "Zoë 李 🎉 👩‍👩‍👧",
            "می‌خواهم",
            "שלום",
            "葛\u{E0100}城",
            "e\u{301}",
            "",
        ] {
            assert!(matches!(visible(writing), Cow::Borrowed(same) if same == writing));
        }
        assert_eq!(visible_line("a\r\nb\tc\rd"), "a b c<U+000D>d");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left_and_json_means_the_same(text in "(\\PC|\\p{Cc}|\\p{Cf}|[a-z\u{2028}]){0,40}") {
            prop_assert!(!visible(&text).contains(is_hidden));
            prop_assert!(!visible_line(&text).contains(|c| is_hidden(c) || c == '\n' || c == '\t'));
            let written = serde_json::to_string(&text).unwrap();
            let safe = json(&written);
            prop_assert!(!safe.contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
