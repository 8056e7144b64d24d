//! Device code: a person enters a code on another device (RFC 8628; Microsoft Entra: OAuth 2.0 device authorization grant
//! flow).

use crate::sandbox::{
    messages::reply::Reply,
    sign_in::{
        authority_request::{AuthorityRequest, check_tenant_and_app, parameter},
        pages,
        state::{DeviceCode, DeviceState, MAX_ENTRIES},
        token_errors::{TokenError, token_error},
        user_tokens::{check_public_client, check_scope, user_tokens},
    },
    state::{ids::new_id, tenant::TenantState},
};
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// `slow_down` makes the interval longer by this much for all further polls (RFC 8628, 3.5).
const SLOW_DOWN: Duration = Duration::from_secs(5);
/// A poll that is early by less than this is not counted as early.
const TOLERANCE: Duration = Duration::from_millis(50);
/// The characters of a user code: none that looks like another one, and no vowels.
const USER_CODE_CHARACTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ2346789";

/// The path of the page on which a person enters the code.
pub(super) const DEVICE_PAGE: &str = "devicelogin";

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(super) fn begin(
    tenant: &mut TenantState,
    name: &str,
    request: &AuthorityRequest,
) -> Result<Value, TokenError> {
    check_tenant_and_app(tenant, name, &request.form)?;
    let scope = check_scope(tenant, &request.form)?;
    let user_code: String = (0..9)
        .filter_map(|_| fastrand::choice(USER_CODE_CHARACTERS))
        .map(|letter| char::from(*letter))
        .collect();
    let device_code = format!("{}{}", new_id(), new_id());
    let weather = &tenant.weather.sign_in;
    let (lifetime, interval) = (weather.device_lifetime, weather.device_interval);
    // A browser can open the tenant's own address, whatever name the client uses.
    let url = format!("{}/{DEVICE_PAGE}", tenant.identity.url);
    let answer = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": url,
        "expires_in": lifetime,
        "interval": interval,
        "message": format!(
            "To sign in, use a web browser to open the page {url} and enter the code {user_code} to authenticate."
        ),
    });
    let devices = &mut tenant.sign_ins.devices;
    if devices.len() >= MAX_ENTRIES {
        devices.clear();
    }
    devices.push(DeviceCode {
        user_code,
        state: DeviceState::Pending,
        polls: 0,
        early: 0,
        slowed: 0,
        code: device_code,
        expires: tenant.clock.now().as_second() + i64::from(lifetime),
        interval: Duration::from_secs(interval.into()),
        last_poll: request.arrived,
        scope,
    });
    Ok(answer)
}

/// The page on which a person enters the code and decides. `form` is what the person sent.
pub(super) fn page(tenant: &mut TenantState, form: &HashMap<String, String>) -> Reply {
    let action = format!("/{DEVICE_PAGE}");
    let Some(user_code) = form.get("user_code") else {
        return pages::enter_code(tenant, &action, None);
    };
    let user_code = user_code.trim();
    let now = tenant.clock.now().as_second();
    let devices = &mut tenant.sign_ins.devices;
    let waiting = devices.iter_mut().find(|device| {
        device.user_code.eq_ignore_ascii_case(user_code)
            && device.state == DeviceState::Pending
            && now < device.expires
    });
    let Some(device) = waiting else {
        let wrong = "No program waits for this code. It may be mistyped, used, or too old.";
        return pages::enter_code(tenant, &action, Some(wrong));
    };
    match form.get("do").map(String::as_str) {
        Some("approve") => {
            device.state = DeviceState::Approved;
            let text = "The program goes on within a few seconds. You can close this window.";
            pages::ending(tenant, 200, "You are signed in", text)
        }
        Some("decline") => {
            device.state = DeviceState::Declined;
            let text = "The program was told so. You can close this window.";
            pages::ending(tenant, 200, "You declined", text)
        }
        _ => pages::consent(tenant, "post", &action, &[("user_code", user_code)]),
    }
}

/// `grant_type=urn:ietf:params:oauth:grant-type:device_code`: the device polls for its token.
pub(super) fn poll(
    tenant: &mut TenantState,
    form: &HashMap<String, String>,
    arrived: Instant,
) -> Result<Value, TokenError> {
    check_public_client(tenant, form)?;
    let device_code = parameter(form, "device_code")?;
    let now = tenant.clock.now().as_second();
    let slow_downs = tenant.weather.sign_in.device_slow_downs;
    let devices = &mut tenant.sign_ins.devices;
    let Some(device) = devices.iter_mut().find(|device| device.code == device_code) else {
        return Err(token_error(
            400,
            "bad_verification_code",
            70_018,
            "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved.",
        ));
    };
    device.polls += 1;
    let early = arrived + TOLERANCE < device.last_poll + device.interval;
    device.last_poll = arrived;
    if now >= device.expires {
        return Err(token_error(
            400,
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        ));
    }
    device.early += u32::from(early);
    if early || device.slowed < slow_downs {
        device.slowed += 1;
        device.interval += SLOW_DOWN;
        return Err(token_error(
            400,
            "slow_down",
            50_196,
            "The server terminated an operation because it encountered a client request loop.",
        ));
    }
    match device.state {
        DeviceState::Pending => Err(token_error(
            400,
            "authorization_pending",
            70_016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        )),
        DeviceState::Declined => Err(token_error(
            400,
            "authorization_declined",
            70_000,
            "The end user denied the authorization request.",
        )),
        DeviceState::Used => Err(token_error(
            400,
            "invalid_grant",
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        )),
        DeviceState::Approved => {
            device.state = DeviceState::Used;
            let scope = device.scope.clone();
            Ok(user_tokens(tenant, &scope, None))
        }
    }
}
