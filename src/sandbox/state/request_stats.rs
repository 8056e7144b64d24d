//! Statistics for `/_sandbox`: requests by kind, invitations and mails by address, and the log.
//!
//! Must not change what Graph answers: no reply of the Graph API depends on these numbers.

use crate::sandbox::{
    faults::fault::FaultKind, messages::request_kind::RequestKind,
    state::follow_up_book::FollowUpBook,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

/// A request this soon after a Retry-After is not early: the client may have sent it before it read the header.
const GRACE: Duration = Duration::from_millis(100);
/// Early requests are counted without a limit, but only this many are listed.
const MAX_EARLY_LISTED: usize = 1_000;
/// An invitation is answered within this time, unless the weather adds more latency.
const IN_FLIGHT_MS: u64 = 1_500;

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct KindCounts {
    /// Requests over HTTP.
    pub requests: u64,
    /// Requests inside a `$batch`.
    pub in_batch: u64,
    /// Throttled, with any of the status codes that Graph throttles with.
    pub throttled: u64,
    /// Answered with 503.
    pub unavailable: u64,
    /// Sent before the wait of a Retry-After for this kind was over.
    pub early: u64,
}

/// A request that did not wait as long as a Retry-After asked for.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EarlyRequest {
    pub kind: RequestKind,
    /// Time since the answer with the Retry-After.
    pub after_ms: u64,
    /// Time that was left until the end of the wait.
    pub before_ms: u64,
}

/// A mail that an invitation sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SentMail {
    pub at: Timestamp,
    pub address: String,
    pub user_id: String,
    pub language: String,
    pub words: Option<String>,
    /// The request had a custom message, which was left out.
    pub words_dropped: bool,
    pub cc: Option<String>,
}

/// A mail that was sent from a mailbox.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OwnMail {
    pub at: Timestamp,
    pub from: String,
    pub to: String,
    pub name: Option<String>,
    pub subject: Option<String>,
    /// `text` or `html`.
    pub content_type: String,
    pub content: String,
    pub message_id: Option<String>,
}

/// A redemption that was reset, whatever the client was answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RedemptionReset {
    pub ms: u64,
    pub user_id: String,
    /// The address that the reset names, and whether it asks for a mail.
    pub address: String,
    pub send: bool,
    /// Of the user at that moment.
    pub other_mails: Vec<String>,
}

/// A `DELETE` of a user that was performed, or repeated while reads still showed the user; whatever was answered.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DeletedUser {
    pub ms: u64,
    pub user_id: String,
    pub address: String,
    /// The `externalUserState` right before.
    pub state: Option<String>,
}

/// One `POST /invitations` for an address.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct InvitationPost {
    pub ms: u64,
    /// The request asked for a mail.
    pub send: bool,
    /// 0: the client got no whole answer.
    pub status: u16,
    pub fault: Option<FaultKind>,
    /// Whether the client can tell from the answer if the guest was invited.
    pub conclusive: bool,
    /// How often the person was looked up between the previous POST for this address and this one.
    pub look_ups_before: u64,
}

/// What happened to one address.
#[derive(Debug, Default)]
struct AddressHistory {
    posts: Vec<InvitationPost>,
    /// Look-ups since the last POST.
    look_ups: u64,
    /// The value of `RequestStats::full_listings` at the last POST.
    full_listings_at_last_post: u64,
}

/// One request in the log. Times are milliseconds since the start or the last reset.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LogEntry {
    /// When the request was answered.
    pub ms: u64,
    pub arrived_ms: u64,
    pub kind: RequestKind,
    pub method: String,
    pub addresses: Vec<String>,
    pub status: u16,
    pub fault: Option<FaultKind>,
    pub in_batch: bool,
}

#[derive(Debug)]
pub(crate) struct RequestStats {
    started: Instant,
    pub kinds: BTreeMap<RequestKind, KindCounts>,
    /// For each kind, the waits that a Retry-After asked for: when it was answered, and when the wait ends.
    waits: HashMap<RequestKind, Vec<(Instant, Instant)>>,
    pub early: Vec<EarlyRequest>,
    pub mails: HashMap<String, Vec<SentMail>>,
    pub own_mails: Vec<OwnMail>,
    pub follow_ups: FollowUpBook,
    pub resets: Vec<RedemptionReset>,
    pub deletions: Vec<DeletedUser>,
    /// When each mailbox sent in the last minute.
    mailboxes: HashMap<String, VecDeque<Instant>>,
    histories: HashMap<String, AddressHistory>,
    /// How often all users were listed up to the last page: each time everybody was looked up.
    full_listings: u64,
    pub log: VecDeque<LogEntry>,
    log_capacity: usize,
    pub log_dropped: u64,
    token_requests_in_flight: u32,
    pub max_token_requests_in_flight: u32,
}

impl RequestStats {
    pub(crate) fn new(log_capacity: usize) -> Self {
        Self {
            started: Instant::now(),
            kinds: BTreeMap::new(),
            waits: HashMap::new(),
            early: Vec::new(),
            mails: HashMap::new(),
            own_mails: Vec::new(),
            follow_ups: FollowUpBook::default(),
            resets: Vec::new(),
            deletions: Vec::new(),
            mailboxes: HashMap::new(),
            histories: HashMap::new(),
            full_listings: 0,
            log: VecDeque::new(),
            log_capacity,
            log_dropped: 0,
            token_requests_in_flight: 0,
            max_token_requests_in_flight: 0,
        }
    }

    /// Whether a mailbox may send one more in this minute; then it is counted.
    pub(crate) fn may_mail(&mut self, from: &str, per_minute: u32, now: Instant) -> bool {
        let sent = self.mailboxes.entry(from.to_lowercase()).or_default();
        while sent
            .front()
            .is_some_and(|at| now.duration_since(*at) >= Duration::from_secs(60))
        {
            sent.pop_front();
        }
        let free = sent.len() < per_minute as usize;
        if free {
            sent.push_back(now);
        }
        free
    }

    /// Forgets everything except the token requests that are in flight.
    pub(crate) fn reset(&mut self) {
        let token_requests_in_flight = self.token_requests_in_flight;
        *self = Self {
            token_requests_in_flight,
            ..Self::new(self.log_capacity)
        };
    }

    pub(crate) fn arrived(&mut self, kind: RequestKind, at: Instant, in_batch: bool) {
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
        let ignored = waits
            .iter()
            .filter(|(answered, _)| at > *answered + GRACE)
            .max_by_key(|(_, until)| *until);
        if let Some((answered, until)) = ignored {
            counts.early += 1;
            if self.early.len() < MAX_EARLY_LISTED {
                self.early.push(EarlyRequest {
                    kind,
                    after_ms: (at - *answered).as_millis() as u64,
                    before_ms: (*until - at).as_millis() as u64,
                });
            }
        }
    }

    pub(crate) fn answered(
        &mut self,
        kind: RequestKind,
        status: u16,
        throttled: bool,
        wait: Option<Duration>,
    ) {
        let counts = self.kinds.entry(kind).or_default();
        counts.throttled += u64::from(throttled);
        counts.unavailable += u64::from(status == 503);
        if let Some(wait) = wait {
            let now = Instant::now();
            self.waits.entry(kind).or_default().push((now, now + wait));
        }
    }

    /// A read was about a person with this address: a filter named it, or an object with it was read.
    pub(crate) fn looked_up(&mut self, value: &str) {
        let value = value.to_lowercase();
        let value = value.strip_prefix("smtp:").unwrap_or(&value);
        if let Some(history) = self.histories.get_mut(value) {
            history.look_ups += 1;
        }
    }

    /// All users were listed up to the last page.
    pub(crate) fn all_users_listed(&mut self) {
        self.full_listings += 1;
    }

    pub(crate) fn add_post(&mut self, address: &str, mut post: InvitationPost) {
        let history = self.histories.entry(address.to_lowercase()).or_default();
        let full_listings = self.full_listings - history.full_listings_at_last_post;
        post.look_ups_before = if history.posts.is_empty() {
            0
        } else {
            history.look_ups + full_listings
        };
        history.look_ups = 0;
        history.full_listings_at_last_post = self.full_listings;
        history.posts.push(post);
    }

    pub(crate) fn add_mail(&mut self, mail: SentMail) {
        self.mails
            .entry(mail.address.to_lowercase())
            .or_default()
            .push(mail);
    }

    pub(crate) fn add_reset(&mut self, reset: RedemptionReset) {
        self.resets.push(reset);
    }

    pub(crate) fn log_is_on(&self) -> bool {
        self.log_capacity > 0
    }

    pub(crate) fn add_log_entry(&mut self, entry: LogEntry) {
        if self.log.len() >= self.log_capacity {
            self.log.pop_front();
            self.log_dropped += 1;
        }
        self.log.push_back(entry);
    }

    pub(crate) fn posts(&self) -> impl Iterator<Item = (&String, &Vec<InvitationPost>)> {
        self.histories
            .iter()
            .map(|(address, history)| (address, &history.posts))
    }

    pub(crate) fn posts_of(&self, address: &str) -> &[InvitationPost] {
        self.histories
            .get(&address.to_lowercase())
            .map_or(&[], |history| &history.posts)
    }

    /// The addresses that were invited again after an inconclusive answer, without a look-up in between. A second
    /// invitation without a mail does not count while the first can still be in flight: a run that was killed has sent
    /// the first one, and the next run looked before it arrived.
    pub(crate) fn unchecked(&self) -> Vec<&str> {
        self.histories
            .iter()
            .filter(|(_, history)| {
                history
                    .posts
                    .windows(2)
                    .filter(|pair| pair[1].send || pair[1].ms > pair[0].ms + IN_FLIGHT_MS)
                    .any(|pair| !pair[0].conclusive && pair[1].look_ups_before == 0)
            })
            .map(|(address, _)| address.as_str())
            .collect()
    }

    /// Milliseconds since the tenant started or was reset.
    pub(crate) fn ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    pub(crate) fn ms_of(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.started).as_millis() as u64
    }

    pub(crate) fn token_request_began(&mut self) {
        self.token_requests_in_flight += 1;
        self.max_token_requests_in_flight = self
            .max_token_requests_in_flight
            .max(self.token_requests_in_flight);
    }

    pub(crate) fn token_request_ended(&mut self) {
        self.token_requests_in_flight = self.token_requests_in_flight.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(conclusive: bool) -> InvitationPost {
        InvitationPost {
            ms: 0,
            send: true,
            status: 0,
            fault: None,
            conclusive,
            look_ups_before: 0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_early_after_the_answer_and_before_the_end_of_the_wait() {
        let mut stats = RequestStats::new(0);
        let second = Duration::from_secs(1);
        stats.arrived(RequestKind::Users, Instant::now(), false);
        stats.answered(RequestKind::Users, 429, true, Some(2 * second));
        stats.arrived(RequestKind::Users, Instant::now(), false);
        assert!(
            stats.early.is_empty(),
            "the client may have sent it before it read the header"
        );
        tokio::time::advance(second).await;
        stats.arrived(RequestKind::Invitations, Instant::now(), false);
        assert!(stats.early.is_empty(), "another kind");
        stats.arrived(RequestKind::Users, Instant::now(), false);
        assert_eq!(stats.early.len(), 1);
        tokio::time::advance(second).await;
        stats.arrived(RequestKind::Users, Instant::now(), false);
        assert_eq!(stats.kinds[&RequestKind::Users].early, 1);
    }

    #[tokio::test]
    async fn a_second_post_without_a_look_up_is_listed() {
        let mut stats = RequestStats::new(0);
        stats.add_post("a@x", post(false));
        stats.looked_up("smtp:A@x");
        stats.add_post("A@x", post(false));
        assert!(stats.unchecked().is_empty());
        stats.all_users_listed();
        stats.add_post("a@x", post(false));
        assert!(stats.unchecked().is_empty());
        stats.add_post("a@x", post(true));
        assert_eq!(stats.unchecked(), ["a@x"]);
    }
}
