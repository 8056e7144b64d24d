//! Finds the object ids of the managers that the sheet names: users of the tenant who are no guests.

use super::{
    Directory,
    named_lookup::{
        Candidate, Named, Unfit, Unresolved, is_same_name, look_up, objects, only, read,
    },
    who::is_type_guest_word,
};
use crate::{
    graph::{Fault, odata},
    guest::ManagerRef,
};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

const SELECT: &str = "id,displayName,mail,userPrincipalName,proxyAddresses,userType";
const PERMISSION: &str = "User.Read.All";

#[derive(Debug, Default)]
pub(crate) struct Managers(HashMap<ManagerRef, Result<String, Unresolved>>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    proxy_addresses: Option<Vec<String>>,
    #[serde(default)]
    user_type: Option<String>,
}

impl User {
    fn candidate(&self) -> Candidate {
        let kind = if self.is_guest() { "a guest" } else { "" };
        self.named.candidate(kind)
    }

    fn is_guest(&self) -> bool {
        self.user_type.as_deref().is_some_and(is_type_guest_word)
    }

    fn is_meant(&self, manager: &ManagerRef) -> bool {
        let is = |own: &Option<String>, text: &str| {
            own.as_deref().is_some_and(|own| is_same_name(own, text))
        };
        match manager {
            ManagerRef::Id(id) => self.named.id().eq_ignore_ascii_case(&id.to_string()),
            ManagerRef::Name(name) => is(&self.named.display_name, name),
            ManagerRef::Address(address) => {
                let proxies = self.proxy_addresses.iter().flatten();
                is(&self.named.mail, address)
                    || is(&self.named.user_principal_name, address)
                    || proxies
                        .filter_map(|proxy| proxy.split_once(':'))
                        .any(|(_, own)| own.eq_ignore_ascii_case(address))
            }
        }
    }
}

impl Managers {
    pub(super) async fn resolve(
        directory: &Directory,
        wanted: HashSet<ManagerRef>,
    ) -> Result<Self, Fault> {
        let mut ids = HashMap::with_capacity(wanted.len());
        for (manager, answer) in look_up(directory, wanted, url).await? {
            let id = match (objects::<User>(answer, PERMISSION)?, &manager) {
                (Ok(users), _) => usable(users, &manager),
                // An id can be used without a look-up.
                (Err(Unresolved::NotAllowed { .. }), ManagerRef::Id(id)) => Ok(id.to_string()),
                (Err(why), _) => Err(why),
            };
            ids.insert(manager, id);
        }
        Ok(Self(ids))
    }

    pub(crate) fn id(&self, manager: &ManagerRef) -> Result<&str, Unresolved> {
        match self.0.get(manager) {
            Some(Ok(id)) => Ok(id),
            Some(Err(why)) => Err(why.clone()),
            None => Err(Unresolved::NotAsked),
        }
    }
}

fn usable(users: Vec<User>, manager: &ManagerRef) -> Result<String, Unresolved> {
    let user = only(users, |user| user.is_meant(manager), User::candidate)?;
    if user.is_guest() {
        return Err(Unresolved::Unfit(Unfit::Guest));
    }
    Ok(user.named.id().to_owned())
}

fn url(manager: &ManagerRef) -> (String, bool) {
    match manager {
        ManagerRef::Id(id) => (format!("/users/{id}?$select={SELECT}"), false),
        ManagerRef::Name(name) => {
            let filter = format!("displayName eq {}", odata::literal(name));
            read(("/users", &filter), SELECT, name)
        }
        ManagerRef::Address(address) => {
            let filter = super::sponsors::address_filter(address);
            read(("/users", &filter), SELECT, address)
        }
    }
}
