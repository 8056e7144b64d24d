//! One event as one line: a JSON object, or a time, a level, a name and `key=value`.
//!
//! Whatever a value holds, the line is one line, secrets are masked, and addresses too.

use crate::{
    events::{EventName, run_id},
    secrets, visible,
};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::{
    borrow::Cow,
    fmt::{Debug, Write},
};
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

/// What stands in the place of an address.
const ADDRESS: &str = "(address)";
/// A longer value is cut.
const LONGEST: usize = 4_000;

/// The values of an event, in their order.
pub(super) struct Fields {
    name: String,
    run: Option<String>,
    at: Timestamp,
    values: Map<String, Value>,
}

impl Fields {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut collected = Collected::default();
        event.record(&mut collected);
        let mut values = collected.0;
        let name = if let Some(Value::String(name)) = values.shift_remove("event") {
            name
        } else {
            values = diagnostic(event.metadata().target(), values);
            EventName::Diagnostic.word().to_owned()
        };
        Self {
            name,
            run: run_id(),
            at: Timestamp::now(),
            values,
        }
    }

    /// With a line end.
    pub(super) fn line(&self, level: Level, json: bool) -> String {
        let at = self.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let level = level.as_str();
        let line = if json {
            let mut whole = Map::new();
            whole.insert("ts".into(), at.into());
            whole.insert("level".into(), level.to_ascii_lowercase().into());
            whole.insert("event".into(), self.name.as_str().into());
            whole.insert("run".into(), self.run.clone().into());
            whole.extend(self.values.clone());
            Value::Object(whole).to_string()
        } else {
            let mut line = format!("{at} {level:<5} {}", self.name);
            for (key, value) in &self.values {
                let _ = match value {
                    Value::String(text) if is_plain(text) => write!(line, " {key}={text}"),
                    other => write!(line, " {key}={other}"),
                };
            }
            line
        };
        let line = secrets::masked(&line);
        let mut line = if json {
            visible::json(&line).into_owned()
        } else {
            visible::visible_line(&line).into_owned()
        };
        line.push('\n');
        line
    }
}

/// What is no event of the run: a text, with everything else in it.
fn diagnostic(source: &str, mut values: Map<String, Value>) -> Map<String, Value> {
    let message = values.shift_remove("message");
    let mut text = match message {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    for (key, value) in values {
        let _ = match value {
            Value::String(value) => write!(text, " ({key}: {value})"),
            other => write!(text, " ({key}: {other})"),
        };
    }
    let mut whole = Map::new();
    whole.insert("message".into(), text.into());
    whole.insert("source".into(), source.into());
    whole
}

/// Whether a value needs no quotes in a text line.
fn is_plain(text: &str) -> bool {
    let quoted = |c: char| c.is_whitespace() || c == '"' || c == '=' || c.is_control();
    !text.is_empty() && !text.contains(quoted)
}

/// The text with every address in it masked.
fn without_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains('@') && !text.contains("%40") {
        return Cow::Borrowed(text);
    }
    let ends = |c: char| c.is_whitespace() || "<>\"'(),;:=[]{}|`".contains(c);
    let mut masked = String::with_capacity(text.len());
    for piece in text.split_inclusive(ends) {
        let (word, end) = match piece.char_indices().next_back() {
            Some((at, last)) if ends(last) => piece.split_at(at),
            _ => (piece, ""),
        };
        let at = word
            .find('@')
            .map(|at| (at, 1))
            .or_else(|| word.find("%40").map(|at| (at, 3)));
        // A domain alone is nobody's address.
        let is_address =
            at.is_some_and(|(at, length)| at > 0 && at + length < word.trim_end_matches('.').len());
        masked.push_str(if is_address { ADDRESS } else { word });
        masked.push_str(end);
    }
    Cow::Owned(masked)
}

#[derive(Default)]
struct Collected(Map<String, Value>);

impl Collected {
    fn text(&mut self, field: &Field, text: &str) {
        let mut text = without_addresses(text);
        if text.len() > LONGEST {
            text = Cow::Owned(text.chars().take(LONGEST).chain(['…']).collect());
        }
        self.add(field, text.into_owned());
    }

    fn add(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Collected {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("row 17", "row 17"),
            ("kim@x.example", "(address)"),
            (
                "--only kim@x.example,@x.example",
                "--only (address),@x.example",
            ),
            ("Kim <kim@x.example>: no", "Kim <(address)>: no"),
            ("/users/kim%40x.example", "(address)"),
            ("at 5 @ night", "at 5 @ night"),
        ] {
            assert_eq!(without_addresses(text), masked);
        }
    }

    #[test]
    fn only_simple_values_stand_without_quotes() {
        assert!(is_plain("guests.csv"));
        for odd in ["", "two words", "a=b", "say \"no\"", "a\nb"] {
            assert!(!is_plain(odd), "{odd:?}");
        }
    }
}
