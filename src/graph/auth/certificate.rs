//! Signing in with a certificate: a short-lived assertion, signed with the app's key (PS256, `x5t#S256`).
//!
//! The private key is read, used for signing, and dropped; it must not get anywhere else.

use super::{
    catalogue as codes,
    der::Validity,
    failures::{as_error, refusal},
};
use crate::{clock::Clock, files, graph::fault::Fault};
use async_trait::async_trait;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PSS_SHA256},
};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde_json::json;
use std::{fmt, path::Path};
use uuid::Uuid;

/// An assertion lives this long; it is used at once.
const LIFETIME: i64 = 5 * 60;

/// The longest file; a chain with its key is far shorter.
const LONGEST: u64 = 1024 * 1024;

/// A certificate with its key.
pub(super) struct Certificate {
    key: KeyPair,
    thumbprint: String,
    validity: Validity,
}

impl Certificate {
    /// Reads a PEM file that holds the certificate and its RSA key, in any order. Of a chain it takes the certificate that the
    /// key belongs to.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let unreadable = |why: &str| {
            refusal(
                codes::CERTIFICATE_UNREADABLE,
                format!("{}: {why}", path.display()),
            )
        };
        let pem =
            files::read_given(path, LONGEST).map_err(|error| unreadable(&error.to_string()))?;
        let key = match PrivateKeyDer::from_pem_slice(&pem) {
            Ok(key) => rsa(&key).ok_or_else(|| unreadable("the private key is not an RSA key"))?,
            Err(_) if pem.windows(9).any(|word| word == b"ENCRYPTED") => {
                return Err(unreadable("the private key is encrypted"));
            }
            Err(_) => return Err(unreadable("it holds no private key")),
        };
        let certificates: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem)
            .filter_map(Result::ok)
            .collect();
        if certificates.is_empty() {
            return Err(unreadable("it holds no certificate"));
        }
        let public = key.public_key().as_ref();
        let own = certificates
            .iter()
            .find(|certificate| certificate.windows(public.len()).any(|part| part == public));
        let own = own.ok_or_else(|| {
            let why = format!(
                "{}: the private key does not belong to the certificate",
                path.display()
            );
            refusal(codes::WRONG_CERTIFICATE, why)
        })?;
        Ok(Self {
            thumbprint: URL_SAFE_NO_PAD.encode(digest(&SHA256, own)),
            validity: Validity::of(own).ok_or_else(|| unreadable("its dates cannot be read"))?,
            key,
        })
    }

    /// Refuses a certificate that Entra would refuse, and says which of its two dates is the reason.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), Fault> {
        let Validity { from, until } = self.validity;
        if now < from {
            let why = format!("the certificate is not valid before {from}, and it is {now}");
            return Err(refusal(codes::CERTIFICATE_EXPIRED, why));
        }
        if now > until {
            let why = format!("the certificate was valid until {until}, and it is {now}");
            return Err(refusal(codes::CERTIFICATE_EXPIRED, why));
        }
        Ok(())
    }

    /// A signed assertion for the token endpoint `audience` (Entra: certificate credentials).
    pub(super) fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let now = now.as_second();
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now,
            "iat": now,
            "exp": now + LIFETIME,
        });
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PSS_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| refusal(codes::CERTIFICATE_UNREADABLE, "the key cannot sign"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn rsa(key: &PrivateKeyDer<'_>) -> Option<KeyPair> {
    match key {
        PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
        PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()).ok(),
        _ => None,
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

/// The certificate as `azure_identity` asks for it.
#[derive(Debug)]
pub(super) struct SignedAssertion {
    pub certificate: Certificate,
    pub client_id: String,
    /// The token endpoint's real URL.
    pub audience: String,
    pub clock: Clock,
}

#[async_trait]
impl ClientAssertion for SignedAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let now = self.clock.now();
        self.certificate.check(now).map_err(as_error)?;
        self.certificate
            .assertion(&self.client_id, &self.audience, now)
            .map_err(as_error)
    }
}
