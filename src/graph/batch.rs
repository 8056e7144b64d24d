//! Up to twenty reads in one `$batch` request. Invitations are never sent this way: they would be a burst, and a lost
//! answer would leave twenty invitations unknown.
//!
//! Answers are matched with items by id, because the server answers in any order. Each item has an answer and a throttle
//! of its own.

use super::{
    answer::{Answer, http_date, retry_after},
    catalogue,
    client::{Graph, LARGEST_BATCH, LONGEST_THROTTLE, Read, understood},
    fault::{Class, Fault},
    http::LONGEST_ID,
    server_text,
    slow_down::is_throttle,
};
use crate::pace::{Kind, TooLong, backoff};
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::atomic::Ordering::Relaxed,
};
use tokio::time::Instant;

/// After this many batches in a row in which every item failed, the reads are given up.
const MOST_TROUBLES: u32 = 6;

/// In the word of the log.
const ITEM: &str = "batch-item";

/// One read of a batch. `url` begins with `/` and comes after the version, its values encoded.
#[derive(Clone)]
pub(crate) struct BatchGet {
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
    /// Makes all these reads, up to twenty in a request, and gives each answer with its id, in the same order.
    /// Items that were throttled or failed for a passing reason are sent again in a new batch, after the longest wait that the
    /// server asked for. Throttled items count against the limit too, so all batches become smaller, and larger again later.
    pub(crate) async fn batch(
        &self,
        gets: Vec<BatchGet>,
    ) -> Result<Vec<(String, Result<Value, Fault>)>, Fault> {
        let mut found = HashMap::with_capacity(gets.len());
        let mut open: VecDeque<&BatchGet> = gets.iter().collect();
        let width = &self.0.batch_width;
        let (mut troubles, mut progress) = (0, Instant::now());
        while !open.is_empty() {
            let count = width.load(Relaxed).clamp(1, LARGEST_BATCH).min(open.len());
            let asked: Vec<&BatchGet> = open.drain(..count).collect();
            let (responses, sent_at) = self.round(&asked).await?;
            let mut again = Again::default();
            let mut answers: HashMap<String, _> = responses
                .into_iter()
                .map(|response| {
                    let id = key(&response.id);
                    let get = asked.iter().find(|get| key(&get.id) == id);
                    let path = get.map_or("", |get| get.url.as_str());
                    (id, self.answer_to(response, path, &mut again))
                })
                .collect();
            let closed = self.close_gate_for_items(&again, sent_at);
            for get in asked {
                let answer = answers.remove(&key(&get.id));
                let answer = answer.unwrap_or_else(|| Err((missing(), false)));
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
                width.store(
                    (count * 2).clamp(width.load(Relaxed), LARGEST_BATCH),
                    Relaxed,
                );
                continue;
            }
            if again.throttled.is_empty() {
                troubles += 1;
                if troubles >= MOST_TROUBLES || !self.0.pace.retry_allowed() {
                    break;
                }
                let pause = backoff(troubles, fastrand::f64());
                self.unless_stopped(tokio::time::sleep(pause)).await?;
            } else {
                width.store((count - again.items).max(1), Relaxed);
                closed?;
                if progress.elapsed() >= LONGEST_THROTTLE {
                    break;
                }
            }
            if let Some(fault) = again.last {
                self.count_retry(ITEM, &fault);
            }
        }
        // Items that were not sent get the error of the last item that was.
        let last = open
            .back()
            .and_then(|get| found.get(&key(&get.id)).cloned());
        let answer = |get: &BatchGet| {
            let own = found.remove(&key(&get.id)).or_else(|| last.clone());
            (get.id.clone(), own.unwrap_or_else(|| Err(missing())))
        };
        Ok(gets.iter().map(answer).collect())
    }

    /// Closes the gate as the items of one batch ask. They were sent together, so their throttles count once, and an item
    /// that succeeded shows that earlier throttles are over.
    fn close_gate_for_items(&self, again: &Again, sent_at: Instant) -> Result<(), TooLong> {
        if again.fine {
            self.0.pace.not_throttled(Kind::BatchItem, sent_at);
        }
        let mut closed = Ok(());
        for answer in &again.throttled {
            closed = self
                .close_gate(answer, Kind::BatchItem, ITEM, "", sent_at)
                .and(closed);
        }
        closed
    }

    /// The responses to one batch, and when it was sent.
    async fn round(&self, gets: &[&BatchGet]) -> Result<(Vec<Response>, Instant), Fault> {
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
        let call = self.call(Method::POST, "/$batch", Some(&body), read)?;
        let (answer, sent_at) = self.repeat_and_time(&call).await?;
        let responses: Responses = understood(&answer)?;
        Ok((responses.responses, sent_at))
    }

    /// An item's value, or its fault and whether the item is worth sending again.
    fn answer_to(
        &self,
        response: Response,
        path: &str,
        again: &mut Again,
    ) -> Result<Value, (Fault, bool)> {
        if (200..300).contains(&response.status) {
            again.fine = true;
            return Ok(response.body);
        }
        let answer = Answer {
            asker: self.asker(&Method::GET, path),
            ..as_answer(&response, self.server_now())
        };
        let fault = Fault::of(&answer);
        let throttled = is_throttle(&answer)
            || (fault.class == Class::Unsettled && answer.retry_after.is_some());
        let unlucky =
            fault.class == Class::Unsettled && answer.status >= 400 && answer.status != 501;
        if throttled {
            again.throttled.push(answer);
        } else if !unlucky {
            again.fine = true;
        }
        if throttled || unlucky {
            again.last = Some(fault.clone());
        }
        Err((fault, throttled || unlucky))
    }
}

#[derive(Default)]
struct Again {
    items: usize,
    throttled: Vec<Answer>,
    /// Whether any item was answered without a throttle and without a passing fault.
    fine: bool,
    /// What the last item said that is worth sending again.
    last: Option<Fault>,
}

/// An item in the form of a single answer, so that the same rules apply to both.
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

/// Header names may have any case, and values may be texts or numbers.
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
