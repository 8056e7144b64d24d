//! The address of a host to which tokens and secrets go: Graph, or the sign-in service. It is checked once, here.
//!
//! Must not talk to the host.

use reqwest::Url;
use std::fmt;
use url::Host;

/// A base to which paths are appended: `https`, or `http` on loopback; without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    url: Url,
}

impl BaseUrl {
    /// The sign-in host.
    pub fn authority(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim())
            .map_err(|error| format!("`{text}` is not a URL like https://example.org: {error}"))?;
        if url.host().is_none() {
            return Err(format!("`{text}` names no host"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(format!(
                    "`{text}` would send the token unencrypted: plain http is for loopback only, write https"
                ));
            }
            other => return Err(format!("`{other}:` is not https")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a URL with a user or password in it is refused".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!(
                "`{text}` has a query or a fragment: write the base only"
            ));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { text, url })
    }

    /// The Graph host. The version may be given; each request adds its own.
    pub fn graph(text: &str) -> Result<Self, String> {
        let Self { text, mut url } = Self::authority(text)?;
        if text.ends_with("/beta") {
            return Err(format!(
                "`{text}` is the beta endpoint: write the URL without /beta"
            ));
        }
        let base = text.strip_suffix("/v1.0").unwrap_or(&text);
        let text = base.trim_end_matches('/').to_owned();
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1.0").unwrap_or(path).to_owned();
        url.set_path(&path);
        Ok(Self { text, url })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The URL of a path below the base.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        let prefix = self.url.path().trim_end_matches('/');
        url.set_path(&format!("{prefix}/{}", path.trim_start_matches('/')));
        url
    }

    /// The host's name; none when the host is an IP address.
    pub fn domain(&self) -> Option<&str> {
        match self.url.host() {
            Some(Host::Domain(name)) => Some(name),
            _ => None,
        }
    }

    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `localhost` counts by its name, as in RFC 6761.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for fine in [
            "https://graph.microsoft.com",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
            "http://localhost:8080/",
        ] {
            assert!(BaseUrl::graph(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://graph.microsoft.com",
            "http://localhost.example.org",
            "http://127.0.0.1.example.org",
            "ftp://127.0.0.1",
            "graph.microsoft.com",
            "https://user:secret@example.org",
            "https://example.org?x=1",
            "",
        ] {
            assert!(BaseUrl::graph(wrong).is_err(), "{wrong}");
            assert!(BaseUrl::authority(wrong).is_err(), "{wrong}");
        }
        let told = BaseUrl::graph("https://user:secret@example.org").unwrap_err();
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn the_base_ends_before_the_version() {
        for (text, base, below) in [
            (
                "https://graph.microsoft.com",
                "https://graph.microsoft.com",
                "/v1.0/me",
            ),
            (
                "https://graph.microsoft.com/",
                "https://graph.microsoft.com",
                "/v1.0/me",
            ),
            (
                "https://graph.microsoft.com/v1.0/",
                "https://graph.microsoft.com",
                "/v1.0/me",
            ),
            (
                "https://gateway.example/graph/v1.0",
                "https://gateway.example/graph",
                "/graph/v1.0/me",
            ),
        ] {
            let url = BaseUrl::graph(text).unwrap();
            assert_eq!(url.as_str(), base);
            assert_eq!(url.join("v1.0/me").path(), below);
        }
        assert!(BaseUrl::graph("https://graph.microsoft.com/beta").is_err());
    }
}
