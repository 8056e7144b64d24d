//! Who asks: tokens, the ways to get them, and what their claims hint at.
//!
//! Must not print and must not read the environment: what to sign in with is passed in.

pub mod aadsts; // Entra's error numbers
pub mod catalogue; // our codes GL7xx in words
mod claims; // what a token says about itself
pub(crate) mod failures; // why there is no token
mod sign_in; // the ways, each a credential
mod tenant; // a domain's tenant id
mod tokens; // one token for everybody, refreshed by one
mod transport; // how the token endpoint is reached

pub use claims::{Identity, IdentityKind};
pub use sign_in::{Method, SignIn};
pub use tenant::tenant_id;
pub use tokens::{CredentialSource, Token, Tokens};
pub use transport::Authority;

#[cfg(test)]
mod sign_in_tests;
#[cfg(test)]
mod tokens_tests;
