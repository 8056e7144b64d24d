//! Reads an e-mail address out of a cell, with the repairs that are certain.
//!
//! Must not guess: a doubtful address is an error that a person corrects.

use super::{
    address_syntax::is_valid,
    diagnose::{Wrong, diagnose, is_direction_mark},
    marks,
};
use std::{borrow::Cow, fmt};

/// A checked address. Its `Debug` masks the person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: Box<str>,
    /// The address in small letters; none where that is `text` itself.
    key: Option<Box<str>>,
}

impl EmailAddress {
    /// Reads an address as a sheet's cell is read, repairs included; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        match read(text) {
            Ok(address) => Ok(address.to_owned()),
            Err(wrong) => Err(wrong.message),
        }
    }

    /// The address as it is sent: repaired, case kept.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address for comparing: small letters throughout.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.text)
    }

    /// The domain, in small letters.
    pub fn domain(&self) -> &str {
        let key = self.key();
        key.rsplit_once('@').map_or(key, |(_, domain)| domain)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}

/// A valid address that is borrowed from its row.
#[derive(Debug, Clone)]
pub(super) struct Address<'a> {
    pub text: Cow<'a, str>,
    /// What was removed, in words.
    pub repairs: Vec<&'static str>,
}

impl Address<'_> {
    pub(super) fn to_owned(&self) -> EmailAddress {
        let key = self
            .text
            .bytes()
            .any(|byte| byte.is_ascii_uppercase())
            .then(|| self.text.to_ascii_lowercase().into_boxed_str());
        EmailAddress {
            text: self.text.as_ref().into(),
            key,
        }
    }
}

/// Reads a cell with the certain repairs; the error says why it is not an address.
pub(super) fn read(cell: &str) -> Result<Address<'_>, Wrong> {
    if is_valid(cell) {
        return Ok(Address {
            text: Cow::Borrowed(cell),
            repairs: Vec::new(),
        });
    }
    let (text, repairs) = repair(cell);
    if is_valid(&text) {
        Ok(Address { text, repairs })
    } else {
        Err(diagnose(&text))
    }
}

/// Invisible characters that mean nothing in an address.
fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
    )
}

/// A longer cell is a text, so no repairs are tried on it.
const MAX_PEELED: usize = 4096;

/// Removes what certainly does not belong to the address, and says what it was.
fn repair(cell: &str) -> (Cow<'_, str>, Vec<&'static str>) {
    let mut repairs: Vec<&'static str> = Vec::new();
    if cell.len() > MAX_PEELED || cell.contains(is_direction_mark) {
        return (Cow::Borrowed(cell), repairs);
    }
    let mut text = Cow::Borrowed(cell);
    if text.contains(is_zero_width) {
        text = Cow::Owned(text.replace(is_zero_width, ""));
        repairs.push("invisible characters");
    }
    loop {
        let (rest, what) = peel(&text);
        let Some(what) = what else {
            return (text, repairs);
        };
        text = Cow::Owned(rest.to_owned());
        if !repairs.contains(&what) {
            repairs.push(what);
        }
    }
}

/// Whether the name before `<address>` is no other address; some programs repeat the address there.
fn is_name_of(name: &str, address: &str) -> bool {
    let bare = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    name.trim_matches(bare).eq_ignore_ascii_case(address.trim())
}

/// Removes one layer around the address, and says what it was.
fn peel(text: &str) -> (&str, Option<&'static str>) {
    let trimmed = text.trim();
    if trimmed.len() < text.len() {
        let ends = |c: char| matches!(c, ' ' | '\n' | '\r');
        let what = if text.trim_matches(' ').len() == trimmed.len() {
            "spaces"
        } else if text.trim_matches(ends).len() == trimmed.len() {
            "a line break"
        } else {
            "no-break or other odd spaces"
        };
        return (trimmed, Some(what));
    }
    if let Some(start) = text.get(..7)
        && start.eq_ignore_ascii_case("mailto:")
    {
        let address = text[7..].split('?').next().unwrap_or("");
        return (address, Some("mailto:"));
    }
    // Directories list mail addresses in this form (proxyAddresses).
    if let Some(start) = text.get(..5)
        && start.eq_ignore_ascii_case("smtp:")
    {
        return (&text[5..], Some("SMTP:"));
    }
    if let Some(inner) = text.strip_suffix('>') {
        let mut parts = inner.splitn(2, '<');
        if let (Some(name), Some(address)) = (parts.next(), parts.next())
            && !address.contains('<')
            && (!name.contains('@') || is_name_of(name, address))
        {
            return (address, Some("the name and < > around the address"));
        }
    }
    for quote in ['\'', '"', '’', '“', '”'] {
        let open = if quote == '’' { '‘' } else { quote };
        let open = if quote == '”' { '“' } else { open };
        if let Some(inner) = text
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return (inner, Some("quotation marks"));
        }
    }
    let listed = text
        .strip_prefix(['-', '*'])
        .filter(|rest| rest.starts_with(' '));
    if let Some(rest) =
        listed.or_else(|| Some(marks::strip(text)).filter(|rest| rest.len() < text.len()))
    {
        return (rest, Some("a text mark"));
    }
    let ended = text.trim_end_matches(['.', ';', ',']);
    if ended.len() < text.len() && !ended.is_empty() {
        return (ended, Some("a trailing dot, comma or semicolon"));
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entra_takes_is_taken_as_it_is() {
        let longest = format!("{}@{}.example.org", "a".repeat(64), "b".repeat(63));
        for text in [
            "anna@example.org",
            "O'Brien@Example.ORG",
            "a@b.co",
            "1@2.de",
            "_x_@sub.domain.example.com",
            "a.b-c@x-y.museum",
            "m@xn--mller-kva.de",
            &longest,
        ] {
            let address = read(text).unwrap_or_else(|wrong| panic!("{text}: {}", wrong.message));
            assert_eq!(address.text, text);
            assert!(address.repairs.is_empty());
        }
        let brien = EmailAddress::parse("O'Brien@Example.ORG").unwrap();
        assert_eq!(
            (brien.as_str(), brien.key(), brien.domain()),
            ("O'Brien@Example.ORG", "o'brien@example.org", "example.org")
        );
        assert_eq!(format!("{brien:?}"), "EmailAddress(…@example.org)");
    }

    #[test]
    fn certain_repairs_are_made_and_told() {
        for (cell, what) in [
            (" anna@example.org\t", "no-break or other odd spaces"),
            ("anna@example.org ", "spaces"),
            ("\u{A0}anna@example.org", "no-break or other odd spaces"),
            ("anna@exam\u{200B}ple.org", "invisible characters"),
            ("\u{FEFF}anna@example.org", "invisible characters"),
            ("mailto:anna@example.org", "mailto:"),
            ("MAILTO:anna@example.org?subject=Hi", "mailto:"),
            (
                "Anna Meier <anna@example.org>",
                "the name and < > around the address",
            ),
            ("SMTP:anna@example.org", "SMTP:"),
            ("<anna@example.org>", "the name and < > around the address"),
            (
                "anna@example.org <anna@example.org>",
                "the name and < > around the address",
            ),
            ("anna@example.org.", "a trailing dot, comma or semicolon"),
            ("anna@example.org;", "a trailing dot, comma or semicolon"),
            ("'anna@example.org'", "quotation marks"),
            ("\"anna@example.org\"", "quotation marks"),
        ] {
            let address = read(cell).unwrap_or_else(|wrong| panic!("{cell:?}: {}", wrong.message));
            assert_eq!(address.text, "anna@example.org", "{cell:?}");
            assert_eq!(address.repairs, [what], "{cell:?}");
        }
        let all = read(" \"Meier, Anna\" <mailto:anna@example.org>; ").unwrap();
        assert_eq!(all.text, "anna@example.org");
        assert_eq!(all.repairs.len(), 4, "{:?}", all.repairs);
    }
}
