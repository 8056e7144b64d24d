//! Who asks: tokens, the ways to get them, and what their claims hint at.
//!
//! Must not print and must not read the environment: what to sign in with is passed in.

pub(crate) mod aadsts; // Entra's error numbers
mod browser; // a person: authorization code with PKCE
pub(crate) mod catalogue; // our codes GL7xx in words
mod certificate; // an app: a signed assertion
mod challenge; // claims that a new token must be asked for with
mod claims; // what a token says about itself
mod der; // the dates of a certificate
mod device_code; // a person: a code on another device
pub(crate) mod failures; // why there is no token
mod interactive; // a person, whichever way
mod managed_identity; // a machine of Azure
mod method; // the ways, and which is meant
mod sign_in; // from a way to the refresher
mod sign_in_context; // what both ways for a person need
mod static_token; // a token from elsewhere
mod tenant; // a domain's tenant id
mod tokens; // one token for everybody, refreshed by one
mod transport; // how the token endpoint is reached
mod workload; // a workload: a token of its platform

#[cfg(test)]
pub(crate) use self::{interactive::Ask, workload::Workload};
pub(crate) use challenge::Claims;
pub(crate) use claims::{Identity, IdentityKind};
pub(crate) use managed_identity::AppService;
pub(crate) use method::{CredentialInputs, Method, MethodName};
pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_context::{DeviceCode, Prompt};
pub(crate) use tenant::tenant_id;
pub(crate) use tokens::{CredentialSource, Token, Tokens};
pub(crate) use transport::Authority;
pub(crate) use workload::{AzurePipelines, GitHubActions};

#[cfg(test)]
mod tests;
