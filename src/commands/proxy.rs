//! Which proxy the environment names, without the user name and the password in it.
//!
//! Must not decide whether it is used: the client reads the same variables.

use crate::{graph::http_client::Proxy, settings::Env};
use url::Url;

/// What the variables say about a proxy for https.
pub(super) struct Named {
    pub variable: &'static str,
    /// None: the variable does not hold a URL.
    pub proxy: Option<Proxy>,
    /// The hosts that need no proxy, and the variable that names them.
    pub except: Option<(&'static str, String)>,
}

/// The first of each pair of variables wins.
pub(super) fn named(env: &Env<'_>) -> Option<Named> {
    let first = |names: [&'static str; 2]| {
        let set = |name| env(name).filter(|value| !value.is_empty());
        names.into_iter().find_map(|name| Some((name, set(name)?)))
    };
    let (variable, value) =
        first(["HTTPS_PROXY", "https_proxy"]).or_else(|| first(["ALL_PROXY", "all_proxy"]))?;
    Some(Named {
        variable,
        proxy: without_credentials(&value).map(|address| Proxy {
            address,
            from: variable.to_owned(),
        }),
        except: first(["NO_PROXY", "no_proxy"]),
    })
}

fn without_credentials(value: &str) -> Option<String> {
    let text = if value.contains("://") {
        value.to_owned()
    } else {
        format!("http://{value}")
    };
    let url = Url::parse(&text).ok()?;
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let opened = if url.username().is_empty() && url.password().is_none() {
        ""
    } else {
        ", with a user name"
    };
    Some(format!(
        "{}://{}{port}{opened}",
        url.scheme(),
        url.host_str()?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_what_opens_it() {
        for (value, shown) in [
            (
                "http://proxy.example:8080",
                Some("http://proxy.example:8080"),
            ),
            ("proxy.example:8080", Some("http://proxy.example:8080")),
            (
                "http://user:s3cret@proxy.example/",
                Some("http://proxy.example, with a user name"),
            ),
            ("http://", None),
        ] {
            assert_eq!(without_credentials(value).as_deref(), shown, "{value}");
        }
    }
}
