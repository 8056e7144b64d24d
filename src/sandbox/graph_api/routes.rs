//! Which method and path leads to which endpoint, and Graph's errors for unknown paths and methods.
//!
//! `$batch` has no endpoint here: `pipeline` sends its items through all steps.

use crate::sandbox::{
    faults::fault::FaultKind,
    graph_api::{
        deletions, directory_objects, groups, invitations, members, organization, references,
        send_mail, user_update, users,
    },
    messages::{
        graph_error::{GraphError, bad_request, method_not_allowed, no_such_segment},
        reply::{Reply, ReplyBody},
        request::GraphRequest,
        request_kind::RequestKind,
    },
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::Value;

/// `POST /v1.0/$batch`. A batch inside a batch is not allowed.
pub(super) fn is_batch(request: &GraphRequest) -> bool {
    request.kind() == RequestKind::Batch
        && request.method == "POST"
        && request.version == "v1.0"
        && !request.in_batch
}

pub(super) fn dispatch(
    tenant: &mut TenantState,
    request: &GraphRequest,
    caller: &Caller,
    body: Result<&Value, &GraphError>,
    fault: Option<FaultKind>,
) -> Result<Reply, GraphError> {
    let body = || body.map_err(Clone::clone);
    let lower: Vec<String> = request
        .path
        .iter()
        .map(|part| part.to_lowercase())
        .collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let method = request.method.as_str();

    if request.version == "beta" {
        return match (method, lower.as_slice()) {
            ("GET", ["policies", "b2bmanagementpolicies"]) => {
                organization::b2b_policies(tenant, caller)
            }
            (_, ["policies", "b2bmanagementpolicies"]) => Err(method_not_allowed(method)),
            _ => Err(no_such_segment(path.first().unwrap_or(&"beta"))),
        };
    }
    match (method, lower.as_slice()) {
        ("POST", ["invitations"]) => invitations::invite(tenant, caller, body()?, fault),
        // Invitations can only be posted. Graph answers everything else with an HTML page, not with JSON.
        (_, ["invitations", ..]) => Ok(Reply::new(
            404,
            ReplyBody::Html(
                "<html><body><h1>404 - File or directory not found.</h1></body></html>",
            ),
        )),
        ("GET", ["users"]) => users::list(tenant, request, caller, fault),
        ("GET", ["users", "$count"]) => users::count(tenant, request, caller),
        ("GET", ["users", _]) => users::get(tenant, request, caller, path[1]),
        ("DELETE", ["users", _]) => deletions::delete(tenant, caller, path[1]),
        ("PATCH", ["users", _]) => user_update::update(tenant, caller, path[1], body()?),
        ("GET", ["users", _, "sponsors"]) => references::sponsors(tenant, caller, path[1]),
        ("GET", ["users", _, "sponsors", "$ref"]) => {
            references::sponsor_references(tenant, caller, path[1])
        }
        ("POST", ["users", _, "sponsors", "$ref"]) => {
            references::add_sponsor(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["users", _, "sponsors", _, "$ref"]) => {
            references::remove_sponsor(tenant, caller, path[1], path[3])
        }
        ("GET", ["users", _, "manager"]) => references::manager(tenant, caller, path[1]),
        ("GET", ["users", _, "manager", "$ref"]) => {
            references::manager_reference(tenant, caller, path[1])
        }
        ("PUT", ["users", _, "manager", "$ref"]) => {
            references::set_manager(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["users", _, "manager", "$ref"]) => {
            references::remove_manager(tenant, caller, path[1])
        }
        ("POST", ["users", _, "sendmail"]) => {
            send_mail::send_mail(tenant, caller, path[1], body()?)
        }
        ("POST", ["me", "sendmail"]) => {
            let me = caller.user.clone().ok_or_else(|| {
                bad_request("/me request is only valid with delegated authentication flow.")
            })?;
            send_mail::send_mail(tenant, caller, &me, body()?)
        }
        ("GET", ["me"]) => users::me(tenant, request, caller),
        (
            "GET",
            [
                "directory",
                "deleteditems",
                "microsoft.graph.user" | "graph.user",
            ],
        ) => users::deleted(tenant, request, caller),
        ("GET", ["directory", "deleteditems", _]) => {
            deletions::deleted_item(tenant, request, caller, path[2])
        }
        ("POST", ["directoryobjects", "getbyids" | "microsoft.graph.getbyids"]) => {
            directory_objects::get_by_ids(tenant, request, caller, body()?)
        }
        ("GET", ["directoryobjects", _]) => {
            directory_objects::get(tenant, request, caller, path[1])
        }
        ("GET", ["groups"]) => groups::list(tenant, request, caller),
        ("GET", ["groups", _]) => groups::get(tenant, request, caller, path[1]),
        ("GET", ["groups", _, "members"]) => members::members(tenant, caller, path[1]),
        ("POST", ["groups", _, "members", "$ref"]) => {
            members::add_member(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["groups", _, "members", _, "$ref"]) => {
            members::remove_member(tenant, caller, path[1], path[3])
        }
        ("GET", ["organization"]) => organization::organization(tenant, request, caller),
        ("GET", ["domains"]) => organization::domains(tenant, request, caller),
        ("GET", ["policies", "authorizationpolicy"]) => {
            organization::authorization_policy(tenant, request, caller)
        }
        (_, known) if exists(known) => Err(method_not_allowed(method)),
        _ => Err(no_such_segment(path.last().unwrap_or(&"v1.0"))),
    }
}

/// Whether a path is known for at least one method.
fn exists(path: &[&str]) -> bool {
    matches!(
        path,
        ["$batch" | "me" | "organization" | "domains" | "groups" | "users"]
            | ["users" | "groups" | "directoryobjects", _]
            | ["users", _, "sponsors" | "manager" | "sendmail"]
            | ["users", _, "sponsors" | "manager", "$ref"]
            | ["users", _, "sponsors", _, "$ref"]
            | ["groups", _, "members"]
            | ["groups", _, "members", "$ref"]
            | ["groups", _, "members", _, "$ref"]
            | ["directory", "deleteditems", _]
            | ["me", "sendmail"]
            | ["policies", "authorizationpolicy"]
    )
}
