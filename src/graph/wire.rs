//! The JSON of the requests and answers that are used here.
//!
//! Must accept unknown fields, nulls instead of lists, and new enum values.

use super::server_text::{name, optional_name};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::fmt;

/// The properties of a user that are read. They are always named, because the default set lacks most of them.
pub(crate) const USER_SELECT: &str = "id,displayName,mail,otherMails,proxyAddresses,userPrincipalName,userType,\
accountEnabled,externalUserState,creationType,createdDateTime";

/// The properties that matter before a redemption is reset.
pub(crate) const RESET_SELECT: &str = "id,displayName,mail,otherMails,proxyAddresses,userPrincipalName,userType,\
accountEnabled,externalUserState,externalUserStateChangeDateTime,creationType,createdDateTime";

/// The properties that tell in which state a guest is. Fewer than those above, as a thousand people come in one answer.
pub(crate) const STATE_SELECT: &str = "id,accountEnabled,userType,userPrincipalName,externalUserState,\
externalUserStateChangeDateTime,createdDateTime,creationType";

/// One invitation that is to be sent. The case of the address is kept.
#[derive(Clone, Default)]
pub(crate) struct InvitationRequest {
    pub email: String,
    pub display_name: Option<String>,
    pub redirect_url: String,
    /// Whether Microsoft mails the person.
    pub send: bool,
    /// Used only if `send` is true.
    pub message: MessageInfo,
    /// Whether the user type is Member. Guest is the default, and is not sent.
    pub member: bool,
    /// Object ids, at most five; already resolved.
    pub sponsors: Vec<String>,
    /// The guest whose redemption is reset, by id; the address is one of that guest's. None: the address is invited.
    pub reset: Option<String>,
}

/// The words that Microsoft's mail carries.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct MessageInfo {
    pub language: Option<String>,
    pub body: Option<String>,
    /// The service honours one.
    pub cc: Option<String>,
}

impl InvitationRequest {
    /// The body of `POST /invitations`. Sponsors are plain id objects: the typed and the bind form are
    /// ignored or refused. `invitedUser` is sent for a reset only, and holds the id and nothing else: without a reset it
    /// would convert an internal user.
    pub(crate) fn to_json(&self) -> Value {
        let mut body = json!({
            "invitedUserEmailAddress": self.email,
            "inviteRedirectUrl": self.redirect_url,
            "sendInvitationMessage": self.send,
        });
        if let Some(name) = &self.display_name {
            body["invitedUserDisplayName"] = json!(name);
        }
        if self.member {
            body["invitedUserType"] = json!("Member");
        }
        if self.send && self.message != MessageInfo::default() {
            body["invitedUserMessageInfo"] = self.message.to_json();
        }
        if !self.sponsors.is_empty() {
            body["invitedUserSponsors"] =
                self.sponsors.iter().map(|id| json!({"id": id})).collect();
        }
        if let Some(id) = &self.reset {
            body["invitedUser"] = json!({"id": id});
            body["resetRedemption"] = json!(true);
        }
        body
    }
}

impl MessageInfo {
    fn to_json(&self) -> Value {
        let mut info = json!({});
        if let Some(language) = &self.language {
            info["messageLanguage"] = json!(language);
        }
        if let Some(body) = &self.body {
            info["customizedMessageBody"] = json!(body);
        }
        if let Some(cc) = &self.cc {
            info["ccRecipients"] = json!([{"emailAddress": {"address": cc}}]);
        }
        info
    }
}

/// Does not show whom it is for, because requests may be logged.
impl fmt::Debug for InvitationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitationRequest")
            .field("send", &self.send)
            .field("member", &self.member)
            .field("sponsors", &self.sponsors.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MessageInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageInfo")
            .field("language", &self.language)
            .field("body", &self.body.is_some())
            .field("cc", &self.cc.is_some())
            .finish()
    }
}

/// The invitation of a 201 that was accepted: a user, a link, and a status that is not `Error`.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    /// The directory object.
    pub user_id: String,
    /// Whoever has this link can redeem the invitation. Its host differs between clouds, so it is not checked against a list.
    pub redeem_url: SecretString,
    /// `PendingAcceptance`, `Completed`, `InProgress`, or something newer.
    pub status: String,
}

/// A 201 as it was received, before it is checked.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationAnswer {
    pub invite_redeem_url: Option<String>,
    pub invited_user_email_address: Option<String>,
    #[serde(default, deserialize_with = "optional_name")]
    pub status: Option<String>,
    pub invited_user: Option<InvitedUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitedUser {
    #[serde(default, deserialize_with = "optional_name")]
    pub id: Option<String>,
}

/// A person of the directory.
#[derive(Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DirectoryUser {
    #[serde(deserialize_with = "name")]
    pub id: String,
    pub display_name: Option<String>,
    pub mail: Option<String>,
    /// None where the answer does not say: then there may be some.
    #[serde(deserialize_with = "null_is_none_of_them")]
    pub other_mails: Option<Vec<String>>,
    /// With their `SMTP:` and `smtp:` prefixes.
    #[serde(deserialize_with = "null_is_empty")]
    pub proxy_addresses: Vec<String>,
    pub user_principal_name: Option<String>,
    pub user_type: Option<String>,
    pub account_enabled: Option<bool>,
    /// `PendingAcceptance`, `Accepted`, or null for everybody who was not invited by the API.
    #[serde(deserialize_with = "optional_name")]
    pub external_user_state: Option<String>,
    #[serde(deserialize_with = "date")]
    pub external_user_state_change_date_time: Option<Timestamp>,
    /// `Invitation`, `SelfServiceSignUp`, `EmailVerified`, …; null for most internal accounts.
    #[serde(deserialize_with = "optional_name")]
    pub creation_type: Option<String>,
    #[serde(deserialize_with = "date")]
    pub created_date_time: Option<Timestamp>,
    #[serde(deserialize_with = "date")]
    pub deleted_date_time: Option<Timestamp>,
}

/// Shows ids and states, but no addresses and no names.
impl fmt::Debug for DirectoryUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryUser")
            .field("id", &self.id)
            .field("user_type", &self.user_type)
            .field("account_enabled", &self.account_enabled)
            .field("external_user_state", &self.external_user_state)
            .field("created_date_time", &self.created_date_time)
            .finish_non_exhaustive()
    }
}

/// The tenant itself.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Organization {
    #[serde(deserialize_with = "name")]
    pub id: String,
    #[serde(deserialize_with = "optional_name")]
    pub display_name: Option<String>,
    #[serde(deserialize_with = "null_is_empty")]
    pub verified_domains: Vec<VerifiedDomain>,
    /// `AAD`, `AAD B2C` or `CIAM`.
    #[serde(deserialize_with = "optional_name")]
    pub tenant_type: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct VerifiedDomain {
    #[serde(deserialize_with = "name")]
    pub name: String,
    pub is_default: bool,
    pub is_initial: bool,
}

impl Organization {
    /// Whether this is an external tenant, for the customers of an app. Microsoft sends no mail with an invitation there
    /// (Entra: inviting users into an external tenant).
    pub(crate) fn is_external(&self) -> bool {
        let kind = self.tenant_type.as_deref();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("CIAM"))
    }

    /// The `onmicrosoft.com` domain of the names that guests are given.
    pub(crate) fn initial_domain(&self) -> Option<&str> {
        self.verified_domains
            .iter()
            .find(|domain| domain.is_initial)
            .map(|domain| domain.name.as_str())
    }
}

/// A list as Graph answers it.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    pub value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
}

/// A date that cannot be read counts as none, so that one user cannot make a page of 999 unreadable.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}

fn null_is_none_of_them<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    null_is_empty(deserializer).map(Some)
}

fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_invitation_names_no_type_no_words_and_no_user() {
        let request = InvitationRequest {
            email: "O'Brien@Partner.example".into(),
            redirect_url: "https://myapplications.microsoft.com".into(),
            ..InvitationRequest::default()
        };
        assert_eq!(
            request.to_json().to_string(),
            r#"{"invitedUserEmailAddress":"O'Brien@Partner.example","inviteRedirectUrl":"https://myapplications.microsoft.com","sendInvitationMessage":false}"#
        );
    }

    #[test]
    fn the_fullest_invitation() {
        let request = InvitationRequest {
            email: "a@b.example".into(),
            display_name: Some("Ada".into()),
            redirect_url: "https://r.example".into(),
            send: true,
            message: MessageInfo {
                language: Some("de-DE".into()),
                body: Some("Hallo".into()),
                cc: Some("c@b.example".into()),
            },
            member: true,
            sponsors: vec!["s1".into(), "s2".into()],
            reset: None,
        };
        assert_eq!(
            request.to_json(),
            json!({
                "invitedUserEmailAddress": "a@b.example",
                "inviteRedirectUrl": "https://r.example",
                "sendInvitationMessage": true,
                "invitedUserDisplayName": "Ada",
                "invitedUserType": "Member",
                "invitedUserMessageInfo": {
                    "messageLanguage": "de-DE",
                    "customizedMessageBody": "Hallo",
                    "ccRecipients": [{"emailAddress": {"address": "c@b.example"}}],
                },
                "invitedUserSponsors": [{"id": "s1"}, {"id": "s2"}],
            })
        );
    }

    #[test]
    fn a_reset_names_the_guest_by_id_and_nothing_else() {
        let request = InvitationRequest {
            email: "new@b.example".into(),
            reset: Some("u1".into()),
            ..InvitationRequest::default()
        };
        let body = request.to_json();
        assert_eq!(body["invitedUser"], json!({"id": "u1"}));
        assert_eq!(body["resetRedemption"], true);
    }

    #[test]
    fn words_stay_home_when_no_mail_goes_out() {
        let request = InvitationRequest {
            send: false,
            message: MessageInfo {
                body: Some("hello".into()),
                ..MessageInfo::default()
            },
            ..InvitationRequest::default()
        };
        assert!(request.to_json().get("invitedUserMessageInfo").is_none());
    }

    #[test]
    fn a_user_with_nulls_and_unknown_fields_is_read() {
        let user: DirectoryUser = serde_json::from_value(json!({
            "id": "1", "otherMails": null, "proxyAddresses": ["SMTP:a@b.example"], "brandNew": 7,
            "createdDateTime": "2026-01-02T03:04:05Z"
        }))
        .unwrap();
        assert_eq!(user.proxy_addresses, ["SMTP:a@b.example"]);
        assert!(user.other_mails == Some(Vec::new()) && user.created_date_time.is_some());
        let silent: DirectoryUser = serde_json::from_value(json!({"id": "1"})).unwrap();
        assert_eq!(silent.other_mails, None);
    }

    #[test]
    fn debug_names_nobody() {
        let request = InvitationRequest {
            email: "ada@b.example".into(),
            ..Default::default()
        };
        let user = DirectoryUser {
            mail: Some("ada@b.example".into()),
            ..Default::default()
        };
        assert!(!format!("{request:?} {user:?}").contains("ada"));
    }
}
