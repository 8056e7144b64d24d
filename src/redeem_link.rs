//! What may be kept and handed out as a redeem link: people click on it.

use url::{Host, Url};

/// Real ones have some 500 characters.
const LONGEST: usize = 8 * 1024;

/// Whether a text is an https address and nothing else; plain http is for the practice tenant on loopback. Hosts
/// differ between clouds and years, so that there is no list of them.
pub(crate) fn is_redeem_link(text: &str) -> bool {
    // What a URL may consist of (RFC 3986): no space, no quotation mark, nothing that was spelled out before.
    let in_url = |byte: u8| matches!(byte, b'!' | b'#'..=b';' | b'=' | b'?'..=b'[' | b']' | b'_' | b'a'..=b'z' | b'~');
    if text.len() > LONGEST || !text.bytes().all(in_url) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return false;
    };
    // What follows the host may be anything that a URL consists of.
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let Ok(url) = Url::parse(&text[..scheme.len() + "://".len() + host]) else {
        return false;
    };
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => return false,
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && loopback);
    safe && url.username().is_empty() && url.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_the_practice_tenant_on_loopback() {
        for link in [
            "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2f%3fticket%3dabc",
            "http://127.0.0.1:8080/redeem?ticket=1",
            "http://localhost/redeem",
            "https://login.microsoftonline.com?a=b@c",
            "https://login.microsoftonline.us:443/redeem",
        ] {
            assert!(is_redeem_link(link), "{link}");
        }
        for other in [
            "http://login.microsoftonline.com/redeem",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "=HYPERLINK(\"https://x\")",
            "https://a b",
            "https://a.example/\u{202e}gpj",
            "https://a.example/\u{1b}[2J",
            "https://a.example/<U+202E>gpj",
            "https://user:word@a.example/",
            "//a.example/redeem",
            "https:///redeem",
            "https://?ticket=1",
            "https://1.2.3.999/redeem",
            "http://login.microsoftonline.com/http://127.0.0.1/",
            "redeem?https://a.example/",
            "redeem",
            "",
        ] {
            assert!(!is_redeem_link(other), "{other}");
        }
    }
}
