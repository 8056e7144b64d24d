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
        let bytes =
            files::read_given(path, LONGEST).map_err(|error| unreadable(&error.to_string()))?;
        if let Some(why) = in_another_form(path, &bytes) {
            return Err(unreadable(&why));
        }
        let pem = as_utf8(bytes);
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

/// Says what a binary file is and how it becomes a PEM file. None: it may be a PEM file.
fn in_another_form(path: &Path, bytes: &[u8]) -> Option<String> {
    /// The object identifiers 1.2.840.113549.1.12.1.x (RFC 7292, appendix C): how a PFX file encrypts its parts.
    const PFX_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
    /// RC4 and RC2, which OpenSSL 3 reads only with `-legacy`.
    const LEGACY: [u8; 4] = [1, 2, 5, 6];
    /// A PFX file is a sequence that begins with its version, 3 (RFC 7292, section 4).
    const PFX_VERSION: &[u8] = &[0x02, 0x01, 0x03];
    const SEQUENCE: u8 = 0x30;
    let [SEQUENCE, length, ..] = *bytes else {
        return None;
    };
    let header = match length {
        0x80.. => 2 + usize::from(length & 0x7f),
        _ => 2,
    };
    let name = quoted(&path.display().to_string());
    let pem = quoted(&path.with_extension("pem").display().to_string());
    if bytes
        .get(header..)
        .is_some_and(|rest| rest.starts_with(PFX_VERSION))
    {
        let is_legacy = bytes.windows(PFX_ENCRYPTION.len() + 1).any(|part| {
            part.starts_with(PFX_ENCRYPTION) && LEGACY.contains(&part[PFX_ENCRYPTION.len()])
        });
        let legacy = if is_legacy { " -legacy" } else { "" };
        return Some(format!(
            "it is a PFX file; this command makes a PEM file of it: openssl pkcs12 -in {name} -out {pem} -nodes{legacy}"
        ));
    }
    Some(
        "it is a binary (DER) file; a PEM file is needed that holds the certificate and its private key".into(),
    )
}

/// A path as it is typed on a command line.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    match path.chars().all(is_plain) {
        true => path.to_owned(),
        false if cfg!(windows) || path.contains('\'') => format!("\"{path}\""),
        false => format!("'{path}'"),
    }
}

/// Without the byte order mark that Windows programs write; UTF-16 becomes UTF-8.
fn as_utf8(bytes: Vec<u8>) -> Vec<u8> {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return rest.to_vec();
    }
    let Some(rest) = bytes.strip_prefix(b"\xff\xfe") else {
        return bytes;
    };
    let units: Vec<u16> = rest
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    String::from_utf16_lossy(&units).into_bytes()
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
