//! `POST /invitations`: the strict body, the 201, and the answers for people who already exist.

use super::{Tenant, code, invitation, message, read};
use crate::sandbox::{SandboxOptions, state::ids::stable_id};
use reqwest::Method;
use serde_json::{Value, json};

fn with(address: &str, more: Value) -> Value {
    let mut body = invitation(address);
    let Value::Object(more) = more else {
        panic!("an object");
    };
    body.as_object_mut().unwrap().extend(more);
    body
}

#[tokio::test]
async fn a_new_guest_is_made_mailed_and_linked() {
    let tenant = Tenant::start().await;
    let anna = stable_id("anna.berg@northwind.example");
    let body = with(
        "Zoe.New@new.example",
        json!({
            "invitedUserDisplayName": "Zoe New",
            "invitedUserMessageInfo": {
                "messageLanguage": "de-DE",
                "customizedMessageBody": "Hallo",
                "ccRecipients": [{"emailAddress": {"name": null, "address": "boss@new.example"}}],
            },
            "invitedUserSponsors": [{"id": anna}],
        }),
    );
    let (status, answer) = tenant.post("/v1.0/invitations", &body).await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["status"], "PendingAcceptance");
    assert_eq!(answer["invitedUserEmailAddress"], "Zoe.New@new.example");
    let id = answer["invitedUser"]["id"].as_str().unwrap();
    assert_ne!(answer["id"].as_str().unwrap(), id);

    let link = answer["inviteRedeemUrl"].as_str().unwrap();
    let quoted: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
    let known = tenant.view(&format!("links?url={quoted}")).await;
    assert_eq!(known, json!({"known": true, "user_id": id}));

    let links = json!([link, "https://x.example/?ticket=1"]);
    assert_eq!(
        tenant.post("/_sandbox/links", &links).await.1,
        json!({"known": 1, "unknown": ["https://x.example/?ticket=1"]})
    );

    let path = format!(
        "/v1.0/users/{id}?$select=mail,otherMails,proxyAddresses,userPrincipalName,userType,externalUserState,creationType,accountEnabled"
    );
    let (_, user) = tenant.get(&path).await;
    assert_eq!(user["mail"], "Zoe.New@new.example");
    assert_eq!(user["proxyAddresses"], json!(["SMTP:Zoe.New@new.example"]));
    assert_eq!(
        user["userPrincipalName"],
        "Zoe.New_new.example#EXT#@northwindpractice.onmicrosoft.com"
    );
    assert_eq!(user["externalUserState"], "PendingAcceptance");
    let (_, sponsors) = tenant.get(&format!("/v1.0/users/{id}/sponsors")).await;
    assert_eq!(sponsors["value"][0]["id"], anna);

    let mails = tenant.view("mails?address=zoe.new@new.example").await;
    let mail = &mails["addresses"]["zoe.new@new.example"][0];
    assert_eq!(
        (&mail["words"], &mail["cc"]),
        (&json!("Hallo"), &json!("boss@new.example"))
    );
    assert_eq!(mails["total"], 1);
}

#[tokio::test]
async fn without_a_cc_the_answer_has_the_odd_placeholder() {
    let tenant = Tenant::start().await;
    let (_, answer) = tenant.invite("a@new.example").await;
    assert_eq!(
        answer["invitedUserMessageInfo"],
        json!({
            "messageLanguage": null,
            "customizedMessageBody": null,
            "ccRecipients": [{"emailAddress": {"name": null, "address": null}}],
        })
    );
}

#[tokio::test]
async fn an_apps_words_are_dropped_silently() {
    let tenant = Tenant::start().await.into_app().await;
    let body = with(
        "a@new.example",
        json!({"invitedUserMessageInfo": {"customizedMessageBody": "Hi", "messageLanguage": "fr"}}),
    );
    let (status, answer) = tenant.post("/v1.0/invitations", &body).await;
    assert_eq!(status, 201);
    let mails = tenant.view("mails").await;
    let mail = &mails["addresses"]["a@new.example"][0];
    assert_eq!(
        (&mail["words"], &mail["words_dropped"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(mail["language"], "fr");
    let id = answer["invitedUser"]["id"].as_str().unwrap();
    let (_, sponsors) = tenant.get(&format!("/v1.0/users/{id}/sponsors")).await;
    assert_eq!(sponsors["value"], json!([]), "no user, no default sponsor");
}

#[tokio::test]
async fn inviting_a_pending_guest_again_mails_again_and_makes_nobody() {
    let tenant = Tenant::start().await;
    let (_, first) = tenant.invite("a@new.example").await;
    let users = tenant.view("").await["users"].clone();
    let (status, second) = tenant.invite("A@New.example").await;
    assert_eq!(status, 201);
    assert_eq!(first["invitedUser"]["id"], second["invitedUser"]["id"]);
    assert_ne!(first["inviteRedeemUrl"], second["inviteRedeemUrl"]);
    let silent = with("a@new.example", json!({"sendInvitationMessage": false}));
    let (status, third) = tenant.post("/v1.0/invitations", &silent).await;
    assert_eq!(
        (status, &third["status"]),
        (201, &json!("PendingAcceptance"))
    );
    assert_eq!(tenant.view("").await["users"], users);
    assert_eq!(tenant.view("mails").await["total"], 2);
    assert_eq!(tenant.view("invitations").await["total"], 3);
}

#[tokio::test]
async fn everyone_who_is_there_already_gets_the_documented_answer() {
    let tenant = Tenant::start().await;
    for (address, status, said) in [
        ("ben.carter@fabrikam.example", 201, "Completed"),
        ("dana.fox@adatum.example", 201, "PendingAcceptance"),
        ("karl.maier@adatum.example", 201, "PendingAcceptance"),
        ("hugo.stone@litware.example", 201, "Completed"),
        ("ida.west@litware.example", 201, "Completed"),
        ("jon.park@litware.example", 201, "Completed"),
        ("nils.dahl@fabrikam.example", 201, "Completed"),
        (
            "finn.gray@adatum.example",
            412,
            "but the account is blocked from signing in",
        ),
        (
            "sofia.rossi@mailbox.example",
            400,
            "They can use that account to sign in",
        ),
        (
            "ines.costa@oldbrand.example",
            400,
            "They can use that account to sign in",
        ),
        (
            "anna.berg@northwind.example",
            400,
            "is a verified domain of this directory",
        ),
        (
            "x@northwindpractice.onmicrosoft.com",
            400,
            "same tenant as the inviter",
        ),
        (
            "all-staff@fabrikam.example",
            400,
            "Group email address is not supported",
        ),
        (
            "shared@ambiguous.example",
            400,
            "Another object with the same value",
        ),
        (
            "a+b@new.example",
            400,
            "The Primary SMTP Address is an invalid value",
        ),
        (
            "zoë@new.example",
            400,
            "The Primary SMTP Address is an invalid value",
        ),
        ("a@blocked.example", 403, "blocked"),
        ("a@sealed.example", 403, "cross-tenant access settings"),
    ] {
        let (got, answer) = tenant.invite(address).await;
        let text = answer["status"]
            .as_str()
            .unwrap_or_else(|| message(&answer));
        assert_eq!(got, status, "{address}: {answer}");
        assert!(text.contains(said), "{address}: {text}");
    }
    // Only pending guests got a mail.
    let mailed = tenant.view("mails").await;
    let mailed: Vec<&String> = mailed["addresses"].as_object().unwrap().keys().collect();
    assert_eq!(mailed.len(), 2, "{mailed:?}");
    let (_, answer) = tenant.invite("sofia.rossi@mailbox.example").await;
    assert!(message(&answer).contains(&stable_id("sofia.rossi@northwind.example")));
}

#[tokio::test]
async fn a_deleted_guest_comes_back_as_a_new_one() {
    let tenant = Tenant::start().await;
    let (status, answer) = tenant.invite("mona.reed@fabrikam.example").await;
    assert_eq!(status, 201);
    assert_ne!(
        answer["invitedUser"]["id"],
        stable_id("mona.reed@fabrikam.example")
    );
    let (_, deleted) = tenant
        .get("/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,mail,userPrincipalName")
        .await;
    assert_eq!(deleted["value"][0]["mail"], "mona.reed@fabrikam.example");
    assert!(
        deleted["value"][0]["userPrincipalName"]
            .as_str()
            .unwrap()
            .starts_with(&stable_id("mona.reed@fabrikam.example").replace('-', ""))
    );
}

#[tokio::test]
async fn a_contacts_address_makes_a_guest_without_mail() {
    let tenant = Tenant::start().await;
    let (_, answer) = tenant.invite("office@contact.example").await;
    let id = answer["invitedUser"]["id"].as_str().unwrap();
    let (_, user) = tenant
        .get(&format!(
            "/v1.0/users/{id}?$select=mail,proxyAddresses,otherMails"
        ))
        .await;
    assert_eq!(user["mail"], Value::Null);
    assert_eq!(user["proxyAddresses"], json!([]));
    assert_eq!(user["otherMails"], json!(["office@contact.example"]));
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_refused() {
    let tenant = Tenant::start().await;
    let anna = json!({"id": stable_id("anna.berg@northwind.example")});
    let sponsor = |n: usize| json!({"id": stable_id(&format!("nobody {n}"))});
    for (more, status) in [
        (json!({"companyName": "X"}), 400),
        (json!({"sendInvitationMessage": "true"}), 400),
        (json!({"invitedUserType": "guest"}), 400),
        (json!({"inviteRedirectUrl": "myapps"}), 400),
        (json!({"inviteRedirectUrl": "ftp://x.example"}), 400),
        (json!({"inviteRedirectUrl": null}), 400),
        (json!({"invitedUserEmailAddress": null}), 400),
        (json!({"invitedUserDisplayName": "x".repeat(257)}), 400),
        (json!({"invitedUserSponsors@odata.bind": ["x"]}), 400),
        (
            json!({"invitedUserSponsors": [{"@odata.type": "#microsoft.graph.user", "id": anna["id"]}]}),
            400,
        ),
        (json!({"invitedUserSponsors": ["anna"]}), 400),
        (
            json!({"invitedUserSponsors": [{"id": "anna.berg@northwind.example"}]}),
            400,
        ),
        (json!({"invitedUserSponsors": [anna, anna]}), 400),
        (
            json!({"invitedUserSponsors": (0..6).map(sponsor).collect::<Vec<_>>()}),
            400,
        ),
        (json!({"invitedUserSponsors": [sponsor(0)]}), 404),
        (
            json!({"invitedUserMessageInfo": {"ccRecipients": [
            {"emailAddress": {"address": "a@x.example"}}, {"emailAddress": {"address": "b@x.example"}}]}}),
            400,
        ),
        (
            json!({"invitedUserMessageInfo": {"messageLanguage": "German"}}),
            400,
        ),
        (json!({"invitedUserMessageInfo": {"language": "de"}}), 400),
        (json!({"resetRedemption": true}), 400),
        (json!({"status": "Completed"}), 400),
    ] {
        let (got, answer) = tenant
            .post("/v1.0/invitations", &with("a@new.example", more.clone()))
            .await;
        assert_eq!(got, status, "{more}: {answer}");
    }
    assert_eq!(tenant.view("mails").await["total"], 0);
    let (status, _) = tenant
        .post(
            "/v1.0/invitations",
            &with(
                "a@new.example",
                json!({"invitedUserSponsors": [anna], "invitedUserType": "Member"}),
            ),
        )
        .await;
    assert_eq!(status, 201);
}

#[tokio::test]
async fn the_body_must_say_that_it_is_json() {
    let tenant = Tenant::start().await;
    for (content_type, body) in [
        ("text/plain", invitation("a@new.example").to_string()),
        ("application/json", "{".into()),
        ("application/json", String::new()),
    ] {
        let answer = tenant
            .request(Method::POST, "/v1.0/invitations")
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        let (status, answer) = read(answer).await;
        assert_eq!(status, 400);
        assert!(message(&answer).starts_with("Unable to read JSON request payload"));
    }
}

#[tokio::test]
async fn invitations_cannot_be_read() {
    let tenant = Tenant::start().await;
    for (method, path) in [
        (Method::GET, "/v1.0/invitations"),
        (Method::GET, "/v1.0/invitations/1"),
        (Method::PATCH, "/v1.0/invitations"),
    ] {
        let answer = read(tenant.request(method, path).send().await.unwrap()).await;
        assert_eq!((answer.0, code(&answer.1)), (404, "UnknownError"));
        assert!(message(&answer.1).starts_with("<html>"));
    }
}

#[tokio::test]
async fn an_invited_user_is_a_reset_or_an_internal_user() {
    let tenant = Tenant::start().await;
    let reset = |address: &str, of: &str, reset: bool| {
        with(
            address,
            json!({"invitedUser": {"id": stable_id(of)}, "resetRedemption": reset}),
        )
    };
    let ben = "ben.carter@fabrikam.example";
    let sofia = "sofia.rossi@northwind.example";
    let ines = "ines.costa@oldbrand.example";
    for (body, status) in [
        (reset(ben, ben, true), 201),
        (reset(ben, ben, false), 400),
        (reset("other@new.example", ben, true), 400),
        (reset(ines, ines, false), 400),
        (reset("sofia.rossi@mailbox.example", sofia, true), 400),
        (reset("sofia.rossi@mailbox.example", sofia, false), 201),
    ] {
        let (got, answer) = tenant.post("/v1.0/invitations", &body).await;
        assert_eq!(got, status, "{body}: {answer}");
    }
    let (_, user) = tenant
        .get(&format!(
            "/v1.0/users/{}?$select=externalUserState",
            stable_id(ben)
        ))
        .await;
    assert_eq!(user["externalUserState"], "PendingAcceptance");
}

#[tokio::test]
async fn policies_stop_everybody() {
    for (weather, status, code_, said) in [
        (
            "allow_invites_from = \"none\"",
            403,
            "Forbidden",
            "Guest invitations not allowed",
        ),
        (
            "block_after = 0",
            403,
            "Forbidden",
            "due to suspicious activity",
        ),
        (
            "daily_cap = 0",
            403,
            "Forbidden",
            "due to suspicious activity",
        ),
        (
            "object_quota = 1",
            403,
            "Directory_QuotaExceeded",
            "object quota limit",
        ),
        (
            "withdraw_after = 0",
            401,
            "Unauthorized",
            "MSGraphInviteAPI",
        ),
    ] {
        let tenant = Tenant::in_weather(weather).await;
        let (got, answer) = tenant.invite("a@new.example").await;
        assert_eq!((got, code(&answer)), (status, code_), "{weather}");
        assert!(message(&answer).contains(said));
    }
}

#[tokio::test]
async fn the_block_comes_after_n_and_stays_until_it_is_lifted() {
    let tenant = Tenant::in_weather("block_after = 2").await;
    let mut statuses = Vec::new();
    for n in 0..4 {
        statuses.push(tenant.invite(&format!("p{n}@new.example")).await.0);
    }
    assert_eq!(statuses, [201, 201, 403, 403]);
    assert_eq!(tenant.view("").await["blocked"], true);
    tenant.post("/_sandbox/lift", &json!({})).await;
    for n in 4..9 {
        assert_eq!(tenant.invite(&format!("p{n}@new.example")).await.0, 201);
    }
}

#[tokio::test]
async fn with_a_people_file_they_are_there_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        people_file: Some(folder.path().join("people.jsonl")),
        ..SandboxOptions::default()
    };
    let tenant = Tenant::with(options.clone()).await;
    let (_, first) = tenant.invite("a@new.example").await;
    tenant.sandbox.stop().await;

    let tenant = Tenant::with(options).await;
    let id = first["invitedUser"]["id"].as_str().unwrap();
    assert_eq!(tenant.get(&format!("/v1.0/users/{id}")).await.0, 200);
    let link = first["inviteRedeemUrl"].as_str().unwrap();
    let link: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
    assert_eq!(
        tenant.view(&format!("links?url={link}")).await["known"],
        true
    );
    let (_, again) = tenant.invite("a@new.example").await;
    assert_eq!(again["invitedUser"]["id"], id);
    assert_eq!(tenant.view("mails").await["total"], 2);
}
