//! TLS: a certificate for the names of the practice tenant, made anew for each start.
//!
//! A certificate authority issues it, because several TLS libraries refuse a certificate that is its own authority.
//! Must not write a private key anywhere: both keys stay in memory, so the authority can issue nothing afterwards.

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls_pki_types::PrivatePkcs8KeyDer;
use std::sync::Arc;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs},
};

/// The names that every certificate is for, in addition to the hosts of the options.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const DAYS_VALID: i64 = 90;

pub(super) struct Tls {
    pub acceptor: TlsAcceptor,
    /// The certificate of the authority in PEM, which clients are to trust.
    pub authority: String,
}

/// `hosts`: further names that the certificate is for.
pub(super) fn new(hosts: &[String], now: Timestamp) -> anyhow::Result<Tls> {
    let key = KeyPair::generate()?;
    let mut authority = params("guestlist practice tenant (certificate authority)", now);
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_certificate = authority.self_signed(&key)?;
    let issuer = Issuer::new(authority, key);

    let key = KeyPair::generate()?;
    let mut leaf = params("guestlist practice tenant", now);
    let names: Vec<String> = LOOPBACK
        .into_iter()
        .map(str::to_owned)
        .chain(hosts.iter().cloned())
        .collect();
    leaf.subject_alt_names = CertificateParams::new(names)
        .context("a name of --host cannot stand in a certificate")?
        .subject_alt_names;
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, &issuer)?;

    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        authority: pem(authority_certificate.der()),
    })
}

fn params(name: &str, now: Timestamp) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    // From yesterday on, for clients whose clock is behind.
    let day = |days: i64| {
        let at = now + SignedDuration::from_hours(24 * days);
        let date = at.to_zoned_datetime(TimeZone::UTC).date();
        date_time_ymd(
            date.year().into(),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    params.not_before = day(-1);
    params.not_after = day(DAYS_VALID);
    params
}

/// A certificate in PEM (RFC 7468).
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
