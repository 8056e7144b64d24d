//! A mail to forward to an administrator: who signs in, which permissions and why, and how to grant them.
//!
//! Must not hold a secret or a guest's address: it is sent to somebody else.

use super::needs::{Need, Needs};
use crate::{
    graph::{Identity, IdentityKind, auth::MethodName},
    ledger::Tenant,
    settings::{MailDelivery, Settings},
    ui::text::{pad, wrap},
};
use std::fmt::Write;
use url::Url;

pub(super) struct About<'a> {
    pub settings: &'a Settings,
    /// Who is signed in. None: nobody could sign in yet.
    pub identity: Option<&'a Identity>,
    /// How the sign-in is made, or would be. None: nothing tells.
    pub method: Option<MethodName>,
    pub tenant: Option<&'a Tenant>,
    pub authority: &'a str,
    pub needs: &'a Needs,
}

/// What an administrator has to do depends on who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    /// An app by itself, with a secret or a certificate.
    App,
    /// An app by itself, with a token of its platform.
    Workload,
    ManagedIdentity,
    /// A person, through an app of the tenant.
    Person,
    /// A person, through Microsoft's own app for the Azure CLI.
    AzureCli,
    /// A token of somebody's app.
    Token,
}

impl Signer {
    fn of(method: Option<MethodName>, kind: IdentityKind) -> Self {
        match method {
            Some(MethodName::ClientSecret | MethodName::Certificate) => Self::App,
            Some(
                MethodName::WorkloadIdentity
                | MethodName::GitHubActions
                | MethodName::AzurePipelines,
            ) => Self::Workload,
            Some(MethodName::ManagedIdentity) => Self::ManagedIdentity,
            // An app may be signed in to the Azure CLI.
            Some(MethodName::AzureCli) if kind == IdentityKind::AppOnly => Self::Token,
            Some(MethodName::AzureCli) => Self::AzureCli,
            Some(MethodName::Token) => Self::Token,
            Some(MethodName::Browser | MethodName::DeviceCode | MethodName::Auto) | None => {
                Self::Person
            }
        }
    }

    /// Whether permissions are asked for on behalf of a person.
    fn is_delegated(self, kind: IdentityKind) -> bool {
        match self {
            Self::App | Self::Workload | Self::ManagedIdentity => false,
            Self::Person | Self::AzureCli => true,
            Self::Token => kind != IdentityKind::AppOnly,
        }
    }
}

pub(super) fn mail(about: &About<'_>) -> String {
    let identity = about.identity.cloned().unwrap_or_default();
    let signer = Signer::of(about.method, identity.kind);
    let is_delegated = signer.is_delegated(identity.kind);
    // The permissions that differ for a person follow from this.
    let identity = Identity {
        kind: if is_delegated {
            IdentityKind::Delegated
        } else {
            IdentityKind::AppOnly
        },
        ..identity
    };
    let client_id = about.settings.auth.client_id.as_ref();
    let app = identity
        .app_id
        .clone()
        .filter(|_| signer != Signer::AzureCli)
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

    let mut mail = format!("Subject: permissions for inviting guests into {place}\n\nHello,\n\n");
    paragraph(
        &mut mail,
        &format!(
            "I invite people as guests into {place}{id} with guestlist, a program that calls Microsoft Graph. {}",
            who_signs_in(signer, app.as_deref(), &identity)
        ),
    );
    let kind = if is_delegated {
        "delegated"
    } else {
        "application"
    };
    let (must, may): (Vec<Need>, Vec<Need>) = about
        .needs
        .list(&identity)
        .into_iter()
        .partition(|need| need.must);
    let grantee = if signer == Signer::ManagedIdentity {
        "managed identity"
    } else {
        "app"
    };
    paragraph(
        &mut mail,
        &format!("Please grant that {grantee} these {kind} permissions of Microsoft Graph:"),
    );
    list(&mut mail, &must, &identity);
    if let Some(text) = own_mail(about.settings, identity.kind) {
        paragraph(&mut mail, &text);
    }
    paragraph(&mut mail, "These are not necessary, and make it safer:");
    list(&mut mail, &may, &identity);
    let steps = Steps {
        signer,
        about,
        is_delegated,
        app: app.as_deref(),
        consent: consent_url(about.authority, tenant.as_deref(), app.as_deref()),
    };
    match signer {
        Signer::ManagedIdentity => assignment(&mut mail, &must, &may, &identity),
        _ => steps.write(&mut mail),
    }
    paragraph(
        &mut mail,
        if is_delegated {
            "Who can do this: a Cloud Application Administrator or a Global Administrator."
        } else if signer == Signer::ManagedIdentity {
            "Who can do this: a Privileged Role Administrator or a Global Administrator."
        } else {
            "Who can do this: a Cloud Application Administrator, but for the consent to application permissions, which a Privileged Role Administrator or a Global Administrator gives."
        },
    );
    if is_delegated && about.identity.is_none() {
        paragraph(
            &mut mail,
            "Where only some users may invite guests, I also need the role Guest Inviter (Roles & admins, Guest Inviter, Add assignments), which a Privileged Role Administrator gives.",
        );
    }
    paragraph(
        &mut mail,
        &format!(
            "Afterwards I run `guestlist doctor` again: it reads what it may, changes nothing, and says what is still missing. {}",
            when_seen(signer)
        ),
    );
    mail.push_str("Thank you!\n");
    mail
}

fn who_signs_in(signer: Signer, app: Option<&str>, identity: &Identity) -> String {
    let name = identity.name.as_deref();
    match (signer, app) {
        (Signer::ManagedIdentity, _) => match &identity.object_id {
            Some(id) => format!(
                "It signs in as the managed identity {}, object id {id}.",
                name.unwrap_or("of a machine in Azure")
            ),
            None => "It signs in as the managed identity of a machine in Azure.".to_owned(),
        },
        (Signer::AzureCli, None) => format!(
            "{} to it through the Azure CLI, to which nobody can add permissions: so please make an app registration for it, as below.",
            name.map_or("I sign in".to_owned(), |name| format!("I sign in as {name}"))
        ),
        (Signer::Person, None) => "There is no app registration for it yet: please make one, as below, to which I sign in myself.".to_owned(),
        (_, None) => "There is no app registration for it yet: please make one, as below, as which it signs in by itself.".to_owned(),
        (Signer::Person | Signer::AzureCli, Some(app)) => match name {
            Some(name) => format!("It signs {name} in through the app with the client id {app}."),
            None => format!("I sign in myself through the app with the client id {app}."),
        },
        (Signer::Token, Some(app)) if identity.kind == IdentityKind::Delegated => match name {
            Some(name) => format!("It signs {name} in through the app with the client id {app}."),
            None => format!("It signs me in through the app with the client id {app}."),
        },
        (Signer::App | Signer::Workload | Signer::Token, Some(app)) => match name {
            Some(name) if name != app => {
                format!("It signs in as the app \"{name}\", client id {app}.")
            }
            _ => format!("It signs in as the app with the client id {app}."),
        },
    }
}

/// What an administrator does in the Entra admin center, in this order.
struct Steps<'a> {
    signer: Signer,
    about: &'a About<'a>,
    is_delegated: bool,
    app: Option<&'a str>,
    consent: String,
}

impl Steps<'_> {
    fn write(&self, mail: &mut String) {
        let (kind, tick) = if self.is_delegated {
            ("Delegated", "delegated")
        } else {
            ("Application", "application")
        };
        let mut steps = Vec::new();
        if let Some(app) = self.app {
            steps.push(format!(
                "App registrations, All applications: search for {app} and open the app. If it is not there, the app belongs to another tenant: the address below is enough then."
            ));
        } else {
            steps.push("App registrations, New registration: the name guestlist, Accounts in this organizational directory only, Register. Its Overview shows the Application (client) ID: please send it to me.".to_owned());
        }
        steps.extend(self.sign_in());
        steps.push(format!(
            "API permissions, Add a permission, Microsoft Graph, {kind} permissions: tick the {tick} permissions above, Add permissions."
        ));
        let place = if self.app.is_some() {
            ""
        } else {
            ", with the client id in place of CLIENT-ID"
        };
        steps.push(format!(
            "On the same page, Grant admin consent. Or open this address as an administrator of the tenant{place}: it shows what is asked for, and a click on Accept grants it."
        ));
        let _ = writeln!(mail, "How, in the Entra admin center:\n");
        for (number, step) in (1..).zip(&steps) {
            let _ = writeln!(mail, "  {number}. {}", wrap(step, 5, 5));
        }
        let _ = writeln!(mail, "\n  {}\n", self.consent);
    }

    /// What signing in takes beside permissions. Whoever is signed in can sign in.
    fn sign_in(&self) -> Option<String> {
        let method = self.about.method;
        let cannot_yet = self.about.identity.is_none() || self.signer == Signer::AzureCli;
        if !cannot_yet {
            return None;
        }
        Some(match self.signer {
            Signer::Person | Signer::AzureCli if method == Some(MethodName::DeviceCode) => {
                "Authentication: set \"Allow public client flows\" to Yes, Save.".to_owned()
            }
            Signer::Person | Signer::AzureCli => "Authentication, Add a platform, Mobile and desktop applications: as custom redirect URI http://localhost, Configure. Then set \"Allow public client flows\" to Yes, Save.".to_owned(),
            Signer::App if method == Some(MethodName::Certificate) => "Certificates & secrets, Certificates, Upload certificate: the file that I send with this mail (the public part only; its key stays with me).".to_owned(),
            Signer::App => "Certificates & secrets, Client secrets, New client secret. Please send me its Value (not its Secret ID) and when it expires, by a safe way. Safer: Certificates, Upload certificate, for a certificate whose key stays with me.".to_owned(),
            Signer::Workload => format!(
                "Certificates & secrets, Federated credentials, Add credential: {}, and the audience api://AzureADTokenExchange. So the app signs in without a secret.",
                match method {
                    Some(MethodName::GitHubActions) =>
                        "the scenario GitHub Actions deploying Azure resources, with organization, repository, and the branch or environment of the workflow",
                    Some(MethodName::AzurePipelines) =>
                        "the scenario Other issuer, with the issuer and the subject identifier that the service connection of Azure DevOps shows",
                    _ =>
                        "the scenario Kubernetes accessing Azure resources, with the issuer of the cluster, and the namespace and service account of the pod",
                }
            ),
            Signer::ManagedIdentity | Signer::Token => return None,
        })
    }
}

/// No page of the portal assigns permissions to a managed identity.
fn assignment(mail: &mut String, must: &[Need], may: &[Need], identity: &Identity) {
    let id = identity.object_id.as_deref().unwrap_or("OBJECT-ID");
    let lacks = |need: &&Need| identity.holds(need.permission) != Some(true);
    let names: Vec<String> = must
        .iter()
        .chain(may)
        .filter(lacks)
        .map(|need| format!("\"{}\"", need.permission))
        .collect();
    paragraph(
        mail,
        "How: the portal has no page for it. In PowerShell (once before: Install-Module Microsoft.Graph):",
    );
    let _ = writeln!(
        mail,
        "  Connect-MgGraph -Scopes AppRoleAssignment.ReadWrite.All,Application.Read.All\n  \
         $graph = Get-MgServicePrincipal `\n    \
           -Filter \"appId eq '00000003-0000-0000-c000-000000000000'\"\n  \
         $names = {}\n  \
         $graph.AppRoles | Where-Object Value -in $names | ForEach-Object {{\n    \
           New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId {id} `\n      \
             -PrincipalId {id} `\n      \
             -ResourceId $graph.Id -AppRoleId $_.Id }}\n",
        names.join(",\n    ")
    );
    if identity.object_id.is_none() {
        paragraph(
            mail,
            "In place of OBJECT-ID comes the Object (principal) ID that the page Identity of the machine shows in the Azure portal.",
        );
    }
}

/// When a grant is seen.
fn when_seen(signer: Signer) -> &'static str {
    match signer {
        Signer::App | Signer::Workload => "A grant can take some minutes until new tokens hold it.",
        Signer::ManagedIdentity => {
            "Azure keeps the tokens of managed identities, so a grant can take up to 24 hours until it is seen."
        }
        Signer::Person => "I sign in again for that, because only a new sign-in holds a grant.",
        Signer::AzureCli => "I sign in through that app then, and no longer through the Azure CLI.",
        Signer::Token => {
            "I get a new token for that, because one that exists never gets a new grant; where tokens are kept, it can take up to 24 hours."
        }
    }
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
