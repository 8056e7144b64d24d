//! Reads the tenant's settings for invitations: who may invite, which domains, and whether the signed-in user has a mailbox
//! (without one Microsoft leaves out the custom words).
//!
//! If a permission is missing, the setting is "cannot tell", and the run goes on.

use super::{
    catalogue,
    client::{Graph, Read},
    fault::{Class, Fault},
    server_text::{from_json, name},
};
use serde::Deserialize;
use serde_json::Value;

/// Who may invite (Graph: authorizationPolicy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum InvitesFrom {
    Nobody,
    AdminsAndGuestInviters,
    AdminsGuestInvitersAndMembers,
    Everyone,
    /// A value that this program does not know.
    Other(String),
}

/// Which domains guests may come from. A tenant has either an allow list or a deny list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum DomainRules {
    #[default]
    Any,
    OnlyFrom(Vec<String>),
    NotFrom(Vec<String>),
}

impl DomainRules {
    /// Whether a person of this domain may be invited. A subdomain is another domain.
    pub(crate) fn allow(&self, domain: &str) -> bool {
        let among = |list: &[String]| {
            list.iter()
                .any(|listed| listed.eq_ignore_ascii_case(domain))
        };
        match self {
            Self::Any => true,
            Self::OnlyFrom(list) => among(list),
            Self::NotFrom(list) => !among(list),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizationPolicy {
    #[serde(deserialize_with = "name")]
    allow_invites_from: String,
}

impl Graph {
    pub(crate) async fn invites_from(&self) -> Result<InvitesFrom, Fault> {
        let path = "/policies/authorizationPolicy?$select=allowInvitesFrom";
        let policy: AuthorizationPolicy = self.get(path, Read::ONE).await?;
        Ok(match policy.allow_invites_from.as_str() {
            "none" => InvitesFrom::Nobody,
            "adminsAndGuestInviters" => InvitesFrom::AdminsAndGuestInviters,
            "adminsGuestInvitersAndAllMembers" => InvitesFrom::AdminsGuestInvitersAndMembers,
            "everyone" => InvitesFrom::Everyone,
            other => InvitesFrom::Other(other.to_owned()),
        })
    }

    /// The list of allowed or blocked domains. Only the beta version of Graph has it, as JSON inside a JSON string.
    pub(crate) async fn domain_rules(&self) -> Result<DomainRules, Fault> {
        let policies: Value = self
            .get("/beta/policies/b2bManagementPolicies", Read::ONE)
            .await?;
        let unreadable = || {
            Fault::new(
                catalogue::ANSWER_UNREADABLE,
                Class::Request,
                "the policy's definition cannot be read",
            )
        };
        let Some(policies) = policies["value"].as_array() else {
            return Err(unreadable());
        };
        let policy = policies
            .iter()
            .find(|policy| policy["isOrganizationDefault"] == true)
            .or_else(|| policies.first());
        let Some(definition) = policy.and_then(|policy| policy["definition"][0].as_str()) else {
            return Ok(DomainRules::Any);
        };
        let definition: Value = from_json(definition.as_bytes()).map_err(|_| unreadable())?;
        Ok(rules(
            &definition["B2BManagementPolicy"]["InvitationsAllowedAndBlockedDomainsPolicy"],
        ))
    }

    /// The signed-in user's mail address; none for a user without a mailbox. Only for delegated tokens.
    pub(crate) async fn my_mail(&self) -> Result<Option<String>, Fault> {
        let me: Value = self.get("/me?$select=mail", Read::ONE).await?;
        Ok(me["mail"]
            .as_str()
            .filter(|mail| !mail.is_empty())
            .map(str::to_owned))
    }
}

fn rules(policy: &Value) -> DomainRules {
    let list = |name: &str| -> Vec<String> {
        let domains = policy[name].as_array().into_iter().flatten();
        domains
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let (allowed, blocked) = (list("AllowedDomains"), list("BlockedDomains"));
    // An empty list says nothing here: Graph decides about each invitation.
    match (allowed.is_empty(), blocked.is_empty()) {
        (false, _) => DomainRules::OnlyFrom(allowed),
        (true, false) => DomainRules::NotFrom(blocked),
        (true, true) => DomainRules::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{Server, error, json};
    use serde_json::json as value;

    fn policy(domains: &Value) -> String {
        let definition =
            value!({"B2BManagementPolicy": {"InvitationsAllowedAndBlockedDomainsPolicy": domains}});
        value!({"value": [
            {"isOrganizationDefault": false, "definition": ["{}"]},
            {"isOrganizationDefault": true, "definition": [definition.to_string()]},
        ]})
        .to_string()
    }

    #[tokio::test]
    async fn the_lists_are_read_and_asked() {
        let cases = [
            (
                value!({"AllowedDomains": ["Partner.example"], "BlockedDomains": []}),
                "partner.EXAMPLE",
                "other.example",
            ),
            (
                value!({"BlockedDomains": ["live.com"]}),
                "partner.example",
                "LIVE.com",
            ),
        ];
        for (domains, fine, refused) in cases {
            let body = policy(&domains);
            let server = Server::start(move |received, _| {
                assert_eq!(received.path, "/beta/policies/b2bManagementPolicies");
                json(200, &body)
            })
            .await;
            let rules = server.graph().domain_rules().await.unwrap();
            assert!(rules.allow(fine) && !rules.allow(refused), "{rules:?}");
        }
        for none in [
            policy(&value!({})),
            policy(&value!({"BlockedDomains": []})),
            policy(&value!({"AllowedDomains": []})),
            r#"{"value":[]}"#.into(),
        ] {
            let server = Server::start(move |_, _| json(200, &none)).await;
            assert_eq!(
                server.graph().domain_rules().await.unwrap(),
                DomainRules::Any
            );
        }
    }

    #[tokio::test]
    async fn what_may_not_be_read_is_a_missing_permission_and_oddities_are_no_panic() {
        let server = Server::start(|_, _| {
            error(
                403,
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
            )
        })
        .await;
        assert_eq!(
            server.graph().domain_rules().await.unwrap_err().class,
            Class::Permission
        );
        assert_eq!(
            server.graph().invites_from().await.unwrap_err().class,
            Class::Permission
        );
        for odd in ["[]", "{}", r#"{"value":[{"definition":["not json"]}]}"#] {
            let server = Server::start(move |_, _| json(200, odd)).await;
            assert_eq!(
                server.graph().domain_rules().await.unwrap_err().code,
                catalogue::ANSWER_UNREADABLE
            );
        }
    }

    #[tokio::test]
    async fn who_may_invite_and_whether_the_user_has_a_mailbox() {
        let server = Server::start(|received, _| match received.path.as_str() {
            "/v1.0/policies/authorizationPolicy?$select=allowInvitesFrom" => {
                json(200, r#"{"allowInvitesFrom":"none"}"#)
            }
            _ => json(200, r#"{"mail":null}"#),
        })
        .await;
        assert_eq!(
            server.graph().invites_from().await.unwrap(),
            InvitesFrom::Nobody
        );
        assert_eq!(server.graph().my_mail().await.unwrap(), None);
    }
}
