//! The people and groups who are in the practice tenant from the start. Samples and tests rely on this table.
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
//! | `gina.lane@litware.example` | guest without an externalUserState (created before guests had one) |
//! | `hugo.stone@litware.example` | guest, accepted, found only in otherMails (mail is `hugo.new@litware.example`) |
//! | `ida.west@litware.example` | guest, accepted, found only in proxyAddresses with `smtp:` (mail is `ida.new@litware.example`) |
//! | `jon.park@litware.example` | guest, accepted, found only by the UPN `jon.park_litware.example#EXT#@…` (mail is `jon.lee@elsewhere.example`) |
//! | `Karl.Maier@Adatum.example` | guest, pending, stored in mixed case |
//! | `liam.o'brien@fabrikam.example` | guest, accepted, with an apostrophe |
//! | `mona.reed@fabrikam.example` | guest, deleted (restorable) |
//! | `nils.dahl@fabrikam.example` | invited as a Member, accepted; holds a directory role |
//! | groups | "Project Atlas" (Microsoft 365, `atlas@northwind.example`), "Partner Managers" (security), two called "Twins" |
//! | groups of other kinds | "Field Team" (a Team, `field@northwind.example`), "All Guests" (dynamic), "Head Office" (on-premises), "Tenant Admins" (can be given roles), "Newsletter" (distribution list, `newsletter@northwind.example`), "Site Security" (mail-enabled security group, `site-security@northwind.example`) |
//! | `all-staff@fabrikam.example` | the group address of a partner: refused |
//! | `office@contact.example` | the address of a mail contact: the guest is created without mail |
//! | `shared@ambiguous.example` | the address of two objects: refused as a conflict |
//! | `anyone@blocked.example` | a domain on the deny list |
//! | `anyone@sealed.example` | a domain that cross-tenant access settings block |

use crate::sandbox::{
    directory::{
        group::{DirectoryGroup, GroupKind},
        index::DirectoryStore,
        user::User,
    },
    state::{
        identity::{SIGNED_IN, guest_principal_name},
        ids::stable_id,
    },
};
use jiff::Timestamp;

/// The state of the account of a person who is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AccountStanding {
    Member,
    DisabledMember,
    Pending,
    #[default]
    Accepted,
    Disabled,
    /// A guest without `externalUserState`.
    Stateless,
    /// Signed up without an invitation.
    SelfService,
    /// Signed up without an invitation, and proved the address by a mail.
    EmailVerified,
    /// An account that was created in the tenant, with the type Guest.
    InternalGuest,
    Deleted,
}

/// A user with this address and standing, as Entra would have created it.
pub(crate) fn new_person(
    address: &str,
    name: &str,
    standing: AccountStanding,
    created: Timestamp,
) -> User {
    let (given, surname) = name.split_once(' ').unwrap_or((name, ""));
    let member = matches!(
        standing,
        AccountStanding::Member | AccountStanding::DisabledMember
    );
    let state = match standing {
        AccountStanding::Pending => Some("PendingAcceptance"),
        AccountStanding::Accepted | AccountStanding::Disabled | AccountStanding::Deleted => {
            Some("Accepted")
        }
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
        user_principal_name: if member || standing == AccountStanding::InternalGuest {
            address.to_owned()
        } else {
            guest_principal_name(address)
        },
        user_type: if member { "Member" } else { "Guest" }.to_owned(),
        disabled: matches!(
            standing,
            AccountStanding::Disabled | AccountStanding::DisabledMember
        ),
        external_user_state: state.map(str::to_owned),
        external_user_state_changed: state.map(|_| created),
        creation_type: match standing {
            AccountStanding::Member
            | AccountStanding::DisabledMember
            | AccountStanding::InternalGuest => None,
            AccountStanding::EmailVerified => Some("EmailVerified".to_owned()),
            AccountStanding::SelfService => Some("SelfServiceSignUp".to_owned()),
            _ => Some("Invitation".to_owned()),
        },
        created,
        deleted: (standing == AccountStanding::Deleted).then_some(created),
        preferred_language: member.then(|| "en-US".to_owned()),
        ..User::default()
    }
}

/// The directory of the table above, with `synthetic` accepted guests `guest-000001@crowd.example` and so on.
pub(crate) fn seed_directory(synthetic: u32, now: Timestamp) -> DirectoryStore {
    use AccountStanding::{
        Accepted, Deleted, Disabled, DisabledMember, Member, Pending, Stateless,
    };
    let created = now - jiff::SignedDuration::from_hours(24 * 90);
    let mut directory = DirectoryStore::default();
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
        directory.put(new_person(address, name, standing, created));
    }
    for user in hard_to_find(created) {
        directory.put(user);
    }
    for (name, mail, kind) in GROUPS {
        directory.put_group(new_group(name, mail, kind));
    }
    directory.foreign_groups = vec!["all-staff@fabrikam.example".into()];
    directory.contacts = vec!["office@contact.example".into()];
    directory.ambiguous = vec!["shared@ambiguous.example".into()];
    for number in 1..=synthetic {
        let address = format!("guest-{number:06}@crowd.example");
        directory.put(new_person(
            &address,
            &format!("Guest {number:06}"),
            Accepted,
            created,
        ));
    }
    directory
}

const GROUPS: [(&str, Option<&str>, GroupKind); 10] = [
    (
        "Project Atlas",
        Some("atlas@northwind.example"),
        GroupKind::Microsoft365,
    ),
    ("Partner Managers", None, GroupKind::Security),
    ("Twins", None, GroupKind::Security),
    (
        "Twins",
        Some("twins@northwind.example"),
        GroupKind::Microsoft365,
    ),
    (
        "Field Team",
        Some("field@northwind.example"),
        GroupKind::Team,
    ),
    ("All Guests", None, GroupKind::Dynamic),
    ("Head Office", None, GroupKind::OnPremises),
    ("Tenant Admins", None, GroupKind::RoleAssignable),
    (
        "Newsletter",
        Some("newsletter@northwind.example"),
        GroupKind::DistributionList,
    ),
    (
        "Site Security",
        Some("site-security@northwind.example"),
        GroupKind::MailEnabledSecurity,
    ),
];

/// A group with an id that depends on its name and its address only.
pub(crate) fn new_group(name: &str, mail: Option<&str>, kind: GroupKind) -> DirectoryGroup {
    DirectoryGroup::new(
        stable_id(&format!("group {name} {mail:?}")),
        name,
        mail,
        kind,
    )
}

/// The people whom a look-up by `mail` alone misses or takes for somebody else.
fn hard_to_find(created: Timestamp) -> Vec<User> {
    use AccountStanding::{Accepted, Member};
    let at = |address, name, standing| new_person(address, name, standing, created);

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
    jon.user_principal_name = guest_principal_name("jon.park@litware.example");
    let mut nils = at("nils.dahl@fabrikam.example", "Nils Dahl", Accepted);
    nils.user_type = "Member".into();
    nils.has_directory_role = true;
    vec![sofia, tomas, ines, hugo, ida, jon, nils]
}
