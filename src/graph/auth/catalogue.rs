//! The codes of signing in: GL700 to GL799.

use crate::problem::codes;

codes! {
    SIGN_IN_REFUSED = "GL700" {
        title: "signing in was refused",
        meaning: "Entra answered with an error that is not known here.",
        fix: "Look up the AADSTS number at https://login.microsoftonline.com/error, and give it and the time to your administrator.",
        who: "an administrator of the tenant"
    }
    WRONG_SECRET = "GL701" {
        title: "the client secret is wrong",
        meaning: "Entra does not accept the secret. Often the secret's ID was copied in place of its value, or the secret belongs to another app.",
        fix: "Create a client secret under Certificates & secrets and copy its Value, not its Secret ID.",
        who: "an owner of the app registration"
    }
    SECRET_EXPIRED = "GL702" {
        title: "the client secret has expired",
        meaning: "The secret is the app's, and it is no longer valid.",
        fix: "Create a new client secret for the app and put its value where the old one was. A workload identity has no secret that expires.",
        who: "an owner of the app registration"
    }
    UNKNOWN_APP = "GL703" {
        title: "the tenant does not know this app",
        meaning: "No app with this client id is registered or consented to in the tenant. The client id or the tenant is the wrong one.",
        fix: "Check the client id and --tenant; an app of another tenant needs admin consent here first.",
        who: "a Cloud Application Administrator of the tenant"
    }
    UNKNOWN_TENANT = "GL704" {
        title: "there is no such tenant",
        meaning: "Entra knows no tenant with this domain or id in this cloud.",
        fix: "Check the spelling of --tenant, and [tenant] cloud if the tenant is in a government cloud or in China.",
        who: "whoever runs the command"
    }
    WRONG_CERTIFICATE = "GL705" {
        title: "the certificate is not the app's",
        meaning: "Entra cannot check the signature: this certificate is not registered with the app, or the key does not belong to it.",
        fix: "Upload the certificate under Certificates & secrets of the app, or name the PEM file of the one that is there.",
        who: "an owner of the app registration"
    }
    CLOCK_WRONG = "GL706" {
        title: "the time of the sign-in is not accepted",
        meaning: "What this machine signed, or the token file that it sent, is too old or has a time in the future.",
        fix: "Set this machine's clock (time synchronization); for workload identity, check that the token file is renewed.",
        who: "whoever runs the machine"
    }
    FEDERATION_MISMATCH = "GL707" {
        title: "no federated credential of the app matches",
        meaning: "The issuer, subject or audience of this workload's token is not what the app registration expects.",
        fix: "Compare the issuer, subject and audience named by Entra with the app's Federated credentials.",
        who: "an owner of the app registration"
    }
    NO_CONSENT = "GL708" {
        title: "nobody has consented to this app",
        meaning: "The app needs consent for its permissions in the tenant.",
        fix: "Grant admin consent for the app, then run the same command again.",
        who: "a Privileged Role Administrator or Global Administrator of the tenant"
    }
    CONDITIONAL_ACCESS = "GL709" {
        title: "Conditional Access blocks this sign-in",
        meaning: "A policy of the tenant does not allow this way of signing in, this place or this device.",
        fix: "Use another way to sign in (device code is often blocked), or have the policy allow this one.",
        who: "a Conditional Access Administrator of the tenant"
    }
    MFA_NEEDED = "GL710" {
        title: "multifactor authentication is required",
        meaning: "The tenant asks for multifactor authentication, which this way of signing in cannot provide.",
        fix: "Sign in with [auth] method = \"browser\", or run `az login` again.",
        who: "whoever runs the command"
    }
    SIGN_IN_BUSY = "GL711" {
        title: "the sign-in service does not answer correctly at the moment",
        meaning: "Entra, or the network on the way to it, has an error. Several attempts failed.",
        fix: "Run the same command again later.",
        who: "whoever runs the command"
    }
    SIGN_IN_UNREACHABLE = "GL712" {
        title: "the sign-in service cannot be reached",
        meaning: "No connection to the sign-in service could be made.",
        fix: "Check the network, the proxy variables, --ca-file and authority_url.",
        who: "whoever runs the command"
    }
    NO_AZURE_CLI = "GL713" {
        title: "the Azure CLI cannot be run",
        meaning: "The command `az` was not found, or does not start.",
        fix: "Install the Azure CLI and run `az login`, or choose another [auth] method.",
        who: "whoever runs the command"
    }
    AZURE_CLI_SIGNED_OUT = "GL714" {
        title: "the Azure CLI is not signed in to this tenant",
        meaning: "`az` has no valid sign-in for the tenant.",
        fix: "Run `az login --tenant TENANT` and the same command again.",
        who: "whoever runs the command"
    }
    TOKEN_OVER = "GL715" {
        title: "the token that was given has expired",
        meaning: "A token in GUESTLIST_ACCESS_TOKEN is valid for about an hour, and guestlist cannot renew it.",
        fix: "Put a new token into GUESTLIST_ACCESS_TOKEN and run the same command again, or choose another [auth] method.",
        who: "whoever runs the command"
    }
    WRONG_RESOURCE = "GL716" {
        title: "this cloud does not know this Graph",
        meaning: "The sign-in service does not issue tokens for the Graph address in use: they belong to different clouds.",
        fix: "Let [tenant] cloud set both hosts, or make graph_url and authority_url belong to the same cloud.",
        who: "whoever runs the command"
    }
    APP_DISABLED = "GL717" {
        title: "the app or the account is disabled",
        meaning: "The app or the account exists, and it is not allowed to sign in.",
        fix: "Enable it in the Entra admin center (Enterprise applications or Users).",
        who: "an administrator of the tenant"
    }
    PUBLIC_CLIENT_OFF = "GL718" {
        title: "the app does not allow people to sign in like this",
        meaning: "Browser and device code need \"Allow public client flows\" and a redirect URI of http://localhost.",
        fix: "Under Authentication of the app registration add the platform \"Mobile and desktop applications\" with http://localhost, and allow public client flows.",
        who: "an owner of the app registration"
    }
    NOT_ASSIGNED = "GL719" {
        title: "the user may not use this app",
        meaning: "The app is for assigned users only, and this user is not one of them.",
        fix: "Have the user assigned to the app, or sign in with another account of the tenant.",
        who: "a Cloud Application Administrator of the tenant"
    }
    SIGN_IN_OVER = "GL720" {
        title: "the sign-in has to be done again",
        meaning: "The stored sign-in is no longer valid: it is too old, it was revoked, or the password changed.",
        fix: "Sign in again.",
        who: "whoever runs the command"
    }
    DECLINED = "GL721" {
        title: "the sign-in was declined",
        meaning: "Somebody pressed Cancel or refused the consent.",
        fix: "Run the same command again and finish the sign-in.",
        who: "whoever runs the command"
    }
    CODE_EXPIRED = "GL722" {
        title: "the sign-in took too long",
        meaning: "The code or the browser window was not used in time.",
        fix: "Run the same command again and finish the sign-in within a few minutes. If the browser shows an error instead, `guestlist explain` with its AADSTS number says what it means.",
        who: "whoever runs the command"
    }
    WRONG_STATE = "GL723" {
        title: "the answer of the browser belongs to another sign-in",
        meaning: "The redirect carried a state that this run did not send, so it is not believed.",
        fix: "Close old sign-in tabs and run the same command again.",
        who: "whoever runs the command"
    }
    CERTIFICATE_UNREADABLE = "GL724" {
        title: "the certificate file cannot be used",
        meaning: "It must be a PEM file with the certificate and its unencrypted RSA private key.",
        fix: "Name such a file, and check the path and its permissions. The message says how a PFX file is converted.",
        who: "whoever runs the command"
    }
    CERTIFICATE_EXPIRED = "GL725" {
        title: "the certificate is not valid now",
        meaning: "The certificate has expired or is not valid yet. If its dates are right, this machine's clock is wrong.",
        fix: "Create a new certificate and upload it to the app registration, or set the clock.",
        who: "an owner of the app registration"
    }
    NO_WORKLOAD_TOKEN = "GL726" {
        title: "the workload's own token cannot be read",
        meaning: "The file, variable or service that gives this workload its identity is missing or does not answer.",
        fix: "Kubernetes: label the pod for workload identity. GitHub: permissions: id-token: write. Azure Pipelines: pass SYSTEM_ACCESSTOKEN and the service connection id.",
        who: "whoever runs the job"
    }
    NO_MANAGED_IDENTITY = "GL727" {
        title: "this machine has no managed identity",
        meaning: "The identity endpoint of Azure does not answer here, or knows no identity for this machine.",
        fix: "Assign a managed identity to the machine or app, or choose another [auth] method.",
        who: "an administrator of the Azure subscription"
    }
    SIGN_IN_INCOMPLETE = "GL728" {
        title: "something needed for signing in is missing",
        meaning: "The chosen way to sign in needs a value that was not given, or one that cannot be right.",
        fix: "Compare [auth] with config.example.toml.",
        who: "whoever runs the command"
    }
    NO_BROWSER = "GL729" {
        title: "no browser can be opened on this machine",
        meaning: "Signing in with the browser needs a desktop on which a browser window can open.",
        fix: "Use [auth] method = \"device-code\", or sign in as an app.",
        who: "whoever runs the command"
    }
    CHALLENGED = "GL730" {
        title: "Graph does not accept the sign-in any more",
        meaning: "Something about the account or its conditions changed after the sign-in: a password, a policy, the network. A new token was asked for as Graph wanted it, and is not accepted either.",
        fix: "Sign in anew from a place that the tenant's Conditional Access allows, then run the same command again.",
        who: "whoever signs in, with an administrator of the tenant"
    }
    CHALLENGED_CLI = "GL731" {
        title: "Graph wants a new sign-in of the Azure CLI",
        meaning: "Something about the account or its conditions changed after `az login`: a password, a policy, the network. The Azure CLI would give the same token again.",
        fix: "Run `az logout` and `az login`, then run the same command again.",
        who: "whoever signs in"
    }
    CHALLENGED_TOKEN = "GL732" {
        title: "Graph wants another token than the one that was given",
        meaning: "Something about the account or its conditions changed after the token in GUESTLIST_ACCESS_TOKEN was issued: a password, a policy, the network.",
        fix: "Get a new token from the same source, then run the same command again. Other [auth] methods renew their tokens by themselves.",
        who: "whoever runs the command"
    }
    CHALLENGED_MACHINE = "GL733" {
        title: "Graph wants another token than the managed identity gives",
        meaning: "Something about the identity or its conditions changed after its token was issued, and the platform gives the same token again for up to 24 hours.",
        fix: "Look in the sign-in log of the identity for what changed. Run the same command again later, or sign in as an app ([auth] method).",
        who: "an administrator of the tenant"
    }
    NOT_SIGN_IN_SERVICE = "GL734" {
        title: "something between here and the sign-in service answered",
        meaning: "The answer was not written by the sign-in service (Microsoft Entra): a proxy, a firewall, a content filter or a sign-in page of the network wrote it, or authority_url names another server. Nobody was signed in.",
        fix: "Let the network pass requests and answers of the sign-in host (login.microsoftonline.com, or that of your cloud) unchanged, check the proxy variables and authority_url, then run the same command again.",
        who: "whoever runs the network"
    }    OTHER_ACCOUNT = "GL735" {
        title: "the account is not an account of this tenant",
        meaning: "The person signed in with an account that the tenant does not know. A guest sees this when the invitation is not accepted yet, or when another account is signed in than the invited one.",
        fix: "As a guest, open the link of the invitation in a private browser window and sign in with the invited address. To run guestlist, sign in with an account of the tenant.",
        who: "the person who signs in"
    }
    FACTOR_NOT_TRUSTED = "GL736" {
        title: "the other organization does not accept the guest's multifactor authentication",
        meaning: "The organization that the message names asks guests for multifactor authentication, and its cross-tenant access settings do not trust the one of the guest's own organization.",
        fix: "Under External Identities, Cross-tenant access settings, Inbound access, Trust settings, trust multifactor authentication of the guest's organization, or let guests register a method in this tenant.",
        who: "a Security Administrator of the organization that the message names"
    }
    OTHER_CLOUD = "GL737" {
        title: "the account or the app is in another Microsoft cloud",
        meaning: "The sign-in went to one cloud (global, US government, China), and the account or the app belongs to another one.",
        fix: "Set [tenant] cloud to the cloud of the tenant, and sign in with an app or account of that cloud.",
        who: "whoever runs the command"
    }
}
