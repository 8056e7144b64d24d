//! A user of the practice tenant, and its JSON (Microsoft Graph: user resource type).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tokio::time::Instant;

#[expect(
    clippy::struct_field_names,
    reason = "the fields are named as Graph names them"
)]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct User {
    pub id: String,
    pub display_name: String,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub mail: Option<String>,
    pub other_mails: Vec<String>,
    /// With their prefix: `SMTP:` for the primary address, `smtp:` for the others.
    pub proxy_addresses: Vec<String>,
    pub user_principal_name: String,
    /// `Guest` or `Member`.
    pub user_type: String,
    pub disabled: bool,
    /// `PendingAcceptance` or `Accepted`; `None` for people who were not invited.
    pub external_user_state: Option<String>,
    pub external_user_state_changed: Option<Timestamp>,
    pub creation_type: Option<String>,
    pub created: Timestamp,
    pub deleted: Option<Timestamp>,
    pub company_name: Option<String>,
    pub department: Option<String>,
    pub job_title: Option<String>,
    pub usage_location: Option<String>,
    pub preferred_language: Option<String>,
    /// The values of `OTHER_TEXTS`, by their names.
    pub other_texts: BTreeMap<String, String>,
    pub on_premises_user_principal_name: Option<String>,
    pub sponsors: Vec<String>,
    pub manager: Option<String>,
    /// The ids of the groups that the user was added to.
    pub groups: Vec<String>,
    /// Whether the user has a role in the directory, such as User Administrator.
    pub has_directory_role: bool,
    /// Replication delay: from this time on filters and lists find the user.
    #[serde(skip)]
    pub in_filters_from: Option<Instant>,
    /// Replication delay: from this time on the user can be read by id.
    #[serde(skip)]
    pub by_id_from: Option<Instant>,
    /// Replication delay: from this time on the user can be changed, and references to the user are accepted.
    #[serde(skip)]
    pub writable_from: Option<Instant>,
    /// Replication delay: from this time on the invitation service knows the newest `otherMails`.
    #[serde(skip)]
    pub other_mails_from: Option<Instant>,
    /// Replication delay: until when reads still show the user as it was before the last change.
    #[serde(skip)]
    pub shown_before: Option<Box<(Instant, User)>>,
}

/// The properties that Graph returns without `$select`.
pub(crate) const DEFAULT_PROPERTIES: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// All properties of users that `$select` can name.
pub(crate) const ALL_PROPERTIES: [&str; 63] = [
    "accountEnabled",
    "ageGroup",
    "assignedLicenses",
    "assignedPlans",
    "businessPhones",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeOrgData",
    "employeeType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "faxNumber",
    "givenName",
    "id",
    "identities",
    "imAddresses",
    "isResourceAccount",
    "jobTitle",
    "lastPasswordChangeDateTime",
    "legalAgeGroupClassification",
    "licenseAssignmentStates",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "onPremisesUserPrincipalName",
    "otherMails",
    "passwordPolicies",
    "passwordProfile",
    "postalCode",
    "preferredDataLocation",
    "preferredLanguage",
    "provisionedPlans",
    "proxyAddresses",
    "refreshTokensValidFromDateTime",
    "securityIdentifier",
    "serviceProvisioningErrors",
    "showInAddressList",
    "signInActivity",
    "signInSessionsValidFromDateTime",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
];

/// The texts of a profile that nothing here depends on.
pub(crate) const OTHER_TEXTS: [&str; 14] = [
    "ageGroup",
    "city",
    "consentProvidedForMinor",
    "country",
    "employeeId",
    "employeeType",
    "faxNumber",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "postalCode",
    "preferredDataLocation",
    "state",
    "streetAddress",
];

/// The properties that the delegated permission `User.ReadBasic.All` may read.
pub(crate) const BASIC_PROPERTIES: [&str; 7] = [
    "displayName",
    "givenName",
    "id",
    "mail",
    "surname",
    "userPrincipalName",
    "userType",
];

impl User {
    /// Whether this is a guest and not an internal user.
    pub(crate) fn is_external(&self) -> bool {
        self.external_user_state.is_some()
            || self.user_type == "Guest"
            || self.user_principal_name.contains("#EXT#")
    }

    pub(crate) fn is_visible_to_filters(&self) -> bool {
        self.in_filters_from
            .is_none_or(|from| from <= Instant::now())
    }

    pub(crate) fn is_visible_by_id(&self) -> bool {
        self.by_id_from.is_none_or(|from| from <= Instant::now())
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.is_visible_by_id() && self.writable_from.is_none_or(|from| from <= Instant::now())
    }

    /// Whether the user comes from an on-premises directory.
    pub(crate) fn is_on_premises(&self) -> bool {
        self.on_premises_user_principal_name.is_some()
    }

    /// The user as reads show it now.
    pub(crate) fn as_shown(&self) -> &Self {
        match self.shown_before.as_deref() {
            Some((until, before)) if *until > Instant::now() => before,
            _ => self,
        }
    }

    /// The address that a person would use for this user.
    pub(crate) fn address(&self) -> &str {
        self.mail
            .as_deref()
            .or_else(|| self.other_mails.first().map(String::as_str))
            .unwrap_or(&self.user_principal_name)
    }

    /// The addresses in mail and otherMails: a read of the user counts as a look-up of each of them.
    pub(crate) fn mail_addresses(&self) -> Vec<String> {
        let mut addresses = self.other_mails.clone();
        addresses.extend(self.mail.clone());
        addresses.dedup();
        addresses
    }

    /// A property as JSON; `None` when users have no such property. `issuer` is the domain in `identities`.
    fn property(&self, name: &str, issuer: &str) -> Option<Value> {
        Some(match name {
            "id" => json!(self.id),
            "displayName" => json!(self.display_name),
            "givenName" => json!(self.given_name),
            "surname" => json!(self.surname),
            "mail" => json!(self.mail),
            "otherMails" => json!(self.other_mails),
            "proxyAddresses" => json!(self.proxy_addresses),
            "userPrincipalName" => json!(self.user_principal_name),
            "userType" => json!(self.user_type),
            "accountEnabled" => json!(!self.disabled),
            "externalUserState" => json!(self.external_user_state),
            "externalUserStateChangeDateTime" => {
                json!(self.external_user_state_changed.map(graph_time))
            }
            "creationType" => json!(self.creation_type),
            "createdDateTime" => json!(graph_time(self.created)),
            "deletedDateTime" => json!(self.deleted.map(graph_time)),
            "companyName" => json!(self.company_name),
            "department" => json!(self.department),
            "jobTitle" => json!(self.job_title),
            "usageLocation" => json!(self.usage_location),
            "preferredLanguage" => json!(self.preferred_language),
            "onPremisesUserPrincipalName" => json!(self.on_premises_user_principal_name),
            "onPremisesSyncEnabled" => {
                json!(self.is_on_premises().then_some(true))
            }
            "identities" => json!([{
                "signInType": "userPrincipalName",
                "issuer": issuer,
                "issuerAssignedId": self.user_principal_name,
            }]),
            "refreshTokensValidFromDateTime" | "signInSessionsValidFromDateTime" => {
                json!(graph_time(self.created))
            }
            "businessPhones"
            | "imAddresses"
            | "assignedLicenses"
            | "assignedPlans"
            | "licenseAssignmentStates"
            | "onPremisesProvisioningErrors"
            | "provisionedPlans"
            | "serviceProvisioningErrors" => json!([]),
            name if OTHER_TEXTS.contains(&name) => json!(self.other_texts.get(name)),
            name if Self::has_property(name) => Value::Null,
            _ => return None,
        })
    }

    /// Whether users have a property of this name.
    pub(crate) fn has_property(name: &str) -> bool {
        ALL_PROPERTIES.contains(&name)
    }

    /// The chosen properties as JSON.
    pub(crate) fn to_json(&self, properties: &[String], issuer: &str) -> Map<String, Value> {
        properties
            .iter()
            .filter_map(|name| Some((name.clone(), self.property(name, issuer)?)))
            .collect()
    }
}

/// The form in which Graph writes the times of a user: UTC, in whole seconds.
fn graph_time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
