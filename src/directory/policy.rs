//! What the tenant says about invitations as such: who may invite, and whom. Read once, before anything is sent.
//!
//! Best effort: it needs a permission that inviting does not, and the lists are in the beta only. What cannot
//! be read is left to Graph to say.

use crate::graph::{Graph, Read};
use serde::{Deserialize, de::DeserializeOwned};

/// What could be read; where nothing could be, everybody may be invited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitationPolicy {
    /// `allowInvitesFrom` is `none`: nobody may invite, no app either.
    pub switched_off: bool,
    pub lists: DomainLists,
}

/// The collaboration restrictions. Graph has one of the two or neither; domains in small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainLists {
    /// Only these, unless empty.
    allowed: Vec<String>,
    blocked: Vec<String>,
}

impl InvitationPolicy {
    pub async fn read(graph: &Graph) -> Self {
        let (authorization, lists) = tokio::join!(
            read::<Authorization>(
                graph,
                "/policies/authorizationPolicy?$select=allowInvitesFrom"
            ),
            read::<Policies>(graph, "/beta/policies/b2bManagementPolicies"),
        );
        Self {
            switched_off: authorization.is_some_and(|policy| policy.is_off()),
            lists: lists.map(|policies| policies.lists()).unwrap_or_default(),
        }
    }
}

impl DomainLists {
    /// The lists name whole domains: a subdomain is another one.
    pub fn refuse(&self, domain: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|named| named.eq_ignore_ascii_case(domain));
        named(&self.blocked) || (!self.allowed.is_empty() && !named(&self.allowed))
    }
}

async fn read<T: DeserializeOwned>(graph: &Graph, path: &str) -> Option<T> {
    graph
        .get(path, Read::ONE)
        .await
        .inspect_err(|fault| {
            let what = path.split('?').next();
            tracing::debug!(%fault, what, "not readable, so left to Graph to say");
        })
        .ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    allow_invites_from: Option<String>,
}

impl Authorization {
    fn is_off(&self) -> bool {
        self.allow_invites_from
            .as_deref()
            .is_some_and(|from| from.eq_ignore_ascii_case("none"))
    }
}

#[derive(Deserialize)]
struct Policies {
    value: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Policy {
    is_organization_default: Option<bool>,
    /// JSON inside a string.
    definition: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Definition {
    #[serde(rename = "B2BManagementPolicy")]
    policy: Management,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Management {
    invitations_allowed_and_blocked_domains_policy: Option<Lists>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Lists {
    allowed_domains: Option<Vec<String>>,
    blocked_domains: Option<Vec<String>>,
}

impl Policies {
    /// Those of the organization; a definition that cannot be understood is none.
    fn lists(&self) -> DomainLists {
        let policy = self
            .value
            .iter()
            .find(|policy| policy.is_organization_default == Some(true));
        let lists = policy
            .and_then(|policy| policy.definition.as_ref()?.first())
            .and_then(|text| serde_json::from_str::<Definition>(text).ok())
            .and_then(|definition| {
                definition
                    .policy
                    .invitations_allowed_and_blocked_domains_policy
            })
            .unwrap_or_default();
        DomainLists {
            allowed: lists.allowed_domains.unwrap_or_default(),
            blocked: lists.blocked_domains.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lists(definition: &str) -> DomainLists {
        let body = json!({"value": [
            {"isOrganizationDefault": false, "definition": ["{\"B2BManagementPolicy\":{\"InvitationsAllowedAndBlockedDomainsPolicy\":{\"BlockedDomains\":[\"other.example\"]}}}"]},
            {"isOrganizationDefault": true, "definition": [definition]},
        ]});
        serde_json::from_value::<Policies>(body).unwrap().lists()
    }

    #[test]
    fn the_deny_list_refuses_what_it_names_and_nothing_else() {
        let lists = lists(
            r#"{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":{"AllowedDomains":[],"BlockedDomains":["Live.com"]}}}"#,
        );
        assert!(lists.refuse("live.com"));
        assert!(!lists.refuse("mail.live.com") && !lists.refuse("other.example"));
    }

    #[test]
    fn the_allow_list_refuses_everything_else() {
        let lists = lists(
            r#"{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":{"AllowedDomains":["partner.example"]},"AutoRedeemPolicy":{}}}"#,
        );
        assert!(!lists.refuse("Partner.example"));
        assert!(lists.refuse("live.com"));
    }

    #[test]
    fn what_cannot_be_understood_refuses_nobody() {
        for definition in [
            "",
            "{}",
            "[]",
            r#"{"B2BManagementPolicy":{}}"#,
            r#"{"B2BManagementPolicy":{"InvitationsAllowedAndBlockedDomainsPolicy":{"AllowedDomains":null}}}"#,
        ] {
            assert_eq!(lists(definition), DomainLists::default(), "{definition}");
        }
        let odd = json!({"value": [{"isOrganizationDefault": true, "definition": null}, {}]});
        let policies: Policies = serde_json::from_value(odd).unwrap();
        assert_eq!(policies.lists(), DomainLists::default());
    }
}
