//! A group of the practice tenant, and its JSON (Microsoft Graph: group resource type).

use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Default)]
pub(crate) struct DirectoryGroup {
    pub id: String,
    pub display_name: String,
    pub mail: Option<String>,
    /// Whether this is a Microsoft 365 group; otherwise it is a security group.
    pub unified: bool,
}

impl DirectoryGroup {
    /// A property as JSON; `None` when groups have no such property.
    fn property(&self, name: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "displayName" => json!(self.display_name),
            "mail" => json!(self.mail),
            "mailEnabled" => json!(self.mail.is_some()),
            "securityEnabled" => json!(!self.unified),
            "groupTypes" => {
                if self.unified {
                    json!(["Unified"])
                } else {
                    json!([])
                }
            }
            "proxyAddresses" => json!(
                self.mail
                    .iter()
                    .map(|mail| format!("SMTP:{mail}"))
                    .collect::<Vec<_>>()
            ),
            "description"
            | "visibility"
            | "mailNickname"
            | "createdDateTime"
            | "onPremisesSyncEnabled"
            | "membershipRule"
            | "isAssignableToRole" => Value::Null,
            _ => return None,
        })
    }

    /// The chosen properties as JSON, or the default ones.
    pub(crate) fn to_json(&self, properties: Option<&[String]>) -> Map<String, Value> {
        let all = [
            "id",
            "displayName",
            "mail",
            "mailEnabled",
            "securityEnabled",
            "groupTypes",
            "proxyAddresses",
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
        Self::default().property(name).is_some()
    }
}
