//! The token endpoint, bearer tokens and permissions.

use super::{Tenant, code, message, read};
use crate::sandbox::state::identity::{
    CLIENT_ID, DOMAIN, EXPIRED_SECRET, INITIAL_DOMAIN, TENANT_ID,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

#[tokio::test]
async fn the_tenant_is_known_by_id_and_by_domain() {
    let tenant = Tenant::start().await;
    for name in [TENANT_ID, DOMAIN, INITIAL_DOMAIN] {
        let (status, answer) = tenant.token_request(name, &[]).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let token = answer["access_token"].as_str().unwrap();
        let claims = URL_SAFE_NO_PAD
            .decode(token.split('.').nth(1).unwrap())
            .unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["tid"], TENANT_ID);
        assert_eq!(claims["aud"], json!(tenant.sandbox.url));
        assert_eq!(claims["idtyp"], "app");
        assert!(
            claims["roles"]
                .as_array()
                .unwrap()
                .contains(&json!("User.Invite.All"))
        );
        let (status, configuration) = tenant
            .get(&format!("/{name}/v2.0/.well-known/openid-configuration"))
            .await;
        assert_eq!(status, 200);
        assert!(
            configuration["issuer"]
                .as_str()
                .unwrap()
                .contains(TENANT_ID)
        );
    }
}

#[tokio::test]
async fn wrong_token_requests_get_their_aadsts_code() {
    let tenant = Tenant::start().await;
    for (name, changes, status, aadsts) in [
        (TENANT_ID, [("client_secret", "wrong")], 401, 7_000_215),
        (
            TENANT_ID,
            [("client_secret", EXPIRED_SECRET)],
            401,
            7_000_222,
        ),
        (TENANT_ID, [("client_secret", "")], 401, 7_000_218),
        (
            TENANT_ID,
            [("client_id", "11111111-1111-1111-1111-111111111111")],
            400,
            700_016,
        ),
        (
            "fabrikam.example",
            [("grant_type", "client_credentials")],
            400,
            90_002,
        ),
        (TENANT_ID, [("grant_type", "")], 400, 900_144),
        (TENANT_ID, [("grant_type", "password")], 400, 70_003),
        (TENANT_ID, [("scope", "User.Read")], 400, 1_002_012),
        (
            TENANT_ID,
            [("scope", "https://graph.microsoft.us/.default")],
            400,
            500_011,
        ),
    ] {
        let (got, answer) = tenant.token_request(name, &changes).await;
        assert_eq!(
            (got, &answer["error_codes"][0]),
            (status, &json!(aadsts)),
            "{changes:?}"
        );
        let description = answer["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{aadsts}: ")));
        assert!(answer["correlation_id"].is_string());
    }
}

#[tokio::test]
async fn graph_wants_a_good_token() {
    let mut tenant = Tenant::in_weather("token_lifetime = 0").await;
    for (token, said) in [
        (String::new(), "empty"),
        ("nonsense".into(), "not well formed"),
        ("a.b.c".into(), "signature"),
        (tenant.app_token().await, "expired"),
    ] {
        tenant.token = token;
        let (status, answer) = tenant.get("/v1.0/organization").await;
        assert_eq!(status, 401);
        assert_eq!(code(&answer), "InvalidAuthenticationToken");
        assert!(message(&answer).contains(said), "{answer}");
    }
}

#[tokio::test]
async fn each_call_needs_its_permission() {
    let tenant = Tenant::in_weather("[permissions]\napp = [\"Device.Read.All\"]")
        .await
        .into_app()
        .await;
    for path in [
        "/v1.0/users",
        "/v1.0/users/mia.keller@northwind.example",
        "/v1.0/organization",
        "/v1.0/domains",
        "/v1.0/groups",
        "/v1.0/policies/authorizationPolicy",
        "/beta/policies/b2bManagementPolicies",
        "/v1.0/directory/deletedItems/microsoft.graph.user",
    ] {
        let (status, answer) = tenant.get(path).await;
        assert_eq!(
            (status, code(&answer)),
            (403, "Authorization_RequestDenied"),
            "{path}"
        );
    }
    let (status, answer) = tenant.invite("a@new.example").await;
    assert_eq!((status, code(&answer)), (401, "Unauthorized"));
    assert!(message(&answer).contains("ControllerName=MSGraphInviteAPI"));
    assert_eq!(tenant.view("mails").await["total"], 0);
}

#[tokio::test]
async fn me_is_for_users() {
    let tenant = Tenant::start().await;
    let (status, me) = tenant.get("/v1.0/me?$select=mail").await;
    assert_eq!(
        (status, me["mail"].as_str()),
        (200, Some("mia.keller@northwind.example"))
    );
    let (status, _) = tenant.into_app().await.get("/v1.0/me").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_registered_certificate_outlives_a_change_of_the_weather() {
    let tenant = Tenant::start().await;
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["app".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let pem = STANDARD.encode(certificate.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{pem}\n-----END CERTIFICATE-----\n");
    // As `curl --data-binary` sends it.
    let url = format!("{}/_sandbox/certificate", tenant.sandbox.url);
    let request = tenant
        .client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(pem);
    let (status, answer) = read(request.send().await.unwrap()).await;
    assert_eq!(status, 200, "{answer}");
    let thumbprint = answer["thumbprint"].as_str().unwrap();
    let weather = tenant.post("/_sandbox/weather", &json!({"seed": 3})).await;
    assert_eq!(weather.0, 200, "{}", weather.1);

    // The signature is wrong, but the authority knows the key.
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = part(json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
    let token_url = format!(
        "{}/{}/oauth2/v2.0/token",
        tenant.sandbox.url, tenant.sandbox.tenant_id
    );
    let now = jiff::Timestamp::now().as_second();
    let claims = part(json!({
        "aud": token_url, "iss": CLIENT_ID, "sub": CLIENT_ID, "jti": "1",
        "nbf": now, "iat": now, "exp": now + 300,
    }));
    let assertion = format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode("signature"));
    let (status, answer) = tenant
        .token_request(
            &tenant.sandbox.tenant_id,
            &[
                ("client_secret", ""),
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ),
                ("client_assertion", &assertion),
            ],
        )
        .await;
    assert_eq!(status, 401, "{answer}");
    let said = answer["error_description"].as_str().unwrap();
    assert!(said.contains("The key was found, but"), "{said}");
}
