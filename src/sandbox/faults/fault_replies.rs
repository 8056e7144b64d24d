//! The replies that a fault gives in place of Graph's answer, before or after the work.

use crate::sandbox::{
    faults::{
        fault::{FaultBody, FaultKind, ThrottleName},
        fault_injector::InjectedFault,
    },
    messages::reply::{DeliveryFault, Reply, ReplyBody},
    state::tenant::TenantState,
};
use serde_json::json;

/// The `x-ms-throttle-information` of a throttle that the weather injects.
const INJECTED_THROTTLE: &str = "CPULimitExceeded";

/// The reply of a fault that keeps the request from being done; `None` when the request is to be done.
pub(crate) fn reply_before_work(
    tenant: &TenantState,
    fault: &InjectedFault,
    request_id: &str,
) -> Option<Reply> {
    Some(match fault.kind {
        FaultKind::Throttled => injected_throttle(tenant, fault, request_id),
        FaultKind::Unavailable => unavailable(fault.status, fault.body, fault.retry_after.clone()),
        FaultKind::TimedOut => Reply::new(408, ReplyBody::Empty),
        FaultKind::ForgedBefore => forged(fault),
        FaultKind::LostBefore => Reply::new(500, ReplyBody::Empty)
            .with_delivery_fault(DeliveryFault::Lost(fault.lost_for)),
        _ => return None,
    })
}

/// The reply after the request was done: Graph's own, replaced, or damaged on its way.
pub(crate) fn reply_after_work(
    tenant: &TenantState,
    fault: &InjectedFault,
    reply: Reply,
    request_id: &str,
) -> Reply {
    match fault.kind {
        FaultKind::UnavailableAfter => {
            unavailable(fault.status, fault.body, fault.retry_after.clone())
        }
        FaultKind::ForgedAfter => forged(fault),
        FaultKind::ThrottledAfter => injected_throttle(tenant, fault, request_id),
        FaultKind::LostAfter => reply.with_delivery_fault(DeliveryFault::Lost(fault.lost_for)),
        FaultKind::Reset => reply.with_delivery_fault(DeliveryFault::Reset),
        FaultKind::Cut => reply.with_delivery_fault(DeliveryFault::CutShort),
        _ => reply,
    }
}

fn injected_throttle(tenant: &TenantState, fault: &InjectedFault, request_id: &str) -> Reply {
    let wait = fault.retry_after.clone();
    throttled(
        tenant,
        fault.throttled_as,
        wait,
        INJECTED_THROTTLE,
        request_id,
    )
}

/// Graph's own throttling reply (Microsoft Graph: throttling guidance).
pub(crate) fn throttled(
    tenant: &TenantState,
    name: ThrottleName,
    retry_after: Option<String>,
    information: &'static str,
    request_id: &str,
) -> Reply {
    let (status, code, message) = match name {
        ThrottleName::ThrottledTemporarily => (
            400,
            "Request_ThrottledTemporarily",
            "The request was throttled. Retry after the time that is named.",
        ),
        ThrottleName::ActivityLimit => (
            403,
            "activityLimitReached",
            "The application or user has been throttled.",
        ),
        ThrottleName::TooManyRequests | ThrottleName::Mixed => {
            (429, "TooManyRequests", "Please retry again later.")
        }
    };
    let body = json!({"error": {
        "code": code,
        "message": message,
        "innerError": {
            "code": status.to_string(),
            "date": tenant.error_date(),
            "message": "Please retry after",
            "request-id": request_id,
            "status": status.to_string(),
        },
    }});
    Reply::new(status, ReplyBody::Json(body))
        .header(
            "x-ms-throttle-scope",
            format!(
                "Tenant_Application/ReadWrite/{}/{}",
                tenant.identity.client_id, tenant.identity.tenant_id
            ),
        )
        .header("x-ms-throttle-information", information)
        .retry_after(retry_after)
}

/// An answer of a proxy, a content filter or a portal. Its JSON has no `request-id`, and comes in three forms.
fn forged(fault: &InjectedFault) -> Reply {
    let body = match fault.body {
        FaultBody::Html => ReplyBody::Html("<html><head><title>Web filter</title></head><body><h1>This request was stopped by your organisation</h1></body></html>".into()),
        FaultBody::Empty => ReplyBody::Empty,
        FaultBody::Block => ReplyBody::Html("<html><body>The server said: Invitations are blocked for this directory due to suspicious activity.</body></html>".into()),
        _ => ReplyBody::Json(match fault.status % 3 {
            0 => {
                json!({"error": {"code": "PolicyDenied", "message": "Stopped by the web filter."}})
            }
            1 => {
                json!({"error": "policy_denied", "error_description": "Stopped by the web filter."})
            }
            _ => json!({"status": fault.status, "message": "Stopped by the web filter."}),
        }),
    };
    let mut reply = Reply::new(fault.status, body).retry_after(fault.retry_after.clone());
    reply.forged = true;
    reply
}

/// A 5xx of Graph or of a gateway in front of it.
pub(crate) fn unavailable(status: u16, body: FaultBody, retry_after: Option<String>) -> Reply {
    let (code, message) = match status {
        500 => ("InternalServerError", "An internal server error occurred."),
        502 => ("BadGateway", "Bad gateway."),
        504 => ("GatewayTimeout", "The gateway did not answer in time."),
        _ => ("ServiceUnavailable", "The service is unavailable."),
    };
    let body = match body {
        FaultBody::Html => ReplyBody::Html("<html><head><title>Service Unavailable</title></head><body><h2>Our services aren't available right now</h2></body></html>".into()),
        FaultBody::Empty => ReplyBody::Empty,
        _ => {
            ReplyBody::Json(json!({"error": {"code": code, "message": message, "innerError": {}}}))
        }
    };
    Reply::new(status, body).retry_after(retry_after)
}
