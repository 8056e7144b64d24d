//! The pages that a person sees in a browser.

use super::Tenant;
use crate::sandbox::state::identity::CLIENT_ID;
use reqwest::{Client, redirect::Policy};

fn form(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

/// A browser that follows nothing by itself.
fn browser() -> Client {
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .redirect(Policy::none())
        .build()
        .unwrap()
}

/// A page is whole, for a phone too, in light and dark, and loads nothing.
fn is_a_page(headers: &reqwest::header::HeaderMap, html: &str) {
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for part in [
        "<!doctype html>",
        "<html lang=\"en\">",
        "<title>",
        "name=\"viewport\"",
        "prefers-color-scheme: dark",
        "Northwind Practice",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for part in ["http://", "https://", "<script", "src="] {
        assert!(!html.contains(part), "{part}: {html}");
    }
}

#[tokio::test]
async fn a_code_is_entered_and_accepted() {
    let tenant = Tenant::start().await;
    let url = &tenant.sandbox.url;
    let browser = browser();
    let post = |path: &str, fields: &[(&str, &str)]| {
        browser
            .post(format!("{url}/{path}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", url)
            .body(form(fields))
            .send()
    };
    let path = format!("{}/oauth2/v2.0/devicecode", tenant.sandbox.tenant_id);
    let scope = "https://graph.microsoft.com/User.Read openid offline_access";
    let begun = post(&path, &[("client_id", CLIENT_ID), ("scope", scope)])
        .await
        .unwrap();
    let begun: serde_json::Value = begun.json().await.unwrap();
    let page = begun["verification_uri"].as_str().unwrap();
    let code = begun["user_code"].as_str().unwrap().to_lowercase();

    let answer = browser.get(page).send().await.unwrap();
    let headers = answer.headers().clone();
    is_a_page(&headers, &answer.text().await.unwrap());
    for (fields, status, says) in [
        (
            vec![("user_code", "<b>\"no'code")],
            400,
            "No program waits for this code",
        ),
        (vec![("user_code", code.as_str())], 200, "Mia Keller"),
        (
            vec![("user_code", code.as_str()), ("do", "approve")],
            200,
            "You are signed in",
        ),
        (
            vec![("user_code", code.as_str()), ("do", "approve")],
            400,
            "No program waits",
        ),
    ] {
        let answer = post("devicelogin", &fields).await.unwrap();
        let (got, headers) = (answer.status(), answer.headers().clone());
        let html = answer.text().await.unwrap();
        assert_eq!(got, status, "{html}");
        is_a_page(&headers, &html);
        assert!(html.contains(says), "{html}");
    }
    let device_code = begun["device_code"].as_str().unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    let state = tenant.view("device").await;
    assert_eq!(state["devices"][0]["state"], "approved");
    assert!(!device_code.is_empty());
}

#[tokio::test]
async fn a_browser_asks_the_person_and_other_programs_do_not() {
    let tenant = Tenant::start().await;
    let browser = browser();
    let query = |more: &[(&str, &str)]| {
        let mut fields = vec![
            ("client_id", CLIENT_ID),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:12345"),
            ("scope", "https://graph.microsoft.com/.default"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
            ("state", "\"><script>1</script>"),
        ];
        fields.extend(more);
        let tenant = &tenant.sandbox;
        format!(
            "{}/{}/oauth2/v2.0/authorize?{}",
            tenant.url,
            tenant.tenant_id,
            form(&fields)
        )
    };
    let get = |url: String| {
        browser
            .get(url)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .send()
    };
    let answer = get(query(&[])).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let html = answer.text().await.unwrap();
    assert_eq!(status, 200);
    assert!(html.contains("User.Invite.All"), "{html}");
    assert!(html.contains("&quot;&gt;&lt;script&gt;"), "{html}");
    // The address of the app stands in a hidden field.
    is_a_page(
        &headers,
        &html
            .replace("http://localhost:12345", "")
            .replace("https://graph.microsoft.com", ""),
    );
    for (does, says) in [("approve", "code=1."), ("decline", "error=access_denied")] {
        let answer = get(query(&[("do", does)])).await.unwrap();
        assert_eq!(answer.status(), 302);
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.contains(says), "{location}");
    }
    let answer = browser.get(query(&[])).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let wrong = query(&[]).replace(CLIENT_ID, "11111111-1111-4111-8111-111111111111");
    let answer = get(wrong).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("AADSTS700016"));
}
