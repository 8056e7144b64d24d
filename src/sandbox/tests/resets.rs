//! Changes of users: `PATCH /users/{id}`, and what a reset of the redemption does to a guest.

use super::{Tenant, invitation, read};
use crate::sandbox::state::ids::stable_id;
use reqwest::Method;
use serde_json::{Value, json};

const BEN: &str = "ben.carter@fabrikam.example";
const NEW: &str = "ben@newfirm.example";

impl Tenant {
    async fn patch(&self, id: &str, body: &Value) -> (u16, Value) {
        let request = self.request(Method::PATCH, &format!("/v1.0/users/{id}"));
        read(request.json(body).send().await.unwrap()).await
    }

    async fn other_mails(&self, address: &str) -> Value {
        let people = self.view(&format!("people?address={address}")).await;
        people["people"][0]["other_mails"].clone()
    }
}

fn invitation_with(address: &str, more: &Value) -> Value {
    let mut body = invitation(address);
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

fn reset(address: &str, of: &str, send: bool) -> Value {
    invitation_with(
        address,
        &json!({"invitedUser": {"id": stable_id(of)}, "resetRedemption": true, "sendInvitationMessage": send}),
    )
}

#[tokio::test]
async fn other_mails_are_replaced_as_a_whole_or_not_at_all() {
    let tenant = Tenant::start().await;
    let ben = stable_id(BEN);
    for (body, status) in [
        (json!({"otherMails": [BEN, NEW]}), 204),
        (json!({"otherMails": [NEW, "no address"]}), 400),
        (json!({"otherMails": NEW}), 400),
        (json!({"otherMails": null}), 400),
        (json!({"otherMails": [], "favouriteColour": "red"}), 400),
        (json!({"companyName": "x".repeat(65)}), 400),
        (
            json!({"companyName": "Fabrikam", "usageLocation": "DE"}),
            204,
        ),
    ] {
        let answer = tenant.patch(&ben, &body).await;
        assert_eq!(answer.0, status, "{body} {}", answer.1);
    }
    assert_eq!(tenant.other_mails(BEN).await, json!([BEN, NEW]));
    let (_, found) = tenant
        .filter(&format!("otherMails/any(x:x eq '{NEW}')"))
        .await;
    assert_eq!(found["value"][0]["id"], ben.as_str());
    assert_eq!(tenant.patch(&stable_id("nobody"), &json!({})).await.0, 404);
    let ines = stable_id("ines.costa@oldbrand.example");
    assert_eq!(tenant.patch(&ines, &json!({"jobTitle": "x"})).await.0, 400);
}

#[tokio::test]
async fn other_mails_want_a_permission_of_their_own() {
    let tenant =
        Tenant::in_weather("[permissions]\nuser = [\"User.ReadWrite.All\", \"User.Invite.All\"]")
            .await;
    let ben = stable_id(BEN);
    assert_eq!(
        tenant.patch(&ben, &json!({"otherMails": [NEW]})).await.0,
        403
    );
    assert_eq!(tenant.patch(&ben, &json!({"department": "x"})).await.0, 204);
    let app = Tenant::start().await.into_app().await;
    let nils = stable_id("nils.dahl@fabrikam.example");
    let answer = app.patch(&nils, &json!({"otherMails": [NEW]})).await;
    assert_eq!(answer.0, 403, "{}", answer.1);
}

#[tokio::test]
async fn a_reset_guest_is_pending_again_and_keeps_id_and_name() {
    let tenant = Tenant::start().await;
    let ben = stable_id(BEN);
    let before = tenant
        .post("/v1.0/invitations", &reset(NEW, BEN, true))
        .await;
    assert_eq!(before.0, 400, "the address is not among otherMails yet");
    tenant.patch(&ben, &json!({"otherMails": [BEN, NEW]})).await;
    let (status, answer) = tenant
        .post("/v1.0/invitations", &reset(NEW, BEN, true))
        .await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(answer["invitedUser"]["id"], ben.as_str());
    assert_eq!(answer["resetRedemption"], true);
    assert_eq!(answer["status"], "PendingAcceptance");
    let (_, user) = tenant
        .get(&format!(
            "/v1.0/users/{ben}?$select=id,mail,otherMails,externalUserState,userPrincipalName"
        ))
        .await;
    assert_eq!(user["externalUserState"], "PendingAcceptance");
    assert_eq!(user["mail"], BEN);
    assert_eq!(user["otherMails"], json!([BEN, NEW]));
    let mails = tenant.view("mails").await;
    assert_eq!(
        (mails["total"].clone(), mails["addresses"][NEW].is_array()),
        (json!(1), true)
    );
    let resets = tenant.view(&format!("resets?id={ben}")).await;
    assert_eq!(
        (resets["total"].clone(), resets["resets"][0]["send"].clone()),
        (json!(1), json!(true))
    );
}

#[tokio::test]
async fn what_a_reset_is_refused_for() {
    let tenant = Tenant::start().await;
    let nils = "nils.dahl@fabrikam.example";
    let extra = invitation_with(
        BEN,
        &json!({"invitedUser": {"id": stable_id(BEN), "mail": BEN}, "resetRedemption": true}),
    );
    for (body, status) in [
        (reset(nils, nils, false), 201),
        (reset(BEN, "nobody@nowhere.example", false), 404),
        (
            reset(
                "finn.gray@adatum.example",
                "finn.gray@adatum.example",
                false,
            ),
            412,
        ),
        (extra, 400),
    ] {
        let answer = tenant.post("/v1.0/invitations", &body).await;
        assert_eq!(answer.0, status, "{body} {}", answer.1);
    }
    // An address that is somebody else's own.
    let ben = stable_id(BEN);
    tenant
        .patch(
            &ben,
            &json!({"otherMails": [BEN, "chloe.martin@fabrikam.example"]}),
        )
        .await;
    let taken = reset("chloe.martin@fabrikam.example", BEN, false);
    assert_eq!(tenant.post("/v1.0/invitations", &taken).await.0, 400);
    let app = Tenant::start().await.into_app().await;
    assert_eq!(
        app.post("/v1.0/invitations", &reset(nils, nils, false))
            .await
            .0,
        403
    );
    let closed = Tenant::in_weather("reset_redemption_known = false").await;
    assert_eq!(
        closed
            .post("/v1.0/invitations", &reset(BEN, BEN, false))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn replication_shows_a_changed_user_as_before_for_a_while() {
    let tenant =
        Tenant::in_weather("[replication]\nchanges_ms = 600000\nother_mails_ms = 600000").await;
    let ben = stable_id(BEN);
    let added = tenant.patch(&ben, &json!({"otherMails": [BEN, NEW]})).await;
    assert_eq!(added.0, 204);
    let (_, user) = tenant
        .get(&format!("/v1.0/users/{ben}?$select=otherMails"))
        .await;
    assert_eq!(user["otherMails"], json!([BEN]));
    let answer = tenant
        .post("/v1.0/invitations", &reset(NEW, BEN, false))
        .await;
    assert_eq!(
        answer.0, 400,
        "the invitation service does not know the address yet"
    );
}
