//! The directory: users, groups and other holders of addresses, with an index for every way to find a person.
//!
//! Knows no HTTP. Every question by key is answered without walking over the users.

use super::user::User;
use std::collections::HashMap;

#[derive(Debug, Clone, Default)]
pub struct Group {
    pub id: String,
    pub display_name: String,
    pub mail: Option<String>,
    /// A Microsoft 365 group, else a security group.
    pub unified: bool,
}

/// A multi-valued index in one map: the property, and a value folded to lower case.
type Index = HashMap<String, Vec<u32>>;

#[derive(Debug, Default)]
pub struct Directory {
    /// In order of creation; a purged user leaves a hole.
    users: Vec<Option<User>>,
    by_id: HashMap<String, u32>,
    by_name: Index,
    by_mail: Index,
    by_other_mail: Index,
    by_proxy: Index,
    count: usize,
    deleted: Vec<u32>,
    groups: Vec<Group>,
    /// Addresses of mail contacts and of groups elsewhere.
    pub contacts: Vec<String>,
    pub foreign_groups: Vec<String>,
    /// Addresses that several objects hold.
    pub ambiguous: Vec<String>,
}

/// The properties that are found by key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Id,
    UserPrincipalName,
    Mail,
    OtherMails,
    ProxyAddresses,
}

impl Key {
    pub fn of(property: &str) -> Option<Self> {
        Some(match property {
            "id" => Self::Id,
            "userPrincipalName" => Self::UserPrincipalName,
            "mail" => Self::Mail,
            "otherMails" => Self::OtherMails,
            "proxyAddresses" => Self::ProxyAddresses,
            _ => return None,
        })
    }
}

impl Directory {
    /// Places ever given out: a page token is a place.
    pub fn places(&self) -> u32 {
        self.users.len() as u32
    }

    /// Whoever is at this place, deleted or not.
    pub fn at(&self, place: u32) -> Option<&User> {
        self.users.get(place as usize)?.as_ref()
    }

    /// Users that are not deleted.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Objects that count against the quota: the deleted ones do too.
    pub fn objects(&self) -> usize {
        self.count + self.deleted.len() + self.groups.len()
    }

    pub fn deleted(&self) -> impl Iterator<Item = (u32, &User)> {
        self.deleted
            .iter()
            .filter_map(|place| Some((*place, self.at(*place)?)))
    }

    pub fn by_id(&self, id: &str) -> Option<&User> {
        let user = match self.by_id.get(id) {
            Some(place) => self.at(*place),
            None => self.at(*self.by_id.get(&id.to_ascii_lowercase())?),
        }?;
        user.deleted.is_none().then_some(user)
    }

    pub fn by_id_or_name(&self, key: &str) -> Option<&User> {
        self.by_id(key)
            .or_else(|| self.at(*self.by_name.get(&key.to_lowercase())?.first()?))
    }

    /// The places of everyone with this value, in order of creation.
    pub fn find(&self, key: Key, value: &str) -> Vec<u32> {
        let value = value.to_lowercase();
        let index = match key {
            Key::Id => return self.by_id.get(&value).copied().into_iter().collect(),
            Key::UserPrincipalName => &self.by_name,
            Key::Mail => &self.by_mail,
            Key::OtherMails => &self.by_other_mail,
            Key::ProxyAddresses => &self.by_proxy,
        };
        index.get(&value).cloned().unwrap_or_default()
    }

    /// Everyone who holds an address in any way: what the invitation service knows.
    pub fn holders(&self, address: &str, guest_name: &str) -> Vec<&User> {
        let address = address.to_lowercase();
        let mut places: Vec<u32> = [
            self.by_mail.get(&address),
            self.by_proxy.get(&format!("smtp:{address}")),
            self.by_name.get(&guest_name.to_lowercase()),
            self.by_name.get(&address),
            self.by_other_mail.get(&address),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .copied()
        .collect();
        let mut seen = Vec::with_capacity(places.len());
        places.retain(|place| {
            !seen.contains(place) && {
                seen.push(*place);
                true
            }
        });
        places.iter().filter_map(|place| self.at(*place)).collect()
    }

    /// Adds a user, or replaces the one with the same id in its place.
    pub fn put(&mut self, user: User) {
        let place = if let Some(place) = self.by_id.get(&user.id).copied() {
            self.forget_keys(place);
            place
        } else {
            self.users.push(None);
            self.places() - 1
        };
        if user.deleted.is_none() {
            self.count += 1;
            for (index, value) in keys(&user) {
                self.index(index)
                    .entry(value.to_lowercase())
                    .or_default()
                    .push(place);
            }
        } else {
            self.deleted.push(place);
        }
        self.by_id.insert(user.id.clone(), place);
        self.users[place as usize] = Some(user);
    }

    /// Removes a user for good.
    pub fn purge(&mut self, id: &str) -> bool {
        let Some(place) = self.by_id.get(id).copied() else {
            return false;
        };
        self.forget_keys(place);
        self.by_id.remove(id);
        self.users[place as usize] = None;
        true
    }

    fn forget_keys(&mut self, place: u32) {
        let Some(user) = self.users[place as usize].take() else {
            return;
        };
        if user.deleted.is_some() {
            self.deleted.retain(|other| *other != place);
            return;
        }
        self.count -= 1;
        for (index, value) in keys(&user) {
            let index = self.index(index);
            let value = value.to_lowercase();
            if let Some(places) = index.get_mut(&value) {
                places.retain(|other| *other != place);
                if places.is_empty() {
                    index.remove(&value);
                }
            }
        }
    }

    fn index(&mut self, key: Key) -> &mut Index {
        match key {
            Key::Id | Key::UserPrincipalName => &mut self.by_name,
            Key::Mail => &mut self.by_mail,
            Key::OtherMails => &mut self.by_other_mail,
            Key::ProxyAddresses => &mut self.by_proxy,
        }
    }

    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups
            .iter()
            .find(|group| group.id.eq_ignore_ascii_case(id))
    }

    pub fn add_group(&mut self, group: Group) {
        self.groups.push(group);
    }

    /// An address of a group: of this tenant or of a partner.
    pub fn group_address(&self, address: &str) -> bool {
        self.foreign_groups
            .iter()
            .chain(self.groups.iter().filter_map(|group| group.mail.as_ref()))
            .any(|mail| mail.eq_ignore_ascii_case(address))
    }
}

fn keys(user: &User) -> impl Iterator<Item = (Key, &str)> {
    let name = [(Key::UserPrincipalName, user.user_principal_name.as_str())];
    name.into_iter()
        .chain(user.mail.iter().map(|mail| (Key::Mail, mail.as_str())))
        .chain(
            user.other_mails
                .iter()
                .map(|mail| (Key::OtherMails, mail.as_str())),
        )
        .chain(
            user.proxy_addresses
                .iter()
                .map(|address| (Key::ProxyAddresses, address.as_str())),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, mail: &str) -> User {
        User {
            id: id.into(),
            mail: Some(mail.into()),
            user_principal_name: format!("{id}@home"),
            ..User::default()
        }
    }

    #[test]
    fn a_changed_user_is_found_by_the_new_keys_only() {
        let mut directory = Directory::default();
        directory.put(user("1", "Old@x"));
        directory.put(user("1", "new@x"));
        assert!(directory.find(Key::Mail, "old@x").is_empty());
        assert_eq!(directory.find(Key::Mail, "NEW@X"), [0]);
        assert_eq!(directory.count(), 1);
    }

    #[test]
    fn a_deleted_user_is_nowhere_but_among_the_deleted() {
        let mut directory = Directory::default();
        let mut gone = user("1", "a@x");
        directory.put(gone.clone());
        gone.deleted = Some(jiff::Timestamp::UNIX_EPOCH);
        directory.put(gone);
        assert!(directory.by_id("1").is_none());
        assert!(directory.find(Key::Mail, "a@x").is_empty());
        assert_eq!(directory.deleted().count(), 1);
        assert_eq!(directory.count(), 0);
        assert!(directory.purge("1"));
        assert_eq!(directory.deleted().count(), 0);
    }
}
