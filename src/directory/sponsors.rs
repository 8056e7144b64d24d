//! Finds the object ids of the sponsors that the sheet names. Each is looked up once, before anything is sent.

use super::{
    Directory,
    named_lookup::{Named, Unresolved, look_up, objects, read},
};
use crate::{
    graph::{Fault, odata},
    guest::SponsorRef,
};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(crate) struct Sponsors {
    ids: HashMap<SponsorRef, Result<String, Unresolved>>,
    /// Whether sponsors are added after the invitation, because the invitations of this cloud take none.
    afterwards: bool,
}

impl Sponsors {
    /// Looks up every distinct sponsor.
    pub(super) async fn resolve(
        directory: &Directory,
        wanted: HashSet<SponsorRef>,
    ) -> Result<Self, Fault> {
        let mut ids = HashMap::with_capacity(wanted.len());
        for (sponsor, answer) in look_up(directory, wanted, url).await? {
            let permission = match sponsor {
                SponsorRef::Group(_) => "Group.Read.All or GroupMember.Read.All",
                _ => "User.Read.All",
            };
            let id = match (objects::<Named>(answer, permission)?, id_of(&sponsor)) {
                (Ok(found), _) => match &found[..] {
                    [] => Err(Unresolved::Nobody),
                    [one] => Ok(one.id().to_owned()),
                    several => {
                        let candidates = several.iter().map(|one| one.candidate("")).collect();
                        Err(Unresolved::Several(candidates))
                    }
                },
                // An id can be used without a look-up; the rows without this sponsor can still be invited.
                (Err(Unresolved::NotAllowed { .. }), Some(id)) => Ok(id),
                (Err(why), _) => Err(why),
            };
            ids.insert(sponsor, id);
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

/// The filter for a user with an address in one of the properties by which a member is known.
pub(super) fn address_filter(address: &str) -> String {
    [
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
    .join(" or ")
}

fn url(sponsor: &SponsorRef) -> (String, bool) {
    match sponsor {
        SponsorRef::Address(address) => {
            let select = "id,displayName,mail,userPrincipalName";
            read(("/users", &address_filter(address)), select, address)
        }
        SponsorRef::Id(id) => (format!("/directoryObjects/{id}?$select=id"), false),
        SponsorRef::Group(name) => {
            if let Ok(id) = uuid::Uuid::try_parse(name) {
                return (format!("/groups/{id}?$select=id,displayName"), false);
            }
            let filter = format!("displayName eq {}", odata::literal(name));
            read(("/groups", &filter), "id,displayName,mail", name)
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
