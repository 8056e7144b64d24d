//! How a server is reached: timeouts and proxies. Which certificates are trusted is decided in `server_trust`.
//!
//! Must not send anything. Its texts never hold a URL, because URLs hold addresses.

use super::{
    answer::Unreached, base_url::BaseUrl, catalogue, class::Class, server_text, server_trust,
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};
use reqwest::{Client, redirect};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) const USER_AGENT: &str = concat!("guestlist/", env!("CARGO_PKG_VERSION"));

/// Errors of the network are cut to this length.
const LONGEST_REASON: usize = 600;

/// The longest CA file; the certificates of a whole system are far shorter.
const LONGEST_CA_FILE: u64 = 16 * 1024 * 1024;

/// A proxy, without its user name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub address: String,
    /// The variable that names it.
    pub from: String,
}

/// How to reach a server.
#[derive(Debug, Clone)]
pub(crate) struct HttpOptions {
    /// Certificates to trust beside the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// The proxy that the environment names, for messages; the client finds it by itself.
    pub proxy: Option<Proxy>,
    pub connect_timeout: Duration,
    pub answer_timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            ca_file: None,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(100),
        }
    }
}

/// A client for one server: https only and the environment's proxies, or loopback without either.
pub(crate) fn client(base: &BaseUrl, options: &HttpOptions) -> Result<Client> {
    let loopback = base.is_loopback();
    let builder = || {
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(options.connect_timeout)
            .timeout(options.answer_timeout)
            .redirect(redirect::Policy::none())
            .https_only(!loopback)
            // Servers keep idle connections longer, so a connection is seldom closed while a request is sent on it.
            .pool_idle_timeout(Duration::from_secs(45))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10));
        if loopback {
            builder.no_proxy()
        } else {
            builder
        }
    };
    let own = match &options.ca_file {
        Some(path) => read_certificates(path)?,
        None => Vec::new(),
    };
    let failed = |why: String| {
        Failure::usage(format!("no secure connection can be set up: {why}"))
            .hint("install the system's CA certificates (package ca-certificates), or name a PEM file with --ca-file")
    };
    let built = if base.url().scheme() == "http" {
        // No certificate is needed, so this works on a machine without any.
        builder().tls_certs_only([]).build()
    } else {
        let trust = server_trust::config(own).map_err(|error| failed(error.to_string()))?;
        builder().tls_backend_preconfigured(trust).build()
    };
    built.map_err(|error| failed(reason(error)))
}

/// A client for services on this machine or its link (metadata, managed identity): plain http, no proxy.
pub(crate) fn local_client() -> Result<Client> {
    Client::builder()
        .user_agent(USER_AGENT)
        .connect_timeout(Duration::from_secs(2))
        .timeout(Duration::from_secs(20))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_certs_only([])
        .build()
        .map_err(|error| Failure::new(Exit::Unexpected, reason(error)))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let failed = |why: String| {
        Failure::usage(format!(
            "the CA file {} cannot be used: {why}",
            path.display()
        ))
        .hint("--ca-file takes a PEM file with one or more certificates")
    };
    let pem = crate::files::read_given(path, LONGEST_CA_FILE)
        .map_err(|error| failed(error.to_string()))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed("it holds no certificate".into()));
    }
    Ok(certificates)
}

/// Why there was no connection: a certificate that is not trusted and a proxy that refuses are told as such, because
/// waiting does not change them.
pub(super) fn unreached(error: reqwest::Error, proxy: Option<&Proxy>) -> Unreached {
    let lasting = |code, why: String| Unreached {
        code,
        class: Class::Address,
        why: server_text::clean(&why, LONGEST_REASON),
    };
    if let Some(why) = server_trust::refusal(&error) {
        return lasting(catalogue::NOT_TRUSTED, why);
    }
    let mut cause = std::error::Error::source(&error);
    let mut of_proxy = None;
    while let Some(inner) = cause {
        let word = inner.to_string();
        if let Some(word) = word.strip_prefix("tunnel error: ") {
            of_proxy = Some(word.to_owned());
        }
        cause = inner.source();
    }
    let named = proxy.map_or("the proxy of the system's settings".to_owned(), |proxy| {
        format!("the proxy {} (from {})", proxy.address, proxy.from)
    });
    match of_proxy.as_deref() {
        None => Unreached::from(reason(error)),
        Some("proxy authorization required") => lasting(
            catalogue::PROXY_SIGN_IN,
            format!("{named} asks for a user name and a password (407)"),
        ),
        Some(why @ ("unsuccessful" | "proxy response headers too long")) => lasting(
            catalogue::PROXY_REFUSES,
            format!("{named} refuses to connect to this host ({why})"),
        ),
        Some(why) => {
            let detail = reason(error);
            let detail = if detail.is_empty() {
                why.to_owned()
            } else {
                detail
            };
            Unreached::from(format!("{named} cannot be reached: {detail}"))
        }
    }
}

/// The causes of an error in one line, without the URL. For a failed connection only the innermost cause.
pub(crate) fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let only_innermost = error.is_connect();
    let mut words = vec![error.to_string()];
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let word = inner.to_string();
        if !words.iter().any(|known| known.contains(&word)) {
            words.push(word);
        }
        cause = inner.source();
    }
    let words = if only_innermost {
        words.pop().unwrap_or_default()
    } else {
        words.join(": ")
    };
    // The text can hold names of the server's certificate or bytes of its answer.
    server_text::clean(&words, LONGEST_REASON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_that_is_none_is_named() {
        let options = HttpOptions {
            ca_file: Some("/nonexistent/ca.pem".into()),
            ..HttpOptions::default()
        };
        let failure = client(
            &BaseUrl::graph("https://graph.microsoft.com").unwrap(),
            &options,
        )
        .unwrap_err();
        assert!(failure.what.contains("/nonexistent/ca.pem"), "{failure}");
    }
}
