//! An app signs in with a certificate.

use super::{
    openssl::{certificate, openssl, verifies},
    tenant::Tenant,
    web::{Service, query},
};
use crate::support::{Ended, Guests, Workdir};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use std::{fs, thread, time::Duration};

const FILE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";

/// A tenant that knows the app's certificate, which is `app.pem` in the folder.
fn with_certificate(weather: &str) -> Option<Tenant> {
    let tenant = Tenant::start(weather);
    let pem = certificate(&tenant.workdir, "app", 1)?;
    let registered = tenant.practice.post("/certificate", &pem);
    assert!(registered["thumbprint"].is_string());
    Some(tenant)
}

#[test]
fn a_registered_certificate_signs_in() {
    let Some(tenant) = with_certificate("[sign_in]\nclock_ahead = 240") else {
        return;
    };
    tenant
        .run("certificate", &[(FILE, "app.pem")])
        .expect_code(0)
        .says("guestlist practice app");
    // What the environment provides is taken by itself.
    tenant
        .run("auto", &[(FILE, "app.pem")])
        .expect_code(0)
        .says("guestlist practice app");
    assert_eq!(tenant.token_requests(), 2);
}

#[test]
fn windows_programs_may_write_a_byte_order_mark() {
    let Some(tenant) = with_certificate("") else {
        return;
    };
    let pem = tenant.workdir.read("app.pem");
    tenant.workdir.write("mark.pem", format!("\u{feff}{pem}"));
    let units = std::iter::once(0xfeff).chain(pem.encode_utf16());
    let utf16: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    tenant.workdir.write("utf16.pem", utf16);
    for file in ["mark.pem", "utf16.pem"] {
        tenant.run("certificate", &[(FILE, file)]).expect_code(0);
    }
}

/// What openssl says to the printed line is checked too: it makes a file that signs in.
#[test]
fn a_pfx_file_is_answered_with_the_line_that_converts_it() {
    let Some(tenant) = with_certificate("") else {
        return;
    };
    for (file, how, flag) in [("app.pfx", "", ""), ("old app.pfx", " -legacy", " -legacy")] {
        let made = format!(
            "pkcs12 -export{how} -inkey app.key -in app.crt -out made.pfx -passout pass:secret"
        );
        openssl(&tenant.workdir, &made);
        fs::rename(tenant.workdir.path("made.pfx"), tenant.workdir.path(file)).unwrap();
        let pem = file.replace(".pfx", ".pem");
        let quoted = |name: &str| match name.contains(' ') {
            true if cfg!(windows) => format!("\"{name}\""),
            true => format!("'{name}'"),
            false => name.to_owned(),
        };
        let line = format!(
            "openssl pkcs12 -in {} -out {} -nodes{flag}",
            quoted(file),
            quoted(&pem)
        );
        tenant
            .run("certificate", &[(FILE, file)])
            .expect_code(6)
            .says("it is a PFX file")
            .says(&line);
    }
    let converted = "pkcs12 -in app.pfx -out app.pem -nodes -passin pass:secret";
    openssl(&tenant.workdir, converted);
    tenant
        .run("certificate", &[(FILE, "app.pem")])
        .expect_code(0);
    openssl(
        &tenant.workdir,
        "x509 -in app.crt -outform DER -out app.cer",
    );
    tenant
        .run("certificate", &[(FILE, "app.cer")])
        .expect_code(6)
        .says("it is a binary (DER) file");
}

#[test]
fn a_long_run_renews_its_sign_in_with_a_fresh_assertion() {
    let Some(tenant) = with_certificate("token_lifetime = 4") else {
        return;
    };
    tenant.workdir.write("guests.csv", Guests::new().people(9));
    let ledger = ["--new-ledger", "--ledger", "guestlist.db", "--rate", "1"];
    let mut command = tenant.invite("certificate", &[(FILE, "app.pem")], &ledger);
    Ended::of(&mut command).expect_code(0);
    // Each token was for an assertion of its own: the tenant takes none twice.
    assert!(tenant.token_requests() >= 3);
}

#[test]
fn openssl_accepts_what_is_sent() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1));
    if certificate(&workdir, "app", 1).is_none() {
        return;
    }
    let service = Service::start(
        401,
        r#"{"error":"invalid_client","error_description":"AADSTS7000222: over","error_codes":[7000222]}"#,
    );
    let (url, app) = (&service.url, "0c5d2f8e-71a4-4b39-8d60-93e1f7b2a5c4");
    let mut command = workdir.command(&[
        "invite",
        "guests.csv",
        "--dry-run",
        "--tenant",
        "contoso.example",
        "--graph-url",
        url,
        "--authority-url",
        url,
    ]);
    command.env("AZURE_CLIENT_ID", app).env(FILE, "app.pem");
    Ended::of(&mut command).expect_code(6).says("AADSTS7000222");

    let asked = service.asked();
    let sent = asked
        .iter()
        .find(|sent| sent.contains("client_assertion="))
        .unwrap();
    let path = sent.split(' ').nth(1).unwrap();
    let form = query(&format!("?{}", sent.rsplit('\n').next().unwrap()));
    assert_eq!(
        form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert!(!form.contains_key("client_secret"));
    let (signed, signature) = form["client_assertion"].rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    assert!(verifies(&workdir, "app", signed, &signature));

    let (header, claims) = signed.split_once('.').unwrap();
    let decoded = |part: &str| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (decoded(header), decoded(claims));
    assert_eq!(header["alg"], "PS256");
    let print = openssl(&workdir, "x509 -in app.crt -noout -fingerprint -sha256").unwrap();
    let hex: String = print
        .rsplit('=')
        .next()
        .unwrap()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .collect();
    let bytes: Vec<u8> = (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect();
    assert_eq!(header["x5t#S256"], URL_SAFE_NO_PAD.encode(bytes));
    assert_eq!(claims["aud"], format!("{}{path}", service.url));
    assert_eq!(claims["iss"], app);
    assert_eq!(claims["sub"], claims["iss"]);
    let lives = claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap();
    assert!((1..=600).contains(&lives));
}

#[test]
fn a_key_that_is_not_registered_has_its_advice() {
    let Some(tenant) = with_certificate("") else {
        return;
    };
    certificate(&tenant.workdir, "other", 1);
    tenant
        .run("certificate", &[(FILE, "other.pem")])
        .expect_code(6)
        .says("AADSTS700027")
        .says("upload the certificate under Certificates & secrets")
        .says("an owner of the app registration");
    assert_eq!(tenant.token_requests(), 1, "a wrong key is not tried again");
}

#[test]
fn a_key_of_another_certificate_is_found_before_anything_is_sent() {
    let Some(tenant) = with_certificate("") else {
        return;
    };
    certificate(&tenant.workdir, "other", 1);
    let mixed = tenant.workdir.read("app.crt") + &tenant.workdir.read("other.key");
    tenant.workdir.write("mixed.pem", mixed);
    tenant
        .run("certificate", &[(FILE, "mixed.pem")])
        .expect_code(6)
        .says("mixed.pem")
        .says("the private key does not belong to the certificate");
    assert_eq!(tenant.token_requests(), 0);
}

#[test]
fn an_expired_certificate_has_its_advice() {
    let tenant = Tenant::start("");
    if certificate(&tenant.workdir, "old", 0).is_none() {
        return;
    }
    thread::sleep(Duration::from_secs(2));
    tenant
        .run("certificate", &[(FILE, "old.pem")])
        .expect_code(6)
        .says("the certificate was valid until")
        .says("create a new certificate and upload it");
    assert_eq!(tenant.token_requests(), 0);
}

/// This machine's clock is days behind, so only the tenant knows that the certificate is over.
#[test]
fn a_certificate_that_only_the_tenant_finds_expired_has_the_same_advice() {
    let Some(tenant) = with_certificate("[sign_in]\nclock_ahead = 172800") else {
        return;
    };
    tenant
        .run("certificate", &[(FILE, "app.pem")])
        .expect_code(6)
        .says("AADSTS700027")
        .says("The key used is expired")
        .says("create a new certificate and upload it");
}

#[test]
fn a_clock_that_is_behind_has_its_advice() {
    let Some(tenant) = with_certificate("[sign_in]\nclock_ahead = 3600") else {
        return;
    };
    tenant
        .run("certificate", &[(FILE, "app.pem")])
        .expect_code(6)
        .says("AADSTS700024")
        .says("set this machine's clock")
        .says("whoever runs the machine");
}

/// Then a new certificate is not valid yet, which the tenant says first.
#[test]
fn a_clock_that_is_ahead_has_its_advice() {
    let Some(tenant) = with_certificate("[sign_in]\nclock_ahead = -3600") else {
        return;
    };
    tenant
        .run("certificate", &[(FILE, "app.pem")])
        .expect_code(6)
        .says("AADSTS700027")
        .says("or set the clock");
}
