//! A token that was obtained outside of this program, until it expires.
//!
//! At first it is used even if it says that it has expired: Graph's clock decides, and the clock of this machine may be
//! wrong.

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
use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// Seconds that a token is used before it is asked for again, when it does not say.
const UNSAID: i64 = 3_600;

/// A token as it was given.
pub(super) struct StaticToken {
    token: SecretString,
    clock: Clock,
    used: AtomicBool,
}

impl StaticToken {
    pub(super) fn new(token: SecretString, clock: Clock) -> Self {
        Self {
            token,
            clock,
            used: AtomicBool::new(false),
        }
    }
}

#[async_trait]
impl TokenCredential for StaticToken {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.token.expose_secret();
        let now = self.clock.now();
        let used = self.used.swap(true, Relaxed);
        let left = Identity::of_token(token)
            .expires
            .map_or(UNSAID, |expires| expires.duration_since(now).as_secs());
        if left <= 0 && used {
            let over = refusal(codes::TOKEN_OVER, "the token's time is over");
            return Err(as_error(over));
        }
        let expires = OffsetDateTime::now_utc()
            + azure_core::time::Duration::seconds(if left > 0 { left } else { UNSAID });
        Ok(AccessToken::new(Secret::new(token.to_owned()), expires))
    }
}

impl fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaticToken(…)")
    }
}
