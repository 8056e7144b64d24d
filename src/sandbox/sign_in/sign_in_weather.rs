//! `[sign_in]` of a weather file: how the app is registered, what people do, and which sign-ins fail.

use crate::sandbox::sign_in::{certificate::AppCertificate, token_errors};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInWeather {
    /// The certificates of the app, in PEM.
    pub certificates: Vec<String>,
    /// The federated identity credentials of the app.
    pub federated: Vec<Federated>,
    /// How many seconds the clock that checks an assertion is ahead of the clock of this machine.
    pub clock_ahead: i64,
    /// Every sign-in fails with this AADSTS number.
    pub refuse: Option<u32>,
    /// Whether the app is a public client, so that people sign in to it without a secret.
    pub public_client: bool,
    /// What the person in the browser does.
    pub person: BrowserAction,
    /// Lifetime of a device code in seconds.
    pub device_lifetime: u32,
    /// Seconds between two polls with a device code.
    pub device_interval: u32,
    /// Number of polls with each device code that are answered with `slow_down`.
    pub device_slow_downs: u32,
    /// Lifetime of a refresh token in seconds.
    pub refresh_lifetime: u32,
    /// After this many invitations Graph answers with a claims challenge (continuous access evaluation), until the
    /// client has a token that it asked for with these claims.
    pub challenge_after: Option<u64>,
    /// Graph answers with the claims challenge even then.
    pub challenge_for_ever: bool,
}

impl Default for SignInWeather {
    fn default() -> Self {
        Self {
            certificates: Vec::new(),
            federated: Vec::new(),
            clock_ahead: 0,
            refuse: None,
            public_client: true,
            person: BrowserAction::SignIn,
            device_lifetime: 900,
            device_interval: 5,
            device_slow_downs: 0,
            refresh_lifetime: 90 * 86_400,
            challenge_after: None,
            challenge_for_ever: false,
        }
    }
}

/// Tokens of another issuer that the app can use in place of its secret (Microsoft Entra: workload identity federation).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    pub issuer: String,
    pub subject: String,
    #[serde(default = "default_audience")]
    pub audience: String,
}

fn default_audience() -> String {
    "api://AzureADTokenExchange".into()
}

/// What the person in the browser does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrowserAction {
    SignIn,
    Decline,
    /// Signs in, but the redirect carries the state of another sign-in.
    WrongState,
    /// Closes the browser without signing in.
    Never,
}

impl SignInWeather {
    pub fn check(&self) -> anyhow::Result<()> {
        for pem in &self.certificates {
            anyhow::ensure!(
                AppCertificate::of_pem(pem).is_some(),
                "sign_in: each of certificates must be an X.509 certificate in PEM"
            );
        }
        if let Some(number) = self.refuse {
            anyhow::ensure!(
                token_errors::ordered_by_weather(number, "", "").is_some(),
                "sign_in: refuse must be a known AADSTS number, not {number}: 50020, 50076, 50105, 53003, 65001, 90033, 700082 or 7000112"
            );
        }
        Ok(())
    }
}
