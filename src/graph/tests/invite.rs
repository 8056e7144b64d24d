//! Invitations against a server that misbehaves: each is sent once.

use super::super::{
    testing::{Credential, Reply, Server, error, json, with},
    *,
};
use crate::exit::Exit;
use secrecy::ExposeSecret;
use std::time::Duration;
use uuid::Uuid;

pub(super) const INVITED: &str = r#"{"id":"i1","inviteRedeemUrl":"https://login.example/redeem?ticket=SECRET","status":"PendingAcceptance",
"invitedUserEmailAddress":"ada@partner.example","invitedUser":{"id":"8a3cf1de-9a41-4a4e-9b6c-8e2a3f8e2b10"}}"#;

pub(super) fn request() -> InvitationRequest {
    InvitationRequest {
        email: "ada@partner.example".into(),
        redirect_url: "https://r.example".into(),
        ..InvitationRequest::default()
    }
}

#[tokio::test]
async fn an_invitation_goes_out_once_politely_and_comes_back_whole() {
    let server = Server::start(|_, _| with(json(201, INVITED), "request-id", "r-1")).await;
    let attempt = server.graph().invite(&request(), Uuid::new_v4()).await;
    let Verdict::Done(invitation) = &attempt.verdict else {
        panic!("{attempt:?}")
    };
    assert_eq!(invitation.user_id, "8a3cf1de-9a41-4a4e-9b6c-8e2a3f8e2b10");
    assert!(invitation.redeem_url.expose_secret().contains("SECRET"));
    assert_eq!(
        (attempt.status, attempt.request_id.as_deref()),
        (Some(201), Some("r-1"))
    );

    let sent = &server.received()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("POST", "/v1.0/invitations")
    );
    assert_eq!(sent.header("authorization"), Some("Bearer t-0"));
    assert_eq!(
        sent.header("user-agent"),
        Some(concat!("guestlist/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(sent.header("x-ms-throttle-priority"), Some("low"));
    assert_eq!(sent.header("accept"), Some("application/json"));
    assert_eq!(sent.header("prefer"), None);
    assert_eq!(
        sent.json()["invitedUserEmailAddress"],
        "ada@partner.example"
    );

    let shown = format!("{attempt:?} {:?}", server.graph());
    for secret in ["SECRET", "ada@", "t-0"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// A verdict's word, and what brings it about.
type Case = (&'static str, fn() -> Reply);

#[tokio::test]
async fn whatever_goes_wrong_an_invitation_is_sent_once() {
    let cut = || {
        Reply::Raw(format!(
            "HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n{INVITED}"
        ))
    };
    let cases: Vec<Case> = vec![
        ("unknown", || Reply::HangUp),
        ("unknown", || Reply::Raw("HTTP/1.1 201 Cre".into())),
        ("unknown", || Reply::Raw("what?".into())),
        ("unknown", || json(201, "{\"status\":\"PendingAcceptance\"")),
        ("unknown", || json(500, "")),
        ("unknown", || {
            Reply::Http(503, vec![("Retry-After", "1".into())], "<html>".into())
        }),
        ("unknown", || Reply::Silence(Duration::from_secs(9))),
        ("unknown", || json(200, INVITED)),
        ("ask again later", || {
            error(429, "TooManyRequests", "Please retry again later.")
        }),
    ];
    for (expected, reply) in cases {
        let server = Server::start(move |_, _| reply()).await;
        let attempt = server.graph().invite(&request(), Uuid::new_v4()).await;
        assert_eq!(attempt.verdict.word(), expected, "{attempt:?}");
        assert_eq!(server.received().len(), 1, "{expected}");
    }
    let server = Server::start(move |_, _| cut()).await;
    let attempt = server.graph().invite(&request(), Uuid::new_v4()).await;
    assert_eq!(attempt.verdict.word(), "unknown");
    assert_eq!(attempt.verdict.fault().unwrap().code, catalogue::CUT_ANSWER);
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let server = Server::start(|_, _| Reply::HangUp).await;
    let config = GraphConfig {
        base_url: BaseUrl::graph("http://127.0.0.1:1").unwrap(),
        http: http_client::HttpOptions::default(),
        clock: crate::clock::Clock::system(),
        abilities: None,
    };
    let graph = Graph::new(
        config,
        Credential::new("t", 60).tokens(),
        testing::quick_pace(),
    )
    .unwrap();
    assert_eq!(
        graph
            .invite(&request(), Uuid::new_v4())
            .await
            .verdict
            .word(),
        "not sent"
    );
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_stale_token_is_renewed_once_and_the_invitation_sent_again() {
    let server = Server::start(|received, _| match received.header("authorization") {
        Some("Bearer t-0") => error(
            401,
            "InvalidAuthenticationToken",
            "Lifetime validation failed, the token is expired.",
        ),
        _ => json(201, INVITED),
    })
    .await;
    let credential = Credential::new("t", 3_600);
    let attempt = server
        .graph_with(&credential)
        .invite(&request(), Uuid::new_v4())
        .await;
    assert_eq!(attempt.verdict.word(), "done");
    let sent = server.received();
    assert_eq!((sent.len(), credential.asked()), (2, 2));
    assert_ne!(
        sent[0].header("client-request-id"),
        sent[1].header("client-request-id")
    );
}

#[tokio::test]
async fn a_token_that_stays_rejected_ends_the_run() {
    let server =
        Server::start(|_, _| error(401, "InvalidAuthenticationToken", "Invalid audience.")).await;
    let attempt = server.graph().invite(&request(), Uuid::new_v4()).await;
    assert!(
        matches!(
            attempt.verdict,
            Verdict::Stop {
                exit: Exit::Permission,
                ..
            }
        ),
        "{attempt:?}"
    );
    assert_eq!(server.received().len(), 2);

    let fault = server.graph().organization().await.unwrap_err();
    assert_eq!(
        (fault.code, fault.exit()),
        (catalogue::TOKEN_REJECTED, Exit::Permission)
    );
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn a_missing_permission_is_no_reason_to_renew_the_token() {
    let server = Server::start(|_, _| {
        error(401, "Unauthorized", "Insufficient privileges to perform requested operation by the application \
            '00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI, ActionName=CreateInvite")
    })
    .await;
    let credential = Credential::new("t", 3_600);
    let attempt = server
        .graph_with(&credential)
        .invite(&request(), Uuid::new_v4())
        .await;
    assert!(matches!(
        attempt.verdict,
        Verdict::Stop {
            exit: Exit::Permission,
            ..
        }
    ));
    assert_eq!(
        attempt.verdict.fault().unwrap().code,
        catalogue::MAY_NOT_INVITE
    );
    assert_eq!((server.received().len(), credential.asked()), (1, 1));
}
