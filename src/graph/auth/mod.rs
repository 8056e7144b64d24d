//! Gets the tokens for Graph: the ways to sign in, and what a token says about itself.
//!
//! Must not print or read the environment: the values to sign in with are passed in.

// From a way to sign in to a token. A blank line stands between the modules, so that formatting keeps their order.

mod method_name; // the names of the ways to sign in

mod method; // the ways to sign in, and which is meant

mod sign_in; // makes the tokens for a way to sign in

mod tokens; // one token for all requests, and its renewal

mod transport; // how the sign-in service is reached

mod token_answer; // what it answers, as the crate can read it

mod tenant; // the id of a tenant from its domain

mod certificate; // an app with a certificate

pub(in crate::graph) mod der; // the dates and the issuer of a certificate

mod workload; // an app with a token of its platform

mod managed_identity; // the identity of a machine

mod sign_in_context; // what both ways for a person need

mod interactive; // a person, and which way they sign in

mod browser; // a person in a browser

mod device_code; // a person with a code on another device

mod static_token; // a token that was obtained elsewhere

mod claims; // what a token says about itself

mod challenge; // claims that a new token must be requested with

pub(crate) mod failures; // why there is no token

pub(crate) mod advice; // what to do about a refusal, by the way of signing in

pub(crate) mod aadsts; // the error numbers of the sign-in service

pub(crate) mod catalogue; // our codes GL7xx in words

#[cfg(test)]
pub(crate) use self::{interactive::Ask, workload::Workload};
pub(crate) use challenge::Claims;
pub(crate) use claims::{Identity, IdentityKind};
pub(crate) use managed_identity::AppService;
pub(crate) use method::{CredentialInputs, Method, UsedMethod};
pub(crate) use method_name::MethodName;
pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_context::{DeviceCode, Prompt};
pub(crate) use tenant::tenant_id;
pub(crate) use tokens::{CredentialSource, Token, Tokens};
pub(crate) use transport::Authority;
pub(crate) use workload::{AzurePipelines, GitHubActions};

#[cfg(test)]
mod tests;
