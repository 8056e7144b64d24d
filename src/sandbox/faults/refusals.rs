//! What the practice tenant refuses although the caller has the permission, as data of a weather file: changes of users,
//! and particular groups.

use crate::sandbox::directory::group::DirectoryGroup;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refusals {
    /// 403 for every change of a user's properties.
    pub user_updates: bool,
    /// 403 for every change of a manager.
    pub managers: bool,
    /// 403 for every change of sponsors after the invitation.
    pub sponsors: bool,
    /// 403 for new members of these groups, each by name or id, as where the caller lacks a right for this group.
    pub groups: Vec<String>,
    /// Groups that take no guests by policy, each by name or id.
    pub groups_without_guests: Vec<String>,
    /// Groups that have as many members as a group may have, each by name or id.
    pub full_groups: Vec<String>,
}

/// Whether a list names a group.
pub(crate) fn names(list: &[String], group: &DirectoryGroup) -> bool {
    list.iter()
        .any(|name| *name == group.display_name || name.eq_ignore_ascii_case(&group.id))
}
