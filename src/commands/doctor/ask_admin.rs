//! A mail to forward to an administrator: which app, which permissions and why, and where to grant them.
//!
//! Must not hold a secret or a guest's address: it is sent to somebody else.

use super::needs::{Need, Needs};
use crate::{
    graph::{Identity, IdentityKind},
    ledger::Tenant,
    settings::{MailDelivery, Settings},
    ui::text::{pad, wrap},
};
use std::fmt::Write;
use url::Url;

pub(super) struct About<'a> {
    pub settings: &'a Settings,
    pub identity: Option<&'a Identity>,
    pub tenant: Option<&'a Tenant>,
    pub authority: &'a str,
    pub needs: &'a Needs,
}

pub(super) fn mail(about: &About<'_>) -> String {
    let identity = about.identity.cloned().unwrap_or_default();
    let client_id = about.settings.auth.client_id.as_ref();
    let app = identity
        .app_id
        .clone()
        .or_else(|| client_id.map(|id| id.value.clone()));
    let named = about.settings.tenant.id.as_ref();
    let tenant = about
        .tenant
        .map(|tenant| tenant.id.clone())
        .or_else(|| identity.tenant_id.clone())
        .or_else(|| named.map(|tenant| tenant.value.to_string()));
    let place = about
        .tenant
        .and_then(|tenant| tenant.name.clone())
        .unwrap_or_else(|| "our tenant".to_owned());
    let id = tenant
        .as_ref()
        .map_or(String::new(), |id| format!(" (tenant {id})"));
    let user = identity.kind == IdentityKind::Delegated;

    let mut mail = format!("Subject: permissions for inviting guests into {place}\n\nHello,\n\n");
    paragraph(
        &mut mail,
        &format!(
            "I invite people as guests into {place}{id} with guestlist, which uses Microsoft Graph. {}",
            match (&app, identity.kind, &identity.name) {
                (None, ..) =>
                    "There is no app registration for it yet: please make one (single tenant), and tell me its client id."
                        .to_owned(),
                (Some(app), IdentityKind::AppOnly, Some(name)) if name != app =>
                    format!("It signs in as the app \"{name}\", client id {app}."),
                (Some(app), IdentityKind::Delegated, Some(name)) =>
                    format!("It signs {name} in through the app with the client id {app}."),
                (Some(app), ..) => format!("It signs in as the app with the client id {app}."),
            }
        ),
    );
    let kind = if user { "delegated" } else { "application" };
    let (must, may): (Vec<Need>, Vec<Need>) = about
        .needs
        .list(&identity)
        .into_iter()
        .partition(|need| need.must);
    paragraph(
        &mut mail,
        &format!("Please grant that app these {kind} permissions of Microsoft Graph:"),
    );
    list(&mut mail, &must, &identity);
    if let Some(text) = own_mail(about.settings, identity.kind) {
        paragraph(&mut mail, &text);
    }
    paragraph(&mut mail, "These are not necessary, and make it safer:");
    list(&mut mail, &may, &identity);
    paragraph(
        &mut mail,
        "How: in the Entra admin center, App registrations, the app, API permissions, add them (Microsoft Graph). Then grant admin consent there, or open this address as an administrator of the tenant:",
    );
    let _ = writeln!(
        mail,
        "  {}\n",
        consent_url(about.authority, tenant.as_deref(), app.as_deref())
    );
    paragraph(
        &mut mail,
        "A Privileged Role Administrator can grant application permissions; for delegated ones a Cloud Application Administrator is enough.",
    );
    paragraph(
        &mut mail,
        "Afterwards I run `guestlist doctor` again: it reads what it may, changes nothing, and says what is still missing. A grant can take some minutes until new tokens hold it.",
    );
    mail.push_str("Thank you!\n");
    mail
}

/// What else mail of our own asks of an administrator.
fn own_mail(settings: &Settings, kind: IdentityKind) -> Option<String> {
    let smtp = &settings.smtp;
    let from = settings.message.from.as_ref()?.value.address.as_str();
    match (settings.message.delivery.value, &smtp.host) {
        (MailDelivery::Graph, _) if kind == IdentityKind::Delegated => Some(format!(
            "The mails leave from the mailbox {from}. If it is not the signed-in user's own, please let that user send as it (Send As, in the Exchange admin center)."
        )),
        (MailDelivery::Graph, _) => Some(format!(
            "The mails leave from the mailbox {from}, and from no other. Mail.Send lets an app send from every mailbox: please limit it to this one, by RBAC for applications in Exchange Online (the role Application Mail.Send with a scope that holds only this mailbox, in place of the permission above) or by an application access policy. An Exchange Administrator can do either."
        )),
        (MailDelivery::Smtp, Some(host)) => Some(match &smtp.user {
            Some(user) => format!(
                "The mails leave from {from} through the mail server {}, signed in as {}. Please let that account send from this address, by SMTP with a sign-in.",
                host.value, user.value
            ),
            None => format!(
                "The mails leave from {from} through the mail server {}, without a sign-in. Please let this machine send from this address there.",
                host.value
            ),
        }),
        _ => None,
    }
}

fn paragraph(mail: &mut String, text: &str) {
    let _ = writeln!(mail, "{}\n", wrap(text, 0, 0));
}

fn list(mail: &mut String, needs: &[Need], identity: &Identity) {
    const NAME: usize = 28;
    for need in needs {
        let here = if identity.holds(need.permission) == Some(true) {
            " (it has this already)"
        } else {
            ""
        };
        let why = format!("{}{here}", need.why);
        let _ = writeln!(
            mail,
            "  {}{}",
            pad(need.permission, NAME - 2),
            wrap(&why, NAME, NAME)
        );
    }
    mail.push('\n');
}

/// Entra: admin consent on the Microsoft identity platform.
fn consent_url(authority: &str, tenant: Option<&str>, app: Option<&str>) -> String {
    let base = authority.trim_end_matches('/');
    let app = app.unwrap_or("CLIENT-ID");
    let url = format!("{base}/{}/adminconsent", tenant.unwrap_or("organizations"));
    match Url::parse_with_params(&url, [("client_id", app)]) {
        Ok(url) => url.to_string(),
        Err(_) => format!("{url}?client_id={app}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consent_link_names_tenant_and_app() {
        assert_eq!(
            consent_url(
                "https://login.microsoftonline.us/",
                Some("contoso.com"),
                Some("a b&c")
            ),
            "https://login.microsoftonline.us/contoso.com/adminconsent?client_id=a+b%26c"
        );
        assert_eq!(
            consent_url("https://login.microsoftonline.com", None, None),
            "https://login.microsoftonline.com/organizations/adminconsent?client_id=CLIENT-ID"
        );
    }
}
