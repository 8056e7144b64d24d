//! Workloads and machines: their own platform is asked, then Entra.

use super::super::{
    AppService, Authority, AzurePipelines, GitHubActions, Method, Workload, catalogue as codes,
    managed_identity::ManagedIdentity,
};
use super::sign_in::{form, sign_in};
use crate::{
    clock::Clock,
    exit::Exit,
    graph::{
        BaseUrl, Tokens,
        http_client::HttpOptions,
        testing::{Received, Reply, Server, json},
    },
};
use secrecy::ExposeSecret;
use std::{fs, sync::Arc};

fn token() -> Reply {
    json(
        200,
        r#"{"token_type":"Bearer","expires_in":3600,"access_token":"a.b.c"}"#,
    )
}

fn assertion(received: &Received) -> String {
    form(&received.body)
        .into_iter()
        .find(|(name, _)| name == "client_assertion")
        .unwrap()
        .1
}

fn workload(workload: Workload) -> Method {
    Method::Workload {
        client_id: "app-1".into(),
        workload,
    }
}

#[tokio::test]
async fn a_token_file_is_read_again_for_each_refresh() {
    let server = Server::start(|_, before| {
        json(
            200,
            &format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"t-{before}"}}"#),
        )
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "first\n").unwrap();
    let tokens = sign_in(&server, workload(Workload::File(path.clone())))
        .tokens()
        .unwrap();
    let rejected = tokens.token().await.unwrap();
    fs::write(&path, "second").unwrap();
    tokens.refresh(&rejected, None).await.unwrap();
    let sent: Vec<String> = server.received().iter().map(assertion).collect();
    assert_eq!(sent, ["first", "second"]);

    for broken in ["", "  \n"] {
        fs::write(&path, broken).unwrap();
        let fault = sign_in(&server, workload(Workload::File(path.clone())))
            .tokens()
            .unwrap()
            .token()
            .await
            .unwrap_err();
        assert_eq!(
            (fault.code, fault.exit()),
            (codes::NO_WORKLOAD_TOKEN, Exit::Permission)
        );
    }
    fs::remove_file(&path).unwrap();
    let fault = sign_in(&server, workload(Workload::File(path)))
        .tokens()
        .unwrap()
        .token()
        .await
        .unwrap_err();
    assert_eq!(fault.code, codes::NO_WORKLOAD_TOKEN);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn github_is_asked_for_a_fresh_token_each_time() {
    let server = Server::start(|received, before| match received.path.as_str() {
        "/github?api-version=2&audience=api%3A%2F%2FAzureADTokenExchange" => {
            assert_eq!(received.header("authorization"), Some("Bearer gh-secret"));
            json(200, &format!(r#"{{"count":1,"value":"oidc-{before}"}}"#))
        }
        _ => json(
            200,
            &format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"t-{before}"}}"#),
        ),
    })
    .await;
    let github = GitHubActions {
        url: format!("{}/github?api-version=2", server.url),
        token: "gh-secret".into(),
    };
    let tokens = sign_in(&server, workload(Workload::GitHubActions(github)))
        .tokens()
        .unwrap();
    let rejected = tokens.token().await.unwrap();
    tokens.refresh(&rejected, None).await.unwrap();
    let sent = server.received();
    assert_eq!(sent.len(), 4);
    assert_eq!(
        (assertion(&sent[1]), assertion(&sent[3])),
        ("oidc-0".into(), "oidc-2".into())
    );
}

#[tokio::test]
async fn pipelines_are_asked_by_post_and_a_refusal_explained() {
    let server = Server::start(|received, _| {
        if !received
            .path
            .starts_with("/pipelines?api-version=7.1&serviceConnectionId=sc-1")
        {
            return token();
        }
        assert_eq!(
            (
                received.method.as_str(),
                received.header("x-tfs-fedauthredirect")
            ),
            ("POST", Some("Suppress"))
        );
        match received.header("authorization") {
            Some("Bearer good") => json(200, r#"{"oidcToken":"oidc"}"#),
            _ => Reply::Http(401, vec![], "<html>sign in</html>".into()),
        }
    })
    .await;
    let pipelines = |token: &str| {
        let url = format!("{}/pipelines", server.url);
        workload(Workload::AzurePipelines(AzurePipelines {
            url,
            token: token.into(),
            service_connection: "sc-1".into(),
        }))
    };
    let token = sign_in(&server, pipelines("good"))
        .tokens()
        .unwrap()
        .token()
        .await
        .unwrap();
    assert_eq!(token.secret().expose_secret(), "a.b.c");
    assert_eq!(assertion(&server.received()[1]), "oidc");
    let fault = sign_in(&server, pipelines("bad"))
        .tokens()
        .unwrap()
        .token()
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code, fault.exit()),
        (codes::NO_WORKLOAD_TOKEN, Exit::Permission)
    );
    assert!(!format!("{fault:?} {}", fault.message).contains("bad"));
    assert_eq!(server.received().len(), 3, "Entra is not asked in vain");
}

#[tokio::test]
async fn app_service_and_the_metadata_service_are_asked_each_in_its_way() {
    let epoch = jiff::Timestamp::now().as_second() + 3_600;
    let server = Server::start(move |received, _| {
        assert!(
            received.path.contains("resource=http%3A%2F%2F127.0.0.1"),
            "{}",
            received.path
        );
        assert!(!received.path.contains("default"));
        let metadata = received
            .path
            .starts_with("/metadata/identity/oauth2/token?api-version=2018-02-01");
        let service = received
            .path
            .starts_with("/msi/token?api-version=2019-08-01")
            && received.header("x-identity-header") == Some("h-1");
        let metadata = metadata && !received.path.contains("client_id=stranger");
        match (
            metadata && received.header("metadata") == Some("true"),
            service,
            received.path.contains("client_id=who"),
        ) {
            (true, _, false) | (_, true, true) => json(
                200,
                &format!(
                    r#"{{"access_token":"m.i.t","expires_on":"{epoch}","token_type":"Bearer"}}"#
                ),
            ),
            _ => json(
                400,
                r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
            ),
        }
    })
    .await;
    let service = AppService {
        endpoint: format!("{}/msi/token", server.url),
        header: "h-1".into(),
    };
    let method = Method::ManagedIdentity {
        app_service: Some(service),
        client_id: Some("who".into()),
    };
    let tokens = sign_in(&server, method).tokens().unwrap();
    assert_eq!(
        tokens.token().await.unwrap().secret().expose_secret(),
        "m.i.t"
    );

    let scope = format!("{}/.default", server.url);
    for (client_id, works) in [(None, true), (Some("stranger".to_owned()), false)] {
        let authority = Authority::new(
            BaseUrl::authority(&server.url).unwrap(),
            &HttpOptions::default(),
            Clock::system(),
        )
        .unwrap();
        let machine = Arc::new(
            ManagedIdentity::new(authority, None, client_id)
                .unwrap()
                .with_imds(&server.url),
        );
        let tokens = Tokens::new(Arc::new(move || Ok(machine.clone())), scope.clone());
        match tokens.token().await {
            Ok(token) => assert!(works && token.secret().expose_secret() == "m.i.t"),
            Err(fault) => assert!(
                !works && fault.code == codes::NO_MANAGED_IDENTITY,
                "{fault:?}"
            ),
        }
    }
}

#[tokio::test]
async fn where_there_is_no_metadata_service_it_is_said_at_once() {
    let authority = Authority::new(
        BaseUrl::authority("http://127.0.0.1:1").unwrap(),
        &HttpOptions::default(),
        Clock::system(),
    )
    .unwrap();
    let machine = Arc::new(
        ManagedIdentity::new(authority, None, None)
            .unwrap()
            .with_imds("http://127.0.0.1:1"),
    );
    let fault = Tokens::new(Arc::new(move || Ok(machine.clone())), "s")
        .token()
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code, fault.exit()),
        (codes::NO_MANAGED_IDENTITY, Exit::Permission)
    );
}

#[test]
fn a_managed_identity_is_never_asked_for_across_a_network() {
    for endpoint in [
        "http://identity.example/token",
        "https://1.2.3.4/token",
        "nonsense",
    ] {
        let authority = Authority::new(
            BaseUrl::authority("http://127.0.0.1:1").unwrap(),
            &HttpOptions::default(),
            Clock::system(),
        )
        .unwrap();
        let service = AppService {
            endpoint: endpoint.into(),
            header: "h".into(),
        };
        let refused = ManagedIdentity::new(authority, Some(service), None);
        assert_eq!(refused.err().unwrap().exit, Exit::Usage, "{endpoint}");
    }
}
