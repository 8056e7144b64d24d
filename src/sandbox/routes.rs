//! Which path leads where, and what Graph says of paths and methods that lead nowhere.

use super::{
    batch,
    call::Call,
    invitations, objects,
    reply::{Body, Refusal, Reply, method_not_allowed, no_such_segment},
    tenant::Tenant,
    token::Caller,
    users,
    weather::Fault,
};
use serde_json::Value;

pub fn dispatch(
    tenant: &mut Tenant,
    call: &Call,
    caller: &Caller,
    body: Result<&Value, &Refusal>,
    fault: Option<Fault>,
) -> Result<Reply, Refusal> {
    let body = || body.map_err(Clone::clone);
    let lower: Vec<String> = call.path.iter().map(|part| part.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let method = call.method.as_str();

    if call.version == "beta" {
        return match (method, lower.as_slice()) {
            ("GET", ["policies", "b2bmanagementpolicies"]) => objects::b2b_policies(tenant, caller),
            (_, ["policies", "b2bmanagementpolicies"]) => Err(method_not_allowed(method)),
            _ => Err(no_such_segment(path.first().unwrap_or(&"beta"))),
        };
    }
    match (method, lower.as_slice()) {
        ("POST", ["invitations"]) => invitations::invite(tenant, caller, body()?, fault),
        // Nothing but POST is known here; the 404 is a page, not JSON.
        (_, ["invitations", ..]) => Ok(Reply::new(
            404,
            Body::Html("<html><body><h1>404 - File or directory not found.</h1></body></html>"),
        )),
        ("POST", ["$batch"]) if !call.in_batch => batch::answer(tenant, call, body()?),
        ("GET", ["users"]) => users::list(tenant, call, caller, fault),
        ("GET", ["users", "$count"]) => users::count(tenant, call, caller),
        ("GET", ["users", _]) => users::get(tenant, call, caller, path[1]),
        ("GET", ["users", _, "sponsors"]) => users::sponsors(tenant, caller, path[1]),
        ("POST", ["users", _, "sponsors", "$ref"]) => {
            users::add_sponsor(tenant, caller, path[1], body()?)
        }
        ("GET", ["me"]) => users::me(tenant, call, caller),
        ("GET", ["directory", "deleteditems", "microsoft.graph.user"]) => {
            users::deleted(tenant, call, caller)
        }
        ("POST", ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"]) => {
            objects::get_by_ids(tenant, call, caller, body()?)
        }
        ("GET", ["directoryobjects", _]) => {
            objects::directory_object(tenant, call, caller, path[1])
        }
        ("GET", ["groups"]) => objects::groups(tenant, call, caller),
        ("GET", ["groups", _]) => objects::group(tenant, call, caller, path[1]),
        ("GET", ["organization"]) => objects::organization(tenant, call, caller),
        ("GET", ["domains"]) => objects::domains(tenant, call, caller),
        ("GET", ["policies", "authorizationpolicy"]) => {
            objects::authorization_policy(tenant, call, caller)
        }
        (_, known) if exists(known) => Err(method_not_allowed(method)),
        _ => Err(no_such_segment(path.last().unwrap_or(&"v1.0"))),
    }
}

/// A path that some method is known for.
fn exists(path: &[&str]) -> bool {
    matches!(
        path,
        ["$batch" | "me" | "organization" | "domains" | "groups" | "users"]
            | ["users" | "groups" | "directoryobjects", _]
            | ["users", _, "sponsors"]
            | ["users", _, "sponsors", "$ref"]
            | ["policies", "authorizationpolicy"]
    )
}
