//! Users and groups as a filter sees them.

use crate::sandbox::{
    directory::{
        group::DirectoryGroup,
        user::{OTHER_TEXTS, User},
    },
    odata::matching::{Entity, PropertyValue},
};

impl Entity for User {
    fn value<'a>(&'a self, name: &str, issuer: &'a str) -> Option<PropertyValue<'a>> {
        let text = |text: &'a Option<String>| {
            text.as_deref()
                .map_or(PropertyValue::Null, PropertyValue::Text)
        };
        Some(match name {
            "id" => PropertyValue::Text(&self.id),
            "displayName" => PropertyValue::Text(&self.display_name),
            "givenName" => text(&self.given_name),
            "surname" => text(&self.surname),
            "mail" => text(&self.mail),
            "otherMails" => PropertyValue::Texts(&self.other_mails),
            "proxyAddresses" => PropertyValue::Texts(&self.proxy_addresses),
            "userPrincipalName" => PropertyValue::Text(&self.user_principal_name),
            "userType" => PropertyValue::Text(&self.user_type),
            "accountEnabled" => PropertyValue::Bool(!self.disabled),
            "externalUserState" => text(&self.external_user_state),
            "creationType" => text(&self.creation_type),
            "createdDateTime" => PropertyValue::Time(self.created),
            "deletedDateTime" => self
                .deleted
                .map_or(PropertyValue::Null, PropertyValue::Time),
            "companyName" => text(&self.company_name),
            "department" => text(&self.department),
            "jobTitle" => text(&self.job_title),
            "usageLocation" => text(&self.usage_location),
            "preferredLanguage" => text(&self.preferred_language),
            "onPremisesUserPrincipalName" => text(&self.on_premises_user_principal_name),
            "onPremisesSyncEnabled" if self.is_on_premises() => PropertyValue::Bool(true),
            name if OTHER_TEXTS.contains(&name) => self
                .other_texts
                .get(name)
                .map_or(PropertyValue::Null, |text| PropertyValue::Text(text)),
            "identities" => PropertyValue::Identity(issuer, &self.user_principal_name),
            _ => PropertyValue::Null,
        })
    }
}

impl Entity for DirectoryGroup {
    fn value<'a>(&'a self, name: &str, _issuer: &'a str) -> Option<PropertyValue<'a>> {
        let flag = |flag: Option<bool>| flag.map_or(PropertyValue::Null, PropertyValue::Bool);
        Some(match name {
            "id" => PropertyValue::Text(&self.id),
            "displayName" => PropertyValue::Text(&self.display_name),
            "mail" => self
                .mail
                .as_deref()
                .map_or(PropertyValue::Null, PropertyValue::Text),
            "mailEnabled" => PropertyValue::Bool(self.is_mail_enabled()),
            "securityEnabled" => PropertyValue::Bool(self.is_security_enabled()),
            "proxyAddresses" => PropertyValue::Texts(&self.proxy_addresses),
            "groupTypes" => PropertyValue::Texts(&self.group_types),
            "resourceProvisioningOptions" => {
                PropertyValue::Texts(&self.resource_provisioning_options)
            }
            "onPremisesSyncEnabled" => flag(self.on_premises_sync_enabled()),
            "isAssignableToRole" => flag(self.is_assignable_to_role()),
            "visibility" if self.is_unified() => PropertyValue::Text("Private"),
            _ => PropertyValue::Null,
        })
    }
}
