//! One change of a guest: a request to Graph, and the follow-ups that it makes.
//!
//! A follow-up is known by its kind and target; where its content changes it is owed again. Must not send anything.

use crate::{
    graph::Sponsor,
    ledger::{FollowUpKey, KnownFollowUp},
    outcome::{FollowUpKind, FollowUpState},
};
use aws_lc_rs::digest::{SHA256, digest};

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
    pub(super) fn singly(&self) -> Vec<Self> {
        match self {
            Self::Profile(properties) => properties
                .iter()
                .map(|property| Self::Profile(vec![property.clone()]))
                .collect(),
            _ => vec![self.clone()],
        }
    }

    /// The same without what need not be done again. None: nothing is left.
    pub(super) fn without(&self, known: &[KnownFollowUp]) -> Option<Self> {
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
