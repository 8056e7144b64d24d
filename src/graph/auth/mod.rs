//! Who asks: tokens, the ways to get them, and what their claims hint at.
//!
//! Must not print and must not read the environment: what to sign in with is passed in.

pub mod aadsts; // Entra's error numbers
pub mod catalogue; // our codes GL7xx in words
mod claims; // what a token says about itself
pub(crate) mod failures; // why there is no token
mod tokens; // one token for everybody, refreshed by one
mod transport; // how the token endpoint is reached

pub use claims::{Identity, IdentityKind};
pub use tokens::{CredentialSource, Token, Tokens};
pub use transport::Authority;
