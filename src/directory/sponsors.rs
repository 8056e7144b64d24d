//! Finds the object ids of the sponsors that the sheet names. Each is looked up once, before anything is sent.

use super::{
    Directory,
    named_lookup::{Named, Unresolved, look_up, objects, read},
    who::{EXTERNAL, is_type_guest_word},
};
use crate::{
    graph::{Fault, odata},
    guest::SponsorRef,
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Somebody who is named as a sponsor and can hardly vouch for a guest. Graph takes such a sponsor all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    Blocked,
    PendingGuest,
    Guest,
}

impl Doubt {
    fn of(sponsor: &Named) -> Option<Self> {
        let name = sponsor.user_principal_name.as_deref().unwrap_or_default();
        let is_guest = sponsor.external_user_state.is_some()
            || sponsor.user_type.as_deref().is_some_and(is_type_guest_word)
            || name.to_ascii_uppercase().contains(EXTERNAL);
        let is_pending = sponsor
            .external_user_state
            .as_deref()
            .is_some_and(|state| state.eq_ignore_ascii_case("PendingAcceptance"));
        match sponsor.account_enabled {
            Some(false) => Some(Self::Blocked),
            _ if is_pending => Some(Self::PendingGuest),
            _ => is_guest.then_some(Self::Guest),
        }
    }
}

/// The permission for reading groups.
const GROUPS: &str = "Group.Read.All or GroupMember.Read.All";

#[derive(Debug, Default)]
pub(crate) struct Sponsors {
    ids: HashMap<SponsorRef, Result<String, Unresolved>>,
    doubts: BTreeSet<(Doubt, String)>,
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
        let mut doubts = BTreeSet::new();
        for (sponsor, answer) in look_up(directory, wanted, url).await? {
            let permission = match sponsor {
                SponsorRef::Group(_) => GROUPS,
                _ => "User.Read.All",
            };
            let id = match (objects::<Named>(answer, permission)?, id_of(&sponsor)) {
                (Ok(found), _) => match &found[..] {
                    [] => Err(Unresolved::Nobody),
                    [one] => {
                        if matches!(sponsor, SponsorRef::Address(_)) {
                            let doubt = Doubt::of(one);
                            doubts.extend(doubt.map(|doubt| (doubt, sponsor.to_string())));
                        }
                        Ok(one.id().to_owned())
                    }
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
        name_groups(directory, &mut ids).await;
        Ok(Self {
            ids,
            doubts,
            afterwards: !directory.graph().abilities().sponsors_in_invitations,
        })
    }

    /// Sponsors who can hardly vouch for a guest, as the sheet names them.
    pub(crate) fn doubtful(&self) -> impl Iterator<Item = (Doubt, &str)> {
        self.doubts
            .iter()
            .map(|(doubt, name)| (*doubt, name.as_str()))
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

/// Addresses that no user has may be those of groups. If that cannot be read, they are nobody's.
async fn name_groups(
    directory: &Directory,
    ids: &mut HashMap<SponsorRef, Result<String, Unresolved>>,
) {
    let nobodys = ids
        .iter()
        .filter(|(_, id)| **id == Err(Unresolved::Nobody))
        .filter_map(|(sponsor, _)| match sponsor {
            SponsorRef::Address(address) => Some(address.clone()),
            _ => None,
        });
    let nobodys: HashSet<String> = nobodys.collect();
    let by_address = |address: &String| {
        let filter = format!("mail eq {}", odata::literal(address));
        read(("/groups", &filter), "id,displayName,mail", address)
    };
    let Ok(found) = look_up(directory, nobodys, by_address).await else {
        return;
    };
    for (address, answer) in found {
        let Ok(Ok(groups)) = objects::<Named>(answer, GROUPS) else {
            continue;
        };
        let is_meant = |group: &&Named| {
            let mail = group.mail.as_deref().unwrap_or_default();
            mail.eq_ignore_ascii_case(&address)
        };
        if let Some(group) = groups.iter().find(is_meant) {
            let name = group.name().to_owned();
            ids.insert(
                SponsorRef::Address(address.clone()),
                Err(Unresolved::GroupAddress(name)),
            );
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
            let select =
                "id,displayName,mail,userPrincipalName,userType,accountEnabled,externalUserState";
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
