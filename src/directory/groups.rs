//! Finds the groups that the sheet names, and whether Graph can add a guest to them.
//!
//! A group whose members nobody may add through Graph is refused here, before anything is sent.

use super::{
    Directory,
    named_lookup::{
        Candidate, Named, Unfit, Unresolved, is_same_name, look_up, objects, only, read,
    },
};
use crate::graph::{Fault, odata};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const SELECT: &str = "id,displayName,mail,proxyAddresses,groupTypes,membershipRule,mailEnabled,securityEnabled,\
onPremisesSyncEnabled,isAssignableToRole,resourceProvisioningOptions";
pub(super) const PERMISSION: &str = "GroupMember.Read.All";

/// By the text of the cell.
#[derive(Debug, Default)]
pub(crate) struct Groups(HashMap<String, Result<FoundGroup, Unresolved>>);

/// A group to which guests can be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundGroup {
    pub id: String,
    /// Its display name; where it could not be read, its id.
    pub name: String,
    /// Whether a Team stands on it.
    pub is_team: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Group {
    #[serde(flatten)]
    named: Named,
    proxy_addresses: Option<Vec<String>>,
    group_types: Option<Vec<String>>,
    membership_rule: Option<String>,
    mail_enabled: Option<bool>,
    security_enabled: Option<bool>,
    on_premises_sync_enabled: Option<bool>,
    is_assignable_to_role: Option<bool>,
    resource_provisioning_options: Option<Vec<String>>,
}

fn holds(list: Option<&Vec<String>>, word: &str) -> bool {
    list.is_some_and(|list| list.iter().any(|own| own.eq_ignore_ascii_case(word)))
}

impl Group {
    fn has_type(&self, word: &str) -> bool {
        holds(self.group_types.as_ref(), word)
    }

    /// Why Graph adds nobody to this group.
    fn unfit(&self) -> Option<Unfit> {
        let is = |flag: Option<bool>| flag == Some(true);
        let has_rule = self
            .membership_rule
            .as_deref()
            .is_some_and(|rule| !rule.is_empty());
        if self.has_type("DynamicMembership") || has_rule {
            Some(Unfit::Dynamic)
        } else if is(self.on_premises_sync_enabled) {
            Some(Unfit::OnPremises)
        } else if is(self.is_assignable_to_role) {
            Some(Unfit::RoleAssignable)
        } else if is(self.mail_enabled) && !self.has_type("Unified") {
            Some(if is(self.security_enabled) {
                Unfit::MailEnabledSecurity
            } else {
                Unfit::DistributionList
            })
        } else {
            None
        }
    }

    fn is_team(&self) -> bool {
        holds(self.resource_provisioning_options.as_ref(), "Team")
    }

    fn candidate(&self) -> Candidate {
        let kind = match self.unfit() {
            Some(Unfit::Dynamic) => "dynamic group",
            Some(Unfit::OnPremises) => "group from an on-premises directory",
            Some(Unfit::RoleAssignable) => "group that can be given roles",
            Some(Unfit::DistributionList) => "distribution list",
            Some(Unfit::MailEnabledSecurity) => "mail-enabled security group",
            _ if self.is_team() => "Team",
            _ if self.has_type("Unified") => "Microsoft 365 group",
            _ => "security group",
        };
        self.named.candidate(kind)
    }

    fn is_meant(&self, text: &str) -> bool {
        if let Ok(id) = Uuid::parse_str(text) {
            return self.named.id().eq_ignore_ascii_case(&id.to_string());
        }
        let is = |own: &str| is_same_name(own, text);
        self.named.display_name.as_deref().is_some_and(is)
            || self.named.mail.as_deref().is_some_and(is)
            || self
                .proxy_addresses
                .iter()
                .flatten()
                .filter_map(|proxy| proxy.split_once(':'))
                .any(|(_, own)| is(own))
    }
}

impl Groups {
    pub(super) async fn resolve(
        directory: &Directory,
        wanted: HashSet<String>,
    ) -> Result<Self, Fault> {
        let mut groups = HashMap::with_capacity(wanted.len());
        for (text, answer) in look_up(directory, wanted, |text| url(text)).await? {
            let found = match (
                objects::<Group>(answer, PERMISSION)?,
                Uuid::parse_str(&text),
            ) {
                (Ok(found), _) => usable(found, &text),
                // An id can be used without a look-up.
                (Err(Unresolved::NotAllowed { .. }), Ok(id)) => Ok(FoundGroup {
                    id: id.to_string(),
                    name: id.to_string(),
                    is_team: false,
                }),
                (Err(why), _) => Err(why),
            };
            groups.insert(text, found);
        }
        Ok(Self(groups))
    }

    /// The group that a cell names.
    pub(crate) fn find(&self, text: &str) -> Result<&FoundGroup, Unresolved> {
        match self.0.get(text) {
            Some(Ok(group)) => Ok(group),
            Some(Err(why)) => Err(why.clone()),
            None => Err(Unresolved::NotAsked),
        }
    }
}

fn usable(found: Vec<Group>, text: &str) -> Result<FoundGroup, Unresolved> {
    let group = only(found, |group| group.is_meant(text), Group::candidate)?;
    match group.unfit() {
        Some(why) => Err(Unresolved::Unfit(why)),
        None => Ok(FoundGroup {
            id: group.named.id().to_owned(),
            name: group.named.name().to_owned(),
            is_team: group.is_team(),
        }),
    }
}

fn url(text: &str) -> (String, bool) {
    if let Ok(id) = Uuid::parse_str(text) {
        return (format!("/groups/{id}?$select={SELECT}"), false);
    }
    let name = format!("displayName eq {}", odata::literal(text));
    let filter = if text.contains('@') && !text.contains(char::is_whitespace) {
        [
            name,
            format!("mail eq {}", odata::literal(text)),
            format!(
                "proxyAddresses/any(x:x eq {})",
                odata::literal(&format!("SMTP:{text}"))
            ),
            format!(
                "proxyAddresses/any(x:x eq {})",
                odata::literal(&format!("smtp:{text}"))
            ),
        ]
        .join(" or ")
    } else {
        name
    };
    read(("/groups", &filter), SELECT, text)
}

#[cfg(test)]
mod tests {
    use super::{super::Domains, *};
    use crate::graph::testing::{self, Server};
    use serde_json::json;

    fn group(properties: serde_json::Value) -> Group {
        serde_json::from_value(properties).unwrap()
    }

    #[test]
    fn some_kinds_of_groups_take_nobody_through_graph() {
        for (properties, why) in [
            (
                json!({"groupTypes": ["DynamicMembership"]}),
                Some(Unfit::Dynamic),
            ),
            (
                json!({"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": true}),
                Some(Unfit::Dynamic),
            ),
            (
                json!({"onPremisesSyncEnabled": true, "mailEnabled": true}),
                Some(Unfit::OnPremises),
            ),
            (
                json!({"isAssignableToRole": true}),
                Some(Unfit::RoleAssignable),
            ),
            (
                json!({"mailEnabled": true, "securityEnabled": false}),
                Some(Unfit::DistributionList),
            ),
            (
                json!({"mailEnabled": true, "securityEnabled": true}),
                Some(Unfit::MailEnabledSecurity),
            ),
            (
                json!({"mailEnabled": true, "groupTypes": ["Unified"]}),
                None,
            ),
            (
                json!({"securityEnabled": true, "onPremisesSyncEnabled": null, "isAssignableToRole": null}),
                None,
            ),
            (json!({"onPremisesSyncEnabled": false}), None),
        ] {
            assert_eq!(group(properties.clone()).unfit(), why, "{properties}");
        }
    }

    #[tokio::test]
    async fn a_second_group_of_the_name_on_a_later_page_makes_it_ambiguous() {
        let server = Server::start(|received, _| {
            let page = |groups: serde_json::Value, next: Option<&str>| {
                let mut page = json!({"value": groups});
                if let Some(next) = next {
                    let host = received.header("host").unwrap();
                    page["@odata.nextLink"] =
                        json!(format!("http://{host}/v1.0/groups?$skiptoken={next}"));
                }
                page
            };
            let answer = match received.path.rsplit('=').next().unwrap() {
                "two" => page(json!([]), Some("three")),
                "three" => page(json!([{"id": "2", "displayName": "Twin"}]), None),
                _ => {
                    let first = page(json!([{"id": "1", "displayName": "Twin"}]), Some("two"));
                    json!({"responses": [{"id": "0", "status": 200, "body": first}]})
                }
            };
            testing::json(200, &answer.to_string())
        })
        .await;
        let directory = Directory::new(server.graph(), Domains::default());
        let groups = Groups::resolve(&directory, HashSet::from(["Twin".to_owned()]))
            .await
            .unwrap();
        match groups.find("Twin") {
            Err(Unresolved::Several(candidates)) => assert_eq!(candidates.len(), 2),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_for_another_name_is_no_answer() {
        let other = group(json!({"id": "1", "displayName": "Other"}));
        assert!(matches!(
            usable(vec![other], "Sales"),
            Err(Unresolved::NotNow(_))
        ));
        assert_eq!(usable(Vec::new(), "Sales"), Err(Unresolved::Nobody));
        let team = group(json!({
            "id": "1", "displayName": "SALES", "groupTypes": ["Unified"], "resourceProvisioningOptions": ["Team"],
        }));
        assert!(usable(vec![team], "Sales").unwrap().is_team);
    }
}
