//! A token that somebody got elsewhere, for as long as it lives.

use super::{
    catalogue as codes,
    claims::Identity,
    failures::{as_error, refusal},
};
use crate::clock::Clock;
use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    time::OffsetDateTime,
};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A token as it was given.
pub struct GivenToken {
    pub token: SecretString,
    pub clock: Clock,
}

#[async_trait]
impl TokenCredential for GivenToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.token.expose_secret();
        let now = self.clock.now();
        // A token that does not say when it ends is used until Graph refuses it.
        let left = match Identity::of_token(token).expires {
            Some(expires) => expires.duration_since(now).as_secs(),
            None => 3_600,
        };
        if left <= 0 {
            let over = refusal(codes::TOKEN_OVER, "the token's time is over");
            return Err(as_error(over));
        }
        let expires = OffsetDateTime::now_utc() + azure_core::time::Duration::seconds(left);
        Ok(AccessToken::new(Secret::new(token.to_owned()), expires))
    }
}

impl fmt::Debug for GivenToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenToken(…)")
    }
}
