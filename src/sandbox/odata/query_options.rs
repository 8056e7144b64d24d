//! The query options of a list: `$select`, `$filter`, `$search`, `$orderby`, `$top`, `$count` and page tokens, and Graph's errors
//! for them
//! (Microsoft Graph: use query parameters to customize responses).

use crate::sandbox::{
    directory::{group, user},
    messages::{
        graph_error::{GraphError, bad_request, graph_error, unsupported_query},
        request::GraphRequest,
    },
    odata::{
        filter::{Filter, ResourceType},
        matching::{Entity, PropertyValue},
        search::Search,
    },
    state::identity::INITIAL_DOMAIN,
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
    pub search: Option<Search>,
    pub top: usize,
    /// Whether the answer has an `@odata.count`. Only the first page of an advanced query has one.
    pub count: bool,
    /// The properties of `$orderby`, the first one first, and whether each is descending.
    pub order: Vec<(String, bool)>,
    /// The position of the first object of the page: in the directory, or in the list when it is sorted.
    pub start: u32,
}

impl QueryOptions {
    /// Whether the filter and the search match an object.
    pub(crate) fn matches<E: Entity>(&self, object: &E) -> bool {
        let filter = self.filter.as_ref();
        let search = self.search.as_ref();
        filter.is_none_or(|filter| filter.matches(object, INITIAL_DOMAIN))
            && search.is_none_or(|search| search.matches(object))
    }

    /// Sorts objects as `$orderby` says; texts without regard to case. Without it their order stays.
    pub(crate) fn sort<E: Entity>(&self, objects: &mut [&E]) {
        let text = |object: &E, property: &str| match object.value(property, "") {
            Some(PropertyValue::Text(text)) => text.to_lowercase(),
            Some(PropertyValue::Time(time)) => time.to_string(),
            _ => String::new(),
        };
        objects.sort_by(|one, other| {
            let orders = self.order.iter().map(|(property, descending)| {
                let order = text(one, property).cmp(&text(other, property));
                if *descending { order.reverse() } else { order }
            });
            orders
                .into_iter()
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
    }
}

/// What a list can return.
pub(crate) struct ListSupport {
    pub resource_type: ResourceType,
    pub default_page: usize,
    /// Whether `$select` can name a property.
    pub has_property: fn(&str) -> bool,
    /// The properties that `$orderby` can name.
    pub sortable: &'static [&'static str],
    /// Whether `$expand` is understood.
    pub expands: bool,
    /// Whether `$search` is understood.
    pub searches: bool,
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
                "$select" | "$filter" | "$top" | "$skiptoken" | "$orderby" => {}
                "$expand" if list.expands => {}
                "$format" => check_format(value)?,
                "$count" if value == "true" || value == "false" => {}
                "$count" => {
                    return Err(bad_request("Invalid value for the query option '$count'."));
                }
                "$skip" => return Err(bad_request("'$skip' is not supported by the service.")),
                "$search" if list.searches => {}
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
        let search = search(request, list.resource_type)?;
        let order = order(request, list.sortable)?;
        if !order.is_empty() && filter.is_some() && !advanced {
            return Err(sorting_not_supported());
        }
        let top = match request.option("$top") {
            None => list.default_page,
            Some(text) => match text.parse::<i64>() {
                Ok(top @ 1..=999) => top.unsigned_abs() as usize,
                Ok(_) => {
                    return Err(unsupported_query(format!(
                        "Invalid page size specified: '{text}'. Must be between 1 and 999 inclusive."
                    )));
                }
                Err(_) => {
                    return Err(bad_request(format!(
                        "Invalid value '{text}' for $top query option found. The $top query option requires a non-negative integer value."
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
            search,
            top,
            count: advanced && start == 0,
            order,
            start,
        })
    }
}

/// The search of a request. Graph searches only in an index that is consistent in the end.
pub(crate) fn search(
    request: &GraphRequest,
    resource_type: ResourceType,
) -> Result<Option<Search>, GraphError> {
    let Some(text) = request.option("$search") else {
        return Ok(None);
    };
    if !request.eventual {
        return Err(unsupported_query(
            "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
        ));
    }
    Search::accept(text, resource_type).map(Some)
}

/// JSON is the only format; a client may say so.
pub(crate) fn check_format(value: &str) -> Result<(), GraphError> {
    let media_type = value.split(';').next().unwrap_or_default().trim();
    if ["json", "application/json"]
        .iter()
        .any(|known| media_type.eq_ignore_ascii_case(known))
    {
        return Ok(());
    }
    Err(bad_request(format!(
        "A supported MIME type could not be found that matches the $format '{value}'."
    )))
}

/// The properties of `$orderby`, and whether each is descending.
fn order(request: &GraphRequest, sortable: &[&str]) -> Result<Vec<(String, bool)>, GraphError> {
    let Some(text) = request.option("$orderby") else {
        return Ok(Vec::new());
    };
    text.split(',')
        .map(|clause| {
            let mut words = clause.split_whitespace();
            let property = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    return Err(bad_request(format!(
                        "Syntax error in the query option '$orderby': '{other}' is neither asc nor desc."
                    )));
                }
            };
            if sortable.contains(&property) && words.next().is_none() {
                Ok((property.to_owned(), descending))
            } else {
                Err(sorting_not_supported())
            }
        })
        .collect()
}

fn sorting_not_supported() -> GraphError {
    unsupported_query("Sorting not supported for current query.")
}

/// The properties of `$select`; `None` without it. `*` stands for all properties.
pub(crate) fn select(
    request: &GraphRequest,
    edm_type: &str,
    has_property: fn(&str) -> bool,
) -> Result<Option<Vec<String>>, GraphError> {
    match request.option("$select") {
        None => Ok(None),
        Some(text) => selected_names(text, edm_type, has_property).map(Some),
    }
}

/// The properties that the value of a `$select` names.
pub(crate) fn selected_names(
    text: &str,
    edm_type: &str,
    has_property: fn(&str) -> bool,
) -> Result<Vec<String>, GraphError> {
    let mut names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(|name| name == "*") {
        let every: [&[&str]; 2] = [&user::ALL_PROPERTIES, &group::ALL_PROPERTIES];
        let every = every.concat();
        names = every
            .into_iter()
            .filter(|name| has_property(name) && *name != "signInActivity")
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
    }
    match names.iter().find(|name| !has_property(name)) {
        None => Ok(names),
        Some(unknown) => Err(bad_request(format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type '{edm_type}'."
        ))),
    }
}

/// The link to the page that starts at a position. Its token is valid for the same query only, and keeps an advanced
/// query advanced.
pub(crate) fn next_link(request: &GraphRequest, list_url: &str, start: u32) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!(
        "{start}.{}.{:x}",
        request.is_advanced(),
        fingerprint(request)
    ));
    let mut link = format!("{list_url}?");
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
