//! The domains of the tenant, the domain of the names that guests are given, and the domains that are not invited.

use crate::graph::{DomainRules, Organization};

/// Empty if the organization could not be read; then no domain is known to be the tenant's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domains {
    own: Vec<String>,
    initial: Option<String>,
    rules: DomainRules,
}

impl Domains {
    pub(crate) fn of(organization: &Organization) -> Self {
        Self {
            own: organization
                .verified_domains
                .iter()
                .map(|domain| domain.name.to_ascii_lowercase())
                .collect(),
            initial: organization.initial_domain().map(str::to_ascii_lowercase),
            rules: DomainRules::Any,
        }
    }

    #[must_use]
    pub(crate) fn with_rules(self, rules: DomainRules) -> Self {
        Self { rules, ..self }
    }

    /// Whether the tenant's allow or deny list excludes guests of this domain.
    pub(crate) fn is_refused(&self, domain: &str) -> bool {
        !self.rules.allow(domain)
    }

    pub(crate) fn is_own(&self, domain: &str) -> bool {
        self.own.iter().any(|own| own.eq_ignore_ascii_case(domain))
    }

    pub(crate) fn own(&self) -> &[String] {
        &self.own
    }

    /// The name that Graph gives a guest: the address with `_` for `@`, on the tenant's initial domain.
    /// It survives a later change of `mail` (Graph: user-properties, invitation-post).
    pub(crate) fn derived_name(&self, address: &str) -> Option<String> {
        let initial = self.initial.as_deref()?;
        Some(format!("{}#EXT#@{initial}", address.replace('@', "_")))
    }
}
