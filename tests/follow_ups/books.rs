//! The books of the practice tenant about changes of guests.

use crate::support::Practice;
use serde_json::Value;

/// Every request that asked to change a guest, of one kind.
pub(super) fn requests(practice: &Practice, kind: &str) -> Vec<Value> {
    let book = practice.view("/follow-ups");
    let requests = book["requests"].as_array().unwrap().iter();
    requests
        .filter(|request| request["kind"] == kind)
        .cloned()
        .collect()
}

/// How many changes of a kind were made.
pub(super) fn made(practice: &Practice, kind: &str) -> usize {
    let requests = requests(practice, kind).into_iter();
    requests.filter(|request| request["done"] == true).count()
}

/// A person of the tenant.
pub(super) fn person(practice: &Practice, address: &str) -> Value {
    practice.view(&format!("/people?address={address}"))["people"][0].clone()
}

/// No change was made twice for the same guest.
pub(super) fn nothing_twice(practice: &Practice) {
    let book = practice.view("/follow-ups");
    let mut made: Vec<String> = book["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|request| request["done"] == true)
        .map(|request| {
            let of = ["kind", "user_id", "target", "fields"];
            of.map(|key| request[key].to_string()).join(" ")
        })
        .collect();
    made.sort();
    let all = made.len();
    made.dedup();
    assert_eq!(made.len(), all, "{book:#}");
}
