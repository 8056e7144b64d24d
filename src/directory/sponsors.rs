//! Finds the object ids of the sponsors that the sheet names. Each is looked up once, before anything is sent.

use super::{Directory, lookup::BATCH};
use crate::{
    graph::{BatchGet, Class, Fault, odata},
    guest::SponsorRef,
};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Why a sponsor has no id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unresolved {
    Nobody,
    Several,
    /// The look-up failed for a reason that passes.
    NotNow(String),
    /// The run stopped before the look-up.
    NotAsked,
    /// The sign-in lacks the permission for the look-up.
    NotAllowed {
        permission: &'static str,
    },
}

#[derive(Debug, Default)]
pub(crate) struct Sponsors {
    ids: HashMap<SponsorRef, Result<String, Unresolved>>,
    /// Whether sponsors are added after the invitation, because the invitations of this cloud take none.
    afterwards: bool,
}

impl Sponsors {
    /// Looks up every distinct sponsor. A fault that stops the run is returned; any other fault belongs to the rows of that
    /// sponsor.
    pub(crate) async fn resolve(
        directory: &Directory,
        wanted: HashSet<SponsorRef>,
    ) -> Result<Self, Fault> {
        let wanted: Vec<SponsorRef> = wanted.into_iter().collect();
        let mut ids = HashMap::with_capacity(wanted.len());
        for group in wanted.chunks(BATCH) {
            let gets = group
                .iter()
                .enumerate()
                .map(|(index, sponsor)| BatchGet {
                    id: index.to_string(),
                    url: url(sponsor),
                    advanced: false,
                })
                .collect();
            for (id, answer) in directory.graph().batch(gets).await? {
                if let Some(sponsor) = id.parse::<usize>().ok().and_then(|index| group.get(index)) {
                    ids.insert(sponsor.clone(), judge(sponsor, answer)?);
                }
            }
        }
        Ok(Self {
            ids,
            afterwards: !directory.graph().abilities().sponsors_in_invitations,
        })
    }

    /// Whether sponsors are added after the invitation, because the invitations of this cloud take none.
    pub(crate) fn afterwards(&self) -> bool {
        self.afterwards
    }

    pub(crate) fn id(&self, sponsor: &SponsorRef) -> Result<&str, Unresolved> {
        match self.ids.get(sponsor) {
            Some(Ok(id)) => Ok(id),
            Some(Err(why)) => Err(why.clone()),
            None => Err(Unresolved::NotAsked),
        }
    }
}

fn url(sponsor: &SponsorRef) -> String {
    match sponsor {
        SponsorRef::Address(address) => {
            let filter = [
                format!("userPrincipalName eq {}", odata::literal(address)),
                format!("mail eq {}", odata::literal(address)),
                format!(
                    "proxyAddresses/any(x:x eq {})",
                    odata::literal(&format!("SMTP:{address}"))
                ),
                format!(
                    "proxyAddresses/any(x:x eq {})",
                    odata::literal(&format!("smtp:{address}"))
                ),
            ]
            .join(" or ");
            format!(
                "/users?$filter={}&$select=id,displayName,mail,userPrincipalName&$top=10",
                odata::encode(&filter)
            )
        }
        SponsorRef::Id(id) => format!("/directoryObjects/{id}?$select=id"),
        SponsorRef::Group(name) => {
            if let Ok(id) = uuid::Uuid::try_parse(name) {
                return format!("/groups/{id}?$select=id,displayName");
            }
            let filter = format!("displayName eq {}", odata::literal(name));
            format!(
                "/groups?$filter={}&$select=id,displayName&$top=10",
                odata::encode(&filter)
            )
        }
    }
}

/// The object id, if the sheet gives it.
fn id_of(sponsor: &SponsorRef) -> Option<String> {
    match sponsor {
        SponsorRef::Address(_) => None,
        SponsorRef::Id(id) => Some(id.to_string()),
        SponsorRef::Group(name) => uuid::Uuid::try_parse(name).ok().map(|id| id.to_string()),
    }
}

#[derive(Deserialize)]
struct Object {
    id: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    List { value: Vec<Object> },
    One(Object),
}

fn judge(
    sponsor: &SponsorRef,
    answer: Result<serde_json::Value, Fault>,
) -> Result<Result<String, Unresolved>, Fault> {
    match answer {
        Ok(body) => Ok(match Body::deserialize(body) {
            Ok(Body::One(object)) => Ok(object.id),
            Ok(Body::List { value }) => match <[Object; 1]>::try_from(value) {
                Ok([object]) => Ok(object.id),
                Err(none) if none.is_empty() => Err(Unresolved::Nobody),
                Err(_) => Err(Unresolved::Several),
            },
            Err(_) => Err(Unresolved::NotNow("the answer could not be read".into())),
        }),
        Err(fault) => match (fault.class, id_of(sponsor)) {
            (Class::Absent, _) => Ok(Err(Unresolved::Nobody)),
            // An id can be used without a look-up.
            (Class::Permission, Some(id)) => Ok(Ok(id)),
            // The rows without this sponsor can still be invited.
            (Class::Permission, None) => Ok(Err(Unresolved::NotAllowed {
                permission: match sponsor {
                    SponsorRef::Group(_) => "Group.Read.All or GroupMember.Read.All",
                    _ => "User.Read.All",
                },
            })),
            (Class::Throttled, _) => Ok(Err(Unresolved::NotNow(fault.to_string()))),
            _ if fault.class.ends_run() => Err(fault),
            _ => Ok(Err(Unresolved::NotNow(fault.to_string()))),
        },
    }
}
