//! What to do about a refusal, by the way of signing in: one table for `doctor`, `explain` and every verb.
//!
//! Must know no network. Where the way of signing in makes no difference, the catalogue's own advice stands.

use super::{catalogue as sign_in, method_name::MethodName};
use crate::{graph::catalogue, problem::Code};
use clap::ValueEnum;

/// What to do, and who can. Both are sentences of the catalogue's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Advice {
    pub fix: String,
    pub who: &'static str,
}

/// A kind of refusal whose remedy depends on the way of signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The token lacks a permission of Graph.
    Permission,
    /// Nobody has consented to the app.
    Consent,
    ConditionalAccess,
    SecondFactor,
    /// The sign-in, or the token of it, is no longer good.
    Expired,
    /// The sign-in leads to another tenant than the one that is meant, or the tenant does not know it.
    OtherTenant,
    /// The tenant's policy allows nobody to invite.
    NobodyInvites,
    /// The tenant's policy does not allow it to this sign-in, or to nobody.
    MayNotInvite,
}

/// Ways of signing in with one remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// An app with a secret or a certificate.
    App,
    /// An app with a token of its platform.
    Workload,
    ManagedIdentity,
    AzureCli,
    Browser,
    DeviceCode,
    Token,
}

impl Way {
    /// `auto` is no way: by the time of a refusal it has become one.
    fn of(method: MethodName) -> Option<Self> {
        Some(match method {
            MethodName::Auto => return None,
            MethodName::ClientSecret | MethodName::Certificate => Self::App,
            MethodName::WorkloadIdentity
            | MethodName::GitHubActions
            | MethodName::AzurePipelines => Self::Workload,
            MethodName::ManagedIdentity => Self::ManagedIdentity,
            MethodName::AzureCli => Self::AzureCli,
            MethodName::Browser => Self::Browser,
            MethodName::DeviceCode => Self::DeviceCode,
            MethodName::Token => Self::Token,
        })
    }
}

const GRANTS: &str = "a Privileged Role Administrator or Global Administrator of the tenant";
const GRANTS_DELEGATED: &str = "a Cloud Application Administrator of the tenant for the permission, a Privileged Role Administrator for the role";
const POLICIES: &str = "a Conditional Access Administrator of the tenant";
const SETTINGS: &str = "a Privileged Role Administrator or Global Administrator of the tenant";
const YOU: &str = "whoever runs the command";

impl Refusal {
    /// The kind of refusal that a code stands for.
    fn of(code: Code) -> Option<Self> {
        Some(match code {
            catalogue::MAY_NOT_INVITE | catalogue::MAY_NOT => Self::Permission,
            sign_in::NO_CONSENT => Self::Consent,
            sign_in::CONDITIONAL_ACCESS => Self::ConditionalAccess,
            sign_in::MFA_NEEDED => Self::SecondFactor,
            sign_in::SIGN_IN_OVER | catalogue::TOKEN_REJECTED => Self::Expired,
            sign_in::UNKNOWN_APP | sign_in::OTHER_ACCOUNT => Self::OtherTenant,
            catalogue::INVITATIONS_OFF => Self::MayNotInvite,
            _ => return None,
        })
    }
}

/// The advice on a refusal with this code. None: the catalogue's advice holds for every way of signing in.
pub(crate) fn of_code(
    code: Code,
    method: MethodName,
    permission: Option<&'static str>,
) -> Option<Advice> {
    if let Some(refusal) = Refusal::of(code) {
        return advice(refusal, method, permission);
    }
    // These entries name the permission and more than that; what they lack is when it is seen.
    let names_it = [
        catalogue::MAY_NOT_SEND_MAIL,
        catalogue::MAY_NOT_CHANGE_ADDRESSES,
        catalogue::MAY_NOT_RESET,
        catalogue::MAY_NOT_DELETE,
    ];
    let entry = catalogue::entry(code).filter(|_| names_it.contains(&code))?;
    let seen = seen_after(method)?;
    Some(Advice {
        fix: format!("{} {seen}.", entry.fix),
        who: entry.who,
    })
}

/// The advice for every method, those with the same advice together; empty where it is the same for all.
pub(crate) fn by_method(code: Code) -> Vec<(Vec<MethodName>, Advice)> {
    let mut groups: Vec<(Vec<MethodName>, Advice)> = Vec::new();
    let permission = (code == catalogue::MAY_NOT_INVITE).then_some("User.Invite.All");
    for method in MethodName::value_variants() {
        let Some(advice) = of_code(code, *method, permission) else {
            continue;
        };
        match groups.iter_mut().find(|(_, other)| *other == advice) {
            Some((methods, _)) => methods.push(*method),
            None => groups.push((vec![*method], advice)),
        }
    }
    groups
}

/// When a newly granted permission is seen, where that takes longer than the next run. A sentence without a full stop.
pub(crate) fn seen_after(method: MethodName) -> Option<&'static str> {
    Some(match Way::of(method)? {
        Way::App | Way::Workload => return None,
        Way::ManagedIdentity => {
            "Azure keeps the tokens of a managed identity, so it takes up to 24 hours until a new permission is seen"
        }
        Way::AzureCli => {
            "The Azure CLI keeps its tokens, so it takes up to 24 hours until a new permission or role is seen; `az logout` and `az login` may be quicker"
        }
        Way::Browser | Way::DeviceCode => {
            "Then run the same command and sign in again: only a new sign-in holds it"
        }
        Way::Token => {
            "Then put a new token into GUESTLIST_ACCESS_TOKEN: one that exists never gets a new permission, and one from `az` or a managed identity may come from a cache for up to 24 hours"
        }
    })
}

/// The table: what to do about a refusal, for a way of signing in.
pub(crate) fn advice(
    refusal: Refusal,
    method: MethodName,
    permission: Option<&'static str>,
) -> Option<Advice> {
    let way = Way::of(method)?;
    let (fix, who) = match refusal {
        Refusal::Permission => missing_permission(way, method, permission),
        Refusal::Consent => consent(way)?,
        Refusal::ConditionalAccess => conditional_access(way),
        Refusal::SecondFactor => second_factor(way)?,
        Refusal::Expired => expired(way)?,
        Refusal::OtherTenant => other_tenant(way),
        Refusal::NobodyInvites => nobody_invites(way),
        Refusal::MayNotInvite => may_not_invite(way),
    };
    Some(Advice { fix, who })
}

type Row = (String, &'static str);

fn row(fix: &str, who: &'static str) -> Row {
    (fix.to_owned(), who)
}

fn missing_permission(way: Way, method: MethodName, permission: Option<&'static str>) -> Row {
    let asked = permission
        .unwrap_or("the permission that `guestlist doctor` finds missing")
        .to_owned();
    let role = permission.and_then(role);
    let seen = seen_after(method).map_or(String::new(), |seen| format!(" {seen}."));
    match way {
        Way::App | Way::Workload => (
            format!(
                "Add {asked} as an application permission (Microsoft Graph) to the app registration and grant admin consent, then run the same command again: it gets a new token, which holds the permission after a few minutes."
            ),
            GRANTS,
        ),
        Way::ManagedIdentity => (
            format!(
                "Assign the app role {asked} of Microsoft Graph to the managed identity, with New-MgServicePrincipalAppRoleAssignment or `az rest`: the portal has no page for that.{seen}"
            ),
            GRANTS,
        ),
        Way::AzureCli => {
            let by_role = role.map_or(String::new(), |role| {
                format!(" Give the signed-in user the role {role}, or")
            });
            let sign_in = if by_role.is_empty() {
                " Sign in"
            } else {
                " sign in"
            };
            (
                format!(
                    "Nobody can add {asked} to the Azure CLI itself.{by_role}{sign_in} through an app that has it (a client id with [auth] method = \"browser\", or \"certificate\"); if an app or a machine is signed in to `az`, grant it to that one.{seen}"
                ),
                GRANTS,
            )
        }
        Way::Browser | Way::DeviceCode => {
            let by_role = role.map_or(String::new(), |role| {
                format!(" If the app has it already, the user lacks a role: {role}.")
            });
            (
                format!(
                    "Add {asked} as a delegated permission (Microsoft Graph) to the app registration and grant admin consent.{seen}{by_role}"
                ),
                GRANTS_DELEGATED,
            )
        }
        Way::Token => (
            format!("Grant {asked} to the app for which the token was issued.{seen}"),
            GRANTS,
        ),
    }
}

/// The directory role with which a user may do what a permission stands for (Entra: built-in roles, least privileged).
fn role(permission: &str) -> Option<&'static str> {
    Some(match permission {
        "User.Invite.All" => "Guest Inviter",
        "User.Read.All" | "GroupMember.Read.All" => "Directory Readers",
        "GroupMember.ReadWrite.All" => "Groups Administrator",
        "User.ReadWrite.All"
        | "User.ReadUpdate.All"
        | "User-Mail.ReadWrite.All"
        | "User.DeleteRestore.All" => "User Administrator",
        "Policy.Read.All" => "Global Reader",
        _ => return None,
    })
}

fn consent(way: Way) -> Option<Row> {
    Some(match way {
        Way::AzureCli => row(
            "Run `az login --tenant TENANT --scope https://graph.microsoft.com/.default` and agree; where users may not consent, an administrator grants it to the enterprise application Microsoft Azure CLI.",
            "whoever runs the command, or a Cloud Application Administrator of the tenant",
        ),
        Way::Browser | Way::DeviceCode => row(
            "Grant admin consent for the app (`guestlist doctor --ask-admin` prints the address), then run the same command and sign in again.",
            "a Cloud Application Administrator of the tenant",
        ),
        Way::App | Way::Workload | Way::ManagedIdentity | Way::Token => return None,
    })
}

/// With the way of signing in to try next.
fn conditional_access(way: Way) -> Row {
    match way {
        Way::App | Way::Workload => row(
            "The policy is one for workload identities, which look at the place and the risk of an app: run it from a place that the policy names. Try next, on a machine in Azure: [auth] method = \"managed-identity\", which such policies do not cover.",
            POLICIES,
        ),
        Way::ManagedIdentity => row(
            "Policies do not cover managed identities as a rule: look for this sign-in in the sign-in log of the tenant (Managed identity sign-ins). Try next: an app, [auth] method = \"certificate\".",
            POLICIES,
        ),
        Way::AzureCli => row(
            "Run `az login --tenant TENANT` again on a device and in a network that the policy allows, without --use-device-code. Try next: an app, [auth] method = \"certificate\", to which policies for people do not apply.",
            POLICIES,
        ),
        Way::Browser => row(
            "Sign in on a device and in a network that the policy allows. Try next: [auth] method = \"azure-cli\" after `az login` on such a device; or an app, \"certificate\", to which policies for people do not apply.",
            POLICIES,
        ),
        Way::DeviceCode => row(
            "Device codes are often blocked. Try next: [auth] method = \"browser\" on a machine with a browser, then \"azure-cli\" after `az login`; or an app, \"certificate\", to which policies for people do not apply.",
            POLICIES,
        ),
        Way::Token => row(
            "Get the token on a device and in a network that the policy allows, and use it there. Try next: [auth] method = \"browser\" with a client id.",
            POLICIES,
        ),
    }
}

fn second_factor(way: Way) -> Option<Row> {
    Some(match way {
        Way::AzureCli => row(
            "Run `az logout` and `az login --tenant TENANT --scope https://graph.microsoft.com/.default`, with multifactor authentication, then the same command again.",
            YOU,
        ),
        Way::Browser => row(
            "Run the same command again and finish multifactor authentication in the browser.",
            YOU,
        ),
        Way::DeviceCode => row(
            "Run the same command again and finish multifactor authentication where the code is typed. Try next: [auth] method = \"browser\".",
            YOU,
        ),
        Way::Token => row(
            "Put a token into GUESTLIST_ACCESS_TOKEN that was issued after multifactor authentication.",
            YOU,
        ),
        Way::App | Way::Workload | Way::ManagedIdentity => return None,
    })
}

fn expired(way: Way) -> Option<Row> {
    Some(match way {
        Way::AzureCli => row(
            "Run `az login --tenant TENANT`, then the same command again.",
            YOU,
        ),
        Way::Browser | Way::DeviceCode => row("Run the same command again and sign in again.", YOU),
        Way::Token => row(
            "Put a new token into GUESTLIST_ACCESS_TOKEN, for this tenant and this Graph, and run the same command again: it is valid for about an hour. Any other [auth] method renews its tokens by itself.",
            YOU,
        ),
        Way::ManagedIdentity => row(
            "Look whether the identity is still assigned to this machine, and whether its clock is right; Azure renews the tokens by itself. Then run the same command again.",
            "whoever runs the machine",
        ),
        Way::Workload => row(
            "Look whether the platform renews its token (the file of AZURE_FEDERATED_TOKEN_FILE, or the job's own token) and whether this machine's clock is right, then run the same command again.",
            "whoever runs the machine",
        ),
        Way::App => return None,
    })
}

fn other_tenant(way: Way) -> Row {
    match way {
        Way::App | Way::Workload => row(
            "Check the client id and --tenant. If both are right, the app is registered in another tenant: an administrator of this one consents to it once (`guestlist doctor --ask-admin` prints the address).",
            "a Cloud Application Administrator of the tenant",
        ),
        Way::ManagedIdentity => row(
            "A managed identity signs in to the tenant of its subscription, and to no other: name that one by --tenant, or use an app of the tenant that is meant ([auth] method = \"certificate\").",
            YOU,
        ),
        Way::AzureCli => row(
            "Run `az login --tenant TENANT` with an account of the tenant that is meant, then the same command again.",
            YOU,
        ),
        Way::Browser | Way::DeviceCode => row(
            "Run the same command again and choose an account of the tenant that is meant; the app must be registered in it, or consented to.",
            YOU,
        ),
        Way::Token => row(
            "Put a token of the tenant that is meant into GUESTLIST_ACCESS_TOKEN, such as `az account get-access-token --tenant TENANT --resource-type ms-graph` prints.",
            YOU,
        ),
    }
}

/// `none` keeps out everybody: no permission and no role helps.
fn nobody_invites(way: Way) -> Row {
    let then = match way {
        Way::App | Way::Workload | Way::ManagedIdentity => {
            "which lets an app with User.Invite.All invite"
        }
        Way::AzureCli | Way::Browser | Way::DeviceCode => {
            "with the role Guest Inviter for the signed-in user"
        }
        Way::Token => {
            "which lets an app with User.Invite.All invite, and a user with the role Guest Inviter"
        }
    };
    let fix = format!(
        "Only the setting itself helps, because no permission and no role may invite now: Entra admin center, External Identities, External collaboration settings, Guest invite settings. The narrowest choice that helps is \"Only users assigned to specific admin roles\" (adminsAndGuestInviters), {then}. It takes 15 to 60 minutes."
    );
    (fix, SETTINGS)
}

/// The tenant's policy may be `none`, or one that leaves this sign-in out.
fn may_not_invite(way: Way) -> Row {
    let helps = match way {
        Way::App | Way::Workload | Way::ManagedIdentity => {
            "If it is restricted (adminsAndGuestInviters), the app needs User.Invite.All itself: other permissions and roles were refused there."
        }
        Way::AzureCli | Way::Browser | Way::DeviceCode => {
            "If it is restricted, the signed-in user needs the role Guest Inviter."
        }
        Way::Token => {
            "If it is restricted, a user needs the role Guest Inviter, and an app the permission User.Invite.All."
        }
    };
    let fix = format!(
        "See what the tenant allows: Entra admin center, External Identities, External collaboration settings, Guest invite settings (allowInvitesFrom; `guestlist doctor` shows it to whoever may read it). {helps} If it is \"none\", only the setting itself helps. A change takes 15 to 60 minutes."
    );
    (fix, SETTINGS)
}
