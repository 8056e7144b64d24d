//! The book of changes after an invitation, for `/_sandbox/follow-ups`: who was set what, how often, with which answer.
//!
//! Must not change what Graph answers.

use crate::sandbox::faults::fault::FaultKind;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// More than this are counted and not listed.
const MAX_LISTED: usize = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FollowUpKind {
    /// Properties of a user.
    Profile,
    Manager,
    Sponsor,
    /// A member of a group.
    Group,
}

/// What a request is about to change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FollowUpChange {
    pub kind: FollowUpKind,
    pub user_id: String,
    /// The id of the manager, the sponsor or the group.
    pub target: Option<String>,
    /// The properties of a profile.
    pub fields: Option<Value>,
}

/// One request that asked for a change.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct FollowUpRequest {
    pub ms: u64,
    #[serde(flatten)]
    pub change: FollowUpChange,
    /// 0: the client got no whole answer.
    pub status: u16,
    /// Whether the change was made, whatever the client was told.
    pub done: bool,
    /// What was asked for was set before, and the client had been told so.
    pub repeated: bool,
    pub fault: Option<FaultKind>,
}

#[derive(Debug, Default)]
pub(crate) struct FollowUpBook {
    requests: Vec<FollowUpRequest>,
    /// The positions in `requests` by user.
    of_user: HashMap<String, Vec<usize>>,
    counts: BTreeMap<FollowUpKind, Counts>,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Counts {
    requests: u64,
    done: u64,
    repeated: u64,
}

impl FollowUpBook {
    pub(crate) fn add(&mut self, mut request: FollowUpRequest) {
        let of_user = self
            .of_user
            .entry(request.change.user_id.clone())
            .or_default();
        request.repeated = of_user
            .iter()
            .filter_map(|position| self.requests.get(*position))
            .any(|before| {
                before.change == request.change
                    && before.done
                    && (200..300).contains(&before.status)
            });
        let counts = self.counts.entry(request.change.kind).or_default();
        counts.requests += 1;
        counts.done += u64::from(request.done);
        counts.repeated += u64::from(request.repeated);
        if self.requests.len() < MAX_LISTED {
            of_user.push(self.requests.len());
            self.requests.push(request);
        }
    }

    /// All requests, or those for one user.
    pub(crate) fn view(&self, user_id: Option<&str>) -> Value {
        let requests: Vec<&FollowUpRequest> = self
            .requests
            .iter()
            .filter(|request| user_id.is_none_or(|id| request.change.user_id == id))
            .collect();
        json!({"kinds": self.counts, "requests": requests})
    }
}
