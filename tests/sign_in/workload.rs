//! A workload signs in with a token of its own platform.

use super::{tenant::Tenant, web::Service};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) const WEATHER: &str = r#"
[[sign_in.federated]]
issuer = "https://cluster.example/id"
subject = "system:serviceaccount:people:guestlist"

[[sign_in.federated]]
issuer = "https://token.actions.githubusercontent.com"
subject = "repo:contoso/people:ref:refs/heads/main"
"#;
const CLUSTER: &str = "https://cluster.example/id";
const POD: &str = "system:serviceaccount:people:guestlist";
const GITHUB: &str = "https://token.actions.githubusercontent.com";
const MAIN: &str = "repo:contoso/people:ref:refs/heads/main";
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// A token as a platform issues it; it lives for so many seconds from now.
fn token(issuer: &str, subject: &str, audience: &str, lives: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .cast_signed();
    let claims = json!({
        "iss": issuer, "sub": subject, "aud": [audience],
        "iat": now - 7200, "nbf": now - 7200, "exp": now + lives,
    });
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": "k"});
    format!(
        "{}.{}.{}",
        part(header.to_string()),
        part(claims.to_string()),
        part("signature".into())
    )
}

/// The token of a pod that is known.
pub(crate) fn pod() -> String {
    pod_for(600)
}

pub(super) fn pod_for(seconds: i64) -> String {
    token(CLUSTER, POD, AUDIENCE, seconds)
}

/// The token of a workflow that is known.
#[cfg(unix)]
pub(crate) fn github(seconds: i64) -> String {
    token(GITHUB, MAIN, AUDIENCE, seconds)
}

#[test]
fn a_pods_token_file_signs_in() {
    let tenant = Tenant::start(WEATHER);
    tenant
        .workdir
        .write("token", token(CLUSTER, POD, AUDIENCE, 600));
    for method in ["workload-identity", "auto"] {
        tenant
            .run(method, &[("AZURE_FEDERATED_TOKEN_FILE", "token")])
            .expect_code(0)
            .says("guestlist practice app");
    }
    assert_eq!(tenant.token_requests(), 2);
}

#[test]
fn each_mismatch_says_what_does_not_match() {
    let tenant = Tenant::start(WEATHER);
    for (file, number, said) in [
        (
            token("https://other.example", POD, AUDIENCE, 600),
            "AADSTS700211",
            "https://other.example",
        ),
        (
            token(CLUSTER, "system:serviceaccount:x:y", AUDIENCE, 600),
            "AADSTS700213",
            "system:serviceaccount:x:y",
        ),
        (
            token(CLUSTER, POD, "sts.amazonaws.com", 600),
            "AADSTS700212",
            "sts.amazonaws.com",
        ),
        (token("a", "b", "c", 600), "AADSTS70021:", "'a'"),
    ] {
        tenant.workdir.write("token", file);
        tenant
            .run(
                "workload-identity",
                &[("AZURE_FEDERATED_TOKEN_FILE", "token")],
            )
            .expect_code(6)
            .says(number)
            .says(said)
            .says("app's Federated credentials")
            .says("an owner of the app registration");
    }
    assert_eq!(tenant.token_requests(), 4, "a mismatch is not tried again");
}

#[test]
fn an_app_without_federated_credentials_says_so() {
    let tenant = Tenant::start("");
    tenant
        .workdir
        .write("token", token(CLUSTER, POD, AUDIENCE, 600));
    tenant
        .run(
            "workload-identity",
            &[("AZURE_FEDERATED_TOKEN_FILE", "token")],
        )
        .expect_code(6)
        .says("AADSTS70025")
        .says("app's Federated credentials");
}

#[test]
fn a_token_file_that_was_not_renewed_has_its_advice() {
    let tenant = Tenant::start(WEATHER);
    tenant
        .workdir
        .write("token", token(CLUSTER, POD, AUDIENCE, -3_600));
    tenant
        .run(
            "workload-identity",
            &[("AZURE_FEDERATED_TOKEN_FILE", "token")],
        )
        .expect_code(6)
        .says("AADSTS700024")
        .says("check that the token file is renewed");
}

#[test]
fn a_token_file_that_is_missing_is_named() {
    let tenant = Tenant::start(WEATHER);
    tenant
        .run(
            "workload-identity",
            &[("AZURE_FEDERATED_TOKEN_FILE", "no-such-token")],
        )
        .expect_code(6)
        .says("no-such-token")
        .says("label the pod");
    assert_eq!(tenant.token_requests(), 0);
}

#[test]
fn a_github_workflow_signs_in() {
    let tenant = Tenant::start(WEATHER);
    let answer = json!({"count": 1, "value": token(GITHUB, MAIN, AUDIENCE, 600)});
    let github = Service::start(200, &answer.to_string());
    let url = format!("{}/token?api-version=2.0", github.url);
    let variables = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token"),
    ];
    for method in ["github-actions", "auto"] {
        tenant
            .run(method, &variables)
            .expect_code(0)
            .says("guestlist practice app");
    }
    for asked in github.asked() {
        assert!(
            asked.starts_with(
                "GET /token?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange "
            ),
            "{asked}"
        );
        assert!(asked.contains("authorization: Bearer job-token"), "{asked}");
    }
}

#[test]
fn a_workflow_of_another_branch_is_named() {
    let tenant = Tenant::start(WEATHER);
    let branch = "repo:contoso/people:ref:refs/heads/try";
    let answer = json!({"value": token(GITHUB, branch, AUDIENCE, 600)});
    let github = Service::start(200, &answer.to_string());
    let variables = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", github.url.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token"),
    ];
    tenant
        .run("github-actions", &variables)
        .expect_code(6)
        .says("AADSTS700213")
        .says(branch);
}

#[test]
fn a_pipeline_signs_in_with_its_service_connection() {
    let tenant = Tenant::start(WEATHER);
    let answer = json!({"oidcToken": token(CLUSTER, POD, AUDIENCE, 600)});
    let pipelines = Service::start(200, &answer.to_string());
    let url = format!("{}/oidctoken", pipelines.url);
    let variables = [
        ("SYSTEM_OIDCREQUESTURI", url.as_str()),
        ("SYSTEM_ACCESSTOKEN", "pipeline-token"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1"),
    ];
    tenant
        .run("azure-pipelines", &variables)
        .expect_code(0)
        .says("guestlist practice app");
    let asked = &pipelines.asked()[0];
    assert!(asked.starts_with("POST /oidctoken?"), "{asked}");
    assert!(
        asked.contains("serviceConnectionId=connection-1"),
        "{asked}"
    );
    assert!(
        asked.contains("authorization: Bearer pipeline-token"),
        "{asked}"
    );
}

#[test]
fn a_machine_of_azure_signs_in_with_its_identity() {
    let tenant = Tenant::start("");
    let answer = json!({
        "access_token": tenant.practice.user_token,
        "expires_on": "4102444800",
        "resource": tenant.practice.url,
        "token_type": "Bearer",
    });
    let machine = Service::start(200, &answer.to_string());
    let url = format!("{}/msi/token", machine.url);
    let variables = [
        ("IDENTITY_ENDPOINT", url.as_str()),
        ("IDENTITY_HEADER", "secret-header"),
    ];
    tenant.run("managed-identity", &variables).expect_code(0);
    let asked = &machine.asked()[0];
    assert!(asked.starts_with("GET /msi/token?"), "{asked}");
    assert!(asked.contains("api-version=2019-08-01"), "{asked}");
    assert!(
        asked.contains("x-identity-header: secret-header"),
        "{asked}"
    );
    assert_eq!(tenant.token_requests(), 0);
}
