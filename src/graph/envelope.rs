//! The error body, whatever it is: Graph's envelope, the token endpoint's, a cut one, HTML or nothing.
//!
//! Every text in it is cleaned here (`server_text`). Must never fail and never allocate much; must not decide what an
//! error means.

use super::{answer::bounded_text, server_text::clean};
use serde_json::Value;
use std::fmt;

/// More of a message than this helps nobody.
pub const LONGEST_MESSAGE: usize = 2_000;
const LONGEST_CODE: usize = 120;

/// What an error body said.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    pub code: String,
    pub message: String,
    /// The codes and messages of `details` and of nested inner errors.
    pub more: Vec<(String, String)>,
    pub request_id: Option<String>,
    /// Whether it has an error code in Graph's form, as proxies and gateways have not.
    pub has_code: bool,
}

impl Envelope {
    pub fn parse(body: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Self::from_value(&value);
        }
        let text = bounded_text(body, 64 * 1024);
        if text.trim_start().starts_with('{') {
            return Self::from_broken_json(&text);
        }
        Self {
            message: clean(&visible_text(&text), LONGEST_MESSAGE),
            ..Self::default()
        }
    }

    pub fn from_value(value: &Value) -> Self {
        let error = &value["error"];
        if !error.is_object() {
            return Self {
                // The token endpoint's form, and others': {"error": "…", "error_description": "…"}.
                code: clean(error.as_str().unwrap_or_default(), LONGEST_CODE),
                message: clean(
                    value["error_description"]
                        .as_str()
                        .or(value["message"].as_str())
                        .unwrap_or_default(),
                    LONGEST_MESSAGE,
                ),
                ..Self::default()
            };
        }
        let mut envelope = Self {
            code: text(error, "code", LONGEST_CODE),
            message: message_of(error),
            has_code: error["code"].as_str().is_some_and(is_code),
            ..Self::default()
        };
        for detail in error["details"].as_array().into_iter().flatten().take(10) {
            let more = (text(detail, "code", LONGEST_CODE), message_of(detail));
            envelope.more.push(more);
        }
        let mut inner = inner_of(error);
        for _ in 0..4 {
            let Some(found) = inner else { break };
            let id = text(found, "request-id", LONGEST_CODE);
            if envelope.request_id.is_none() && !id.is_empty() {
                envelope.request_id = Some(id);
            }
            let more = (text(found, "code", LONGEST_CODE), message_of(found));
            if more != Default::default() {
                envelope.more.push(more);
            }
            inner = inner_of(found);
        }
        envelope
    }

    /// A body that ends in the middle: its first code and message are worth having.
    fn from_broken_json(body: &str) -> Self {
        let code = clean(&string_after(body, "\"code\""), LONGEST_CODE);
        Self {
            message: clean(&string_after(body, "\"message\""), LONGEST_MESSAGE),
            has_code: body.contains("\"error\"") && is_code(&code),
            code,
            ..Self::default()
        }
    }

    pub fn is_code(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
            || self
                .more
                .iter()
                .any(|(inner, _)| inner.eq_ignore_ascii_case(code))
    }

    /// Everything that was said, lower-cased, for looking for fragments.
    pub fn said(&self) -> String {
        let mut said = format!("{} {}", self.code, self.message);
        for (code, message) in &self.more {
            said.push(' ');
            said.push_str(code);
            said.push(' ');
            said.push_str(message);
        }
        said.to_lowercase()
    }
}

/// Messages hold addresses.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("code", &self.code)
            .field("request_id", &self.request_id)
            .field("has_code", &self.has_code)
            .finish_non_exhaustive()
    }
}

/// Some services spell it `innererror`, some `innerError`.
fn inner_of(error: &Value) -> Option<&Value> {
    error
        .as_object()?
        .iter()
        .find(|(name, value)| name.eq_ignore_ascii_case("innererror") && value.is_object())
        .map(|(_, value)| value)
}

/// `BadRequest`, `Request_BadRequest`, `activityLimitReached`: a word, not a number and not a sentence.
fn is_code(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn text(value: &Value, name: &str, limit: usize) -> String {
    match &value[name] {
        Value::String(text) => clean(text, limit),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// The message is a string, or in the older OData form an object with a `value`.
fn message_of(error: &Value) -> String {
    match &error["message"] {
        Value::Object(object) => object
            .get("value")
            .and_then(Value::as_str)
            .map_or_else(String::new, |text| clean(text, LONGEST_MESSAGE)),
        _ => text(error, "message", LONGEST_MESSAGE),
    }
}

/// The JSON string that follows a name, up to its closing quote or to where the body was cut.
fn string_after(body: &str, name: &str) -> String {
    let Some(rest) = body
        .find(name)
        .map(|at| body[at + name.len()..].trim_start())
        .and_then(|rest| rest.strip_prefix(':'))
        .and_then(|rest| rest.trim_start().strip_prefix('"'))
    else {
        return String::new();
    };
    let mut found = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n' | 'r' | 't') => found.push(' '),
                Some(escaped) => found.push(escaped),
                None => break,
            },
            c => found.push(c),
        }
    }
    found
}

/// A page without its markup: enough to recognise who wrote it.
fn visible_text(html: &str) -> String {
    let mut visible = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                visible.push(' ');
            }
            c if !in_tag => visible.push(c),
            _ => {}
        }
    }
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};

    #[test]
    fn graphs_envelope_in_both_spellings() {
        for spelling in ["innerError", "innererror"] {
            let body = format!(
                r#"{{"error":{{"code":"BadRequest","message":" No. ","{spelling}":{{"request-id":"r1","date":"x",
                "code":"deeper"}},"details":[{{"code":"ObjectConflict","message":"same value"}}]}}}}"#
            );
            let envelope = Envelope::parse(body.as_bytes());
            assert_eq!(
                (envelope.code.as_str(), envelope.message.as_str()),
                ("BadRequest", "No.")
            );
            assert_eq!(envelope.request_id.as_deref(), Some("r1"));
            assert!(envelope.is_code("objectconflict") && envelope.is_code("DEEPER"));
            assert!(envelope.said().contains("same value"));
        }
    }

    #[test]
    fn a_page_and_json_of_another_kind_have_no_code() {
        let page = b"<html><title>Blocked</title><p>suspicious activity</p></html>";
        let envelope = Envelope::parse(page);
        assert_eq!(envelope.message, "Blocked suspicious activity");
        for body in [
            &page[..],
            br#"{"error":"forbidden","error_description":"x"}"#,
            br#"{"message":"blocked"}"#,
            br#"{"error":{"code":403,"message":"x"}}"#,
            br#"{"error":{"code":"403","message":"x"}}"#,
            br#"{"error":{"code":"not allowed here","message":"x"}}"#,
            br#"{"error":{"message":"x"}}"#,
            b"[]",
            b"",
        ] {
            assert!(!Envelope::parse(body).has_code);
        }
    }

    #[test]
    fn cut_json_still_tells_its_code() {
        let envelope = Envelope::parse(br#"{"error":{"code":"Forbidden","message":"Guest \"invit"#);
        assert_eq!(
            (envelope.code.as_str(), envelope.message.as_str()),
            ("Forbidden", "Guest \"invit")
        );
        assert!(envelope.has_code);
    }

    #[test]
    fn anything_else_is_survived() {
        for body in [
            &b""[..],
            b"{",
            b"[]",
            b"null",
            b"\xff\xfe",
            b"{\"error\":7}",
            b"{\"error\":{\"message\":{\"value\":\"old\"}}}",
        ] {
            let _ = Envelope::parse(body);
        }
        let old = Envelope::parse(br#"{"error":{"code":1,"message":{"lang":"en","value":"old"}}}"#);
        assert_eq!((old.code.as_str(), old.message.as_str()), ("1", "old"));
        let huge = format!(
            r#"{{"error":{{"code":"x","message":"{}"}}}}"#,
            "ü".repeat(5_000_000)
        );
        assert!(Envelope::parse(huge.as_bytes()).message.len() <= LONGEST_MESSAGE);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(body in vec(any::<u8>(), 0..400), cut in 0_usize..300) {
            let _ = Envelope::parse(&body);
            let whole = br#"{"error":{"code":"BadRequest","message":"\u00fcber \"alles\"","details":[{"code":"a"}],"innerError":{"request-id":"r"}}}"#;
            let envelope = Envelope::parse(&whole[..cut.min(whole.len())]);
            prop_assert!(envelope.message.len() <= LONGEST_MESSAGE && envelope.code.len() <= LONGEST_CODE);
        }

        #[test]
        fn nested_as_deep_as_it_likes(depth in 0_usize..300) {
            let body = format!("{}{}", r#"{"error":{"innererror":"#.repeat(depth), "}}".repeat(depth));
            let _ = Envelope::parse(body.as_bytes());
        }
    }
}
