//! What may be kept and handed out as a redeem link: people click on it.

use url::{Host, Url};

/// Real ones have some 500 characters.
const LONGEST: usize = 8 * 1024;

/// Whether a text is an https address and nothing else; plain http is for the practice tenant on loopback. Hosts
/// differ between clouds and years, so that there is no list of them.
pub(crate) fn is_redeem_link(text: &str) -> bool {
    // What a URL may consist of (RFC 3986): no space, no quotation mark, nothing that was spelled out before.
    let in_url =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(in_url) {
        return false;
    }
    let Ok(url) = Url::parse(text) else {
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
            "redeem",
            "",
        ] {
            assert!(!is_redeem_link(other), "{other}");
        }
    }
}
