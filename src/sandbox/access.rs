//! Who may ask: programs on this machine, and no web page that a browser has open.
//!
//! A page can send a browser here in two ways: from its own address (then there is an `Origin`, or the browser says
//! that another site asks), or by a name of its own that it makes lead to loopback (then the `Host` is that name).
//! Must not look at tokens: those are asked for later, and the control paths have none.

use super::{
    call::take_apart,
    reply::{Body, Reply},
};
use axum::http::{HeaderMap, Method, Uri, header};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What bodies of the control paths may be: kinds that a page of another origin cannot send without being allowed to.
/// Graph's own paths refuse everything but JSON by themselves, in Graph's words.
const BODIES: [&str; 4] = [
    "application/json",
    "application/toml",
    "application/x-pem-file",
    "application/pem-certificate-chain",
];

/// The refusal, if there is one. `names` are allowed beside the loopback ones.
pub fn refused(method: &Method, uri: &Uri, headers: &HeaderMap, names: &[String]) -> Option<Reply> {
    let refuse = |status, why: &str| Some(Reply::new(status, Body::Plain(format!("{why}\n"))));
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(Ok(host)), None) = (hosts.next().map(|host| host.to_str()), hosts.next()) else {
        return refuse(400, "one Host header is needed");
    };
    let elsewhere = uri.authority().is_some_and(|asked| asked.as_str() != host);
    if elsewhere || !is_here(host, names) {
        return refuse(
            421,
            "the practice tenant answers to loopback names only; guestlist sandbox --host NAME adds one",
        );
    }
    for origin in headers.get_all(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| {
            let (scheme, origin) = origin.split_once("://")?;
            Some(["http", "https"].contains(&scheme) && origin.eq_ignore_ascii_case(host))
        });
        if own != Some(true) {
            return refuse(403, "the practice tenant answers no page of another origin");
        }
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Going to the sign-in page is what browsers are for; everything else that another site starts is not.
    let visits = text("sec-fetch-mode") == Some("navigate") && method == Method::GET;
    if matches!(text("sec-fetch-site"), Some("cross-site" | "same-site")) && !visits {
        return refuse(403, "the practice tenant answers no page of another site");
    }
    let (path, _) = take_apart(uri.path());
    let first = path.first().map(String::as_str).unwrap_or_default();
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    if changes && first == "_sandbox" && !has_fine_body(headers) {
        return refuse(
            415,
            "a body must be application/json, and say so in Content-Type",
        );
    }
    None
}

/// Whether a `Host` names this machine, whatever its port: a port can be forwarded.
fn is_here(host: &str, names: &[String]) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((ip, "")) => ip,
        Some((ip, port)) if port.starts_with(':') => ip,
        Some(_) => return false,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || name.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
        || names
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name))
}

fn has_fine_body(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        let none = |length: &axum::http::HeaderValue| length == "0";
        return !headers.contains_key(header::TRANSFER_ENCODING)
            && headers.get(header::CONTENT_LENGTH).is_none_or(none);
    };
    let kind = kind.to_str().unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    BODIES.iter().any(|fine| essence.eq_ignore_ascii_case(fine))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, target: &str, lines: &[(&'static str, &str)]) -> u16 {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        let names = ["practice.internal".to_owned()];
        refused(
            &method.parse().unwrap(),
            &target.parse().unwrap(),
            &headers,
            &names,
        )
        .map_or(200, |reply| reply.status)
    }

    #[test]
    fn loopback_names_and_named_ones_only() {
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
            assert_eq!(asked("GET", "/_sandbox", &[("host", host)]), 200, "{host}");
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
                asked("GET", "/v1.0/users", &[("host", host)]),
                421,
                "{host}"
            );
        }
        assert_eq!(asked("GET", "/_sandbox", &[]), 400);
        assert_eq!(
            asked(
                "GET",
                "/_sandbox",
                &[("host", "localhost"), ("host", "evil.example")]
            ),
            400
        );
        assert_eq!(
            asked(
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
                asked("GET", "/v1.0/users", &[host, ("origin", origin)]),
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
                    asked(method, path, &[host, ("origin", origin)]),
                    403,
                    "{origin} {path}"
                );
            }
        }
        let site = ("sec-fetch-site", "cross-site");
        assert_eq!(
            asked(
                "GET",
                "/_sandbox/device?do=approve",
                &[host, site, ("sec-fetch-mode", "no-cors")]
            ),
            403
        );
        assert_eq!(
            asked(
                "GET",
                "/t/oauth2/v2.0/authorize",
                &[host, site, ("sec-fetch-mode", "navigate")]
            ),
            200
        );
        assert_eq!(
            asked(
                "POST",
                "/_sandbox/reset",
                &[host, site, ("sec-fetch-mode", "navigate")]
            ),
            403
        );
    }

    #[test]
    fn bodies_are_json_where_they_change_something() {
        let host = ("host", "localhost:8080");
        for kind in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;odata.metadata=minimal",
            "application/toml",
        ] {
            assert_eq!(
                asked(
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
                        asked(method, path, &[host, ("content-type", kind)]),
                        415,
                        "{kind} {path}"
                    );
                }
            }
        }
        assert_eq!(
            asked("POST", "/_sandbox/reset", &[host, ("content-length", "0")]),
            200
        );
        assert_eq!(
            asked("POST", "/_sandbox/reset", &[host, ("content-length", "1")]),
            415
        );
        assert_eq!(
            asked(
                "POST",
                "/_sandbox/reset",
                &[host, ("transfer-encoding", "chunked")]
            ),
            415
        );
        let form = ("content-type", "application/x-www-form-urlencoded");
        assert_eq!(asked("POST", "/t/oauth2/v2.0/token", &[host, form]), 200);
    }
}
