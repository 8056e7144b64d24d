//! Removes marks around a value that are not part of it: the apostrophe of a text cell, typographic quotation marks, a
//! bullet.
//!
//! Must not remove anything that could be part of the value, such as an apostrophe inside a name.

/// Pairs of quotation marks around a whole value.
const PAIRS: [(char, &str); 11] = [
    ('\'', "'"),
    ('"', "\""),
    ('`', "`'"),
    ('´', "´"),
    ('‘', "’"),
    ('’', "’"),
    ('‚', "‘’"),
    ('“', "”"),
    ('„', "“”"),
    ('«', "»"),
    ('»', "«"),
];
const BULLETS: [char; 9] = ['•', '·', '‣', '▪', '●', '◦', '■', '□', '➢'];

/// The value without one mark, or unchanged if it has none. It must have no spaces around it.
pub(super) fn strip(value: &str) -> &str {
    let Some(&first) = value.as_bytes().first() else {
        return value;
    };
    if first.is_ascii() && !matches!(first, b'\'' | b'"' | b'`') {
        return value;
    }
    let mut chars = value.chars();
    let (Some(mark), rest) = (chars.next(), chars.as_str()) else {
        return value;
    };
    if let Some((_, ends)) = PAIRS.iter().find(|(begin, _)| *begin == mark)
        && let Some(inner) = rest.strip_suffix(|c| ends.contains(c))
        && !inner.contains(mark)
        && !inner.contains(|c| ends.contains(c))
        && !inner.trim().is_empty()
    {
        return inner.trim();
    }
    if BULLETS.contains(&mark) && !rest.trim().is_empty() {
        return rest.trim_start();
    }
    // In 't Hooft and 's-Gravenhage the apostrophe is a part of the name.
    let mut letters = rest.chars();
    let article = letters.next().is_some_and(char::is_alphabetic)
        && letters.next().is_none_or(|c| matches!(c, ' ' | '-'));
    let begins_text = rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '<' | '/'));
    if matches!(mark, '\'' | '`' | '´') && begins_text && !article {
        return rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn one_mark_is_taken_off_and_names_stay() {
        for (value, plain) in [
            ("'Anna Meier", "Anna Meier"),
            ("'false", "false"),
            ("`bo@partner.example", "bo@partner.example"),
            ("„Meier, Anna“", "Meier, Anna"),
            ("«Lind, Bo»", "Lind, Bo"),
            ("\"Bo\"", "Bo"),
            ("• Anna", "Anna"),
        ] {
            assert_eq!(strip(value), plain);
        }
        for value in [
            "O'Neil",
            "'t Hooft",
            "'s-Gravenhage",
            "„Firma“ GmbH",
            "'",
            "''",
            "-",
            "Anna",
        ] {
            assert_eq!(strip(value), value);
        }
    }
}
