//! The practice tenant over real HTTP, as a client sees it.

mod batch;
mod clients;
mod connections;
mod deletions;
mod directory;
mod follow_ups;
mod invitations;
mod pages;
mod reads;
mod resets;
mod sign_in;
mod weather;

use super::{
    Sandbox, SandboxOptions, Weather,
    state::identity::{CLIENT_ID, CLIENT_SECRET},
};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

pub(super) struct Tenant {
    pub sandbox: Sandbox,
    pub client: Client,
    pub token: String,
}

impl Tenant {
    /// A practice tenant without faults, and a client that is signed in as the user.
    pub(super) async fn start() -> Self {
        Self::with(SandboxOptions::default()).await
    }

    pub(super) async fn in_weather(toml: &str) -> Self {
        Self::with(SandboxOptions {
            weather: Weather::from_toml(toml).unwrap(),
            ..SandboxOptions::default()
        })
        .await
    }

    pub(super) async fn with(options: SandboxOptions) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let client = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        let token = sandbox.user_token.clone();
        Self {
            sandbox,
            client,
            token,
        }
    }

    pub(super) async fn into_app(mut self) -> Self {
        self.token = self.app_token().await;
        self
    }

    pub(super) async fn app_token(&self) -> String {
        let answer = self.token_request(&self.sandbox.tenant_id, &[]).await;
        answer.1["access_token"].as_str().unwrap().to_owned()
    }

    /// Sends a valid token request with these changes; an empty value leaves the parameter out.
    pub(super) async fn token_request(
        &self,
        tenant: &str,
        changes: &[(&str, &str)],
    ) -> (u16, Value) {
        let scope = format!("{}/.default", self.sandbox.url);
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
            ("scope", &scope),
        ];
        form.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        form.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let answer = self
            .client
            .post(format!("{}/{tenant}/oauth2/v2.0/token", self.sandbox.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.sandbox.url))
            .bearer_auth(&self.token)
    }

    pub(super) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    pub(super) async fn get_eventual(&self, path: &str) -> (u16, Value) {
        let request = self.request(Method::GET, path);
        read(
            request
                .header("ConsistencyLevel", "eventual")
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(super) async fn filter(&self, filter: &str) -> (u16, Value) {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        self.get(&format!("/v1.0/users?$filter={filter}&$select=id,mail"))
            .await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        read(
            self.request(Method::POST, path)
                .json(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(super) async fn invite(&self, address: &str) -> (u16, Value) {
        self.post("/v1.0/invitations", &invitation(address)).await
    }

    /// The answer of `GET /_sandbox/{what}`.
    pub(super) async fn view(&self, what: &str) -> Value {
        let (status, view) = self.get(&format!("/_sandbox/{what}")).await;
        assert_eq!(status, 200, "{view}");
        view
    }
}

pub(super) async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (
        status,
        serde_json::from_slice(&body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&body))),
    )
}

pub(super) fn invitation(address: &str) -> Value {
    json!({
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
        "sendInvitationMessage": true,
    })
}

pub(super) fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or_default()
}

pub(super) fn message(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn it_stops_though_a_client_keeps_its_connection() {
    let Tenant {
        sandbox,
        client,
        token,
    } = Tenant::start().await;
    let url = format!("{}/v1.0/me", sandbox.url);
    let ask = || client.get(&url).bearer_auth(&token).send();
    assert_eq!(ask().await.unwrap().status(), 200);
    let began = std::time::Instant::now();
    sandbox.stop().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
    assert!(ask().await.is_err());
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let first = Tenant::start().await;
    let port = first
        .sandbox
        .url
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let second = Sandbox::start(SandboxOptions {
        port,
        ..SandboxOptions::default()
    });
    let error = second.await.err().unwrap().to_string();
    assert_eq!(error, format!("cannot listen on 127.0.0.1:{port}"));
}
