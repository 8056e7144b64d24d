//! A person with a code on another device (RFC 8628; Entra: device authorization grant).

use super::{
    AuthorityCall, MOST,
    endpoint::{field, known_app},
    person::{public, scope, user_token},
    refused::{Refused, refused},
};
use crate::sandbox::tenant::{Tenant, new_id};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use tokio::time::Instant;

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What `slow_down` adds to the interval for good (RFC 8628 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// A question that is early by less is not.
const TOLERANCE: Duration = Duration::from_millis(50);
/// Without letters and digits that look alike.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ2346789";

/// A device that waits for its person.
#[derive(Debug, Serialize)]
pub struct Device {
    pub user_code: String,
    pub state: State,
    /// Questions so far; those that came too early; those that were told to slow down.
    polls: u32,
    early: u32,
    slowed: u32,
    #[serde(skip)]
    code: String,
    #[serde(skip)]
    until: i64,
    #[serde(skip)]
    interval: Duration,
    #[serde(skip)]
    last: Instant,
    #[serde(skip)]
    renewable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Pending,
    Approved,
    Declined,
    /// The token was given out.
    Used,
}

/// `POST /{tenant}/oauth2/v2.0/devicecode`.
pub fn begin(tenant: &mut Tenant, name: &str, call: &AuthorityCall) -> Result<Value, Refused> {
    known_app(tenant, name, &call.form)?;
    let renewable = scope(tenant, &call.form)?;
    let user_code: String = (0..9)
        .filter_map(|_| fastrand::choice(LETTERS))
        .map(|letter| char::from(*letter))
        .collect();
    let code = format!("{}{}", new_id(), new_id());
    let weather = &tenant.weather.sign_in;
    let (lifetime, interval) = (weather.device_lifetime, weather.device_interval);
    let url = format!("{}/_sandbox/device", tenant.names.url);
    let answer = json!({
        "user_code": user_code,
        "device_code": code,
        "verification_uri": url,
        "expires_in": lifetime,
        "interval": interval,
        "message": format!(
            "To sign in, use a web browser to open the page {url} and enter the code {user_code} to authenticate."
        ),
    });
    let devices = &mut tenant.sign_ins.devices;
    if devices.len() >= MOST {
        devices.clear();
    }
    devices.push(Device {
        user_code,
        state: State::Pending,
        polls: 0,
        early: 0,
        slowed: 0,
        code,
        until: tenant.clock.now().as_second() + i64::from(lifetime),
        interval: Duration::from_secs(interval.into()),
        last: call.arrived,
        renewable,
    });
    Ok(answer)
}

/// A question of the device: has the person been there?
pub fn poll(
    tenant: &mut Tenant,
    form: &HashMap<String, String>,
    arrived: Instant,
) -> Result<Value, Refused> {
    public(tenant, form)?;
    let asked = field(form, "device_code")?;
    let now = tenant.clock.now().as_second();
    let slow_downs = tenant.weather.sign_in.device_slow_downs;
    let devices = &mut tenant.sign_ins.devices;
    let Some(device) = devices.iter_mut().find(|device| device.code == asked) else {
        return Err(refused(
            400,
            "bad_verification_code",
            70_018,
            "Invalid verification code due to User typing in wrong user code for device code flow. Authorization is not approved.",
        ));
    };
    device.polls += 1;
    let early = arrived + TOLERANCE < device.last + device.interval;
    device.last = arrived;
    if now >= device.until {
        return Err(refused(
            400,
            "expired_token",
            70_020,
            "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
        ));
    }
    device.early += u32::from(early);
    if early || device.slowed < slow_downs {
        device.slowed += 1;
        device.interval += SLOWER;
        return Err(refused(
            400,
            "slow_down",
            50_196,
            "The server terminated an operation because it encountered a client request loop.",
        ));
    }
    match device.state {
        State::Pending => Err(refused(
            400,
            "authorization_pending",
            70_016,
            "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
        )),
        State::Declined => Err(refused(
            400,
            "authorization_declined",
            70_000,
            "The end user denied the authorization request.",
        )),
        State::Used => Err(refused(
            400,
            "invalid_grant",
            54_005,
            "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
        )),
        State::Approved => {
            device.state = State::Used;
            let renewable = device.renewable;
            Ok(user_token(tenant, renewable))
        }
    }
}

impl Device {
    /// What the person does on the other device: `approve` or `decline`.
    pub fn decide(&mut self, does: &str) -> Result<(), String> {
        self.state = match (does, self.state) {
            ("approve", State::Pending) => State::Approved,
            ("decline", State::Pending) => State::Declined,
            ("approve" | "decline", state) => return Err(format!("it is {state:?} already")),
            _ => return Err("do=approve or do=decline".into()),
        };
        Ok(())
    }
}
