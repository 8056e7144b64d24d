//! Continuous access evaluation: a 401 that names the claims with which a new token must be requested.
//!
//! Must not ask for the token; it reads the challenge and keeps the claims until they are sent.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Claims are some hundred bytes.
const LONGEST: usize = 4 * 1024;
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// The claims of a challenge, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(String);

impl Claims {
    /// What a `WWW-Authenticate` header asks for; nothing when it is no such challenge.
    pub fn of(header: &str) -> Option<Self> {
        if parameter(header, "error")? != "insufficient_claims" {
            return None;
        }
        let claims = parameter(header, "claims")?;
        let bytes = if claims.trim_start().starts_with('{') {
            claims.into_bytes()
        } else {
            [STANDARD, URL_SAFE]
                .into_iter()
                .find_map(|alphabet| GeneralPurpose::new(&alphabet, LENIENT).decode(&claims).ok())?
        };
        let text = String::from_utf8(bytes).ok()?;
        let is_object = text.len() <= LONGEST
            && serde_json::from_str::<Value>(&text).is_ok_and(|claims| claims.is_object());
        is_object.then_some(Self(text))
    }

    pub fn json(&self) -> &str {
        &self.0
    }
}

/// A quoted parameter of the header.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some(at) = rest.find('=') {
        let (before, after) = rest.split_at(at);
        let found = before
            .rsplit([',', ' ', '\t'])
            .next()
            .is_some_and(|word| word.eq_ignore_ascii_case(name));
        let after = &after[1..];
        let Some(quoted) = after.strip_prefix('"') else {
            rest = after;
            continue;
        };
        let (value, left) = unquoted(quoted)?;
        if found {
            return Some(value);
        }
        rest = left;
    }
    None
}

/// The text up to the closing quote, without its backslashes, and what comes after.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            char => value.push(char),
        }
    }
    None
}

/// The claims for the next token request; shared by the code that decides about them and the code that sends them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClaimsToSend(Arc<Mutex<Option<Claims>>>);

impl ClaimsToSend {
    pub(crate) fn set(&self, claims: Option<Claims>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = claims;
    }

    pub(crate) fn get(&self) -> Option<Claims> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD as PADDED, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const CLAIMS: &str =
        r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}},"?":"~~~ü"}"#;

    fn header(claims: &str) -> String {
        format!(
            r#"Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", client_id="1=2", error="insufficient_claims", claims="{claims}""#
        )
    }

    #[test]
    fn the_claims_are_read_however_they_are_encoded() {
        for encoded in [
            PADDED.encode(CLAIMS),
            URL_SAFE.encode(CLAIMS),
            URL_SAFE_NO_PAD.encode(CLAIMS),
            CLAIMS.replace('"', "\\\""),
        ] {
            let claims = Claims::of(&header(&encoded)).unwrap();
            assert_eq!(claims.json(), CLAIMS, "{encoded}");
        }
    }

    #[test]
    fn other_challenges_are_none() {
        let encoded = PADDED.encode(CLAIMS);
        for other in [
            String::new(),
            r#"Bearer realm="", error="invalid_token""#.into(),
            header("").replace("claims", "klaims"),
            header(&encoded).replace("insufficient_claims", "invalid_token"),
            header("%%%"),
            header(&PADDED.encode("[1]")),
            header(&PADDED.encode(format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST)))),
            r#"Bearer error="insufficient_claims", claims="abc"#.into(),
        ] {
            assert_eq!(Claims::of(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(header in ".{0,200}") {
            let _ = Claims::of(&header);
            let _ = Claims::of(&format!("error=\"insufficient_claims\", claims=\"{header}"));
        }
    }
}
