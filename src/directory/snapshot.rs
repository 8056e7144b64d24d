//! The whole directory, read once in pages of 999 and matched here (strategy `snapshot`).
//!
//! A snapshot shows one moment; when it is too old the directory is read again. Guests who are invited afterwards need not
//! be added, because a second row with the same address is a duplicate before anybody is looked up.

use super::{lookup::unreadable, people::People, who};
use crate::{
    graph::{DirectoryUser, Fault, Graph, Read},
    guest::EmailAddress,
};
use std::time::Duration;
use tokio::time::Instant;

/// The largest page (Graph: list users).
pub(super) const PAGE: u64 = 999;
/// How long a snapshot is used; afterwards too much may have changed in the tenant.
const SHELF_LIFE: Duration = Duration::from_secs(30 * 60);

pub(super) struct Snapshot {
    people: People,
    /// How many users there were.
    read: usize,
    begun: Instant,
}

impl Snapshot {
    /// Reads the plain list. Advanced queries read an index that lags (Graph: advanced queries).
    pub(super) async fn take(graph: &Graph) -> Result<Self, Fault> {
        let begun = Instant::now();
        let path = format!(
            "/users?$select=id,mail,otherMails,proxyAddresses,userPrincipalName,userType,accountEnabled,\
             externalUserState,creationType&$top={PAGE}"
        );
        let mut pages = graph.users(&path, Read::ONE)?;
        let (mut people, mut read) = (People::default(), 0);
        while let Some(page) = pages.next().await? {
            for user in page {
                read += 1;
                people.add(&user, &who::texts_of(&user))?;
            }
        }
        // The list cannot be empty, because the account that reads it is in the directory too. So nothing is concluded from it.
        if people.is_empty() {
            return Err(unreadable("the directory was read as an empty list"));
        }
        Ok(Self {
            people,
            read,
            begun,
        })
    }

    pub(super) fn find(&self, address: &EmailAddress) -> Option<DirectoryUser> {
        let [key, derived] = who::texts_for(address);
        self.people.find(&[&key, &derived])
    }

    pub(super) fn people(&self) -> usize {
        self.read
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.begun.elapsed() < SHELF_LIFE
    }
}

/// With more rows than this a snapshot needs fewer requests than looking up each row, twenty in a `$batch`. None: the
/// directory is too large to be read for a sheet.
pub(crate) fn pays_above(users: u64) -> Option<usize> {
    const LARGEST: u64 = 200_000;
    (users <= LARGEST).then(|| users.div_ceil(PAGE).max(1) as usize * super::lookup::BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        directory::{Domains, matches},
        graph::wire::{Organization, VerifiedDomain},
    };

    #[test]
    fn the_snapshot_finds_whom_a_filter_finds() {
        let domains = Domains::of(&Organization {
            verified_domains: vec![VerifiedDomain {
                name: "t.onmicrosoft.com".into(),
                is_initial: true,
                ..VerifiedDomain::default()
            }],
            ..Organization::default()
        });
        let id = "00000000-0000-0000-0000-000000000001";
        let user = |change: &dyn Fn(&mut DirectoryUser)| {
            let mut user = DirectoryUser {
                id: id.into(),
                mail: Some("new@y.example".into()),
                ..DirectoryUser::default()
            };
            change(&mut user);
            user
        };
        let address = EmailAddress::parse("Pat.O'Brien@x.example").unwrap();
        let users = [
            user(&|user| user.mail = Some("PAT.o'brien@X.example".into())),
            user(&|user| {
                user.other_mails = Some(vec!["a@y".into(), "pat.O'brien@x.example".into()]);
            }),
            user(&|user| user.proxy_addresses = vec!["smtp:pat.o'brien@x.example".into()]),
            user(&|user| user.proxy_addresses = vec!["SMTP:Pat.O'Brien@x.example".into()]),
            user(&|user| user.proxy_addresses = vec!["SIP:pat.o'brien@x.example".into()]),
            user(&|user| user.user_principal_name = Some("pat.o'brien@x.example".into())),
            user(&|user| {
                user.user_principal_name =
                    Some("pat.o'brien_x.example#EXT#@t.onmicrosoft.com".into());
            }),
            user(&|user| user.user_principal_name = Some("pat.o'brien_x.example@t".into())),
            user(&|_| {}),
        ];
        let mut found = 0;
        for user in &users {
            let mut people = People::default();
            people.add(user, &who::texts_of(user)).unwrap();
            let snapshot = Snapshot {
                people,
                read: 1,
                begun: Instant::now(),
            };
            let meant = matches(user, &address, &domains);
            assert_eq!(snapshot.find(&address).is_some(), meant, "{user:?}");
            found += usize::from(meant);
        }
        assert_eq!(found, 6);
    }

    #[test]
    fn the_cheaper_way() {
        // 22 people are one page; twenty rows are one batch.
        assert_eq!(pays_above(22), Some(20));
        assert_eq!(pays_above(0), Some(20));
        assert_eq!(pays_above(999), Some(20));
        assert_eq!(pays_above(1_000), Some(40));
        assert_eq!(pays_above(100_000), Some(2_020));
        assert_eq!(pays_above(200_000), Some(4_020));
        assert_eq!(pays_above(200_001), None);
    }
}
