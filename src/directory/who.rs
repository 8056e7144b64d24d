//! Decides whether a user of the directory is the person of a row, and which outcome that means.
//!
//! Pure functions. The answer to a filter is always compared with the address: Graph may ignore query options silently
//! (Graph: advanced queries), so an answer alone proves nothing.

use super::Domains;
use crate::{graph::DirectoryUser, guest::EmailAddress, outcome::Outcome};

/// A part of the name of every user whom an invitation made (Graph: user-properties).
pub(super) const EXTERNAL: &str = "#EXT#";

/// A disabled account first; then by the state of the invitation. Without a state, only the derived name tells a guest:
/// the user type does not, because people are invited as Members and internal accounts can have the type Guest.
pub(crate) fn classify(user: &DirectoryUser) -> Outcome {
    if user.account_enabled == Some(false) {
        return Outcome::ExistsDisabled;
    }
    match user.external_user_state.as_deref() {
        Some(state) if state.eq_ignore_ascii_case("PendingAcceptance") => Outcome::ExistsPending,
        Some(_) => Outcome::ExistsAccepted,
        None if is_guest(user) => Outcome::ExistsAccepted,
        None => Outcome::ExistsMember,
    }
}

/// Whether the user's name is one that an invitation gives.
pub(super) fn is_guest(user: &DirectoryUser) -> bool {
    user.user_principal_name
        .as_deref()
        .is_some_and(|name| external_part(name).is_some())
}

/// The user type says nothing about invitations: internal accounts can have it too.
pub(crate) fn is_type_guest(user: &DirectoryUser) -> bool {
    user.user_type.as_deref().is_some_and(is_type_guest_word)
}

pub(super) fn is_type_guest_word(user_type: &str) -> bool {
    user_type.eq_ignore_ascii_case("guest")
}

/// The part of a derived name before `#EXT#`.
fn external_part(name: &str) -> Option<&str> {
    let at = name.to_ascii_uppercase().find(EXTERNAL)?;
    name.get(..at + EXTERNAL.len())
}

/// Every text by which a user can be found: what `matches` checks, for a directory that is read as a whole. The domain of a
/// derived name is left out, because it may not be known, and the initial domain of a tenant may have changed. No address
/// is such a name.
pub(super) fn texts_of(user: &DirectoryUser) -> Vec<&str> {
    let mails = user.mail.iter().chain(user.other_mails.iter().flatten());
    let proxies = user
        .proxy_addresses
        .iter()
        .filter_map(|proxy| proxy.split_once(':'))
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("smtp"))
        .map(|(_, address)| address);
    let name = user.user_principal_name.as_deref();
    mails
        .map(String::as_str)
        .chain(proxies)
        .chain(
            name.map(|name| external_part(name).unwrap_or(name))
                .filter(|name| !user.mail.as_ref().is_some_and(|mail| implies(mail, name))),
        )
        .collect()
}

/// Whether the name is the one that is made of this address, and of no other: whoever has the name is asked for by this
/// address only. (In the domain of an address that can be invited there is no `_`.)
fn implies(mail: &str, name: &str) -> bool {
    let Some((local, domain)) = mail.split_once('@') else {
        return false;
    };
    let parts = name.get(..local.len()).zip(name.get(local.len()..));
    parts.is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(local)
            && rest
                .strip_prefix('_')
                .and_then(|rest| rest.get(..domain.len()).zip(rest.get(domain.len()..)))
                .is_some_and(|(middle, end)| {
                    middle.eq_ignore_ascii_case(domain) && end.eq_ignore_ascii_case(EXTERNAL)
                })
    }) && !domain.contains(['_', '@'])
}

/// The texts by which a person with this address can be found.
pub(super) fn texts_for(address: &EmailAddress) -> [String; 2] {
    let key = address.key();
    let derived = format!("{}{EXTERNAL}", key.replace('@', "_"));
    [key.to_owned(), derived]
}

/// Whether this user has the address in any of the properties by which a guest can be found.
pub(crate) fn matches(user: &DirectoryUser, address: &EmailAddress, domains: &Domains) -> bool {
    let same = |text: &str| {
        text.eq_ignore_ascii_case(address.as_str()) || text.eq_ignore_ascii_case(address.key())
    };
    let proxied = |text: &String| {
        text.split_once(':')
            .is_some_and(|(kind, rest)| kind.eq_ignore_ascii_case("smtp") && same(rest))
    };
    let named = |name: &str| {
        same(name)
            || [address.as_str(), address.key()]
                .into_iter()
                .filter_map(|address| domains.derived_name(address))
                .any(|derived| derived.eq_ignore_ascii_case(name))
    };
    user.mail.as_deref().is_some_and(same)
        || user.other_mails.iter().flatten().any(|mail| same(mail))
        || user.proxy_addresses.iter().any(proxied)
        || user.user_principal_name.as_deref().is_some_and(named)
}

/// By which property a user was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FoundBy {
    Mail,
    OtherMails,
    ProxyAddresses,
    /// The user principal name, as it is or derived from the address.
    Name,
}

impl FoundBy {
    pub(super) fn of(user: &DirectoryUser, same: impl Fn(&str) -> bool) -> Self {
        let proxied = |text: &String| text.split_once(':').is_some_and(|(_, rest)| same(rest));
        if user.mail.as_deref().is_some_and(&same) {
            Self::Mail
        } else if user.other_mails.iter().flatten().any(|mail| same(mail)) {
            Self::OtherMails
        } else if user.proxy_addresses.iter().any(proxied) {
            Self::ProxyAddresses
        } else {
            Self::Name
        }
    }
}

/// By which property this user was found. None: the user was read by id, and not all properties may be known.
pub(crate) fn found_by(user: &DirectoryUser, address: &EmailAddress) -> Option<FoundBy> {
    let same = |text: &str| {
        text.eq_ignore_ascii_case(address.as_str()) || text.eq_ignore_ascii_case(address.key())
    };
    user.user_principal_name.as_ref()?;
    Some(FoundBy::of(user, same))
}

/// Of several users with one address, the one that decides: a user that prevents an invitation comes first.
pub(super) fn decisive(users: Vec<DirectoryUser>) -> Option<DirectoryUser> {
    users.into_iter().min_by_key(rank)
}

pub(super) fn rank(user: &DirectoryUser) -> u8 {
    match classify(user) {
        Outcome::ExistsDisabled => 0,
        Outcome::ExistsMember => 1,
        Outcome::ExistsAccepted => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_address_implies_is_not_kept() {
        let user = |mail: &str, name: &str| DirectoryUser {
            mail: Some(mail.into()),
            user_principal_name: Some(name.into()),
            ..DirectoryUser::default()
        };
        let kept = |mail, name| texts_of(&user(mail, name)).len();
        assert_eq!(kept("Pat_o@x.org", "pat_o_X.org#EXT#@t.example"), 1);
        for (mail, name) in [
            ("pat@x.org", "pat_x.org2#EXT#@t.example"),
            ("pat@x.org", "pat_x.org@t.example"),
            ("a@b_c.org", "a_b_c.org#EXT#@t.example"),
            ("ü@x.org", "u_x.org#EXT#@t.example"),
            ("", "a_x.org#EXT#@t.example"),
        ] {
            assert_eq!(kept(mail, name), 2, "{mail} {name}");
        }
    }

    fn user(state: Option<&str>, kind: &str, name: &str, enabled: bool) -> DirectoryUser {
        DirectoryUser {
            external_user_state: state.map(Into::into),
            user_type: Some(kind.into()),
            user_principal_name: Some(name.into()),
            account_enabled: Some(enabled),
            ..DirectoryUser::default()
        }
    }

    #[test]
    fn who_is_who() {
        let pending = Some("PendingAcceptance");
        let cases = [
            (
                user(pending, "Guest", "a_x.org#EXT#@t.onmicrosoft.com", true),
                Outcome::ExistsPending,
            ),
            (
                user(pending, "Member", "a_x.org#EXT#@t.onmicrosoft.com", true),
                Outcome::ExistsPending,
            ),
            (
                user(
                    Some("Accepted"),
                    "Guest",
                    "a_x.org#EXT#@t.onmicrosoft.com",
                    true,
                ),
                Outcome::ExistsAccepted,
            ),
            (
                user(None, "Guest", "a@t.example", true),
                Outcome::ExistsMember,
            ),
            (
                user(None, "Member", "a_x.org#EXT#@t.onmicrosoft.com", true),
                Outcome::ExistsAccepted,
            ),
            (
                user(None, "Member", "a@t.example", true),
                Outcome::ExistsMember,
            ),
            (
                user(pending, "Guest", "a_x.org#EXT#@t.onmicrosoft.com", false),
                Outcome::ExistsDisabled,
            ),
        ];
        for (user, expected) in cases {
            assert_eq!(classify(&user), expected, "{user:?}");
        }
    }
}
