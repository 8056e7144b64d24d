//! The kinds of requests that are counted, throttled and disturbed separately.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestKind {
    /// In a weather file only: every kind that the file does not name.
    All,
    Token,
    Invitations,
    Batch,
    /// Lists of users, with or without a filter.
    Users,
    /// One user, by id or by user principal name.
    User,
    /// A change of one user: the profile, or other addresses.
    UserUpdate,
    /// A user is to be deleted.
    Deletions,
    Sponsors,
    Manager,
    /// A mail out of a mailbox.
    SendMail,
    GetByIds,
    DirectoryObjects,
    Deleted,
    Groups,
    /// The members of a group.
    Members,
    Organization,
    Domains,
    Policies,
    Me,
    Other,
}

/// Whether a segment, in lower case, is the function `delta`. Microsoft's clients write it with parentheses.
pub(crate) fn is_delta(segment: &str) -> bool {
    let name = segment.strip_suffix("()").unwrap_or(segment);
    name.strip_prefix("microsoft.graph.").unwrap_or(name) == "delta"
}
