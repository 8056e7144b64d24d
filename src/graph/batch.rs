//! Twenty reads in one request. Only reads: a batch of invitations would be a burst, and a lost answer
//! would leave twenty people in doubt.
//!
//! Items are matched by their id; the server answers in any order. Each item is throttled on its own, so
//! each has a fate of its own.

use super::{
    answer::{Answer, http_date, retry_after},
    catalogue,
    client::{Graph, LONGEST_THROTTLE, Read, too_long, understood},
    fault::{Class, Fault},
    http::LONGEST_ID,
    server_text,
};
use crate::pace::backoff;
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::atomic::Ordering::Relaxed,
    time::Duration,
};
use tokio::time::Instant;

/// The service takes no more in one request.
pub const MOST_ITEMS: usize = 20;
/// Rounds in which every open item met trouble.
const MOST_TROUBLES: u32 = 6;

/// One read of a batch. `url` begins with `/` and comes after the version, its values encoded.
#[derive(Clone)]
pub struct BatchGet {
    pub id: String,
    pub url: String,
    /// Whether it is an advanced query (`ConsistencyLevel: eventual`).
    pub advanced: bool,
}

#[derive(Deserialize)]
struct Responses {
    responses: Vec<Response>,
}

#[derive(Deserialize)]
struct Response {
    id: String,
    status: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Value,
}

impl Graph {
    /// Asks all of them, up to twenty in a request, and gives every answer under its id, in the order asked.
    /// What is throttled or unlucky is asked again in a new batch, after the longest wait asked for. Throttled
    /// items count against the limit too, so batches get smaller then, for everybody, and larger again after.
    pub async fn batch(
        &self,
        gets: Vec<BatchGet>,
    ) -> Result<Vec<(String, Result<Value, Fault>)>, Fault> {
        let mut found = HashMap::with_capacity(gets.len());
        let mut open: VecDeque<&BatchGet> = gets.iter().collect();
        let width = &self.0.batch_width;
        let (mut troubles, mut progress) = (0, Instant::now());
        while !open.is_empty() {
            let count = width.load(Relaxed).clamp(1, MOST_ITEMS).min(open.len());
            let asked: Vec<&BatchGet> = open.drain(..count).collect();
            let mut responses = self.round(&asked).await?;
            let mut again = Again::default();
            for get in asked {
                let answer = match responses.remove(&key(&get.id)) {
                    Some(response) => self.fate(response, &mut again),
                    None => Err((missing(), false)),
                };
                let (answer, repeat) = match answer {
                    Ok(value) => (Ok(value), false),
                    Err((fault, repeat)) => (Err(fault), repeat),
                };
                found.insert(key(&get.id), answer);
                if repeat {
                    again.items += 1;
                    open.push_back(get);
                }
            }
            if again.items < count {
                (troubles, progress) = (0, Instant::now());
            }
            if again.items == 0 {
                width.store((count * 2).clamp(width.load(Relaxed), MOST_ITEMS), Relaxed);
                continue;
            }
            if again.throttled > 0 {
                width.store((count - again.items).max(1), Relaxed);
                self.count_throttled_items(again.throttled);
                let closed = self.0.pace.wait_out(again.after);
                closed.map_err(too_long)?;
                if progress.elapsed() >= LONGEST_THROTTLE {
                    break;
                }
            } else {
                troubles += 1;
                if troubles >= MOST_TROUBLES || !self.0.pace.retry_allowed() {
                    break;
                }
                tokio::time::sleep(backoff(troubles, fastrand::f64())).await;
            }
            self.count_retry();
        }
        // After giving up, those who were not reached share the fate of the last who was.
        let last = open
            .back()
            .and_then(|get| found.get(&key(&get.id)).cloned());
        let answer = |get: &BatchGet| {
            let own = found.remove(&key(&get.id)).or_else(|| last.clone());
            (get.id.clone(), own.unwrap_or_else(|| Err(missing())))
        };
        Ok(gets.iter().map(answer).collect())
    }

    async fn round(&self, gets: &[&BatchGet]) -> Result<HashMap<String, Response>, Fault> {
        let requests: Vec<Value> = gets
            .iter()
            .map(|get| {
                let mut item = json!({"id": get.id, "method": "GET", "url": get.url});
                if get.advanced {
                    item["headers"] = json!({"ConsistencyLevel": "eventual"});
                }
                item
            })
            .collect();
        let read = Read {
            units: gets.len() as u32,
            advanced: false,
        };
        let body = json!({ "requests": requests });
        let answer = self
            .repeat(&self.call(Method::POST, "/$batch", Some(&body), read)?)
            .await?;
        let responses: Responses = understood(&answer)?;
        Ok(responses
            .responses
            .into_iter()
            .map(|response| (key(&response.id), response))
            .collect())
    }

    /// An item's value, or its fault and whether asking again may help.
    fn fate(&self, response: Response, again: &mut Again) -> Result<Value, (Fault, bool)> {
        if (200..300).contains(&response.status) {
            return Ok(response.body);
        }
        let answer = as_answer(&response, self.server_now());
        let fault = Fault::of(&answer);
        let throttled = fault.class == Class::Throttled
            || (fault.class == Class::Unsettled && answer.retry_after.is_some());
        if throttled {
            again.throttled += 1;
            again.after = again.after.max(answer.retry_after);
        }
        let unlucky =
            fault.class == Class::Unsettled && answer.status >= 400 && answer.status != 501;
        Err((fault, throttled || unlucky))
    }
}

#[derive(Default)]
struct Again {
    items: usize,
    throttled: usize,
    after: Option<Duration>,
}

/// An item as if it had come by itself, so that one table judges both.
fn as_answer(response: &Response, now: Timestamp) -> Answer {
    let date = header(response, "date").and_then(|date| http_date(&date));
    Answer {
        status: response.status,
        retry_after: header(response, "retry-after")
            .and_then(|value| retry_after(&value, date, now)),
        date,
        request_id: header(response, "request-id").map(|id| server_text::clean(&id, LONGEST_ID)),
        is_batch_item: true,
        body: match &response.body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        },
        ..Answer::default()
    }
}

/// Header names come in any case, and values as text or number.
fn header(response: &Response, name: &str) -> Option<String> {
    let (_, value) = response
        .headers
        .as_ref()?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Ids are compared without regard to case, as the service does.
fn key(id: &str) -> String {
    id.to_lowercase()
}

fn missing() -> Fault {
    Fault::new(
        catalogue::BATCH_ITEM_MISSING,
        Class::Unsettled,
        "the batch answered without this item",
    )
}
