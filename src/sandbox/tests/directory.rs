//! The directory as scripts of administrators use it: owners, sponsors the other way round, `$search`, delta, compressed
//! bodies.

use super::{Tenant, code, read};
use crate::sandbox::state::ids::stable_id;
use flate2::{Compression, write::GzEncoder};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;

const GRAPH: &str = "https://graph.microsoft.com";

/// With the permissions that a script for bulk runs usually has.
async fn app() -> Tenant {
    Tenant::in_weather(include_str!("../../../tests/clients/weather.toml"))
        .await
        .into_app()
        .await
}

async fn only_invites() -> Tenant {
    Tenant::in_weather("[permissions]\napp = [\"User.Invite.All\"]")
        .await
        .into_app()
        .await
}

async fn change(tenant: &Tenant, method: &str, path: &str, body: Value) -> u16 {
    let mut request = tenant.request(method.parse::<Method>().unwrap(), path);
    if !body.is_null() {
        request = request.json(&body);
    }
    request.send().await.unwrap().status().as_u16()
}

fn ids(answer: &Value) -> Vec<String> {
    let objects = answer["value"].as_array().unwrap().iter();
    objects
        .map(|object| object["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn owners_of_a_group() {
    let tenant = app().await;
    let (anna, other) = (
        stable_id("anna.berg@northwind.example"),
        stable_id("priya.shah@northwind.example"),
    );
    let link = |id: &str| format!("{GRAPH}/v1.0/users/{id}");
    let group = json!({"displayName": "Partners", "mailNickname": "partners", "mailEnabled": false, "securityEnabled": true, "owners@odata.bind": [link(&anna)]});
    let (status, made) = tenant.post("/v1.0/groups", &group).await;
    assert_eq!(status, 201, "{made}");
    let owners = format!("/v1.0/groups/{}/owners", made["id"].as_str().unwrap());
    let list = format!("{owners}?$select=id,displayName");
    let (status, answer) = tenant.get(&list).await;
    assert_eq!((status, ids(&answer)), (200, vec![anna.clone()]));
    assert_eq!(answer["value"][0]["displayName"], "Anna Berg");
    assert_eq!(answer["value"][0]["@odata.type"], "#microsoft.graph.user");
    let add = format!("{owners}/$ref");
    let body = |id: &str| json!({"@odata.id": link(id)});
    assert_eq!(change(&tenant, "POST", &add, body(&anna)).await, 400);
    assert_eq!(change(&tenant, "POST", &add, body(&other)).await, 204);
    let (_, answer) = tenant.get(&format!("{owners}/graph.user")).await;
    assert_eq!(ids(&answer), [anna.as_str(), &other]);
    let remove = format!("{owners}/{anna}/$ref");
    assert_eq!(change(&tenant, "DELETE", &remove, Value::Null).await, 204);
    assert_eq!(change(&tenant, "DELETE", &remove, Value::Null).await, 404);
    assert_eq!(ids(&tenant.get(&owners).await.1), [other]);
    let missing = "/v1.0/groups/11111111-1111-4111-8111-111111111111/owners";
    assert_eq!(tenant.get(missing).await.0, 404);
    assert_eq!(change(&tenant, "PUT", &owners, json!({})).await, 405);

    // To invite is not enough to read groups.
    let tenant = only_invites().await;
    let (status, answer) = tenant.get(missing).await;
    assert_eq!(
        (status, code(&answer)),
        (403, "Authorization_RequestDenied")
    );
}

#[tokio::test]
async fn whose_sponsor_somebody_is() {
    let tenant = app().await;
    let anna = stable_id("anna.berg@northwind.example");
    let path = format!("/v1.0/users/{anna}/sponsorOf");
    let before = ids(&tenant.get(&path).await.1);
    let (_, made) = tenant.invite("a@partner.example").await;
    let guest = made["invitedUser"]["id"].as_str().unwrap().to_owned();
    let body = json!({"@odata.id": format!("{GRAPH}/v1.0/users/{anna}")});
    let sponsors = format!("/v1.0/users/{guest}/sponsors/$ref");
    assert_eq!(change(&tenant, "POST", &sponsors, body).await, 204);
    let (status, answer) = tenant.get(&format!("{path}?$select=id,mail")).await;
    assert_eq!(status, 200, "{answer}");
    let after = ids(&answer);
    assert_eq!(after.len(), before.len() + 1);
    assert!(after.contains(&guest));
    assert_eq!(change(&tenant, "POST", &path, json!({})).await, 405);
}

#[tokio::test]
async fn a_search_needs_its_header_and_names_properties() {
    let tenant = app().await;
    for path in ["users", "users/$count", "groups"] {
        let path = format!("/v1.0/{path}?$search=\"displayName:anna\"");
        let (status, answer) = tenant.get(&path).await;
        assert_eq!(status, 400, "{path}: {answer}");
    }
    let found = async |search: &str| {
        let search: String = url::form_urlencoded::byte_serialize(search.as_bytes()).collect();
        tenant
            .get_eventual(&format!(
                "/v1.0/users?$search={search}&$select=id,displayName,mail"
            ))
            .await
    };
    for (search, wanted) in [
        ("\"displayName:ber\"", "Anna Berg"),
        ("\"displayName:BERG ann\"", "Anna Berg"),
        ("\"mail:anna.b\"", "Anna Berg"),
        ("\"displayName:nobody\" OR \"mail:anna.berg\"", "Anna Berg"),
        (
            "(\"displayName:nobody\" OR \"displayName:anna\") AND \"displayName:berg\"",
            "Anna Berg",
        ),
    ] {
        let (status, answer) = found(search).await;
        assert_eq!(status, 200, "{search}: {answer}");
        let names = answer["value"].to_string();
        assert!(names.contains(wanted), "{search}: {names}");
    }
    // A word inside another one, a word inside an address, and both of two clauses.
    for search in [
        "\"displayName:erg\"",
        "\"mail:berg\"",
        "\"displayName:anna\" AND \"displayName:nobody\"",
    ] {
        let (status, answer) = found(search).await;
        let names = answer["value"].to_string();
        assert_eq!(
            (status, names.contains("Anna Berg")),
            (200, false),
            "{search}: {names}"
        );
    }
    for search in [
        "displayName:anna",
        "\"anna\"",
        "\"displayName:anna",
        "\"displayName:anna\" and \"mail:a\"",
        "",
    ] {
        let (status, answer) = found(search).await;
        assert_eq!((status, code(&answer)), (400, "BadRequest"), "{search}");
    }
    for search in ["\"accountEnabled:true\"", "\"nonsense:a\""] {
        let (status, answer) = found(search).await;
        assert_eq!(
            (status, code(&answer)),
            (400, "Request_UnsupportedQuery"),
            "{search}"
        );
    }
    let count = tenant.request(Method::GET, "/v1.0/users/$count?$search=\"mail:anna.berg\"");
    let count = count
        .header("ConsistencyLevel", "eventual")
        .send()
        .await
        .unwrap();
    assert_eq!(count.text().await.unwrap(), "1");
    let with_filter =
        "/v1.0/users?$count=true&$search=\"displayName:anna\"&$filter=userType%20eq%20'Guest'";
    let (status, answer) = tenant.get_eventual(with_filter).await;
    assert_eq!(
        (status, answer["value"].to_string().contains("Anna Berg")),
        (200, false)
    );
    assert_eq!(answer["@odata.count"], json!(ids(&answer).len()));
    let (status, answer) = tenant
        .get_eventual("/v1.0/groups?$search=\"displayName:atlas\"")
        .await;
    assert_eq!((status, ids(&answer).len()), (200, 1), "{answer}");
}

/// All objects of a walk, and the link to what changes after it.
async fn walk(tenant: &Tenant, first: &str) -> (Vec<Value>, String) {
    let mut path = first.to_owned();
    let mut all = Vec::new();
    for _ in 0..100 {
        let (status, answer) = tenant.get(&path).await;
        assert_eq!(status, 200, "{path}: {answer}");
        all.extend(answer["value"].as_array().unwrap().iter().cloned());
        let link = |name: &str| {
            let link = answer[name].as_str()?;
            Some(link.strip_prefix(&tenant.sandbox.url).unwrap().to_owned())
        };
        match (link("@odata.nextLink"), link("@odata.deltaLink")) {
            (Some(next), None) => path = next,
            (None, Some(delta)) => return (all, delta),
            both => panic!("{both:?}"),
        }
    }
    panic!("a walk without an end");
}

#[tokio::test]
async fn a_delta_query_tells_what_changed() {
    let tenant = app().await;
    let (_, answer) = tenant.get("/v1.0/users?$top=999").await;
    let there = ids(&answer).len();
    let (all, delta) = walk(
        &tenant,
        "/v1.0/users/delta()?$select=displayName,userType,mail&$top=3",
    )
    .await;
    assert_eq!(all.len(), there);
    assert!(all.iter().any(|user| user["userType"] == "Guest"));
    assert!(all.iter().all(|user| user["id"].is_string()));
    let (none, delta) = walk(&tenant, &delta).await;
    assert_eq!(none, Vec::<Value>::new());

    let (_, made) = tenant.invite("a@partner.example").await;
    let guest = made["invitedUser"]["id"].as_str().unwrap().to_owned();
    let anna = stable_id("anna.berg@northwind.example");
    assert_eq!(
        change(
            &tenant,
            "PATCH",
            &format!("/v1.0/users/{anna}"),
            json!({"department": "Sales"})
        )
        .await,
        204
    );
    let (changed, delta) = walk(&tenant, &delta).await;
    let mut changed_ids = ids(&json!({"value": changed}));
    changed_ids.sort();
    let mut wanted = vec![anna, guest.clone()];
    wanted.sort();
    assert_eq!(changed_ids, wanted);
    let entry = changed.iter().find(|user| user["id"] == guest).unwrap();
    assert_eq!(
        (&entry["mail"], &entry["userType"]),
        (&json!("a@partner.example"), &json!("Guest"))
    );

    let user = format!("/v1.0/users/{guest}");
    assert_eq!(change(&tenant, "DELETE", &user, Value::Null).await, 204);
    let (changed, delta) = walk(&tenant, &delta).await;
    assert_eq!(
        changed,
        [json!({"id": guest, "@removed": {"reason": "changed"}})]
    );
    let purge = format!("/v1.0/directory/deletedItems/{guest}");
    assert_eq!(change(&tenant, "DELETE", &purge, Value::Null).await, 204);
    let (changed, _) = walk(&tenant, &delta).await;
    assert_eq!(
        changed,
        [json!({"id": guest, "@removed": {"reason": "deleted"}})]
    );
    let (all, _) = walk(&tenant, "/v1.0/users/delta").await;
    assert_eq!(all.len(), there);
    let (none, latest) = walk(&tenant, "/v1.0/users/delta?$deltatoken=latest").await;
    assert_eq!(none, Vec::<Value>::new());
    tenant.invite("b@partner.example").await;
    assert_eq!(walk(&tenant, &latest).await.0.len(), 1);
}

#[tokio::test]
async fn what_a_delta_query_refuses() {
    let tenant = app().await;
    let anna = stable_id("anna.berg@northwind.example");
    let by_id = format!("/v1.0/users/delta?$filter=id%20eq%20'{anna}'");
    assert_eq!(walk(&tenant, &by_id).await.0.len(), 1);
    for query in [
        "$filter=mail%20eq%20'anna.berg@northwind.example'",
        "$filter=userType%20eq%20'Guest'",
        "$orderby=displayName",
        "$expand=manager",
        "$top=1000",
    ] {
        let (status, answer) = tenant.get(&format!("/v1.0/users/delta?{query}")).await;
        assert_eq!(
            (status, code(&answer)),
            (400, "Request_UnsupportedQuery"),
            "{query}"
        );
    }
    for query in [
        "$deltatoken=nonsense",
        "$skiptoken=nonsense",
        "$select=nonsense",
    ] {
        let (status, answer) = tenant.get(&format!("/v1.0/users/delta?{query}")).await;
        assert_eq!((status, code(&answer)), (400, "BadRequest"), "{query}");
    }
    assert_eq!(
        change(&tenant, "POST", "/v1.0/users/delta", json!({})).await,
        405
    );
    let tenant = only_invites().await;
    assert_eq!(tenant.get("/v1.0/users/delta").await.0, 403);
}

#[tokio::test]
async fn a_guest_whom_replication_hides_is_in_a_later_delta() {
    let tenant = Tenant::in_weather("[replication]\nfilters_ms = 700").await;
    let (_, delta) = walk(&tenant, "/v1.0/users/delta").await;
    let (_, made) = tenant.invite("a@partner.example").await;
    let guest = made["invitedUser"]["id"].as_str().unwrap();
    let (mut seen, mut delta) = walk(&tenant, &delta).await;
    for _ in 0..100 {
        if !seen.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        (seen, delta) = walk(&tenant, &delta).await;
    }
    assert_eq!(seen[0]["id"], guest);
}

fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_body() {
    let tenant = app().await;
    let body = json!({"invitedUserEmailAddress": "a@partner.example", "inviteRedirectUrl": "https://myapplications.microsoft.com"}).to_string();
    let send = async |encoding: &str, body: Vec<u8>| {
        let request = tenant
            .request(Method::POST, "/v1.0/invitations")
            .header("content-type", "application/json")
            .header("content-encoding", encoding)
            .body(body);
        read(request.send().await.unwrap()).await
    };
    let (status, answer) = send("gzip", compressed(body.as_bytes())).await;
    assert_eq!(status, 201, "{answer}");
    // Damaged, not compressed at all, too large, and compressed in another way: nobody is invited.
    let mut damaged = compressed(body.as_bytes());
    damaged.truncate(damaged.len() / 2);
    let too_large = compressed(&vec![b' '; 5 * 1024 * 1024]);
    for body in [damaged, body.clone().into_bytes(), too_large] {
        let (status, answer) = send("gzip", body).await;
        assert_eq!((status, code(&answer)), (400, "BadRequest"));
    }
    let (status, answer) = send("br", body.into_bytes()).await;
    assert_eq!(status, 415, "{answer}");
    assert_eq!(tenant.view("mails").await["total"], 0);
    let posts = tenant.view("invitations").await;
    assert_eq!(
        posts["addresses"]["a@partner.example"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "{posts}"
    );
}

#[tokio::test]
async fn annotations_in_the_body_of_get_by_ids() {
    let tenant = app().await;
    let anna = stable_id("anna.berg@northwind.example");
    let body = json!({"@odata.type": "#microsoft.graph.getByIdsPostRequestBody", "ids": [anna], "ids@odata.type": "#Collection(String)", "types": ["user"]});
    let (status, answer) = tenant.post("/v1.0/directoryObjects/getByIds", &body).await;
    assert_eq!((status, ids(&answer)), (200, vec![anna]));
    let body = json!({"ids": [], "more": 1});
    assert_eq!(
        tenant
            .post("/v1.0/directoryObjects/getByIds", &body)
            .await
            .0,
        400
    );
}
