//! Users and groups. Nothing here knows HTTP or the state of the tenant.

pub(super) mod group; // a group, and its JSON
pub(super) mod index; // all users and groups, found by key
pub(super) mod seed; // who is there from the start
pub(super) mod user; // a user, and its JSON
