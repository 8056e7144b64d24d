//! Which requests are answered: those of programs on this machine, and not those of a web page in a browser.
//!
//! A web page can send requests here in two ways. From its own origin: then the request has an `Origin` header, or
//! `Sec-Fetch-Site` says that another site sent it (Fetch standard; Fetch Metadata). Or with DNS rebinding, under a host
//! name of its own that resolves to loopback: then `Host` is that name.
//!
//! Must not look at tokens: Graph checks them later, and the control API has none.

use crate::sandbox::messages::{
    reply::{Reply, ReplyBody},
    request::split_target,
};
use axum::http::{HeaderMap, Method, Uri, header};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The media types of bodies for the control API. A page of another origin cannot send any of them without a preflight
/// request (Fetch standard: CORS-safelisted request headers). Graph's own paths refuse everything but JSON by themselves.
const CONTROL_MEDIA_TYPES: [&str; 4] = [
    "application/json",
    "application/toml",
    "application/x-pem-file",
    "application/pem-certificate-chain",
];

/// The reply when the request is refused, otherwise `None`. `hosts` are allowed in addition to the names of loopback.
pub(super) fn refusal(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    hosts: &[String],
) -> Option<Reply> {
    let refuse = |status, why: &str| Some(Reply::new(status, ReplyBody::Plain(format!("{why}\n"))));
    let mut given = headers.get_all(header::HOST).iter();
    let (Some(Ok(host)), None) = (given.next().map(|host| host.to_str()), given.next()) else {
        return refuse(400, "the request must have exactly one Host header");
    };
    let names_other_host = uri
        .authority()
        .is_some_and(|authority| authority.as_str() != host);
    if names_other_host || !is_allowed_host(host, hosts) {
        return refuse(
            421,
            "the practice tenant answers only to the names of loopback; to allow another name, start it with: guestlist sandbox --host NAME",
        );
    }
    for origin in headers.get_all(header::ORIGIN) {
        let is_own = origin.to_str().ok().and_then(|origin| {
            let (scheme, origin) = origin.split_once("://")?;
            Some(["http", "https"].contains(&scheme) && origin.eq_ignore_ascii_case(host))
        });
        if is_own != Some(true) {
            return refuse(
                403,
                "the practice tenant does not answer pages of another origin",
            );
        }
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // A browser may be sent to the sign-in page; every other request that another site starts is refused.
    let is_navigation = text("sec-fetch-mode") == Some("navigate") && method == Method::GET;
    if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) && !is_navigation {
        return refuse(
            403,
            "the practice tenant does not answer pages of another site",
        );
    }
    let (path, _) = split_target(uri.path());
    let first = path.first().map(String::as_str).unwrap_or_default();
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    let takes_pem = path.get(1).is_some_and(|part| part == "certificate");
    if changes
        && first == "_sandbox"
        && !(has_allowed_body(headers) || takes_pem && can_be_pem(headers))
    {
        return refuse(415, "a body must have the Content-Type application/json");
    }
    None
}

/// Whether a `Host` header names loopback or an allowed host. Its port can be any, because a port can be forwarded.
fn is_allowed_host(host: &str, hosts: &[String]) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, "")) => ip,
        Some((ip, port)) if port.starts_with(':') => ip,
        Some(_) => return false,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || name.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
        || hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// No body, or one of `CONTROL_MEDIA_TYPES`.
fn has_allowed_body(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        let is_zero = |length: &axum::http::HeaderValue| length == "0";
        return !headers.contains_key(header::TRANSFER_ENCODING)
            && headers.get(header::CONTENT_LENGTH).is_none_or(is_zero);
    };
    let content_type = content_type.to_str().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    CONTROL_MEDIA_TYPES
        .iter()
        .any(|allowed| media_type.eq_ignore_ascii_case(allowed))
}

/// Whether the body can be a certificate in PEM from a program that names no media type of its own, such as
/// `curl --data-binary`. In the body of a form that a page sends as `application/x-www-form-urlencoded` every space is
/// escaped, so it is never PEM.
fn can_be_pem(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return true;
    };
    let content_type = content_type.to_str().unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    [
        "application/x-www-form-urlencoded",
        "application/octet-stream",
    ]
    .iter()
    .any(|known| media_type.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(method: &str, target: &str, lines: &[(&'static str, &str)]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let hosts = ["practice.internal".to_owned()];
        refusal(
            &method.parse().unwrap(),
            &target.parse().unwrap(),
            &headers,
            &hosts,
        )
        .map_or(200, |reply| reply.status)
    }

    #[test]
    fn only_loopback_and_allowed_hosts() {
        for host in [
            "127.0.0.1:8080",
            "127.0.0.1",
            "localhost:1",
            "LOCALHOST",
            "[::1]:9",
            "[::1]",
            "practice.internal:8080",
            "Practice.Internal",
        ] {
            assert_eq!(status("GET", "/_sandbox", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "127.0.0.1.evil.example:80",
            "localhost.evil.example",
            "192.168.1.2:8080",
            "[::2]:1",
            "[::1]evil.example",
            "localhost.",
            "0.0.0.0:8080",
            "",
        ] {
            assert_eq!(
                status("GET", "/v1.0/users", &[("host", host)]),
                421,
                "{host}"
            );
        }
        assert_eq!(status("GET", "/_sandbox", &[]), 400);
        assert_eq!(
            status(
                "GET",
                "/_sandbox",
                &[("host", "localhost"), ("host", "evil.example")]
            ),
            400
        );
        assert_eq!(
            status(
                "GET",
                "http://evil.example/_sandbox",
                &[("host", "localhost")]
            ),
            421
        );
    }

    #[test]
    fn no_page_of_another_origin() {
        let host = ("host", "localhost:8080");
        for origin in ["http://localhost:8080", "https://localhost:8080"] {
            assert_eq!(
                status("GET", "/v1.0/users", &[host, ("origin", origin)]),
                200
            );
        }
        for origin in [
            "null",
            "https://evil.example",
            "http://localhost:3000",
            "http://127.0.0.1:8080",
            "file://",
            "",
        ] {
            for (method, path) in [
                ("POST", "/_sandbox/reset"),
                ("GET", "/v1.0/users"),
                ("OPTIONS", "/v1.0/invitations"),
                ("POST", "/t/oauth2/v2.0/token"),
            ] {
                assert_eq!(
                    status(method, path, &[host, ("origin", origin)]),
                    403,
                    "{origin} {path}"
                );
            }
        }
        let site = ("sec-fetch-site", "cross-site");
        assert_eq!(
            status(
                "GET",
                "/_sandbox/device?do=approve",
                &[host, site, ("sec-fetch-mode", "no-cors")]
            ),
            403
        );
        assert_eq!(
            status(
                "GET",
                "/t/oauth2/v2.0/authorize",
                &[host, site, ("sec-fetch-mode", "navigate")]
            ),
            200
        );
        assert_eq!(
            status(
                "POST",
                "/_sandbox/reset",
                &[host, site, ("sec-fetch-mode", "navigate")]
            ),
            403
        );
    }

    #[test]
    fn a_certificate_is_taken_as_curl_sends_it() {
        let host = ("host", "localhost:8080");
        let length = ("content-length", "9");
        let path = "/_sandbox/certificate";
        assert_eq!(status("POST", path, &[host, length]), 200);
        for (kind, wanted) in [
            ("application/x-www-form-urlencoded", 200),
            ("application/octet-stream", 200),
            ("application/x-pem-file", 200),
            ("text/plain", 415),
            ("multipart/form-data; boundary=x", 415),
        ] {
            let kind = ("content-type", kind);
            assert_eq!(status("POST", path, &[host, length, kind]), wanted);
        }
        let origin = ("origin", "https://evil.example");
        assert_eq!(status("POST", path, &[host, length, origin]), 403);
    }

    #[test]
    fn the_control_api_takes_no_body_that_a_form_can_send() {
        let host = ("host", "localhost:8080");
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;odata.metadata=minimal",
            "application/toml",
        ] {
            assert_eq!(
                status(
                    "POST",
                    "/_sandbox/people",
                    &[host, ("content-type", kind), ("content-length", "2")]
                ),
                200
            );
        }
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain; application/json",
            "",
        ] {
            for path in ["/_sandbox/people", "//_sandbox/reset", "/_s%61ndbox/reset"] {
                for method in ["POST", "PATCH", "PUT"] {
                    assert_eq!(
                        status(method, path, &[host, ("content-type", kind)]),
                        415,
                        "{kind} {path}"
                    );
                }
            }
        }
        assert_eq!(
            status("POST", "/_sandbox/reset", &[host, ("content-length", "0")]),
            200
        );
        assert_eq!(
            status("POST", "/_sandbox/reset", &[host, ("content-length", "1")]),
            415
        );
        assert_eq!(
            status(
                "POST",
                "/_sandbox/reset",
                &[host, ("transfer-encoding", "chunked")]
            ),
            415
        );
        let form = ("content-type", "application/x-www-form-urlencoded");
        assert_eq!(status("POST", "/t/oauth2/v2.0/token", &[host, form]), 200);
    }
}
