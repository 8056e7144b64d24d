//! What several checks say or need.

use super::super::connect::Connection;
use crate::{directory::Directory, failure::Failure, graph::Fault, ui::Check};

pub(super) fn not_signed_in(name: &'static str) -> Check {
    Check::cannot_tell(name, "the tenant was not reached")
}

/// For sponsors, which the engine looks up in the same way.
pub(super) fn directory(connection: &Connection) -> Directory {
    Directory::new(connection.graph.clone(), connection.domains.clone())
}

/// Where an administrator has to help.
pub(super) const GRANT: &str =
    "an administrator can grant it: `guestlist doctor --ask-admin` prints what to send";

/// A fault's failure, for checks that end as `invite` would.
pub(super) fn fault(name: &'static str, fault: Fault) -> Check {
    Check::failed(name, Failure::from(fault))
}
