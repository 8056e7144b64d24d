//! The filtered read that finds one person by every way a guest can be found.
//!
//! Only builds text. `signInNames`, which Microsoft's documentation names, does not exist in v1.0 and is never sent.

use super::Domains;
use crate::{
    graph::{odata, wire::USER_SELECT},
    guest::EmailAddress,
};

/// A longer value is refused in the default mode, but not in the advanced mode (Graph: list users).
const DEFAULT_MODE_VALUE: usize = 120;

/// A relative URL for a `$batch` item, and whether it needs the advanced mode.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FilteredRead {
    pub url: String,
    pub advanced: bool,
}

/// There are at most six clauses, of the 15 that a filter may have, and none is nested.
pub(super) fn by_address(address: &EmailAddress, domains: &Domains) -> FilteredRead {
    let mut values = vec![
        ("mail eq ", "", address.as_str().to_owned()),
        ("otherMails/any(x:x eq ", ")", address.as_str().to_owned()),
        (
            "proxyAddresses/any(x:x eq ",
            ")",
            format!("SMTP:{}", address.as_str()),
        ),
        (
            "proxyAddresses/any(x:x eq ",
            ")",
            format!("smtp:{}", address.as_str()),
        ),
        ("userPrincipalName eq ", "", address.as_str().to_owned()),
    ];
    if let Some(derived) = domains.derived_name(address.as_str()) {
        values.push(("userPrincipalName eq ", "", derived));
    }
    let advanced = values
        .iter()
        .any(|(_, _, value)| value.chars().count() > DEFAULT_MODE_VALUE);
    let filter = values
        .into_iter()
        .map(|(before, after, value)| format!("{before}{}{after}", odata::literal(&value)))
        .collect::<Vec<_>>()
        .join(" or ");
    let count = if advanced { "&$count=true" } else { "" };
    FilteredRead {
        url: format!(
            "/users?$filter={}&$select={USER_SELECT}&$top=10{count}",
            odata::encode(&filter)
        ),
        advanced,
    }
}
