//! The two hosts that matter, Graph and sign-in, and which cloud they belong to.
//!
//! Must not talk to them.

use crate::one_word::OneWord;
use clap::ValueEnum;
use std::fmt;
use url::{Host, Url};

/// A Microsoft cloud: sets both hosts (Graph: national cloud deployments).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Cloud {
    Global,
    #[value(name = "usgov")]
    UsGov,
    #[value(name = "usgov-dod")]
    UsGovDod,
    China,
}

impl OneWord for Cloud {}

impl Cloud {
    pub fn graph_url(self) -> &'static str {
        match self {
            Cloud::Global => "https://graph.microsoft.com",
            Cloud::UsGov => "https://graph.microsoft.us",
            Cloud::UsGovDod => "https://dod-graph.microsoft.us",
            Cloud::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    pub fn authority_url(self) -> &'static str {
        match self {
            Cloud::Global => "https://login.microsoftonline.com",
            Cloud::UsGov | Cloud::UsGovDod => "https://login.microsoftonline.us",
            Cloud::China => "https://login.chinacloudapi.cn",
        }
    }
}

/// A base to which paths are appended: `https`, or `http` on loopback; no slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String, Host);

impl BaseUrl {
    /// The sign-in host.
    pub fn authority(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim())
            .map_err(|error| format!("`{text}` is not a URL like https://example.org: {error}"))?;
        let Some(host) = url.host().map(|host| host.to_owned()) else {
            return Err(format!("`{text}` names no host"));
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
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
                "`{text}` has a query or fragment: write the base only"
            ));
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned(), host))
    }

    /// The Graph host; the version is ours to add.
    pub fn graph(text: &str) -> Result<Self, String> {
        let Self(url, host) = Self::authority(text)?;
        if url.ends_with("/beta") {
            return Err(format!(
                "`{text}` is the beta endpoint; only v1.0 is used: write the URL without /beta"
            ));
        }
        let base = url.strip_suffix("/v1.0").unwrap_or(&url);
        Ok(Self(base.trim_end_matches('/').to_owned(), host))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.1)
    }
}

/// Hosts of Microsoft's that no [`Cloud`] names: older and regional names of the same services.
const OTHER_NAMES: [&str; 5] = [
    "login.microsoft.com",
    "login.windows.net",
    "sts.windows.net",
    "login-us.microsoftonline.com",
    "login.partner.microsoftonline.cn",
];
/// The sovereign clouds of France, Germany and Singapore.
const SOVEREIGN: [&str; 3] = [".sovcloud.fr", ".sovcloud.de", ".sovcloud.sg"];

impl BaseUrl {
    /// Whether the host is one of Microsoft's, so that a token or a secret goes where it belongs.
    pub fn is_microsoft(&self) -> bool {
        let Host::Domain(host) = &self.1 else {
            return false;
        };
        let known = |url: &str| url.strip_prefix("https://") == Some(host.as_str());
        let clouds = Cloud::value_variants();
        clouds
            .iter()
            .any(|cloud| known(cloud.graph_url()) || known(cloud.authority_url()))
            || OTHER_NAMES.contains(&host.as_str())
            || SOVEREIGN.iter().any(|ending| host.ends_with(ending))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `localhost` counts by its name, as in RFC 6761.
fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    }
}

/// Where a guest lands after redeeming: any web page.
pub(crate) fn web_page(text: &str) -> Result<String, String> {
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(text.trim().to_owned())
        }
        _ => Err(format!(
            "`{text}` is not a web address like https://example.org"
        )),
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
        }
        let told = BaseUrl::graph("https://user:secret@example.org").unwrap_err();
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn the_hosts_of_microsoft_are_known_and_no_others() {
        let of = |url: &str| BaseUrl::authority(url).unwrap().is_microsoft();
        for cloud in Cloud::value_variants() {
            assert!(
                of(cloud.graph_url()) && of(cloud.authority_url()),
                "{cloud:?}"
            );
        }
        assert!(of("https://LOGIN.microsoftonline.com/") && of("https://graph.svc.sovcloud.de"));
        for other in [
            "https://graph.microsoft.com.evil.example",
            "https://evil-graph.microsoft.com",
            "https://login.example",
            "https://sovcloud.de.example",
            "http://127.0.0.1:8080",
            "http://localhost",
        ] {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn the_base_ends_before_the_version() {
        for text in [
            "https://graph.microsoft.com",
            "https://graph.microsoft.com/",
            "https://graph.microsoft.com/v1.0/",
        ] {
            assert_eq!(
                BaseUrl::graph(text).unwrap().as_str(),
                "https://graph.microsoft.com"
            );
        }
        assert!(BaseUrl::graph("https://graph.microsoft.com/beta").is_err());
    }
}
