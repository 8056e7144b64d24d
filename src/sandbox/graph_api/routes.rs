//! Which method and path leads to which endpoint, and Graph's errors for unknown paths and methods.
//!
//! `$batch` has no endpoint here: `pipeline` sends its items through all steps.

use crate::sandbox::{
    faults::fault::FaultKind,
    graph_api::{
        deletions, delta, directory_objects, groups, invitations, members, organization, policies,
        references, send_mail, user_update, users,
    },
    messages::{
        graph_error::{GraphError, bad_request, graph_error, method_not_allowed, no_such_segment},
        reply::Reply,
        request::GraphRequest,
        request_kind::{RequestKind, is_delta},
    },
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::Value;

/// `POST /$batch`.  A batch inside a batch is not allowed.
pub(super) fn is_batch(request: &GraphRequest) -> bool {
    request.kind() == RequestKind::Batch && request.method == "POST" && !request.in_batch
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

    let beta = request.version == "beta";
    match (method, lower.as_slice()) {
        ("POST", ["invitations"]) => invitations::invite(tenant, caller, body()?, fault),
        // Invitations can only be posted. Graph answers everything else with the HTML page of another server in an error.
        (_, ["invitations", ..]) => Err(graph_error(
            404,
            "UnknownError",
            "<html><body><h1>404 - File or directory not found.</h1></body></html>",
        )),
        ("GET", ["users"]) => users::list(tenant, request, caller, fault),
        ("GET", ["users", "$count"]) => users::count(tenant, request, caller),
        ("GET", ["users", call]) if is_delta(call) => delta::users(tenant, request, caller),
        (_, ["users", call]) if is_delta(call) => Err(method_not_allowed(method)),
        ("GET", ["users", _]) => users::get(tenant, request, caller, path[1]),
        ("DELETE", ["users", _]) => deletions::delete(tenant, caller, path[1]),
        ("PATCH", ["users", _]) => user_update::update(tenant, caller, path[1], body()?),
        ("GET", ["users", _, "sponsors"]) => references::sponsors(tenant, request, caller, path[1]),
        ("GET", ["users", _, "sponsors", "$ref"]) => {
            references::sponsor_references(tenant, caller, path[1])
        }
        ("POST", ["users", _, "sponsors", "$ref"]) => {
            references::add_sponsor(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["users", _, "sponsors", _, "$ref"]) => {
            references::remove_sponsor(tenant, caller, path[1], path[3])
        }
        ("GET", ["users", _, "sponsorof"]) => {
            references::sponsor_of(tenant, request, caller, path[1])
        }
        ("GET", ["users", _, "manager"]) => references::manager(tenant, request, caller, path[1]),
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
        ) => deletions::deleted_users(tenant, request, caller),
        (
            "GET",
            [
                "directory",
                "deleteditems",
                "microsoft.graph.group" | "graph.group",
            ],
        ) => deletions::deleted_groups(tenant, caller),
        (
            "POST",
            [
                "directory",
                "deleteditems",
                _,
                "restore" | "microsoft.graph.restore",
            ],
        ) => deletions::restore(tenant, caller, path[2]),
        ("DELETE", ["directory", "deleteditems", _]) => deletions::purge(tenant, caller, path[2]),
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
        ("POST", ["groups"]) => groups::create(tenant, caller, body()?),
        ("GET", ["groups", "$count"]) => groups::count(tenant, request, caller),
        ("GET", ["groups", _]) => groups::get(tenant, request, caller, path[1]),
        ("PATCH", ["groups", _]) => groups::update(tenant, caller, path[1], body()?),
        ("DELETE", ["groups", _]) => groups::delete(tenant, caller, path[1]),
        (
            "GET",
            ["groups", _, "members" | "transitivemembers"]
            | [
                "groups",
                _,
                "members" | "transitivemembers",
                "microsoft.graph.user" | "graph.user",
            ],
        ) => members::members(tenant, request, caller, path[1]),
        (
            "GET",
            ["groups", _, "owners"]
            | ["groups", _, "owners", "microsoft.graph.user" | "graph.user"],
        ) => members::owners(tenant, request, caller, path[1]),
        ("POST", ["groups", _, "owners", "$ref"]) => {
            members::add_owner(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["groups", _, "owners", _, "$ref"]) => {
            members::remove_owner(tenant, caller, path[1], path[3])
        }
        ("GET", ["users", _, "memberof" | "transitivememberof"]) => {
            members::groups_of(tenant, request, caller, path[1])
        }
        ("POST", ["groups", _, "members", "$ref"]) => {
            members::add_member(tenant, caller, path[1], body()?)
        }
        ("DELETE", ["groups", _, "members", _, "$ref"]) => {
            members::remove_member(tenant, caller, path[1], path[3])
        }
        ("GET", ["organization"]) => organization::organization(tenant, request, caller),
        ("GET", ["organization", _]) => {
            organization::one_organization(tenant, request, caller, path[1])
        }
        ("GET", ["domains"]) => organization::domains(tenant, request, caller),
        ("GET", ["domains", _]) => organization::domain(tenant, request, caller, path[1]),
        ("GET", ["policies", "authorizationpolicy"]) => {
            policies::authorization_policy(tenant, request, caller)
        }
        ("GET", ["policies", "authorizationpolicy", "authorizationpolicy"]) if beta => {
            policies::authorization_policy(tenant, request, caller)
        }
        ("GET", ["policies", "b2bmanagementpolicies"]) if beta => {
            policies::b2b_policies(tenant, caller)
        }
        (
            "GET",
            ["policies", "crosstenantaccesspolicy"]
            | ["policies", "crosstenantaccesspolicy", "default"],
        ) => policies::cross_tenant_access(tenant, request, caller),
        ("GET", ["policies", "crosstenantaccesspolicy", "partners"]) => {
            policies::partners(tenant, caller)
        }
        ("GET", ["policies", "crosstenantaccesspolicy", "partners", _]) => {
            policies::partner(tenant, request, caller, path[3])
        }
        ("GET", ["tenantrelationships", call])
            if call.starts_with("findtenantinformationbydomainname(")
                || call.starts_with("microsoft.graph.findtenantinformationbydomainname(") =>
        {
            policies::tenant_of_domain(tenant, caller, path[1])
        }
        (_, ["policies", "b2bmanagementpolicies"]) if beta => Err(method_not_allowed(method)),
        (_, known) if exists(known) => Err(method_not_allowed(method)),
        _ => Err(no_such_segment(path.last().unwrap_or(&"v1.0"))),
    }
}

/// The paths that are known for at least one method. A star stands for any segment.
const KNOWN: [&str; 34] = [
    "$batch",
    "directory/deleteditems/*",
    "directory/deleteditems/*/restore",
    "directoryobjects/*",
    "domains",
    "domains/*",
    "groups",
    "groups/*",
    "groups/*/members",
    "groups/*/members/$ref",
    "groups/*/members/*/$ref",
    "groups/*/owners",
    "groups/*/owners/$ref",
    "groups/*/owners/*/$ref",
    "me",
    "me/sendmail",
    "organization",
    "organization/*",
    "policies/authorizationpolicy",
    "policies/crosstenantaccesspolicy",
    "policies/crosstenantaccesspolicy/default",
    "policies/crosstenantaccesspolicy/partners",
    "policies/crosstenantaccesspolicy/partners/*",
    "users",
    "users/*",
    "users/*/manager",
    "users/*/manager/$ref",
    "users/*/memberof",
    "users/*/sendmail",
    "users/*/sponsorof",
    "users/*/sponsors",
    "users/*/sponsors/$ref",
    "users/*/sponsors/*/$ref",
    "users/*/transitivememberof",
];

fn exists(path: &[&str]) -> bool {
    KNOWN.iter().any(|known| {
        let known: Vec<&str> = known.split('/').collect();
        known.len() == path.len()
            && known
                .iter()
                .zip(path)
                .all(|(known, segment)| *known == "*" || known == segment)
    })
}
