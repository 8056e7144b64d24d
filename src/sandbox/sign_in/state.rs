//! What the authority remembers between requests.

use serde::Serialize;
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

/// Limit on the number of codes and tokens that are stored. A client that needs more is in error.
pub(crate) const MAX_ENTRIES: usize = 10_000;

#[derive(Debug, Default)]
pub(crate) struct SignInState {
    /// The ids (`jti`) of assertions that were used, and when they expire in Unix seconds.
    pub used_assertions: HashMap<String, i64>,
    pub authorization_codes: HashMap<String, AuthorizationCode>,
    pub devices: Vec<DeviceCode>,
    /// Refresh tokens, and when they expire in Unix seconds.
    pub refresh_tokens: HashMap<String, i64>,
    /// The certificates that were registered with the app while the tenant runs, in PEM. Those of the weather come in
    /// addition.
    pub certificates: Vec<String>,
}

/// What a client asks for with a person's sign-in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct UserScope {
    /// The resource that the access token is for.
    pub resource: String,
    /// `offline_access`: a refresh token too.
    pub offline: bool,
    /// `openid`: an ID token too (OpenID Connect Core 1.0, 3.1.3.3).
    pub openid: bool,
}

/// What an authorization code was issued for.
#[derive(Debug)]
pub(crate) struct AuthorizationCode {
    pub redirect_uri: String,
    /// The PKCE code challenge.
    pub challenge: String,
    /// The ID token repeats it.
    pub nonce: Option<String>,
    /// Unix seconds.
    pub expires: i64,
    pub used: bool,
}

/// A device code, and the device that polls with it. `/_sandbox/device` shows the fields that are not skipped.
#[derive(Debug, Serialize)]
pub(crate) struct DeviceCode {
    pub user_code: String,
    pub state: DeviceState,
    /// Number of polls.
    pub polls: u32,
    /// Polls that came before the end of the interval.
    pub early: u32,
    /// Polls that were answered with `slow_down`.
    pub slowed: u32,
    #[serde(skip)]
    pub code: String,
    /// Unix seconds.
    #[serde(skip)]
    pub expires: i64,
    #[serde(skip)]
    pub interval: Duration,
    #[serde(skip)]
    pub last_poll: Instant,
    #[serde(skip)]
    pub scope: UserScope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeviceState {
    Pending,
    Approved,
    Declined,
    /// The token was issued.
    Used,
}

impl DeviceCode {
    /// What the person does on the other device: `approve` or `decline`.
    pub(crate) fn decide(&mut self, action: &str) -> Result<(), String> {
        self.state = match (action, self.state) {
            ("approve", DeviceState::Pending) => DeviceState::Approved,
            ("decline", DeviceState::Pending) => DeviceState::Declined,
            ("approve" | "decline", state) => {
                return Err(format!(
                    "this device code cannot be approved or declined any more: its state is {state:?}"
                ));
            }
            _ => return Err("the parameter do must be approve or decline".into()),
        };
        Ok(())
    }
}
