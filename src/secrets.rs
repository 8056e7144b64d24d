//! Secrets in texts of others: a server or a tool that repeats what it was sent must not carry a token or a password
//! into an error, a file or a log.
//!
//! A secret is recognised because this process uses it ([`remember`]), by the name that stands before it, or by its
//! shape. Must not be applied to what is meant to hold a secret, such as an answer's own token.

use crate::fingerprint::Pass;
use memchr::memchr3;
use secrecy::{ExposeSecret, SecretString};
use std::{
    borrow::Cow,
    collections::{BTreeSet, HashSet, VecDeque},
    fmt::Write,
    hash::{BuildHasherDefault, Hash, Hasher},
    sync::{PoisonError, RwLock},
};

/// What stands in place of a secret.
pub(crate) const MARK: &str = "(secret)";
/// Shorter ones would be found in ordinary words.
const SHORTEST: usize = 8;
/// So many bytes in a row are enough to recognise a part of a longer one.
const PART: usize = 12;
/// Tokens are renewed; the oldest of so many secrets are forgotten.
const MOST: usize = 32;
/// A client secret is 40 characters long, a token with many groups some 20,000.
const LONGEST: usize = 32 * 1024;

/// The secrets that this process uses, each in the forms in which it travels.
static KNOWN: RwLock<VecDeque<Known>> = RwLock::new(VecDeque::new());

struct Known {
    secret: SecretString,
    /// The forms of a secret that is shorter than a part.
    short: Vec<String>,
    /// Every stretch of so many bytes in any form of a longer one.
    parts: HashSet<Part, BuildHasherDefault<Pass>>,
}

/// A stretch of bytes. Every stretch of every text of a server is looked for, so that its hash has to be quick; those
/// that are kept are this process's own, and nobody can choose them to collide.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part([u8; PART]);

impl Part {
    fn all_of(bytes: &[u8]) -> impl Iterator<Item = Self> {
        let part = |window: &[u8]| window.try_into().ok().map(Self);
        bytes.windows(PART).filter_map(part)
    }
}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let first = self.0.first_chunk().copied().map_or(0, u64::from_le_bytes);
        let last = self.0.last_chunk().copied().map_or(0, u64::from_le_bytes);
        let mixed = (first ^ last.rotate_left(32)).wrapping_mul(SPREAD);
        state.write_u64(mixed ^ (mixed >> 32));
    }
}

/// Remembers a secret in use, so that it is recognised when somebody repeats it.
pub(crate) fn remember(secret: &SecretString) {
    let text = secret.expose_secret();
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        return;
    }
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(at) = known
        .iter()
        .position(|known| known.secret.expose_secret() == text)
    {
        if let Some(again) = known.remove(at) {
            known.push_back(again);
        }
        return;
    }
    if known.len() >= MOST {
        known.pop_front();
    }
    let forms = forms(text);
    let (short, long): (Vec<_>, Vec<_>) = forms.into_iter().partition(|form| form.len() < PART);
    let parts = long
        .iter()
        .flat_map(|form| Part::all_of(form.as_bytes()))
        .collect();
    known.push_back(Known {
        secret: secret.clone(),
        short,
        parts,
    });
}

/// As it is, in a form or URL (both cases of the escapes), in a page.
fn forms(secret: &str) -> BTreeSet<String> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let page = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let mut strict = String::new();
    for byte in secret.bytes() {
        let _ = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                strict.push(char::from(byte));
                Ok(())
            }
            byte => write!(strict, "%{byte:02x}"),
        };
    }
    [secret.to_owned(), form, strict, page].into()
}

/// The text with every secret in it replaced by [`MARK`].
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    known_secrets(text, &mut ranges);
    named_secrets(text, &mut ranges);
    shaped_secrets(text, &mut ranges);
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_unstable();
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for (from, to) in ranges {
        if from > done || (from == 0 && done == 0) {
            masked.push_str(&text[done..from]);
            masked.push_str(MARK);
        }
        done = done.max(to);
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

type Ranges = Vec<(usize, usize)>;

fn known_secrets(text: &str, ranges: &mut Ranges) {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
    for known in known.iter() {
        for form in &known.short {
            ranges.extend(
                text.match_indices(form.as_str())
                    .map(|(at, _)| (at, at + form.len())),
            );
        }
        if known.parts.is_empty() {
            continue;
        }
        for (at, part) in Part::all_of(text.as_bytes()).enumerate() {
            if known.parts.contains(&part) {
                ranges.push(whole_characters(text, at, at + PART));
            }
        }
    }
}

fn whole_characters(text: &str, mut from: usize, mut to: usize) -> (usize, usize) {
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(to) {
        to += 1;
    }
    (from, to)
}

/// Names before a secret, and how short it may be. Those that are ordinary words too count only with an equals sign,
/// or in quotation marks.
const NAMES: &[(&str, usize, bool)] = &[
    ("client_secret", 1, false),
    ("client_assertion", 1, false),
    ("refresh_token", 1, false),
    ("access_token", 1, false),
    ("accesstoken", 1, false),
    ("id_token", 1, false),
    ("device_code", 1, false),
    ("code_verifier", 1, false),
    ("x-identity-header", 1, false),
    ("assertion", 1, true),
    ("password", 1, true),
    ("secret", 1, true),
    ("ticket", 1, true),
    ("code", 16, true),
];

fn named_secrets(text: &str, ranges: &mut Ranges) {
    let lower = text.to_ascii_lowercase();
    if may_name_or_link(text) {
        secrets_behind_names(&lower, ranges);
    }
    for (at, name) in lower.match_indices("bearer") {
        let value = lower[at + name.len()..].trim_start();
        push_value(lower.len() - value.len(), value, 16, ranges);
    }
}

/// Behind a name stands an equals sign or a colon, in a link a colon, each as it is or escaped.
fn may_name_or_link(text: &str) -> bool {
    memchr3(b'=', b':', b'%', text.as_bytes()).is_some()
}

fn secrets_behind_names(lower: &str, ranges: &mut Ranges) {
    for (name, shortest, word) in NAMES {
        for (at, _) in lower.match_indices(name) {
            let begins = at == 0
                || !lower.as_bytes()[at - 1].is_ascii_alphanumeric()
                    && !lower[..at].ends_with(['_', '-'])
                || ends_in_escape(&lower[..at]);
            if !begins {
                continue;
            }
            let after = &lower[at + name.len()..];
            let (quoted, rest) = skipped(after, &["\\\"", "\"", "'", "%22", "&quot;"]);
            let rest = rest.trim_start();
            let (equals, rest) = skipped(rest, &["=", "%3d", "%253d"]);
            let (colon, rest) = if equals {
                (false, rest)
            } else {
                skipped(rest, &[":", "%3a"])
            };
            if !equals && (!colon || (*word && !quoted)) {
                continue;
            }
            let rest = rest.trim_start();
            let (_, value) = skipped(rest, &["\\\"", "\"", "'", "%22", "&quot;"]);
            push_value(lower.len() - value.len(), value, *shortest, ranges);
        }
    }
    for (at, name) in lower.match_indices("authorization") {
        let value = &lower[at + name.len()..];
        let (_, value) = skipped(value, &["\\\"", "\"", "'", "&quot;"]);
        let (colon, value) = skipped(value.trim_start(), &[":", "="]);
        if colon {
            let (_, value) = skipped(value.trim_start(), &["\\\"", "\"", "'", "&quot;"]);
            let schemes = ["bearer ", "basic ", "digest ", "negotiate ", "ntlm "];
            let (_, value) = skipped(value, &schemes);
            let value = value.trim_start();
            push_value(lower.len() - value.len(), value, 1, ranges);
        }
    }
}

/// Whether the text ends in an escape such as `%26`.
fn ends_in_escape(text: &str) -> bool {
    let end = &text.as_bytes()[text.len().saturating_sub(3)..];
    matches!(end, [b'%', tens, ones] if tens.is_ascii_hexdigit() && ones.is_ascii_hexdigit())
}

fn skipped<'t>(text: &'t str, any: &[&str]) -> (bool, &'t str) {
    any.iter()
        .find_map(|one| text.strip_prefix(one))
        .map_or((false, text), |rest| (true, rest))
}

/// The value that begins here, up to what cannot belong to one.
fn push_value(at: usize, value: &str, shortest: usize, ranges: &mut Ranges) {
    let ends = |c: char| c.is_whitespace() || "&\"'<>,;(){}[]\\".contains(c);
    let end = value.find(ends).unwrap_or(value.len());
    let end = value[..end].find("%26").unwrap_or(end);
    if end >= shortest {
        ranges.push((at, at + end));
    }
}

/// Tokens and redeem links, wherever they stand.
fn shaped_secrets(text: &str, ranges: &mut Ranges) {
    /// A token's header alone is longer.
    const SHORTEST_TOKEN: usize = 20;
    /// No word, name or id is this long.
    const LONGEST_WORD: usize = 80;
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.~+=".contains(c);
    let mut rest = text;
    while let Some(begin) = rest.find(in_token) {
        let at = text.len() - rest.len() + begin;
        let run = &rest[begin..];
        let length = run.find(|c| !in_token(c)).unwrap_or(run.len());
        let mut starts = run.as_bytes()[..length].windows(3);
        let token = starts
            .position(|start| start == b"eyJ")
            .filter(|at| length - at >= SHORTEST_TOKEN);
        if let Some(token) = token {
            ranges.push((at + token, at + length));
        } else if length >= LONGEST_WORD {
            ranges.push((at, at + length));
        }
        rest = &run[length..];
    }
    if !may_name_or_link(text) {
        return;
    }
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("http") {
        let link = &lower[at..];
        let ends = |c: char| c.is_whitespace() || "\"'<>".contains(c);
        let link = &link[..link.find(ends).unwrap_or(link.len())];
        let (_, host) = skipped(&link[4..], &["s"]);
        let (is_link, _) = skipped(host, &["://", ":\\/\\/", "%3a%2f%2f", "%253a%252f%252f"]);
        if is_link && (link.contains("redeem") || link.contains("ticket")) {
            ranges.push((at, at + link.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_secret_in_use_is_found_in_every_form_and_in_parts() {
        let secret = "Qx8~v/Zq+m&9 t\"Lw.7Kd_R2";
        remember(&secret.into());
        for text in [
            secret.to_owned(),
            format!("you sent {secret}!"),
            "body Qx8%7Ev%2FZq%2Bm%269+t%22Lw.7Kd_R2 end".to_owned(),
            "body Qx8~v%2fZq%2bm%269%20t%22Lw.7Kd_R2 end".to_owned(),
            "<td>Qx8~v/Zq+m&amp;9 t&quot;Lw.7Kd_R2</td>".to_owned(),
            "it begins with Qx8~v/Zq+m&9 and so on".to_owned(),
            "it ends with &9 t\"Lw.7Kd_R2".to_owned(),
        ] {
            let masked = masked(&text);
            assert!(masked.contains(MARK), "{text}");
            for part in ["Qx8", "Lw.7", "Kd_R2"] {
                assert!(!masked.contains(part), "{masked}");
            }
        }
    }

    #[test]
    fn secrets_are_known_by_what_stands_before_them() {
        for (text, shown) in [
            (
                "grant_type=x&client_secret=ab~c.d&scope=y",
                "grant_type=x&client_secret=(secret)&scope=y",
            ),
            (
                r#"{"client_secret":"abc","a":1}"#,
                r#"{"client_secret":"(secret)","a":1}"#,
            ),
            (
                r#"said: {\"refresh_token\": \"1.abc\"}"#,
                r#"said: {\"refresh_token\": \"(secret)\"}"#,
            ),
            ("Client_Secret : abc def", "Client_Secret : (secret) def"),
            ("a%26ticket%3dabc%26b", "a%26ticket%3d(secret)%26b"),
            (
                "code=1.AXYAabcdefghijklmnop&state=s",
                "code=(secret)&state=s",
            ),
            (
                "authorization: Bearer abc.def accept: x",
                "authorization: Bearer (secret) accept: x",
            ),
            (
                "Proxy-Authorization: Basic dTpw",
                "Proxy-Authorization: Basic (secret)",
            ),
            (
                r#""authorization":"Bearer abc""#,
                r#""authorization":"Bearer (secret)""#,
            ),
            (
                "the Bearer abcdefghijklmnopq was sent",
                "the Bearer (secret) was sent",
            ),
            (
                "got eyJ0eXAiOiJKV1QiLCJhbGci.eyJhIjoxfQ.c2ln here",
                "got (secret) here",
            ),
            ("cut off: eyJ0eXAiOiJKV1QiLCJhbGci", "cut off: (secret)"),
            (
                "see https://login.example/redeem?rd=https%3a%2f%2finvitations.example%2fredeem%2f%3fticket%3dq now",
                "see (secret) now",
            ),
            ("https:\\/\\/a.example\\/redeem?x", "(secret)"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn ordinary_sentences_stay_as_they_are() {
        for text in [
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '1e2d3c4b-0000-4000-8000-00000000abcd'.",
            "The invited user already exists in the directory as object ID: a0b1c2d3-0000-4000-8000-00000000abcd. They can use that account to sign in.",
            "Code: Authorization_RequestDenied Message: Insufficient privileges to complete the operation.",
            "Bearer token is missing; bearer authentication is required",
            "error code=40310, the password has expired, your ticket: 12",
            "client_assertion_type is missing",
            "https://learn.microsoft.com/graph/errors",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_masking_again_changes_nothing(text in "(\\PC|client_secret|=|%3d|eyJ|https://|redeem| |ü){0,30}") {
            let once = masked(&text).into_owned();
            prop_assert_eq!(masked(&once), once.as_str());
        }
    }
}
