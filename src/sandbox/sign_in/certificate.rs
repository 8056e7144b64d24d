//! A certificate that is registered with the app: its thumbprints, its dates and its public key (RFC 5280).

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest},
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, pem::PemObject};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppCertificate {
    /// SHA-256 thumbprint: `x5t#S256` in the header of an assertion.
    pub sha256: String,
    /// SHA-1 thumbprint: the older `x5t`.
    pub sha1: String,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    /// The SubjectPublicKeyInfo, in DER.
    key: Vec<u8>,
}

impl AppCertificate {
    /// The first certificate of a PEM text.
    pub(crate) fn of_pem(pem: &str) -> Option<Self> {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok()?;
        let (_, certificate, _) = Der(&der).next()?;
        let (_, to_be_signed, _) = Der(certificate).next()?;
        let mut parts = Der(to_be_signed);
        let (tag, _, _) = parts.next()?;
        if tag == VERSION {
            parts.next()?; // serial number
        }
        parts.next()?; // algorithm
        parts.next()?; // issuer
        let (_, validity, _) = parts.next()?;
        parts.next()?; // subject
        let (_, _, key) = parts.next()?;
        let mut validity = Der(validity);
        Some(Self {
            sha256: URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)),
            sha1: URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &der)),
            valid_from: validity.time()?,
            valid_until: validity.time()?,
            key: key.to_vec(),
        })
    }

    /// Whether its key made this signature: PS256 when `pss`, otherwise RS256 (RFC 7518).
    pub(crate) fn verifies(&self, pss: bool, message: &[u8], signature: &[u8]) -> bool {
        let verified = if pss {
            UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, &self.key).verify(message, signature)
        } else {
            UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key)
                .verify(message, signature)
        };
        verified.is_ok()
    }
}

const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Reads DER values one after the other (ITU-T X.690).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The tag, the content, and the whole value with tag and length.
    fn next(&mut self) -> Option<(u8, &'a [u8], &'a [u8])> {
        let all = self.0;
        let (&tag, rest) = all.split_first()?;
        let (&short, rest) = rest.split_first()?;
        let (length, rest) = match short {
            0..=0x7f => (usize::from(short), rest),
            0x81..=0x84 => {
                let (length, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
                let length = length
                    .iter()
                    .fold(0, |length, byte| length << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content, &all[..all.len() - rest.len()]))
    }

    fn time(&mut self) -> Option<Timestamp> {
        let (tag, content, _) = self.next()?;
        let text = std::str::from_utf8(content).ok()?;
        let (year, rest) = match tag {
            // Two digits stand for a year from 1950 to 2049 (RFC 5280, 4.1.2.5.1).
            UTC_TIME => {
                let (year, rest) = text.split_at_checked(2)?;
                let century = if year < "50" { "20" } else { "19" };
                (format!("{century}{year}"), rest)
            }
            GENERALIZED_TIME => {
                let (year, rest) = text.split_at_checked(4)?;
                (year.to_owned(), rest)
            }
            _ => return None,
        };
        let two = |at: usize| rest.get(at..at + 2);
        let (month, day, hour, minute, second) = (two(0)?, two(2)?, two(4)?, two(6)?, two(8)?);
        format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
            .parse()
            .ok()
    }
}
