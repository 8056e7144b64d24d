//! Certificates made by openssl, and assertions checked by it: another implementation has the last word.

use super::super::{Method, SignIn, catalogue as codes, certificate::Certificate};
use super::sign_in::{form, refusal, sign_in};
use crate::{
    clock::Clock,
    graph::testing::{Server, json},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

fn openssl(folder: &Path, arguments: &str) -> Vec<u8> {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments.split(' '))
        .output()
        .expect("these tests need openssl");
    assert!(
        output.status.success(),
        "openssl {arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// `app.pem` with certificate and key, valid for two days, beside `cert.pem` and `key.pem`.
fn certificate(key: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    openssl(
        folder.path(),
        &format!(
            "req -x509 -newkey {key} -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=guestlist"
        ),
    );
    let path = folder.path().join("app.pem");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    fs::write(&path, format!("{}\n{}", read("cert.pem"), read("key.pem"))).unwrap();
    (folder, path)
}

fn decoded(part: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn openssl_accepts_the_signature_and_the_thumbprint() {
    for key in ["rsa:2048", "rsa:3072"] {
        let (folder, path) = certificate(key);
        let now = Timestamp::now();
        let assertion = Certificate::read(&path)
            .unwrap()
            .assertion("app-1", "https://a/t/oauth2/v2.0/token", now)
            .unwrap();
        let parts: Vec<&str> = assertion.split('.').collect();
        let (header, claims) = (decoded(parts[0]), decoded(parts[1]));

        assert_eq!(
            (header["alg"].as_str(), header["typ"].as_str()),
            (Some("PS256"), Some("JWT"))
        );
        let der = openssl(folder.path(), "x509 -in cert.pem -outform DER");
        fs::write(folder.path().join("cert.der"), der).unwrap();
        let thumbprint = openssl(folder.path(), "dgst -sha256 -binary cert.der");
        assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(thumbprint));

        assert_eq!(
            (claims["iss"].as_str(), claims["sub"].as_str()),
            (Some("app-1"), Some("app-1"))
        );
        assert_eq!(claims["aud"], "https://a/t/oauth2/v2.0/token");
        assert_eq!(claims["nbf"], now.as_second());
        let lives = claims["exp"].as_i64().unwrap() - now.as_second();
        assert!((60..=600).contains(&lives));

        fs::write(
            folder.path().join("signed"),
            format!("{}.{}", parts[0], parts[1]),
        )
        .unwrap();
        fs::write(
            folder.path().join("signature"),
            URL_SAFE_NO_PAD.decode(parts[2]).unwrap(),
        )
        .unwrap();
        openssl(
            folder.path(),
            "x509 -in cert.pem -pubkey -noout -out public.pem",
        );
        let verdict = openssl(
            folder.path(),
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 -verify public.pem -signature signature signed",
        );
        assert_eq!(String::from_utf8_lossy(&verdict).trim(), "Verified OK");
    }
}

#[test]
fn every_form_of_the_key_is_read() {
    let (folder, path) = certificate("rsa:2048");
    openssl(folder.path(), "rsa -in key.pem -traditional -out pkcs1.pem");
    let certificate = fs::read_to_string(folder.path().join("cert.pem")).unwrap();
    let key = fs::read_to_string(folder.path().join("pkcs1.pem")).unwrap();
    assert!(key.contains("BEGIN RSA PRIVATE KEY"));
    fs::write(&path, format!("{key}{certificate}")).unwrap();
    Certificate::read(&path).unwrap();
}

#[test]
fn of_a_chain_the_keys_own_certificate_is_used() {
    let (_other, other) = certificate("rsa:2048");
    let (folder, path) = certificate("rsa:2048");
    let alone = format!("{:?}", Certificate::read(&path).unwrap());
    let stranger = fs::read_to_string(other.with_file_name("cert.pem")).unwrap();
    let own = fs::read_to_string(&path).unwrap();
    let chain = folder.path().join("chain.pem");
    fs::write(&chain, format!("{stranger}{own}")).unwrap();
    assert_eq!(format!("{:?}", Certificate::read(&chain).unwrap()), alone);
}

#[test]
fn what_cannot_be_used_is_named() {
    let (folder, path) = certificate("rsa:2048");
    let (_other, other) = certificate("rsa:2048");
    let read = |path: &Path| fs::read_to_string(path).unwrap();
    openssl(
        folder.path(),
        "rsa -in key.pem -aes128 -passout pass:x -out locked.pem",
    );
    openssl(
        folder.path(),
        "ecparam -name prime256v1 -genkey -noout -out ec.pem",
    );
    let certificate = read(&folder.path().join("cert.pem"));
    let cases = [
        (
            certificate.clone(),
            codes::CERTIFICATE_UNREADABLE,
            "no private key",
        ),
        (
            read(&folder.path().join("key.pem")),
            codes::CERTIFICATE_UNREADABLE,
            "no certificate",
        ),
        (
            certificate.clone() + &read(&folder.path().join("locked.pem")),
            codes::CERTIFICATE_UNREADABLE,
            "encrypted",
        ),
        (
            certificate.clone() + &read(&folder.path().join("ec.pem")),
            codes::CERTIFICATE_UNREADABLE,
            "RSA",
        ),
        (
            certificate + &read(&other.with_file_name("key.pem")),
            codes::WRONG_CERTIFICATE,
            "does not belong",
        ),
        (
            String::new(),
            codes::CERTIFICATE_UNREADABLE,
            "no private key",
        ),
    ];
    for (pem, code, why) in cases {
        fs::write(&path, pem).unwrap();
        let fault = Certificate::read(&path).unwrap_err();
        assert_eq!(fault.code, code, "{why}");
        assert!(
            fault.message.contains(why) && fault.message.contains("app.pem"),
            "{}",
            fault.message
        );
        assert!(!fault.message.contains("PRIVATE"));
    }
    let fault = Certificate::read(Path::new("/nonexistent.pem")).unwrap_err();
    assert_eq!(fault.code, codes::CERTIFICATE_UNREADABLE);
}

fn at(days: i64) -> Clock {
    Clock::jumping_from(Timestamp::now() + SignedDuration::from_hours(24 * days))
}

#[tokio::test]
async fn a_fresh_assertion_goes_to_the_token_endpoint_for_each_refresh() {
    let (_folder, path) = certificate("rsa:2048");
    let server = Server::start(|_, before| {
        json(
            200,
            &format!(r#"{{"token_type":"Bearer","expires_in":3600,"access_token":"t-{before}"}}"#),
        )
    })
    .await;
    let method = Method::Certificate {
        client_id: "app-1".into(),
        path,
    };
    let tokens = sign_in(&server, method).tokens().unwrap();
    let token = tokens.token().await.unwrap();
    let fresh = tokens.refresh(&token, None).await.unwrap();
    assert_eq!(fresh.secret().expose_secret(), "t-1");
    let assertions: Vec<String> = server
        .received()
        .iter()
        .map(|sent| {
            let form = form(&sent.body);
            let value = |name: &str| form.iter().find(|(key, _)| key == name).unwrap().1.clone();
            assert_eq!(
                value("client_assertion_type"),
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            );
            value("client_assertion")
        })
        .collect();
    assert_ne!(assertions[0], assertions[1]);
    let claims = decoded(assertions[0].split('.').nth(1).unwrap());
    assert_eq!(
        claims["aud"],
        format!("{}/contoso.example/oauth2/v2.0/token", server.url)
    );
}

#[tokio::test]
async fn wrong_key_expired_certificate_and_clock_skew_each_have_their_advice() {
    let (_folder, path) = certificate("rsa:2048");
    let method = || Method::Certificate {
        client_id: "app-1".into(),
        path: path.clone(),
    };
    for (number, code) in [
        (700_027, codes::WRONG_CERTIFICATE),
        (700_024, codes::CLOCK_WRONG),
    ] {
        let server = Server::start(move |_, _| refusal(number, "invalid_client")).await;
        let fault = sign_in(&server, method())
            .tokens()
            .unwrap()
            .token()
            .await
            .unwrap_err();
        assert_eq!((fault.code, server.received().len()), (code, 1));
    }
    let server = Server::start(|_, _| json(200, "{}")).await;
    for (days, why) in [(3, "was valid until"), (-1, "not valid before")] {
        let sign_in = SignIn {
            clock: at(days),
            ..sign_in(&server, method())
        };
        let failure = sign_in.tokens().err().unwrap();
        assert_eq!(failure.exit, crate::exit::Exit::Permission);
        assert!(failure.what.contains("GL725"), "{why}: {failure}");
        let fault = Certificate::read(&path)
            .unwrap()
            .check(at(days).now())
            .unwrap_err();
        assert!(fault.message.contains(why), "{}", fault.message);
    }
    assert!(
        server.received().is_empty(),
        "what Entra would refuse is not sent"
    );
}
