//! The authority of the practice tenant. Apps sign in with a secret, a certificate or a token from elsewhere; people
//! sign in with a browser or with a device code. `endpoint` finds the flow; the others are flows and their parts.

pub(super) mod authority_request; // a request to the authority, and the checks that all flows share
pub(super) mod certificate; // a certificate of the app: thumbprints, dates, public key
pub(super) mod endpoint; // which path leads where, and which grant of the token endpoint
pub(super) mod sign_in_weather; // [sign_in] of a weather file
pub(super) mod state; // what the authority remembers

mod app; // client credentials
mod assertion; // a JWT in place of a secret
mod browser; // a person in a browser: authorization code with PKCE
mod device; // a person with a device code
mod discovery; // what the tenant publishes about itself
mod pages; // what a person sees in a browser
mod token_errors; // error answers with their AADSTS numbers
mod user_tokens; // tokens for people: public clients, scopes, refresh tokens
