//! Faults that the weather injects, as a client sees them.

use super::{Tenant, invitation, read};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn script(kind: &str, fault: &str) -> String {
    format!("[[script]]\nkind = \"{kind}\"\nfault = \"{fault}\"\n")
}

/// Sends one invitation with the fault and a second one without it. Returns the first answer, and whether the guest
/// existed and how many mails were sent before the second one.
async fn one_fault(fault: &str) -> (Result<(u16, Value), ()>, bool, u64) {
    let tenant = Tenant::in_weather(&script("invitations", fault)).await;
    let sent = tenant
        .request(Method::POST, "/v1.0/invitations")
        .json(&invitation("a@new.example"))
        .send()
        .await;
    let answer = match sent {
        Err(_) => Err(()),
        Ok(answer) => {
            let status = answer.status().as_u16();
            match answer.bytes().await {
                Err(_) => Err(()),
                Ok(body) => Ok((status, serde_json::from_slice(&body).unwrap_or_default())),
            }
        }
    };
    let (_, found) = tenant.filter("mail eq 'a@new.example'").await;
    let there = !found["value"].as_array().unwrap().is_empty();
    let mails = tenant.view("mails").await["total"].as_u64().unwrap();
    let posts = tenant.view("invitations?address=a@new.example").await;
    let conclusive = matches!(fault, "throttled" | "silent_failure");
    assert_eq!(
        posts["addresses"]["a@new.example"][0]["conclusive"], conclusive,
        "{fault}"
    );
    assert_eq!(posts["addresses"]["a@new.example"][0]["fault"], fault);
    assert_eq!(tenant.invite("a@new.example").await.0, 201, "it passes");
    let posts = tenant.view("invitations?address=a@new.example").await;
    assert_eq!(posts["addresses"]["a@new.example"][1]["look_ups_before"], 1);
    assert_eq!(posts["unchecked"], json!([]));
    (answer, there, mails)
}

#[tokio::test]
async fn lost_cut_and_reset_answers() {
    for (fault, there) in [
        ("lost_before", false),
        ("lost_after", true),
        ("reset", true),
        ("cut", true),
    ] {
        let (answer, found, mails) = one_fault(fault).await;
        assert_eq!(
            (answer, found, mails),
            (Err(()), there, u64::from(there)),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn five_hundreds_before_and_after() {
    for (fault, status, there) in [
        ("unavailable", 503, false),
        ("unavailable_after", 503, true),
        ("timed_out", 408, false),
        ("throttled", 429, false),
    ] {
        let (answer, found, mails) = one_fault(fault).await;
        assert_eq!(
            (answer.unwrap().0, found, mails),
            (status, there, u64::from(there)),
            "{fault}"
        );
    }
}

#[tokio::test]
async fn answers_that_lack_something() {
    for (fault, status, there) in [
        ("silent_failure", "PendingAcceptance", false),
        ("status_error", "Error", false),
        ("no_user", "PendingAcceptance", true),
        ("no_link", "PendingAcceptance", true),
    ] {
        let (answer, found, _) = one_fault(fault).await;
        let (code, body) = answer.unwrap();
        assert_eq!(
            (code, &body["status"], found),
            (201, &json!(status), there),
            "{fault}"
        );
        assert_eq!(body["invitedUser"].is_null(), fault == "no_user");
        assert_eq!(body["inviteRedeemUrl"].is_null(), fault == "no_link");
    }
}

#[tokio::test]
async fn a_cut_answer_begins_well() {
    let tenant = Tenant::in_weather(&script("invitations", "cut")).await;
    let answer = tenant
        .request(Method::POST, "/v1.0/invitations")
        .json(&invitation("a@new.example"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn replication_hides_a_guest_from_filters_but_not_from_the_invitation_service() {
    let tenant = Tenant::in_weather("[replication]\nfilters_ms = 600\nby_id_ms = 200").await;
    let (_, first) = tenant.invite("a@new.example").await;
    let id = first["invitedUser"]["id"].as_str().unwrap();
    let by_id = format!("/v1.0/users/{id}");
    let ids = json!({"ids": [id]});
    let get_by_ids = "/v1.0/directoryObjects/getByIds";
    assert_eq!(tenant.get(&by_id).await.0, 404);
    assert_eq!(tenant.post(get_by_ids, &ids).await.1["value"], json!([]));
    assert_eq!(
        tenant.filter("mail eq 'a@new.example'").await.1["value"],
        json!([])
    );
    let (_, second) = tenant.invite("a@new.example").await;
    assert_eq!(second["invitedUser"]["id"], id);
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(tenant.get(&by_id).await.0, 200);
    assert_eq!(
        tenant.filter("mail eq 'a@new.example'").await.1["value"],
        json!([])
    );
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(
        tenant.filter("mail eq 'a@new.example'").await.1["value"][0]["id"],
        id
    );
}

#[tokio::test]
async fn the_documented_limit_is_announced_and_early_requests_are_counted() {
    let tenant =
        Tenant::in_weather("[throttle]\ninvitations_per_5s = 5\nretry_after = \"integer\"").await;
    for n in 0..5 {
        assert_eq!(tenant.invite(&format!("p{n}@new.example")).await.0, 201);
    }
    let answer = tenant
        .request(Method::POST, "/v1.0/invitations")
        .json(&invitation("p5@new.example"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "2");
    assert!(
        answer.headers()["x-ms-throttle-scope"]
            .to_str()
            .unwrap()
            .starts_with("Tenant_Application/")
    );
    assert!(answer.headers().contains_key("x-ms-throttle-information"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    tenant.invite("p5@new.example").await;
    let requests = tenant.view("requests").await;
    assert_eq!(requests["kinds"]["invitations"]["early"], 1);
    assert_eq!(requests["early"][0]["kind"], "invitations");
    assert_eq!(tenant.view("invitations").await["total"], 7);
}

#[tokio::test]
async fn the_latency_is_split_into_both_ways() {
    let tenant = Tenant::in_weather("[latency]\nmin_ms = 80\nmax_ms = 90").await;
    let began = Instant::now();
    tenant.get("/v1.0/organization").await;
    assert!(began.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn a_request_that_arrived_is_done_even_when_its_client_is_gone() {
    let tenant = Tenant::in_weather("[latency]\nmin_ms = 300\nmax_ms = 300").await;
    let request = tenant
        .request(Method::POST, "/v1.0/invitations")
        .json(&invitation("a@new.example"))
        .send();
    assert!(
        tokio::time::timeout(Duration::from_millis(50), request)
            .await
            .is_err()
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(tenant.view("mails").await["total"], 1);
}

#[tokio::test]
async fn the_weather_changes_at_run_time() {
    let tenant = Tenant::start().await;
    let change = |body: &'static str| {
        let request = tenant
            .request(Method::PUT, "/_sandbox/weather")
            .header("content-type", "application/toml")
            .body(body);
        async { read(request.send().await.unwrap()).await }
    };
    assert_eq!(change("allow_invites_from = \"none\"").await.0, 200);
    assert_eq!(tenant.invite("a@new.example").await.0, 403);
    assert_eq!(
        change("{\"allow_invites_from\": \"everyone\"}").await.0,
        200
    );
    assert_eq!(tenant.invite("a@new.example").await.0, 201);
    assert_eq!(change("rain = 1").await.0, 400);
    assert_eq!(change("").await.0, 200);
}

#[tokio::test]
async fn the_token_endpoint_has_faults_too() {
    let tenant = Tenant::in_weather(&script("token", "unavailable")).await;
    assert_eq!(
        tenant.token_request(&tenant.sandbox.tenant_id, &[]).await.0,
        503
    );
    assert_eq!(
        tenant.token_request(&tenant.sandbox.tenant_id, &[]).await.0,
        200
    );
    assert_eq!(
        tenant.view("requests").await["kinds"]["token"]["requests"],
        2
    );
}

#[tokio::test]
async fn a_lost_page_token_breaks_the_listing_once() {
    let tenant =
        Tenant::in_weather("[[script]]\nkind = \"users\"\nskip = 1\nfault = \"page_token_lost\"")
            .await;
    let (_, page) = tenant.get("/v1.0/users?$top=5&$select=id").await;
    let next = page["@odata.nextLink"].as_str().unwrap();
    let next = next.strip_prefix(&tenant.sandbox.url).unwrap();
    let (status, answer) = tenant.get(next).await;
    assert_eq!(
        (status, super::code(&answer)),
        (400, "DirectoryPageTokenNotFoundException")
    );
    assert_eq!(tenant.get(next).await.0, 200);
}

#[tokio::test]
async fn people_can_be_added_accepted_and_deleted() {
    let tenant = Tenant::start().await;
    let people = json!([{"address": "x@extra.example", "standing": "pending"}, {"address": "y@extra.example"}]);
    assert_eq!(
        tenant.post("/_sandbox/people", &people).await.1,
        json!({"added": 2})
    );
    assert_eq!(
        tenant.invite("x@extra.example").await.1["status"],
        "PendingAcceptance"
    );
    tenant
        .post("/_sandbox/accept", &json!({"address": "x@extra.example"}))
        .await;
    assert_eq!(
        tenant.invite("x@extra.example").await.1["status"],
        "Completed"
    );
    tenant
        .post("/_sandbox/delete", &json!({"address": "x@extra.example"}))
        .await;
    assert_eq!(
        tenant.filter("mail eq 'x@extra.example'").await.1["value"],
        json!([])
    );
    let shown = tenant.view("people?address=x@extra.example").await;
    assert!(shown["people"][0]["deleted"].is_string());
}
