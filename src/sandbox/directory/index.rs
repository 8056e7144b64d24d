//! All users and groups, and other objects that have an address. An index for each key property finds a user without
//! a search through all of them.

use crate::sandbox::directory::{group::DirectoryGroup, user::User};
use std::collections::HashMap;

/// From a value in lower case to the positions of all users with this value.
type Index = HashMap<String, Vec<u32>>;

#[derive(Debug, Default)]
pub(crate) struct DirectoryStore {
    /// In order of creation. The position of a user never changes; a purged user leaves `None`.
    users: Vec<Option<User>>,
    by_id: HashMap<String, u32>,
    by_principal_name: Index,
    by_mail: Index,
    by_other_mail: Index,
    by_proxy: Index,
    count: usize,
    deleted: Vec<u32>,
    /// The number of the newest change of any user.
    newest_change: u64,
    /// The number of the newest change of the user at each position.
    changes: Vec<u64>,
    /// The users who were removed permanently, with the number of this change.
    purged: Vec<(u64, String)>,
    groups: Vec<DirectoryGroup>,
    /// Addresses of mail contacts.
    pub contacts: Vec<String>,
    /// Addresses of groups of partner organizations.
    pub foreign_groups: Vec<String>,
    /// Addresses that several objects have.
    pub ambiguous: Vec<String>,
}

/// The properties that have an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookupKey {
    Id,
    UserPrincipalName,
    SentMail,
    OtherMails,
    ProxyAddresses,
}

impl LookupKey {
    pub(crate) fn of(property: &str) -> Option<Self> {
        Some(match property {
            "id" => Self::Id,
            "userPrincipalName" => Self::UserPrincipalName,
            "mail" => Self::SentMail,
            "otherMails" => Self::OtherMails,
            "proxyAddresses" => Self::ProxyAddresses,
            _ => return None,
        })
    }
}

impl DirectoryStore {
    /// The position after the last user. A page token contains a position.
    pub(crate) fn end_position(&self) -> u32 {
        self.users.len() as u32
    }

    /// The user at a position, deleted or not.
    pub(crate) fn at(&self, position: u32) -> Option<&User> {
        self.users.get(position as usize)?.as_ref()
    }

    /// The number of the newest change. Every change of a user has a number, and later ones have higher numbers.
    pub(crate) fn newest_change(&self) -> u64 {
        self.newest_change
    }

    /// The positions from `start` on whose users were changed after the change with this number.
    pub(crate) fn changed_after(&self, change: u64, start: u32) -> impl Iterator<Item = u32> {
        let positions = start..self.end_position();
        positions.filter(move |position| self.changes[*position as usize] > change)
    }

    /// The number of the newest change of the user at a position.
    pub(crate) fn change_at(&self, position: u32) -> u64 {
        self.changes.get(position as usize).copied().unwrap_or(0)
    }

    /// The ids of the users who were removed permanently after the change with this number.
    pub(crate) fn purged_after(&self, change: u64) -> impl Iterator<Item = &str> {
        let purged = self.purged.iter();
        purged.filter_map(move |(number, id)| (*number > change).then_some(id.as_str()))
    }

    /// Number of users that are not deleted.
    pub(crate) fn user_count(&self) -> usize {
        self.count
    }

    /// Number of objects that count against the quota. Deleted users count too.
    pub(crate) fn object_count(&self) -> usize {
        self.count + self.deleted.len() + self.groups.len()
    }

    /// Deleted users with their positions, in no particular order.
    pub(crate) fn deleted_users(&self) -> impl Iterator<Item = (u32, &User)> {
        self.deleted
            .iter()
            .filter_map(|position| Some((*position, self.at(*position)?)))
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&User> {
        let user = match self.by_id.get(id) {
            Some(position) => self.at(*position),
            None => self.at(*self.by_id.get(&id.to_ascii_lowercase())?),
        }?;
        user.deleted.is_none().then_some(user)
    }

    pub(crate) fn by_id_or_principal_name(&self, key: &str) -> Option<&User> {
        self.by_id(key)
            .or_else(|| self.at(*self.by_principal_name.get(&key.to_lowercase())?.first()?))
    }

    /// The positions of all users whose property has this value, in order of creation.
    pub(crate) fn find(&self, key: LookupKey, value: &str) -> Vec<u32> {
        let value = value.to_lowercase();
        let index = match key {
            LookupKey::Id => return self.by_id.get(&value).copied().into_iter().collect(),
            LookupKey::UserPrincipalName => &self.by_principal_name,
            LookupKey::SentMail => &self.by_mail,
            LookupKey::OtherMails => &self.by_other_mail,
            LookupKey::ProxyAddresses => &self.by_proxy,
        };
        index.get(&value).cloned().unwrap_or_default()
    }

    /// All users who have an address in one of their properties, or the principal name that a guest with this address gets. The invitation
    /// service looks for existing users in this way.
    pub(crate) fn users_with_address(
        &self,
        address: &str,
        guest_principal_name: &str,
    ) -> Vec<&User> {
        let address = address.to_lowercase();
        let mut positions: Vec<u32> = [
            self.by_mail.get(&address),
            self.by_proxy.get(&format!("smtp:{address}")),
            self.by_principal_name
                .get(&guest_principal_name.to_lowercase()),
            self.by_principal_name.get(&address),
            self.by_other_mail.get(&address),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .copied()
        .collect();
        let mut found = Vec::with_capacity(positions.len());
        positions.retain(|position| {
            !found.contains(position) && {
                found.push(*position);
                true
            }
        });
        positions
            .iter()
            .filter_map(|position| self.at(*position))
            .collect()
    }

    /// Adds a user, or replaces the one with the same id at its position.
    pub(crate) fn put(&mut self, user: User) {
        let position = if let Some(position) = self.by_id.get(&user.id).copied() {
            self.take_out_of_indexes(position);
            position
        } else {
            self.users.push(None);
            self.changes.push(0);
            self.end_position() - 1
        };
        if user.deleted.is_none() {
            self.count += 1;
            for (index, value) in keys(&user) {
                self.index(index)
                    .entry(value.to_lowercase())
                    .or_default()
                    .push(position);
            }
        } else {
            self.deleted.push(position);
        }
        self.by_id.insert(user.id.clone(), position);
        self.newest_change += 1;
        self.changes[position as usize] = self.newest_change;
        self.users[position as usize] = Some(user);
    }

    /// Removes a user permanently. Returns whether there was one.
    pub(crate) fn purge(&mut self, id: &str) -> bool {
        let Some(position) = self.by_id.get(id).copied() else {
            return false;
        };
        self.take_out_of_indexes(position);
        self.by_id.remove(id);
        self.users[position as usize] = None;
        self.newest_change += 1;
        self.purged.push((self.newest_change, id.to_owned()));
        true
    }

    fn take_out_of_indexes(&mut self, position: u32) {
        let Some(user) = self.users[position as usize].take() else {
            return;
        };
        if user.deleted.is_some() {
            self.deleted.retain(|other| *other != position);
            return;
        }
        self.count -= 1;
        for (index, value) in keys(&user) {
            let index = self.index(index);
            let value = value.to_lowercase();
            if let Some(positions) = index.get_mut(&value) {
                positions.retain(|other| *other != position);
                if positions.is_empty() {
                    index.remove(&value);
                }
            }
        }
    }

    fn index(&mut self, key: LookupKey) -> &mut Index {
        match key {
            LookupKey::Id | LookupKey::UserPrincipalName => &mut self.by_principal_name,
            LookupKey::SentMail => &mut self.by_mail,
            LookupKey::OtherMails => &mut self.by_other_mail,
            LookupKey::ProxyAddresses => &mut self.by_proxy,
        }
    }

    pub(crate) fn groups(&self) -> &[DirectoryGroup] {
        &self.groups
    }

    pub(crate) fn group(&self, id: &str) -> Option<&DirectoryGroup> {
        self.groups
            .iter()
            .find(|group| group.id.eq_ignore_ascii_case(id))
    }

    /// Adds a group, or replaces the one with the same id.
    pub(crate) fn put_group(&mut self, group: DirectoryGroup) {
        self.remove_group(&group.id);
        self.groups.push(group);
    }

    /// Returns whether there was one.
    pub(crate) fn remove_group(&mut self, id: &str) -> bool {
        let before = self.groups.len();
        self.groups
            .retain(|group| !group.id.eq_ignore_ascii_case(id));
        self.groups.len() < before
    }

    /// The users who were added to a group, and are not deleted, in order of creation.
    pub(crate) fn members(&self, group_id: &str) -> impl Iterator<Item = &User> {
        self.users.iter().flatten().filter(move |user| {
            user.deleted.is_none() && user.groups.iter().any(|group| group == group_id)
        })
    }

    /// Whether a group of this tenant or of a partner organization has this address.
    pub(crate) fn is_group_address(&self, address: &str) -> bool {
        self.foreign_groups
            .iter()
            .chain(self.groups.iter().filter_map(|group| group.mail.as_ref()))
            .any(|mail| mail.eq_ignore_ascii_case(address))
    }
}

/// The values of a user by which the indexes find the user.
fn keys(user: &User) -> impl Iterator<Item = (LookupKey, &str)> {
    let name = [(
        LookupKey::UserPrincipalName,
        user.user_principal_name.as_str(),
    )];
    name.into_iter()
        .chain(
            user.mail
                .iter()
                .map(|mail| (LookupKey::SentMail, mail.as_str())),
        )
        .chain(
            user.other_mails
                .iter()
                .map(|mail| (LookupKey::OtherMails, mail.as_str())),
        )
        .chain(
            user.proxy_addresses
                .iter()
                .map(|address| (LookupKey::ProxyAddresses, address.as_str())),
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
        let mut directory = DirectoryStore::default();
        directory.put(user("1", "Old@x"));
        directory.put(user("1", "new@x"));
        assert!(directory.find(LookupKey::SentMail, "old@x").is_empty());
        assert_eq!(directory.find(LookupKey::SentMail, "NEW@X"), [0]);
        assert_eq!(directory.user_count(), 1);
    }

    #[test]
    fn a_deleted_user_is_only_among_the_deleted_users() {
        let mut directory = DirectoryStore::default();
        let mut gone = user("1", "a@x");
        directory.put(gone.clone());
        gone.deleted = Some(jiff::Timestamp::UNIX_EPOCH);
        directory.put(gone);
        assert!(directory.by_id("1").is_none());
        assert!(directory.find(LookupKey::SentMail, "a@x").is_empty());
        assert_eq!(directory.deleted_users().count(), 1);
        assert_eq!(directory.user_count(), 0);
        assert!(directory.purge("1"));
        assert_eq!(directory.deleted_users().count(), 0);
    }
}
