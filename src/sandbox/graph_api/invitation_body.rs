//! Reads the body of `POST /invitations` strictly (Microsoft Graph: create invitation). It refuses unknown properties,
//! wrong types and exceeded limits. Must not look at the tenant: `invitation_policy` and `invitations` do that.

use crate::sandbox::{
    graph_api::invitation_address::is_valid_address,
    messages::graph_error::{GraphError, bad_request},
    odata::annotations::{check_type, is_annotation},
};
use serde_json::{Map, Value};

/// The id of a user or group that sponsors the guest, in lower case.
#[derive(Debug)]
pub(crate) struct SponsorId(pub String);

#[derive(Debug)]
pub(crate) struct InvitationBody {
    pub address: String,
    pub redirect_url: String,
    pub display_name: Option<String>,
    /// `Guest` or `Member`.
    pub user_type: &'static str,
    pub send: bool,
    pub language: Option<String>,
    /// The custom message of the mail.
    pub message: Option<String>,
    pub cc: Option<String>,
    pub reset_redemption: bool,
    /// The id of an existing user.
    pub invited_user: Option<String>,
    pub sponsors: Vec<SponsorId>,
}

const TYPE: &str = "microsoft.graph.invitation";

impl InvitationBody {
    /// `knows_resets`: the most closed national clouds do not know the property `resetRedemption`.
    pub(crate) fn read(body: &Value, knows_resets: bool) -> Result<Self, GraphError> {
        let body = object(body, TYPE)?;
        if !knows_resets && body.contains_key("resetRedemption") {
            return Err(no_such_property("resetRedemption", TYPE));
        }
        no_other_properties(
            body,
            TYPE,
            &[
                "invitedUserEmailAddress",
                "inviteRedirectUrl",
                "invitedUserDisplayName",
                "invitedUserType",
                "sendInvitationMessage",
                "invitedUserMessageInfo",
                "resetRedemption",
                "invitedUser",
                "invitedUserSponsors",
            ],
        )?;
        let required = |name: &str| {
            text(body, name)?
                .filter(|value| !value.is_empty())
                .ok_or_else(|| {
                    bad_request(format!(
                        "The required property '{name}' is missing or empty."
                    ))
                })
        };
        let address = required("invitedUserEmailAddress")?;
        let redirect_url = required("inviteRedirectUrl")?;
        let is_web_url = url::Url::parse(&redirect_url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !is_web_url {
            return Err(invalid("inviteRedirectUrl"));
        }
        let display_name = text(body, "invitedUserDisplayName")?;
        if display_name
            .as_ref()
            .is_some_and(|name| name.chars().count() > 256)
        {
            return Err(invalid("invitedUserDisplayName"));
        }
        let user_type = match text(body, "invitedUserType")?.as_deref() {
            None | Some("Guest") => "Guest",
            Some("Member") => "Member",
            Some(_) => return Err(invalid("invitedUserType")),
        };
        let (language, message, cc) = message_info(body)?;
        let reset_redemption = flag(body, "resetRedemption")?;
        let invited_user = invited_user(body)?;
        if reset_redemption && invited_user.is_none() {
            return Err(bad_request(
                "The invitedUser.id property is required when resetRedemption is true.",
            ));
        }
        Ok(Self {
            address,
            redirect_url,
            display_name,
            user_type,
            send: flag(body, "sendInvitationMessage")?,
            language,
            message,
            cc,
            reset_redemption,
            invited_user,
            sponsors: sponsors(body)?,
        })
    }

    pub(crate) fn domain(&self) -> &str {
        self.address
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }
}

/// Language, custom message and recipient of a copy.
type MessageInfo = (Option<String>, Option<String>, Option<String>);

fn message_info(body: &Map<String, Value>) -> Result<MessageInfo, GraphError> {
    let edm_type = "microsoft.graph.invitedUserMessageInfo";
    let Some(info) = present(body, "invitedUserMessageInfo") else {
        return Ok((None, None, None));
    };
    let info = object(info, edm_type)?;
    no_other_properties(
        info,
        edm_type,
        &["messageLanguage", "customizedMessageBody", "ccRecipients"],
    )?;
    let language = text(info, "messageLanguage")?;
    if language
        .as_deref()
        .is_some_and(|language| !is_culture_name(language))
    {
        return Err(invalid("messageLanguage"));
    }
    let message = text(info, "customizedMessageBody")?.filter(|message| !message.is_empty());
    let cc = match present(info, "ccRecipients") {
        None => None,
        Some(Value::Array(recipients)) if recipients.len() <= 1 => match recipients.first() {
            None => None,
            Some(recipient) => recipient_address(recipient)?,
        },
        Some(Value::Array(_)) => {
            return Err(bad_request(
                "The property 'ccRecipients' supports one recipient only.",
            ));
        }
        Some(_) => {
            return Err(wrong_type(
                "ccRecipients",
                "Collection(microsoft.graph.recipient)",
            ));
        }
    };
    Ok((language, message, cc))
}

fn recipient_address(recipient: &Value) -> Result<Option<String>, GraphError> {
    let recipient = object(recipient, "microsoft.graph.recipient")?;
    no_other_properties(recipient, "microsoft.graph.recipient", &["emailAddress"])?;
    let Some(email) = present(recipient, "emailAddress") else {
        return Ok(None);
    };
    let email = object(email, "microsoft.graph.emailAddress")?;
    no_other_properties(email, "microsoft.graph.emailAddress", &["name", "address"])?;
    text(email, "name")?;
    let address = text(email, "address")?;
    if address
        .as_deref()
        .is_some_and(|address| !is_valid_address(address))
    {
        return Err(invalid("ccRecipients"));
    }
    Ok(address)
}

fn invited_user(body: &Map<String, Value>) -> Result<Option<String>, GraphError> {
    let Some(user) = present(body, "invitedUser") else {
        return Ok(None);
    };
    let user = object(user, "microsoft.graph.user")?;
    no_other_properties(user, "microsoft.graph.user", &["id"])?;
    guid(user, "invitedUser").map(Some)
}

/// The ids of the sponsors. Graph takes `[{"id": ID}]` only, neither `@odata.bind` nor objects with `@odata.type`.
fn sponsors(body: &Map<String, Value>) -> Result<Vec<SponsorId>, GraphError> {
    let edm_type = "microsoft.graph.directoryObject";
    let sponsors = match present(body, "invitedUserSponsors") {
        None => return Ok(Vec::new()),
        Some(Value::Array(sponsors)) => sponsors,
        Some(_) => {
            return Err(wrong_type(
                "invitedUserSponsors",
                "Collection(microsoft.graph.directoryObject)",
            ));
        }
    };
    if sponsors.len() > 5 {
        return Err(bad_request(
            "The property 'invitedUserSponsors' supports up to 5 sponsors.",
        ));
    }
    let mut ids: Vec<SponsorId> = Vec::with_capacity(sponsors.len());
    for sponsor in sponsors {
        let sponsor = object(sponsor, edm_type)?;
        if let Some(name) = sponsor.keys().find(|name| *name != "id") {
            return Err(no_such_property(name, edm_type));
        }
        let id = guid(sponsor, "invitedUserSponsors")?;
        if ids.iter().any(|SponsorId(other)| *other == id) {
            return Err(bad_request(
                "The property 'invitedUserSponsors' names an object twice.",
            ));
        }
        ids.push(SponsorId(id));
    }
    Ok(ids)
}

fn guid(object: &Map<String, Value>, property: &str) -> Result<String, GraphError> {
    text(object, "id")?
        .and_then(|id| uuid::Uuid::try_parse(&id).ok())
        .map(|id| id.to_string())
        .ok_or_else(|| invalid(property))
}

/// Whether this has the form of a culture name such as `de` or `pt-BR`.
fn is_culture_name(name: &str) -> bool {
    let mut parts = name.split('-');
    let language = parts.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.chars().all(|c| c.is_ascii_alphabetic())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// A property that is there and not null.
fn present<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn object<'a>(value: &'a Value, edm_type: &str) -> Result<&'a Map<String, Value>, GraphError> {
    value.as_object().ok_or_else(|| {
        bad_request(format!(
            "A node of type '{edm_type}' was expected in the request payload, and another was found."
        ))
    })
}

/// An error when the object has a property that its type does not know, or says that it has another type. Microsoft's
/// clients add `@odata.type` to every object.
fn no_other_properties(
    object: &Map<String, Value>,
    edm_type: &str,
    known: &[&str],
) -> Result<(), GraphError> {
    check_type(object, edm_type)?;
    match object
        .keys()
        .find(|name| !known.contains(&name.as_str()) && !is_annotation(name))
    {
        None => Ok(()),
        Some(name) => Err(no_such_property(name, edm_type)),
    }
}

fn no_such_property(name: &str, edm_type: &str) -> GraphError {
    bad_request(format!(
        "The property '{name}' does not exist on type '{edm_type}'. Make sure to only use property names that are defined by the type."
    ))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, GraphError> {
    match present(object, name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(name, "Edm.String")),
    }
}

fn flag(object: &Map<String, Value>, name: &str) -> Result<bool, GraphError> {
    match present(object, name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(wrong_type(name, "Edm.Boolean")),
    }
}

fn wrong_type(name: &str, edm_type: &str) -> GraphError {
    bad_request(format!(
        "Cannot convert the value of the property '{name}' to the expected type '{edm_type}'."
    ))
}

fn invalid(property: &str) -> GraphError {
    bad_request(format!(
        "Invalid value specified for property '{property}' of resource 'Invitation'."
    ))
}
