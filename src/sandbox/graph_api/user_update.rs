//! `PATCH /users/{id}` (Microsoft Graph: update user): the properties of a profile, the addresses, and whether
//! the account is enabled.
//!
//! Everything else of a user is refused as an unknown property, because nobody needs it here.

use crate::sandbox::{
    directory::user::{OTHER_TEXTS, User},
    graph_api::{
        invited_user::{ambiguous_address, has_as_own_address},
        permissions::{WRITE_ADDRESSES, WRITE_PROFILES, WRITE_USERS},
        users::visible_user,
    },
    messages::{
        graph_error::{GraphError, access_denied, bad_request, graph_error},
        reply::Reply,
    },
    odata::annotations::{check_type, is_annotation},
    state::{tenant::TenantState, token_store::Caller},
};
use serde_json::{Map, Value};

/// Characters that a property may have (Microsoft Graph: user resource type).
fn longest(property: &str) -> usize {
    match property {
        "displayName" => 256,
        "jobTitle" => 128,
        _ => 64,
    }
}

const OTHER_MAILS: &str = "otherMails";
const MAX_OTHER_MAILS: usize = 250;

pub(super) fn update(
    tenant: &mut TenantState,
    caller: &Caller,
    key: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    let object = body
        .as_object()
        .ok_or_else(|| bad_request("An object was expected in the request payload."))?;
    check_type(object, "microsoft.graph.user")?;
    may_update(tenant, caller, object)?;
    let mut user = visible_user(tenant, key)?.clone();
    if !user.is_writable() {
        return Err(graph_error(
            404,
            "Directory_ObjectNotFound",
            "Unable to read the company information from the directory.",
        ));
    }
    if user.has_directory_role && caller.is_app() && object.contains_key(OTHER_MAILS) {
        return Err(access_denied());
    }
    // The country belongs to the cloud also for somebody who comes from an on-premises directory.
    let is_mastered_on_premises = |name: &String| name != "usageLocation" && !is_annotation(name);
    if user.is_on_premises() && object.keys().any(is_mastered_on_premises) {
        return Err(mastered_on_premises());
    }
    for (name, value) in object.iter().filter(|(name, _)| !is_annotation(name)) {
        set(&mut user, name, value)?;
    }
    let taken = user.mail.as_deref().filter(|_| object.contains_key("mail"));
    if taken.is_some_and(|mail| is_held_by_another(tenant, &user, mail)) {
        return Err(ambiguous_address());
    }
    tenant.change_user(user);
    Ok(Reply::no_content())
}

fn may_update(
    tenant: &TenantState,
    caller: &Caller,
    object: &Map<String, Value>,
) -> Result<(), GraphError> {
    if tenant.weather.refusals.user_updates {
        return Err(access_denied());
    }
    if object.contains_key(OTHER_MAILS) {
        caller.needs(&WRITE_ADDRESSES)?;
    }
    let mut properties = object.keys().filter(|name| !is_annotation(name));
    if object.contains_key("accountEnabled") || object.contains_key("userType") {
        caller.needs(&WRITE_USERS)?;
    }
    if properties.any(|name| name != OTHER_MAILS) || object.is_empty() {
        caller.needs(&WRITE_PROFILES)?;
    }
    Ok(())
}

fn set(user: &mut User, name: &str, value: &Value) -> Result<(), GraphError> {
    let field = match name {
        "givenName" => &mut user.given_name,
        "surname" => &mut user.surname,
        "companyName" => &mut user.company_name,
        "department" => &mut user.department,
        "jobTitle" => &mut user.job_title,
        "usageLocation" => &mut user.usage_location,
        "preferredLanguage" => &mut user.preferred_language,
        "displayName" => {
            user.display_name = text(name, value)?.ok_or_else(|| invalid(name))?;
            return Ok(());
        }
        OTHER_MAILS => {
            user.other_mails = addresses(value)?;
            return Ok(());
        }
        "mail" => return set_mail(user, value),
        "accountEnabled" => {
            user.disabled = !value.as_bool().ok_or_else(|| invalid(name))?;
            return Ok(());
        }
        "userType" => {
            let kind = value
                .as_str()
                .filter(|kind| ["Guest", "Member"].contains(kind));
            kind.ok_or_else(|| invalid(name))?
                .clone_into(&mut user.user_type);
            return Ok(());
        }
        name if OTHER_TEXTS.contains(&name) => {
            match text(name, value)? {
                Some(text) => user.other_texts.insert(name.to_owned(), text),
                None => user.other_texts.remove(name),
            };
            return Ok(());
        }
        _ => {
            return Err(bad_request(format!(
                "The property '{name}' does not exist on type 'microsoft.graph.user'. Make sure to only use property names that are defined by the type."
            )));
        }
    };
    let text = text(name, value)?;
    if name == "usageLocation"
        && text
            .as_ref()
            .is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return Err(invalid(name));
    }
    *field = text;
    Ok(())
}

/// A text of a property; `null` removes it. An empty text is refused.
fn text(name: &str, value: &Value) -> Result<Option<String>, GraphError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() || text.chars().count() > longest(name) => {
            Err(invalid(name))
        }
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(bad_request(format!(
            "Cannot convert the value of the property '{name}' to the expected type 'Edm.String'."
        ))),
    }
}

/// The new address becomes the primary proxy address, and the one before stays as a further one.
fn set_mail(user: &mut User, value: &Value) -> Result<(), GraphError> {
    let mail = value
        .as_str()
        .filter(|mail| mail.is_ascii() && mail.contains('@'))
        .ok_or_else(|| invalid("mail"))?;
    user.proxy_addresses.retain(|proxy| {
        proxy
            .split_once(':')
            .is_none_or(|(_, held)| !held.eq_ignore_ascii_case(mail))
    });
    for proxy in &mut user.proxy_addresses {
        if let Some(primary) = proxy.strip_prefix("SMTP:") {
            *proxy = format!("smtp:{primary}");
        }
    }
    user.proxy_addresses.insert(0, format!("SMTP:{mail}"));
    user.mail = Some(mail.to_owned());
    Ok(())
}

/// Whether another user or a group has an address.
fn is_held_by_another(tenant: &TenantState, user: &User, mail: &str) -> bool {
    let holders = tenant.directory.users_with_address(mail, mail);
    tenant.directory.is_group_address(mail)
        || holders
            .iter()
            .any(|holder| holder.id != user.id && has_as_own_address(holder, mail))
}

fn addresses(value: &Value) -> Result<Vec<String>, GraphError> {
    let addresses: Option<Vec<String>> = value.as_array().and_then(|values| {
        let texts = values.iter().map(|value| value.as_str().map(str::to_owned));
        texts.collect()
    });
    addresses
        .filter(|addresses| {
            addresses.iter().all(|address| {
                address.is_ascii() && address.contains('@') && address.len() <= MAX_OTHER_MAILS
            })
        })
        .ok_or_else(|| invalid(OTHER_MAILS))
}

fn invalid(name: &str) -> GraphError {
    graph_error(
        400,
        "Request_BadRequest",
        format!("Invalid value specified for property '{name}' of resource 'User'."),
    )
}

/// The user or group comes from an on-premises directory, which alone can change it.
pub(super) fn mastered_on_premises() -> GraphError {
    graph_error(
        400,
        "Request_BadRequest",
        "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
    )
}
