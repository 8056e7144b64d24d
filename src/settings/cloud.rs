//! The clouds of Microsoft with their hosts, and which hosts are Microsoft's.
//!
//! Must not talk to them.

use crate::graph::BaseUrl;
use crate::one_word::OneWord;
use clap::ValueEnum;
use url::Url;

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

/// Whether the host is one of Microsoft's, so that a token or a secret goes where it belongs.
pub(crate) fn is_microsoft(url: &BaseUrl) -> bool {
    let Some(host) = url.domain() else {
        return false;
    };
    let known = |url: &str| url.strip_prefix("https://") == Some(host);
    let clouds = Cloud::value_variants();
    clouds
        .iter()
        .any(|cloud| known(cloud.graph_url()) || known(cloud.authority_url()))
        || OTHER_NAMES.contains(&host)
        || SOVEREIGN.iter().any(|ending| host.ends_with(ending))
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
    fn the_hosts_of_microsoft_are_known_and_no_others() {
        let of = |url: &str| is_microsoft(&BaseUrl::authority(url).unwrap());
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
}
