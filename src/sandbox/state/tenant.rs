//! The state of the practice tenant: everything that one lock guards.
//!
//! Must not know a route, wait, or write to the network.

use crate::{
    clock::Clock,
    sandbox::{
        directory::{index::DirectoryStore, user::User},
        faults::{fault_injector::FaultInjector, throttle::Throttle, weather::Weather},
        sign_in::state::SignInState,
        state::{
            identity::{GRAPH_APP_ID, GRAPH_URL, TenantIdentity},
            journal::Journal,
            request_stats::RequestStats,
            token_store::TokenStore,
        },
    },
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};
use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct TenantState {
    pub identity: TenantIdentity,
    pub clock: Clock,
    pub directory: DirectoryStore,
    pub invitations: InvitationRecord,
    pub weather: Weather,
    pub fault_injector: FaultInjector,
    pub throttle: Throttle,
    pub tokens: TokenStore,
    pub sign_ins: SignInState,
    pub stats: RequestStats,
    pub journal: Option<Journal>,
    /// Where the current request was sent.
    pub asked_at: AskedAt,
    /// The addresses that the current request is about, for the log and for counting look-ups.
    pub request_addresses: Vec<String>,
    /// Whether the current request did its work, whatever a fault makes of its answer.
    pub request_done: bool,
    /// Users who are deleted, and whom reads still show until then.
    pub being_deleted: Vec<(Instant, User)>,
}

/// Where a request was sent: links in its answer lead to the same place.
#[derive(Debug, Default)]
pub(crate) struct AskedAt {
    /// Without a slash at the end.
    pub base_url: String,
    /// `v1.0` or `beta`.
    pub version: String,
}

/// What the invitation service remembers in addition to the directory.
#[derive(Debug, Default)]
pub(crate) struct InvitationRecord {
    /// The ticket of a redeem link -> the id of its user. No link is ever forgotten.
    pub tickets: HashMap<String, String>,
    /// How many invitations were answered with 201 since the weather was set.
    pub accepted: u64,
    /// When they were answered, in Unix seconds, for the cap of any 24 hours.
    pub accepted_at: VecDeque<i64>,
    pub blocked: bool,
    /// The newest 201 and the address that it was for; the fault `swapped` answers with it.
    pub newest: Option<(String, Value)>,
}

impl TenantState {
    /// A URL of Graph at the place where the current request was sent.
    pub(crate) fn graph_url(&self, path: &str) -> String {
        let AskedAt { base_url, version } = &self.asked_at;
        format!("{base_url}/{version}/{path}")
    }

    /// The path of a URL of Graph. It is the URL that the client uses, or the one of Graph's cloud.
    pub(crate) fn path_in_graph<'a>(&self, url: &'a str) -> Option<&'a str> {
        self.graph_bases()
            .into_iter()
            .find_map(|base| url.strip_prefix(base)?.strip_prefix('/'))
    }

    /// The resource that a scope such as `{base URL}/.default` or `{base URL}/User.Read` is for, when this is Graph. A
    /// scope without a resource is for Graph too.
    pub(crate) fn resource_of<'a>(&self, scope: &'a str) -> Option<&'a str> {
        let Some((resource, permission)) = scope.rsplit_once('/') else {
            let is_permission = scope.starts_with(|c: char| c.is_ascii_uppercase());
            return is_permission.then_some(GRAPH_APP_ID);
        };
        let name = resource.strip_suffix('/').unwrap_or(resource);
        let is_graph = self.graph_bases().contains(&name) || name == GRAPH_APP_ID;
        (is_graph && !permission.is_empty()).then_some(resource)
    }

    fn graph_bases(&self) -> [&str; 3] {
        [&self.asked_at.base_url, &self.identity.url, GRAPH_URL]
    }

    /// The time now as Graph writes it in an error: in UTC, without a fraction and without a zone.
    pub(crate) fn error_date(&self) -> String {
        let now = self.clock.now();
        now.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// The time now as the authority writes it in an error.
    pub(crate) fn sign_in_date(&self) -> String {
        let now = self.clock.now();
        now.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
    }

    pub(crate) fn set_weather(&mut self, weather: Weather) {
        self.fault_injector = FaultInjector::new(&weather);
        self.throttle = Throttle::new(&weather.throttle);
        self.invitations.accepted = 0;
        self.tokens.challenge = None;
        self.weather = weather;
    }

    /// Adds a user, or replaces the one with the same id, in the directory and in the journal.
    pub(crate) fn put_user(&mut self, user: User) {
        if let Some(journal) = &mut self.journal {
            journal.user(&user);
        }
        self.directory.put(user);
    }

    /// Changes a user whom replication shows as before for a while.
    pub(crate) fn change_user(&mut self, mut user: User) {
        let replication = self.weather.replication;
        let after = |ms: u64| Instant::now() + Duration::from_millis(ms);
        if let Some(before) = self.directory.by_id(&user.id) {
            if replication.changes_ms > 0 {
                let mut before = before.as_shown().clone();
                before.shown_before = None;
                user.shown_before = Some(Box::new((after(replication.changes_ms), before)));
            }
            if replication.other_mails_ms > 0 && before.other_mails != user.other_mails {
                user.other_mails_from = Some(after(replication.other_mails_ms));
            }
        }
        self.put_user(user);
    }

    /// Deletes a user; reads show the user until the time has come.
    pub(crate) fn delete_user(&mut self, mut user: User, shown_until: Instant) {
        user.deleted = Some(self.clock.now());
        if shown_until <= Instant::now() {
            self.put_user(user);
        } else {
            self.being_deleted.push((shown_until, user));
        }
    }

    pub(crate) fn is_being_deleted(&self, id: &str) -> bool {
        self.being_deleted.iter().any(|(_, user)| user.id == id)
    }

    /// Before each request: users whose time has come are shown no longer.
    pub(crate) fn end_deletions(&mut self) {
        let now = Instant::now();
        let (over, rest) = std::mem::take(&mut self.being_deleted)
            .into_iter()
            .partition(|(until, _)| *until <= now);
        self.being_deleted = rest;
        let over: Vec<(Instant, User)> = over;
        for (_, user) in over {
            self.put_user(user);
        }
    }

    /// The time that the `Date` header shows.
    pub(crate) fn date(&self) -> Timestamp {
        let ahead = SignedDuration::from_secs(self.weather.clocks.date.into());
        self.clock.now() + ahead
    }
}
