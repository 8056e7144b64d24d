//! The query options of a list: `$select`, `$filter`, `$top`, `$count` and page tokens, and Graph's errors for them
//! (Microsoft Graph: use query parameters to customize responses).

use crate::sandbox::{
    messages::{
        graph_error::{GraphError, bad_request, graph_error, unsupported_query},
        request::GraphRequest,
    },
    odata::filter::{Filter, ResourceType},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use siphasher::sip::SipHasher13;
use std::hash::{Hash, Hasher};

/// Longest URL of an advanced query. Inside a `$batch` there is no such limit.
const MAX_URL: usize = 2_048;

#[derive(Debug)]
pub(crate) struct QueryOptions {
    pub select: Option<Vec<String>>,
    pub filter: Option<Filter>,
    pub top: usize,
    /// Whether the answer has an `@odata.count`. Only the first page of an advanced query has one.
    pub count: bool,
    /// The position of the first user of the page.
    pub start: u32,
}

/// What a list can return.
pub(crate) struct ListSupport {
    pub resource_type: ResourceType,
    pub default_page: usize,
    /// Whether `$select` can name a property.
    pub has_property: fn(&str) -> bool,
}

impl QueryOptions {
    pub(crate) fn read(request: &GraphRequest, list: &ListSupport) -> Result<Self, GraphError> {
        let advanced = request.is_advanced();
        if advanced && !request.in_batch && request.url_length > MAX_URL {
            return Err(graph_error(
                414,
                "UriTooLong",
                format!("The URL of an advanced query is longer than {MAX_URL} characters."),
            ));
        }
        for (name, value) in &request.query {
            match name.to_ascii_lowercase().as_str() {
                "$select" | "$filter" | "$top" | "$skiptoken" => {}
                "$count" if value == "true" || value == "false" => {}
                "$count" => {
                    return Err(bad_request("Invalid value for the query option '$count'."));
                }
                "$skip" => return Err(bad_request("'$skip' is not supported by the service.")),
                "$orderby" => {
                    return Err(unsupported_query(
                        "Sorting not supported for current query.",
                    ));
                }
                "$search" if !request.eventual => {
                    return Err(unsupported_query(
                        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
                    ));
                }
                name if name.starts_with('$') => {
                    return Err(bad_request(format!(
                        "The query option '{name}' is not supported here."
                    )));
                }
                // Graph ignores parameters that do not start with a dollar sign.
                _ => {}
            }
        }
        let select = select(request, list.resource_type.edm_type(), list.has_property)?;
        let filter = match request.option("$filter") {
            None => None,
            Some(text) => Some(Filter::accept(text, list.resource_type, advanced)?),
        };
        let top = match request.option("$top") {
            None => list.default_page,
            Some(text) => match text.parse::<usize>() {
                Ok(top) if (1..=999).contains(&top) => top,
                _ => {
                    return Err(bad_request(format!(
                        "Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
                    )));
                }
            },
        };
        let start = match request.option("$skiptoken") {
            None => 0,
            Some(token) => start_of_page(request, token)?,
        };
        Ok(Self {
            select,
            filter,
            top,
            count: advanced && start == 0,
            start,
        })
    }
}

/// The properties of `$select`; `None` without it.
pub(crate) fn select(
    request: &GraphRequest,
    edm_type: &str,
    has_property: fn(&str) -> bool,
) -> Result<Option<Vec<String>>, GraphError> {
    let Some(text) = request.option("$select") else {
        return Ok(None);
    };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !has_property(name)) {
        None => Ok(Some(names)),
        Some(unknown) => Err(bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type '{edm_type}'."
        ))),
    }
}

/// The link to the page that starts at a position. Its token is valid for the same query only, and keeps an advanced
/// query advanced.
pub(crate) fn next_link(request: &GraphRequest, url: &str, path: &str, start: u32) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!(
        "{start}.{}.{:x}",
        request.is_advanced(),
        fingerprint(request)
    ));
    let mut link = format!("{url}/v1.0/{path}?");
    for (name, value) in &request.query {
        if !name.eq_ignore_ascii_case("$skiptoken") {
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            link.extend([name, "=", &value, "&"]);
        }
    }
    link.push_str("$skiptoken=");
    link.push_str(&token);
    link
}

/// The position in a page token.
fn start_of_page(request: &GraphRequest, token: &str) -> Result<u32, GraphError> {
    let invalid = || bad_request("The specified page token value '$skiptoken' is invalid.");
    let token = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|token| String::from_utf8(token).ok())
        .ok_or_else(invalid)?;
    let mut parts = token.splitn(3, '.');
    let start = parts
        .next()
        .and_then(|start| start.parse().ok())
        .ok_or_else(invalid)?;
    let advanced = parts.next() == Some("true");
    // The page of an advanced query is one too, so the request needs the header again.
    if advanced && !request.eventual {
        return Err(unsupported_query(
            "The page token belongs to an advanced query; the 'ConsistencyLevel:eventual' header is missing.",
        ));
    }
    if parts.next() != Some(format!("{:x}", fingerprint(request)).as_str()) {
        return Err(invalid());
    }
    Ok(start)
}

/// A hash of all parameters except the page token.
fn fingerprint(request: &GraphRequest) -> u64 {
    let mut hasher = SipHasher13::new();
    for (name, value) in &request.query {
        if !name.eq_ignore_ascii_case("$skiptoken") {
            (name.to_ascii_lowercase(), value).hash(&mut hasher);
        }
    }
    hasher.finish()
}
