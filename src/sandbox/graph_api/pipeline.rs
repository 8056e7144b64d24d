//! The steps of one request to Graph, from HTTP or out of a `$batch`: faults in place of the work, throttling limits,
//! the bearer token, the work, faults after the work, Graph's headers. Then the request is counted and logged.
//!
//! Must not wait or write to the network: `http::handler` does that.

use crate::sandbox::{
    faults::{
        fault::{FaultBody, FaultKind, ThrottleName},
        fault_injector::InjectedFault,
        fault_replies::{reply_after_work, reply_before_work, throttled, unavailable},
        throttle::{RequestCost, format_retry_after, parse_retry_after},
    },
    graph_api::{
        batch_items::batch_items,
        batch_reply::{batch_reply, failed_dependency},
        follow_up_changes::requested_change,
        routes,
    },
    messages::{
        graph_error::{GraphError, graph_error},
        reply::{Reply, ReplyBody},
        request::{GraphRequest, MAX_BODY},
        request_kind::RequestKind,
    },
    state::{
        follow_up_book::FollowUpRequest,
        ids::new_id,
        request_stats::{InvitationPost, LogEntry},
        tenant::{AskedAt, TenantState},
    },
};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::{borrow::Cow, collections::HashMap, io::Read};

/// Usage of a limit from which Graph sends `x-ms-throttle-limit-percentage`.
const NEARLY_THROTTLED: f64 = 0.8;
/// The media type of an entity or a list. Errors are plain `application/json`.
const ENTITY_TYPE: &str = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

pub(crate) fn answer(tenant: &mut TenantState, request: &GraphRequest) -> Reply {
    let request_kind = request.kind();
    tenant.asked_at = AskedAt {
        base_url: request.base_url.clone(),
        version: request.version.clone(),
    };
    tenant.end_deletions();
    tenant
        .stats
        .arrived(request_kind, request.arrived, request.in_batch);
    // An item of a batch collects its own addresses.
    let outer_addresses = std::mem::take(&mut tenant.request_addresses);
    let body = parsed_body(request);
    let invitation = invitation(request, body.as_ref().ok());
    let request_id = new_id();

    let fault = tenant.fault_injector.draw(
        &tenant.weather,
        request_kind,
        invitation.map(|(address, _)| address),
    );
    tenant.request_done = false;
    let mut reply = reply(tenant, request, body.as_ref(), fault.as_ref(), &request_id);
    let done = tenant.request_done;
    if let Some(journal) = &mut tenant.journal {
        journal.flush();
    }
    if request.in_batch && (reply.delivery_fault.is_some() || reply.forged) {
        // An item of a batch has no connection of its own that could break, and no proxy sees it.
        reply = unavailable(503, FaultBody::Json, None);
    }
    let fault = fault.map(|fault| fault.kind);
    count(tenant, request, &reply, fault, invitation);
    let change = requested_change(tenant, request, body.as_ref().ok());
    if let Some(change) = change {
        let ms = tenant.stats.ms();
        tenant.stats.follow_ups.add(FollowUpRequest {
            ms,
            change,
            status: reply.delivered_status(),
            done,
            repeated: false,
            fault,
        });
    }
    let addresses = std::mem::replace(&mut tenant.request_addresses, outer_addresses);
    log(tenant, request, &reply, fault, addresses);
    with_graph_headers(reply, request, request_id)
}

/// The steps that can answer the request.
fn reply(
    tenant: &mut TenantState,
    request: &GraphRequest,
    body: Result<&Value, &GraphError>,
    fault: Option<&InjectedFault>,
    request_id: &str,
) -> Reply {
    let in_place_of_work = fault.and_then(|fault| reply_before_work(tenant, fault, request_id));
    if let Some(reply) = in_place_of_work {
        return reply;
    }
    let cost = RequestCost::of(request);
    if let Err(limit) = tenant.throttle.admit(cost, request.arrived) {
        let form = tenant.throttle.retry_after_form();
        let (text, _) = format_retry_after(form, limit.retry_after, tenant.date());
        let name = ThrottleName::TooManyRequests;
        return throttled(tenant, name, text, limit.information, request_id);
    }
    let kind = fault.map(|fault| fault.kind);
    let reply = work(tenant, request, body, kind)
        .unwrap_or_else(|error| error.into_reply(request, request_id, &tenant.error_date()));
    tenant.request_done = reply.status < 300;
    let mut reply = match fault {
        Some(fault) => reply_after_work(tenant, fault, reply, request_id),
        None => reply,
    };
    if cost.resource_units > 0 {
        reply = reply.header("x-ms-resource-unit", cost.resource_units.to_string());
        let usage = tenant.throttle.highest_usage();
        if usage >= NEARLY_THROTTLED {
            reply = reply.header("x-ms-throttle-limit-percentage", format!("{usage:.2}"));
        }
    }
    reply
}

/// A `$batch` sends each of its items through all steps; everything else goes to the endpoint that `routes` finds.
fn work(
    tenant: &mut TenantState,
    request: &GraphRequest,
    body: Result<&Value, &GraphError>,
    fault: Option<FaultKind>,
) -> Result<Reply, GraphError> {
    let caller = tenant.authenticate(request.bearer.as_deref())?;
    if routes::is_batch(request) {
        return answer_batch(tenant, request, body.map_err(Clone::clone)?);
    }
    routes::dispatch(tenant, request, &caller, body, fault)
}

/// JSON batching (Microsoft Graph: combine multiple HTTP requests using JSON batching).
fn answer_batch(
    tenant: &mut TenantState,
    request: &GraphRequest,
    body: &Value,
) -> Result<Reply, GraphError> {
    let items = batch_items(request, body)?;
    let mut statuses: HashMap<String, u16> = HashMap::new();
    let mut replies = Vec::with_capacity(items.len());
    for item in items {
        let dependency_failed = item
            .depends_on
            .iter()
            .any(|id| statuses.get(id).is_none_or(|status| *status >= 400));
        let reply = if dependency_failed {
            failed_dependency()
        } else {
            answer(tenant, &item.request)
        };
        statuses.insert(item.id.to_ascii_lowercase(), reply.status);
        replies.push((item.id, reply));
    }
    // Graph answers the items in any order.
    tenant.fault_injector.shuffle(&mut replies);
    Ok(batch_reply(replies))
}

fn count(
    tenant: &mut TenantState,
    request: &GraphRequest,
    reply: &Reply,
    fault: Option<FaultKind>,
    invitation: Option<(&str, bool)>,
) {
    let wait = reply
        .get_header("retry-after")
        .and_then(|text| parse_retry_after(text, tenant.date()));
    let throttled = reply.status == 429
        || matches!(
            fault,
            Some(FaultKind::Throttled | FaultKind::ThrottledAfter)
        );
    tenant
        .stats
        .answered(request.kind(), reply.status, throttled, wait);
    if let Some((address, send)) = invitation {
        let post = InvitationPost {
            ms: tenant.stats.ms(),
            send,
            status: reply.delivered_status(),
            fault,
            conclusive: is_conclusive(reply, fault),
            look_ups_before: 0,
        };
        tenant.stats.add_post(address, post);
        tenant.request_addresses.push(address.to_owned());
    } else if reply.status < 300 {
        for address in &tenant.request_addresses {
            tenant.stats.looked_up(address);
        }
    }
}

/// Whether the client can tell from the answer if the guest was invited.
fn is_conclusive(reply: &Reply, fault: Option<FaultKind>) -> bool {
    // These faults change a 201 only; a request that Graph refused has an ordinary answer.
    let unusable = reply.status == 201
        && matches!(
            fault,
            Some(
                FaultKind::StatusError | FaultKind::NoUser | FaultKind::NoLink | FaultKind::Swapped
            )
        );
    !(reply.delivery_fault.is_some()
        || unusable
        || reply.forged
        || reply.status == 408
        || reply.status >= 500)
}

fn log(
    tenant: &mut TenantState,
    request: &GraphRequest,
    reply: &Reply,
    fault: Option<FaultKind>,
    addresses: Vec<String>,
) {
    if !tenant.stats.log_is_on() {
        return;
    }
    let entry = LogEntry {
        ms: tenant.stats.ms(),
        arrived_ms: tenant.stats.ms_of(request.arrived),
        kind: request.kind(),
        method: request.method.clone(),
        addresses,
        status: reply.delivered_status(),
        fault,
        in_batch: request.in_batch,
    };
    tenant.stats.add_log_entry(entry);
}

/// Adds the headers that every answer of Graph carries.
fn with_graph_headers(reply: Reply, request: &GraphRequest, request_id: String) -> Reply {
    if reply.forged {
        return reply;
    }
    let echoed = request.client_request_id.as_ref().unwrap_or(&request_id);
    let reply = reply.header("client-request-id", echoed.clone());
    let reply = match reply.body {
        ReplyBody::Json(_) if reply.status < 300 => reply.header("content-type", ENTITY_TYPE),
        ReplyBody::Json(_) => reply.header("content-type", "application/json"),
        _ => reply,
    };
    if request.in_batch {
        return reply;
    }
    reply
        .header("request-id", request_id)
        .header(
            "x-ms-ags-diagnostic",
            r#"{"ServerInfo":{"DataCenter":"Practice","Slice":"E","Ring":"5","ScaleUnit":"000","RoleInstance":"SANDBOX"}}"#,
        )
        .header("cache-control", "no-cache")
        .header("odata-version", "4.0")
}

/// The body as JSON, or the error that Graph answers with when it is no JSON.
fn parsed_body(request: &GraphRequest) -> Result<Value, GraphError> {
    let unreadable = || {
        graph_error(
            400,
            "BadRequest",
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    };
    let is_json = request.content_type.as_deref().is_some_and(|content_type| {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        media_type.eq_ignore_ascii_case("application/json")
    });
    if !is_json || request.body.is_empty() {
        return Err(unreadable());
    }
    let body = match request.content_encoding.as_deref() {
        None | Some("identity") => Cow::Borrowed(request.body.as_slice()),
        Some("gzip") => Cow::Owned(uncompressed(&request.body).ok_or_else(unreadable)?),
        // Microsoft's clients send the request again without compression after this status.
        Some(other) => {
            return Err(graph_error(
                415,
                "UnsupportedMediaType",
                format!("The content encoding '{other}' is not supported."),
            ));
        }
    };
    serde_json::from_slice(&body).map_err(|_| unreadable())
}

/// A body without its compression; `None` when it is damaged, or larger than any body may be.
fn uncompressed(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    let most = MAX_BODY as u64;
    let mut body = GzDecoder::new(body).take(most + 1);
    body.read_to_end(&mut whole).ok()?;
    (whole.len() <= MAX_BODY).then_some(whole)
}

/// For a `POST /invitations`, the invited address and whether the request asks for a mail.
fn invitation<'a>(request: &GraphRequest, body: Option<&'a Value>) -> Option<(&'a str, bool)> {
    let is_post = request.kind() == RequestKind::Invitations && request.method == "POST";
    let body = body.filter(|_| is_post)?;
    let address = body["invitedUserEmailAddress"].as_str()?;
    let send = body["sendInvitationMessage"].as_bool().unwrap_or(false);
    Some((address, send))
}
