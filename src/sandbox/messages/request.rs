//! One request to Graph, split into path, query options, headers and body.

use crate::sandbox::messages::request_kind::{RequestKind, is_delta};
use tokio::time::Instant;

/// The largest body that is read, and the largest one when its compression is taken off.
pub(crate) const MAX_BODY: usize = 4 * 1024 * 1024;

/// A request to Graph: a request over HTTP, or one item of a `$batch`.
#[derive(Debug, Clone)]
pub(crate) struct GraphRequest {
    pub method: String,
    /// `v1.0` or `beta`.
    pub version: String,
    /// The base URL that the client uses, without a slash at the end.
    pub base_url: String,
    /// The segments after the version, decoded.
    pub path: Vec<String>,
    /// The pairs of the query, decoded, in their order.
    pub query: Vec<(String, String)>,
    /// The length of the whole URL, which is limited for advanced queries.
    pub url_length: usize,
    pub content_type: Option<String>,
    /// `gzip` when the body is compressed.
    pub content_encoding: Option<String>,
    pub bearer: Option<String>,
    /// `ConsistencyLevel: eventual`.
    pub eventual: bool,
    pub client_request_id: Option<String>,
    pub body: Vec<u8>,
    pub arrived: Instant,
    pub in_batch: bool,
}

impl GraphRequest {
    pub(crate) fn kind(&self) -> RequestKind {
        let path: Vec<String> = self.path.iter().map(|part| part.to_lowercase()).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["invitations", ..] => RequestKind::Invitations,
            ["$batch"] => RequestKind::Batch,
            ["users"] | ["users", "$count"] => RequestKind::Users,
            ["users", call] if is_delta(call) => RequestKind::Users,
            ["users", _, "sponsors", ..] => RequestKind::Sponsors,
            ["users", _, "manager", ..] => RequestKind::Manager,
            ["users", _] if self.method == "PATCH" => RequestKind::UserUpdate,
            ["users", _, "sendmail"] | ["me", "sendmail"] => RequestKind::SendMail,
            ["users", _] if self.method == "DELETE" => RequestKind::Deletions,
            ["users", ..] => RequestKind::User,
            ["me", ..] => RequestKind::Me,
            ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"] => RequestKind::GetByIds,
            ["directoryobjects", ..] => RequestKind::DirectoryObjects,
            ["directory", ..] => RequestKind::Deleted,
            ["groups", _, "members", ..] => RequestKind::Members,
            ["groups", ..] => RequestKind::Groups,
            ["organization", ..] => RequestKind::Organization,
            ["domains", ..] => RequestKind::Domains,
            ["policies", ..] => RequestKind::Policies,
            _ => RequestKind::Other,
        }
    }

    /// A query option such as `$top`, by its name with the dollar sign.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether this is an advanced query: `ConsistencyLevel: eventual` and `$count=true` (Microsoft Graph: advanced
    /// query capabilities on Microsoft Entra ID objects).
    pub(crate) fn is_advanced(&self) -> bool {
        self.eventual && self.option("$count").is_some_and(|value| value == "true")
    }
}

/// Splits `path?query` into decoded segments and pairs. A `#` ends the target: the rest would be a fragment, which a
/// client never sends.
pub(crate) fn split_target(target: &str) -> (Vec<String>, Vec<(String, String)>) {
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

/// A plus sign stands for itself in a path; in a query it stands for a space.
fn percent_decoded(text: &str) -> String {
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
        let (path, query) = split_target("/users/a%2Bb+c?$filter=mail+eq+'x%2By'&$top=1");
        assert_eq!(path, ["users", "a+b+c"]);
        assert_eq!(query[0], ("$filter".into(), "mail eq 'x+y'".into()));
        assert_eq!(query[1], ("$top".into(), "1".into()));
    }

    #[test]
    fn an_unescaped_hash_cuts_the_target() {
        let (path, _) = split_target("/users/a_b#EXT#@c");
        assert_eq!(path, ["users", "a_b"]);
        let (path, _) = split_target("/users/a_b%23EXT%23@c");
        assert_eq!(path, ["users", "a_b#EXT#@c"]);
    }
}
