//! What the tenant says about invitations as such: who may invite, and whom. Read once, before anything is sent.
//!
//! Best effort: it needs a permission that inviting does not, and the lists are in the beta only. What cannot
//! be read is left to Graph to say.

use crate::graph::{DomainRules, Fault, Graph, InvitesFrom};

/// What could be read; where nothing could be, everybody may be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitationPolicy {
    /// `allowInvitesFrom` is `none`: nobody may invite, no app either.
    pub switched_off: bool,
    pub domains: DomainRules,
}

impl InvitationPolicy {
    pub(crate) async fn read(graph: &Graph) -> Self {
        let (from, domains) = tokio::join!(graph.invites_from(), graph.domain_rules());
        Self {
            switched_off: readable(from, "invitation policy") == Some(InvitesFrom::Nobody),
            domains: readable(domains, "domain lists").unwrap_or(DomainRules::Any),
        }
    }
}

fn readable<T>(answer: Result<T, Fault>, what: &str) -> Option<T> {
    answer
        .inspect_err(|fault| tracing::debug!(%fault, what, "not readable, so left to Graph to say"))
        .ok()
}
