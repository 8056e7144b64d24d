//! Which texts are e-mail addresses that Entra accepts.
//!
//! Must not repair anything, and must not say what is wrong.

use memchr::memchr;

/// The longest address, and the longest part before its @ (RFC 5321).
pub(super) const MAX_ADDRESS: usize = 254;
pub(super) const MAX_LOCAL: usize = 64;
const MAX_LABEL: usize = 63;

/// Whether a text is one address by the rules of Entra and of RFC 5321, and nothing else.
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
        // At the beginning it is a text mark of a spreadsheet program, not a part of the address.
        && !matches!(local.first(), Some(b'\'' | b'`'))
        && !at_edge(local.last())
        && may_stand_in_local(local)
}

/// Whether each byte is allowed, and no two dots are side by side.
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
