//! `$batch`: the order of the answers, malformed batches, dependencies, and throttled items.

use super::Tenant;
use crate::sandbox::state::ids::stable_id;
use serde_json::{Value, json};

fn get(id: &str, url: &str) -> Value {
    json!({"id": id, "method": "GET", "url": url})
}

async fn batch(tenant: &Tenant, requests: Vec<Value>) -> (u16, Value) {
    tenant
        .post("/v1.0/$batch", &json!({"requests": requests}))
        .await
}

fn item<'a>(answer: &'a Value, id: &str) -> &'a Value {
    answer["responses"]
        .as_array()
        .unwrap()
        .iter()
        .find(|response| response["id"] == id)
        .unwrap()
}

#[tokio::test]
async fn twenty_answers_in_an_order_of_their_own() {
    let tenant = Tenant::start().await;
    let requests: Vec<Value> = (0..20)
        .map(|n| {
            get(
                &n.to_string(),
                "/users?$filter=mail%20eq%20'dana.fox%40adatum.example'&$select=id",
            )
        })
        .collect();
    let (status, answer) = batch(&tenant, requests).await;
    assert_eq!(status, 200);
    let ids: Vec<u32> = answer["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|response| {
            assert_eq!(response["status"], 200);
            assert_eq!(
                response["body"]["value"][0]["id"],
                stable_id("dana.fox@adatum.example")
            );
            response["id"].as_str().unwrap().parse().unwrap()
        })
        .collect();
    assert!(!ids.is_sorted(), "{ids:?}");
    let kinds = tenant.view("requests").await["kinds"].clone();
    assert_eq!(kinds["batch"]["requests"], 1);
    assert_eq!(
        (&kinds["users"]["requests"], &kinds["users"]["in_batch"]),
        (&json!(0), &json!(20))
    );
}

#[tokio::test]
async fn a_malformed_batch_does_nothing() {
    let tenant = Tenant::start().await;
    let users = |id: &str| get(id, "/users");
    for requests in [
        vec![],
        (0..21).map(|n| users(&n.to_string())).collect(),
        vec![users("a"), users("A")],
        vec![get("1", "https://graph.microsoft.com/v1.0/users")],
        vec![json!({"id": "1", "url": "/users"})],
        vec![json!({"id": 1.5, "method": "GET", "url": "/users"})],
        vec![json!({"id": "1", "method": "POST", "url": "/invitations", "body": {}})],
        vec![json!({"id": "1", "method": "GET", "url": "/users", "dependsOn": ["2"]})],
    ] {
        let (status, answer) = batch(&tenant, requests.clone()).await;
        assert_eq!(status, 400, "{requests:?}: {answer}");
    }
    assert_eq!(tenant.view("requests").await["kinds"]["users"], Value::Null);
}

#[tokio::test]
async fn items_fail_for_themselves_and_for_those_they_depend_on() {
    let tenant = Tenant::start().await;
    let mut advanced = get("c", "/users?$filter=mail ne 'a'&$count=true&$top=1");
    advanced["headers"] = json!({"consistencylevel": "eventual"});
    let (_, answer) = batch(
        &tenant,
        vec![
            get("a", "/users/nobody@northwind.example"),
            json!({"id": "b", "method": "GET", "url": "/me", "dependsOn": ["A"]}),
            advanced,
            get("d", "users?$filter=mail ne 'a'"),
            get("e", "/invitations"),
        ],
    )
    .await;
    for (id, status) in [("a", 404), ("b", 424), ("c", 200), ("d", 400), ("e", 404)] {
        assert_eq!(item(&answer, id)["status"], status, "{id}");
    }
}

#[tokio::test]
async fn each_item_is_throttled_for_itself() {
    let tenant = Tenant::in_weather(
        "[[script]]\nkind = \"users\"\nskip = 3\ncount = 2\nfault = \"throttled\"\nretry_after = \"7\"",
    )
    .await;
    let requests = (0..10)
        .map(|n| get(&n.to_string(), "/users?$top=1"))
        .collect();
    let (status, answer) = batch(&tenant, requests).await;
    assert_eq!(status, 200);
    let throttled: Vec<&Value> = answer["responses"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|response| response["status"] == 429)
        .collect();
    assert_eq!(throttled.len(), 2);
    for item in throttled {
        assert_eq!(item["headers"]["Retry-After"], "7");
        assert_eq!(item["body"]["error"]["code"], "TooManyRequests");
    }
    assert_eq!(
        tenant.view("requests").await["kinds"]["users"]["throttled"],
        2
    );
}
