//! The ids, names, domains and secrets of the practice tenant and of its app.

use crate::sandbox::state::ids::stable_id;

pub(crate) const TENANT_ID: &str = "5e7a1c60-3b0d-4f52-9c1e-2f6d8a9b4c11";
pub(crate) const TENANT_NAME: &str = "Northwind Practice";
pub(crate) const DOMAIN: &str = "northwind.example";
pub(crate) const INITIAL_DOMAIN: &str = "northwindpractice.onmicrosoft.com";
pub(crate) const CLIENT_ID: &str = "0c5d2f8e-71a4-4b39-8d60-93e1f7b2a5c4";
/// Valid in the practice tenant only.
pub(crate) const CLIENT_SECRET: &str = "practice-only.not.a.secret";
pub(crate) const EXPIRED_SECRET: &str = "practice-only.expired";
/// The user principal name of the user who signs in.
pub(crate) const SIGNED_IN: &str = "mia.keller@northwind.example";
/// Graph in the cloud that the tenant plays: a link and a scope can name it, though requests come here.
pub(crate) const GRAPH_URL: &str = "https://graph.microsoft.com";
/// The application id of Microsoft Graph, which is the same in every tenant.
pub(crate) const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
/// A domain on the deny list of the tenant.
pub(crate) const BLOCKED_DOMAIN: &str = "blocked.example";
/// A domain that the cross-tenant access settings block.
pub(crate) const SEALED_DOMAIN: &str = "sealed.example";

#[derive(Debug)]
pub(crate) struct TenantIdentity {
    /// The base URL of Graph and of the authority, without a slash at the end.
    pub url: String,
    pub tenant_id: String,
    pub display_name: String,
    pub client_id: String,
    pub client_secret: String,
    pub expired_secret: String,
    pub service_principal: String,
    pub signed_in_user: String,
}

impl TenantIdentity {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            tenant_id: TENANT_ID.into(),
            display_name: TENANT_NAME.into(),
            client_id: CLIENT_ID.into(),
            client_secret: CLIENT_SECRET.into(),
            expired_secret: EXPIRED_SECRET.into(),
            service_principal: stable_id("service principal"),
            signed_in_user: stable_id(SIGNED_IN),
        }
    }

    /// Whether a name means this tenant: its id or one of its domains.
    pub(crate) fn is_tenant(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(&self.tenant_id) || is_own_domain(name)
    }
}

pub(crate) fn is_own_domain(domain: &str) -> bool {
    [DOMAIN, INITIAL_DOMAIN]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(domain))
}

/// The user principal name of a guest, which is always on the initial domain (Microsoft Entra: properties of a B2B
/// collaboration user).
pub(crate) fn guest_principal_name(address: &str) -> String {
    format!("{}#EXT#@{INITIAL_DOMAIN}", address.replace('@', "_"))
}
