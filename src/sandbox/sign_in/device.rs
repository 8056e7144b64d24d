//! Device code: a person enters a code on another device (RFC 8628; Microsoft Entra: OAuth 2.0 device authorization grant
//! flow).

use crate::sandbox::{
    sign_in::{
        authority_request::{AuthorityRequest, check_tenant_and_app, parameter},
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

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub(super) fn begin(
    tenant: &mut TenantState,
    name: &str,
    request: &AuthorityRequest,
) -> Result<Value, TokenError> {
    check_tenant_and_app(tenant, name, &request.form)?;
    let wants_refresh_token = check_scope(tenant, &request.form)?;
    let user_code: String = (0..9)
        .filter_map(|_| fastrand::choice(USER_CODE_CHARACTERS))
        .map(|letter| char::from(*letter))
        .collect();
    let device_code = format!("{}{}", new_id(), new_id());
    let weather = &tenant.weather.sign_in;
    let (lifetime, interval) = (weather.device_lifetime, weather.device_interval);
    let url = format!("{}/_sandbox/device", tenant.identity.url);
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
        wants_refresh_token,
    });
    Ok(answer)
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
            let wants_refresh_token = device.wants_refresh_token;
            Ok(user_tokens(tenant, wants_refresh_token))
        }
    }
}
