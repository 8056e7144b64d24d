//! Signing in with the browser: authorization code with PKCE, received on a loopback port (RFC 8252, 7636).
//!
//! Must not accept a redirect whose state it did not send, must listen on this machine only, and must go on waiting after
//! any other request.

use super::{
    catalogue as codes,
    failures::{fault_of, of_answer, refusal},
    sign_in_context::SignInContext,
    transport::EntraAnswer,
};
use crate::{graph::fault::Fault, secrets};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
    time::timeout,
};

/// The request line and the headers of a redirect are shorter than this.
const LONGEST_REQUEST: usize = 32 * 1024;
const LONGEST_VISIT: Duration = Duration::from_secs(10);
/// Connections at a time; when there are more, the oldest is closed, so that nobody can keep the redirect out.
const MOST_VISITS: usize = 32;
const BACK_TO_WORK: &str = "You are signed in. You can close this page and go back to guestlist.";
const FAILED: &str = "The sign-in did not work. The window in which guestlist runs says why.";
const NOT_OURS: &str =
    "This does not belong to the sign-in that guestlist is waiting for. It goes on waiting.";

/// `needs_browser`: fail at once if no browser can be opened, so that another way can be tried.
pub(super) async fn sign_in(
    context: &SignInContext,
    scope: &str,
    needs_browser: bool,
) -> Result<Value, Fault> {
    let failed = |error: &dyn std::fmt::Display| {
        refusal(
            codes::SIGN_IN_REFUSED,
            format!("no port on this machine can be opened: {error}"),
        )
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| failed(&error))?;
    let port = listener
        .local_addr()
        .map_err(|error| failed(&error))?
        .port();
    let redirect = format!("http://localhost:{port}");
    let (verifier, state) = (random()?, random()?);
    secrets::remember(&verifier.as_str().into());
    let url = address(context, scope, &redirect, &verifier, &state);
    if !context.prompt.browse(url.as_str()) && needs_browser {
        return Err(refusal(codes::NO_BROWSER, "no browser can be opened here"));
    }
    let waiting = Waiting {
        state,
        port,
        other_state: AtomicBool::new(false).into(),
    };
    let code = match timeout(context.longest, waiting.redirect(&listener)).await {
        Ok(answer) => answer?,
        Err(_) if waiting.other_state.load(Relaxed) => {
            return Err(refusal(
                codes::WRONG_STATE,
                "only redirects with another state came before the time was over",
            ));
        }
        Err(_) => {
            return Err(refusal(
                codes::CODE_EXPIRED,
                "the sign-in in the browser was not finished in time",
            ));
        }
    };
    secrets::remember(&code.as_str().into());
    let form = [
        ("client_id", context.client_id.as_str()),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect),
        ("code_verifier", &verifier),
        ("scope", scope),
    ];
    let answer = context
        .authority
        .post_form(context.token_url(), &form)
        .await;
    answer.map_err(|error| fault_of(&error).fault)
}

fn address(
    context: &SignInContext,
    scope: &str,
    redirect: &str,
    verifier: &str,
    state: &str,
) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let mut url = context
        .authority
        .url(&format!("{}/oauth2/v2.0/authorize", context.tenant));
    url.query_pairs_mut()
        .append_pair("client_id", &context.client_id)
        .append_pair("response_type", "code")
        .append_pair("response_mode", "query")
        .append_pair("redirect_uri", redirect)
        .append_pair("scope", scope)
        .append_pair("state", state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("prompt", "select_account");
    url
}

/// 256 bits that nobody can guess.
fn random() -> Result<String, Fault> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)
        .map_err(|_| refusal(codes::SIGN_IN_REFUSED, "the system gives no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What the redirect must carry.
#[derive(Clone)]
struct Waiting {
    state: String,
    port: u16,
    /// Whether a redirect came that belongs to another sign-in.
    other_state: Arc<AtomicBool>,
}

/// What one connection brought.
enum Visit {
    /// Another request, for example for an icon, or no HTTP at all: it is answered, and the wait goes on.
    Stray(&'static str),
    /// The redirect that is waited for: its code, or why there is none.
    Redirect(Result<String, Fault>),
}

impl Waiting {
    /// Waits for the redirect. Browsers also ask for icons and open connections in advance that they may never use,
    /// and any page can send a browser here: only the right state ends the wait.
    async fn redirect(&self, listener: &TcpListener) -> Result<String, Fault> {
        let mut visits = JoinSet::new();
        let mut open: VecDeque<AbortHandle> = VecDeque::new();
        loop {
            tokio::select! {
                Some(visit) = visits.join_next() => {
                    open.retain(|visit| !visit.is_finished());
                    if let Ok(Some(answer)) = visit {
                        return answer;
                    }
                }
                Ok((stream, _)) = listener.accept() => {
                    if open.len() >= MOST_VISITS && let Some(oldest) = open.pop_front() {
                        oldest.abort();
                    }
                    open.push_back(visits.spawn(self.clone().visited(stream)));
                }
            }
        }
    }

    /// Serves one connection: the redirect's result, or nothing.
    async fn visited(self, mut stream: TcpStream) -> Option<Result<String, Fault>> {
        let head = timeout(LONGEST_VISIT, head(&mut stream)).await.ok()?;
        match self.judged(head.as_deref()) {
            Visit::Stray(status) => {
                say(&mut stream, status, NOT_OURS).await;
                None
            }
            Visit::Redirect(answer) => {
                let (status, words) = match &answer {
                    Ok(_) => ("200 OK", BACK_TO_WORK),
                    Err(_) => ("400 Bad Request", FAILED),
                };
                say(&mut stream, status, words).await;
                Some(answer)
            }
        }
    }

    fn judged(&self, head: Option<&str>) -> Visit {
        const BAD: Visit = Visit::Stray("400 Bad Request");
        let Some((target, host)) = head.and_then(target_and_host) else {
            return BAD;
        };
        let ours = ["localhost", "127.0.0.1"].map(|name| format!("{name}:{}", self.port));
        // A page of another host whose name was made to point to this machine.
        if !ours.iter().any(|ours| ours.eq_ignore_ascii_case(host)) {
            return BAD;
        }
        let url = Url::parse("http://localhost").and_then(|base| base.join(target));
        let Some(url) = url.ok().filter(|url| url.host_str() == Some("localhost")) else {
            return BAD;
        };
        if url.path() != "/" || url.query().is_none() {
            return Visit::Stray("404 Not CredentialInputs");
        }
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        if query.get("state") != Some(&self.state) {
            let redirect = query.contains_key("state") || query.contains_key("code");
            self.other_state.fetch_or(redirect, Relaxed);
            return BAD;
        }
        match (
            query.get("error"),
            query.get("code").filter(|code| !code.is_empty()),
        ) {
            (Some(error), _) => {
                let body =
                    json!({"error": error, "error_description": query.get("error_description")});
                let answer = EntraAnswer::parse(400, body.to_string().as_bytes());
                Visit::Redirect(Err(of_answer(&answer).fault))
            }
            (None, Some(code)) => Visit::Redirect(Ok(code.clone())),
            (None, None) => BAD,
        }
    }
}

/// The target of a `GET`, and the host that it was sent to.
fn target_and_host(head: &str) -> Option<(&str, &str)> {
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target, version) = (first.next()?, first.next()?, first.next()?);
    let mut hosts = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim())
    });
    let host = hosts.next()?;
    let whole = method == "GET"
        && target.starts_with('/')
        && version.starts_with("HTTP/1.")
        && hosts.next().is_none();
    whole.then_some((target, host))
}

/// The request line and the headers. None: they do not end.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") {
            return String::from_utf8(bytes[..end].to_vec()).ok();
        }
        if bytes.len() > LONGEST_REQUEST {
            return None;
        }
    }
}

/// Sends a page that loads nothing. If the browser has closed the connection, that is not an error.
async fn say(stream: &mut TcpStream, status: &str, words: &str) {
    let page =
        format!("<!doctype html><meta charset=\"utf-8\"><title>guestlist</title><p>{words}</p>");
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
