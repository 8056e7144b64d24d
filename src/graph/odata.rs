//! Quoting and escaping: what a value must look like inside a filter, a query and a path.

use std::fmt::Write;

/// A string literal of a filter: quotes are doubled. Not yet encoded for a URL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Percent-encodes everything but unreserved characters, so that `#`, `&`, `+` and quotes survive.
pub fn encode(text: &str) -> String {
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

/// A path and its query, such as `/users?$filter=…&$select=…`, with the values encoded.
pub fn url(path: &str, query: &[(&str, &str)]) -> String {
    let mut url = path.to_owned();
    for (at, (name, value)) in query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&encode(value));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_apostrophe_a_plus_and_a_hash_survive() {
        let filter = format!("mail eq {}", literal("o'brien+x#y@a.example"));
        assert_eq!(filter, "mail eq 'o''brien+x#y@a.example'");
        assert_eq!(
            url("/users", &[("$filter", &filter), ("$top", "5")]),
            "/users?$filter=mail%20eq%20%27o%27%27brien%2Bx%23y%40a.example%27&$top=5"
        );
        assert_eq!(encode("a_b.example#EXT#@t"), "a_b.example%23EXT%23%40t");
        assert_eq!(encode("ü"), "%C3%BC");
    }
}
