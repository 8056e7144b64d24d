//! What Microsoft's own clients send, as they send it: msgraph-sdk for Python, @microsoft/microsoft-graph-client and CLI for
//! Microsoft 365. `tests/clients/` holds the scripts that these requests were taken from.

use super::{Tenant, code, read};
use crate::sandbox::{SandboxOptions, Weather, state::ids::stable_id};
use reqwest::Method;
use serde_json::{Value, json};

/// With the permissions that a script for bulk runs usually has.
async fn app() -> Tenant {
    Tenant::in_weather(include_str!("../../../tests/clients/weather.toml"))
        .await
        .into_app()
        .await
}

/// A request, the status of its answer, and a place in the answer that must not be null. For an error the place is its
/// code.
type Call<'a> = (&'a str, &'a str, Value, u16, &'a str);

async fn all_as_expected(tenant: &Tenant, calls: &[Call<'_>]) {
    for (method, path, body, status, place) in calls {
        let mut request = tenant
            .request(method.parse::<Method>().unwrap(), path)
            .header("SdkVersion", "graph-python/1.65.0, graph-python-core/1.5.2")
            .header("client-request-id", "7c9e6679-7425-40de-944b-e07fc1f90ae7")
            .header("Accept", "application/json");
        if !body.is_null() {
            request = request.json(body);
        }
        if path.contains("$count") {
            request = request.header("ConsistencyLevel", "eventual");
        }
        let (got, answer) = read(request.send().await.unwrap()).await;
        assert_eq!(got, *status, "{method} {path}: {answer}");
        if got >= 400 {
            assert_eq!(code(&answer), *place, "{method} {path}: {answer}");
        } else if !place.is_empty() {
            let found = answer.pointer(place);
            assert!(
                found.is_some_and(|found| !found.is_null()),
                "{method} {path}: {answer}"
            );
        }
    }
}

fn typed_invitation(address: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.invitation",
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": "Python 01",
        "inviteRedirectUrl": "https://myapplications.microsoft.com",
        "sendInvitationMessage": true,
        "invitedUserMessageInfo": {
            "@odata.type": "#microsoft.graph.invitedUserMessageInfo",
            "messageLanguage": "de-DE",
            "ccRecipients": [{
                "@odata.type": "#microsoft.graph.recipient",
                "emailAddress": {
                    "@odata.type": "#microsoft.graph.emailAddress",
                    "address": "boss@northwind.example",
                    "name": "Boss",
                },
            }],
        },
    })
}

#[tokio::test]
async fn invitations_and_reads() {
    let tenant = app().await;
    let none = Value::Null;
    let dana = stable_id("dana.fox@adatum.example");
    let mut wrong_type = typed_invitation("a@partner.example");
    wrong_type["@odata.type"] = json!("#microsoft.graph.user");
    let mut typed_sponsor = typed_invitation("a@partner.example");
    typed_sponsor["invitedUserSponsors"] = json!([{"@odata.type": "#microsoft.graph.user", "id": stable_id("anna.berg@northwind.example")}]);
    let mut unknown = typed_invitation("a@partner.example");
    unknown["nonsense"] = json!(1);
    all_as_expected(
        &tenant,
        &[
            ("POST", "/v1.0/invitations", typed_invitation("a@partner.example"), 201, "/inviteRedeemUrl"),
            ("POST", "/beta/invitations", typed_invitation("b@partner.example"), 201, "/invitedUser/id"),
            ("POST", "/v1.0/invitations", wrong_type, 400, "BadRequest"),
            ("POST", "/v1.0/invitations", typed_sponsor, 400, "BadRequest"),
            ("POST", "/v1.0/invitations", unknown, 400, "BadRequest"),
            ("GET", "/v1.0/invitations", none.clone(), 404, "UnknownError"),
            ("GET", "/v1.0/users?%24orderby=displayName&%24top=10", none.clone(), 200, "/@odata.nextLink"),
            ("GET", "/v1.0/users?$orderby=displayName%20desc", none.clone(), 200, "/value/0/id"),
            ("GET", "/v1.0/users?$orderby=city", none.clone(), 400, "Request_UnsupportedQuery"),
            ("GET", "/v1.0/users?$orderby=displayName&$filter=startswith(displayName,'A')", none.clone(), 400, "Request_UnsupportedQuery"),
            ("GET", "/v1.0/users?$count=true&$orderby=displayName&$filter=endsWith(mail,'@partner.example')", none.clone(), 200, "/@odata.count"),
            ("GET", "/v1.0/users?$select=*&$top=1", none.clone(), 200, "/value/0/userType"),
            ("GET", "/v1.0/users?$select=id,assignedPlans&$top=1", none.clone(), 200, "/value/0/assignedPlans"),
            ("GET", "/v1.0/users?$select=signInActivity", none.clone(), 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
            ("GET", "/v1.0/users?$format=json&$top=1", none.clone(), 200, "/value/0/id"),
            ("GET", "/v1.0/users?$count=true&$filter=externalUserState%20eq%20null", none.clone(), 400, "Request_UnsupportedQuery"),
            ("GET", "/v1.0/users?$format=xml", none.clone(), 400, "BadRequest"),
            ("GET", "/v1.0/users?$top=1000", none.clone(), 400, "Request_UnsupportedQuery"),
            ("GET", "/v1.0/users?$top=999", none.clone(), 200, "/value/0/id"),
            ("GET", "/v1.0/users?$top=many", none.clone(), 400, "BadRequest"),
            ("GET", "/beta/users?$top=1", none.clone(), 200, "/value/0/createdDateTime"),
            ("GET", &format!("/v1.0/users/{dana}?$expand=sponsors($select=id)&$select=id"), none.clone(), 200, "/sponsors"),
            ("GET", "/v1.0/organization", none.clone(), 200, "/value/0/verifiedDomains/0/name"),
            ("GET", "/v1.0/domains/northwind.example", none.clone(), 200, "/isVerified"),
            ("GET", "/v1.0/policies/authorizationPolicy", none.clone(), 200, "/allowInvitesFrom"),
            ("GET", "/beta/policies/authorizationPolicy", none.clone(), 200, "/value/0/allowInvitesFrom"),
            ("GET", "/v1.0/policies/b2bManagementPolicies", none.clone(), 400, "BadRequest"),
            ("GET", "/v1.0/policies/crossTenantAccessPolicy/default", none.clone(), 200, "/invitationRedemptionIdentityProviderConfiguration"),
            ("GET", "/v1.0/policies/crossTenantAccessPolicy/partners", none.clone(), 200, "/value/0/tenantId"),
            ("GET", "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='fabrikam.example')", none, 200, "/tenantId"),
        ],
    )
    .await;
}

#[tokio::test]
async fn changes_groups_and_deleted_users() {
    let tenant = app().await;
    let none = Value::Null;
    let (_, made) = tenant.invite("a@partner.example").await;
    let id = made["invitedUser"]["id"].as_str().unwrap().to_owned();
    let anna = stable_id("anna.berg@northwind.example");
    let link = |host: &str, id: &str| json!({"@odata.id": format!("{host}/v1.0/users/{id}")});
    let graph = "https://graph.microsoft.com";
    let group = json!({
        "@odata.type": "#microsoft.graph.group",
        "displayName": "Partners",
        "mailNickName": "partners",
        "mailEnabled": false,
        "securityEnabled": true,
    });
    let (status, made) = tenant.post("/v1.0/groups", &group).await;
    assert_eq!(status, 201, "{made}");
    let group = made["id"].as_str().unwrap().to_owned();
    let bound = |ids: &[&str]| {
        let links = ids
            .iter()
            .map(|id| format!("{graph}/v1.0/directoryObjects/{id}"));
        json!({"members@odata.bind": links.collect::<Vec<_>>()})
    };
    let dana = stable_id("dana.fox@adatum.example");
    let (user, members) = (
        format!("/v1.0/users/{id}"),
        format!("/v1.0/groups/{group}/members"),
    );
    let profile = json!({"@odata.type": "#microsoft.graph.user", "companyName": "Partner", "city": "Ulm", "otherMails@odata.type": "#Collection(String)"});
    all_as_expected(
        &tenant,
        &[
            ("PATCH", &user, profile, 204, ""),
            (
                "GET",
                &format!("{user}?$select=city"),
                none.clone(),
                200,
                "/city",
            ),
            (
                "PATCH",
                &user,
                json!({"mail": "new@partner.example"}),
                204,
                "",
            ),
            (
                "PATCH",
                &user,
                json!({"mail": "dana.fox@adatum.example"}),
                400,
                "Request_BadRequest",
            ),
            (
                "POST",
                &format!("{user}/sponsors/$ref"),
                link(graph, &anna),
                204,
                "",
            ),
            (
                "POST",
                &format!("{user}/sponsors/$ref"),
                link("https://graph.microsoft.us", &anna),
                400,
                "Request_BadRequest",
            ),
            (
                "PUT",
                &format!("{user}/manager/$ref"),
                link(&tenant.sandbox.url, &anna),
                204,
                "",
            ),
            (
                "GET",
                &format!("{user}?$expand=manager($select=id,displayName)&$select=id"),
                none.clone(),
                200,
                "/manager/displayName",
            ),
            (
                "GET",
                "/v1.0/groups?$filter=groupTypes/any(c:c%20eq%20'Unified')",
                none.clone(),
                200,
                "/value/0/groupTypes/0",
            ),
            (
                "PATCH",
                &format!("/v1.0/groups/{group}"),
                bound(&[&id]),
                204,
                "",
            ),
            (
                "PATCH",
                &format!("/v1.0/groups/{group}"),
                bound(&[&dana, &id]),
                400,
                "Request_BadRequest",
            ),
            (
                "PATCH",
                &format!("/v1.0/groups/{group}"),
                bound(&[dana.as_str(); 21]),
                400,
                "Request_BadRequest",
            ),
            (
                "GET",
                &format!("{members}/graph.user?$select=id,mail"),
                none.clone(),
                200,
                "/value/0/mail",
            ),
            (
                "GET",
                &format!("{user}/memberOf"),
                none.clone(),
                200,
                "/value/0/displayName",
            ),
            ("DELETE", &user, none.clone(), 204, ""),
            (
                "GET",
                "/v1.0/directory/deletedItems/graph.user",
                none.clone(),
                200,
                "/value/0/deletedDateTime",
            ),
            (
                "GET",
                "/v1.0/directory/deletedItems/microsoft.graph.user?$orderby=deletedDateTime%20desc",
                none.clone(),
                200,
                "/value/0/id",
            ),
            (
                "POST",
                &format!("/v1.0/directory/deletedItems/{id}/restore"),
                json!({}),
                200,
                "/id",
            ),
            ("GET", &user, none.clone(), 200, "/id"),
            ("DELETE", &user, none.clone(), 204, ""),
            (
                "DELETE",
                &format!("/v1.0/directory/deletedItems/{id}"),
                none.clone(),
                204,
                "",
            ),
            (
                "GET",
                &format!("/v1.0/directory/deletedItems/{id}"),
                none.clone(),
                404,
                "Request_ResourceNotFound",
            ),
            (
                "DELETE",
                &format!("/v1.0/groups/{group}"),
                none.clone(),
                204,
                "",
            ),
            (
                "GET",
                &format!("/v1.0/groups/{group}"),
                none,
                404,
                "Request_ResourceNotFound",
            ),
        ],
    )
    .await;
    // What was refused changed nothing.
    let groups = tenant.view("groups").await;
    assert!(!groups.to_string().contains(&dana), "{groups}");
}

#[tokio::test]
async fn a_batch_with_further_keys_in_both_versions() {
    let tenant = app().await;
    for version in ["v1.0", "beta"] {
        let body = json!({"requests": [
            {"id": "1", "method": "POST", "url": "/invitations", "depends_on": [],
             "headers": {"content-type": "application/json", "accept": "application/json"},
             "body": typed_invitation(&format!("{version}@partner.example"))},
            {"id": "2", "method": "GET", "url": "/users?$top=1", "atomicityGroup": null},
        ]});
        let (status, answer) = tenant.post(&format!("/{version}/$batch"), &body).await;
        assert_eq!(status, 200, "{answer}");
        for item in answer["responses"].as_array().unwrap() {
            assert!(item["status"].as_u64().unwrap() < 300, "{item}");
            let context = item["body"]["@odata.context"].as_str().unwrap();
            assert!(
                context.contains(&format!("/{version}/$metadata#")),
                "{item}"
            );
        }
    }
}

#[tokio::test]
async fn a_batch_whose_items_are_numbered() {
    let tenant = app().await;
    let body = json!({"requests": [
        {"id": 1, "method": "GET", "url": "/users?$top=1"},
        {"id": 21, "method": "GET", "url": "/groups", "dependsOn": ["1"]},
    ]});
    let (status, answer) = tenant.post("/v1.0/$batch", &body).await;
    assert_eq!(status, 200, "{answer}");
    let items = answer["responses"].as_array().unwrap();
    let mut ids: Vec<&str> = items
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["1", "21"]);
    assert!(items.iter().all(|item| item["status"] == 200), "{answer}");
    for id in [json!(1.5), json!(true), json!(null), json!("")] {
        let body = json!({"requests": [{"id": id, "method": "GET", "url": "/users"}]});
        assert_eq!(tenant.post("/v1.0/$batch", &body).await.0, 400, "{id}");
    }
}

#[tokio::test]
async fn tokens_for_graph_whatever_it_is_called() {
    let tenant = app().await;
    let id = tenant.sandbox.tenant_id.clone();
    for (resource, aud) in [
        ("https://graph.microsoft.com", "https://graph.microsoft.com"),
        (
            "https://graph.microsoft.com/",
            "https://graph.microsoft.com/",
        ),
        (
            "00000003-0000-0000-c000-000000000000",
            "00000003-0000-0000-c000-000000000000",
        ),
    ] {
        let scope = format!("{resource}/.default");
        let (status, answer) = tenant.token_request(&id, &[("scope", &scope)]).await;
        assert_eq!(status, 200, "{scope}: {answer}");
        let token = answer["access_token"].as_str().unwrap();
        assert_eq!(claims(token)["aud"], aud);
        let users = tenant
            .client
            .get(format!("{}/v1.0/users", tenant.sandbox.url))
            .bearer_auth(token);
        assert_eq!(users.send().await.unwrap().status(), 200);
    }
    let elsewhere = [("scope", "https://graph.microsoft.us/.default")];
    let (status, answer) = tenant.token_request(&id, &elsewhere).await;
    assert_eq!((status, &answer["error_codes"][0]), (400, &json!(500_011)));
}

fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[tokio::test]
async fn answers_have_the_headers_and_dates_of_graph() {
    let tenant = app().await;
    let asked = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    for (path, media_type) in [
        (
            "/v1.0/users?$top=1",
            "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
        ),
        ("/v1.0/users/nobody", "application/json"),
    ] {
        let request = tenant.request(Method::GET, path);
        let answer = request
            .header("client-request-id", asked)
            .send()
            .await
            .unwrap();
        let headers = answer.headers().clone();
        assert_eq!(headers["content-type"], media_type);
        assert_eq!(headers["client-request-id"], asked);
        assert_eq!(headers["odata-version"], "4.0");
        for name in ["request-id", "date", "x-ms-ags-diagnostic"] {
            assert!(headers.contains_key(name), "{name}");
        }
        let (_, body) = read(answer).await;
        if let Some(inner) = body["error"].get("innerError") {
            // In UTC, with neither a fraction nor a zone.
            let date = inner["date"].as_str().unwrap();
            assert_eq!((date.len(), date.ends_with('Z')), (19, false), "{date}");
            assert_eq!(inner["request-id"].as_str().unwrap(), headers["request-id"]);
            assert_eq!(inner["client-request-id"], asked);
        }
    }
}

#[tokio::test]
async fn links_lead_to_the_name_that_was_asked() {
    let weather = Weather::from_toml(include_str!("../../../tests/clients/weather.toml")).unwrap();
    let tenant = Tenant::with(SandboxOptions {
        weather,
        hosts: vec!["graph.microsoft.com".into()],
        ..SandboxOptions::default()
    })
    .await;
    let request = tenant.request(Method::GET, "/v1.0/users?$top=1");
    let (_, answer) = read(
        request
            .header("host", "graph.microsoft.com")
            .send()
            .await
            .unwrap(),
    )
    .await;
    let next = answer["@odata.nextLink"].as_str().unwrap();
    assert!(
        next.starts_with("http://graph.microsoft.com/v1.0/users?"),
        "{next}"
    );
}
