//! The kinds of requests that are counted, throttled and disturbed apart from each other.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// In weather only: every kind that is not named itself.
    All,
    Token,
    Invitations,
    Batch,
    /// Lists and filters.
    Users,
    /// One user, by id or name.
    User,
    Sponsors,
    GetByIds,
    DirectoryObjects,
    Deleted,
    Groups,
    Organization,
    Domains,
    Policies,
    Me,
    Other,
}
