//! Signing in with a code on another device (RFC 8628).
//!
//! Must keep to the interval that the server asks for, and to the end of the code's life.

use super::{
    catalogue as codes,
    failures::{Trouble, busy, fault_of, refusal},
    sign_in_context::{DeviceCode, SignInContext},
};
use crate::{
    graph::{fault::Fault, server_text::clean},
    secrets,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds for good (RFC 8628 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The longest interval for a service that keeps asking to slow down.
const LONGEST_INTERVAL: Duration = Duration::from_secs(64);

pub(super) async fn sign_in(context: &SignInContext, scope: &str) -> Result<Value, Fault> {
    let (code, secret, mut interval) = begin(context, scope).await?;
    let until = Instant::now() + code.expires_in;
    context.prompt.show_code(&code);
    loop {
        sleep(interval).await;
        if Instant::now() >= until {
            return Err(refusal(
                codes::CODE_EXPIRED,
                "the code was not used in time",
            ));
        }
        let form = [
            ("client_id", context.client_id.as_str()),
            ("grant_type", GRANT),
            ("device_code", secret.expose_secret()),
        ];
        let trouble = match context
            .authority
            .post_form(context.token_url(), &form)
            .await
        {
            Ok(answer) => return Ok(answer),
            Err(error) => fault_of(&error),
        };
        match trouble.said.as_str() {
            "authorization_pending" => {}
            "slow_down" => interval += SLOWER,
            // The person is still signing in; a failed poll is no reason to start again.
            _ if trouble.temporary && trouble.asks_to_slow_down() => {
                let asked = trouble.retry_after.unwrap_or_default();
                interval = (interval * 2).min(LONGEST_INTERVAL).max(asked);
            }
            _ if trouble.temporary => {}
            _ => return Err(trouble.fault),
        }
    }
}

async fn begin(
    context: &SignInContext,
    scope: &str,
) -> Result<(DeviceCode, SecretString, Duration), Fault> {
    let url = context
        .authority
        .url(&format!("{}/oauth2/v2.0/devicecode", context.tenant));
    let form = [("client_id", context.client_id.as_str()), ("scope", scope)];
    let answer = context.authority.post_form(url, &form).await;
    let answer = answer
        .map_err(|error| -> Trouble { fault_of(&error) })
        .map_err(|trouble| trouble.fault)?;
    let secret = answer["device_code"].as_str().map(SecretString::from);
    secret.iter().for_each(secrets::remember);
    // Shown to a person.
    let text = |name: &str| answer[name].as_str().map(|text| clean(text, 1_000));
    let seconds = |name: &str| {
        answer[name]
            .as_u64()
            .or_else(|| answer[name].as_str()?.parse().ok())
    };
    let parts = (
        secret,
        text("user_code"),
        text("verification_uri").or_else(|| text("verification_url")),
    );
    let (Some(secret), Some(user_code), Some(url)) = parts else {
        return Err(busy(codes::SIGN_IN_BUSY, "the answer holds no device code"));
    };
    let code = DeviceCode {
        message: text("message")
            .unwrap_or_else(|| format!("open {url} and enter the code {user_code}")),
        user_code,
        url,
        expires_in: Duration::from_secs(seconds("expires_in").unwrap_or(900).clamp(1, 1_800)),
    };
    let interval = Duration::from_secs(seconds("interval").unwrap_or(5).clamp(1, 60));
    Ok((code, secret, interval))
}
