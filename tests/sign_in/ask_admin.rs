//! The mail that `doctor --ask-admin` prints, for every way of signing in: an administrator who does not know guestlist
//! gets it and has to be able to do what it asks for.
#![cfg(unix)]

use super::{
    tenant::Tenant,
    web::Service,
    workload::{WEATHER, github, pod},
};
use crate::support::Ended;
use serde_json::json;

/// Too little for a run.
const POOR: &str = "[permissions]\nuser = [\"User.Read\"]\napp = [\"Organization.Read.All\"]";

/// The mail for a way of signing in.
fn mail(tenant: &Tenant, method: &str, variables: &[(&str, &str)]) -> String {
    let mut command = tenant.command(method, variables);
    let mut doctor = std::process::Command::new(command.get_program());
    doctor
        .args(["doctor", "--ask-admin", "--tenant", &tenant.practice.tenant])
        .args(["--graph-url", &tenant.practice.url])
        .args(["--authority-url", &tenant.practice.url])
        .current_dir(command.get_current_dir().unwrap())
        .env_clear();
    for (name, value) in command.env("COLUMNS", "80").get_envs() {
        if let Some(value) = value {
            doctor.env(name, value);
        }
    }
    let ended = Ended::of(&mut doctor).expect_code(0);
    for secret in [&tenant.practice.client_secret, &tenant.practice.user_token] {
        assert!(!ended.stdout.contains(secret), "{}", ended.stdout);
    }
    ended
        .stdout
        .replace(&tenant.practice.url, "https://login.example")
}

#[test]
fn an_administrator_can_do_what_the_mail_asks_for() {
    let tenant = Tenant::start(&format!("{POOR}\n{WEATHER}"));
    let practice = &tenant.practice;
    let token = practice.user_token.as_str();
    let machine = json!({"access_token": token, "expires_on": "4102444800"});
    let machine = Service::start(200, &machine.to_string());
    let no_identity = Service::start(
        400,
        r#"{"error": "invalid_request", "error_description": "Identity not found"}"#,
    );
    let hub = Service::start(200, &json!({"value": github(600)}).to_string());
    let pipeline = Service::start(200, &json!({"oidcToken": pod()}).to_string());
    let az = tenant.program(
        "az",
        &format!(
            "echo '{}'",
            json!({
                "accessToken": token, "expiresOn": "2099-12-31 23:59:59.000000", "expires_on": 4_102_444_799_u64,
                "tenant": practice.tenant, "tokenType": "Bearer",
            })
        ),
    );
    tenant.workdir.write("token", pod());
    let nobody = ("AZURE_CLIENT_ID", "99999999-8888-7777-6666-555555555555");
    let hub_token = ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token");
    let hub_url = ("ACTIONS_ID_TOKEN_REQUEST_URL", hub.url.as_str());
    let of_pipeline = [
        ("SYSTEM_OIDCREQUESTURI", pipeline.url.as_str()),
        ("SYSTEM_ACCESSTOKEN", "pipeline-token"),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1"),
        nobody,
    ];
    let identity = ("IDENTITY_HEADER", "secret-header");
    // Where a sign-in is possible at all, somebody is signed in and lacks permissions; a second page is for the first day.
    for (name, method, variables) in [
        (
            "client-secret",
            "client-secret",
            vec![("AZURE_CLIENT_SECRET", practice.client_secret.as_str())],
        ),
        (
            "client-secret, first day",
            "client-secret",
            vec![("AZURE_CLIENT_SECRET", "guessed")],
        ),
        (
            "certificate, first day",
            "certificate",
            vec![("AZURE_CLIENT_CERTIFICATE_PATH", "missing.pem")],
        ),
        (
            "workload-identity, first day",
            "workload-identity",
            vec![("AZURE_FEDERATED_TOKEN_FILE", "token"), nobody],
        ),
        (
            "github-actions, first day",
            "github-actions",
            vec![hub_url, hub_token, nobody],
        ),
        (
            "azure-pipelines, first day",
            "azure-pipelines",
            of_pipeline.to_vec(),
        ),
        (
            "managed-identity",
            "managed-identity",
            vec![("IDENTITY_ENDPOINT", machine.url.as_str()), identity],
        ),
        (
            "managed-identity, first day",
            "managed-identity",
            vec![("IDENTITY_ENDPOINT", no_identity.url.as_str()), identity],
        ),
        (
            "azure-cli",
            "azure-cli",
            vec![("PATH", az.as_str()), ("AZURE_CLIENT_ID", "")],
        ),
        ("browser, first day", "browser", vec![]),
        (
            "device-code, first day",
            "device-code",
            vec![("AZURE_CLIENT_ID", "")],
        ),
        ("token", "token", vec![("GUESTLIST_ACCESS_TOKEN", token)]),
    ] {
        let text = mail(&tenant, method, &variables);
        insta::assert_snapshot!(name.replace(", ", "-").replace(' ', "-"), text);
    }
}
