//! Reads the body of an error in any form: Graph's, the token endpoint's, a body that is cut, HTML, or nothing.
//!
//! Every text in it is cleaned here (`server_text`). Must never fail or use much memory, and must not decide what an error
//! means.

use super::server_text::{bounded_text, clean, page_text, squeezed};
use serde_json::Value;
use std::fmt;

/// A message is cut to this length.
pub(crate) const LONGEST_MESSAGE: usize = 2_000;
const LONGEST_CODE: usize = 120;
/// A longer body is cut before it is read.
const LONGEST_BODY: usize = 256 * 1024;
/// Texts that are nested deeper are not read.
const DEEPEST: usize = 8;

/// What an error body said.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub code: String,
    pub message: String,
    /// The codes of `details` and of nested inner errors.
    pub more: Vec<String>,
    pub request_id: Option<String>,
    /// Whether it has an error code in Graph's form. Errors of proxies and gateways have none.
    pub has_code: bool,
    /// All texts of the body in the form in which known words are searched (`server_text::squeezed`).
    pub said: String,
}

impl Envelope {
    pub(crate) fn parse(body: &[u8]) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(body) {
            return Self::from_value(&value);
        }
        let text = bounded_text(body, LONGEST_BODY);
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.starts_with('{') {
            return Self::from_broken_json(text);
        }
        Self {
            message: clean(&page_text(text), LONGEST_MESSAGE),
            // Programs print a line break inside a quoted text as `\\n`.
            said: squeezed(&without_escapes(text)),
            ..Self::default()
        }
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        // Directory services that are older than Graph use another name.
        let old = &value["odata.error"];
        let error = if old.is_object() {
            old
        } else {
            &value["error"]
        };
        if !error.is_object() {
            return Self::in_another_form(value);
        }
        let mut said = vec![texts(&error["code"]), texts(&error["message"])];
        let mut envelope = Self {
            code: text(error, "code", LONGEST_CODE),
            message: message_of(error),
            has_code: error["code"].as_str().is_some_and(is_code),
            ..Self::default()
        };
        let mut add = |envelope: &mut Self, part: &Value| {
            envelope.more.push(text(part, "code", LONGEST_CODE));
            said.extend([texts(&part["code"]), texts(&part["message"])]);
        };
        for detail in error["details"].as_array().into_iter().flatten().take(10) {
            add(&mut envelope, detail);
        }
        let mut inner = inner_of(error);
        for _ in 0..4 {
            let Some(found) = inner else { break };
            let id = text(found, "request-id", LONGEST_CODE);
            if envelope.request_id.is_none() && !id.is_empty() {
                envelope.request_id = Some(id);
            }
            add(&mut envelope, found);
            inner = inner_of(found);
        }
        envelope.said = squeezed(&said.join(" "));
        envelope
    }

    /// The token endpoint's form (`{"error": "…", "error_description": "…"}`), and others'.
    fn in_another_form(value: &Value) -> Self {
        let message = ["error_description", "message"]
            .iter()
            .find_map(|name| value[*name].as_str().map(str::to_owned));
        let said = texts(value);
        Self {
            code: clean(value["error"].as_str().unwrap_or_default(), LONGEST_CODE),
            message: clean(&message.unwrap_or_else(|| said.clone()), LONGEST_MESSAGE),
            said: squeezed(&said),
            ..Self::default()
        }
    }

    /// A body that ends in the middle: its first code and its first message are read.
    fn from_broken_json(body: &str) -> Self {
        let code = clean(&string_after(body, "\"code\""), LONGEST_CODE);
        Self {
            message: clean(&string_after(body, "\"message\""), LONGEST_MESSAGE),
            has_code: body.contains("\"error\"") && is_code(&code),
            said: squeezed(&without_escapes(body)),
            code,
            ..Self::default()
        }
    }

    pub(crate) fn is_code(&self, code: &str) -> bool {
        self.code.eq_ignore_ascii_case(code)
            || self
                .more
                .iter()
                .any(|inner| inner.eq_ignore_ascii_case(code))
    }
}

/// Does not show the message, because messages hold addresses.
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

/// The message is a string, or an object: in the older OData form one with a `value`, elsewhere with other names.
fn message_of(error: &Value) -> String {
    let message = &error["message"];
    match &message["value"] {
        Value::String(value) => clean(value, LONGEST_MESSAGE),
        _ => clean(&texts(message), LONGEST_MESSAGE),
    }
}

/// All texts in a value, one after the other, with those of JSON that is quoted in a text.
fn texts(value: &Value) -> String {
    let mut found = String::new();
    collect(value, 0, &mut found);
    found
}

fn collect(value: &Value, depth: usize, found: &mut String) {
    if depth > DEEPEST || found.len() > LONGEST_BODY {
        return;
    }
    match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
            match serde_json::from_str::<Value>(text) {
                Ok(quoted) => collect(&quoted, depth + 1, found),
                Err(_) => add(text, found),
            }
        }
        Value::String(text) => add(text, found),
        Value::Number(number) => add(&number.to_string(), found),
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect(value, depth + 1, found)),
        Value::Object(fields) => fields
            .values()
            .for_each(|value| collect(value, depth + 1, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn add(text: &str, found: &mut String) {
    if !found.is_empty() {
        found.push(' ');
    }
    found.push_str(text);
}

/// JSON with its escapes resolved, so that words can be searched in it.
fn without_escapes(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    let mut chars = json.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('u') => {
                let code = chars.as_str().get(..4);
                let c = code
                    .and_then(|code| u32::from_str_radix(code, 16).ok())
                    .and_then(char::from_u32);
                if let Some(c) = c {
                    plain.push(c);
                    chars = chars.as_str()[4..].chars();
                }
            }
            Some('n' | 'r' | 't' | 'b' | 'f') => plain.push(' '),
            Some(escaped) => plain.push(escaped),
            None => break,
        }
    }
    plain
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
            assert!(envelope.said.contains("samevalue"));
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

    /// Whatever form the words come in, they are found, and shown as far as they are a message.
    #[test]
    fn words_are_found_in_any_form() {
        for body in [
            r#"{"error":{"code":"Forbidden","message":"due  to\nsuspicious\u00a0 activity."}}"#,
            r#"{"error":{"code":"Forbidden","message":"due to <b>suspicious</b>&nbsp;activity"}}"#,
            r#"{"odata.error":{"code":"Forbidden","message":{"lang":"en","value":"suspicious activity"}}}"#,
            r#"{"error":{"code":"Forbidden","message":{"text":{"en":"suspicious activity"}}}}"#,
            r#"{"error":{"code":"Forbidden","message":"{\"Message\":\"suspicious\\r\\nactivity\"}"}}"#,
            r#"{"error":{"code":"Forbidden","message":"no","innerError":{"message":{"value":"suspicious activity"}}}}"#,
            r#"{"error":"suspicious activity"}"#,
            r#"{"errors":[{"detail":"suspicious activity"}]}"#,
            r#"["suspicious activity"]"#,
            r#""suspicious activity""#,
            r#"{"error":{"code":"Forbidden","message":"suspicious\u00a0\nactiv"#,
            "<error><message>Suspicious\n activity</message></error>",
        ] {
            let envelope = Envelope::parse(body.as_bytes());
            assert!(
                envelope.said.contains("suspiciousactiv"),
                "{body}: {}",
                envelope.said
            );
            assert_ne!(envelope.message, "", "{body}");
        }
        let page = format!(
            "<html><head><style>{}</style></head><body><p>suspicious <i>activity</i></p></body></html>",
            "p { color: red } ".repeat(2_000)
        );
        assert!(
            Envelope::parse(page.as_bytes())
                .said
                .contains("suspiciousactivity")
        );
        let old = Envelope::parse(
            br#"{"odata.error":{"code":"Request_BadRequest","message":{"lang":"en","value":"No."}}}"#,
        );
        assert_eq!(
            (old.code.as_str(), old.message.as_str(), old.has_code),
            ("Request_BadRequest", "No.", true)
        );
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
