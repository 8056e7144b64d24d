//! `sendMail` (Microsoft Graph: user: sendMail): a message in JSON, out of the mailbox of a user, with a 202 and no body.

use crate::sandbox::{
    messages::{
        graph_error::{GraphError, graph_error},
        reply::{Reply, ReplyBody},
    },
    state::{request_stats::OwnMail, tenant::TenantState, token_store::Caller},
};
use serde_json::Value;
use tokio::time::Instant;

pub(super) fn send_mail(
    tenant: &mut TenantState,
    caller: &Caller,
    mailbox: &str,
    body: &Value,
) -> Result<Reply, GraphError> {
    caller
        .needs(&["Mail.Send", "Mail.Send.Shared"])
        .map_err(|_| denied())?;
    let found = tenant.directory.by_id_or_principal_name(mailbox).cloned();
    let user = found.ok_or_else(|| {
        graph_error(
            404,
            "ErrorInvalidUser",
            format!("The requested user '{mailbox}' is invalid."),
        )
    })?;
    if user.external_user_state.is_some() || user.mail.is_none() {
        return Err(graph_error(
            404,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        ));
    }
    let own = caller.user.as_ref().is_none_or(|id| *id == user.id);
    if !own && !caller.has(&["Mail.Send.Shared"]) {
        return Err(denied());
    }
    let from = user.mail.clone().unwrap_or_default();
    let mail = read(tenant, &from, body)?;
    let allowed = tenant.weather.throttle.mails_per_minute;
    if allowed > 0 && !tenant.stats.may_mail(&from, allowed, Instant::now()) {
        return Err(graph_error(
            429,
            "ApplicationThrottled",
            "Application is over its MailboxConcurrency limit.",
        ));
    }
    tenant.request_addresses.push(mail.to.to_lowercase());
    tenant.stats.own_mails.push(mail);
    Ok(Reply::new(202, ReplyBody::Empty))
}

fn denied() -> GraphError {
    graph_error(
        403,
        "ErrorAccessDenied",
        "Access is denied. Check credentials and try again.",
    )
}

fn read(tenant: &TenantState, from: &str, body: &Value) -> Result<OwnMail, GraphError> {
    let invalid = |what: &str| graph_error(400, "ErrorInvalidParameter", what.to_owned());
    let message = body
        .get("message")
        .and_then(Value::as_object)
        .ok_or_else(|| invalid("The parameter 'Message' is required."))?;
    if let Some(save) = body.get("saveToSentItems")
        && !save.is_boolean()
    {
        return Err(invalid("'saveToSentItems' must be a boolean."));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let recipients = message.get("toRecipients").and_then(Value::as_array);
    let [recipient] = recipients.map(Vec::as_slice).unwrap_or_default() else {
        return Err(graph_error(
            400,
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid.",
        ));
    };
    let recipient = &recipient["emailAddress"];
    let to = text(&recipient["address"])
        .filter(|to| to.contains('@'))
        .ok_or_else(|| {
            graph_error(
                400,
                "ErrorInvalidRecipients",
                "At least one recipient isn't valid., Recipient address is invalid.",
            )
        })?;
    let content = &message.get("body").cloned().unwrap_or_default();
    let content_type = text(&content["contentType"])
        .unwrap_or_default()
        .to_lowercase();
    if !matches!(content_type.as_str(), "text" | "html") {
        return Err(invalid(
            "The property 'contentType' must be 'text' or 'html'.",
        ));
    }
    Ok(OwnMail {
        at: tenant.clock.now(),
        from: from.to_owned(),
        to,
        name: text(&recipient["name"]),
        subject: text(&message.get("subject").cloned().unwrap_or_default()),
        content_type,
        content: text(&content["content"]).unwrap_or_default(),
        message_id: text(
            &message
                .get("internetMessageId")
                .cloned()
                .unwrap_or_default(),
        ),
    })
}
