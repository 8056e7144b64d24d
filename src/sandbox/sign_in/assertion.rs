//! A JWT in place of a secret: signed with the app's certificate, or issued elsewhere for a workload
//! (Entra: certificate credentials, workload identity federation; RFC 7523).
//!
//! Of a token from elsewhere the signature is not checked: its issuer's keys are on the internet.

use super::{
    MOST,
    certificate::Certificate,
    refused::{Refused, refused},
};
use crate::sandbox::tenant::Tenant;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

/// Seconds by which two clocks may differ.
const SKEW: i64 = 5 * 60;

struct Jwt<'a> {
    header: Value,
    claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self {
            header: serde_json::from_slice(&decoded(header)?).ok()?,
            claims: serde_json::from_slice(&decoded(claims)?).ok()?,
            signed,
            signature: decoded(signature)?,
        })
    }

    fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// One audience, or one of several.
    fn is_for(&self, audience: &str) -> bool {
        match &self.claims["aud"] {
            Value::Array(several) => several.iter().any(|one| one == audience),
            one => one == audience,
        }
    }
}

pub fn check(tenant: &mut Tenant, name: &str, shown: &str) -> Result<(), Refused> {
    let jwt = Jwt::parse(shown).ok_or_else(malformed)?;
    let now = tenant.clock.now().as_second() + tenant.weather.sign_in.clock_ahead;
    let client = tenant.names.client_id.clone();
    if !jwt.claim("iss").eq_ignore_ascii_case(&client) {
        is_federated(tenant, &jwt)?;
        return in_time(&jwt, now);
    }
    by_certificate(tenant, &jwt, now)?;
    if !jwt.claim("sub").eq_ignore_ascii_case(&client) {
        return Err(refused(
            401,
            "invalid_client",
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        ));
    }
    if !jwt.is_for(&format!("{}/{name}/oauth2/v2.0/token", tenant.names.url)) {
        return Err(refused(
            401,
            "invalid_client",
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    in_time(&jwt, now)?;
    once(tenant, &jwt, now)
}

fn by_certificate(tenant: &Tenant, jwt: &Jwt<'_>, now: i64) -> Result<(), Refused> {
    let header = |name: &str| jwt.header[name].as_str();
    let pss = match header("alg") {
        Some("PS256") => true,
        Some("RS256") => false,
        _ => return Err(malformed()),
    };
    let (new, old) = (header("x5t#S256"), header("x5t"));
    let thumbprint = match (new, old) {
        (Some(new), _) => new,
        // The older thumbprint goes with the older signature only.
        (None, Some(old)) if !pss => old,
        _ => return Err(malformed()),
    };
    let registered = &tenant.weather.sign_in.certificates;
    let mut known = registered.iter().filter_map(|pem| Certificate::of_pem(pem));
    let Some(certificate) =
        known.find(|known| new.map_or(known.sha1 == thumbprint, |new| known.sha256 == new))
    else {
        return Err(wrong_key(format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
            tenant.names.client_id
        )));
    };
    if !certificate.signed(pss, jwt.signed.as_bytes(), &jwt.signature) {
        return Err(wrong_key(format!(
            "Client assertion failed signature validation. [Reason - The key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '{thumbprint}']"
        )));
    }
    if now < certificate.from.as_second() || now > certificate.until.as_second() {
        return Err(wrong_key(format!(
            "Client assertion failed signature validation. [Reason - The key used is expired., Thumbprint of key used by client: '{thumbprint}', Found key 'Start={}, End={}']",
            certificate.from, certificate.until
        )));
    }
    Ok(())
}

fn in_time(jwt: &Jwt<'_>, now: i64) -> Result<(), Refused> {
    let from = jwt.claims["nbf"].as_i64();
    let until = jwt.claims["exp"].as_i64().ok_or_else(malformed)?;
    if from.is_none_or(|from| from <= now + SKEW) && now < until + SKEW {
        return Ok(());
    }
    let written = |second: i64| {
        Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
    };
    Err(refused(
        401,
        "invalid_client",
        700_024,
        format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            written(now),
            from.map_or_else(|| "any time".to_owned(), written),
            written(until)
        ),
    ))
}

/// Each assertion is good for one token.
fn once(tenant: &mut Tenant, jwt: &Jwt<'_>, now: i64) -> Result<(), Refused> {
    let id = jwt.claim("jti");
    if id.is_empty() {
        return Err(malformed());
    }
    let until = jwt.claims["exp"].as_i64().unwrap_or(now) + SKEW;
    let shown = &mut tenant.sign_ins.shown;
    if shown.len() >= MOST {
        shown.retain(|_, until| *until > now);
    }
    match shown.insert(id.to_owned(), until) {
        None => Ok(()),
        Some(_) => Err(refused(
            401,
            "invalid_client",
            50_013,
            "Assertion failed validation: it was used before.",
        )),
    }
}

fn is_federated(tenant: &Tenant, jwt: &Jwt<'_>) -> Result<(), Refused> {
    let credentials = &tenant.weather.sign_in.federated;
    let (issuer, subject) = (jwt.claim("iss"), jwt.claim("sub"));
    let audience = match &jwt.claims["aud"] {
        Value::String(audience) => audience.clone(),
        several => several.to_string(),
    };
    if credentials.is_empty() {
        return Err(refused(
            401,
            "invalid_client",
            70_025,
            format!(
                "The client '{}'(guestlist practice app) has no configured federated identity credentials.",
                tenant.names.client_id
            ),
        ));
    }
    let (mut by_issuer, mut by_subject, mut any) = (false, false, false);
    for credential in credentials {
        let same = [
            credential.issuer == issuer,
            credential.subject == subject,
            jwt.is_for(&credential.audience),
        ];
        if same == [true; 3] {
            return Ok(());
        }
        any |= same.contains(&true);
        by_issuer |= same[0];
        by_subject |= same[0] && same[1];
    }
    let (number, what) = if !any {
        (
            70_021,
            format!(
                ". Assertion Issuer: '{issuer}'. Assertion Subject: '{subject}'. Assertion Audience: '{audience}'"
            ),
        )
    } else if !by_issuer {
        (700_211, format!(" issuer '{issuer}'"))
    } else if !by_subject {
        (700_213, format!(" subject '{subject}'"))
    } else {
        (700_212, format!(" audience '{audience}'"))
    };
    Err(refused(
        401,
        "invalid_client",
        number,
        format!(
            "No matching federated identity record found for presented assertion{what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        ),
    ))
}

fn wrong_key(why: String) -> Refused {
    refused(401, "invalid_client", 700_027, why)
}

fn malformed() -> Refused {
    refused(
        400,
        "invalid_request",
        50_027,
        "JWT token is invalid or malformed.",
    )
}
