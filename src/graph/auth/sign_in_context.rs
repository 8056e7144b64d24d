//! What both ways for a person to sign in need: where, as which app, and how the person is told what to do.
//!
//! Must not print or open anything: it asks the [`Prompt`] that it was given.

use super::transport::Authority;
use std::{sync::Arc, time::Duration};

/// A person gets this long to finish in the browser; a device code brings its own time.
pub(super) const LONGEST_SIGN_IN: Duration = Duration::from_secs(5 * 60);

/// How a person is told what to do. Implemented where there is a screen.
pub(crate) trait Prompt: Send + Sync {
    /// Opens the address in a browser, and shows it for those who use another one. False when there is no
    /// browser to open.
    fn browse(&self, url: &str) -> bool;

    /// Shows the code and where to type it.
    fn show_code(&self, code: &DeviceCode);

    /// Whether a code was shown, because no browser could be opened.
    fn has_shown_code(&self) -> bool {
        false
    }
}

/// What a person needs for signing in on another device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceCode {
    pub user_code: String,
    pub url: String,
    /// Entra's own sentence, in the language of the tenant.
    pub message: String,
    pub expires_in: Duration,
}

/// Where and as which app a person signs in.
#[derive(Clone)]
pub(super) struct SignInContext {
    pub authority: Authority,
    /// A domain, an id, or `organizations`.
    pub tenant: String,
    pub client_id: String,
    pub prompt: Arc<dyn Prompt>,
    pub longest: Duration,
}

impl SignInContext {
    pub(super) fn token_url(&self) -> reqwest::Url {
        self.authority
            .url(&format!("{}/oauth2/v2.0/token", self.tenant))
    }

    /// What is asked for: the app's delegated permissions, and a refresh token.
    pub(super) fn scope(resource: &str) -> String {
        format!("{resource} offline_access openid profile")
    }
}
