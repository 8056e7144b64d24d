//! Signing in against a small token endpoint on loopback.

use super::super::{Authority, IdentityKind, Method, SignIn, catalogue as codes, tenant_id};
use crate::{
    clock::Clock,
    exit::Exit,
    failure::Failure,
    graph::{
        BaseUrl, Fault,
        http_client::HttpOptions,
        testing::{Reply, Server, json, with},
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::ExposeSecret;
use serde_json::{Value, json as value};

pub(super) fn jwt(claims: &Value) -> String {
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

pub(super) fn sign_in(server: &Server, method: Method) -> SignIn {
    SignIn {
        method,
        tenant: Some("contoso.example".into()),
        authority_url: BaseUrl::authority(&server.url).unwrap(),
        graph_url: BaseUrl::graph(&server.url).unwrap(),
        http: HttpOptions::default(),
        clock: Clock::system(),
    }
}

fn secret() -> Method {
    Method::ClientSecret {
        client_id: "app-1".into(),
        secret: "s3cr+et&".into(),
    }
}

pub(super) fn form(body: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect()
}

pub(super) fn refusal(number: u32, error: &str) -> Reply {
    let body = value!({"error": error, "error_description": format!("AADSTS{number}: Something. Trace ID: x\r\nMore"),
        "error_codes": [number], "correlation_id": "c-1"});
    json(
        if error == "invalid_client" { 401 } else { 400 },
        &body.to_string(),
    )
}

async fn refused(server: &Server) -> Fault {
    sign_in(server, secret())
        .tokens()
        .unwrap()
        .token()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_client_secret_is_sent_to_the_authority_and_the_token_used() {
    let token = jwt(&value!({"tid": "t-1", "roles": ["User.Invite.All"], "idtyp": "app"}));
    let body =
        value!({"token_type": "Bearer", "expires_in": 3600, "access_token": token}).to_string();
    let server = Server::start(move |_, _| json(200, &body)).await;
    let tokens = sign_in(&server, secret()).tokens().unwrap();
    assert_eq!(
        tokens.token().await.unwrap().secret().expose_secret(),
        token
    );
    let identity = tokens.identity().await.unwrap();
    assert_eq!(
        (identity.kind, identity.tenant_id.as_deref()),
        (IdentityKind::AppOnly, Some("t-1"))
    );
    let sent = &server.received()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("POST", "/contoso.example/oauth2/v2.0/token")
    );
    let expected = [
        ("client_id", "app-1"),
        ("client_secret", "s3cr+et&"),
        ("grant_type", "client_credentials"),
        ("scope", &format!("{}/.default", server.url)),
    ];
    let form = form(&sent.body);
    for (name, value) in expected {
        assert!(
            form.iter()
                .any(|(key, found)| key == name && found == value),
            "{name}: {form:?}"
        );
    }
    assert_eq!(
        sent.header("user-agent"),
        Some(concat!("guestlist/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn every_refusal_of_entra_becomes_advice_without_the_secret() {
    let cases = [
        (7_000_215, "invalid_client", codes::WRONG_SECRET),
        (7_000_222, "invalid_client", codes::SECRET_EXPIRED),
        (700_016, "unauthorized_client", codes::UNKNOWN_APP),
        (90_002, "invalid_request", codes::UNKNOWN_TENANT),
        (700_027, "invalid_client", codes::WRONG_CERTIFICATE),
        (700_024, "invalid_client", codes::CLOCK_WRONG),
        (70_021, "invalid_request", codes::FEDERATION_MISMATCH),
        (700_213, "invalid_client", codes::FEDERATION_MISMATCH),
        (65_001, "invalid_grant", codes::NO_CONSENT),
        (53_003, "access_denied", codes::CONDITIONAL_ACCESS),
        (50_076, "invalid_grant", codes::MFA_NEEDED),
        (500_011, "invalid_resource", codes::WRONG_RESOURCE),
        (123_456, "who_knows", codes::SIGN_IN_REFUSED),
    ];
    for (number, error, code) in cases {
        let server = Server::start(move |_, _| refusal(number, error)).await;
        let fault = refused(&server).await;
        assert_eq!(
            (fault.code, fault.exit()),
            (code, Exit::Permission),
            "{number}"
        );
        assert_eq!(fault.graph_code, format!("AADSTS{number}"));
        assert_eq!(fault.request_id.as_deref(), Some("c-1"));
        assert_eq!(server.received().len(), 1, "{number} is not asked twice");
        let failure = Failure::from(fault.clone());
        let shown = format!("{failure} {failure:?} {} {}", fault.message, fault);
        assert!(
            !shown.contains("s3cr") && shown.contains(&number.to_string()),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_service_in_trouble_is_asked_again() {
    let server = Server::start(|_, before| match before {
        0 => Reply::Http(503, vec![], "<html>busy</html>".into()),
        1 => Reply::HangUp,
        2 => with(json(429, "{}"), "Retry-After", "1"),
        3 => json(200, r#"{"token_type":"Bearer","access_tok"#),
        4 => refusal(90_033, "temporarily_unavailable"),
        _ => json(
            200,
            r#"{"token_type":"Bearer","expires_in":3600,"access_token":"a.b.c"}"#,
        ),
    })
    .await;
    let tokens = sign_in(&server, secret()).tokens().unwrap();
    assert_eq!(
        tokens.token().await.unwrap().secret().expose_secret(),
        "a.b.c"
    );
    let sent = server.received();
    assert_eq!(sent.len(), 6);
    assert!(sent[3].at.duration_since(sent[2].at).as_secs_f64() >= 1.0);
}

#[tokio::test]
async fn what_another_than_the_sign_in_service_answers_is_told_at_once() {
    let html = "<html><title>Blocked</title>Blocked by the web filter</html>";
    let cases = [
        (200, html),
        (200, ""),
        (200, r#"{"status":"ok"}"#),
        (200, r#"{"error":{"code":"Blocked","message":"no"}}"#),
        (200, "null"),
        (302, "moved"),
        (400, r#"{"message":"no"}"#),
        (401, html),
        (403, html),
        (403, ""),
        (403, "{}"),
        (404, html),
        (407, html),
        (451, html),
    ];
    for (status, body) in cases {
        let server = Server::start(move |_, _| Reply::Http(status, vec![], body.into())).await;
        let fault = refused(&server).await;
        assert_eq!(
            (fault.code, fault.exit(), fault.status),
            (codes::NOT_SIGN_IN_SERVICE, Exit::TryAgain, Some(status)),
            "{status} {body}"
        );
        assert_eq!(server.received().len(), 1, "{status} {body}");
        let failure = Failure::from(fault);
        assert!(failure.what.contains("between here and the sign-in"));
        assert!(
            failure
                .hints
                .iter()
                .any(|hint| hint.contains("whoever runs the network")),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_sent() {
    let server = Server::start(|_, _| Reply::HangUp).await;
    let nowhere = SignIn {
        tenant: None,
        ..sign_in(&server, secret())
    };
    let failure = nowhere.tokens().err().unwrap();
    assert_eq!(failure.exit, Exit::Permission);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_given_token_is_used_as_it_is_and_its_end_noticed_when_graph_does() {
    let server = Server::start(|_, _| Reply::HangUp).await;
    let now = jiff::Timestamp::now().as_second();
    for (expires, over) in [(now + 600, false), (now - 1, true)] {
        let token =
            jwt(&value!({"exp": expires, "scp": "User.Invite.All", "upn": "hr@contoso.example"}));
        let tokens = sign_in(&server, Method::Token(token.clone().into()))
            .tokens()
            .unwrap();
        let given = tokens.token().await.unwrap();
        assert_eq!(given.secret().expose_secret(), token);
        match tokens.refresh(&given, None).await {
            Ok(again) => assert!(!over && again.is(&given)),
            Err(fault) => assert!(over && fault.code == codes::TOKEN_OVER, "{fault:?}"),
        }
    }
    let opaque = sign_in(&server, Method::Token("opaque".into()))
        .tokens()
        .unwrap();
    assert_eq!(opaque.identity().await.unwrap().kind, IdentityKind::Unknown);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_domain_tells_its_tenant() {
    let id = "9a8b7c6d-0000-4000-8000-000000000001";
    let server = Server::start(move |received, _| match received.path.as_str() {
        "/contoso.example/v2.0/.well-known/openid-configuration" => json(
            200,
            &value!({"issuer": format!("https://login.microsoftonline.com/{id}/v2.0")}).to_string(),
        ),
        "/gone.example/v2.0/.well-known/openid-configuration" => refusal(90_002, "invalid_tenant"),
        _ => json(404, ""),
    })
    .await;
    let authority = Authority::new(
        BaseUrl::authority(&server.url).unwrap(),
        &HttpOptions::default(),
        Clock::system(),
    )
    .unwrap();
    assert_eq!(tenant_id(&authority, "contoso.example").await.unwrap(), id);
    for unknown in ["gone.example", "a/../b"] {
        assert_eq!(
            tenant_id(&authority, unknown).await.unwrap_err().code,
            codes::UNKNOWN_TENANT
        );
    }
    assert_eq!(tenant_id(&authority, &id.to_uppercase()).await.unwrap(), id);
    assert_eq!(server.received().len(), 3, "an id needs no request");
}
