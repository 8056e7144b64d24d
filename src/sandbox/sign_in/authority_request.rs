//! A request to the authority, and the checks that all flows share.

use crate::sandbox::{
    sign_in::token_errors::{
        TokenError, missing_parameter, ordered_by_weather, unknown_app, unknown_tenant,
    },
    state::tenant::TenantState,
};
use std::collections::HashMap;
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct AuthorityRequest {
    pub method: String,
    pub path: Vec<String>,
    /// The base URL that the client uses, without a slash at the end.
    pub base_url: String,
    /// Whether a browser asks, which shows pages to a person.
    pub is_browser: bool,
    pub query: HashMap<String, String>,
    /// The body, as a form.
    pub form: HashMap<String, String>,
    pub arrived: Instant,
}

impl AuthorityRequest {
    pub(crate) fn is_for_token(&self) -> bool {
        self.path.last().is_some_and(|part| part == "token")
    }
}

/// A required parameter.
pub(crate) fn parameter<'a>(
    form: &'a HashMap<String, String>,
    name: &str,
) -> Result<&'a str, TokenError> {
    form.get(name)
        .map(String::as_str)
        .ok_or_else(|| missing_parameter(name))
}

/// Checks that the request names this tenant and its app, and returns the error that the weather orders for every
/// sign-in.
pub(crate) fn check_tenant_and_app(
    tenant: &TenantState,
    name: &str,
    form: &HashMap<String, String>,
) -> Result<(), TokenError> {
    let is_for_app = form
        .get("grant_type")
        .is_some_and(|grant| grant == "client_credentials");
    // A person may sign in without naming a tenant; an app may not.
    let is_any_tenant = ["organizations", "common"]
        .iter()
        .any(|any| name.eq_ignore_ascii_case(any));
    let is_known = tenant.identity.is_tenant(name) || (is_any_tenant && !is_for_app);
    if !is_known {
        return Err(unknown_tenant(name));
    }
    let client = parameter(form, "client_id")?;
    if !client.eq_ignore_ascii_case(&tenant.identity.client_id) {
        return Err(unknown_app(client, &tenant.identity.display_name));
    }
    let number = tenant.weather.sign_in.refuse;
    let ordered =
        number.and_then(|number| ordered_by_weather(number, client, &tenant.identity.url));
    ordered.map_or(Ok(()), Err)
}
