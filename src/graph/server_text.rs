//! Servers' texts where they become ours: without characters that act on a screen, without secrets, and of a bounded
//! length, so that nothing later has to think of it.
//!
//! Must not be used for what is sent on: tokens, links and challenges.

use crate::{
    secrets,
    visible::{has_hidden, visible_line},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Names, states and ids are far below this.
const LONGEST_NAME: usize = 256;
/// More of a text is not looked at.
const LONGEST_READ: usize = 16 * 1024;

/// What a server, or a tool, said: one line that can be shown, kept and logged.
pub fn clean(text: &str, limit: usize) -> String {
    let read = secrets::masked(cut(text.trim(), LONGEST_READ));
    cut(&visible_line(&read), limit).to_owned()
}

/// At most so many bytes, cut where a character ends.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Reads an answer. Hidden characters in its strings are spelled out, whatever field they stand in.
pub fn from_json<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
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
pub fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(clean(&text, LONGEST_NAME))
}

/// The same where there may be none.
pub fn optional_name<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.map(|text| clean(&text, LONGEST_NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::wire::{DirectoryUser, Organization};

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
    fn what_is_no_json_is_refused_as_before() {
        for body in [&b"{"[..], b"\xff", b"{\"id\":\"\x1b\"}", b"\\"] {
            assert!(from_json::<Value>(body).is_err());
        }
    }
}
