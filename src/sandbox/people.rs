//! Who is in the practice tenant from the start. Samples and tests rely on this table.
//!
//! Tenant "Northwind Practice", domains `northwind.example` (default) and `northwindpractice.onmicrosoft.com` (initial).
//!
//! | who | state |
//! |---|---|
//! | `mia.keller@northwind.example` | member; the signed-in user of delegated runs, with a mailbox |
//! | `anna.berg@northwind.example`, `priya.shah@northwind.example`, `james.oneill@northwind.example` | members, good sponsors |
//! | `o'hara@northwind.example` | member with an apostrophe, a good sponsor |
//! | `sofia.rossi@northwind.example` | member; `sofia.rossi@mailbox.example` is her second proxy address |
//! | `tomas.novak@northwind.example` | member; `tomas.novak@mailbox.example` is among his otherMails |
//! | `ines.costa@oldbrand.example` | member from an on-premises directory (UPN `ines.costa@northwind.example`) |
//! | `lars.holm@northwind.example` | member, disabled |
//! | `ben.carter@fabrikam.example`, `chloe.martin@fabrikam.example` | guests, accepted |
//! | `dana.fox@adatum.example`, `eric.wolf@adatum.example` | guests, pending |
//! | `finn.gray@adatum.example` | guest, disabled |
//! | `gina.lane@litware.example` | guest without a state (made before invitations had one) |
//! | `hugo.stone@litware.example` | guest, accepted, found only in otherMails (mail is `hugo.new@litware.example`) |
//! | `ida.west@litware.example` | guest, accepted, found only in proxyAddresses with `smtp:` (mail is `ida.new@litware.example`) |
//! | `jon.park@litware.example` | guest, accepted, found only by the UPN `jon.park_litware.example#EXT#@…` (mail is `jon.lee@elsewhere.example`) |
//! | `Karl.Maier@Adatum.example` | guest, pending, stored in mixed case |
//! | `liam.o'brien@fabrikam.example` | guest, accepted, with an apostrophe |
//! | `mona.reed@fabrikam.example` | guest, deleted (restorable) |
//! | `nils.dahl@fabrikam.example` | invited as a Member, accepted |
//! | groups | "Project Atlas" (Microsoft 365, `atlas@northwind.example`), "Partner Managers" (security), two called "Twins" |
//! | `all-staff@fabrikam.example` | a partner's group address: refused |
//! | `office@contact.example` | held by a mail contact: the guest is made without mail |
//! | `shared@ambiguous.example` | held by two objects: refused as a conflict |
//! | `anyone@blocked.example` | a domain on the deny list |
//! | `anyone@sealed.example` | a domain that cross-tenant access settings block |

use super::{
    directory::{Directory, Group},
    user::User,
};
use jiff::Timestamp;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hash;

pub const TENANT_ID: &str = "5e7a1c60-3b0d-4f52-9c1e-2f6d8a9b4c11";
pub const TENANT_NAME: &str = "Northwind Practice";
pub const DOMAIN: &str = "northwind.example";
pub const INITIAL_DOMAIN: &str = "northwindpractice.onmicrosoft.com";
pub const CLIENT_ID: &str = "0c5d2f8e-71a4-4b39-8d60-93e1f7b2a5c4";
/// Opens nothing but the practice tenant.
pub const CLIENT_SECRET: &str = "practice-only.not.a.secret";
pub const EXPIRED_SECRET: &str = "practice-only.expired";
pub const SIGNED_IN: &str = "mia.keller@northwind.example";
pub const BLOCKED_DOMAIN: &str = "blocked.example";
pub const SEALED_DOMAIN: &str = "sealed.example";

/// How an extra person stands in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    Member,
    DisabledMember,
    Pending,
    #[default]
    Accepted,
    Disabled,
    Stateless,
    Deleted,
}

/// An id that is the same in every practice tenant.
pub fn stable_id(name: &str) -> String {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    uuid::Builder::from_random_bytes(hasher.finish128().as_bytes())
        .into_uuid()
        .to_string()
}

/// The name of a guest: always on the initial domain (Graph: `invitation`).
pub fn guest_name(address: &str) -> String {
    format!("{}#EXT#@{INITIAL_DOMAIN}", address.replace('@', "_"))
}

/// Somebody with this address and standing, as the directory would hold them.
pub fn person(address: &str, name: &str, standing: Standing, created: Timestamp) -> User {
    let (given, surname) = name.split_once(' ').unwrap_or((name, ""));
    let member = matches!(standing, Standing::Member | Standing::DisabledMember);
    let state = match standing {
        Standing::Pending => Some("PendingAcceptance"),
        Standing::Accepted | Standing::Disabled | Standing::Deleted => Some("Accepted"),
        _ => None,
    };
    User {
        id: stable_id(&address.to_lowercase()),
        display_name: name.to_owned(),
        given_name: Some(given.to_owned()),
        surname: (!surname.is_empty()).then(|| surname.to_owned()),
        mail: Some(address.to_owned()),
        other_mails: if member {
            Vec::new()
        } else {
            vec![address.to_owned()]
        },
        proxy_addresses: vec![format!("SMTP:{address}")],
        user_principal_name: if member {
            address.to_owned()
        } else {
            guest_name(address)
        },
        user_type: if member { "Member" } else { "Guest" }.to_owned(),
        disabled: matches!(standing, Standing::Disabled | Standing::DisabledMember),
        external_user_state: state.map(str::to_owned),
        external_user_state_changed: state.map(|_| created),
        creation_type: (!member).then(|| "Invitation".to_owned()),
        created,
        deleted: (standing == Standing::Deleted).then_some(created),
        preferred_language: member.then(|| "en-US".to_owned()),
        ..User::default()
    }
}

/// The organisation, and `extra` accepted synthetic guests `guest-000001@crowd.example` and so on.
pub fn organisation(extra: u32, now: Timestamp) -> Directory {
    use Standing::{Accepted, Deleted, Disabled, DisabledMember, Member, Pending, Stateless};
    let created = now - jiff::SignedDuration::from_hours(24 * 90);
    let mut directory = Directory::default();
    for (address, name, standing) in [
        (SIGNED_IN, "Mia Keller", Member),
        ("anna.berg@northwind.example", "Anna Berg", Member),
        ("priya.shah@northwind.example", "Priya Shah", Member),
        ("james.oneill@northwind.example", "James O'Neill", Member),
        ("o'hara@northwind.example", "Nora O'Hara", Member),
        ("lars.holm@northwind.example", "Lars Holm", DisabledMember),
        ("ben.carter@fabrikam.example", "Ben Carter", Accepted),
        ("chloe.martin@fabrikam.example", "Chloe Martin", Accepted),
        ("dana.fox@adatum.example", "Dana Fox", Pending),
        ("eric.wolf@adatum.example", "Eric Wolf", Pending),
        ("finn.gray@adatum.example", "Finn Gray", Disabled),
        ("gina.lane@litware.example", "Gina Lane", Stateless),
        ("Karl.Maier@Adatum.example", "Karl Maier", Pending),
        ("liam.o'brien@fabrikam.example", "Liam O'Brien", Accepted),
        ("mona.reed@fabrikam.example", "Mona Reed", Deleted),
    ] {
        directory.put(person(address, name, standing, created));
    }
    for user in special(created) {
        directory.put(user);
    }
    for (name, mail, unified) in [
        ("Project Atlas", Some("atlas@northwind.example"), true),
        ("Partner Managers", None, false),
        ("Twins", None, false),
        ("Twins", Some("twins@northwind.example"), true),
    ] {
        directory.add_group(Group {
            id: stable_id(&format!("group {name} {mail:?}")),
            display_name: name.into(),
            mail: mail.map(str::to_owned),
            unified,
        });
    }
    directory.foreign_groups = vec!["all-staff@fabrikam.example".into()];
    directory.contacts = vec!["office@contact.example".into()];
    directory.ambiguous = vec!["shared@ambiguous.example".into()];
    for number in 1..=extra {
        let address = format!("guest-{number:06}@crowd.example");
        directory.put(person(
            &address,
            &format!("Guest {number:06}"),
            Accepted,
            created,
        ));
    }
    directory
}

/// The people whom a careless look-up misses or takes for somebody else.
fn special(created: Timestamp) -> Vec<User> {
    use Standing::{Accepted, Member};
    let at = |address, name, standing| person(address, name, standing, created);

    let mut sofia = at("sofia.rossi@northwind.example", "Sofia Rossi", Member);
    sofia
        .proxy_addresses
        .push("smtp:sofia.rossi@mailbox.example".into());
    let mut tomas = at("tomas.novak@northwind.example", "Tomas Novak", Member);
    tomas.other_mails = vec!["tomas.novak@mailbox.example".into()];
    let mut ines = at("ines.costa@oldbrand.example", "Ines Costa", Member);
    ines.user_principal_name = "ines.costa@northwind.example".into();
    ines.on_premises_user_principal_name = Some("ines.costa@northwind.example".into());

    let mut hugo = at("hugo.new@litware.example", "Hugo Stone", Accepted);
    hugo.other_mails = vec!["hugo.stone@litware.example".into()];
    let mut ida = at("ida.new@litware.example", "Ida West", Accepted);
    ida.other_mails = vec!["ida.new@litware.example".into()];
    ida.proxy_addresses
        .push("smtp:ida.west@litware.example".into());
    let mut jon = at("jon.lee@elsewhere.example", "Jon Park", Accepted);
    jon.user_principal_name = guest_name("jon.park@litware.example");
    let mut nils = at("nils.dahl@fabrikam.example", "Nils Dahl", Accepted);
    nils.user_type = "Member".into();
    vec![sofia, tomas, ines, hugo, ida, jon, nils]
}
