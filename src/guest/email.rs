//! An e-mail address that Entra can take: repaired where that is certain, refused where it is not.
//!
//! Must not guess: an address with anything doubtful in it is an error for a person to correct.

use super::{
    diagnose::{Wrong, diagnose, is_direction_mark},
    marks,
};
use memchr::memchr;
use std::{borrow::Cow, fmt};

/// The longest address (RFC 5321), and the longest part before its @.
pub(super) const MAX_ADDRESS: usize = 254;
pub(super) const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

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

/// A checked address that still lives in its row.
#[derive(Debug, Clone)]
pub(super) struct Address<'a> {
    pub text: Cow<'a, str>,
    /// What was left out, in words.
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

/// Reads a cell; what is certain is repaired, everything else is wrong.
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

/// The rules of Entra and of RFC 5321 together, for one address and nothing else.
pub(super) fn is_valid(text: &str) -> bool {
    let Some((local, domain)) = split_at_sign(text) else {
        return false;
    };
    text.len() <= MAX_ADDRESS && is_local(local.as_bytes()) && is_domain(domain.as_bytes())
}

fn is_local(local: &[u8]) -> bool {
    let at_edge = |byte: Option<&u8>| matches!(byte, None | Some(b'.' | b'-'));
    local.len() <= MAX_LOCAL
        && !at_edge(local.first())
        // It would be a mark that makes a text of the cell, and no part of the address.
        && !matches!(local.first(), Some(b'\'' | b'`'))
        && !at_edge(local.last())
        && may_stand_in_local(local)
}

/// Each byte by itself, and no two dots side by side.
fn may_stand_in_local(local: &[u8]) -> bool {
    let mut before = 0;
    local.iter().all(|byte| {
        let double = *byte == b'.' && before == b'.';
        before = *byte;
        may_stand_before_at(*byte) && !double
    })
}

/// The apostrophe is allowed: O'Brien is a name. (Graph: invitation resource type)
pub(super) fn may_stand_before_at(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'\'' | b'`')
}

pub(super) fn is_domain(domain: &[u8]) -> bool {
    let mut labels = 0;
    let mut encoded = false;
    let mut rest = domain;
    let last = loop {
        let ends = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'-';
        let (label, behind) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
        let edges = !matches!(label.first(), None | Some(b'-')) && label.last() != Some(&b'-');
        if !edges || label.len() > MAX_LABEL {
            return false;
        }
        encoded |= label.len() > 3 && label[..4].eq_ignore_ascii_case(b"xn--");
        labels += 1;
        rest = match behind {
            [] => break label,
            [b'.', next @ ..] => next,
            _ => return false,
        };
    };
    labels >= 2
        && last.len() >= 2
        && last.iter().any(u8::is_ascii_alphabetic)
        && (!encoded || punycode_is_sound(domain))
}

fn punycode_is_sound(domain: &[u8]) -> bool {
    std::str::from_utf8(domain).is_ok_and(|domain| idna::domain_to_ascii_strict(domain).is_ok())
}

/// Both sides of the first @.
pub(super) fn split_at_sign(text: &str) -> Option<(&str, &str)> {
    let at = memchr(b'@', text.as_bytes())?;
    Some((&text[..at], &text[at + 1..]))
}

/// Characters that take no room and mean nothing in an address.
fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
    )
}

/// A longer cell is not an address with something around it, and is not worth peeling.
const MAX_PEELED: usize = 4096;

/// Leaves out what certainly does not belong to the address, and says what it was.
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

/// Some programs write the address once more where the name would be.
fn is_name_of(name: &str, address: &str) -> bool {
    let bare = |c: char| c.is_whitespace() || matches!(c, '"' | '\'');
    name.trim_matches(bare).eq_ignore_ascii_case(address.trim())
}

/// One layer off, and what it was.
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
    // As directories list mail addresses (proxyAddresses).
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
