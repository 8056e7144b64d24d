//! What the practice tenant has seen: requests by kind, invitations and mails by address, the log.
//!
//! It observes only; nothing that Graph answers depends on it.

use super::{kind::Kind, weather::Fault};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// A request that a client sent before it could have read a Retry-After is not early.
const GRACE: Duration = Duration::from_millis(100);
const MOST_EARLY: usize = 1_000;
/// No latency of the practice tenant's own keeps an invitation for longer, unless the weather says so.
const UNDER_WAY_MS: u64 = 1_500;

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Requests over the wire.
    pub requests: u64,
    /// Requests inside a `$batch`.
    pub in_batch: u64,
    /// Throttled, under whatever name.
    pub throttled: u64,
    /// Answered with 503.
    pub unavailable: u64,
    /// Sent before a Retry-After of this kind had passed.
    pub early: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Early {
    pub kind: Kind,
    /// After the answer that said when.
    pub after_ms: u64,
    /// Before the time that it said.
    pub before_ms: u64,
}

/// A mail that an invitation caused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    pub at: Timestamp,
    pub address: String,
    pub user_id: String,
    pub language: String,
    pub words: Option<String>,
    /// Custom words were asked for, and left out.
    pub words_dropped: bool,
    pub cc: Option<String>,
}

/// One POST to `/invitations` for an address.
#[derive(Debug, Clone, Serialize)]
pub struct Post {
    pub ms: u64,
    /// A mail was asked for.
    pub send: bool,
    /// 0: no answer left.
    pub status: u16,
    pub fault: Option<Fault>,
    /// Whether the answer told the client what became of it.
    pub conclusive: bool,
    /// Look-ups of this person since the POST before this one.
    pub look_ups_before: u64,
}

#[derive(Debug, Default)]
struct Trail {
    posts: Vec<Post>,
    look_ups: u64,
    walks_at_last_post: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// When it was answered, and when it came.
    pub ms: u64,
    pub arrived_ms: u64,
    pub kind: Kind,
    pub method: String,
    pub addresses: Vec<String>,
    pub status: u16,
    pub fault: Option<Fault>,
    pub in_batch: bool,
}

#[derive(Debug)]
pub struct Seen {
    started: Instant,
    pub kinds: BTreeMap<Kind, Counts>,
    /// Per kind: when a wait was told, and until when.
    waits: HashMap<Kind, Vec<(Instant, Instant)>>,
    pub early: Vec<Early>,
    pub mails: HashMap<String, Vec<Mail>>,
    trails: HashMap<String, Trail>,
    /// Complete walks over all users: each looks everybody up.
    walks: u64,
    pub log: VecDeque<Entry>,
    log_capacity: usize,
    pub log_dropped: u64,
    tokens_under_way: u32,
    pub most_tokens_under_way: u32,
}

impl Seen {
    pub fn new(log_capacity: usize) -> Self {
        Self {
            started: Instant::now(),
            kinds: BTreeMap::new(),
            waits: HashMap::new(),
            early: Vec::new(),
            mails: HashMap::new(),
            trails: HashMap::new(),
            walks: 0,
            log: VecDeque::new(),
            log_capacity,
            log_dropped: 0,
            tokens_under_way: 0,
            most_tokens_under_way: 0,
        }
    }

    /// Forgets everything but what is under way.
    pub fn reset(&mut self) {
        let tokens_under_way = self.tokens_under_way;
        *self = Self {
            tokens_under_way,
            ..Self::new(self.log_capacity)
        };
    }

    pub fn arrived(&mut self, kind: Kind, at: Instant, in_batch: bool) {
        let counts = self.kinds.entry(kind).or_default();
        if in_batch {
            counts.in_batch += 1;
        } else {
            counts.requests += 1;
        }
        let Some(waits) = self.waits.get_mut(&kind) else {
            return;
        };
        waits.retain(|(_, until)| *until > at);
        let broken = waits
            .iter()
            .filter(|(told, _)| at > *told + GRACE)
            .max_by_key(|(_, until)| *until);
        if let Some((told, until)) = broken {
            counts.early += 1;
            if self.early.len() < MOST_EARLY {
                self.early.push(Early {
                    kind,
                    after_ms: (at - *told).as_millis() as u64,
                    before_ms: (*until - at).as_millis() as u64,
                });
            }
        }
    }

    pub fn answered(&mut self, kind: Kind, status: u16, throttled: bool, wait: Option<Duration>) {
        let counts = self.kinds.entry(kind).or_default();
        counts.throttled += u64::from(throttled);
        counts.unavailable += u64::from(status == 503);
        if let Some(wait) = wait {
            let now = Instant::now();
            self.waits.entry(kind).or_default().push((now, now + wait));
        }
    }

    /// Somebody was looked up by an address or by an object that has this address.
    pub fn looked_up(&mut self, value: &str) {
        let value = value.to_lowercase();
        let value = value.strip_prefix("smtp:").unwrap_or(&value);
        if let Some(trail) = self.trails.get_mut(value) {
            trail.look_ups += 1;
        }
    }

    pub fn walked(&mut self) {
        self.walks += 1;
    }

    pub fn posted(&mut self, address: &str, mut post: Post) {
        let trail = self.trails.entry(address.to_lowercase()).or_default();
        let walks = self.walks - trail.walks_at_last_post;
        post.look_ups_before = if trail.posts.is_empty() {
            0
        } else {
            trail.look_ups + walks
        };
        trail.look_ups = 0;
        trail.walks_at_last_post = self.walks;
        trail.posts.push(post);
    }

    pub fn mailed(&mut self, mail: Mail) {
        self.mails
            .entry(mail.address.to_lowercase())
            .or_default()
            .push(mail);
    }

    pub fn wants_log(&self) -> bool {
        self.log_capacity > 0
    }

    pub fn note(&mut self, entry: Entry) {
        if self.log.len() >= self.log_capacity {
            self.log.pop_front();
            self.log_dropped += 1;
        }
        self.log.push_back(entry);
    }

    pub fn posts(&self) -> impl Iterator<Item = (&String, &Vec<Post>)> {
        self.trails
            .iter()
            .map(|(address, trail)| (address, &trail.posts))
    }

    pub fn posts_of(&self, address: &str) -> &[Post] {
        self.trails
            .get(&address.to_lowercase())
            .map_or(&[], |trail| &trail.posts)
    }

    /// Addresses that were asked for again after an inconclusive answer without looking first. A silent ask so soon
    /// after another is none of them: it comes from a run that looked while the ask of a killed one was still under way.
    pub fn unchecked(&self) -> Vec<&str> {
        self.trails
            .iter()
            .filter(|(_, trail)| {
                trail
                    .posts
                    .windows(2)
                    .filter(|pair| pair[1].send || pair[1].ms > pair[0].ms + UNDER_WAY_MS)
                    .any(|pair| !pair[0].conclusive && pair[1].look_ups_before == 0)
            })
            .map(|(address, _)| address.as_str())
            .collect()
    }

    /// Milliseconds since the tenant started or was reset.
    pub fn ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    pub fn ms_of(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.started).as_millis() as u64
    }

    pub fn token_request_began(&mut self) {
        self.tokens_under_way += 1;
        self.most_tokens_under_way = self.most_tokens_under_way.max(self.tokens_under_way);
    }

    pub fn token_request_ended(&mut self) {
        self.tokens_under_way = self.tokens_under_way.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(conclusive: bool) -> Post {
        Post {
            ms: 0,
            send: true,
            status: 0,
            fault: None,
            conclusive,
            look_ups_before: 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn early_is_after_the_answer_and_before_its_time() {
        let mut seen = Seen::new(0);
        let second = Duration::from_secs(1);
        seen.arrived(Kind::Users, Instant::now(), false);
        seen.answered(Kind::Users, 429, true, Some(2 * second));
        seen.arrived(Kind::Users, Instant::now(), false);
        assert!(seen.early.is_empty(), "it was under way");
        tokio::time::advance(second).await;
        seen.arrived(Kind::Invitations, Instant::now(), false);
        assert!(seen.early.is_empty(), "another kind");
        seen.arrived(Kind::Users, Instant::now(), false);
        assert_eq!(seen.early.len(), 1);
        tokio::time::advance(second).await;
        seen.arrived(Kind::Users, Instant::now(), false);
        assert_eq!(seen.kinds[&Kind::Users].early, 1);
    }

    #[tokio::test]
    async fn a_second_post_without_a_look_is_told() {
        let mut seen = Seen::new(0);
        seen.posted("a@x", post(false));
        seen.looked_up("smtp:A@x");
        seen.posted("A@x", post(false));
        assert!(seen.unchecked().is_empty());
        seen.walked();
        seen.posted("a@x", post(false));
        assert!(seen.unchecked().is_empty());
        seen.posted("a@x", post(true));
        assert_eq!(seen.unchecked(), ["a@x"]);
    }
}
