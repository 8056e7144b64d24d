//! What a guest is to get after the invitation, from the row and the ids that were found; and what of it is still owed.
//!
//! Pure functions. A follow-up is known by its kind and target; where its content changes it is owed again.

use super::{perform::Ended, present::Left};
use crate::{
    graph::Sponsor,
    guest::Profile,
    ledger::{FollowUpKey, KnownFollowUp},
    outcome::{FollowUp, FollowUpKind, FollowUpState},
};
use aws_lc_rs::digest::{SHA256, digest};

/// What a row asks for, with the ids of those whom it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wishes<'a> {
    pub profile: &'a Profile,
    /// Empty where the invitation carries them.
    pub sponsors: &'a [Sponsor],
    pub manager: Option<&'a str>,
    pub groups: &'a [GroupToJoin],
}

/// A group of the tenant that a guest is to be a member of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupToJoin {
    pub id: String,
    /// For messages.
    pub name: String,
    /// Whether a Team stands on it.
    pub is_team: bool,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// All properties go into one.
    Profile(Vec<Property>),
    Sponsor(Sponsor),
    /// By id.
    Manager(String),
    Group(GroupToJoin),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Property {
    /// As Graph names it.
    pub name: &'static str,
    /// As people name it.
    pub called: &'static str,
    pub value: String,
}

/// The permissions of Graph for one kind of change (Graph: permissions reference).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permissions {
    /// Any one of these is enough.
    pub enough: &'static [&'static str],
    /// What to ask an administrator for.
    pub least: &'static str,
}

pub(crate) fn permissions(kind: FollowUpKind) -> Permissions {
    match kind {
        FollowUpKind::Profile => Permissions {
            enough: &[
                "User.ReadUpdate.All",
                "User.ReadWrite.All",
                "Directory.ReadWrite.All",
            ],
            least: "User.ReadUpdate.All or User.ReadWrite.All",
        },
        FollowUpKind::Sponsor | FollowUpKind::Manager => Permissions {
            enough: &["User.ReadWrite.All", "Directory.ReadWrite.All"],
            least: "User.ReadWrite.All",
        },
        FollowUpKind::Group => Permissions {
            enough: &[
                "GroupMember.ReadWrite.All",
                "Group.ReadWrite.All",
                "Directory.ReadWrite.All",
            ],
            least: "GroupMember.ReadWrite.All",
        },
    }
}

/// A guest has one manager, whoever that is.
const THE_MANAGER: &str = "manager";

impl Change {
    pub(crate) fn kind(&self) -> FollowUpKind {
        match self {
            Self::Profile(_) => FollowUpKind::Profile,
            Self::Sponsor(_) => FollowUpKind::Sponsor,
            Self::Manager(_) => FollowUpKind::Manager,
            Self::Group(_) => FollowUpKind::Group,
        }
    }

    /// The id of the group, manager or sponsor.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Profile(_) => None,
            Self::Sponsor(sponsor) => Some(sponsor.id()),
            Self::Manager(id) => Some(id),
            Self::Group(group) => Some(&group.id),
        }
    }

    pub(crate) fn permissions(&self) -> Permissions {
        permissions(self.kind())
    }

    /// The follow-ups that this change makes: one, or one for each property.
    pub(crate) fn keys(&self) -> Vec<FollowUpKey> {
        let key = |target: &str, content: String| FollowUpKey {
            kind: self.kind(),
            target: target.to_owned(),
            content,
        };
        match self {
            Self::Profile(properties) => properties
                .iter()
                .map(|property| key(property.name, hash(&property.value)))
                .collect(),
            Self::Sponsor(sponsor) => vec![key(&lower(sponsor.id()), String::new())],
            Self::Manager(id) => vec![key(THE_MANAGER, lower(id))],
            Self::Group(group) => vec![key(&lower(&group.id), String::new())],
        }
    }

    /// The same, with each property by itself.
    fn singly(&self) -> Vec<Self> {
        match self {
            Self::Profile(properties) => properties
                .iter()
                .map(|property| Self::Profile(vec![property.clone()]))
                .collect(),
            _ => vec![self.clone()],
        }
    }

    /// The same without what need not be done again. None: nothing is left.
    fn without(&self, known: &[KnownFollowUp]) -> Option<Self> {
        let is_over = |key: &FollowUpKey| {
            known.iter().any(|known| {
                known.key == *key
                    && matches!(known.state, FollowUpState::Done | FollowUpState::Left)
            })
        };
        let keys = self.keys();
        match self {
            Self::Profile(properties) => {
                let owed = properties.iter().zip(&keys);
                let owed: Vec<Property> = owed
                    .filter(|(_, key)| !is_over(key))
                    .map(|(property, _)| property.clone())
                    .collect();
                (!owed.is_empty()).then_some(Self::Profile(owed))
            }
            _ => (!keys.iter().all(is_over)).then(|| self.clone()),
        }
    }
}

fn lower(id: &str) -> String {
    id.to_ascii_lowercase()
}

fn hash(value: &str) -> String {
    let hash = digest(&SHA256, value.as_bytes());
    let hex = |byte: &u8| format!("{byte:02x}");
    hash.as_ref()[..16].iter().map(hex).collect()
}

/// Everything that a guest is to get, in the order in which it is done.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan(Vec<Change>);

impl Plan {
    pub(crate) fn of(wishes: Wishes<'_>) -> Self {
        let properties = properties(wishes.profile);
        let profile = (!properties.is_empty()).then_some(Change::Profile(properties));
        let sponsors = wishes.sponsors.iter().cloned().map(Change::Sponsor);
        let manager = wishes.manager.map(|id| Change::Manager(id.to_owned()));
        let groups = wishes.groups.iter().cloned().map(Change::Group);
        Self(
            profile
                .into_iter()
                .chain(sponsors)
                .chain(manager)
                .chain(groups)
                .collect(),
        )
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is still to be done for a guest.
    pub(crate) fn owed(&self, known: &[KnownFollowUp]) -> Vec<Change> {
        self.0
            .iter()
            .filter_map(|change| change.without(known))
            .collect()
    }

    /// How many of its changes need not be done again.
    pub(crate) fn over(&self, known: &[KnownFollowUp]) -> usize {
        self.0.len() - self.owed(known).len()
    }

    /// What earlier runs left as it is in the tenant.
    pub(crate) fn left(&self, known: &[KnownFollowUp]) -> Vec<(Change, Ended)> {
        let left = |key: &FollowUpKey| {
            let known = known.iter().find(|known| known.key == *key)?;
            let why = Left::from_word(known.code.as_deref());
            (known.state == FollowUpState::Left).then_some(Ended::Left(why))
        };
        let singly = self.0.iter().flat_map(Change::singly);
        singly
            .filter_map(|change| {
                let ended = change.keys().first().and_then(left)?;
                Some((change, ended))
            })
            .collect()
    }
}

fn properties(profile: &Profile) -> Vec<Property> {
    let all = [
        ("companyName", "company", &profile.company),
        ("department", "department", &profile.department),
        ("jobTitle", "job title", &profile.job_title),
        ("givenName", "first name", &profile.first_name),
        ("surname", "last name", &profile.last_name),
        ("usageLocation", "usage location", &profile.usage_location),
    ];
    all.into_iter()
        .filter_map(|(name, called, value)| {
            Some(Property {
                name,
                called,
                value: value.clone()?,
            })
        })
        .collect()
}

/// The word for the results, from what became of the changes of a guest. `over`: made by earlier runs; `stopped`: not
/// reached before the run stopped.
pub(crate) fn overall(
    over: usize,
    ends: &[(FollowUpKind, FollowUpState)],
    stopped: usize,
) -> FollowUp {
    let good = ends
        .iter()
        .filter(|(_, state)| matches!(state, FollowUpState::Done | FollowUpState::Left))
        .count();
    let failed = ends
        .iter()
        .filter(|(kind, state)| state.is_failure(*kind))
        .count();
    if good == ends.len() && stopped == 0 {
        FollowUp::Done
    } else if good + over == 0 && failed + stopped > 0 {
        FollowUp::Failed
    } else {
        FollowUp::Partial
    }
}
