//! The tenant's settings for invitations: who may invite, and whom. They are read once, before anything is sent.
//!
//! Reading them needs a permission that inviting does not need, and the lists exist only in the beta version of Graph. If
//! they cannot be read, Graph decides about each invitation.

use crate::graph::{DomainRules, Fault, Graph, InvitesFrom};

/// What could be read. If nothing could be read, everybody may be invited.
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
