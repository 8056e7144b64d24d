//! One question to the practice tenant, taken apart: path, query, headers and body.
//!
//! Must not know what the answer is.

use super::kind::Kind;
use tokio::time::Instant;

/// A request to Graph, from the wire or from inside a `$batch`.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// `v1.0` or `beta`.
    pub version: String,
    /// Decoded segments after the version.
    pub path: Vec<String>,
    /// Decoded pairs, in order.
    pub query: Vec<(String, String)>,
    /// The whole URL's length: advanced queries are limited by it.
    pub url_length: usize,
    pub content_type: Option<String>,
    pub bearer: Option<String>,
    pub eventual: bool,
    pub client_request_id: Option<String>,
    pub body: Vec<u8>,
    pub arrived: Instant,
    pub in_batch: bool,
}

impl Call {
    pub fn kind(&self) -> Kind {
        let path: Vec<String> = self.path.iter().map(|part| part.to_lowercase()).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["invitations", ..] => Kind::Invitations,
            ["$batch"] => Kind::Batch,
            ["users"] | ["users", "$count"] => Kind::Users,
            ["users", _, "sponsors", ..] => Kind::Sponsors,
            ["users", ..] => Kind::User,
            ["me", ..] => Kind::Me,
            ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"] => Kind::GetByIds,
            ["directoryobjects", ..] => Kind::DirectoryObjects,
            ["directory", ..] => Kind::Deleted,
            ["groups", ..] => Kind::Groups,
            ["organization", ..] => Kind::Organization,
            ["domains", ..] => Kind::Domains,
            ["policies", ..] => Kind::Policies,
            _ => Kind::Other,
        }
    }

    /// A query option such as `$top`, by its name with the dollar sign.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn advanced(&self) -> bool {
        self.eventual && self.option("$count").is_some_and(|value| value == "true")
    }
}

/// Splits `path?query` into decoded segments and pairs; a fragment never reaches a server.
pub fn take_apart(target: &str) -> (Vec<String>, Vec<(String, String)>) {
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(percent_decoded)
        .collect();
    let query = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    (path, query)
}

/// In a path, unlike in a query, a plus sign is a plus sign.
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = text
            .get(at + 1..at + 3)
            .filter(|_| bytes[at] == b'%')
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        if let Some(byte) = pair {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plus_is_a_space_in_a_query_and_a_plus_in_a_path() {
        let (path, query) = take_apart("/users/a%2Bb+c?$filter=mail+eq+'x%2By'&$top=1");
        assert_eq!(path, ["users", "a+b+c"]);
        assert_eq!(query[0], ("$filter".into(), "mail eq 'x+y'".into()));
        assert_eq!(query[1], ("$top".into(), "1".into()));
    }

    #[test]
    fn an_unescaped_hash_cuts_the_target() {
        let (path, _) = take_apart("/users/a_b#EXT#@c");
        assert_eq!(path, ["users", "a_b"]);
        let (path, _) = take_apart("/users/a_b%23EXT%23@c");
        assert_eq!(path, ["users", "a_b#EXT#@c"]);
    }
}
