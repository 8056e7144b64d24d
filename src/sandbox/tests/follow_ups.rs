//! What is changed after an invitation: profiles, managers, sponsors, members of groups, with Graph's refusals.

use super::{Tenant, code, message, read};
use crate::sandbox::{
    directory::group::GroupKind, directory::seed::new_group, state::ids::stable_id,
};
use reqwest::Method;
use serde_json::{Value, json};

const ANNA: &str = "anna.berg@northwind.example";
const BEN: &str = "ben.carter@fabrikam.example";
const INES: &str = "ines.costa@oldbrand.example";

async fn send(tenant: &Tenant, method: Method, path: &str, body: &Value) -> (u16, Value) {
    read(
        tenant
            .request(method, path)
            .json(body)
            .send()
            .await
            .unwrap(),
    )
    .await
}

async fn patch(tenant: &Tenant, address: &str, body: Value) -> (u16, Value) {
    let path = format!("/v1.0/users/{}", stable_id(address));
    send(tenant, Method::PATCH, &path, &body).await
}

fn reference(tenant: &Tenant, set: &str, id: &str) -> Value {
    json!({"@odata.id": format!("{}/v1.0/{set}/{id}", tenant.sandbox.url)})
}

async fn set_manager(tenant: &Tenant, address: &str, manager: &str) -> (u16, Value) {
    let path = format!("/v1.0/users/{}/manager/$ref", stable_id(address));
    send(
        tenant,
        Method::PUT,
        &path,
        &reference(tenant, "users", manager),
    )
    .await
}

async fn join(tenant: &Tenant, group: &str, user_id: &str) -> (u16, Value) {
    let reference = reference(tenant, "directoryObjects", user_id);
    tenant
        .post(&format!("/v1.0/groups/{group}/members/$ref"), &reference)
        .await
}

fn atlas() -> String {
    let mail = Some("atlas@northwind.example");
    new_group("Project Atlas", mail, GroupKind::Microsoft365).id
}

fn group(name: &str, mail: Option<&str>) -> String {
    new_group(name, mail, GroupKind::Security).id
}

#[tokio::test]
async fn a_profile_is_changed_within_the_lengths_of_its_properties() {
    let tenant = Tenant::start().await;
    let whole = json!({
        "givenName": "Ben", "surname": "Carter", "companyName": "F".repeat(64), "department": "Sales",
        "jobTitle": "J".repeat(128), "usageLocation": "DE",
    });
    assert_eq!(patch(&tenant, BEN, whole).await.0, 204);
    let path = format!(
        "/v1.0/users/{}?$select=companyName,usageLocation",
        stable_id(BEN)
    );
    let (_, user) = tenant.get(&path).await;
    assert_eq!(user["companyName"], "F".repeat(64));
    assert_eq!(user["usageLocation"], "DE");
    for (body, property) in [
        (json!({"companyName": "F".repeat(65)}), "companyName"),
        (json!({"department": "D".repeat(65)}), "department"),
        (json!({"jobTitle": "J".repeat(129)}), "jobTitle"),
        (json!({"givenName": ""}), "givenName"),
        (json!({"usageLocation": "Germany"}), "usageLocation"),
    ] {
        let (status, answer) = patch(&tenant, BEN, body).await;
        assert_eq!((status, code(&answer)), (400, "Request_BadRequest"));
        assert!(message(&answer).contains(property), "{answer}");
    }
    let (status, answer) = patch(&tenant, BEN, json!({"company": "Fabrikam"})).await;
    assert_eq!((status, code(&answer)), (400, "BadRequest"));
    assert_eq!(patch(&tenant, "nobody@x.example", json!({})).await.0, 404);
}

#[tokio::test]
async fn an_on_premises_user_has_only_the_country_in_the_cloud() {
    let tenant = Tenant::start().await;
    let (status, answer) = patch(&tenant, INES, json!({"companyName": "Northwind"})).await;
    assert_eq!(status, 400);
    assert!(
        message(&answer).contains("on-premises mastered"),
        "{answer}"
    );
    assert_eq!(
        patch(&tenant, INES, json!({"usageLocation": "PT"})).await.0,
        204
    );
    assert_eq!(set_manager(&tenant, INES, &stable_id(ANNA)).await.0, 400);
}

#[tokio::test]
async fn a_manager_is_set_replaced_read_and_removed() {
    let tenant = Tenant::start().await;
    let path = format!("/v1.0/users/{}/manager", stable_id(BEN));
    assert_eq!(tenant.get(&path).await.0, 404);
    assert_eq!(
        set_manager(&tenant, BEN, &stable_id("priya.shah@northwind.example"))
            .await
            .0,
        204
    );
    assert_eq!(set_manager(&tenant, BEN, &stable_id(ANNA)).await.0, 204);
    let (status, manager) = tenant.get(&path).await;
    assert_eq!(
        (status, &manager["displayName"]),
        (200, &json!("Anna Berg"))
    );
    assert_eq!(set_manager(&tenant, BEN, &stable_id("nobody")).await.0, 404);
    assert_eq!(set_manager(&tenant, BEN, &atlas()).await.0, 404);
    let (status, _) = send(&tenant, Method::DELETE, &format!("{path}/$ref"), &json!({})).await;
    assert_eq!(status, 204);
    assert_eq!(tenant.get(&path).await.0, 404);
}

#[tokio::test]
async fn only_some_groups_take_members_through_graph() {
    let tenant = Tenant::start().await;
    let ben = stable_id(BEN);
    assert_eq!(join(&tenant, &atlas(), &ben).await.0, 204);
    let (status, answer) = join(&tenant, &atlas(), &ben).await;
    assert_eq!(status, 400);
    assert!(message(&answer).contains("references already exist"));
    for (name, mail, status, said) in [
        ("All Guests", None, 403, "Insufficient privileges"),
        ("Tenant Admins", None, 403, "Insufficient privileges"),
        ("Head Office", None, 400, "on-premises mastered"),
        (
            "Newsletter",
            Some("newsletter@northwind.example"),
            400,
            "distribution list",
        ),
        (
            "Site Security",
            Some("site-security@northwind.example"),
            400,
            "mail-enabled security",
        ),
        ("Nowhere", None, 404, "does not exist"),
    ] {
        let (found, answer) = join(&tenant, &group(name, mail), &ben).await;
        assert_eq!(found, status, "{name}: {answer}");
        assert!(message(&answer).contains(said), "{name}: {answer}");
    }
    assert_eq!(join(&tenant, &atlas(), &stable_id("nobody")).await.0, 404);
    let (_, members) = tenant
        .get(&format!("/v1.0/groups/{}/members", atlas()))
        .await;
    assert_eq!(members["value"][0]["displayName"], "Ben Carter");
    let view = tenant.view("groups").await;
    assert_eq!(view["groups"][0]["members"], json!([ben]));
}

#[tokio::test]
async fn the_kind_of_a_group_can_be_read_and_filtered() {
    let tenant = Tenant::start().await;
    let select = "id,displayName,mail,mailEnabled,securityEnabled,groupTypes,onPremisesSyncEnabled,isAssignableToRole,resourceProvisioningOptions,membershipRule,visibility";
    for (filter, name) in [
        ("mail eq 'field@northwind.example'", "Field Team"),
        (
            "proxyAddresses/any(x:x eq 'SMTP:newsletter@northwind.example')",
            "Newsletter",
        ),
        (
            "resourceProvisioningOptions/any(x:x eq 'Team')",
            "Field Team",
        ),
        ("groupTypes/any(c:c eq 'DynamicMembership')", "All Guests"),
        ("onPremisesSyncEnabled eq true", "Head Office"),
        ("isAssignableToRole eq true", "Tenant Admins"),
        ("displayName eq 'Partner Managers'", "Partner Managers"),
        (
            "mailEnabled eq true and securityEnabled eq true",
            "Site Security",
        ),
    ] {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let (status, answer) = tenant
            .get(&format!("/v1.0/groups?$filter={filter}&$select={select}"))
            .await;
        assert_eq!(status, 200, "{filter}: {answer}");
        let found = answer["value"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{filter}: {answer}");
        assert_eq!(found[0]["displayName"], name);
    }
}

#[tokio::test]
async fn each_change_needs_its_own_permission() {
    for (permission, allowed) in [
        ("User.Read.All", [false, false, false]),
        ("User.ReadUpdate.All", [true, false, false]),
        ("User.ReadWrite.All", [true, true, false]),
        ("GroupMember.ReadWrite.All", [false, false, true]),
    ] {
        let weather = format!("[permissions]\napp = [\"User.Invite.All\", \"{permission}\"]");
        let tenant = Tenant::in_weather(&weather).await.into_app().await;
        let statuses = [
            patch(&tenant, BEN, json!({"companyName": "Fabrikam"}))
                .await
                .0,
            set_manager(&tenant, BEN, &stable_id(ANNA)).await.0,
            join(&tenant, &atlas(), &stable_id(BEN)).await.0,
        ];
        let expected = allowed.map(|allowed| if allowed { 204 } else { 403 });
        assert_eq!(statuses, expected, "{permission}");
    }
}

#[tokio::test]
async fn the_weather_refuses_kinds_of_changes_and_particular_groups() {
    let tenant = Tenant::in_weather(
        "[refusals]\nuser_updates = true\nmanagers = true\nsponsors = true\ngroups_without_guests = [\"Project Atlas\"]\ngroups = [\"Partner Managers\"]\nfull_groups = [\"Field Team\"]",
    )
    .await;
    assert_eq!(
        patch(&tenant, BEN, json!({"department": "Sales"})).await.0,
        403
    );
    assert_eq!(set_manager(&tenant, BEN, &stable_id(ANNA)).await.0, 403);
    let ben = stable_id(BEN);
    for (group, said) in [
        (atlas(), "not allowed to join this Unified Group"),
        (group("Partner Managers", None), "Insufficient privileges"),
        (
            group("Field Team", Some("field@northwind.example")),
            "maximum quota count",
        ),
    ] {
        let (status, answer) = join(&tenant, &group, &ben).await;
        assert_eq!(status, 403);
        assert!(message(&answer).contains(said), "{answer}");
    }
    assert_eq!(
        join(&tenant, &atlas(), &stable_id(ANNA)).await.0,
        204,
        "no guest"
    );
}

#[tokio::test]
async fn a_new_guest_can_be_read_before_it_can_be_changed() {
    let tenant = Tenant::in_weather("[replication]\nwrites_ms = 3600000").await;
    let (_, invited) = tenant.invite("new@partner.example").await;
    let id = invited["invitedUser"]["id"].as_str().unwrap();
    let user = format!("/v1.0/users/{id}");
    assert_eq!(tenant.get(&user).await.0, 200);
    let profile = json!({"department": "Sales"});
    let (status, answer) = send(&tenant, Method::PATCH, &user, &profile).await;
    assert_eq!((status, code(&answer)), (404, "Directory_ObjectNotFound"));
    let (status, answer) = join(&tenant, &atlas(), id).await;
    assert_eq!(
        (status, message(&answer)),
        (400, "Not a valid reference update")
    );
    let calm = tenant.request(Method::PUT, "/_sandbox/weather");
    let calm = calm.header("content-type", "application/toml").body("");
    assert_eq!(calm.send().await.unwrap().status(), 200);
    let (_, invited) = tenant.invite("newer@partner.example").await;
    let id = invited["invitedUser"]["id"].as_str().unwrap();
    assert_eq!(join(&tenant, &atlas(), id).await.0, 204);
}

#[tokio::test]
async fn the_book_tells_who_was_set_what_and_how_often() {
    let tenant = Tenant::in_weather(
        "[[script]]\nkind = \"userUpdate\"\nskip = 1\nfault = \"lost_after\"\n[[script]]\nkind = \"members\"\nfault = \"throttled\"",
    )
    .await;
    let profile = || json!({"department": "Sales"});
    assert_eq!(patch(&tenant, BEN, profile()).await.0, 204);
    let path = format!("{}/v1.0/users/{}", tenant.sandbox.url, stable_id(BEN));
    let lost = tenant.client.patch(path).bearer_auth(&tenant.token);
    assert!(
        lost.json(&json!({"department": "Audit"}))
            .send()
            .await
            .is_err()
    );
    assert_eq!(patch(&tenant, BEN, profile()).await.0, 204);
    assert_eq!(join(&tenant, &atlas(), &stable_id(BEN)).await.0, 429);
    assert_eq!(join(&tenant, &atlas(), &stable_id(BEN)).await.0, 204);

    let book = tenant.view(&format!("follow-ups?address={BEN}")).await;
    let count = |kind: &str, what: &str| book["kinds"][kind][what].as_u64().unwrap();
    assert_eq!(count("profile", "requests"), 3);
    assert_eq!(count("profile", "done"), 3);
    assert_eq!(count("profile", "repeated"), 1);
    assert_eq!((count("group", "requests"), count("group", "done")), (2, 1));
    let requests = book["requests"].as_array().unwrap();
    assert_eq!(requests[1]["status"], 0);
    assert_eq!(requests[1]["done"], true);
    assert_eq!(requests[4]["target"], atlas());
}
