//! Checks an assertion: a JWT that an app sends in place of its secret. It is signed with the certificate of the app, or
//! another issuer has issued it for a workload (RFC 7523; Microsoft Entra: certificate credentials, workload identity
//! federation).
//!
//! The signature of another issuer is not checked, because its keys would have to be fetched from the internet.

use crate::sandbox::{
    sign_in::{
        certificate::AppCertificate,
        state::MAX_ENTRIES,
        token_errors::{TokenError, token_error},
    },
    state::tenant::TenantState,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::Value;

/// Seconds by which the clocks of the app and of the tenant may differ.
const SKEW: i64 = 5 * 60;

struct Jwt<'a> {
    header: Value,
    claims: Value,
    /// Header and claims as they were sent: the text that the signature is for.
    signed_text: &'a str,
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
            signed_text: signed,
            signature: decoded(signature)?,
        })
    }

    fn claim(&self, name: &str) -> &str {
        self.claims[name].as_str().unwrap_or_default()
    }

    /// Whether `aud` is this audience, or a list that contains it.
    fn is_for(&self, audience: &str) -> bool {
        match &self.claims["aud"] {
            Value::Array(several) => several.iter().any(|one| one == audience),
            one => one == audience,
        }
    }
}

/// Checks an assertion for the token endpoint of the tenant `name`.
pub(super) fn check(
    tenant: &mut TenantState,
    name: &str,
    assertion: &str,
) -> Result<(), TokenError> {
    let jwt = Jwt::parse(assertion).ok_or_else(malformed)?;
    let now = tenant.clock.now().as_second() + tenant.weather.sign_in.clock_ahead;
    let client = tenant.identity.client_id.clone();
    if !jwt.claim("iss").eq_ignore_ascii_case(&client) {
        check_federated(tenant, &jwt)?;
        return check_times(&jwt, now);
    }
    check_certificate(tenant, &jwt, now)?;
    if !jwt.claim("sub").eq_ignore_ascii_case(&client) {
        return Err(token_error(
            401,
            "invalid_client",
            700_021,
            "Client assertion application identifier doesn't match 'client_id' parameter.",
        ));
    }
    if !jwt.is_for(&format!(
        "{}/{name}/oauth2/v2.0/token",
        tenant.asked_at.base_url
    )) {
        return Err(token_error(
            401,
            "invalid_client",
            700_023,
            "Client assertion audience claim does not match Realm issuer.",
        ));
    }
    check_times(&jwt, now)?;
    check_first_use(tenant, &jwt, now)
}

/// Checks the signature with the certificate that the header names.
fn check_certificate(tenant: &TenantState, jwt: &Jwt<'_>, now: i64) -> Result<(), TokenError> {
    let header = |name: &str| jwt.header[name].as_str();
    let pss = match header("alg") {
        Some("PS256") => true,
        Some("RS256") => false,
        _ => return Err(malformed()),
    };
    let (sha256, sha1) = (header("x5t#S256"), header("x5t"));
    let thumbprint = match (sha256, sha1) {
        (Some(sha256), _) => sha256,
        // A SHA-1 thumbprint is allowed with the older signature algorithm only.
        (None, Some(sha1)) if !pss => sha1,
        _ => return Err(malformed()),
    };
    let of_weather = tenant.weather.sign_in.certificates.iter();
    let mut known = of_weather
        .chain(&tenant.sign_ins.certificates)
        .filter_map(|pem| AppCertificate::of_pem(pem));
    let Some(certificate) = known
        .find(|known| sha256.map_or(known.sha1 == thumbprint, |sha256| known.sha256 == sha256))
    else {
        return Err(wrong_key(format!(
            "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}', Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
            tenant.identity.client_id
        )));
    };
    if !certificate.verifies(pss, jwt.signed_text.as_bytes(), &jwt.signature) {
        return Err(wrong_key(format!(
            "Client assertion failed signature validation. [Reason - The key was found, but use of the key to verify the signature failed., Thumbprint of key used by client: '{thumbprint}']"
        )));
    }
    if now < certificate.valid_from.as_second() || now > certificate.valid_until.as_second() {
        return Err(wrong_key(format!(
            "Client assertion failed signature validation. [Reason - The key used is expired., Thumbprint of key used by client: '{thumbprint}', Found key 'Start={}, End={}']",
            certificate.valid_from, certificate.valid_until
        )));
    }
    Ok(())
}

/// Checks `nbf` and `exp`.
fn check_times(jwt: &Jwt<'_>, now: i64) -> Result<(), TokenError> {
    let from = jwt.claims["nbf"].as_i64();
    let until = jwt.claims["exp"].as_i64().ok_or_else(malformed)?;
    if from.is_none_or(|from| from <= now + SKEW) && now < until + SKEW {
        return Ok(());
    }
    let format_time = |second: i64| {
        Timestamp::from_second(second).map_or_else(|_| second.to_string(), |time| time.to_string())
    };
    Err(token_error(
        401,
        "invalid_client",
        700_024,
        format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            format_time(now),
            from.map_or_else(|| "any time".to_owned(), format_time),
            format_time(until)
        ),
    ))
}

/// Checks that the assertion was not used before: each one is valid for one token.
fn check_first_use(tenant: &mut TenantState, jwt: &Jwt<'_>, now: i64) -> Result<(), TokenError> {
    let id = jwt.claim("jti");
    if id.is_empty() {
        return Err(malformed());
    }
    let until = jwt.claims["exp"].as_i64().unwrap_or(now) + SKEW;
    let used = &mut tenant.sign_ins.used_assertions;
    if used.len() >= MAX_ENTRIES {
        used.retain(|_, until| *until > now);
    }
    match used.insert(id.to_owned(), until) {
        None => Ok(()),
        Some(_) => Err(token_error(
            401,
            "invalid_client",
            50_013,
            "Assertion failed validation: it was used before.",
        )),
    }
}

/// Checks issuer, subject and audience against the federated identity credentials of the app.
fn check_federated(tenant: &TenantState, jwt: &Jwt<'_>) -> Result<(), TokenError> {
    let credentials = &tenant.weather.sign_in.federated;
    let (issuer, subject) = (jwt.claim("iss"), jwt.claim("sub"));
    let audience = match &jwt.claims["aud"] {
        Value::String(audience) => audience.clone(),
        several => several.to_string(),
    };
    if credentials.is_empty() {
        return Err(token_error(
            401,
            "invalid_client",
            70_025,
            format!(
                "The client '{}'(guestlist practice app) has no configured federated identity credentials.",
                tenant.identity.client_id
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
    Err(token_error(
        401,
        "invalid_client",
        number,
        format!(
            "No matching federated identity record found for presented assertion{what}. Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
        ),
    ))
}

fn wrong_key(why: String) -> TokenError {
    token_error(401, "invalid_client", 700_027, why)
}

fn malformed() -> TokenError {
    token_error(
        400,
        "invalid_request",
        50_027,
        "JWT token is invalid or malformed.",
    )
}
