//! What several checks say or need.

use super::super::{connect::Connection, invite::survey::Survey};
use crate::{
    directory::Directory,
    failure::{Failure, fragment},
    graph::{
        Fault,
        auth::{
            MethodName,
            advice::{self, Refusal},
        },
    },
    guest::Rules,
    sheet::Sheet,
    ui::Check,
};

/// A sheet, and what is on it.
pub(super) struct LookedAt {
    pub sheet: Sheet,
    pub rules: Rules,
    pub survey: Survey,
}

pub(super) fn not_signed_in(name: &'static str) -> Check {
    Check::cannot_tell(name, "the tenant was not reached")
}

/// Sponsors are looked up in the same way as by the engine.
pub(super) fn directory(connection: &Connection) -> Directory {
    Directory::new(connection.graph.clone(), connection.domains.clone())
}

/// The hint for a missing permission, for the way in which the sign-in was made.
pub(super) fn grant(method: Option<MethodName>, permission: &'static str) -> String {
    const MAIL: &str = "`guestlist doctor --ask-admin` prints what to send";
    let advice =
        method.and_then(|method| advice::advice(Refusal::Permission, method, Some(permission)));
    match advice {
        Some(advice) => format!("{}\n{MAIL}", fragment(&advice.fix)),
        None => format!("an administrator can grant it: {MAIL}"),
    }
}

/// A failed check for a fault that would end `invite` in the same way.
pub(super) fn fault(name: &'static str, fault: Fault) -> Check {
    Check::failed(name, Failure::from(fault))
}
