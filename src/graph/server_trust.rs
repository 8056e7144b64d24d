//! Which servers are trusted: those whose certificate leads to an authority of the system's store, or of `--ca-file`.
//!
//! Must trust nothing by itself: the system's verifier decides, and what it refuses is only told with the name of the
//! issuer, which its own error lacks.

use super::{auth::der, server_text};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use rustls_platform_verifier::Verifier;
use std::{fmt, sync::Arc};

const LONGEST_NAME: usize = 120;

/// The certificate of a server leads to no authority that is known here.
#[derive(Debug)]
pub(super) struct UnknownAuthority {
    issuer: Option<String>,
}

/// The settings of a client that trusts the system's authorities, and these.
pub(super) fn config(own: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = NamesTheIssuer(verifier(own, &provider)?);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
    Ok(config)
}

fn verifier(
    own: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    if own.is_empty() {
        return Ok(Arc::new(Verifier::new(provider.clone())?));
    }
    if let Ok(verifier) = Verifier::new_with_extra_roots(own.clone(), provider.clone()) {
        return Ok(Arc::new(verifier));
    }
    // A machine without any certificates of its own.
    let mut roots = RootCertStore::empty();
    for certificate in own {
        roots.add(certificate)?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let verifier = builder
        .build()
        .map_err(|error| Error::General(error.to_string()))?;
    Ok(verifier)
}

/// The system's verifier, whose refusals name the issuer.
#[derive(Debug)]
struct NamesTheIssuer(Arc<dyn ServerCertVerifier>);

impl ServerCertVerifier for NamesTheIssuer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.0
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            ) => {
                let unknown = UnknownAuthority {
                    issuer: der::issuer(end_entity)
                        .map(|name| server_text::clean(&name, LONGEST_NAME)),
                };
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(unknown))))
            }
            other => other,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

/// Why the certificate of a server was refused, if that is what is wrong.
pub(super) fn refusal(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut cause = Some(error);
    while let Some(inner) = cause {
        match of_tls(inner) {
            Some(Error::InvalidCertificate(CertificateError::Other(OtherError(why)))) => {
                return Some(why.to_string());
            }
            Some(refused @ Error::InvalidCertificate(_)) => return Some(refused.to_string()),
            _ => cause = inner.source(),
        }
    }
    None
}

/// An error of TLS, which may lie in errors of input and output, one in another.
fn of_tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Error> {
    error.downcast_ref().or_else(|| {
        let outer: &std::io::Error = error.downcast_ref()?;
        of_tls(outer.get_ref()?)
    })
}

impl fmt::Display for UnknownAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.issuer {
            Some(issuer) => write!(
                f,
                "the server's certificate was issued by {issuer}, an authority that this machine does not know"
            ),
            None => f.write_str(
                "the server's certificate was issued by an authority that this machine does not know",
            ),
        }
    }
}

impl std::error::Error for UnknownAuthority {}
