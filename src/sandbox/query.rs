//! The query options of a list: `$select`, `$filter`, `$top`, `$count`, page tokens; and their refusals.

use super::{
    call::Call,
    filter::{Filter, Resource},
    reply::{Refusal, bad_request, refuse, unsupported_query},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use siphasher::sip::SipHasher13;
use std::hash::{Hash, Hasher};

/// Longest URL of an advanced query; inside a `$batch` there is no such limit.
const MAX_URL: usize = 2_048;

#[derive(Debug)]
pub struct Query {
    pub select: Option<Vec<String>>,
    pub filter: Option<Filter>,
    pub top: usize,
    /// `@odata.count` is wanted, on the first page.
    pub count: bool,
    /// Where the page starts.
    pub from: u32,
}

pub struct Offers {
    pub resource: Resource,
    pub default_page: usize,
    /// Whether a property exists, for `$select`.
    pub known: fn(&str) -> bool,
}

impl Query {
    pub fn read(call: &Call, offers: &Offers) -> Result<Self, Refusal> {
        let advanced = call.advanced();
        if advanced && !call.in_batch && call.url_length > MAX_URL {
            return Err(refuse(
                414,
                "UriTooLong",
                format!("The URL of an advanced query is longer than {MAX_URL} characters."),
            ));
        }
        for (name, value) in &call.query {
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
                "$search" if !call.eventual => {
                    return Err(unsupported_query(
                        "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
                    ));
                }
                name if name.starts_with('$') => {
                    return Err(bad_request(format!(
                        "The query option '{name}' is not supported here."
                    )));
                }
                // Other parameters are ignored, as Graph does.
                _ => {}
            }
        }
        let select = select(call, offers.resource.edm(), offers.known)?;
        let filter = match call.option("$filter") {
            None => None,
            Some(text) => Some(Filter::accept(text, offers.resource, advanced)?),
        };
        let top = match call.option("$top") {
            None => offers.default_page,
            Some(text) => match text.parse::<usize>() {
                Ok(top) if (1..=999).contains(&top) => top,
                _ => {
                    return Err(bad_request(format!(
                        "Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
                    )));
                }
            },
        };
        let from = match call.option("$skiptoken") {
            None => 0,
            Some(token) => from_token(call, token)?,
        };
        Ok(Self {
            select,
            filter,
            top,
            count: advanced && from == 0,
            from,
        })
    }
}

pub fn select(
    call: &Call,
    edm: &str,
    known: fn(&str) -> bool,
) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = call.option("$select") else {
        return Ok(None);
    };
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match names.iter().find(|name| !known(name)) {
        None => Ok(Some(names)),
        Some(unknown) => Err(bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type '{edm}'."
        ))),
    }
}

/// The link to the page that starts at `from`. The token is bound to the query and its mode.
pub fn next_link(call: &Call, url: &str, path: &str, from: u32) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!(
        "{from}.{}.{:x}",
        call.advanced(),
        fingerprint(call)
    ));
    let mut link = format!("{url}/v1.0/{path}?");
    for (name, value) in &call.query {
        if !name.eq_ignore_ascii_case("$skiptoken") {
            let value: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            link.extend([name, "=", &value, "&"]);
        }
    }
    link.push_str("$skiptoken=");
    link.push_str(&token);
    link
}

fn from_token(call: &Call, token: &str) -> Result<u32, Refusal> {
    let invalid = || bad_request("The specified page token value '$skiptoken' is invalid.");
    let token = URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|token| String::from_utf8(token).ok())
        .ok_or_else(invalid)?;
    let mut parts = token.splitn(3, '.');
    let from = parts
        .next()
        .and_then(|from| from.parse().ok())
        .ok_or_else(invalid)?;
    let advanced = parts.next() == Some("true");
    // An advanced query stays one on every page, and needs its header there too.
    if advanced && !call.eventual {
        return Err(unsupported_query(
            "The page token belongs to an advanced query; the 'ConsistencyLevel:eventual' header is missing.",
        ));
    }
    if parts.next() != Some(format!("{:x}", fingerprint(call)).as_str()) {
        return Err(invalid());
    }
    Ok(from)
}

fn fingerprint(call: &Call) -> u64 {
    let mut hasher = SipHasher13::new();
    for (name, value) in &call.query {
        if !name.eq_ignore_ascii_case("$skiptoken") {
            (name.to_ascii_lowercase(), value).hash(&mut hasher);
        }
    }
    hasher.finish()
}
