//! The permissions that allow several endpoints to read or write (Microsoft Graph: permissions reference).

use crate::sandbox::{
    directory::user::BASIC_PROPERTIES,
    messages::graph_error::{GraphError, access_denied, graph_error},
    state::token_store::Caller,
};

pub(super) const READ_USERS: [&str; 5] = [
    "User.Read.All",
    "User.ReadWrite.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
    "User.ReadUpdate.All",
];

pub(super) const WRITE_USERS: [&str; 2] = ["User.ReadWrite.All", "Directory.ReadWrite.All"];

/// A change of the profile alone needs less than any other change of a user.
pub(super) const WRITE_PROFILES: [&str; 3] = [
    "User.ReadUpdate.All",
    "User.ReadWrite.All",
    "Directory.ReadWrite.All",
];

/// Other addresses are sensitive, and want a permission of their own.
pub(super) const WRITE_ADDRESSES: [&str; 1] = ["User-Mail.ReadWrite.All"];

pub(super) const WRITE_MEMBERS: [&str; 3] = [
    "GroupMember.ReadWrite.All",
    "Group.ReadWrite.All",
    "Directory.ReadWrite.All",
];

pub(super) const WRITE_GROUPS: [&str; 2] = ["Group.ReadWrite.All", "Directory.ReadWrite.All"];

/// To delete a user, and to restore one.
pub(super) const DELETE_USERS: [&str; 2] = ["User.DeleteRestore.All", "User.ReadWrite.All"];

pub(super) const READ_DIRECTORY: [&str; 2] = ["Directory.Read.All", "Directory.ReadWrite.All"];

pub(super) const READ_GROUPS: [&str; 7] = [
    "GroupMember.Read.All",
    "GroupMember.ReadWrite.All",
    "Group.Read.All",
    "Group.ReadWrite.All",
    "Group.ReadBasic.All",
    "Directory.Read.All",
    "Directory.ReadWrite.All",
];

/// Checks whether the caller may read these properties of users; `None` stands for the default properties. With
/// `User.ReadBasic.All`, a signed-in user may read basic properties; an application always needs `READ_USERS`.
pub(super) fn may_read_users(
    caller: &Caller,
    properties: Option<&[String]>,
) -> Result<(), GraphError> {
    if properties.is_some_and(|names| names.iter().any(|name| name == "signInActivity")) {
        // It takes a licence that the practice tenant does not have.
        return Err(graph_error(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license",
        ));
    }
    if caller.has(&READ_USERS) {
        return Ok(());
    }
    let basic = properties.is_none_or(|names| {
        names
            .iter()
            .all(|name| BASIC_PROPERTIES.contains(&name.as_str()))
    });
    if !caller.is_app() && basic && caller.has(&["User.ReadBasic.All"]) {
        return Ok(());
    }
    Err(access_denied())
}
