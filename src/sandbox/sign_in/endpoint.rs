//! Which path of the authority leads to which flow, and which grant type of the token endpoint.

use crate::sandbox::{
    faults::{
        fault::FaultKind, fault_injector::InjectedFault, fault_replies::unavailable,
        throttle::parse_retry_after,
    },
    messages::{
        graph_error::no_such_segment,
        reply::{DeliveryFault, Reply, ReplyBody},
        request_kind::RequestKind,
    },
    sign_in::{
        app,
        authority_request::{AuthorityRequest, check_tenant_and_app, parameter},
        browser, device, discovery,
        token_errors::{TokenError, token_error},
        user_tokens,
    },
    state::{request_stats::LogEntry, tenant::TenantState},
};
use serde_json::{Value, json};
use std::collections::HashMap;

pub(crate) fn answer(tenant: &mut TenantState, request: &AuthorityRequest) -> Reply {
    tenant.asked_at.base_url.clone_from(&request.base_url);
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("POST", [name, "oauth2", "v2.0", "token"]) => token(tenant, name, request),
        ("POST", [name, "oauth2", "v2.0", "devicecode"]) => {
            error_or_json(tenant, |tenant| device::begin(tenant, name, request))
        }
        ("GET", [name, "oauth2", "v2.0", "authorize"]) => browser::authorize(tenant, name, request),
        ("GET" | "POST", [device::DEVICE_PAGE]) => device::page(tenant, &request.form),
        (_, [_, "oauth2", "v2.0", "token" | "devicecode" | "authorize"]) => {
            Reply::new(405, ReplyBody::Empty)
        }
        ("GET", [name, "v2.0", ".well-known", "openid-configuration"]) => {
            discovery::openid_configuration(tenant, name)
        }
        ("GET", ["common", "discovery", "instance"]) => discovery::instance_discovery(tenant),
        _ => {
            let refusal = no_such_segment(path.first().copied().unwrap_or_default());
            let error = json!({"code": refusal.code, "message": refusal.message});
            Reply::new(404, ReplyBody::Json(json!({ "error": error })))
        }
    }
}

/// `POST /{tenant}/oauth2/v2.0/token`. A fault of the weather replaces the answer, and no token is issued.
fn token(tenant: &mut TenantState, name: &str, request: &AuthorityRequest) -> Reply {
    let kind = RequestKind::Token;
    tenant.stats.arrived(kind, request.arrived, false);
    let fault = tenant.fault_injector.draw(&tenant.weather, kind, None);
    let fault_kind = fault.as_ref().map(|fault| fault.kind);
    let reply = match fault {
        Some(fault) => fault_reply(fault),
        None => error_or_json(tenant, |tenant| issue_token(tenant, name, request)),
    };
    let wait = reply
        .get_header("retry-after")
        .and_then(|text| parse_retry_after(text, tenant.clock.now()));
    tenant
        .stats
        .answered(kind, reply.status, reply.status == 429, wait);
    if tenant.stats.log_is_on() {
        let entry = LogEntry {
            ms: tenant.stats.ms(),
            arrived_ms: tenant.stats.ms_of(request.arrived),
            kind,
            method: request.method.clone(),
            addresses: Vec::new(),
            status: reply.delivered_status(),
            fault: fault_kind,
            in_batch: false,
        };
        tenant.stats.add_log_entry(entry);
    }
    reply
}

fn fault_reply(fault: InjectedFault) -> Reply {
    let delivery_fault = match fault.kind {
        FaultKind::LostBefore | FaultKind::LostAfter | FaultKind::Cut => {
            DeliveryFault::Lost(fault.lost_for)
        }
        FaultKind::Reset => DeliveryFault::Reset,
        FaultKind::Throttled => return unavailable(429, fault.body, fault.retry_after),
        _ => return unavailable(fault.status, fault.body, fault.retry_after),
    };
    Reply::new(500, ReplyBody::Empty).with_delivery_fault(delivery_fault)
}

fn error_or_json(
    tenant: &mut TenantState,
    work: impl FnOnce(&mut TenantState) -> Result<Value, TokenError>,
) -> Reply {
    match work(tenant) {
        Ok(value) => Reply::ok(value).header("cache-control", "no-store, no-cache"),
        Err(error) => error.into_reply(&tenant.sign_in_date()),
    }
}

fn issue_token(
    tenant: &mut TenantState,
    name: &str,
    request: &AuthorityRequest,
) -> Result<Value, TokenError> {
    let form = &request.form;
    let grant_type = parameter(form, "grant_type")?;
    check_tenant_and_app(tenant, name, form)?;
    tenant.tokens.requested_claims = requested_claims(tenant, form)?;
    let issued = issue_by_grant_type(tenant, name, grant_type, request);
    tenant.tokens.requested_claims = None;
    issued
}

/// The claims that the client asks for. After a claims challenge they must be those of the challenge.
fn requested_claims(
    tenant: &TenantState,
    form: &HashMap<String, String>,
) -> Result<Option<Value>, TokenError> {
    let Some(text) = form.get("claims") else {
        return Ok(None);
    };
    let claims = serde_json::from_str(text).ok().filter(Value::is_object);
    match (claims, &tenant.tokens.challenge) {
        (Some(claims), Some(challenge)) if claims == *challenge => Ok(Some(claims)),
        (Some(claims), None) => Ok(Some(claims)),
        _ => Err(token_error(
            400,
            "invalid_request",
            50_148,
            "The claims parameter does not match the claims that were challenged for.",
        )),
    }
}

fn issue_by_grant_type(
    tenant: &mut TenantState,
    name: &str,
    grant_type: &str,
    request: &AuthorityRequest,
) -> Result<Value, TokenError> {
    let form = &request.form;
    match grant_type {
        "client_credentials" => app::token(tenant, name, form),
        "authorization_code" => browser::redeem_code(tenant, form),
        "refresh_token" => user_tokens::refresh(tenant, form),
        device::GRANT_TYPE => device::poll(tenant, form, request.arrived),
        _ => Err(token_error(
            400,
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant_type}'."),
        )),
    }
}
