//! What the weather can do to a sign-in: `[sign_in]` of a weather file.

use super::{Certificate, refused};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInWeather {
    /// Certificates of the app, in PEM.
    pub certificates: Vec<String>,
    /// Federated credentials of the app.
    pub federated: Vec<Federated>,
    /// The tenant's clock is so many seconds ahead of this machine's when it judges an assertion.
    pub clock_ahead: i64,
    /// Every sign-in is refused with this AADSTS number.
    pub refuse: Option<u32>,
    /// Whether the app allows people to sign in without a secret.
    pub public_client: bool,
    /// What the person in the browser does.
    pub person: PersonDoes,
    /// Seconds that a device code lives.
    pub device_lifetime: u32,
    /// Seconds between two questions for a device code.
    pub device_interval: u32,
    /// So many questions for each device code are answered by `slow_down`.
    pub device_slow_downs: u32,
    /// Seconds that a refresh token lives.
    pub refresh_lifetime: u32,
    /// After so many invitations tokens are challenged for claims (continuous access evaluation), until one is shown
    /// that was asked for with them.
    pub challenge_after: Option<u64>,
    /// Tokens that were asked for with the claims are challenged too.
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
            person: PersonDoes::SignIn,
            device_lifetime: 900,
            device_interval: 5,
            device_slow_downs: 0,
            refresh_lifetime: 90 * 86_400,
            challenge_after: None,
            challenge_for_ever: false,
        }
    }
}

/// A token of elsewhere that is as good as the app's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Federated {
    pub issuer: String,
    pub subject: String,
    #[serde(default = "exchange")]
    pub audience: String,
}

fn exchange() -> String {
    "api://AzureADTokenExchange".into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonDoes {
    SignIn,
    Decline,
    /// Signs in, but the redirect carries the state of another sign-in.
    WrongState,
    /// Closes the browser.
    Never,
}

impl SignInWeather {
    pub fn check(&self) -> anyhow::Result<()> {
        for pem in &self.certificates {
            anyhow::ensure!(
                Certificate::of_pem(pem).is_some(),
                "sign_in: a certificate is no PEM with an X.509 certificate"
            );
        }
        if let Some(number) = self.refuse {
            anyhow::ensure!(
                refused::by_weather(number, "", "").is_some(),
                "sign_in: refuse cannot be {number}"
            );
        }
        Ok(())
    }
}
