//! The error answers of the authority (Microsoft Entra: authentication and authorization error codes; RFC 6749, 5.2).

use crate::sandbox::{
    messages::reply::{Reply, ReplyBody},
    state::ids::new_id,
};
use serde_json::json;

/// An error answer. Its `error_description` starts with the AADSTS number.
#[derive(Debug)]
pub(crate) struct TokenError {
    status: u16,
    pub error: &'static str,
    number: u32,
    description: String,
}

pub(super) fn token_error(
    status: u16,
    error: &'static str,
    number: u32,
    description: impl Into<String>,
) -> TokenError {
    TokenError {
        status,
        error,
        number,
        description: description.into(),
    }
}

impl TokenError {
    /// The description, with the ids that Microsoft support asks for.
    pub(crate) fn error_description(&self, trace: &str, correlation: &str, now: &str) -> String {
        format!(
            "AADSTS{}: {} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}",
            self.number, self.description
        )
    }

    pub(crate) fn into_reply(self, now: &str) -> Reply {
        let (trace, correlation) = (new_id(), new_id());
        Reply::new(
            self.status,
            ReplyBody::Json(json!({
                "error": self.error,
                "error_description": self.error_description(&trace, &correlation, now),
                "error_codes": [self.number],
                "timestamp": now,
                "trace_id": trace,
                "correlation_id": correlation,
                "error_uri": format!("https://login.microsoftonline.com/error?code={}", self.number),
            })),
        )
        .header("cache-control", "no-store, no-cache")
    }
}

pub(super) fn missing_parameter(name: &str) -> TokenError {
    token_error(
        400,
        "invalid_request",
        900_144,
        format!("The request body must contain the following parameter: '{name}'."),
    )
}

pub(super) fn unknown_tenant(tenant: &str) -> TokenError {
    token_error(
        400,
        "invalid_request",
        90_002,
        format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."
        ),
    )
}

pub(super) fn unknown_app(client: &str, tenant: &str) -> TokenError {
    token_error(
        400,
        "unauthorized_client",
        700_016,
        format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."
        ),
    )
}

pub(super) fn unknown_resource(resource: &str, tenant: &str) -> TokenError {
    token_error(
        400,
        "invalid_resource",
        500_011,
        format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}."
        ),
    )
}

pub(super) fn secret_required() -> TokenError {
    token_error(
        401,
        "invalid_client",
        7_000_218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
}

/// The errors that `[sign_in] refuse` of a weather file can order; `None` for any other number.
pub(super) fn ordered_by_weather(number: u32, client: &str, resource: &str) -> Option<TokenError> {
    let (error, description) = match number {
        65_001 => (
            "invalid_grant",
            format!(
                "The user or administrator has not consented to use the application with ID '{client}' named 'guestlist practice app'. Send an interactive authorization request for this user and resource."
            ),
        ),
        53_003 => (
            "invalid_grant",
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.".into(),
        ),
        50_076 => (
            "interaction_required",
            format!(
                "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '{resource}'."
            ),
        ),
        50_020 => (
            "invalid_grant",
            format!(
                "User account 'someone@elsewhere.example' from identity provider 'https://sts.windows.net/11111111-2222-4333-8444-555555555555/' does not exist in tenant 'Northwind Practice' and cannot access the application '{client}'(guestlist practice app) in that tenant. The account needs to be added as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory user account."
            ),
        ),
        700_082 => (
            "invalid_grant",
            "The refresh token has expired due to inactivity. The token was issued on 2026-01-02T03:04:05Z and was inactive for 90.00:00:00.".into(),
        ),
        50_105 => (
            "invalid_grant",
            format!(
                "Your administrator has configured the application guestlist practice app ('{client}') to block users unless they are specifically granted ('assigned') access to the application."
            ),
        ),
        7_000_112 => (
            "unauthorized_client",
            format!("Application '{client}'(guestlist practice app) is disabled."),
        ),
        90_033 => (
            "temporarily_unavailable",
            "A transient error has occurred. Please try again.".into(),
        ),
        _ => return None,
    };
    let status = if number == 90_033 { 503 } else { 400 };
    Some(token_error(status, error, number, description))
}
