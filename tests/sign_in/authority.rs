//! The practice tenant's sign-in side is strict: what Entra refuses, it refuses.

use super::{
    openssl::{certificate, openssl},
    tenant::Tenant,
    web::{get, post, query},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::{
    fs,
    time::{SystemTime, UNIX_EPOCH},
};

const VERIFIER: &str = "a-verifier-of-forty-three-characters-or-more";
/// Its SHA-256, as openssl has it.
const CHALLENGE: &str = "y5UF_tmp_ICTDGza-Ou2vUvx2cu7DBN-Xwf_z0RDfTw";
const BACK: &str = "http://localhost:12345";

impl Tenant {
    fn endpoint(&self, name: &str) -> String {
        let Self { practice, .. } = self;
        format!("{}/{}/oauth2/v2.0/{name}", practice.url, practice.tenant)
    }

    fn scope(&self) -> String {
        format!("{}/.default offline_access", self.practice.url)
    }

    /// A token request of a person's app; what was refused, by its number.
    fn asks(&self, form: &[(&str, &str)]) -> Result<Value, u64> {
        let scope = self.scope();
        let mut whole = vec![("client_id", self.practice.client_id.as_str())];
        if !form.iter().any(|(name, _)| *name == "scope") {
            whole.push(("scope", &scope));
        }
        whole.extend(form);
        let (status, answer) = post(&self.endpoint("token"), &whole);
        match status {
            200 => Ok(answer),
            _ => Err(answer["error_codes"][0].as_u64().unwrap()),
        }
    }

    /// Where the sign-in page leads, with these parameters changed.
    fn authorize(&self, changes: &[(&str, &str)]) -> Option<String> {
        let scope = self.scope();
        let mut parameters = vec![
            ("client_id", self.practice.client_id.as_str()),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", &scope),
            ("state", "state-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        parameters.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        parameters.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
        let parameters = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish();
        get(&format!("{}?{parameters}", self.endpoint("authorize"))).location
    }

    fn code(&self) -> String {
        query(&self.authorize(&[]).unwrap())["code"].clone()
    }

    fn redeems(&self, code: &str, redirect: &str, verifier: &str) -> Result<Value, u64> {
        self.asks(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ])
    }

    fn renews(&self, token: &str, more: &[(&str, &str)]) -> Result<Value, u64> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.asks(&[form.as_slice(), more].concat())
    }
}

#[test]
fn a_code_is_good_once_and_for_its_verifier_only() {
    let tenant = Tenant::start("");
    let code = tenant.code();
    assert!(tenant.redeems(&code, BACK, VERIFIER).is_ok());
    assert_eq!(tenant.redeems(&code, BACK, VERIFIER), Err(54_005));
    let other = VERIFIER.replace("forty", "fifty");
    assert_eq!(tenant.redeems(&tenant.code(), BACK, &other), Err(501_481));
    assert_eq!(
        tenant.redeems(&tenant.code(), "http://localhost:1", VERIFIER),
        Err(500_112)
    );
    assert_eq!(tenant.redeems("1.made-up", BACK, VERIFIER), Err(9_002_313));
}

#[test]
fn nobody_is_sent_where_the_app_is_not_registered() {
    let tenant = Tenant::start("");
    for elsewhere in [
        "http://localhost.evil.example:12345",
        "https://localhost:12345",
        "http://127.0.0.1:12345",
        "http://localhost:12345/other",
        "",
    ] {
        let led = tenant.authorize(&[("redirect_uri", elsewhere)]);
        assert_eq!(led, None, "{elsewhere}");
    }
    let stranger = "11111111-1111-1111-1111-111111111111";
    assert_eq!(tenant.authorize(&[("client_id", stranger)]), None);
    for (changed, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (
            ("scope", "https://graph.microsoft.us/.default"),
            "invalid_resource",
        ),
    ] {
        let led = query(&tenant.authorize(&[changed]).unwrap());
        assert_eq!(
            (led["error"].as_str(), led["state"].as_str()),
            (error, "state-1")
        );
        assert!(!led.contains_key("code"));
    }
}

#[test]
fn a_refresh_token_renews_until_it_ends_or_is_revoked() {
    let tenant = Tenant::start("");
    let first = tenant.redeems(&tenant.code(), BACK, VERIFIER).unwrap();
    let first = first["refresh_token"].as_str().unwrap();
    let second = tenant.renews(first, &[]).unwrap();
    assert_ne!(second["refresh_token"], first);
    assert!(tenant.renews(first, &[]).is_ok(), "the old one stays good");
    let secret = tenant.practice.client_secret.clone();
    assert_eq!(
        tenant.renews(first, &[("client_secret", &secret)]),
        Err(700_025)
    );
    let bare = format!("{}/.default", tenant.practice.url);
    let unrenewable = tenant.renews(first, &[("scope", &bare)]).unwrap();
    assert_eq!(unrenewable["refresh_token"], Value::Null);
    tenant.practice.post("/revoke", "");
    assert_eq!(tenant.renews(first, &[]), Err(50_173));

    tenant
        .practice
        .post("/weather", "[sign_in]\nrefresh_lifetime = 0");
    let over = tenant.redeems(&tenant.code(), BACK, VERIFIER).unwrap();
    let over = over["refresh_token"].as_str().unwrap();
    assert_eq!(tenant.renews(over, &[]), Err(700_082));
}

#[test]
fn a_device_that_hurries_is_slowed_down_and_a_code_is_good_once() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 0");
    let (_, begun) = post(
        &tenant.endpoint("devicecode"),
        &[
            ("client_id", &tenant.practice.client_id),
            ("scope", &tenant.scope()),
        ],
    );
    let code = begun["device_code"].as_str().unwrap();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let poll = || tenant.asks(&[("grant_type", grant), ("device_code", code)]);
    assert_eq!(poll(), Err(70_016));
    let shown = begun["user_code"].as_str().unwrap();
    tenant
        .practice
        .post(&format!("/device?user_code={shown}&do=approve"), "");
    assert!(poll().unwrap()["refresh_token"].is_string());
    assert_eq!(poll(), Err(54_005));
    assert_eq!(
        tenant.asks(&[("grant_type", grant), ("device_code", "made-up")]),
        Err(70_018)
    );

    tenant
        .practice
        .post("/weather", "[sign_in]\ndevice_interval = 30");
    let (_, begun) = post(
        &tenant.endpoint("devicecode"),
        &[
            ("client_id", &tenant.practice.client_id),
            ("scope", &tenant.scope()),
        ],
    );
    assert_eq!(begun["interval"], 30);
    let code = begun["device_code"].as_str().unwrap();
    for _ in 0..2 {
        let hurried = tenant.asks(&[("grant_type", grant), ("device_code", code)]);
        assert_eq!(hurried, Err(50_196));
    }
    let devices = tenant.practice.view("/device")["devices"].take();
    assert_eq!(
        (&devices[1]["early"], &devices[1]["slowed"]),
        (&json!(2), &json!(2))
    );
}

/// An assertion signed by openssl, by either of the two signatures.
fn assertion(tenant: &Tenant, header: &Value, claims: &Value, pss: bool) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    tenant.workdir.write("signed", &signed);
    let options = if pss {
        "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 "
    } else {
        ""
    };
    openssl(
        &tenant.workdir,
        &format!("dgst -sha256 {options}-sign app.key -out signature signed"),
    );
    let signature = fs::read(tenant.workdir.path("signature")).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn thumbprint(tenant: &Tenant, digest: &str) -> String {
    openssl(
        &tenant.workdir,
        "x509 -in app.crt -outform DER -out app.der",
    );
    openssl(
        &tenant.workdir,
        &format!("dgst -{digest} -binary -out print app.der"),
    );
    URL_SAFE_NO_PAD.encode(fs::read(tenant.workdir.path("print")).unwrap())
}

#[test]
fn an_assertion_is_taken_in_both_forms_and_once() {
    let tenant = Tenant::start("");
    let Some(pem) = certificate(&tenant.workdir, "app", 1) else {
        return;
    };
    tenant.practice.post("/certificate", &pem);
    let scope = format!("{}/.default", tenant.practice.url);
    let asks = |assertion: &str| {
        tenant.asks(&[
            ("grant_type", "client_credentials"),
            ("scope", &scope),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", assertion),
        ])
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let app = tenant.practice.client_id.as_str();
    let claims = |id: &str| {
        json!({
            "aud": tenant.endpoint("token"), "iss": app, "sub": app,
            "jti": id, "nbf": now, "exp": now + 300,
        })
    };
    let (new, old) = (thumbprint(&tenant, "sha256"), thumbprint(&tenant, "sha1"));
    let modern = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": new});
    let legacy = json!({"alg": "RS256", "typ": "JWT", "x5t": old});

    let good = assertion(&tenant, &modern, &claims("1"), true);
    assert!(asks(&good).is_ok());
    assert_eq!(asks(&good), Err(50_013), "the same one again");
    assert!(asks(&assertion(&tenant, &legacy, &claims("2"), false)).is_ok());

    let with = |name: &str, value: Value| {
        let mut claims = claims("3");
        claims[name] = value;
        asks(&assertion(&tenant, &modern, &claims, true))
    };
    assert_eq!(
        with("aud", json!("https://login.microsoftonline.com")),
        Err(700_023)
    );
    assert_eq!(with("sub", json!("someone else")), Err(700_021));
    assert_eq!(with("exp", json!(now - 301)), Err(700_024));
    assert_eq!(with("nbf", json!(now + 400)), Err(700_024));
    assert_eq!(with("jti", Value::Null), Err(50_027));
    assert!(
        with("exp", json!(now - 200)).is_ok(),
        "clocks differ by minutes"
    );

    // One signature under the other's name; the old thumbprint with the new signature; no signature.
    let claims = claims("4");
    assert_eq!(
        asks(&assertion(&tenant, &modern, &claims, false)),
        Err(700_027)
    );
    let mixed = json!({"alg": "PS256", "typ": "JWT", "x5t": old});
    assert_eq!(
        asks(&assertion(&tenant, &mixed, &claims, true)),
        Err(50_027)
    );
    let none = json!({"alg": "none", "typ": "JWT", "x5t#S256": new});
    assert_eq!(asks(&assertion(&tenant, &none, &claims, true)), Err(50_027));
    assert_eq!(asks("not.a.token"), Err(50_027));
}
