//! Signing in with the browser: authorization code with PKCE, received on a loopback port (RFC 8252, 7636).
//!
//! Must believe no redirect whose state it did not send, and must listen on this machine only.

use super::{
    catalogue as codes,
    failures::{fault_of, of_answer, refusal},
    person::Desk,
    transport::EntraAnswer,
};
use crate::graph::fault::Fault;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

/// A redirect's request line and headers stay below this.
const LONGEST_REQUEST: usize = 32 * 1024;
const LONGEST_VISIT: Duration = Duration::from_secs(10);
const MOST_VISITS: usize = 32;
const BACK_TO_WORK: &str = "You are signed in. You can close this page and go back to guestlist.";
const FAILED: &str = "The sign-in did not work. The window in which guestlist runs says why.";

/// `needs_browser`: give up at once when no browser can be opened, so that another way can be tried.
pub async fn sign_in(desk: &Desk, scope: &str, needs_browser: bool) -> Result<Value, Fault> {
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
    let url = address(desk, scope, &redirect, &verifier, &state);
    if !desk.prompt.browse(url.as_str()) && needs_browser {
        return Err(refusal(codes::NO_BROWSER, "no browser can be opened here"));
    }
    let code = timeout(desk.longest, receive(&listener, &state))
        .await
        .map_err(|_| {
            refusal(
                codes::CODE_EXPIRED,
                "the sign-in in the browser was not finished in time",
            )
        })??;
    let form = [
        ("client_id", desk.client_id.as_str()),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &redirect),
        ("code_verifier", &verifier),
        ("scope", scope),
    ];
    let answer = desk.authority.post_form(desk.token_url(), &form).await;
    answer.map_err(|error| fault_of(&error).fault)
}

fn address(desk: &Desk, scope: &str, redirect: &str, verifier: &str, state: &str) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let mut url = desk
        .authority
        .url(&format!("{}/oauth2/v2.0/authorize", desk.tenant));
    url.query_pairs_mut()
        .append_pair("client_id", &desk.client_id)
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

/// Waits for the redirect. Browsers also ask for icons, and open connections in advance that they may
/// never use: each has its own patience, and only one with a query counts.
async fn receive(listener: &TcpListener, state: &str) -> Result<String, Fault> {
    let mut visits = JoinSet::new();
    loop {
        tokio::select! {
            Some(visit) = visits.join_next() => {
                if let Ok(Some(code)) = visit {
                    return code;
                }
            }
            Ok((stream, _)) = listener.accept(), if visits.len() < MOST_VISITS => {
                visits.spawn(visited(stream, state.to_owned()));
            }
        }
    }
}

/// One connection: nothing, or the redirect's code.
async fn visited(mut stream: TcpStream, state: String) -> Option<Result<String, Fault>> {
    let query = timeout(LONGEST_VISIT, query(&mut stream)).await.ok()??;
    if query.is_empty() {
        say(&mut stream, "404 Not Found", FAILED).await;
        return None;
    }
    let code = code(&query, &state);
    let (status, words) = match &code {
        Ok(_) => ("200 OK", BACK_TO_WORK),
        Err(_) => ("400 Bad Request", FAILED),
    };
    say(&mut stream, status, words).await;
    Some(code)
}

fn code(query: &HashMap<String, String>, state: &str) -> Result<String, Fault> {
    if query.get("state").map(String::as_str) != Some(state) {
        return Err(refusal(
            codes::WRONG_STATE,
            "the redirect carries another state",
        ));
    }
    if let Some(error) = query.get("error") {
        let body = json!({"error": error, "error_description": query.get("error_description")});
        return Err(of_answer(&EntraAnswer::parse(400, body.to_string().as_bytes())).fault);
    }
    query
        .get("code")
        .filter(|code| !code.is_empty())
        .cloned()
        .ok_or_else(|| refusal(codes::SIGN_IN_REFUSED, "the redirect carries no code"))
}

/// The query of a `GET`; empty when there is none.
async fn query(stream: &mut TcpStream) -> Option<HashMap<String, String>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        if bytes.len() > LONGEST_REQUEST {
            return None;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut first = text.lines().next()?.split(' ');
    if first.next()? != "GET" {
        return None;
    }
    let url = Url::parse("http://localhost")
        .ok()?
        .join(first.next()?)
        .ok()?;
    Some(url.query_pairs().into_owned().collect())
}

/// A page that loads nothing; a browser that has gone is no matter.
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
