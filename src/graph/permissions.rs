//! The least permission that a request to Graph needs, for the advice when it is refused (Graph: permissions reference).
//!
//! Must not decide anything: what Graph refuses is for Graph to say.

use reqwest::Method;

/// For a path that may begin with a host's own path and the version, and may have a query.
pub(super) fn least(method: &Method, path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path = ["/v1.0/", "/beta/"]
        .iter()
        .find_map(|version| path.split_once(version))
        .map_or(path, |(_, after)| after);
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let reads = method == Method::GET;
    Some(match segments[..] {
        ["invitations"] => "User.Invite.All",
        ["users", _, "sendMail"] => "Mail.Send",
        ["users", _] if method == Method::DELETE => "User.DeleteRestore.All",
        ["groups", ..] if reads => "GroupMember.Read.All",
        ["groups", ..] => "GroupMember.ReadWrite.All",
        ["users" | "directory" | "directoryObjects", ..] if reads => "User.Read.All",
        ["directoryObjects" | "users", "getByIds"] => "User.Read.All",
        ["users", ..] => "User.ReadWrite.All",
        ["organization"] => "Organization.Read.All (a signed-in user: User.Read)",
        ["policies", ..] => "Policy.Read.All",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_that_is_made_has_its_permission() {
        for (method, path, permission) in [
            (Method::POST, "/v1.0/invitations", "User.Invite.All"),
            (Method::GET, "/gateway/v1.0/users?$top=1", "User.Read.All"),
            (Method::GET, "/users/u%23EXT%23?$select=id", "User.Read.All"),
            (
                Method::GET,
                "/v1.0/directory/deletedItems/microsoft.graph.user",
                "User.Read.All",
            ),
            (
                Method::POST,
                "/v1.0/directoryObjects/getByIds",
                "User.Read.All",
            ),
            (Method::PATCH, "/v1.0/users/1", "User.ReadWrite.All"),
            (
                Method::PUT,
                "/v1.0/users/1/manager/$ref",
                "User.ReadWrite.All",
            ),
            (Method::DELETE, "/v1.0/users/1", "User.DeleteRestore.All"),
            (Method::POST, "/v1.0/users/a%40b/sendMail", "Mail.Send"),
            (Method::GET, "/v1.0/groups?$top=1", "GroupMember.Read.All"),
            (
                Method::POST,
                "/v1.0/groups/1/members/$ref",
                "GroupMember.ReadWrite.All",
            ),
            (
                Method::GET,
                "/beta/policies/b2bManagementPolicies",
                "Policy.Read.All",
            ),
        ] {
            assert_eq!(least(&method, path), Some(permission), "{method} {path}");
        }
        assert_eq!(least(&Method::POST, "/v1.0/$batch"), None);
    }
}
