//! Batches against a server that answers in any order, partly, or not yet.

use super::super::{
    testing::{Received, Server, error, json, with},
    *,
};
use serde_json::{Value, json as value};
use std::time::Duration;

fn batch_of(received: &Received) -> Vec<Value> {
    received.json()["requests"].as_array().unwrap().clone()
}

fn gets(ids: &[&str]) -> Vec<BatchGet> {
    ids.iter()
        .map(|id| BatchGet {
            id: (*id).into(),
            url: format!("/users/{id}"),
            advanced: *id == "b",
        })
        .collect()
}

#[tokio::test]
async fn batch_items_are_matched_by_id_and_the_unlucky_asked_again() {
    let server = Server::start(|received, before| {
        let mut items: Vec<Value> = batch_of(received)
            .iter()
            .map(|item| {
                let id = item["id"].as_str().unwrap();
                match (id, before) {
                    ("b", 0) => value!({"id": "B", "status": 429, "headers": {"retry-after": "1"}, "body": {"error": {"code": "TooManyRequests"}}}),
                    ("c", 0) => value!({"id": "c", "status": 503, "headers": {"RETRY-AFTER": 0}, "body": null}),
                    ("d", _) => value!({"id": "d", "status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": "x"}}}),
                    _ => value!({"id": id, "status": 200, "body": {"url": item["url"]}}),
                }
            })
            .collect();
        items.reverse();
        json(200, &value!({"responses": items}).to_string())
    })
    .await;
    let graph = server.graph();
    let found = graph.batch(gets(&["a", "b", "c", "d"])).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    for (id, answer) in &found[..3] {
        assert_eq!(answer.as_ref().unwrap()["url"], format!("/users/{id}"));
    }
    assert_eq!(found[3].1.as_ref().unwrap_err().class, Class::Absent);

    let sent = server.received();
    let again: Vec<Value> = batch_of(&sent[1])
        .iter()
        .map(|item| item["id"].clone())
        .collect();
    assert_eq!((sent.len(), again), (2, vec![value!("b"), value!("c")]));
    assert!(
        sent[1].at.duration_since(sent[0].at) >= Duration::from_secs(1),
        "the longest wait"
    );
    assert_eq!(
        batch_of(&sent[0])[1]["headers"]["ConsistencyLevel"],
        "eventual"
    );
    assert_eq!(
        graph.requests(),
        RequestCounts {
            total: 2,
            throttled: 1,
            retried: 1
        }
    );
}

#[tokio::test]
async fn a_batch_that_gets_one_item_a_round_is_finished_with_patience() {
    let server = Server::start(|received, _| {
        let items: Vec<Value> = batch_of(received)
            .iter()
            .enumerate()
            .map(|(at, item)| match at {
                0 => value!({"id": item["id"], "status": 200, "body": {}}),
                _ => value!({"id": item["id"], "status": 429, "headers": {"Retry-After": "0.01"}}),
            })
            .collect();
        json(200, &value!({"responses": items}).to_string())
    })
    .await;
    let many: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let found = server.graph().batch(gets(&many)).await.unwrap();
    assert!(found.iter().all(|(_, answer)| answer.is_ok()));
    let sizes: Vec<usize> = server
        .received()
        .iter()
        .map(|sent| batch_of(sent).len())
        .collect();
    assert_eq!(
        sizes[..3],
        [20, 1, 2],
        "smaller after a throttle, then growing again"
    );
    assert!(sizes.iter().sum::<usize>() < 60, "{sizes:?}");
}

#[tokio::test]
async fn a_missing_batch_item_is_a_fault_never_somebody_elses_answer() {
    let server =
        Server::start(|_, _| json(200, r#"{"responses":[{"id":"a","status":200,"body":{}}]}"#))
            .await;
    let graph = server.graph();
    let found = graph.batch(gets(&["a", "b"])).await.unwrap();
    assert!(found[0].1.is_ok());
    assert_eq!(
        found[1].1.as_ref().unwrap_err().code,
        catalogue::BATCH_ITEM_MISSING
    );
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_is_asked_again_as_a_whole() {
    let server = Server::start(|received, before| match before {
        0 => error(424, "FailedDependency", "throttled items"),
        1 => with(error(429, "TooManyRequests", ""), "Retry-After", "0"),
        _ => {
            let items: Vec<Value> = batch_of(received)
                .iter()
                .map(|item| value!({"id": item["id"], "status": 200, "body": {}}))
                .collect();
            json(200, &value!({"responses": items}).to_string())
        }
    })
    .await;
    let many: Vec<String> = (0..45).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let found = server.graph().batch(gets(&many)).await.unwrap();
    assert!(found.len() == 45 && found.iter().all(|(_, answer)| answer.is_ok()));
    let sizes: Vec<usize> = server
        .received()
        .iter()
        .map(|sent| batch_of(sent).len())
        .collect();
    assert_eq!(sizes, [20, 20, 20, 20, 5]);
}
