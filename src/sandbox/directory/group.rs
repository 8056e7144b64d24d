//! A group of the practice tenant, and its JSON (Microsoft Graph: group resource type).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The kinds of groups that Graph treats differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GroupKind {
    #[default]
    Security,
    Microsoft365,
    /// A Microsoft 365 group that a Team stands on.
    Team,
    /// A security group whose members a rule decides.
    Dynamic,
    /// A security group that is synchronised from an on-premises directory.
    OnPremises,
    /// A security group that can be given roles in the directory.
    RoleAssignable,
    DistributionList,
    MailEnabledSecurity,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct DirectoryGroup {
    pub id: String,
    pub display_name: String,
    pub mail: Option<String>,
    pub kind: GroupKind,
    /// With their prefix `SMTP:`.
    pub proxy_addresses: Vec<String>,
    pub group_types: Vec<String>,
    pub resource_provisioning_options: Vec<String>,
    pub description: Option<String>,
    pub mail_nickname: Option<String>,
    /// The ids of its owners.
    pub owners: Vec<String>,
}

/// All properties of groups that `$select` can name.
pub(crate) const ALL_PROPERTIES: [&str; 25] = [
    "assignedLabels",
    "classification",
    "createdDateTime",
    "creationOptions",
    "deletedDateTime",
    "description",
    "displayName",
    "expirationDateTime",
    "groupTypes",
    "id",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "membershipRule",
    "membershipRuleProcessingState",
    "onPremisesProvisioningErrors",
    "onPremisesSyncEnabled",
    "preferredLanguage",
    "proxyAddresses",
    "renewedDateTime",
    "resourceProvisioningOptions",
    "securityEnabled",
    "securityIdentifier",
    "visibility",
];

impl DirectoryGroup {
    pub(crate) fn new(id: String, name: &str, mail: Option<&str>, kind: GroupKind) -> Self {
        let group_types = match kind {
            GroupKind::Microsoft365 | GroupKind::Team => vec!["Unified".to_owned()],
            GroupKind::Dynamic => vec!["DynamicMembership".to_owned()],
            _ => Vec::new(),
        };
        let is_team = kind == GroupKind::Team;
        Self {
            id,
            display_name: name.to_owned(),
            mail: mail.map(str::to_owned),
            kind,
            proxy_addresses: mail.iter().map(|mail| format!("SMTP:{mail}")).collect(),
            group_types,
            resource_provisioning_options: is_team.then(|| "Team".to_owned()).into_iter().collect(),
            description: None,
            mail_nickname: None,
            owners: Vec::new(),
        }
    }

    pub(crate) fn is_unified(&self) -> bool {
        matches!(self.kind, GroupKind::Microsoft365 | GroupKind::Team)
    }

    pub(crate) fn is_mail_enabled(&self) -> bool {
        self.is_unified()
            || matches!(
                self.kind,
                GroupKind::DistributionList | GroupKind::MailEnabledSecurity
            )
    }

    pub(crate) fn is_security_enabled(&self) -> bool {
        !self.is_unified() && self.kind != GroupKind::DistributionList
    }

    /// `true` or null, never false, unless the group was synchronised once.
    pub(crate) fn on_premises_sync_enabled(&self) -> Option<bool> {
        (self.kind == GroupKind::OnPremises).then_some(true)
    }

    /// Null for groups that were made without a word about it.
    pub(crate) fn is_assignable_to_role(&self) -> Option<bool> {
        (self.kind == GroupKind::RoleAssignable).then_some(true)
    }

    /// A property as JSON; `None` when groups have no such property.
    fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "displayName" => json!(self.display_name),
            "mail" => json!(self.mail),
            "mailEnabled" => json!(self.is_mail_enabled()),
            "securityEnabled" => json!(self.is_security_enabled()),
            "groupTypes" => json!(self.group_types),
            "proxyAddresses" => json!(self.proxy_addresses),
            "onPremisesSyncEnabled" => json!(self.on_premises_sync_enabled()),
            "isAssignableToRole" => json!(self.is_assignable_to_role()),
            "resourceProvisioningOptions" => json!(self.resource_provisioning_options),
            "membershipRule" => {
                json!((self.kind == GroupKind::Dynamic).then_some("(user.userType -eq \"Guest\")"))
            }
            "membershipRuleProcessingState" => {
                json!((self.kind == GroupKind::Dynamic).then_some("On"))
            }
            "visibility" => json!(self.is_unified().then_some("Private")),
            "description" => json!(self.description),
            "mailNickname" => json!(self.mail_nickname),
            "creationOptions" | "assignedLabels" | "onPremisesProvisioningErrors" => json!([]),
            name if Self::has_property(name) => Value::Null,
            _ => return None,
        })
    }

    /// The chosen properties as JSON, or the default ones. `isAssignableToRole` is among these only by `$select`.
    pub(crate) fn to_json(&self, properties: Option<&[String]>) -> Map<String, Value> {
        let all = [
            "id",
            "displayName",
            "mail",
            "mailEnabled",
            "securityEnabled",
            "groupTypes",
            "proxyAddresses",
            "onPremisesSyncEnabled",
            "resourceProvisioningOptions",
            "membershipRule",
            "visibility",
        ]
        .map(str::to_owned);
        properties
            .unwrap_or(&all)
            .iter()
            .filter_map(|name| Some((name.clone(), self.property(name)?)))
            .collect()
    }

    /// Whether groups have a property of this name.
    pub(crate) fn has_property(name: &str) -> bool {
        ALL_PROPERTIES.contains(&name)
    }
}
