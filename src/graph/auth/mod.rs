//! Who asks: tokens, the ways to get them, and what their claims hint at.
//!
//! Must not print and must not read the environment: what to sign in with is passed in.

pub mod aadsts; // Entra's error numbers
mod browser; // a person: authorization code with PKCE
pub mod catalogue; // our codes GL7xx in words
mod certificate; // an app: a signed assertion
mod challenge; // claims that a new token must be asked for with
mod claims; // what a token says about itself
mod der; // the dates of a certificate
mod device_code; // a person: a code on another device
pub(crate) mod failures; // why there is no token
mod given; // a token from elsewhere
mod managed_identity; // a machine of Azure
mod method; // the ways, and which is meant
mod person; // a person, whichever way
mod sign_in; // from a way to the refresher
mod tenant; // a domain's tenant id
mod tokens; // one token for everybody, refreshed by one
mod transport; // how the token endpoint is reached
mod workload; // a workload: a token of its platform

pub use challenge::{Claims, ClaimsToSend};
pub use claims::{Identity, IdentityKind};
pub use managed_identity::AppService;
pub use method::{Found, Method};
pub use person::{Ask, DeviceCode, Prompt};
pub use sign_in::SignIn;
pub use tenant::tenant_id;
pub use tokens::{Challenged, CredentialSource, Token, Tokens};
pub use transport::Authority;
pub use workload::{AzurePipelines, GitHubActions, Workload};

#[cfg(test)]
#[cfg(unix)] // they need openssl
mod certificate_tests;
#[cfg(test)]
mod machine_tests;
#[cfg(test)]
mod person_tests;
#[cfg(test)]
mod sign_in_tests;
#[cfg(test)]
mod tokens_tests;
