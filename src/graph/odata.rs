//! Quotes and escapes values for a filter, a query or a path.

use std::fmt::Write;

/// A string literal of a filter: quotes are doubled. Not yet encoded for a URL.
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Percent-encodes everything but unreserved characters, so that `#`, `&`, `+` and quotes survive.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            // Writing to a string cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apostrophe_a_plus_and_a_hash_survive() {
        let filter = format!("mail eq {}", literal("o'brien+x#y@a.example"));
        assert_eq!(filter, "mail eq 'o''brien+x#y@a.example'");
        assert_eq!(encode("a_b.example#EXT#@t"), "a_b.example%23EXT%23%40t");
        assert_eq!(encode("ü"), "%C3%BC");
    }
}
