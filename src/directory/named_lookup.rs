//! How something that a sheet names is looked up: one read each, twenty in a request, and why there may be no id.
//!
//! Must not know sponsors, managers or groups.

use super::{Directory, lookup::BATCH};
use crate::graph::{BatchGet, Class, Fault, cleaned_name, odata, optional_name};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::HashSet, fmt, hash::Hash};

/// Outside an advanced query, a text that is compared has at most this many characters (Graph: advanced queries).
const LONGEST_COMPARED: usize = 120;
/// So many are read of those that a name or an address could mean.
pub(super) const MOST_CANDIDATES: usize = 10;

/// Why there is no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unresolved {
    Nobody,
    Several(Vec<Candidate>),
    /// It is the mail address of this group, and a group has to be named as one.
    GroupAddress(String),
    /// There is one, and it cannot be used.
    Unfit(Unfit),
    /// The look-up failed for a reason that passes.
    NotNow(String),
    /// The run stopped before the look-up.
    NotAsked,
    /// The sign-in lacks the permission for the look-up.
    NotAllowed {
        permission: &'static str,
    },
}

/// Why somebody cannot be a manager, or a group takes no member through Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unfit {
    Guest,
    Dynamic,
    OnPremises,
    RoleAssignable,
    DistributionList,
    MailEnabledSecurity,
}

/// The candidates of an ambiguous name in one line.
pub(crate) fn listed(candidates: &[Candidate]) -> String {
    let more = if candidates.len() >= MOST_CANDIDATES {
        ", and perhaps more"
    } else {
        ""
    };
    let each: Vec<String> = candidates.iter().map(ToString::to_string).collect();
    format!("{}{more}", each.join(", "))
}

/// One of several that a name or an address could mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub id: String,
    /// Its name, and what tells it from the others.
    pub described: String,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.described)
    }
}

/// An object of the directory with what tells it from others.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Named {
    #[serde(deserialize_with = "optional_name")]
    id: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    pub display_name: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    pub mail: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    pub user_principal_name: Option<String>,
    pub account_enabled: Option<bool>,
    #[serde(deserialize_with = "optional_name")]
    pub user_type: Option<String>,
    #[serde(deserialize_with = "optional_name")]
    pub external_user_state: Option<String>,
}

impl Named {
    pub(super) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// A name that is not the id, where there is one.
    pub(super) fn name(&self) -> &str {
        let texts = [&self.display_name, &self.mail, &self.user_principal_name];
        texts
            .into_iter()
            .flatten()
            .next()
            .map_or_else(|| self.id(), String::as_str)
    }

    pub(super) fn candidate(&self, kind: &str) -> Candidate {
        let address = self.user_principal_name.as_ref().or(self.mail.as_ref());
        let parts = [Some(self.name()), Some(kind), address.map(String::as_str)];
        let mut described: Vec<&str> = Vec::new();
        for part in parts.into_iter().flatten() {
            if !part.is_empty() && !described.contains(&part) {
                described.push(part);
            }
        }
        Candidate {
            id: self.id().to_owned(),
            described: described.join(", "),
        }
    }
}

/// Whether a name that was read is the one that the sheet has, whatever the case.
pub(super) fn is_same_name(read: &str, wanted: &str) -> bool {
    read.to_lowercase() == cleaned_name(wanted).to_lowercase()
}

/// One read for a name. It is an advanced query where the text is too long for another one.
pub(super) fn read(path_and_filter: (&str, &str), select: &str, compared: &str) -> (String, bool) {
    let (path, filter) = path_and_filter;
    let advanced = compared.chars().count() > LONGEST_COMPARED;
    let count = if advanced { "&$count=true" } else { "" };
    let url = format!(
        "{path}?$filter={}&$select={select}&$top={MOST_CANDIDATES}{count}",
        odata::encode(filter)
    );
    (url, advanced)
}

/// Sends one read for each key, twenty in a request.
pub(super) async fn look_up<K: Clone + Eq + Hash>(
    directory: &Directory,
    wanted: HashSet<K>,
    read: impl Fn(&K) -> (String, bool),
) -> Result<Vec<(K, Result<Value, Fault>)>, Fault> {
    let wanted: Vec<K> = wanted.into_iter().collect();
    let mut found = Vec::with_capacity(wanted.len());
    for group in wanted.chunks(BATCH) {
        let gets = group.iter().enumerate().map(|(index, key)| {
            let (url, advanced) = read(key);
            BatchGet {
                id: index.to_string(),
                url,
                advanced,
            }
        });
        for (id, answer) in directory.graph().batch_of_lists(gets.collect()).await? {
            if let Some(key) = id.parse::<usize>().ok().and_then(|index| group.get(index)) {
                found.push((key.clone(), answer));
            }
        }
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body<T> {
    List { value: Vec<T> },
    One(T),
}

/// The objects in an answer: those of a list, or the one that was asked for by id. Without an answer, why.
/// `permission` is the one for this read.
pub(super) fn objects<T: DeserializeOwned>(
    answer: Result<Value, Fault>,
    permission: &'static str,
) -> Result<Result<Vec<T>, Unresolved>, Fault> {
    let fault = match answer {
        Ok(body) => {
            return Ok(match Body::deserialize(body) {
                Ok(Body::List { value }) => Ok(value),
                Ok(Body::One(object)) => Ok(vec![object]),
                Err(_) => Err(Unresolved::NotNow("the answer could not be read".into())),
            });
        }
        Err(fault) => fault,
    };
    match fault.class {
        Class::Absent => Ok(Err(Unresolved::Nobody)),
        Class::Permission => Ok(Err(Unresolved::NotAllowed { permission })),
        Class::Throttled => Ok(Err(Unresolved::NotNow(fault.to_string()))),
        _ if fault.class.ends_run() => Err(fault),
        _ => Ok(Err(Unresolved::NotNow(fault.to_string()))),
    }
}

/// The only object of a list, or why there is none. Graph may ignore a filter silently, so `is_meant` compares each one
/// again.
pub(super) fn only<T>(
    objects: Vec<T>,
    is_meant: impl Fn(&T) -> bool,
    candidate: impl Fn(&T) -> Candidate,
) -> Result<T, Unresolved> {
    let answered = objects.len();
    let mut meant: Vec<T> = objects.into_iter().filter(is_meant).collect();
    if meant.len() > 1 {
        return Err(Unresolved::Several(meant.iter().map(candidate).collect()));
    }
    match meant.pop() {
        Some(object) => Ok(object),
        None if answered == 0 => Err(Unresolved::Nobody),
        None => Err(Unresolved::NotNow("the answer names somebody else".into())),
    }
}
