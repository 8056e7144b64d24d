//! A person signs in: the browser and the code, with everything that can go wrong between them.

use super::super::{
    Ask, Authority, DeviceCode, Method, Prompt, catalogue as codes, challenge::Claims,
    interactive::Person, sign_in_context::SignInContext,
};
use super::sign_in::{form, refusal, sign_in};
use crate::{
    clock::Clock,
    exit::Exit,
    graph::{
        BaseUrl, Fault, Tokens,
        http_client::HttpOptions,
        testing::{Reply, Server, json},
    },
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What the person at the screen does with the address that is opened.
type Hand = dyn Fn(HashMap<String, String>) -> Option<String> + Send + Sync;

struct Screen {
    hand: Box<Hand>,
    opened: Mutex<Vec<String>>,
    codes: Mutex<Vec<DeviceCode>>,
    has_browser: bool,
}

impl Screen {
    fn new(
        hand: impl Fn(HashMap<String, String>) -> Option<String> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            hand: Box::new(hand),
            opened: Mutex::default(),
            codes: Mutex::default(),
            has_browser: true,
        })
    }

    fn without_browser() -> Arc<Self> {
        Arc::new(Self {
            has_browser: false,
            hand: Box::new(|_| None),
            opened: Mutex::default(),
            codes: Mutex::default(),
        })
    }
}

impl Prompt for Screen {
    fn browse(&self, url: &str) -> bool {
        self.opened.lock().unwrap().push(url.into());
        let url = reqwest::Url::parse(url).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let redirect = query["redirect_uri"].clone();
        if let Some(answer) = (self.hand)(query) {
            tokio::spawn(async move {
                // Browsers open connections in advance and ask for an icon.
                let client = reqwest::Client::builder()
                    .no_proxy()
                    .tls_certs_only([])
                    .build()
                    .unwrap();
                let _idle =
                    tokio::net::TcpStream::connect(redirect.trim_start_matches("http://")).await;
                client
                    .get(format!("{redirect}/favicon.ico"))
                    .send()
                    .await
                    .unwrap();
                client
                    .get(format!("{redirect}/?{answer}"))
                    .send()
                    .await
                    .unwrap();
            });
        }
        self.has_browser
    }

    fn show_code(&self, code: &DeviceCode) {
        self.codes.lock().unwrap().push(code.clone());
    }
}

fn token(refresh: &str) -> Reply {
    json(
        200,
        &format!(
            r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"{refresh}.b.c","refresh_token":"{refresh}"}}"#
        ),
    )
}

fn person(ask: Ask, prompt: Arc<Screen>) -> Method {
    Method::Person {
        client_id: "app-1".into(),
        ask,
        prompt,
    }
}

fn value(body: &str, name: &str) -> String {
    form(body)
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
        .unwrap_or_default()
}

#[tokio::test]
async fn the_browser_signs_in_with_pkce_and_the_refresh_token_keeps_it() {
    let server = Server::start(
        |received, _| match value(&received.body, "grant_type").as_str() {
            "authorization_code" => token("r-1"),
            "refresh_token" if value(&received.body, "refresh_token") == "r-1" => token("r-2"),
            "refresh_token" if value(&received.body, "refresh_token") == "r-2" => token("r-3"),
            _ => refusal(70_008, "invalid_grant"),
        },
    )
    .await;
    let screen = Screen::new(|query| {
        assert_eq!(query["response_type"], "code");
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query["scope"].contains("/.default offline_access"));
        assert!(query["redirect_uri"].starts_with("http://localhost:"));
        Some(format!(
            "code=c%2F1&state={}&session_state=x",
            query["state"]
        ))
    });
    let tokens = sign_in(&server, person(Ask::Browser, screen.clone()))
        .tokens()
        .unwrap();
    let first = tokens.token().await.unwrap();
    assert_eq!(first.secret().expose_secret(), "r-1.b.c");
    let header = r#"Bearer error="insufficient_claims", claims="eyJhIjp7fX0=""#;
    let second = tokens.refresh(&first, Claims::of(header)).await.unwrap();
    let third = tokens.refresh(&second, None).await.unwrap();
    assert_eq!(third.secret().expose_secret(), "r-3.b.c");
    let claims: Vec<String> = server
        .received()
        .iter()
        .map(|sent| value(&sent.body, "claims"))
        .collect();
    assert_eq!(claims, ["", r#"{"a":{}}"#, ""], "once, when challenged");
    assert_eq!(screen.opened.lock().unwrap().len(), 1, "asked once");

    let sent = &server.received()[0];
    assert_eq!(value(&sent.body, "code"), "c/1");
    let opened = reqwest::Url::parse(&screen.opened.lock().unwrap()[0]).unwrap();
    assert!(
        opened
            .path()
            .ends_with("/contoso.example/oauth2/v2.0/authorize")
    );
    let query: HashMap<String, String> = opened.query_pairs().into_owned().collect();
    assert_eq!(value(&sent.body, "redirect_uri"), query["redirect_uri"]);
    let verifier = value(&sent.body, "code_verifier");
    assert!(verifier.len() >= 43);
    assert_eq!(
        query["code_challenge"],
        URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
    );
}

async fn in_browser(
    hand: impl Fn(HashMap<String, String>) -> Option<String> + Send + Sync + 'static,
) -> (Fault, usize) {
    let server = Server::start(|_, _| token("r")).await;
    let authority = Authority::new(
        BaseUrl::authority(&server.url).unwrap(),
        &HttpOptions::default(),
        Clock::system(),
    )
    .unwrap();
    let context = SignInContext {
        authority,
        tenant: "t".into(),
        client_id: "app-1".into(),
        prompt: Screen::new(hand),
        longest: Duration::from_millis(400),
    };
    let person = Arc::new(Person::new(context, Ask::Browser));
    let tokens = Tokens::new(Arc::new(move || Ok(person.clone())), "s/.default");
    (tokens.token().await.unwrap_err(), server.received().len())
}

#[tokio::test]
async fn another_state_a_refusal_and_a_closed_browser_end_clearly() {
    let (fault, asked) = in_browser(|_| Some("code=stolen&state=other".into())).await;
    assert_eq!((fault.code, asked), (codes::WRONG_STATE, 0));
    let (fault, _) = in_browser(|_| Some("code=stolen".into())).await;
    assert_eq!(fault.code, codes::WRONG_STATE);
    let (fault, asked) = in_browser(|query| {
        Some(format!(
            "error=access_denied&error_description=AADSTS65004%3A+declined&state={}",
            query["state"]
        ))
    })
    .await;
    assert_eq!((fault.code, asked), (codes::DECLINED, 0));
    let (fault, asked) = in_browser(|_| None).await;
    assert_eq!(
        (fault.code, fault.exit(), asked),
        (codes::CODE_EXPIRED, Exit::Permission, 0)
    );
}

fn device_answer(expires: u32) -> Reply {
    json(
        200,
        &format!(
            r#"{{"device_code":"d-secret","user_code":"ABCD-EFGH","verification_uri":"https://microsoft.com/devicelogin","expires_in":{expires},"interval":1,"message":"To sign in, use ABCD-EFGH"}}"#
        ),
    )
}

#[tokio::test]
async fn the_code_is_shown_and_polling_keeps_to_interval_and_slow_down() {
    let server = Server::start(|received, before| match before {
        0 => {
            assert!(
                received
                    .path
                    .ends_with("/contoso.example/oauth2/v2.0/devicecode")
            );
            assert!(value(&received.body, "scope").contains("offline_access"));
            device_answer(900)
        }
        1 => refusal(70_016, "authorization_pending"),
        2 => Reply::HangUp,
        3 => refusal(70_016, "slow_down"),
        _ => token("r-1"),
    })
    .await;
    let screen = Screen::without_browser();
    let tokens = sign_in(&server, person(Ask::BrowserElseCode, screen.clone()))
        .tokens()
        .unwrap();
    assert_eq!(
        tokens.token().await.unwrap().secret().expose_secret(),
        "r-1.b.c"
    );
    let shown = screen.codes.lock().unwrap().clone();
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].user_code.as_str(), shown[0].url.as_str()),
        ("ABCD-EFGH", "https://microsoft.com/devicelogin")
    );
    assert!(!format!("{shown:?}").contains("d-secret"));
    let sent = server.received();
    let gaps: Vec<u64> = sent
        .windows(2)
        .map(|pair| pair[1].at.duration_since(pair[0].at).as_secs())
        .collect();
    let kept = gaps
        .iter()
        .zip([1, 1, 1, 6])
        .all(|(gap, least)| (least..least + 4).contains(gap));
    assert!(kept, "five seconds slower after slow_down: {gaps:?}");
    assert_eq!(value(&sent[4].body, "device_code"), "d-secret");
}

#[tokio::test]
async fn declined_expired_and_forbidden_codes_end_clearly() {
    type Case = (fn() -> Reply, u32, crate::problem::Code);
    let cases: [Case; 4] = [
        (
            || {
                json(
                    400,
                    r#"{"error":"authorization_declined","error_description":"AADSTS70018: no","error_codes":[70018]}"#,
                )
            },
            900,
            codes::DECLINED,
        ),
        (
            || {
                json(
                    400,
                    r#"{"error":"expired_token","error_description":"AADSTS70020: gone","error_codes":[70020]}"#,
                )
            },
            900,
            codes::CODE_EXPIRED,
        ),
        (
            || json(400, r#"{"error":"authorization_pending"}"#),
            2,
            codes::CODE_EXPIRED,
        ),
        (
            || refusal(53_003, "invalid_grant"),
            900,
            codes::CONDITIONAL_ACCESS,
        ),
    ];
    for (reply, expires, code) in cases {
        let server = Server::start(move |_, before| {
            if before == 0 {
                device_answer(expires)
            } else {
                reply()
            }
        })
        .await;
        let tokens = sign_in(&server, person(Ask::DeviceCode, Screen::without_browser()))
            .tokens()
            .unwrap();
        let fault = tokens.token().await.unwrap_err();
        assert_eq!((fault.code, fault.exit()), (code, Exit::Permission));
        assert!(server.received().len() <= 3);
    }
    let server = Server::start(|_, _| refusal(7_000_218, "invalid_client")).await;
    let tokens = sign_in(&server, person(Ask::DeviceCode, Screen::without_browser()))
        .tokens()
        .unwrap();
    assert_eq!(
        tokens.token().await.unwrap_err().code,
        codes::PUBLIC_CLIENT_OFF
    );
}
